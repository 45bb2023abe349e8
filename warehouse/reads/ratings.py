"""Questions about ratings, versions, names and prices, as the listings gave them."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from warehouse.connection import Cursor

_WHICH = "app = $app AND ($country IS NULL OR country = $country) AND ($store IS NULL OR store = $store)"
_PERIOD = """
    ($since IS NULL OR observed_at >= $since::TIMESTAMPTZ) AND ($until IS NULL OR observed_at < $until::TIMESTAMPTZ)
"""


def steps(
    cursor: Cursor,
    app: str,
    *,
    country: str | None = None,
    store: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pl.DataFrame:
    """The rating counts of `app`, each with its growth since the look before.

    Columns: app, app_id, store, country, previous_at, observed_at (UTC), previous_count, rating_count, rating_average
    (1 to 5; null without ratings), version, change (`first, grew, same, fell, reset, spike`), new_ratings (above the
    highest sound count since the last reset; null on a first look, a reset and a look that is set aside), fell_by (how
    far it fell, or came back from a spike; else 0), days (between the two looks), per_day (new ratings a day over them;
    null where new_ratings is), reading_id. A spike, and a fall that was made up for soon, are set aside: previous_at
    and days are null, and the next step begins before them. By store, storefront and time.
    """
    return cursor.frame(
        f"""
        SELECT app, app_id, store, country, previous_at, observed_at, previous_count, rating_count, rating_average,
               version, change, new_ratings, fell_by, days,
               CASE WHEN days > 0 THEN new_ratings / days END AS per_day, reading_id
        FROM rating_steps WHERE {_WHICH} AND {_PERIOD}
        ORDER BY store, country, app_id, observed_at
        """,  # noqa: S608 - the text is ours
        **_asked(app, country, store, since, until),
    )


def scores(
    cursor: Cursor,
    app: str,
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    country: str | None = None,
    store: str | None = None,
) -> pl.DataFrame:
    """The score of `app` now and in the period, a storefront.

    Columns: app, app_id, store, country, score (mean of all ratings at the last look, 1 to 5; null while there are
    none), rating_count, last_at
    (that look, UTC), new_ratings (counted in the period), score_in_period (mean of the ratings that came in between the
    first and the last look; null when the count fell, reset or did not grow in between, or the means are too rounded to
    tell), first_at, looks, falls, resets, spikes (looks with one, set aside).
    """
    return cursor.frame(
        f"""
        WITH period AS (
            SELECT *, change = 'spike' OR change = 'fell' AND previous_at IS NULL AS aside,
                   row_number() OVER (
                       PARTITION BY store, country, app_id, aside ORDER BY observed_at, reading_id
                   ) AS number,
                   count(*) OVER (PARTITION BY store, country, app_id, aside) AS sound
            FROM rating_steps WHERE {_WHICH} AND {_PERIOD}
        ), ends AS (
            SELECT app, app_id, store, country, count(*) AS looks,
                   any_value(rating_average) FILTER (NOT aside AND number = sound) AS score,
                   coalesce(any_value(rating_count) FILTER (NOT aside AND number = sound), max(rating_count))
                       AS rating_count,
                   max(observed_at) AS last_at, min(observed_at) AS first_at,
                   any_value(rating_count) FILTER (NOT aside AND number = 1) AS first_count,
                   CASE WHEN first_count = 0 THEN 0
                        ELSE any_value(rating_average) FILTER (NOT aside AND number = 1) END AS first_score,
                   coalesce(sum(new_ratings) FILTER (number > 1), 0)::BIGINT AS new_ratings,
                   count(*) FILTER (change = 'fell' AND (aside OR number > 1)) AS falls,
                   count(*) FILTER (change = 'reset' AND number > 1) AS resets,
                   count(*) FILTER (change = 'spike') AS spikes
            FROM period GROUP BY ALL
        ), means AS (
            SELECT *, CASE WHEN falls + resets = 0 AND rating_count > first_count
                           THEN (score * rating_count - first_score * first_count) / (rating_count - first_count) END
                      AS mean
            FROM ends
        )
        SELECT app, app_id, store, country, score, rating_count, last_at, new_ratings,
               CASE WHEN mean BETWEEN 1 AND 5 THEN mean END AS score_in_period, first_at, looks, falls, resets,
               spikes
        FROM means ORDER BY store, country, app_id
        """,  # noqa: S608 - the text is ours
        **_asked(app, country, store, since, until),
    )


def timeline(cursor: Cursor, app: str, country: str | None = None, store: str | None = None) -> pl.DataFrame:
    """When the version, the name or the price of `app` changed in a storefront.

    Columns: app, app_id, store, country, what (`version, name, price`), before (null on the first look), value (as
    text), after (the last look that still gave `before`, UTC; null on the first look), observed_at (the first look that
    gave `value`), said_on (versions: when the store says it came out; null when it does not), release_notes (versions;
    null when not given). The change came between `after` and `observed_at`.
    """
    return cursor.frame(
        f"""
        WITH told AS (
            SELECT app, app_id, store, country, observed_at, reading_id, 'version' AS what, version AS value,
                   version_released_at AS said_on, release_notes
            FROM listing_readings WHERE {_WHICH} AND {_PERIOD}
            UNION ALL
            SELECT app, app_id, store, country, observed_at, reading_id, 'name', name, NULL, NULL
            FROM listing_readings WHERE {_WHICH} AND {_PERIOD}
            UNION ALL
            SELECT app, app_id, store, country, observed_at, reading_id, 'price',
                   price || ' ' || coalesce(currency, ''), NULL, NULL
            FROM listing_readings WHERE {_WHICH} AND {_PERIOD}
        ), steps AS (
            SELECT *, lag(value) OVER w AS before, lag(observed_at) OVER w AS after
            FROM told WHERE value IS NOT NULL
            WINDOW w AS (PARTITION BY app_id, store, country, what ORDER BY observed_at, reading_id)
        )
        SELECT app, app_id, store, country, what, before, value, after, observed_at, said_on, release_notes
        FROM steps WHERE before IS DISTINCT FROM value
        ORDER BY store, country, what, observed_at
        """,  # noqa: S608 - the text is ours
        **_asked(app, country, store, None, None),
    )


def install_steps(cursor: Cursor, app: str) -> pl.DataFrame:
    """The exact installs of `app` at Google Play, worldwide, each with its growth since the look before: measured.

    Columns: app, app_id, previous_at, observed_at (UTC), previous_count, installs_exact, change (`first, grew, same,
    fell, spike`), new_installs (null on a first look and one that is set aside), fell_by (how far a fall is below the
    highest sound count before, or a spike above the count it came back to; both are set aside; null for the others).
    """
    return cursor.frame(
        """
        SELECT app, app_id, previous_at, observed_at, previous_count, installs_exact, change, new_installs, fell_by
        FROM install_steps WHERE app = $app ORDER BY app_id, observed_at
        """,
        app=app,
    )


def _asked(
    app: str, country: str | None, store: str | None, since: datetime | None, until: datetime | None
) -> dict[str, str | None]:
    return {
        "app": app,
        "country": country,
        "store": store,
        "since": since.isoformat() if since else None,
        "until": until.isoformat() if until else None,
    }
