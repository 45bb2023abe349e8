"""Questions about charts and the ranks seen in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from essor.model.charts import Chart
from warehouse.connection import Cursor

_CHART = (
    "store = $store AND country = $country AND device = $device AND collection = $collection AND category = $category"
)

_LAST_OF_DAY = """QUALIFY row_number() OVER (
                PARTITION BY (observed_at AT TIME ZONE 'UTC')::DATE
                ORDER BY status IN ('complete', 'partial') DESC, observed_at DESC
            ) = 1"""


def charts(cursor: Cursor) -> pl.DataFrame:
    """The charts that were looked at with success.

    Columns: store, country, device, collection, category, readings, first_observed_at, last_observed_at (UTC).
    """
    return cursor.frame("""
        SELECT store, country, device, collection, category, count(*) AS readings,
               min(observed_at) AS first_observed_at, max(observed_at) AS last_observed_at
        FROM chart_readings
        WHERE status IN ('complete', 'partial')
        GROUP BY ALL
        ORDER BY store, country, category, collection, device
    """)


def rank_history(
    cursor: Cursor,
    chart: Chart,
    app_ids: Sequence[str],
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    daily: bool = False,
) -> pl.DataFrame:
    """What each look at `chart` from `since` to before `until` says of each app.

    `daily`: of each UTC day only its last usable look, or its last look where none was usable.

    Columns: observed_at (UTC), app_id, app (null when not followed), state (`State`), rank (null unless ranked),
    depth (rows the look saw), status, message, source, imported, reading_id. One row a look and app, by app and time;
    a time without a look has no row.
    """
    return cursor.frame(
        f"""
        WITH looks AS (
            SELECT * FROM chart_readings WHERE {_CHART} AND {_period(since, until)} {_LAST_OF_DAY if daily else ""}
        ), ranks AS (
            SELECT reading_id, app_id, min(rank) AS rank
            FROM chart_entries
            WHERE {_CHART} AND {_period(since, until)} AND app_id IN (SELECT unnest($app_ids))
              {"AND observed_at IN (SELECT observed_at FROM looks)" if daily else ""}
            GROUP BY ALL
        ), asked AS (
            SELECT unnest($app_ids) AS app_id
        )
        SELECT l.observed_at, a.app_id, f.app,
               CASE
                   WHEN r.rank IS NOT NULL AND l.status IN ('complete', 'partial') THEN 'ranked'
                   WHEN l.status = 'complete' THEN 'absent'
                   WHEN l.status = 'refused' THEN 'refused'
                   WHEN l.status IN ('blocked', 'failed', 'layout_changed') THEN 'failed'
                   ELSE 'not_observed'
               END AS state,
               r.rank, l.depth, l.status, l.message, l.source, l.imported, l.reading_id
        FROM looks AS l
        CROSS JOIN asked AS a
        LEFT JOIN ranks AS r ON r.reading_id = l.reading_id AND r.app_id = a.app_id
        LEFT JOIN apps AS f
            ON f.store = l.store AND f.app_id = a.app_id
            AND l.observed_at >= coalesce(f.since, DATE '1970-01-01')
            AND l.observed_at < coalesce(f.until, DATE '9999-01-01')
        ORDER BY a.app_id, l.observed_at
        """,  # noqa: S608 - the text is ours, every value is a parameter
        app_ids=list(app_ids),
        **_chart(chart),
        **_bounds(since, until),
    )


def cadence(cursor: Cursor, chart: Chart) -> timedelta | None:
    """The usual time between two usable looks at `chart` (the median); None with fewer than three."""
    found = cursor.frame(
        f"""
        SELECT median(step) AS step
        FROM (
            SELECT epoch(observed_at) - epoch(lag(observed_at) OVER (ORDER BY observed_at)) AS step
            FROM chart_readings
            WHERE {_CHART} AND status IN ('complete', 'partial')
        )
        WHERE step IS NOT NULL
        HAVING count(*) > 1
        """,  # noqa: S608 - the text is ours
        **_chart(chart),
    )
    return timedelta(seconds=found.item()) if found.height else None


def moments(cursor: Cursor, chart: Chart) -> pl.DataFrame:
    """Every look at `chart`, the newest first.

    Columns: observed_at (UTC), status, message, depth, entries, imported, reading_id.
    """
    return cursor.frame(
        f"""
        SELECT observed_at, status, message, depth, entries, imported, reading_id
        FROM chart_readings WHERE {_CHART}
        ORDER BY observed_at DESC
        """,  # noqa: S608 - the text is ours
        **_chart(chart),
    )


def reading_at(cursor: Cursor, chart: Chart, at: datetime | None = None) -> pl.DataFrame:
    """The last usable look at `chart` at or before `at` (None: the last of all); no row when there is none.

    Columns: reading_id, observed_at (UTC), previous_reading_id, previous_observed_at (the usable look before it),
    previous_depth (the rows from which an app missing there was absent; 0 for a partial look), previous_few (True when
    it holds the followed apps alone), status, message, depth, entries (fewer than depth when the import holds the
    followed apps alone), asked, imported, source.
    """
    return cursor.frame(
        f"""
        SELECT reading_id, observed_at, previous_reading_id, previous_observed_at, previous_depth, previous_few,
               status, message, depth, entries, asked, imported, source
        FROM (
            SELECT *,
                   lag(reading_id) OVER earlier AS previous_reading_id,
                   lag(observed_at) OVER earlier AS previous_observed_at,
                   lag(CASE WHEN status = 'complete' THEN depth ELSE 0 END) OVER earlier AS previous_depth,
                   lag(imported AND entries < depth) OVER earlier AS previous_few
            FROM chart_readings
            WHERE {_CHART} AND status IN ('complete', 'partial')
            WINDOW earlier AS (ORDER BY observed_at, reading_id)
        )
        WHERE $at IS NULL OR observed_at <= $at::TIMESTAMPTZ
        ORDER BY observed_at DESC, reading_id DESC
        LIMIT 1
        """,  # noqa: S608 - the text is ours
        at=at.isoformat() if at else None,
        **_chart(chart),
    )


def top_chart(cursor: Cursor, chart: Chart, at: datetime | None = None) -> pl.DataFrame:
    """The chart as last seen at or before `at`, with each app's movement since the usable look before that.

    Columns: rank, app_id, app (null when not followed), name, developer, previous_rank (null when it was not there),
    movement (places climbed; null without a previous rank), change (`same, up, down, new, back`; null when the look
    before does not tell), reading_id, observed_at. `back`: seen in this chart before, though not in the look before.
    """
    pair = reading_at(cursor, chart, at)
    if pair.is_empty():
        return pl.DataFrame(schema=_TOP_CHART)
    return cursor.frame(
        f"""
        WITH current AS (
            SELECT * FROM chart_entries
            WHERE {_CHART} AND month = $month AND observed_at = $observed_at::TIMESTAMPTZ AND reading_id = $now
        ), previous AS (
            SELECT app_id, min(rank) AS rank FROM chart_entries
            WHERE {_CHART} AND month = $previous_month AND observed_at = $previous_at::TIMESTAMPTZ
              AND reading_id = $before
            GROUP BY app_id
        ), came AS (
            SELECT app_id FROM current ANTI JOIN previous USING (app_id)
        ), earlier AS (
            SELECT app_id FROM chart_days WHERE {_CHART} AND day < $day::DATE AND app_id IN (FROM came)
            UNION
            SELECT app_id FROM chart_entries
            WHERE {_CHART} AND month = $month AND observed_at < $observed_at::TIMESTAMPTZ AND app_id IN (FROM came)
        )
        SELECT c.rank, c.app_id, c.app, c.name, c.developer, p.rank AS previous_rank,
               p.rank - c.rank AS movement,
               CASE
                   WHEN $before IS NULL OR p.rank IS NULL AND (c.rank > $depth OR $few AND c.app IS NULL) THEN NULL
                   WHEN p.rank IS NULL AND e.app_id IS NOT NULL THEN 'back'
                   WHEN p.rank IS NULL THEN 'new'
                   WHEN p.rank > c.rank THEN 'up'
                   WHEN p.rank < c.rank THEN 'down'
                   ELSE 'same'
               END AS change,
               c.reading_id, c.observed_at
        FROM current AS c
        LEFT JOIN previous AS p USING (app_id)
        LEFT JOIN earlier AS e USING (app_id)
        ORDER BY c.rank
        """,  # noqa: S608 - the text is ours
        day=pair["observed_at"][0].date().isoformat(),
        depth=pair["previous_depth"][0],
        few=pair["previous_few"][0],
        **_pair(pair),
        **_chart(chart),
    )


def drop_outs(cursor: Cursor, chart: Chart, at: datetime | None = None) -> pl.DataFrame:
    """The apps of the usable look before that are no longer in the chart as last seen at or before `at`.

    Columns: app_id, app, name, previous_rank. Empty as well when there is no look before. An app that the present look
    could not tell of has not dropped out: one missing from a partial answer, or that stood below the rows of this one.
    """
    pair = reading_at(cursor, chart, at)
    if pair.is_empty() or pair["previous_reading_id"][0] is None or pair["status"][0] != "complete":
        return pl.DataFrame(schema=_DROP_OUTS)
    return cursor.frame(
        f"""
        SELECT p.app_id, p.app, p.name, p.rank AS previous_rank
        FROM chart_entries AS p
        WHERE {_CHART} AND p.month = $previous_month AND p.observed_at = $previous_at::TIMESTAMPTZ
          AND p.reading_id = $before AND p.rank <= $depth AND (p.app IS NOT NULL OR NOT $few)
          AND p.app_id NOT IN (
              SELECT app_id FROM chart_entries
              WHERE {_CHART} AND month = $month AND observed_at = $observed_at::TIMESTAMPTZ AND reading_id = $now
          )
        ORDER BY p.rank
        """,  # noqa: S608 - the text is ours
        depth=pair["depth"][0],
        few=pair["imported"][0] and pair["entries"][0] < pair["depth"][0],
        **_pair(pair),
        **_chart(chart),
    )


def day_states(
    cursor: Cursor, chart: Chart, app_ids: Sequence[str], since: datetime, until: datetime, *, zone: str = "UTC"
) -> pl.DataFrame:
    """What each day from `since` to before `until` says of each app, the days counted in time zone `zone`.

    Columns: day, app_id, state (`State`: a day with any rank is ranked, else absent, failed, refused, not_observed, the
    first of these that a look says), rank (the last seen that day), best_rank, looks (looks at the chart that day).
    Every day has its row.
    """
    looks = rank_history(cursor, chart, app_ids, since, until)
    local = looks.with_columns(day=pl.col("observed_at").dt.convert_time_zone(zone).dt.date()).sort("observed_at")
    seen = local.group_by("app_id", "day").agg(
        state=pl.col("state").sort_by(pl.col("state").replace_strict(_WEIGHT, return_dtype=pl.Int8)).last(),
        rank=pl.col("rank").drop_nulls().last(),
        best_rank=pl.col("rank").min(),
        looks=pl.len(),
    )
    first, last = (moment.astimezone(ZoneInfo(zone)).date() for moment in (since, until - timedelta(microseconds=1)))
    calendar = pl.date_range(first, last, "1d", eager=True).alias("day").to_frame()
    every = calendar.join(pl.DataFrame({"app_id": list(app_ids)}), how="cross")
    return (
        every.join(seen, ["day", "app_id"], "left")
        .with_columns(pl.col("state").fill_null("not_observed"), pl.col("looks").fill_null(0))
        .sort("app_id", "day")
        .select("day", "app_id", "state", "rank", "best_rank", "looks")
    )


_WEIGHT = {"not_observed": 0, "refused": 1, "failed": 2, "absent": 3, "ranked": 4}
_TOP_CHART = pl.Schema({
    "rank": pl.Int16(), "app_id": pl.String(), "app": pl.String(), "name": pl.String(), "developer": pl.String(),
    "previous_rank": pl.Int16(), "movement": pl.Int16(), "change": pl.String(), "reading_id": pl.String(),
    "observed_at": pl.Datetime("us", "UTC"),
})  # fmt: skip
_DROP_OUTS = pl.Schema({"app_id": pl.String(), "app": pl.String(), "name": pl.String(), "previous_rank": pl.Int16()})


def _chart(chart: Chart) -> dict[str, str]:
    return {
        "store": chart.store.value,
        "country": chart.country,
        "device": chart.device.value,
        "collection": chart.collection.value,
        "category": chart.category,
    }


def _pair(pair: pl.DataFrame) -> dict[str, str | None]:
    """The row of `reading_at` as parameters: two looks, each by id, moment and month, by which its file is found."""
    now, before = pair["observed_at"][0], pair["previous_observed_at"][0]
    return {
        "now": pair["reading_id"][0],
        "observed_at": now.isoformat(),
        "month": _month(now),
        "before": pair["previous_reading_id"][0],
        "previous_at": before.isoformat() if before else None,
        "previous_month": _month(before),
    }


def _period(since: datetime | None, until: datetime | None) -> str:
    """The predicate on moment and month; without the month every file would be opened."""
    lower = "month >= $since_month AND observed_at >= $since::TIMESTAMPTZ" if since else "true"
    upper = "month <= $until_month AND observed_at < $until::TIMESTAMPTZ" if until else "true"
    return f"{lower} AND {upper}"


def _bounds(since: datetime | None, until: datetime | None) -> dict[str, str]:
    bounds: dict[str, str] = {}
    if since:
        bounds |= {"since": since.isoformat(), "since_month": _month(since)}
    if until:
        bounds |= {"until": until.isoformat(), "until_month": _month(until)}
    return bounds


def _month(moment: datetime | None) -> str:
    return pl.Series([moment]).dt.convert_time_zone("UTC").dt.strftime("%Y-%m")[0] if moment else ""
