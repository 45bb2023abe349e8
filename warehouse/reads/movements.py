"""Questions about how apps moved in a chart: against an earlier look, in and out.

An app that one of the looks could not tell of has no movement: it is neither new nor dropped out
(docs/methods/movements.md).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

from essor.model.charts import Chart
from warehouse.connection import Cursor
from warehouse.reads.charts import reading_at
from warehouse.reads.ranks import CHART, daily, of_chart

TOLERANCE = {1: timedelta(hours=12), 7: timedelta(days=1), 30: timedelta(days=2)}
"""How far from exactly so many days before a look may be, to be compared with."""


def look_before(cursor: Cursor, chart: Chart, days: int, at: datetime | None = None) -> pl.DataFrame:
    """The usable look nearest to `days` days before the last one at or before `at`; no row when none is near enough.

    Columns: reading_id, observed_at (UTC), status, depth, few (True when it holds followed apps alone).
    """
    now = reading_at(cursor, chart, at)
    if now.is_empty():
        return pl.DataFrame(schema=_LOOK)
    goal, slack = now["observed_at"][0] - timedelta(days=days), TOLERANCE.get(days, timedelta(days=days / 14))
    return cursor.frame(
        f"""
        SELECT reading_id, observed_at, status, depth, imported AND entries < depth AS few
        FROM chart_readings
        WHERE {CHART} AND status IN ('complete', 'partial') AND observed_at < $now::TIMESTAMPTZ
          AND observed_at BETWEEN $earliest::TIMESTAMPTZ AND $latest::TIMESTAMPTZ
        ORDER BY abs(epoch_us(observed_at) - epoch_us($goal::TIMESTAMPTZ)), observed_at
        LIMIT 1
        """,  # noqa: S608 - the text is ours
        now=now["observed_at"][0].isoformat(),
        goal=goal.isoformat(),
        earliest=(goal - slack).isoformat(),
        latest=(goal + slack).isoformat(),
        **of_chart(chart),
    )


def movements(cursor: Cursor, chart: Chart, days: int = 1, at: datetime | None = None) -> pl.DataFrame:
    """The chart as last seen at or before `at` against the look about `days` days before: every app of either.

    Columns: app_id, app (null when not followed), name, rank (null when it is not in the chart now), state,
    previous_rank, previous_state (`State`), movement (places climbed; null unless ranked in both), change (`same, up,
    down, new, back, out`; null when one of the looks does not tell), observed_at, previous_at (UTC; null when no look
    is near enough). `new`: never seen in this chart before; `back`: seen before, though not in the earlier look.
    """
    now, before = reading_at(cursor, chart, at), look_before(cursor, chart, days, at)
    if now.is_empty():
        return pl.DataFrame(schema=_MOVEMENTS)
    few = bool(now["imported"][0]) and now["entries"][0] < now["depth"][0]
    current, previous = _ranks(cursor, chart, now), _ranks(cursor, chart, before)
    both = current.join(previous, "app_id", "full", suffix="_before", coalesce=True).with_columns(
        pl.coalesce("app", "app_before").alias("app"), pl.coalesce("name", "name_before").alias("name")
    )
    judged = both.with_columns(
        state=_state(pl.col("rank"), now["status"][0], few=few),
        previous_state=_state(pl.col("rank_before"), _first(before, "status"), few=bool(_first(before, "few"))),
    )
    seen = _seen_before(cursor, chart, now["observed_at"][0], judged)
    return (
        judged.with_columns(
            previous_rank=pl.col("rank_before"),
            movement=pl.col("rank_before") - pl.col("rank"),
            change=_change(pl.col("app_id").is_in(seen.implode()), now["depth"][0], _first(before, "depth") or 0),
            observed_at=pl.lit(now["observed_at"][0], _MOVEMENTS["observed_at"]),
            previous_at=pl.lit(_first(before, "observed_at"), _MOVEMENTS["previous_at"]),
        )
        .select(pl.col(name).cast(kind) for name, kind in _MOVEMENTS.items())
        .sort("rank", "previous_rank", nulls_last=True)
    )


def comings_and_goings(
    cursor: Cursor, chart: Chart, since: date | None = None, until: date | None = None
) -> pl.DataFrame:
    """When each followed app entered, left and re-entered `chart`, as exactly as the looks tell.

    Columns: app, app_id, change (`entered, out, back`), after (the last UTC day known before it), on (the first day
    known after it), unknown (days between them that do not tell; 0 when the day of the change is known), rank (the
    first seen after entering, the last seen before leaving). An app ranked on the first observed day has not entered.
    """
    told = daily(cursor, chart, since, until).filter(pl.col("state").is_in(["ranked", "absent"])).sort("app_id", "day")
    steps = told.with_columns(
        before=pl.col("state").shift().over("app_id", "app"),
        after=pl.col("day").shift().over("app_id", "app"),
        rank_before=pl.col("last_rank").shift().over("app_id", "app"),
        ranked_before=(pl.col("state") == "ranked").cast(pl.Int32).cum_sum().over("app_id", "app") > 1,
    ).filter(pl.col("before").is_not_null() & (pl.col("state") != pl.col("before")))
    entering = pl.col("state") == "ranked"
    return steps.select(
        "app", "app_id",
        change=pl.when(~entering).then(pl.lit("out")).when("ranked_before").then(pl.lit("back")).otherwise(pl.lit("entered")),
        after="after", on="day",
        unknown=((pl.col("day") - pl.col("after")).dt.total_days() - 1).cast(pl.Int32),
        rank=pl.when(entering).then("last_rank").otherwise("rank_before"),
    ).sort("on", "app")  # fmt: skip


_TIME = pl.Datetime("us", "UTC")
_LOOK = pl.Schema(
    {"reading_id": pl.String(), "observed_at": _TIME, "status": pl.String(), "depth": pl.Int16(), "few": pl.Boolean()}
)
_MOVEMENTS = pl.Schema({
    "app_id": pl.String(), "app": pl.String(), "name": pl.String(), "rank": pl.Int16(), "state": pl.String(),
    "previous_rank": pl.Int16(), "previous_state": pl.String(), "movement": pl.Int16(), "change": pl.String(),
    "observed_at": _TIME, "previous_at": _TIME,
})  # fmt: skip


def _ranks(cursor: Cursor, chart: Chart, look: pl.DataFrame) -> pl.DataFrame:
    """app_id, app, name and best rank in one look: a row of `chart_readings`, or none."""
    return cursor.frame(
        f"""
        SELECT app_id, any_value(app) AS app, arg_min(name, rank) AS name, min(rank) AS rank FROM chart_entries
        WHERE {CHART} AND reading_id = $reading_id AND observed_at = $at::TIMESTAMPTZ
          AND month = strftime($at::TIMESTAMPTZ AT TIME ZONE 'UTC', '%Y-%m')
        GROUP BY app_id
        """,  # noqa: S608 - the text is ours
        reading_id=_first(look, "reading_id"),
        at=look["observed_at"][0].isoformat() if look.height else None,
        **of_chart(chart),
    )


def _state(rank: pl.Expr, status: object, *, few: bool) -> pl.Expr:
    """What a look says of each app; an import of the followed apps alone says nothing of the others."""
    without = "absent" if status == "complete" else "not_observed"
    missing = pl.when(pl.col("app").is_null()).then(pl.lit("not_observed")).otherwise(pl.lit(without))
    return pl.when(rank.is_not_null()).then(pl.lit("ranked")).otherwise(missing if few else pl.lit(without))


def _change(seen: pl.Expr, depth: object, depth_before: object) -> pl.Expr:
    """`depth`: an app that stood, or stands, below the rows of the look that lacks it was not seen to come or go."""
    now, before, moved = pl.col("state"), pl.col("previous_state"), pl.col("rank_before") - pl.col("rank")
    came = (now == "ranked") & (before == "absent") & (pl.col("rank") <= depth_before)
    left = (now == "absent") & (before == "ranked") & (pl.col("rank_before") <= depth)
    return (
        pl.when(came & seen).then(pl.lit("back"))
        .when(came).then(pl.lit("new"))
        .when(left).then(pl.lit("out"))
        .when(moved > 0).then(pl.lit("up"))
        .when(moved < 0).then(pl.lit("down"))
        .when(moved == 0).then(pl.lit("same"))
    )  # fmt: skip


def _seen_before(cursor: Cursor, chart: Chart, now: datetime, judged: pl.DataFrame) -> pl.Series:
    """Those of the apps not in the earlier look that some look before `now` saw in this chart."""
    came = judged.filter(pl.col("rank").is_not_null() & pl.col("rank_before").is_null())["app_id"]
    if came.is_empty():
        return came
    return cursor.frame(
        f"""
        SELECT app_id FROM chart_days
        WHERE {CHART} AND app_id IN (SELECT unnest($ids)) AND day < ($now::TIMESTAMPTZ AT TIME ZONE 'UTC')::DATE
        UNION
        SELECT app_id FROM chart_entries
        WHERE {CHART} AND app_id IN (SELECT unnest($ids)) AND observed_at < $now::TIMESTAMPTZ
          AND month = strftime($now::TIMESTAMPTZ AT TIME ZONE 'UTC', '%Y-%m')
        """,  # noqa: S608 - the text is ours
        ids=came.to_list(),
        now=now.isoformat(),
        **of_chart(chart),
    )["app_id"]


def _first(frame: pl.DataFrame, column: str) -> object:
    return frame[column][0] if frame.height else None
