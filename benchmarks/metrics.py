"""The daily roll-up of a month at full scale, and every metric of the followed apps over a year."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from benchmarks.figure import Figure
from benchmarks.whole_year import CHARTS as WHOLE
from benchmarks.whole_year import DEPTH, entries_of, names
from essor.jobs.ask import opened
from essor.jobs.estimate import publish_methods
from essor.model.apps import all_apps
from essor.model.charts import Chart, Collection
from essor.model.estimates import PUBLISHED
from essor.model.stores import StoreName
from essor.model.tables import CHART_DAYS, DESK, ESTIMATES, LOADS, LOOK_DAYS, NAMES, TABLES, Table
from essor.settings import Settings, read_settings
from pipeline.metrics.estimates import RANKS, from_ranks
from pipeline.metrics.ranks import chart_days
from pipeline.schemas import SCHEMAS
from warehouse import lake
from warehouse.reads import estimates, events, launches, movements, ranks, ratings
from warehouse.tables import ROW_GROUP, ZSTD_LEVEL

HOURS = 24 * 31
BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
FIRST = date(2025, 11, 1)
YEAR = 365
FRONTS = ["fr", "us", "de", "gb", "jp"]
CHARTS = [Chart(StoreName.APPLE, country, Collection.TOP_FREE, "36") for country in FRONTS]


def figures() -> list[Figure]:
    """Roll up a simulated month in a process of its own, then ask a simulated year everything."""
    with tempfile.TemporaryDirectory() as folder:
        rows = _write_month(Path(folder))
        command = [sys.executable, "-m", "benchmarks.metrics", folder]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, env=_two_cores()).stdout)
        settings = read_settings(data_dir=Path(folder) / "data")
        _write_year(settings)
        asked, busy = (min(each) for each in zip(*(_ask_everything(settings) for _ in range(3)), strict=True))
    return [
        Figure(f"s to roll up {rows:,} entries into {told['rows']:,}", told["seconds"], at_most=4.0),
        Figure("s of processor time for it", told["cpu"], at_most=8.0),
        Figure("GB of memory at its peak", told["gigabytes"], at_most=2.0),
        Figure("s for all metrics of the followed apps over a year", asked, at_most=2.0),
        Figure("s of processor time for them", busy, at_most=4.0),
    ]


def _two_cores() -> dict[str, str]:
    return {**os.environ, "POLARS_MAX_THREADS": "2"}


def _write_month(folder: Path) -> int:
    """Entries of 175 storefronts, three charts, hourly, in one file as a compacted month lies; how many."""
    entries = entries_of(BEGIN)
    entries.sink_parquet(folder / "month.parquet", row_group_size=ROW_GROUP, compression_level=ZSTD_LEVEL)
    return HOURS * DEPTH * len(WHOLE)


def _roll_up(folder: Path) -> dict[str, float]:
    known = names(BEGIN.date()).select("name_id", "app_id")
    readings = pl.DataFrame(
        [(country, "iphone", kind.value, "36", HOURS * DEPTH) for country, kind in WHOLE],
        ["country", "device", "collection", "category", "entries"],
        orient="row",
    )
    began, before = time.perf_counter(), _processor()
    rows = chart_days("apple", pl.scan_parquet(folder / "month.parquet"), readings, known, datetime.now(UTC))
    took, spent = time.perf_counter() - began, _processor() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"seconds": took, "cpu": spent, "gigabytes": peak, "rows": rows.height}


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _write_year(settings: Settings) -> None:
    """A year of daily roll-ups of five storefronts' overall charts, with estimates of every followed app."""
    publish_methods(settings)
    recorded = datetime(2026, 11, 2, tzinfo=UTC)
    number = lake.loaded(settings.data_dir, LOADS) + 1
    followed = [(app.slug, key.app_id) for app in all_apps() for key in app.store_ids if key.store is StoreName.APPLE]
    ids = [app_id for _, app_id in followed] + [f"{7_000_000_000 + n}" for n in range(DEPTH - len(followed))]
    frames = {
        NAMES: pl.DataFrame({"name_id": range(DEPTH), "app_id": ids}).with_columns(store=pl.lit("apple")),
        LOOK_DAYS: _year(1).with_columns(looks=24, complete=24, partial=0, refused=0, failed=0, depth=DEPTH),
        CHART_DAYS: _year_of_ranks(ids),
        ESTIMATES: _year_of_estimates(followed),
        LOADS: pl.DataFrame({"load": [number], "finished_at": [recorded]}),
    }
    for table in TABLES:
        if table not in DESK or table is ESTIMATES:
            lake.append(settings.data_dir, table, _typed(table, frames.get(table), recorded), number)


