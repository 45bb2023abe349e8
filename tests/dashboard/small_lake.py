"""A small warehouse written by hand, so that the pages can be tested on any mixture of looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from essor.model.charts import Chart, chart_reading_id
from essor.model.observation import Status
from essor.model.tables import CHART_ENTRIES, CHART_READINGS, LOADS, NAMES, RUNS, TABLES, Table
from warehouse import lake

TYPES = {
    "text": pl.String(),
    "short": pl.Int16(),
    "int": pl.Int64(),
    "real": pl.Float64(),
    "flag": pl.Boolean(),
    "time": pl.Datetime("us", "UTC"),
    "day": pl.Date(),
}


@dataclass(frozen=True)
class Look:
    """One look at a chart, with what it saw."""

    chart: Chart
    at: datetime
    ranks: Mapping[str, int] = field(default_factory=dict)
    """App id to rank."""
    status: Status = Status.COMPLETE
    message: str | None = None
    depth: int = 100
    imported: bool = False
    source: str = "apple_legacy_rss"
    capture: tuple[str, int, str] | None = None
    """File, offset, SHA-256."""


@dataclass(frozen=True)
class Run:
    """One run."""

    kind: str
    started_at: datetime
    result: str = "complete"
    readings: int = 0
    usable: int = 0
    note: str | None = None


def write_lake(
    data_dir: Path,
    looks: Sequence[Look],
    runs: Sequence[Run] = (),
    names: Mapping[str, str] | None = None,
    load: int = 1,
) -> datetime:
    """Load these looks and runs as load number `load`; gives the snapshot it made."""
    recorded = max([look.at for look in looks] + [run.started_at for run in runs]) + timedelta(hours=load)
    known = names or {}
    lake.append(data_dir, CHART_READINGS, _frame(CHART_READINGS, [_reading(look, recorded) for look in looks]), load)
    entries = [entry for look in looks for entry in _entries(look, recorded)]
    lake.append(data_dir, CHART_ENTRIES, _frame(CHART_ENTRIES, entries), load)
    apps = sorted({app_id for look in looks for app_id in look.ranks})
    rows = [
        {"name_id": int(app), "store": "apple", "app_id": app, "name": known.get(app, f"App {app}"),
         "developer": "A developer", "recorded_at": recorded}
        for app in apps
    ]  # fmt: skip
    lake.append(data_dir, NAMES, _frame(NAMES, rows), load)
    lake.append(data_dir, RUNS, _frame(RUNS, [_run(run, n, recorded) for n, run in enumerate(runs)]), load)
    done = {"load": load, "recorded_at": recorded, "finished_at": recorded, "runs": len(runs), "readings": len(looks),
            "entries": len(entries), "rejects": 0, "known": 0}  # fmt: skip
    for table in TABLES:
        if table.name not in {"chart_readings", "chart_entries", "names", "runs", "loads"}:
            lake.append(data_dir, table, _frame(table, []), load)
    lake.append(data_dir, LOADS, _frame(LOADS, [done]), load)
    return recorded


def reading_id(look: Look) -> str:
    """The id that the look's reading has."""
    return chart_reading_id(look.source, look.chart, look.at.astimezone(UTC).isoformat(timespec="microseconds"))


def _reading(look: Look, recorded: datetime) -> dict[str, Any]:
    file, offset, sha256 = look.capture or (None, None, None)
    return {
        **_chart(look),
        "reading_id": reading_id(look),
        "source": look.source,
        "status": look.status.value,
        "message": look.message,
        "recorded_at": recorded,
        "asked": 100,
        "depth": look.depth if look.status.usable else 0,
        "entries": len(look.ranks),
        "source_url": "https://itunes.apple.com/fr/rss/topfreeapplications/limit=100/genre=6007/json",
        "http_status": 200 if look.status.usable else None,
        "capture_file": file,
        "capture_offset": offset,
        "sha256": sha256,
        "parser_version": 1,
        "run_id": "run-0",
        "imported": look.imported,
    }


def _entries(look: Look, recorded: datetime) -> list[dict[str, Any]]:
    return [
        {**_chart(look), "rank": rank, "name_id": int(app), "reading_id": reading_id(look), "recorded_at": recorded}
        for app, rank in look.ranks.items()
    ]


def _chart(look: Look) -> dict[str, Any]:
    return {
        "store": look.chart.store.value,
        "country": look.chart.country,
        "device": look.chart.device.value,
        "collection": look.chart.collection.value,
        "category": look.chart.category,
        "observed_at": look.at,
        "month": f"{look.at:%Y-%m}",
    }


def _run(run: Run, number: int, recorded: datetime) -> dict[str, Any]:
    return {
        "run_id": f"run-{number}",
        "kind": run.kind,
        "started_at": run.started_at,
        "finished_at": run.started_at + timedelta(seconds=42),
        "result": run.result,
        "asked": run.readings,
        "readings": run.readings,
        "usable": run.usable,
        "note": run.note,
        "recorded_at": recorded,
    }


def _frame(table: Table, rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    schema = {column.name: TYPES[column.kind] for column in table.columns}
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)
