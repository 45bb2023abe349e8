"""Questions about how apps moved in a chart: against an earlier look, in and out.

An app that one of the looks could not tell of has no movement: it is neither new nor dropped out
(docs/methods/movements.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
    first seen after entering, the last seen before leaving). An app ranked on the first observed day has not entered. A
    day on which the chart was read less deep than that rank does not tell.
    """
    told = daily(cursor, chart, since, until).filter(pl.col("state").is_in(["ranked", "absent"])).sort("app_id", "day")
    rows = [
        (*key, *change)
        for key, days in told.group_by("app", "app_id", maintain_order=True)
        for change in _changes(days.select("day", "last_rank", "depth").iter_rows())
    ]
    return pl.DataFrame(rows, schema=_COMINGS, orient="row").sort("on", "app", "app_id")


def _changes(days: Iterable[tuple[date, int | None, int]]) -> Iterator[tuple[str, date, date, int, int]]:
    """Change, after, on, unknown and rank of one app, from its days: each with its last rank (None: absent), its depth.

    What is told to be out is told to be back, also where it then stands below what was read when it was out.
    """
    seen: tuple[date, int] | None = None  # the last day that saw it, and its rank then
    absent: list[tuple[date, int]] = []  # the days since, with their depth
    for day, rank, depth in days:
        out = [on for on, read in absent if seen and seen[1] <= read]
        if rank is None:
            if seen and not out and seen[1] <= depth:
                yield "out", seen[0], day, (day - seen[0]).days - 1, seen[1]
            absent.append((day, depth))
            continue
        missing = [on for on, read in absent if rank <= read] or out
        if missing:
            yield "back" if seen else "entered", missing[-1], day, (day - missing[-1]).days - 1, rank
        seen, absent = (day, rank), []


_COMINGS = pl.Schema({
    "app": pl.String(), "app_id": pl.String(), "change": pl.String(), "after": pl.Date(), "on": pl.Date(),
    "unknown": pl.Int32(), "rank": pl.Int16(),
})  # fmt: skip
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
