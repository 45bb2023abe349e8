"""Landed chart lines to rows of chart_readings, chart_entries, names and rejects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from pipeline.clean.readings import moments, news, set_aside
from pipeline.quality import LONGEST_CHART, chart_rules, reason
from pipeline.schemas import SCHEMAS

USABLE = ("complete", "partial")


@dataclass(frozen=True, slots=True)
class CleanCharts:
    """What one load adds about charts; each frame has its table's schema."""

    readings: pl.DataFrame
    entries: pl.DataFrame
    names: pl.DataFrame
    rejects: pl.DataFrame
    superseded: pl.DataFrame
    known: int
    """Readings left out because the same was there."""


def clean_charts(
    landed: pl.DataFrame, names: pl.DataFrame, known: pl.DataFrame, known_names: pl.Series, recorded_at: datetime
) -> CleanCharts:
    """Rows for the tables from landed lines.

    `landed` is `LANDED_CHARTS`, `names` is `LANDED_NAMES`, `known` is `readings.KNOWN`, `known_names` holds the
    `name_id`s that the warehouse has, `recorded_at` is the time of the load.
    """
    judged = _typed(landed, recorded_at).with_columns(broken=reason(chart_rules(recorded_at)))
    sound = judged.filter(pl.col("broken").is_null()).drop("broken")
    against = news(sound, known)
    fresh = against.fresh
    return CleanCharts(
        readings=_readings(fresh),
        entries=_entries(fresh),
        names=_names(names, known_names, recorded_at),
        rejects=pl.concat(
            [
                _rejected_rows(fresh),
                _broken(judged.filter(pl.col("broken").is_not_null()), recorded_at),
                _conflicts(against.conflicts, recorded_at),
            ]
        ),
        superseded=against.superseded.with_columns(superseded_at=pl.lit(recorded_at)),
        known=against.known,
    )


def _typed(landed: pl.DataFrame, recorded_at: datetime) -> pl.DataFrame:
    return moments(landed).with_columns(
        pl.col("asked").clip(upper_bound=LONGEST_CHART),
        pl.col("http_status", "parser_version").cast(pl.Int16),
        entries=pl.when(pl.col("status").is_in(USABLE)).then(pl.col("ranks").list.len()).otherwise(0),
        recorded_at=pl.lit(recorded_at),
    )


def _readings(fresh: pl.DataFrame) -> pl.DataFrame:
    return _as("chart_readings", fresh).sort("store", "country", "collection", "category", "device", "observed_at")


def _entries(fresh: pl.DataFrame) -> pl.DataFrame:
    """One row an entry. Readings are sorted before they are exploded: a hundred times fewer rows to move."""
    kept = fresh.filter((pl.col("entries") > 0) & pl.col("status").is_in(USABLE))
    ordered = kept.sort("store", "month", "country", "collection", "category", "device", "observed_at")
    columns = [c for c in SCHEMAS["chart_entries"] if c not in ("rank", "name_id")]
    rows = ordered.select(*columns, rank="ranks", name_id="name_ids").explode("rank", "name_id", empty_as_null=False)
    return _as("chart_entries", rows)


def _names(names: pl.DataFrame, known_names: pl.Series, recorded_at: datetime) -> pl.DataFrame:
    new = names.unique("name_id", keep="first", maintain_order=True).filter(
        ~pl.col("name_id").is_in(known_names.implode())
    )
    return _as("names", new.with_columns(recorded_at=pl.lit(recorded_at))).sort("store", "app_id")


def _rejected_rows(fresh: pl.DataFrame) -> pl.DataFrame:
    rows = fresh.filter(pl.col("rejects").list.len() > 0).explode("rejects").unnest("rejects")
    position = pl.col("position").clip(upper_bound=32_767)
    return _as("rejects", rows.with_columns(position, kind=pl.lit("charts")))


def _broken(judged: pl.DataFrame, recorded_at: datetime) -> pl.DataFrame:
    text = pl.format(
        "{} {} observed_at={}", "source_url", "status", pl.col("observed_at").cast(pl.String).fill_null("unreadable")
    )
    return _as("rejects", set_aside(judged, "charts", pl.col("broken"), text, recorded_at))


def _conflicts(conflicts: pl.DataFrame, recorded_at: datetime) -> pl.DataFrame:
    text = pl.format("{} at {} sha256 {}", "capture_file", "capture_offset", "sha256")
    return _as("rejects", set_aside(conflicts, "charts", pl.lit("other_bytes_of_the_same_look"), text, recorded_at))


def _as(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in SCHEMAS[table].items())
