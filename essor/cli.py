"""The commands: each builds settings, calls one job, and turns errors into one clear line and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from typer.core import TyperGroup

from essor import logs
from essor.commands.alerts import alerts
from essor.commands.probe import probe
from essor.model import errors
from essor.model.notes import spoken
from essor.model.shards import WHOLE, Shard
from essor.progress import Progress, progress
from essor.settings import Settings
from essor.terminal import AsJson, DataDir, err, out, settings_of
from essor.terminal import print_json as _print_json
from essor.terminal import say as _say

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


class FilesByDefault(TyperGroup):
    """A group whose command `files` is meant when none is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - click's own class
        """Puts the command's name before what is given to it."""
        named = not args or args[0] in self.commands or args[0] == "--help"
        return super().parse_args(ctx, args if named else ["files", *args])


app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
crawl = typer.Typer(help="Ask the stores once.", no_args_is_help=True)
imports = typer.Typer(help="Take in facts from tables and archives.", no_args_is_help=True, cls=FilesByDefault)
app.add_typer(crawl, name="crawl")
app.add_typer(imports, name="import")
app.add_typer(probe, name="probe")
app.add_typer(alerts, name="alerts")
claims = typer.Typer(help="Published figures and what the evidence says of them.", no_args_is_help=True)
estimating = typer.Typer(help="Downloads estimated from what the stores show.", no_args_is_help=True)
app.add_typer(claims, name="claims")
app.add_typer(estimating, name="estimate")
export = typer.Typer(help="Write what is shown as files.", no_args_is_help=True)
app.add_typer(export, name="export")

AsOf = Annotated[str | None, typer.Option("--as-of", help="A snapshot: what was known at this moment (ISO 8601, UTC).")]
Port = Annotated[int | None, typer.Option("--port", help="The port to listen on.")]
Host = Annotated[str | None, typer.Option("--host", help="The address to listen on.")]
Part = Annotated[str | None, typer.Option("--shard", help="Ask for one of n equal parts only, as in 2/4.")]
Files = Annotated[list[Path], typer.Argument(help="WARC files.", exists=True, dir_okay=False, readable=True)]


def _tell_version(wanted: bool) -> None:
    if wanted:
        _say(f"essor {version('essor')}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", help="Say which essor this is.", is_eager=True, callback=_tell_version)
]


@app.callback(
    help="essor follows how AI assistants are adopted: store ranks and listings, each traceable to its bytes."
)
def asked(*, _: Version = False) -> None:
    """What is asked of essor itself, and of none of its commands."""


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
    serving: Annotated[bool, typer.Option("--dashboard/--no-dashboard", help="Whether to serve the dashboard.")] = True,
) -> None:
    """Run everything: the starter history, the dashboard, and the crawls on their schedule."""
    from essor.schedule import run

    run(settings_of(data_dir, port=port, host=host), say=_say, crawling=crawling, serving=serving)


