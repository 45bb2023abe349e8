"""Facts of a rank history that both the figure and the words stand on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

import polars as pl

from essor.model.observation import State, Status

LATE = 1.5
"""Two looks further apart than this many usual steps have a gap between them."""
DAILY = timedelta(hours=36)
"""Up to this usual step a chart is looked at daily, so a day without a look is named."""
DAILY_BEYOND = timedelta(days=31)
"""A longer stretch is shown with one look a day, the last usable one."""
USABLE = [status.value for status in Status if status.usable]


def newest(moments: pl.Series) -> datetime | None:
    """The latest of some moments; None when there is none."""
    latest = moments.max()
    return latest if isinstance(latest, datetime) else None


def oldest(moments: pl.Series) -> datetime | None:
    """The earliest of some moments; None when there is none."""
    earliest = moments.min()
    return earliest if isinstance(earliest, datetime) else None


def by_app(frame: pl.DataFrame) -> pl.DataFrame:
    """One row an app and look: an app with two store ids has the better of their ranks."""
    return frame.sort("app", "observed_at", "rank", nulls_last=True).unique(
        ["app", "observed_at"], keep="first", maintain_order=True
    )


def looks(frame: pl.DataFrame) -> pl.DataFrame:
    """The looks at the chart, oldest first: observed_at, status, depth, reading_id, imported, source, usable."""
    columns = ["observed_at", "status", "depth", "reading_id", "imported", "source"]
    return (
        frame.select(columns)
        .unique("observed_at", keep="first")
        .sort("observed_at")
        .with_columns(pl.col("status").is_in(USABLE).alias("usable"))
    )


def usual_step(looked: pl.DataFrame) -> timedelta | None:
    """The usual time between two usable looks (the median) of frames with observed_at and status; None below three."""
    usable = looked.filter(pl.col("status").is_in(USABLE))["observed_at"].unique().sort()
    steps = usable.diff().drop_nulls()
    return steps.median() if len(steps) > 1 else None  # type: ignore[return-value]


def gaps(moments: Sequence[datetime], cadence: timedelta | None) -> list[tuple[datetime, datetime]]:
    """The stretches between two usable looks that are further apart than the usual step allows."""
    if cadence is None:
        return []
    return [(a, b) for a, b in pairwise(moments) if b - a > LATE * cadence]


def is_long(moments: pl.Series, since: date | None, until: date | None) -> bool:
    """Whether the looks between two days, both included, span more than is shown look by look."""
    days = moments.dt.date()
    shown = days.filter((days >= (since or date.min)) & (days <= (until or date.max)))
    first, last = shown.min(), shown.max()
    return isinstance(first, date) and isinstance(last, date) and last - first > DAILY_BEYOND


def usable_moments(frame: pl.DataFrame) -> list[datetime]:
    """When the chart was really seen, oldest first."""
    return looks(frame).filter("usable")["observed_at"].to_list()


def missing_days(moments: Sequence[datetime], cadence: timedelta | None) -> list[date]:
    """The days (UTC) between the first and the last usable look on which a chart looked at daily was not seen."""
    if not moments or cadence is None or cadence > DAILY:
        return []
    seen = {moment.date() for moment in moments}
    first, last = min(seen), max(seen)
    return [day for day in (first + timedelta(n) for n in range((last - first).days)) if day not in seen]


def comparable(rows: pl.DataFrame) -> pl.DataFrame:
    """The looks for one app without the absences that a look too shallow for its ranks cannot tell.

    Outside the first 10 says nothing beside a rank of 28; where the app was never ranked, every absence stays.
    """
    deepest = rows["rank"].max()
    return rows if deepest is None else rows.filter(pl.col("rank").is_not_null() | (pl.col("depth") >= deepest))


def of_app(frame: pl.DataFrame, slug: str) -> pl.DataFrame:
    """The usable looks for one app, oldest first: ranked or absent."""
    states = [State.RANKED.value, State.ABSENT.value]
    return frame.filter((pl.col("app") == slug) & pl.col("state").is_in(states)).sort("observed_at")
