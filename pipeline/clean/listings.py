"""Landed listing lines to rows of listing_readings and rejects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from pipeline.clean.readings import moments, news, set_aside
from pipeline.quality import listing_rules, reason
from pipeline.schemas import SCHEMAS


@dataclass(frozen=True, slots=True)
class CleanListings:
    """What one load adds about listings; each frame has its table's schema."""

    readings: pl.DataFrame
    rejects: pl.DataFrame
    superseded: pl.DataFrame
    known: int
    """Readings left out because the same was there."""


def clean_listings(landed: pl.DataFrame, known: pl.DataFrame, recorded_at: datetime) -> CleanListings:
    """Rows for the tables from landed lines.

    `landed` is `LANDED_LISTINGS`, `known` is `readings.KNOWN`, `recorded_at` is the time of the load.
    """
    typed = moments(landed).with_columns(
        pl.col("http_status", "parser_version").cast(pl.Int16),
        main_category=pl.col("category"),
        recorded_at=pl.lit(recorded_at),
    )
    judged = typed.with_columns(broken=reason(listing_rules(recorded_at)))
    against = news(judged.filter(pl.col("broken").is_null()).drop("broken"), known)
    broken = judged.filter(pl.col("broken").is_not_null())
    return CleanListings(
        readings=_as("listing_readings", against.fresh).sort("store", "country", "app_id", "observed_at"),
        rejects=pl.concat(
            [
                _rejects(broken, pl.col("broken"), recorded_at),
                _rejects(against.conflicts, pl.lit("other_bytes_of_the_same_look"), recorded_at),
            ]
        ),
        superseded=against.superseded.with_columns(superseded_at=pl.lit(recorded_at)),
        known=against.known,
    )


def _rejects(readings: pl.DataFrame, reasons: pl.Expr, recorded_at: datetime) -> pl.DataFrame:
    shown = ("app_id", "observed_at", "rating_count", "rating_average", "capture_file", "capture_offset")
    text = pl.concat_str(
        (pl.format(name + "={}", pl.col(name).cast(pl.String).fill_null("none")) for name in shown), separator=" "
    )
    return _as("rejects", set_aside(readings, "listings", reasons, text, recorded_at))


def _as(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in SCHEMAS[table].items())
