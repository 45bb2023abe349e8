"""Questions about how far it is to a better rank: downloads a day, by the rank curve.

A curve for the overall chart of free iPhone apps alone, and only for storefronts whose level is known; elsewhere the
answer has no rows (docs/methods/needed.md).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import date
from statistics import NormalDist, quantiles
from typing import Any

import polars as pl

from essor.model.charts import OVERALL, Chart, Collection
from essor.model.stores import Device, StoreName
from warehouse.connection import Cursor
from warehouse.reads.ranks import CHART, STALE, of_chart

GOALS = {"next": None, "top_10": 10, "first": 1}
"""Each goal's rank; the next one is the one above."""
STEPS = 61
"""Equally likely values of each error that a band is made from."""


def needed(cursor: Cursor, chart: Chart, on: date) -> pl.DataFrame:
    """How many more downloads a day each followed app of `chart` would need for a better rank, on the UTC day `on`.

    Columns: app, app_id, day (the last observed one, at most three days before `on`), rank (the last seen that day),
    goal (`next`: one place up, `top_10`, `first`; a goal that is reached has no row), goal_rank, low, central, high
    (downloads a day, 80 % band), method_version. An app outside the fetched depth has no row: its rank is not known.
    """
    curve = _curve(cursor)
    if curve is None or not _fits(curve[1], chart):
        return pl.DataFrame(schema=_NEEDED)
    rows = [
        {**row, "goal": goal, "goal_rank": at, "method_version": curve[0]}
        | dict(zip(("low", "central", "high"), _between(curve[1], row["rank"], at, chart.country), strict=True))
        for row in _ranked(cursor, chart, on).iter_rows(named=True)
        for goal, at in _goals(row["rank"])
    ]
    return pl.DataFrame(rows, schema=_NEEDED).sort("rank", "app", "goal_rank", descending=[False, False, True])


_NEEDED = pl.Schema({
    "app": pl.String(), "app_id": pl.String(), "day": pl.Date(), "rank": pl.Int16(), "goal": pl.String(),
    "goal_rank": pl.Int16(), "low": pl.Float64(), "central": pl.Float64(), "high": pl.Float64(),
    "method_version": pl.Int16(),
})  # fmt: skip


def _curve(cursor: Cursor) -> tuple[int, dict[str, Any]] | None:
    """The newest version of the rank curve and its coefficients; None before the first estimation."""
    found = cursor.frame("""
        SELECT version, parameters FROM methods WHERE method = 'rank_curve' ORDER BY version DESC LIMIT 1
    """)
    return (found["version"][0], json.loads(found["parameters"][0])) if found.height else None


def _fits(p: dict[str, Any], chart: Chart) -> bool:
    """Whether the curve speaks of this chart."""
    kind = (chart.store, chart.device, chart.collection, chart.category)
    overall = (StoreName.APPLE, Device.IPHONE, Collection.TOP_FREE, OVERALL[StoreName.APPLE])
    return kind == overall and chart.country in p["place"]


def _ranked(cursor: Cursor, chart: Chart, on: date) -> pl.DataFrame:
    return cursor.frame(
        f"""
        SELECT app, app_id, day, last_rank AS rank FROM (
            FROM app_days WHERE {CHART} AND state IN ('ranked', 'absent')
              AND day <= $on::DATE AND day > $on::DATE - $stale::INTEGER
            QUALIFY row_number() OVER (PARTITION BY app, app_id ORDER BY day DESC) = 1
        ) WHERE state = 'ranked' ORDER BY ALL
        """,  # noqa: S608 - the text is ours
        on=on.isoformat(),
        stale=STALE.days,
        **of_chart(chart),
    )


def _goals(rank: int) -> Iterator[tuple[str, int]]:
    """The goals that an app at this rank has not reached."""
    for goal, at in GOALS.items():
        if (at or rank - 1) < rank and rank > 1:
            yield goal, at or rank - 1


def _between(p: dict[str, Any], rank: int, goal: int, country: str) -> tuple[float, float, float]:
    """D(goal) - D(rank) with its band: both ranks share the errors of level, slope and storefront."""
    place = p["sigma_of_place"].get(country, p["sigma_place"])
    normal = NormalDist()
    steps = [normal.inv_cdf((number + 0.5) / STEPS) for number in range(STEPS)]
    level = [math.exp(math.hypot(p["sigma_level"], place) * z) for z in steps]
    slope = [_apart(p, rank, goal, p["sigma_slope"] * z) * p["place"][country] for z in steps]
    ends = quantiles((a * b for a in level for b in slope), n=10)
    return ends[0], _apart(p, rank, goal, 0.0) * p["place"][country], ends[-1]


def _apart(p: dict[str, Any], rank: int, goal: int, steeper: float) -> float:
    """D(goal) - D(rank) in the United States, with a slope so much steeper than the central one."""
    at_goal, here = (((10 + p["q"]) / (r + p["q"])) ** (p["a"] + steeper) for r in (goal, rank))
    return float(p["base"]["apple"] * (at_goal - here))
