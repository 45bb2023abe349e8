"""Writes the reference pages that follow from the code: settings, commands, tables, sources.

`python -m essor.describe` writes them, a test compares them.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from crawlers.sources import all_sources, asked_for_signals
from essor import cli
from essor.jobs.floors import committed
from essor.model.floors import floors_text
from essor.model.tables import TABLES, Table
from essor.settings import (
    AlertSettings,
    ChartSettings,
    JobSettings,
    MailSettings,
    PaceSettings,
    ProbeSettings,
    Settings,
    SourceSettings,
    TargetSettings,
)

MADE = "<!-- Made from the code by `python -m essor.describe`; a test compares them. -->\n"

_TABLES_HEAD = f"""{MADE}# Tables and views

The Delta tables lie in `data/lake/NAME`. `essor sql` and `data/essor.duckdb` show views over them, as of one snapshot:
`apps`, `chart_readings`, `chart_entries`, `chart_days`, `app_looks`, `listing_readings`, `signal_readings`, `signals`,
`review_readings`, `reviews`, `pauses`, `expected`, `probe_runs`, `probe_samples`, `probe_chunks`, `probe_figures`,
`probe_comparisons`, `engine_readings`, `runs`, `loads`, `rejects`.
The raw tables, every version of every row, are in the schema `lake`. Times are UTC.

In the view `chart_entries`, `app_id`, `app`, `name` and `developer` stand in place of `name_id`.
`chart_days` has a row an app, chart and UTC day: `best_rank, worst_rank, mean_rank, last_rank, readings`.
`app_looks` has a row a followed app and look at a chart, with its `state`: ranked, absent, not_observed, refused or
failed. `signals` has a row a subject, figure and period: the latest answer, and how many there were.