@app.command()
def schedule(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Show what is crawled when: the next run, the last one and its result. Works also while nothing runs."""
    from essor.schedule import table

    rows = table(settings_of(data_dir))
    if as_json:
        _print_json([asdict(row) for row in rows])
        return
    shown = Table("job", "when (UTC)", "next run", "last run", "result")
    for row in rows:
        shown.add_row(row.job, row.when, _at(row.next_run), _at(row.last_run), row.result)
    out.print(shown)
    holder = rows[0].held_by if rows else None
    _say(f"Process {holder} runs it." if holder else "Nobody runs it now. Start it with: essor up")


@crawl.command("charts")
def crawl_charts(data_dir: DataDir = None, shard: Part = None, *, as_json: AsJson = False) -> None:
    """Ask for every chart of the settings once, and load what came."""
    from essor.jobs.crawl import crawl_charts as job

    _crawl(job, settings_of(data_dir), shard, as_json=as_json)


@crawl.command("listings")
def crawl_listings(data_dir: DataDir = None, shard: Part = None, *, as_json: AsJson = False) -> None:
    """Ask for the listing of every followed app once, and load what came."""
    from essor.jobs.crawl import crawl_listings as job

    _crawl(job, settings_of(data_dir), shard, as_json=as_json)


@crawl.command("reviews")
def crawl_reviews(data_dir: DataDir = None, shard: Part = None, *, as_json: AsJson = False) -> None:
    """Ask for the newest reviews of every followed app once, and load what came. Reviewers' names are never kept."""
    from essor.jobs.crawl import crawl_reviews as job

    _crawl(job, settings_of(data_dir), shard, as_json=as_json)


@crawl.command("signals")
def crawl_signals(data_dir: DataDir = None, shard: Part = None, *, as_json: AsJson = False) -> None:
    """Ask each source of developer adoption and attention whose time has come, and load what came."""
    from essor.jobs.crawl import crawl_signals as job

    _crawl(job, settings_of(data_dir), shard, as_json=as_json)


@crawl.command("probes")
def crawl_probes(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Measure the latency of the settings' targets once, and load what came: what the schedule does."""
    from essor.jobs.probe import Order, measure

    with progress("measuring", err) as told:
        _tell([measure(settings_of(data_dir), Order(), told, kind="crawl probes")], as_json=as_json)


@app.command()
def replay(files: Files, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Read archived answers again with today's parsers, and load what is new. Asks nobody."""
    from essor.jobs.replay import replay as job

    with progress("replaying", err) as told:
        replayed = job(settings_of(data_dir), files, told)
    _tell(replayed, as_json=as_json)


@imports.command("files")
def import_files(
    files: Annotated[
        list[Path], typer.Argument(help="CSV, JSON lines, Parquet or WARC files.", exists=True, dir_okay=False)
    ],
    mapping: Annotated[str | None, typer.Option("--mapping", help="What the columns are: a file, or a name.")] = None,
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Load somebody's ranks, ratings or signals, marked as imported; the word files may be left out."""
    from essor.jobs.imports import Imported
    from essor.jobs.imports import import_files as job

    with progress("importing", err) as told:
        imported = job(settings_of(data_dir), files, mapping, told)
    _tell(imported, as_json=as_json)
    if vain := [done.file for done in imported if isinstance(done, Imported) and done.in_vain]:
        raise errors.ObservationRejected(
            f"Nothing could be taken in of {', '.join(vain)}: mend the table, or its mapping."
        )


@imports.command("history")
def import_history(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Load the starter history that comes with essor; its facts are marked as imported."""
    from essor.jobs.history import import_history as job

    _tell([job(settings_of(data_dir))], as_json=as_json)


@app.command()
def refresh(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Recover killed runs and load whatever has landed."""
    from essor.jobs.recover import recover_and_refresh as job

    _tell(job(settings_of(data_dir)), as_json=as_json, nothing="Nothing was waiting.")


@app.command()
def replica(
    archive: Annotated[
        list[Path] | None, typer.Option("--archive", help="A WARC file to answer from.", exists=True, dir_okay=False)
    ] = None,
    more: Annotated[
        list[Path] | None, typer.Argument(help="More of them.", exists=True, dir_okay=False, metavar="FILE")
    ] = None,
    *,
    simulate: Annotated[
        str | None, typer.Option("--simulate", help="An invented market, by its seed.", metavar="SEED")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="The moment to play (ISO 8601, UTC); else the newest, or now.")
    ] = None,
    speed: Annotated[
        float | None, typer.Option("--speed", help="How many times as fast an invented market runs.", min=0)
    ] = None,
    launch: Annotated[str | None, typer.Option("--launch", help="When one of its followed apps comes out.")] = None,
    port: Annotated[int, typer.Option("--port", help="The port to listen on, on 127.0.0.1.", min=0, max=65535)] = 9000,
    fault: Annotated[list[str] | None, typer.Option("--fault", help="A fault and its share, as in 429=0.1.")] = None,
) -> None:
    """Play the stores on this machine: as archives have them at a moment, or an invented market."""
    from essor.jobs.replica import replica as job

    files, begin = [*(archive or []), *(more or [])], _moment(at)
    job(files, simulate, begin, port, fault or [], speed=speed, launch=_moment(launch), say=_say)


@app.command()
def serve(data_dir: DataDir = None, port: Port = None, host: Host = None) -> None:
    """Serve the dashboard over what is there."""
    from essor.jobs.serve import check_port
    from essor.jobs.serve import serve as job

    settings = settings_of(data_dir, port=port, host=host)
    check_port(settings)
    _say(f"The dashboard is at http://{settings.host}:{settings.port}")
    job(settings)


@export.command("site")
def export_site(
    folder: Annotated[Path, typer.Argument(help="The folder to write to.", metavar="DIR")],
    embed: Annotated[list[str] | None, typer.Option("--embed", help="One more embed's address.")] = None,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write all embeds and their data as static files, at the addresses the server gives them."""
    from essor.jobs.export_site import export_site as job

    _tell([job(settings_of(data_dir), folder, embed or [], _moment(as_of))], as_json=as_json)


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

    settings, moment = settings_of(data_dir), _moment(as_of)
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

    traced = ask.trace(settings_of(data_dir), reference, _moment(as_of))
    if body:
        if traced.body is None:
            raise errors.ArchiveError(traced.problem or "No bytes came.")
        sys.stdout.buffer.write(traced.body.decoded)
    elif as_json:
        _print_json(_traced_facts(traced))
    else:
        _print_facts(_traced_facts(traced))


@app.command()
def record(
    url: Annotated[str, typer.Argument(help="The public address to ask for.", metavar="URL")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The WARC file to write.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Ask for one address, politely, and save the answer as a recording for tests."""
    from essor.jobs.live import record as job

    _say(job(settings_of(data_dir), url, output))


@app.command()
def doctor(
    data_dir: DataDir = None,
    *,
    live: Annotated[bool, typer.Option("--live", help="Ask each source once and say which answer still fits.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look over settings, folders, tables and archive; exit with 1 when something must be done."""
    from essor.jobs.doctor import examine

    findings = _live_findings(settings_of(data_dir)) if live else examine(settings_of(data_dir))
    if as_json:
        _print_json([asdict(finding) for finding in findings])
    else:
        width = max((len(finding.subject) for finding in findings), default=0) + 2
        for finding in findings:
            out.print(f"{finding.verdict:<6}{finding.subject:<{width}}{finding.text}", markup=False)
    if any(finding.verdict == "wrong" for finding in findings):
        raise typer.Exit(1)


@claims.command("check")
def claims_check(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Set each claim on file beside the warehouse's evidence and the other claims; a verdict and its reason."""
    from essor.jobs.claims import check_claims as job

    _tell(job(settings_of(data_dir)), as_json=as_json)


@estimating.command("run")
def estimate_run(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Estimate every followed app's downloads for every day that is over; earlier statements stay."""
    from essor.jobs.estimate import estimate as job

    _tell([job(settings_of(data_dir))], as_json=as_json)


@estimating.command("calibrate")
def estimate_calibrate(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Re-fit the coefficients from the ground truth of the warehouse, as new versions beside the old."""
    from essor.jobs.estimate import calibrate as job

    _tell([job(settings_of(data_dir))], as_json=as_json)


@estimating.command("backtest")
def estimate_backtest(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Tell how often the 80 % band held figures that were kept out of the fit, and say so when there are too few."""
    from essor.jobs.estimate import backtest as job

    _tell([job(settings_of(data_dir))], as_json=as_json)


def main() -> None:
    """Run the command line; what essor raises on purpose, and what the system refuses, is one line and an exit code."""
    logs.set_up()
    try:
        app()
    except errors.EssorError as error:
        err.print(f"essor: {error}", markup=False)
        sys.exit(next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1))
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        said = f"{error.filename}: {error.strerror}." if error.filename else f"{error}."
        err.print(f"essor: {said}", markup=False)
        sys.exit(1)


def _live_findings(settings: Settings) -> list[Any]:
    from essor.jobs.live import examine_live

    return list(examine_live(settings))


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise errors.SettingsError(f"{text!r} is no moment. Write it as 2026-10-08T15:12:00Z.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _crawl(
    job: Callable[[Settings, Progress, Shard], Any], settings: Settings, shard: str | None, *, as_json: bool
) -> None:
    part = Shard.read(shard) if shard else WHOLE
    with progress("asking the stores", err) as told:
        crawled = job(settings, told, part)
    _tell([crawled], as_json=as_json)
    if settings.alerts:
        _send_alerts(settings)
    if crawled.in_vain:
        raise errors.FetchError(f"Nothing usable came: {crawled.summary()}. Look at: essor doctor, or the Health page.")


def _send_alerts(settings: Settings) -> None:
    from essor.jobs.alerts import send_alerts

    for delivery in send_alerts(settings):
        err.print(str(delivery), markup=False)


def _tell(done: Iterable[Any], *, as_json: bool, nothing: str = "Nothing was new.") -> None:
    """Tell what jobs did: one line each, or all of it as JSON."""
    results = list(done)
    if as_json:
        _print_json([asdict(result) for result in results])
    else:
        _say("\n".join(str(result) for result in results) or nothing)


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "none"


def _traced_facts(traced: Any) -> dict[str, Any]:  # noqa: ANN401 - essor.jobs.ask.Traced, imported when it is needed
    facts = {name: value for name, value in traced.reading.items() if value is not None}
    if "run_note" in facts:
        facts["run_note"] = spoken(facts["run_note"])
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
        said = ", ".join(f"{key} {held}" for key, held in value.items()) if isinstance(value, dict) else value
        out.print(f"{name:<{width}}  {said}", markup=False)
