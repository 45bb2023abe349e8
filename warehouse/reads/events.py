"""Questions about dated events: what happened, and the level before and after."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from essor.model.charts import Chart
from warehouse.connection import Cursor
from warehouse.reads.ranks import daily

WINDOW = 14
"""Days looked at before the event, and as many after it; its own day belongs to neither."""
FEWEST = 5
"""With fewer observations on a side nothing is said of the change."""


def events(cursor: Cursor, app: str | None = None) -> pl.DataFrame:
    """The dated events on file, the newest first; those of one app and those that concern all, or every one.

    Columns: event, app (null when it concerns all), day (with precision month the first of it), precision, kind,
    title_fr, title_en, state (`confirmed, to_confirm`), sources (JSON), recorded_at (UTC).
    """
    return cursor.frame(
        "SELECT * FROM events WHERE $app IS NULL OR app = $app OR app IS NULL ORDER BY day DESC, event", app=app
    )


def rank_effects(cursor: Cursor, chart: Chart, app: str, window: int = WINDOW) -> pl.DataFrame:
    """The rank of `app` in `chart` before and after each of its events.

    Columns: event, day, precision, title_fr, title_en, before, before_low, before_high, after, after_low, after_high
    (median rank of the observed days and its 80 % band; null when there are too few, or when it lies beyond the depth
    that was read), before_days, after_days (observed days), verdict (`higher, lower, no_clear_change`,
    `too_few_observations`, `day_unknown`). Absent days count as beyond the last rank; unobserved days do not count.
    *Higher* is nearer to first place. It says what came with the event, not what came of it.
    """
    ranks = daily(cursor, chart).filter(pl.col("app") == app, pl.col("state").is_in(["ranked", "absent"]))
    best = ranks.group_by("day").agg(pl.col("mean_rank").min()).sort("day")  # of an app with two ids
    values = [(day, math.inf if rank is None else float(rank)) for day, rank in best.iter_rows()]
    return _effects(events(cursor, app), values, window, better="lower")


def rating_effects(cursor: Cursor, app: str, country: str, store: str = "apple", window: int = WINDOW) -> pl.DataFrame:
    """The new ratings a day of `app` in a storefront before and after each of its events.

    Columns as `rank_effects`, in ratings a day. An observation is the growth between two looks that lie on the same
    side of the event; *higher* is more. Of an app with several ids those count that were seen on both sides, and what
    they brought between the same days is added up: one that follows another counts other people's ratings.
    """
    steps = cursor.frame(
        """
        SELECT app_id, (previous_at AT TIME ZONE 'UTC')::DATE AS begun, (observed_at AT TIME ZONE 'UTC')::DATE AS day,
               new_ratings / days AS rate
        FROM rating_steps
        WHERE app = $app AND country = $country AND store = $store AND new_ratings IS NOT NULL AND days > 0
        ORDER BY ALL
        """,
        app=app,
        country=country,
        store=store,
    )
    found = events(cursor, app)
    rows = [
        _effect(event, _paces(steps, event["day"], window), window, "higher") for event in found.iter_rows(named=True)
    ]
    return pl.DataFrame(rows, schema=_EFFECT)


def _paces(steps: pl.DataFrame, on: date, window: int) -> list[tuple[date, float]]:
    """Day and ratings a day of each step within `window` days and on one side of `on`, of all lasting ids together."""
    near = steps.filter(
        ~((pl.col("begun") <= on) & (pl.col("day") > on)),
        (pl.col("day") - on).dt.total_days().is_between(-window, window),
        pl.col("day") != on,
    )
    sides = (pl.col("day") > on).n_unique().over("app_id")
    lasting = near.filter((sides == 2) | (pl.col("app_id").n_unique() == 1))  # noqa: PLR2004 - before and after
    paces = lasting.group_by("begun", "day").agg(pl.col("rate").sum()).sort("day", "begun")
    return list(paces.select("day", "rate").iter_rows())


def median_band(values: Sequence[float]) -> tuple[float, float, float]:
    """The median and its 80 % band from the order of the values alone, whatever their distribution.

    The band runs from the k-th smallest to the k-th largest, k being the most for which fewer than k of n fair coins
    fall heads at most 1 time in 10. Raises ValueError with fewer than four values.
    """
    ordered, n = sorted(values), len(values)
    chances = [sum(math.comb(n, i) for i in range(k)) / 2**n for k in range(1, n // 2 + 1)]
    k = sum(chance <= 0.1 for chance in chances)  # noqa: PLR2004 - 10 % on each side
    if k < 1:
        raise ValueError(f"{n} values have no 80 % band")
    middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    return ordered[k - 1], middle, ordered[n - k]


_EFFECT = pl.Schema({
    "event": pl.String(), "day": pl.Date(), "precision": pl.String(), "title_fr": pl.String(), "title_en": pl.String(),
    "before": pl.Float64(), "before_low": pl.Float64(), "before_high": pl.Float64(), "after": pl.Float64(),
    "after_low": pl.Float64(), "after_high": pl.Float64(), "before_days": pl.Int32(), "after_days": pl.Int32(),
    "verdict": pl.String(),
})  # fmt: skip


def _effects(found: pl.DataFrame, values: Sequence[tuple[date, float]], window: int, better: str) -> pl.DataFrame:
    rows = [_effect(event, values, window, better) for event in found.iter_rows(named=True)]
    return pl.DataFrame(rows, schema=_EFFECT)


def _effect(event: dict[str, Any], values: Sequence[tuple[date, float]], window: int, better: str) -> dict[str, Any]:
    on = event["day"]
    before = [value for day, value in values if on - timedelta(days=window) <= day < on]
    after = [value for day, value in values if on < day <= on + timedelta(days=window)]
    row = {name: event[name] for name in ("event", "day", "precision", "title_fr", "title_en")}
    row |= {"before_days": len(before), "after_days": len(after)}
    if event["precision"] != "day":
        return row | {"verdict": "day_unknown"}
    if min(len(before), len(after)) < FEWEST:
        return row | {"verdict": "too_few_observations"}
    was, became = median_band(before), median_band(after)
    return row | _side("before", was) | _side("after", became) | {"verdict": _verdict(was, became, better)}


def _side(name: str, band: tuple[float, float, float]) -> dict[str, float | None]:
    low, middle, high = (value if math.isfinite(value) else None for value in band)
    return {name: middle, f"{name}_low": low, f"{name}_high": high}


def _verdict(was: tuple[float, float, float], became: tuple[float, float, float], better: str) -> str:
    if became[0] > was[2]:
        return "higher" if better == "higher" else "lower"
    if became[2] < was[0]:
        return "lower" if better == "higher" else "higher"
    return "no_clear_change"
