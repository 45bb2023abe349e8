"""The commands: each builds settings, calls one job, and turns errors into one clear line and an exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from essor.model import errors
from essor.progress import Progress, progress
from essor.settings import Settings, read_settings

EXIT_CODES: dict[type[Exception], int] = {
    errors.SettingsError: 2,
    errors.FetchError: 3,
    errors.WarehouseError: 4,
    errors.ArchiveError: 5,
    errors.LayoutChanged: 6,
    errors.ObservationRejected: 7,
    errors.ProbeError: 8,
}
"""What the shell is told; 0 is done, 1 is a fault of essor itself, 130 is Ctrl-C. docs/guide/commands.md lists them."""

app = typer.Typer(
    help="essor follows how AI assistants are adopted: store ranks and listings, each traceable to its bytes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
crawl = typer.Typer(help="Ask the stores once.", no_args_is_help=True)
imports = typer.Typer(help="Take in facts from tables.", no_args_is_help=True)
app.add_typer(crawl, name="crawl")
app.add_typer(imports, name="import")

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where everything is kept. [ESSOR_DATA_DIR]")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for a program.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="A snapshot: what was known at this moment (ISO 8601, UTC).")]
Port = Annotated[int | None, typer.Option("--port", help="The port to listen on.")]
Host = Annotated[str | None, typer.Option("--host", help="The address to listen on.")]
Files = Annotated[list[Path], typer.Argument(help="WARC files.", exists=True, dir_okay=False, readable=True)]


class Format(StrEnum):
    """How `essor sql` gives its answer."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


@app.command()
def up(
    data_dir: DataDir = None,
    port: Port = None,
    host: Host = None,
    *,
    crawling: Annotated[bool, typer.Option("--crawl/--no-crawl", help="Whether to ask the stores.")] = True,
) -> None:
    """Run everything: the starter history, the dashboard, and the crawls on their schedule."""
    from essor.schedule import run

    run(_settings(data_dir, port=port, host=host), say=_say, crawling=crawling)


@crawl.command("charts")
def crawl_charts(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Ask for every chart of the settings once, and load what came."""
    from essor.jobs.crawl import crawl_charts as job

    _crawl(job, _settings(data_dir), as_json=as_json)


@crawl.command("listings")
def crawl_listings(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Ask for the listing of every followed app once, and load what came."""
    from essor.jobs.crawl import crawl_listings as job

    _crawl(job, _settings(data_dir), as_json=as_json)


@app.command()
def replay(files: Files, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Read archived answers again with today's parsers, and load what is new. Asks nobody."""
    from essor.jobs.replay import replay as job

    with progress("replaying", err) as told:
        replayed = job(_settings(data_dir), files, told)
    _tell(replayed, as_json=as_json)


@imports.command("history")
def import_history(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Load the starter history that comes with essor; its facts are marked as imported."""
    from essor.jobs.history import import_history as job

    _tell([job(_settings(data_dir))], as_json=as_json)


@app.command()
def refresh(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Recover killed runs and load whatever has landed."""
    from essor.jobs.recover import recover_and_refresh as job

    _tell(job(_settings(data_dir)), as_json=as_json, nothing="Nothing was waiting.")


@app.command()
def replica(
    archive: Annotated[list[Path], typer.Option("--archive", help="A WARC file to answer from.", exists=True)],
    more: Annotated[list[Path] | None, typer.Argument(help="More of them.", exists=True, metavar="FILE")] = None,
    at: Annotated[str | None, typer.Option("--at", help="The moment to play (ISO 8601, UTC); else the newest.")] = None,
    port: Annotated[int, typer.Option("--port", help="The port to listen on, on 127.0.0.1.")] = 9000,
    fault: Annotated[list[str] | None, typer.Option("--fault", help="A fault and its share, as in 429=0.1.")] = None,
) -> None:
    """Play archived answers as the stores would have given them at a moment, on this machine."""
    from essor.jobs.replica import replica as job

    job([*archive, *(more or [])], _moment(at), port, fault or [], say=_say)


@app.command()
def serve(data_dir: DataDir = None, port: Port = None, host: Host = None) -> None:
    """Serve the dashboard over what is there."""
    from essor.jobs.serve import serve as job

    settings = _settings(data_dir, port=port, host=host)
    _say(f"The dashboard is at http://{settings.host}:{settings.port}")
    job(settings)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="DuckDB SQL over the views apps, chart_readings, chart_entries, …")],
    form: Annotated[Format, typer.Option("--format", help="How to answer.")] = Format.TABLE,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    as_of: AsOf = None,
    data_dir: DataDir = None,
) -> None:
    """Ask the warehouse in SQL."""
    from essor.jobs import ask

    settings, moment = _settings(data_dir), _moment(as_of)
    if form is Format.TABLE and output is None:
        ask.show(settings, query, moment, out.width if out.is_terminal else 200)
        return
    frame = ask.answer(settings, query, moment)
    if form is Format.PARQUET:
        if output is None:
            raise errors.SettingsError("Parquet is no text: give a file with --output FILE.")
        ask.save_parquet(frame, output)
    elif output is None:
        sys.stdout.write(ask.as_text(frame, form))
    else:
        output.write_text(ask.as_text(frame, "csv" if form is Format.TABLE else form), "utf-8")


