"""Landed signal lines to rows of signal_readings, signal_points and rejects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from pipeline.clean.readings import moments, news, set_aside
from pipeline.quality import point_rules, reading_rules, reason
from pipeline.schemas import SCHEMAS

_POINT = ("reading_id", "period_start", "period_end")


@dataclass(frozen=True, slots=True)
class CleanSignals:
    """What one load adds about signals; each frame has its table's schema."""

    readings: pl.DataFrame
    points: pl.DataFrame
    rejects: pl.DataFrame
    superseded: pl.DataFrame
    known: int
    """Readings left out because the same was there."""


def clean_signals(landed: pl.DataFrame, known: pl.DataFrame, recorded_at: datetime) -> CleanSignals:
    """Rows for the tables from landed lines.

    `landed` is `LANDED_SIGNALS`, `known` is `readings.KNOWN`, `recorded_at` is the time of the load.
    """
    typed = moments(landed).with_columns(
        pl.col("http_status", "parser_version").cast(pl.Int16), recorded_at=pl.lit(recorded_at)
    )
    judged = typed.with_columns(broken=reason(reading_rules(recorded_at)))
    against = news(judged.filter(pl.col("broken").is_null()).drop("broken"), known)
    points = _judged_points(against.fresh)
    kept = points.filter(pl.col("broken").is_null())
    return CleanSignals(
        readings=_readings(against.fresh, kept),
        points=_as("signal_points", kept).sort("source", "subject", "metric", "period_end"),
        rejects=pl.concat(
            [
                _rejected_points(points.filter(pl.col("broken").is_not_null())),
                _rejects(judged.filter(pl.col("broken").is_not_null()), pl.col("broken"), recorded_at),
                _rejects(against.conflicts, pl.lit("other_bytes_of_the_same_look"), recorded_at),
            ]
        ),
        superseded=against.superseded.with_columns(superseded_at=pl.lit(recorded_at)),
        known=against.known,
    )


def _judged_points(fresh: pl.DataFrame) -> pl.DataFrame:
    """One row a figure, with the rule that it breaks; of two figures for one period the first is kept."""
    usable = fresh.filter(pl.col("status").is_in(["complete", "partial"]) & (pl.col("points").list.len() > 0))
    numbered = usable.with_columns(position=pl.int_ranges(1, pl.col("points").list.len() + 1))
    rows = numbered.explode("points", "position", empty_as_null=False).unnest("points")
    timed = rows.with_columns(
        period_start=_time("start"),
        period_end=pl.when(pl.col("end").is_null()).then("observed_at").otherwise(_time("end")),
        said=pl.col("text"),
    )
    rules = point_rules() | {"same_period_again": pl.int_range(pl.len()).over(_POINT) > 0}
    return timed.with_columns(broken=reason(rules))


def _time(name: str) -> pl.Expr:
    """A day, or a moment in UTC, as the parsers write them."""
    said = pl.col(name).str.strip_suffix("Z")
    forms = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d")
    found = pl.coalesce(
        said.str.to_datetime(forms[0], time_unit="us", strict=False),
        said.str.to_date(forms[1], strict=False).cast(pl.Datetime("us")),
    )
    return found.dt.replace_time_zone("UTC")


def _readings(fresh: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    counts = kept.group_by("reading_id").agg(kept=pl.len())
    counted = fresh.drop("points").join(counts, "reading_id", "left").with_columns(points=pl.col("kept").fill_null(0))
    return _as("signal_readings", counted).sort("source", "subject", "metric", "observed_at")


def _rejected_points(points: pl.DataFrame) -> pl.DataFrame:
    text = pl.format(
        "{} {} {} start={} end={} value={}",
        *("source", "subject", "metric"),
        *(pl.col(name).cast(pl.String).fill_null("none") for name in ("start", "end", "value")),
    )
    return _as(
        "rejects",
        points.with_columns(
            kind=pl.lit("signals"),
            position=pl.col("position").clip(upper_bound=32_767),
            reason=pl.col("broken"),
            text=text,
        ),
    )


def _rejects(readings: pl.DataFrame, reasons: pl.Expr, recorded_at: datetime) -> pl.DataFrame:
    text = pl.format("{} {} {} observed_at={}", "source", "subject", "metric", _shown("observed_at"))
    return _as("rejects", set_aside(readings, "signals", reasons, text, recorded_at))


def _shown(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).fill_null("unreadable")


def _as(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in SCHEMAS[table].items())
