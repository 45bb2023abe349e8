"""Questions about how high an app stood, and for how long, with what the gaps leave open.

A day is *inside* the first N when any look saw the app there, *outside* when the day was observed and no look did, and
*unknown* when nobody looked or no look could tell. Unknown days are never counted as outside; what they could add is
given beside what is known (docs/methods/ranks.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import polars as pl

from essor.model.charts import Chart
from warehouse.connection import Cursor

TOPS = (1, 3, 10, 50)
"""The first so many places that are counted."""
STALE = timedelta(days=3)
"""An older look at a storefront does not tell where an app stands."""
CHART = (
    "store = $store AND country = $country AND device = $device AND collection = $collection AND category = $category"
)
"""The predicate that picks one chart; its parameters come from `of_chart`."""
_PERIOD = "day >= coalesce($since::DATE, DATE '0001-01-01') AND day < coalesce($until::DATE, DATE '9999-01-01')"
_DAYS = f"""
    WITH looks AS (
        SELECT day FROM look_days WHERE {CHART} AND {_PERIOD}
    ), calendar AS (
        SELECT unnest(generate_series(min(day), max(day), INTERVAL 1 DAY))::DATE AS day FROM looks
    ), seen AS (
        SELECT day, app, app_id, state, best_rank, last_rank, mean_rank, depth, looks
        FROM app_days WHERE {CHART} AND {_PERIOD} AND app IS NOT NULL
    ), keys AS (
        SELECT DISTINCT a.app, a.app_id, a.since, a.until
        FROM apps AS a SEMI JOIN (SELECT app_id FROM seen WHERE state = 'ranked') AS r ON r.app_id = a.app_id
        WHERE a.store = $store
    ), days AS (
        SELECT k.app, k.app_id, c.day, coalesce(s.state, 'not_observed') AS state,
               s.best_rank, s.last_rank, s.mean_rank, s.depth, coalesce(s.looks, 0) AS looks
        FROM keys AS k
        JOIN calendar AS c ON c.day >= coalesce(k.since, DATE '0001-01-01') AND c.day < coalesce(k.until, '9999-01-01')
        LEFT JOIN seen AS s ON s.app_id = k.app_id AND s.day = c.day
    )