@app.command()
def trace(
    reference: Annotated[str, typer.Argument(help="A reading id, READING:RANK, READING:APP_ID or READING:APP.")],
    as_of: AsOf = None,
    data_dir: DataDir = None,
    *,
    body: Annotated[bool, typer.Option("--body", help="Write the archived answer itself.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show where a figure comes from, down to the archived bytes and their hash."""
    from essor.jobs import ask

    traced = ask.trace(_settings(data_dir), reference, _moment(as_of))
    if body:
        if traced.body is None:
            raise errors.ArchiveError(traced.problem or "No bytes came.")
        sys.stdout.buffer.write(traced.body.decoded)
    elif as_json:
        _print_json(_traced_facts(traced))
    else:
        _print_facts(_traced_facts(traced))


@app.command()
def doctor(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Look over settings, folders, tables and archive; exit with 1 when something must be done."""
    from essor.jobs.doctor import examine

    findings = examine(_settings(data_dir))
    if as_json:
        _print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            out.print(f"{finding.verdict:<6}{finding.subject:<12}{finding.text}", markup=False)
    if any(finding.verdict == "wrong" for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; every error that essor raises on purpose is one line and its exit code."""
    try:
        app()
    except errors.EssorError as error:
        err.print(f"essor: {error}", markup=False)
        sys.exit(next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _settings(data_dir: Path | None, **given: Any) -> Settings:  # noqa: ANN401 - each value is checked by its field
    return read_settings(data_dir=data_dir, **given)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise errors.SettingsError(f"{text!r} is no moment. Write it as 2026-10-08T15:12:00Z.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _crawl(job: Callable[[Settings, Progress], Any], settings: Settings, *, as_json: bool) -> None:
    with progress("asking the stores", err) as told:
        crawled = job(settings, told)
    _tell([crawled], as_json=as_json)
    if not crawled.usable:
        raise errors.FetchError(f"Nothing usable came: {crawled.summary()}. Look at: essor doctor, or the Health page.")


def _tell(done: Iterable[Any], *, as_json: bool, nothing: str = "Nothing was new.") -> None:
    """Tell what jobs did: one line each, or all of it as JSON."""
    results = list(done)
    if as_json:
        _print_json([asdict(result) for result in results])
    else:
        _say("\n".join(str(result) for result in results) or nothing)


def _say(text: str) -> None:
    out.print(text, markup=False)


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, default=str, ensure_ascii=False, indent=1) + "\n")


def _traced_facts(traced: Any) -> dict[str, Any]:  # noqa: ANN401 - essor.jobs.ask.Traced, imported when it is needed
    facts = {name: value for name, value in traced.reading.items() if value is not None}
    for number, entry in enumerate(traced.entries):
        facts["entry" if number == 0 else f"entry_{number + 1}"] = entry
    if traced.body is None:
        return facts | {"bytes": traced.problem}
    verified = (
        "the archived bytes have this SHA-256" if traced.body.matches else "the archived bytes have another SHA-256"
    )
    held = "imported: the line of the table is held, not the store's answer" if facts.get("imported") else verified
    return facts | {"bytes": len(traced.body.raw), "verified": traced.body.matches, "meaning": held, **_place(traced)}


def _place(traced: Any) -> dict[str, Any]:  # noqa: ANN401 - essor.jobs.ask.Traced, imported when it is needed
    """Where the archived answer names the entry's app, so that a reader can look for themselves."""
    places = [traced.body.decoded.find(entry["app_id"].encode()) for entry in traced.entries]
    return {"named_at_byte": places[0]} if places and places[0] >= 0 else {}


def _print_facts(facts: dict[str, Any]) -> None:
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        out.print(f"{name:<{width}}  {value}", markup=False)
