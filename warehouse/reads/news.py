"""Questions about what happened: each move in the charts, new version, fall or round count, and lost source, once.

Two looks are compared only where both tell: an app missing from a partial answer has not dropped out, and rank 150
followed by a look at the first hundred says nothing (docs/methods/movements.md).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import polars as pl

from essor.model.news import NewsKind
from warehouse.connection import Cursor

LOOKBACK = timedelta(days=31)
"""A look at a listing or a source further back than this is not compared with."""
CHART_LOOKBACK = timedelta(days=7)
"""The same of charts, which are looked at more often."""
FALL = 0.1
"""A mean rating that falls by so much from one look to the next is told, stars."""
_A_DAY, _NEAR_A_DAY = timedelta(hours=22), timedelta(hours=36)
"""Moves within a day compare with the last look at least so long before, and at most so long."""
_TWICE_NEAR = 2 * _NEAR_A_DAY
"""So far back a move compares, and the look before it, which may have told the same move."""
EVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Later than any look."""
LEAST = 1_000
"""Round counts are told from here on."""

_LOOKS_AT_CHARTS = """
-- charts and looks bear numbers here: text by text, half a million places would take several times as long
WITH charts AS MATERIALIZED (
    SELECT *, row_number() OVER () AS chart
    FROM (
        -- of what was seen before $near, the last complete look says as much as all before it
        SELECT store, country, device, collection, category,
               max(observed_at) FILTER (status = 'complete' AND observed_at < $near::TIMESTAMPTZ) AS told_from
        FROM chart_readings
        WHERE status IN ('complete', 'partial') AND month >= $month
          AND observed_at >= $earliest::TIMESTAMPTZ AND observed_at < $until::TIMESTAMPTZ{here}
        GROUP BY ALL
    )
), looks AS MATERIALIZED (
    SELECT r.reading_id, r.recorded_at, r.observed_at, c.chart, c.store, r.status, r.depth, r.source,
           row_number() OVER (ORDER BY r.observed_at, r.reading_id) AS look
    FROM chart_readings AS r JOIN charts AS c USING (store, country, device, collection, category)
    WHERE r.status IN ('complete', 'partial') AND r.month >= $month AND r.observed_at >= $earliest::TIMESTAMPTZ
      AND r.observed_at < $until::TIMESTAMPTZ AND r.observed_at >= coalesce(c.told_from, r.observed_at){here}
)
"""
_PLACES = f"""
{_LOOKS_AT_CHARTS}, wanted AS (
    SELECT DISTINCT store, app FROM apps WHERE list_contains($ids::VARCHAR[], app_id)
), named AS (
    SELECT n.name_id, f.app, f.begins, f.ends
    FROM lake.names AS n JOIN lake.followed AS f USING (store, app_id)
    WHERE list_contains($names::BIGINT[], n.name_id)
), ranks AS (
    -- DuckDB guesses one entry in months that are picked, and would keep all of them to look up a few names: as
    -- constants the names are met while reading
    SELECT l.look, n.app, min(e.rank) AS rank
    FROM lake.chart_entries AS e
    JOIN looks AS l USING (reading_id, recorded_at)
    JOIN named AS n ON n.name_id = e.name_id AND e.observed_at >= n.begins AND e.observed_at < n.ends
    WHERE e.month >= $month AND e.observed_at >= $earliest::TIMESTAMPTZ AND e.observed_at < $until::TIMESTAMPTZ{{here}}
      AND list_contains($names::BIGINT[], e.name_id)
    GROUP BY ALL
)
SELECT l.chart, a.app, l.look, l.observed_at, l.depth, r.rank
FROM looks AS l
JOIN wanted AS a USING (store)
LEFT JOIN ranks AS r ON r.look = l.look AND r.app = a.app
WHERE r.rank IS NOT NULL OR l.status = 'complete'
"""  # noqa: S608 - the text is ours
_READINGS = f"""
{_LOOKS_AT_CHARTS}
SELECT l.look, c.store, c.country, c.device, c.collection, c.category, l.source, l.reading_id
FROM looks AS l JOIN charts AS c USING (chart) WHERE list_contains($found, l.look)
"""  # noqa: S608 - the text is ours
_STEPS = """
WITH looks AS (
    SELECT *, last_value(version IGNORE NULLS) OVER w AS version_before,
           last_value(rating_count IGNORE NULLS) OVER w AS count_before,
           last_value(rating_average IGNORE NULLS) OVER w AS score_before,
           last_value(price IGNORE NULLS) OVER w AS price_before,
           last_value(currency IGNORE NULLS) OVER w AS currency_before,
           last_value(installs_exact IGNORE NULLS) OVER w AS installs_before,
           last_value(observed_at) OVER w AS previous_at
    FROM listing_readings
    WHERE app IS NOT NULL AND list_contains($ids::VARCHAR[], app_id) AND status IN ('complete', 'partial')
      AND month >= $month AND observed_at >= $earliest::TIMESTAMPTZ AND observed_at < $until::TIMESTAMPTZ
    WINDOW w AS (
        PARTITION BY app, app_id, store, country ORDER BY observed_at
        RANGE BETWEEN $lookback PRECEDING AND INTERVAL 1 MICROSECOND PRECEDING
    )
), goals AS (
    -- what holds in all storefronts is told by the first that shows it
    SELECT *, {count_goal} AS count_goal, {installs_goal} AS installs_goal,
           observed_at - $lookback < lag(observed_at) OVER (
               PARTITION BY app, store, version ORDER BY observed_at, reading_id
           ) AS version_seen,
           observed_at - $lookback < lag(observed_at) OVER (
               PARTITION BY app, store, installs_goal ORDER BY observed_at, reading_id
           ) AS goal_seen
    FROM looks
), near AS (
    SELECT * FROM goals WHERE observed_at >= $since::TIMESTAMPTZ
), found AS (
    SELECT 'version' AS kind, NULL::DOUBLE AS before, NULL::DOUBLE AS now, version_before AS text_before,
           version AS text, * FROM near
    WHERE version <> version_before AND NOT coalesce(version_seen, false)
    UNION ALL BY NAME
    SELECT 'count_fell' AS kind, count_before AS before, rating_count AS now, * FROM near
    WHERE rating_count < count_before
    UNION ALL BY NAME
    SELECT 'score_fell' AS kind, score_before AS before, rating_average AS now, * FROM near
    WHERE round(score_before - rating_average, 4) >= $fall
    UNION ALL BY NAME
    SELECT 'price' AS kind, price_before AS before, price AS now, currency_before AS text_before, currency AS text, *
    FROM near WHERE price <> price_before OR currency <> currency_before
    UNION ALL BY NAME
    SELECT 'ratings' AS kind, count_before AS before, count_goal AS now, * FROM near WHERE count_goal > count_before
    UNION ALL BY NAME
    SELECT 'installs' AS kind, installs_before AS before, installs_goal AS now, * FROM near
    WHERE installs_goal > installs_before AND NOT coalesce(goal_seen, false)
)
SELECT kind, observed_at, previous_at, store, country, NULL AS device, NULL AS collection, NULL AS category, app,
       source, before, now, text_before, text, reading_id
FROM found
"""
_GOAL = """CASE WHEN {0} >= {least} THEN list_max(list_filter(
        [pow(10, floor(log10({0}))) * factor FOR factor IN [1, 2, 5]], lambda goal: goal <= {0})) END"""
