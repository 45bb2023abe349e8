"""Questions about reviews: what people wrote of an app, and how their stars spread."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from warehouse.connection import Cursor

_WHICH = """
    app = $app AND ($store IS NULL OR store = $store) AND ($country IS NULL OR country = $country)
    AND ($language IS NULL OR language = $language)
    AND ($since IS NULL OR written_at >= $since::TIMESTAMPTZ) AND ($until IS NULL OR written_at < $until::TIMESTAMPTZ)
"""


def reviews(
    cursor: Cursor,
    app: str,
    *,
    store: str | None = None,
    country: str | None = None,
    language: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 500,
) -> pl.DataFrame:
    """The newest reviews of `app`, as far as they were seen: a store shows the newest few hundred alone.

    Columns: store, country (ww where the store keeps them by language), language, app_id, rating (1 to 5), title, text,
    version, written_at (UTC), first_seen_at, last_seen_at, review (its key). Nothing on who wrote them is held.
    """
    return cursor.frame(
        f"""
        SELECT store, country, language, app_id, rating, title, text, version, written_at, first_seen_at, last_seen_at,
               review
        FROM reviews WHERE {_WHICH} ORDER BY written_at DESC NULLS LAST, review LIMIT $limit
        """,  # noqa: S608 - the text is ours
        **_asked(app=app, store=store, country=country, language=language, since=since, until=until),
        limit=limit,
    )


def review_stars(
    cursor: Cursor,
    app: str,
    *,
    store: str | None = None,
    country: str | None = None,
    language: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pl.DataFrame:
    """How many of the reviews that were seen gave how many stars, a month in which they were written.

    Columns: month (first day, UTC), rating, reviews. Those who write are few among those who rate.
    """
    return cursor.frame(
        f"""
        SELECT date_trunc('month', written_at AT TIME ZONE 'UTC')::DATE AS month, rating, count(*) AS reviews
        FROM reviews WHERE {_WHICH} AND written_at IS NOT NULL GROUP BY ALL ORDER BY month, rating
        """,  # noqa: S608 - the text is ours
        **_asked(app=app, store=store, country=country, language=language, since=since, until=until),
    )


def rating_stars(cursor: Cursor, app: str, store: str | None = None, country: str | None = None) -> pl.DataFrame:
    """How many ratings of `app` have how many stars, at the last look that said so, a storefront.

    Columns: store, country, app_id, observed_at (UTC), stars_1, stars_2, stars_3, stars_4, stars_5, source, message (to
    know of the look, as that its source is unconfirmed), reading_id.
    """
    return cursor.frame(
        """
        SELECT store, country, app_id, observed_at, stars_1, stars_2, stars_3, stars_4, stars_5, source, message,
               reading_id
        FROM listing_readings
        WHERE app = $app AND ($store IS NULL OR store = $store) AND ($country IS NULL OR country = $country)
          AND status IN ('complete', 'partial') AND stars_1 IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY store, country, app_id ORDER BY observed_at DESC) = 1
        ORDER BY store, country, app_id
        """,
        app=app,
        store=store,
        country=country,
    )


def _asked(**given: str | datetime | None) -> dict[str, str | None]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in given.items()}
