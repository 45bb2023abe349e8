"""What all readings share: moments as times, and which of them are news to the warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

KNOWN = pl.Schema(
    {
        "reading_id": pl.String(),
        "sha256": pl.String(),
        "parser_version": pl.Int16(),
        "imported": pl.Boolean(),
        "recorded_at": pl.Datetime("us", "UTC"),
    }
)
"""What the warehouse tells of the readings it holds and still counts."""


@dataclass(frozen=True, slots=True)
class News:
    """Landed readings set against those the warehouse holds."""

    fresh: pl.DataFrame
    """The readings to append."""
    superseded: pl.DataFrame
    """`reading_id, recorded_at` of the rows that they replace."""
    conflicts: pl.DataFrame
    """Readings of a look that is held with other bytes and no better parser: set aside."""
    known: int
    """How many were there already, as they are or better."""


def moments(readings: pl.DataFrame) -> pl.DataFrame:
    """The readings with `observed_at` as a time in UTC and `month` beside it; an unreadable moment is null."""
    observed = pl.col("observed_at").str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    return readings.with_columns(observed).with_columns(month=pl.col("observed_at").dt.strftime("%Y-%m"))


def news(readings: pl.DataFrame, known: pl.DataFrame) -> News:
    """Tell what of `readings` is new, better than, the same as, or at odds with what is `known`.

    `readings` has the columns of `KNOWN` but `recorded_at`. Bytes are better than an import, a later parser is better
    than an earlier one; an import may correct an import. Of two of the same look in one load the best is taken.
    """
    best = readings.sort("imported", pl.col("parser_version").neg(), maintain_order=True).unique(
        "reading_id", keep="first", maintain_order=True
    )
    beside = best.join(
        known.rename({c: f"known_{c}" for c in known.columns if c != "reading_id"}), "reading_id", "left"
    )
    verdict = beside.with_columns(_verdict().alias("verdict"))
    fresh = verdict.filter(pl.col("verdict").is_in(["fresh", "better"]))
    return News(
        fresh=fresh.select(readings.columns),
        superseded=verdict.filter(pl.col("verdict") == "better").select(
            "reading_id", recorded_at=pl.col("known_recorded_at")
        ),
        conflicts=verdict.filter(pl.col("verdict") == "conflict").select(readings.columns),
        known=len(readings) - len(fresh) - verdict.filter(pl.col("verdict") == "conflict").height,
    )


def _verdict() -> pl.Expr:
    is_new = pl.col("known_recorded_at").is_null()
    same_bytes = pl.col("sha256").eq_missing(pl.col("known_sha256"))
    same = same_bytes & (pl.col("parser_version") == pl.col("known_parser_version"))
    both_bytes = ~pl.col("imported") & ~pl.col("known_imported")
    return (
        pl.when(is_new)
        .then(pl.lit("fresh"))
        .when(pl.col("imported") & ~pl.col("known_imported"))
        .then(pl.lit("known"))
        .when(~pl.col("imported") & pl.col("known_imported"))
        .then(pl.lit("better"))
        .when(same | (pl.col("parser_version") < pl.col("known_parser_version")))
        .then(pl.lit("known"))
        .when(both_bytes & ~same_bytes)
        .then(pl.lit("conflict"))
        .otherwise(pl.lit("better"))
    )


def set_aside(readings: pl.DataFrame, kind: str, reasons: pl.Expr, text: pl.Expr, now: datetime) -> pl.DataFrame:
    """Rows of the table `rejects` for whole readings."""
    return readings.select(
        "reading_id",
        kind=pl.lit(kind),
        position=pl.lit(None, dtype=pl.Int16),
        reason=reasons,
        text=text,
        run_id=pl.col("run_id"),
        recorded_at=pl.lit(now),
    )
