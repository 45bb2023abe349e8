"""What there is to choose from on pages that are not about one chart: apps, stores and storefronts with figures."""

from __future__ import annotations

import polars as pl

from warehouse.connection import Cursor


def rated(cursor: Cursor) -> pl.DataFrame:
    """Where the listings of followed apps gave a rating count.

    Columns: app, store, country, looks, first_at, last_at (UTC), source, imported, reading_id (of the last look).
    """
    return cursor.frame("""
        SELECT app, store, country, count(*) AS looks, min(observed_at) AS first_at, max(observed_at) AS last_at,
               arg_max(source, observed_at) AS source, arg_max(imported, observed_at) AS imported,
               arg_max(reading_id, observed_at) AS reading_id
        FROM listing_readings
        WHERE app IS NOT NULL AND rating_count IS NOT NULL AND status IN ('complete', 'partial')
        GROUP BY ALL ORDER BY ALL
    """)


def estimated(cursor: Cursor) -> pl.DataFrame:
    """Where there are downloads, measured or estimated.

    Columns: app, store, country (ww: worldwide), days (with a centre), first_day, last_day (UTC).
    """
    return cursor.frame("""
        SELECT app, store, country, count(DISTINCT day) FILTER (central IS NOT NULL) AS days,
               min(day) AS first_day, max(day) AS last_day
        FROM estimates GROUP BY ALL ORDER BY ALL
    """)


def stands(cursor: Cursor, app: str) -> pl.DataFrame:
    """Where `app` stands in each chart of its stores that was seen, and the best it ever did there.

    Columns: store, country, device, collection, category, observed_at (the last usable look, UTC), state (`State`),
    rank (null unless ranked), depth, reading_id, peak_rank, peak_on (first UTC day of it; both null when never ranked
    on a closed day), days_known (closed days that tell). The charts that it is in come first.
    """
    return cursor.frame(
        """
        WITH latest AS (
            SELECT store, country, device, collection, category, max(observed_at) AS observed_at
            FROM chart_readings
            WHERE status IN ('complete', 'partial') AND store IN (SELECT store FROM apps WHERE app = $app)
            GROUP BY ALL
        ), newest AS MATERIALIZED (
            SELECT store, country, device, collection, category, observed_at, any_value(reading_id) AS reading_id,
                   any_value(status) AS status, any_value(depth) AS depth
            FROM chart_readings JOIN latest USING (store, country, device, collection, category, observed_at)
            WHERE status IN ('complete', 'partial')
            GROUP BY ALL
        ), ranks AS (
            SELECT reading_id, min(rank) AS rank FROM chart_entries
            WHERE app = $app AND reading_id IN (SELECT reading_id FROM newest)
              AND month IN (SELECT strftime(observed_at AT TIME ZONE 'UTC', '%Y-%m') FROM newest)
            GROUP BY ALL
        ), peaks AS (
            SELECT store, country, device, collection, category, min(best_rank) AS peak_rank,
                   arg_min(day, (best_rank, day)) FILTER (best_rank IS NOT NULL) AS peak_on,
                   count(*) FILTER (state IN ('ranked', 'absent')) AS days_known
            FROM app_days WHERE app = $app GROUP BY ALL
        )
        SELECT n.store, n.country, n.device, n.collection, n.category, n.observed_at,
               CASE WHEN r.rank IS NOT NULL THEN 'ranked' WHEN n.status = 'complete' THEN 'absent'
                    ELSE 'not_observed' END AS state,
               r.rank, n.depth, n.reading_id, p.peak_rank, p.peak_on, coalesce(p.days_known, 0) AS days_known
        FROM newest AS n LEFT JOIN ranks AS r USING (reading_id)
        LEFT JOIN peaks AS p USING (store, country, device, collection, category)
        ORDER BY r.rank NULLS LAST, p.peak_rank NULLS LAST, n.observed_at DESC, n.store, n.country, n.collection,
                 n.category
        """,
        app=app,
    )


def last_listings(cursor: Cursor) -> pl.DataFrame:
    """The last look at each followed app's listing in each storefront, beside the look before it.

    Columns: app, store, country, observed_at, previous_at (UTC; null when there is none), version, previous_version,
    rating_count, previous_count, installs, previous_installs (exact ones, worldwide), reading_id. A fact that a look
    did not give is null.
    """
    return cursor.frame("""
        SELECT app, store, country, observed_at, lag(observed_at) OVER w AS previous_at,
               version, lag(version) OVER w AS previous_version,
               rating_count, lag(rating_count) OVER w AS previous_count,
               installs_exact AS installs, lag(installs_exact) OVER w AS previous_installs, reading_id
        FROM listing_readings
        WHERE app IS NOT NULL AND status IN ('complete', 'partial')
        WINDOW w AS (PARTITION BY app, app_id, store, country ORDER BY observed_at, reading_id)
        QUALIFY row_number() OVER (PARTITION BY app, store, country ORDER BY observed_at DESC, reading_id DESC) = 1
        ORDER BY app, store, country
    """)


def days_looked(cursor: Cursor, store: str, device: str, collection: str, category: str) -> pl.DataFrame:
    """The closed UTC days on which charts of this kind were seen in any storefront.

    Columns: day, storefronts (with a usable look).
    """
    return cursor.frame(
        """
        SELECT day, count(DISTINCT country) AS storefronts FROM look_days
        WHERE store = $store AND device = $device AND collection = $collection AND category = $category
          AND complete + partial > 0
        GROUP BY day ORDER BY day
        """,
        store=store,
        device=device,
        collection=collection,
        category=category,
    )


def looked(cursor: Cursor) -> pl.DataFrame:
    """When charts and listings were first and last looked at with success.

    Columns: first_at, last_at (UTC; null when never). One row.
    """
    return cursor.frame("""
        SELECT min(first_at) AS first_at, max(last_at) AS last_at
        FROM (
            SELECT min(observed_at) AS first_at, max(observed_at) AS last_at
            FROM chart_readings WHERE status IN ('complete', 'partial')
            UNION ALL
            SELECT min(observed_at), max(observed_at) FROM listing_readings WHERE status IN ('complete', 'partial')
        )
    """)