_TURNS = """
WITH looks AS NOT MATERIALIZED (
    FROM ({looks}) WHERE NOT imported AND month >= $month AND observed_at >= $earliest::TIMESTAMPTZ
), runs_of AS (
    SELECT source, run_id, min(observed_at) AS observed_at,
           count(*) FILTER (status IN ('complete', 'partial', 'empty', 'not_available')) AS answered
    FROM looks GROUP BY ALL
), ordered AS (
    SELECT *, lag(answered) OVER w AS answered_before, lag(observed_at) OVER w AS previous_at
    FROM runs_of WINDOW w AS (PARTITION BY source ORDER BY observed_at, run_id)
), turns AS MATERIALIZED (
    SELECT * FROM ordered
    WHERE (answered = 0) <> (answered_before = 0)
      AND observed_at >= $since::TIMESTAMPTZ AND observed_at < $until::TIMESTAMPTZ
      AND previous_at >= observed_at - $lookback
), said AS (
    -- only of the few runs that are told: in a year there are millions of looks
    SELECT source, run_id, mode(status) FILTER (status NOT IN ('complete', 'partial')) AS status,
           arg_max(message, observed_at) FILTER (status NOT IN ('complete', 'partial')) AS message,
           arg_max(reading_id, observed_at) AS reading_id
    FROM looks SEMI JOIN turns USING (source, run_id) GROUP BY ALL
)
SELECT CASE WHEN answered = 0 THEN 'source_lost' ELSE 'source_back' END AS kind, observed_at, previous_at,
       NULL AS store, NULL AS country, NULL AS device, NULL AS collection, NULL AS category, NULL AS app, source,
       answered_before AS before, answered AS now, status AS text_before, message AS text, reading_id
FROM turns JOIN said USING (source, run_id)
"""
_LOOKS = " UNION ALL ".join(
    f"SELECT source, run_id, observed_at, status, message, reading_id, imported, month FROM {table}"  # noqa: S608 - our names
    for table in ("chart_readings", "listing_readings", "review_readings", "signal_readings")
)
_ANSWER = pl.Schema({
    "kind": pl.String(), "observed_at": pl.Datetime("us", "UTC"), "previous_at": pl.Datetime("us", "UTC"),
    "store": pl.String(), "country": pl.String(), "device": pl.String(), "collection": pl.String(),
    "category": pl.String(), "app": pl.String(), "source": pl.String(), "before": pl.Float64(), "now": pl.Float64(),
    "text_before": pl.String(), "text": pl.String(), "reading_id": pl.String(),
})  # fmt: skip


