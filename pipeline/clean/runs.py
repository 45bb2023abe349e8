"""Landed run records to rows of runs."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from pipeline.clean.charts import USABLE
from pipeline.schemas import SCHEMAS


def clean_runs(landed: pl.DataFrame, readings: pl.DataFrame, recorded_at: datetime) -> pl.DataFrame:
    """Rows of `runs` from `LANDED_RUN` records and the `run_id, status` of every landed reading."""
    counts = readings.group_by("run_id").agg(readings=pl.len(), usable=pl.col("status").is_in(USABLE).sum())
    times = [_time(name) for name in ("started_at", "finished_at")]
    rows = landed.join(counts, "run_id", "left").with_columns(
        *times, pl.col("readings", "usable").fill_null(0), recorded_at=pl.lit(recorded_at)
    )
    return rows.select(pl.col(name).cast(kind) for name, kind in SCHEMAS["runs"].items()).sort("started_at")


def clean_expected(landed: pl.DataFrame, recorded_at: datetime) -> pl.DataFrame:
    """Rows of `expected` from `LANDED_EXPECTED` lines."""
    timed = landed.with_columns(_time("due_at")).with_columns(
        month=pl.col("due_at").dt.strftime("%Y-%m"), recorded_at=pl.lit(recorded_at)
    )
    rows = timed.select(pl.col(name).cast(kind) for name, kind in SCHEMAS["expected"].items())
    return rows.sort("due_at", "source", "country", "subject")


def _time(name: str) -> pl.Expr:
    return pl.col(name).str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
