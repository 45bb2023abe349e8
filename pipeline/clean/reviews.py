"""Landed review lines to rows of review_readings, reviews and rejects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from pipeline.clean.readings import moments, news, set_aside
from pipeline.quality import reading_rules, reason, review_rules
from pipeline.schemas import SCHEMAS


@dataclass(frozen=True, slots=True)
class CleanReviews:
    """What one load adds about reviews; each frame has its table's schema."""

    readings: pl.DataFrame
    reviews: pl.DataFrame
    rejects: pl.DataFrame
    superseded: pl.DataFrame
    known: int
    """Readings left out because the same was there."""


def clean_reviews(landed: pl.DataFrame, known: pl.DataFrame, recorded_at: datetime) -> CleanReviews:
    """Rows for the tables from landed lines.

    `landed` is `LANDED_REVIEWS`, `known` is `readings.KNOWN`, `recorded_at` is the time of the load.
    """
    typed = moments(landed).with_columns(
        pl.col("http_status", "parser_version").cast(pl.Int16), recorded_at=pl.lit(recorded_at)
    )
    judged = typed.with_columns(broken=reason(reading_rules(recorded_at)))
    against = news(judged.filter(pl.col("broken").is_null()).drop("broken"), known)
    reviews = _judged_reviews(against.fresh)
    kept = reviews.filter(pl.col("broken").is_null())
    return CleanReviews(
        readings=_readings(against.fresh, kept),
        reviews=_as("reviews", kept).sort("country", "language", "app_id", "review", "observed_at"),
        rejects=pl.concat(
            [
                _rejected_reviews(reviews.filter(pl.col("broken").is_not_null())),
                _rejects(judged.filter(pl.col("broken").is_not_null()), pl.col("broken"), recorded_at),
                _rejects(against.conflicts, pl.lit("other_bytes_of_the_same_look"), recorded_at),
            ]
        ),
        superseded=against.superseded.with_columns(superseded_at=pl.lit(recorded_at)),
        known=against.known,
    )


def _judged_reviews(fresh: pl.DataFrame) -> pl.DataFrame:
    """One row a review, with the rule that it breaks; the same words twice in one answer are one review."""
    usable = fresh.filter(pl.col("status").is_in(["complete", "partial"]) & (pl.col("reviews").list.len() > 0))
    numbered = usable.with_columns(position=pl.int_ranges(1, pl.col("reviews").list.len() + 1))
    rows = numbered.explode("reviews", "position", empty_as_null=False).unnest("reviews")
    written = pl.col("written_at").str.strip_suffix("Z").str.to_datetime(time_unit="us", strict=False)
    timed = rows.with_columns(review="key", written_at=written.dt.replace_time_zone("UTC"))
    rules = review_rules() | {"same_review_again": pl.int_range(pl.len()).over("reading_id", "review") > 0}
    return timed.with_columns(broken=reason(rules))


def _readings(fresh: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    counts = kept.group_by("reading_id").agg(kept=pl.len())
    counted = fresh.drop("reviews").join(counts, "reading_id", "left").with_columns(reviews=pl.col("kept").fill_null(0))
    return _as("review_readings", counted).sort("store", "country", "language", "app_id", "observed_at")


def _rejected_reviews(reviews: pl.DataFrame) -> pl.DataFrame:
    text = pl.format(
        "{} rating={} written_at={}",
        *(pl.col(name).cast(pl.String).fill_null("none") for name in ("review", "rating", "written_at")),
    )
    return _as("rejects", reviews.with_columns(kind=pl.lit("reviews"), reason=pl.col("broken"), text=text))


def _rejects(readings: pl.DataFrame, reasons: pl.Expr, recorded_at: datetime) -> pl.DataFrame:
    observed = pl.col("observed_at").cast(pl.String).fill_null("unreadable")
    text = pl.format("{} {} page={} observed_at={}", "app_id", "country", "page", observed)
    return _as("rejects", set_aside(readings, "reviews", reasons, text, recorded_at))


def _as(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in SCHEMAS[table].items())