def reach(cursor: Cursor, looks: int, until: datetime = EVER, *, country: str | None = None) -> pl.DataFrame:
    """From when on there are about so many usable looks at charts before `until`, of one storefront or of all.

    Columns: since (UTC; null where all together are no more than that). One row.
    """
    return cursor.frame(
        """
        SELECT CASE WHEN count(*) > $looks THEN min(observed_at) END AS since
        FROM (
            SELECT observed_at FROM chart_readings
            WHERE status IN ('complete', 'partial') AND country = coalesce($country, country)
              AND observed_at < $until::TIMESTAMPTZ
            ORDER BY observed_at DESC LIMIT $looks + 1
        )
        """,
        country=country,
        looks=looks,
        until=until.isoformat(),
    )


def news(
    cursor: Cursor,
    since: datetime,
    until: datetime = EVER,
    *,
    country: str | None = None,
    apps: Collection[str] = (),
    kinds: Collection[NewsKind] = (),
    top: int = 10,
    places: int = 10,
) -> pl.DataFrame:
    """What happened to the followed apps and to the sources from `since` to before `until`: once each, newest first.

    Columns: kind (`NewsKind`), observed_at, previous_at (the look it is compared with; of `moved` the one about a day
    before; UTC), store, country, device, collection, category (null where it is not about a chart), app (null: about
    a source), source, before, now (ranks, null outside the chart; counts; stars; prices; of a source its answers in
    the run), text_before, text (versions; currencies; of a lost source the commonest status and its last message),
    reading_id (the look that shows it). `top`: whose first places are told. `places`: a move of so many within a day.
    `country`: of the charts only this storefront's. `apps`: only these and the sources, empty for all. `kinds`: what is
    wanted, empty for all; others may come with it.
    """
    wanted = kinds or NewsKind
    goals = {f"{name}_goal": _GOAL.format(column, least=LEAST) for name, column in _COUNTS.items()}
    others = {**_days(since, until, LOOKBACK), "since": since.isoformat(), "lookback": LOOKBACK}
    ids, found = _ids(cursor, apps), [_ANSWER.to_frame()]
    if any(kind.of_chart for kind in wanted):
        found.append(_moves(cursor, since, until, country, ids, top=top, places=places))
    if not all(kind.of_chart or kind.of_source for kind in wanted):
        found.append(cursor.frame(_STEPS.format(**goals), **others, fall=FALL, ids=ids))
    if any(kind.of_source for kind in wanted):
        found.append(cursor.frame(_TURNS.format(looks=_LOOKS), **others))
    rows = pl.concat(frame.select(pl.col(name).cast(kind) for name, kind in _ANSWER.items()) for frame in found)
    weight = pl.col("kind").replace_strict({kind.value: at for at, kind in enumerate(NewsKind)}, return_dtype=pl.Int8)
    return rows.sort(-pl.col("observed_at").dt.epoch("us"), weight, "app", "store", "country", "reading_id")