"""  # noqa: S608 - the text is ours
"""`days`: one row a followed app that was ever ranked in the chart and UTC day from its first to its last look."""


def daily(cursor: Cursor, chart: Chart, since: date | None = None, until: date | None = None) -> pl.DataFrame:
    """What each day says of each followed app that was ranked in `chart` between `since` and before `until`.

    Columns: app, app_id, day (UTC), state (`State`), best_rank, last_rank, mean_rank (null unless ranked), depth (rows
    of the deepest complete look; null without one), looks. Every day from the first look to the last has its row.
    """
    return _asked(cursor, "SELECT * FROM days ORDER BY app, app_id, day", chart, since, until)


def peaks(cursor: Cursor, chart: Chart, since: date | None = None, until: date | None = None) -> pl.DataFrame:
    """The best rank of each followed app in `chart`, and how much of the period it rests on.

    Columns: app, app_id, peak_rank, peak_on (the first UTC day on which that was seen), first_day, last_day (of the
    period that looks cover), days, ranked, absent, unknown (days by what they say; an unknown day may hide a better
    rank unless the peak is 1).
    """
    query = """
        SELECT app, app_id, min(best_rank) AS peak_rank, arg_min(day, (best_rank, day)) AS peak_on,
               min(day) AS first_day, max(day) AS last_day, count(*) AS days,
               count(*) FILTER (state = 'ranked') AS ranked, count(*) FILTER (state = 'absent') AS absent,
               count(*) FILTER (state NOT IN ('ranked', 'absent')) AS unknown
        FROM days GROUP BY app, app_id ORDER BY peak_rank, app
    """
    return _asked(cursor, query, chart, since, until)


def days_in_top(
    cursor: Cursor, chart: Chart, tops: Sequence[int] = TOPS, since: date | None = None, until: date | None = None
) -> pl.DataFrame:
    """How many days, and how many in a row, each followed app was among the first N of `chart`.

    Columns: app, app_id, top (N), days_known (days on which a look saw it there), days_possible (those and the unknown
    days), streak_known (longest run of known days), streak_known_from (its first day; null for no such day),
    streak_possible (longest run of days none of which is known to be outside), streak_possible_from. UTC days.
    """
    query = """
        , judged AS (
            SELECT app, app_id, day, top,
                   CASE WHEN best_rank <= top THEN true
                        WHEN state = 'ranked' OR (state = 'absent' AND depth >= top) THEN false END AS inside
            FROM days CROSS JOIN (SELECT unnest($tops::INTEGER[]) AS top)
        ), flagged AS (
            SELECT *, inside IS NOT DISTINCT FROM true AS known, inside IS DISTINCT FROM false AS possible FROM judged
        ), runs AS (
            SELECT *,
                   day - (row_number() OVER (PARTITION BY app, app_id, top, known ORDER BY day))::INTEGER AS known_run,
                   day - (row_number() OVER (PARTITION BY app, app_id, top, possible ORDER BY day))::INTEGER AS open_run
            FROM flagged
        ), lengths AS (
            SELECT *, count(*) OVER (PARTITION BY app, app_id, top, known, known_run) AS known_length,
                      min(day) OVER (PARTITION BY app, app_id, top, known, known_run) AS known_from,
                      count(*) OVER (PARTITION BY app, app_id, top, possible, open_run) AS open_length,
                      min(day) OVER (PARTITION BY app, app_id, top, possible, open_run) AS open_from
            FROM runs
        )
        SELECT app, app_id, top,
               count(*) FILTER (known) AS days_known, count(*) FILTER (possible) AS days_possible,
               coalesce(max(known_length) FILTER (known), 0) AS streak_known,
               arg_min(known_from, (-known_length, known_from)) FILTER (known) AS streak_known_from,
               coalesce(max(open_length) FILTER (possible), 0) AS streak_possible,
               arg_min(open_from, (-open_length, open_from)) FILTER (possible) AS streak_possible_from
        FROM lengths GROUP BY app, app_id, top ORDER BY app, app_id, top
    """
    return _asked(cursor, query, chart, since, until, tops=list(tops))


def by_storefront(cursor: Cursor, chart: Chart, app: str, on: date) -> pl.DataFrame:
    """Where `app` stood on the UTC day `on` in the charts like `chart`, one row a storefront that was ever looked at.

    Columns: country, day (the last observed day, at most `STALE` before `on`; null when there is none), state (`State`;
    not_observed when there is none), rank (the last seen that day), best_rank (that day), depth.
    """
    return cursor.frame(
        f"""
        WITH fronts AS (
            SELECT DISTINCT country FROM look_days WHERE {_ALIKE} AND day <= $on::DATE
        ), lately AS (
            SELECT * FROM app_days
            WHERE {_ALIKE} AND app = $app AND day <= $on::DATE AND day > $on::DATE - $stale::INTEGER
              AND month BETWEEN strftime($on::DATE - $stale::INTEGER, '%Y-%m') AND strftime($on::DATE, '%Y-%m')
              AND state IN ('ranked', 'absent')
            QUALIFY row_number() OVER (PARTITION BY country ORDER BY day DESC, best_rank) = 1
        )
        SELECT f.country, l.day, coalesce(l.state, 'not_observed') AS state, l.last_rank AS rank, l.best_rank, l.depth
        FROM fronts AS f LEFT JOIN lately AS l USING (country)
        ORDER BY rank NULLS LAST, f.country
        """,  # noqa: S608 - the text is ours
        app=app,
        on=on.isoformat(),
        stale=STALE.days,
        **{name: value for name, value in of_chart(chart).items() if name != "country"},
    )


def storefronts_in_top(cursor: Cursor, chart: Chart, app: str, on: date, tops: Sequence[int] = (1, 10)) -> pl.DataFrame:
    """In how many storefronts `app` was among the first N on the UTC day `on`, in the charts like `chart`.

    Columns: top (N), known (storefronts where it was seen there), possible (those and the ones not observed lately),
    countries (the known ones, a list).
    """
    fronts = by_storefront(cursor, chart, app, on)
    unknown = (pl.col("state") == "not_observed") | ((pl.col("state") == "absent") & (pl.col("depth") < pl.col("top")))
    return (
        pl.DataFrame({"top": list(tops)}, schema={"top": pl.Int32})
        .join(fronts, how="cross")
        .group_by("top", maintain_order=True)
        .agg(
            known=(pl.col("rank") <= pl.col("top")).sum(),
            possible=((pl.col("rank") <= pl.col("top")).fill_null(value=False) | unknown).sum(),
            countries=pl.col("country").filter(pl.col("rank") <= pl.col("top")),
        )
    )


def since_launch(cursor: Cursor, chart: Chart, launches: Mapping[str, date]) -> pl.DataFrame:
    """The ranks of apps in `chart` by days since launch; `launches` gives each app's day of launch.

    Columns: app, app_id, days_since_launch (0 on the day of launch), day (UTC), state (`State`), best_rank, last_rank
    (null unless ranked), depth. Days before the launch are left out; a day without a look is not_observed.
    """
    starts = pl.DataFrame(
        {"app": list(launches), "launch": list(launches.values())}, {"app": pl.String, "launch": pl.Date}
    )
    aligned = daily(cursor, chart).join(starts, "app").filter(pl.col("day") >= pl.col("launch"))
    return aligned.with_columns(
        days_since_launch=(pl.col("day") - pl.col("launch")).dt.total_days().cast(pl.Int32)
    ).select("app", "app_id", "days_since_launch", "day", "state", "best_rank", "last_rank", "depth")


_ALIKE = "store = $store AND device = $device AND collection = $collection AND category = $category"


def of_chart(chart: Chart) -> dict[str, str]:
    """The parameters of `CHART`."""
    return {
        "store": chart.store.value,
        "country": chart.country,
        "device": chart.device.value,
        "collection": chart.collection.value,
        "category": chart.category,
    }


def _asked(
    cursor: Cursor, query: str, chart: Chart, since: date | None, until: date | None, **more: object
) -> pl.DataFrame:
    bounds = {"since": since.isoformat() if since else None, "until": until.isoformat() if until else None}
    return cursor.frame(_DAYS + query, **of_chart(chart), **bounds, **more)
