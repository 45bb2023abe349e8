"""Derives what is stored beside the facts: the daily roll-up of a load, and rows that jobs land ready made."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from essor.model.tables import CHART_DAYS, CHART_ENTRIES, CHART_READINGS, DESK, LOOK_DAYS, NAMES, SUPERSEDED, Table
from pipeline.clean.charts import CleanCharts
from pipeline.metrics import ranks
from pipeline.schemas import SCHEMAS
from warehouse import lake
from warehouse.loads import Plan, last_complete

_CHART_DAY = ("store", *ranks.CHART, "day")


def rolled_up(data_dir: Path, planned: Plan, fresh: CleanCharts) -> dict[str, pl.DataFrame]:
    """Rows of look_days and chart_days for the chart-days that this load closes or changes (docs/decisions/0006).

    Those are the days before the load's own, UTC, that were open at the load before or that `fresh` tells of.
    """
    readings = _closing(data_dir, planned, fresh)
    looks = ranks.look_days(readings, planned.recorded_at)
    names = pl.concat([lake.scan(data_dir, NAMES).collect(), fresh.names]).select("name_id", "app_id")
    days = [
        ranks.chart_days(str(store), _entries(data_dir, planned, fresh, part), part, names, planned.recorded_at)
        for (store, _), part in readings.filter(pl.col("entries") > 0).group_by("store", "month", maintain_order=True)
    ]
    rows = pl.concat(days) if days else pl.DataFrame(schema=SCHEMAS[CHART_DAYS.name])
    return {LOOK_DAYS.name: looks, CHART_DAYS.name: rows.sort("store", "month", *CHART_DAYS.order)}


def _closing(data_dir: Path, planned: Plan, fresh: CleanCharts) -> pl.DataFrame:
    """Every reading that counts of the chart-days to roll up."""
    today, open_since = _today(planned), _open_since(data_dir)
    told = fresh.readings.filter(pl.col("observed_at") < today).with_columns(ranks.day())
    older = told.filter(pl.col("observed_at") < open_since) if open_since else told.clear()
    months = _months(open_since, today, older) if open_since else None
    held = lake.scan(data_dir, CHART_READINGS, months).filter(
        pl.col("recorded_at") < planned.recorded_at, pl.col("observed_at") < today
    )
    counted = held.collect().with_columns(ranks.day()).join(_superseded(data_dir, planned, fresh), _VERSION, "anti")
    if open_since:
        was_open = pl.col("observed_at") >= open_since
        again = counted.filter(~was_open).join(older.select(_CHART_DAY).unique(), _CHART_DAY, "semi")
        counted = pl.concat([counted.filter(was_open), again])
    return pl.concat([counted.select(told.columns), told]).sort("store", "month")


_VERSION = ["reading_id", "recorded_at"]


def _today(planned: Plan) -> datetime:
    return planned.recorded_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _open_since(data_dir: Path) -> datetime | None:
    """The first day that the load before left open; None when nothing was ever rolled up."""
    last = last_complete(data_dir) if lake.loaded(data_dir, CHART_DAYS) else None
    return last.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) if last else None


def _months(since: datetime, until: datetime, older: pl.DataFrame) -> set[str]:
    days = pl.date_range(since.date(), until.date(), "1d", eager=True)
    return {*days.dt.strftime("%Y-%m").unique(), *older["month"].unique()}


def _superseded(data_dir: Path, planned: Plan, fresh: CleanCharts) -> pl.DataFrame:
    before = lake.scan(data_dir, SUPERSEDED).filter(pl.col("superseded_at") < planned.recorded_at).select(_VERSION)
    return pl.concat([before.collect(), fresh.superseded.select(_VERSION)])


def _entries(data_dir: Path, planned: Plan, fresh: CleanCharts, readings: pl.DataFrame) -> pl.LazyFrame:
    """The entries of these readings, all of one store and month."""
    store, month = readings["store"][0], readings["month"][0]
    columns = [*ranks.CHART, "observed_at", "rank", "name_id"]
    part = (pl.col("store") == store) & (pl.col("month") == month)
    new = fresh.entries.lazy().filter(part, pl.col("observed_at") < _today(planned)).select(columns)
    held = readings.filter(pl.col("recorded_at") < planned.recorded_at)
    if held.is_empty():
        return new
    span = pl.col("observed_at").is_between(held["observed_at"].min(), held["observed_at"].max())
    old = lake.scan(data_dir, CHART_ENTRIES, {month}).filter(part, span, pl.col("recorded_at") < planned.recorded_at)
    return pl.concat([old.join(held.lazy().select(_VERSION), _VERSION, "semi").select(columns), new])


def desk_frames(runs: Sequence[Path], recorded_at: datetime) -> dict[str, pl.DataFrame]:
    """The rows that jobs landed in these run folders, for each table of `DESK`."""
    return {table.name: _desk_rows(runs, table, recorded_at) for table in DESK}


def land_rows(data_dir: Path, kind: str, frames: Mapping[Table, pl.DataFrame], now: datetime, note: str) -> str | None:
    """Land ready-made rows of `DESK` tables as a run of this kind; its name, or None when there are none.

    The frames have their table's columns but recorded_at and month. The folder appears whole, by a rename.
    """
    if not any(frame.height for frame in frames.values()):
        return None
    run_id = f"{kind}-{now:%Y%m%dT%H%M%S%fZ}-{os.getpid()}"
    draft = data_dir / "landing" / f".desk-{run_id}"
    draft.mkdir(parents=True)
    for table, frame in frames.items():
        frame.write_parquet(draft / f"{table.name}.parquet")
    moment = now.astimezone(UTC).isoformat(timespec="microseconds")
    record = {"run_id": run_id, "kind": kind, "started_at": moment, "finished_at": moment, "result": "complete"}
    (draft / "run.json").write_text(json.dumps(record | {"asked": 0, "note": note}), "utf-8")
    _clear_old_drafts(data_dir, now)
    draft.rename(data_dir / "landing" / run_id)
    return run_id


def _clear_old_drafts(data_dir: Path, now: datetime) -> None:
    """What a job that was killed while it wrote left behind."""
    for draft in (data_dir / "landing").glob(".desk-*"):
        if now.timestamp() - draft.stat().st_mtime > timedelta(days=1).total_seconds():
            shutil.rmtree(draft, ignore_errors=True)


def _desk_rows(runs: Sequence[Path], table: Table, recorded_at: datetime) -> pl.DataFrame:
    schema = SCHEMAS[table.name]
    frames = [_complete(pl.read_parquet(path), recorded_at) for path in _files(runs, table)]
    rows = (
        pl.concat([frame.select(pl.col(name).cast(kind) for name, kind in schema.items()) for frame in frames])
        if frames
        else pl.DataFrame(schema=schema)
    )
    return rows.unique([name for name in table.key if name != "recorded_at"], keep="last", maintain_order=True)


def _files(runs: Sequence[Path], table: Table) -> Iterator[Path]:
    return (path for run in runs if (path := run / f"{table.name}.parquet").exists())


def _complete(frame: pl.DataFrame, recorded_at: datetime) -> pl.DataFrame:
    month = {"month": pl.col("day").dt.strftime("%Y-%m")} if "day" in frame.columns else {}
    return frame.with_columns(recorded_at=pl.lit(recorded_at), **month)