def _year(rows: int) -> pl.DataFrame:
    days = pl.date_range(FIRST, FIRST + timedelta(days=YEAR - 1), eager=True).alias("day").to_frame()
    fronts = pl.DataFrame({"country": FRONTS})
    each = pl.DataFrame({"place": range(rows)})
    chart = {"store": "apple", "device": "iphone", "collection": "top-free", "category": "36"}
    return days.join(fronts, how="cross").join(each, how="cross").with_columns(
        month=pl.col("day").dt.strftime("%Y-%m"), **{name: pl.lit(value) for name, value in chart.items()}
    )  # fmt: skip


def _year_of_ranks(ids: list[str]) -> pl.DataFrame:
    moved = (pl.col("place") + pl.col("day").dt.ordinal_day() * 37) % DEPTH
    return _year(DEPTH).with_columns(
        app_id=pl.lit(pl.Series(ids)).gather(moved), name_id=moved,
        **{name: pl.col("place") + 1 for name in ("best_rank", "worst_rank", "mean_rank", "last_rank")},
        readings=24, in_top_10=0,
    ).sort("app_id", "country", "day")  # fmt: skip


def _year_of_estimates(followed: list[tuple[str, str]]) -> pl.DataFrame:
    apps = pl.DataFrame(followed, ["app", "app_id"], orient="row")
    days = _year(1).join(apps, how="cross").with_columns(
        state=pl.lit("ranked"), mean_rank=pl.col("day").dt.ordinal_day() % 90 + 1, depth=DEPTH, launch=None
    )  # fmt: skip
    curve = PUBLISHED[2]
    rows = from_ranks(days.select(pl.col(name).cast(kind) for name, kind in RANKS.items()), curve)
    return rows.with_columns(month=pl.col("day").dt.strftime("%Y-%m"))


def _typed(table: Table, frame: pl.DataFrame | None, recorded: datetime) -> pl.DataFrame:
    schema = SCHEMAS[table.name]
    if frame is None:
        return pl.DataFrame(schema=schema)
    whole = frame.with_columns(recorded_at=pl.lit(recorded))
    missing = [pl.lit(None).alias(name) for name in schema if name not in whole.columns]
    return whole.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in schema.items())


def _ask_everything(settings: Settings) -> tuple[float, float]:
    """Peaks, days in the first N, comings and goings, storefronts, ratings, sums, race, effects: s, s of processor."""
    with opened(settings) as cursor:
        began, before = time.perf_counter(), _processor()
        for chart in CHARTS:
            ranks.peaks(cursor, chart)
            ranks.days_in_top(cursor, chart)
            movements.comings_and_goings(cursor, chart)
        for app in all_apps():
            ranks.storefronts_in_top(cursor, CHARTS[0], app.slug, FIRST + timedelta(days=YEAR - 1))
            ratings.scores(cursor, app.slug)
            estimates.sums(cursor, app.slug, FIRST, FIRST + timedelta(days=YEAR))
        launches.milestones(cursor, {app.slug: FIRST for app in all_apps()})
        events.rank_effects(cursor, CHARTS[0], "le-chat")
        return time.perf_counter() - began, _processor() - before


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_roll_up(Path(sys.argv[1]))))
