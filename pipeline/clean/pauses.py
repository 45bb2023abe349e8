"""Landed pauses to rows of pauses."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from pipeline.schemas import SCHEMAS


def clean_pauses(landed: pl.DataFrame, recorded_at: datetime) -> pl.DataFrame:
    """Rows of `pauses` from `LANDED_PAUSES` lines."""
    times = [pl.col(name).str.to_datetime(time_unit="us", time_zone="UTC", strict=False) for name in _TIMES]
    rows = landed.with_columns(*times, recorded_at=pl.lit(recorded_at))
    return rows.select(pl.col(name).cast(kind) for name, kind in SCHEMAS["pauses"].items()).sort("began_at", "host")


_TIMES = ("began_at", "until")
