"""What the first page asks: where each followed app stands, and where it stood."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from essor.model.charts import Chart
from warehouse.connection import Cursor
from warehouse.reads.charts import rank_history, reading_at

TOLERANCE = {1: timedelta(hours=12), 7: timedelta(days=1)}
"""How far from exactly 1 or 7 days before a look may be, to be compared with."""

COMPARED = timedelta(days=7) + TOLERANCE[7]
"""No look further back than this is compared with."""


def standings(cursor: Cursor, chart: Chart) -> pl.DataFrame:
    """Each followed app at the last usable look at `chart`, and at the looks nearest to a day and a week before it.

    Columns: app, app_id, state, rank, depth, observed_at (UTC), reading_id, imported; rank_1d, state_1d, at_1d and
    rank_7d, state_7d, at_7d for the earlier looks (null when no usable look lies within 12 hours, or a day, of then).
    One row an app and store id valid at that look, the best ranked first; no row without a usable look.
    """
    keys = cursor.frame("SELECT DISTINCT app_id FROM apps WHERE store = $store", store=chart.store.value)["app_id"]
    newest = reading_at(cursor, chart)["observed_at"]
    since = newest[0] - COMPARED if len(newest) else None
    looks = rank_history(cursor, chart, keys.to_list(), since).filter(
        pl.col("status").is_in(["complete", "partial"]), pl.col("app").is_not_null()
    )
    last = looks.filter(pl.col("observed_at") == pl.col("observed_at").max())
    shown = last.select("app", "app_id", "state", "rank", "depth", "observed_at", "reading_id", "imported")
    for days, tolerance in TOLERANCE.items():
        shown = shown.join(_looks_before(looks, shown, days, tolerance), "app_id", "left")
    return shown.sort("rank", "app", nulls_last=True)


def spark(cursor: Cursor, chart: Chart, since: datetime) -> pl.DataFrame:
    """Each followed app's ranks in `chart` since `since`, by the last usable look of each UTC day.

    Columns: app, app_id, observed_at (UTC), state, rank (null unless ranked). One row a day and app, by app and time.
    """
    keys = cursor.frame("SELECT DISTINCT app_id FROM apps WHERE store = $store", store=chart.store.value)["app_id"]
    looks = rank_history(cursor, chart, keys.to_list(), since, daily=True)
    return looks.filter(pl.col("app").is_not_null()).select("app", "app_id", "observed_at", "state", "rank")


def _looks_before(looks: pl.DataFrame, last: pl.DataFrame, days: int, tolerance: timedelta) -> pl.DataFrame:
    """The look nearest to `days` days before the last one, within `tolerance`, for each app."""
    goal = last["observed_at"].max()
    columns = {f"rank_{days}d": "rank", f"state_{days}d": "state", f"at_{days}d": "observed_at"}
    if not isinstance(goal, datetime):
        return looks.clear().select("app_id", **{name: pl.col(column) for name, column in columns.items()})
    distance = (pl.col("observed_at") - pl.lit(goal - timedelta(days=days))).abs()
    near = looks.filter(distance <= tolerance, pl.col("observed_at") < goal)
    nearest = near.sort(distance).unique("app_id", keep="first", maintain_order=True)
    return nearest.select("app_id", **{name: pl.col(column) for name, column in columns.items()})