def _ids(cursor: Cursor, apps: Collection[str]) -> list[str]:
    """The stores' ids of these apps, of all when none is named."""
    known = cursor.frame("SELECT DISTINCT app, app_id FROM apps ORDER BY app_id")
    return known.filter(pl.col("app").is_in(list(apps)) | (not apps))["app_id"].unique(maintain_order=True).to_list()


def _moves(
    cursor: Cursor, since: datetime, until: datetime, country: str | None, ids: list[str], *, top: int, places: int
) -> pl.DataFrame:
    """The moves in charts from `since` to before `until`: the columns of `_ANSWER`."""
    here, front = (" AND country = $country", {"country": country}) if country else ("", {})
    asked = {**_days(since, until, CHART_LOOKBACK), "near": (since - _TWICE_NEAR).isoformat(), **front}
    names = cursor.frame("SELECT name_id FROM lake.names WHERE list_contains($ids::VARCHAR[], app_id)", ids=ids)
    seen = cursor.frame(_PLACES.format(here=here), **asked, ids=ids, names=names["name_id"].to_list())
    found = _judged(seen, top, places).filter(pl.col("observed_at") >= since, pl.col("kind").is_not_null())
    looks = cursor.frame(_READINGS.format(here=here), **asked, found=found["look"].unique().to_list())
    nothing = {name: pl.lit(None, pl.String()) for name in ("text_before", "text")}
    return found.join(looks, "look").with_columns(**nothing)


def _judged(seen: pl.DataFrame, top: int, places: int) -> pl.DataFrame:
    """What each look says against the one before it and the one about a day before.

    `seen` has chart, app, look (a number that grows with time), observed_at, depth and rank (null: absent). Adds kind
    (null where nothing happened), previous_at, before and now.
    """
    told = seen.sort("chart", "app", "look").with_columns(
        course=pl.struct("chart", "app").rle_id(),
        place=pl.coalesce("rank", pl.col("depth") + 1),
        day_ago=pl.col("observed_at") - _A_DAY,
    )
    steps = told.with_columns(
        pl.col("rank", "place", "depth", "observed_at").shift().over("course").name.prefix("last_")
    )
    days = told.select("course", day_at="observed_at", day_rank="rank")
    beside = steps.join_asof(days, left_on="day_ago", right_on="day_at", by="course", check_sortedness=False)
    rank, last = pl.col("rank"), pl.col("last_rank")
    far = ((rank - pl.col("day_rank")).abs() >= places) & (pl.col("observed_at") - pl.col("day_at") <= _NEAR_A_DAY)
    crossed = (
        pl.when(pl.col("observed_at") - pl.col("last_observed_at") > CHART_LOOKBACK).then(None)
        .when(rank == 1, last.ne_missing(1)).then(pl.lit(NewsKind.FIRST))
        .when(last == 1, rank.ne_missing(1)).then(pl.lit(NewsKind.LOST_FIRST))
        .when(rank <= top, pl.col("last_place") > top).then(pl.lit(NewsKind.INTO_TOP))
        .when(last <= top, pl.col("place") > top).then(pl.lit(NewsKind.OUT_OF_TOP))
        .when(last.is_null(), rank <= pl.col("last_depth")).then(pl.lit(NewsKind.ENTERED))
        .when(rank.is_null(), last <= pl.col("depth")).then(pl.lit(NewsKind.LEFT))
    )  # fmt: skip
    moved = pl.col("far") & ~pl.col("far").shift().over("course").fill_null(value=False)
    judged = beside.with_columns(
        far=far.fill_null(value=False), crossed=pl.when(pl.col("last_observed_at").is_not_null()).then(crossed)
    )
    kind = pl.coalesce("crossed", pl.when(moved).then(pl.lit(NewsKind.MOVED)))
    of_day = pl.col("crossed").is_null()
    return judged.with_columns(
        kind=kind,
        previous_at=pl.when(of_day).then("day_at").otherwise("last_observed_at"),
        before=pl.when(of_day).then("day_rank").otherwise("last_rank"),
        now="rank",
    )


_COUNTS = {"count": "rating_count", "installs": "installs_exact"}


def _days(since: datetime, until: datetime, lookback: timedelta) -> dict[str, object]:
    """From when to when looks are read that are told of from `since` to before `until`."""
    earliest = since - lookback
    return {"earliest": earliest.isoformat(), "month": f"{earliest:%Y-%m}", "until": until.isoformat()}