Another snapshot: `essor sql --as-of 2026-11-01T00:00:00Z "…"`, or `SET VARIABLE snapshot = TIMESTAMPTZ '…'` in any
DuckDB session on `data/essor.duckdb`.
"""


def pages() -> dict[str, str]:
    """The text of each page, by its file name below docs/guide."""
    return {
        "settings.md": _settings_page(),
        "commands.md": _commands_page(),
        "tables.md": _tables_page(),
        "../sources.md": _sources_page(),
    }


def _settings_page() -> str:
    head = (
        f"{MADE}# Settings\n\nRead from `essor.toml` in the folder where essor is started (another file:"
        " `ESSOR_CONFIG`), then from `ESSOR_*` variables, then from the command's options; the last one wins. In a"
        " variable, a table's name and its field are joined by two underscores: `ESSOR_PACE__TIMEOUT=10`.\n"
    )
    parts: list[tuple[str, type[BaseModel], str]] = [
        ("", Settings, ""),
        ("[[charts]]", ChartSettings, "A group of charts to follow; write as many as you like."),
        ("[pace]", PaceSettings, "How slowly to ask."),
        ("[schedule.NAME]", JobSettings, "When a job is done; `reviews` and `probes` are off unless switched on."),
        ("[[alerts]]", AlertSettings, "Whom to tell of what; see [alerts](alerts.md)."),
        ("[mail]", MailSettings, "The mail server that alerts go through."),
        ("[targets.NAME]", TargetSettings, "A model whose latency can be measured, as in `[targets.mistral-small]`."),
        ("[probe]", ProbeSettings, "How `essor probe run` measures when it is not told, and the schedule always."),
        ("[sources.NAME]", SourceSettings, "What you decide about one source, as in `[sources.apple_legacy_rss]`."),
    ]
    return head + "\n".join(_model_section(title, model, text) for title, model, text in parts)


def _model_section(title: str, model: type[BaseModel], text: str) -> str:
    heading = f"\n## `{title}`\n{text}\n" if title else ""
    rows = [f"| `{name}` | {_default(info)} | {_meaning(model, name)} |" for name, info in model.model_fields.items()]
    return "\n".join([heading, "| setting | default | meaning |", "|---|---|---|", *rows, ""])


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "*needed*"
    value: Any = info.get_default(call_default_factory=True)
    inner = [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else [value]
    if any(isinstance(item, BaseModel) for item in inner):
        return "see below"
    if isinstance(value, list):
        return " ".join(f"`{item}`" for item in value) or "none"
    return f"`{value}`" if value not in (None, "", {}) else "none"


def _meaning(model: type[BaseModel], field: str) -> str:
    return " ".join(_field_docs(model).get(field, "").replace("``", "`").split())


def _field_docs(model: type[BaseModel]) -> dict[str, str]:
    """The string under each field of a class."""
    body = ast.parse(inspect.getsource(model)).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101 - the source of a class is a class
    docs = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            docs[ast.unparse(field.target)] = str(below.value.value)
    return docs


def _commands_page() -> str:
    lines = [MADE + "# Commands\n"]
    lines += [_command_section(name, command) for name, command in _commands()]
    lines.append(
        "\n## Exit codes\n\n| code | when |\n|---|---|\n| 0 | done |\n"
        "| 1 | a fault of essor or of the machine, or `doctor` found one |"
    )
    lines += [
        f"| {code} | `{kind.__name__}`: {(kind.__doc__ or '').splitlines()[0]} |"
        for kind, code in cli.EXIT_CODES.items()
    ]
    lines.append("| 130 | stopped with Ctrl-C |\n")
    return "\n".join(lines)


def _commands() -> Iterator[tuple[str, Any]]:
    group: Any = typer.main.get_command(cli.app)
    for name, command in group.commands.items():
        below = getattr(command, "commands", None)
        if below is None:
            yield f"essor {name}", command
        else:
            yield from ((f"essor {name} {inner}", each) for inner, each in below.items())


def _command_section(name: str, command: Any) -> str:  # noqa: ANN401 - click's own class
    rows = [
        f"| `{_spelling(parameter)}` | {parameter.help or ''} |"
        for parameter in command.params
        if parameter.name != "help"
    ]
    table = "\n| | |\n|---|---|\n" + "\n".join(rows) if rows else ""
    return f"## `{name}`\n{command.help}\n{table}\n"


def _spelling(parameter: Any) -> str:  # noqa: ANN401 - click's own class
    if parameter.param_type_name == "argument":
        return str(parameter.name).upper()
    return " / ".join([*parameter.opts, *parameter.secondary_opts])


def _tables_page() -> str:
    return _TABLES_HEAD + "\n".join(_table_section(table) for table in TABLES)


def _table_section(table: Table) -> str:
    rows = [f"| `{column.name}` | {column.kind} | {column.meaning} |" for column in table.columns]
    facts = [f"Key: {', '.join(table.key)}."]
    facts += [f"Split by {', '.join(table.partition)}."] if table.partition else []
    facts += [f"Sorted by {', '.join(table.order)}."]
    return "\n".join(
        [
            f"\n## {table.name}",
            f"{table.meaning}. {' '.join(facts)}\n",
            "| column | kind | meaning |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _sources_page() -> str:
    head = (
        f"{MADE}# Sources\n\nEvery service that essor can ask, from the files of `crawlers/stores/` and"
        " `crawlers/signals/`. robots.txt is fetched and obeyed for each, unless the operator sets"
        " `obey_robots = false` and a reason under `[sources.NAME]` (guide/settings.md). What robots.txt is said to"
        " hold is from public notes of autumn 2026; what counts is what it says when it is fetched.\n\n"
        "**Unconfirmed**: the parser was written from descriptions, because no capture was to hand. A store's source"
        " of this kind is off by default, every reading with facts says so, and `essor doctor --live` asks it and"
        " tells whether its answer fits.\n\n"
        "**The operator's choice**: off by default, because robots.txt refuses it or may.\n"
    )
    sources: list[Any] = [*all_sources(), *asked_for_signals()]
    rows = [f"| [`{one.name}`](#{one.name}) | {one.gives} | {_stance(one)} | {_cadence(one)} |" for one in sources]
    table = "\n".join(["", "| source | gives | state | asked |", "|---|---|---|---|", *rows, ""])
    return head + table + "\n".join(map(_source_section, sources))


def _stance(source: Any) -> str:  # noqa: ANN401 - a source of a store or of signals, which share these words
    said = ["on" if source.enabled_by_default else "off"]
    said += ["the operator's choice"] if getattr(source, "operators_choice", False) else []
    said += [] if getattr(source, "confirmed", True) else ["**unconfirmed**"]
    return ", ".join(said)


def _cadence(source: Any) -> str:  # noqa: ANN401 - the same
    names = {1: "every hour", 24: "every day", 168: "every week"}
    return names.get(source.every_hours, f"every {source.every_hours} hours")


def _source_section(source: Any) -> str:  # noqa: ANN401 - the same
    lines = [f"\n## {source.name}", source.gives, ""]
    lines += [f"- **State:** {_stance(source)}; parser version {source.parser_version}."]
    lines += [f"- **Hosts:** {', '.join(f'`{host}`' for host in source.hosts)}; {_cadence(source)} by default."]
    lines += [f"- **Limits:** {source.limits}", f"- **robots.txt:** {source.robots}", f"- **Terms:** {source.terms}"]
    lines += [f"- {trap}" for trap in source.traps]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write every page."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/guide")
    for name, text in pages().items():
        (folder / name).write_text(text, "utf-8")
    if len(sys.argv) == 1:
        Path("essor/model/floors.csv").write_text(floors_text(committed()), "utf-8")


if __name__ == "__main__":
    main()
