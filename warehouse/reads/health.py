"""Questions about the collecting itself: runs, statuses, freshness, gaps, loads."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from warehouse.connection import Cursor

_LOOKS = """
    SELECT observed_at, month, source, store, country, collection, category, status, message, 'charts' AS kind
    FROM chart_readings
    UNION ALL
    SELECT observed_at, month, source, store, country, NULL, NULL, status, message, 'listings' AS kind
    FROM listing_readings
    UNION ALL
    SELECT observed_at, month, source, store, country, NULL, NULL, status, message, 'reviews' AS kind
    FROM review_readings
    UNION ALL
    SELECT observed_at, month, source, NULL, NULL, NULL, NULL, status, message, 'signals' AS kind
    FROM signal_readings
"""


def runs(cursor: Cursor, limit: int = 50) -> pl.DataFrame:
    """The latest runs, newest first.

    Columns: run_id, kind, started_at, finished_at (null when killed), result, asked, readings, usable, note.
    """
    return cursor.frame(
        """
        SELECT run_id, kind, started_at, finished_at, result, asked, readings, usable, note
        FROM runs ORDER BY started_at DESC LIMIT $limit
        """,
        limit=limit,
    )


def statuses(cursor: Cursor, since: datetime | None = None) -> pl.DataFrame:
    """How many looks ended how, a UTC day and source.

    Columns: day, kind (charts, listings, reviews …), source, status, readings, message (of the last such look).
    """
    return cursor.frame(
        f"""
        SELECT lake.utc_day(observed_at) AS day, kind, source, status, count(*) AS readings,
               arg_max(message, observed_at) AS message
        FROM ({_LOOKS})
        WHERE $since IS NULL OR observed_at >= $since::TIMESTAMPTZ
        GROUP BY ALL
        ORDER BY day DESC, kind, source, status
        """,  # noqa: S608 - the text is ours
        since=since.isoformat() if since else None,
    )


def freshness(cursor: Cursor) -> pl.DataFrame:
    """How old the newest figures are, a source and storefront.

    Columns: kind, source, country (null for signals), looks, last_look_at, last_status, last_message, last_usable_at
    (UTC; null when no look was usable), the stalest first.
    """
    return cursor.frame(f"""
        SELECT kind, source, country, count(*) AS looks,
               max(observed_at) AS last_look_at,
               arg_max(status, observed_at) AS last_status,
               arg_max(message, observed_at) AS last_message,
               max(observed_at) FILTER (status IN ('complete', 'partial')) AS last_usable_at
        FROM ({_LOOKS})
        GROUP BY ALL
        ORDER BY last_usable_at NULLS FIRST, kind, source, country
    """)  # noqa: S608 - the text is ours


def gaps(cursor: Cursor, since: datetime | None = None) -> pl.DataFrame:
    """The UTC days without a usable look, between the first and the last usable look at each chart.

    Columns: day, source, store, country, collection, category, looks (0: nobody looked), status (of the last look that
    day; null when nobody looked), message. Newest first.
    """
    return cursor.frame(
        """
        WITH daily AS (
            SELECT lake.utc_day(observed_at) AS day, source, store, country, collection, category,
                   count(*) AS looks, bool_or(usable) AS usable,
                   arg_max(status, observed_at) FILTER (NOT usable) AS status,
                   arg_max(message, observed_at) FILTER (NOT usable) AS message
            FROM (SELECT *, status IN ('complete', 'partial') AS usable FROM chart_readings)
            WHERE $since IS NULL OR (month >= $since[:7] AND observed_at >= $since::TIMESTAMPTZ)
            GROUP BY ALL
        ), seen AS (
            SELECT source, store, country, collection, category, min(day) AS first_day, max(day) AS last_day
            FROM daily WHERE usable GROUP BY ALL
        ), begun AS (
            -- of what was first seen within the period: what had been seen before it
            SELECT DISTINCT source, store, country, collection, category
            FROM chart_readings
            SEMI JOIN (FROM seen WHERE first_day > $since::DATE)
                USING (source, store, country, collection, category)
            WHERE observed_at < $since::TIMESTAMPTZ AND status IN ('complete', 'partial')
        ), spans AS (
            SELECT source, store, country, collection, category,
                   unnest(generate_series(coalesce(b.since, first_day), last_day, INTERVAL 1 DAY))::DATE AS day
            FROM seen LEFT JOIN (SELECT *, $since::DATE AS since FROM begun) AS b
                USING (source, store, country, collection, category)
        )
        SELECT s.day, s.source, s.store, s.country, s.collection, s.category,
               coalesce(d.looks, 0) AS looks, d.status, d.message
        FROM spans AS s
        LEFT JOIN daily AS d USING (day, source, store, country, collection, category)
        WHERE d.usable IS NOT TRUE
        ORDER BY s.day DESC, s.source, s.store, s.country, s.collection, s.category
        """,
        since=f"{since:%Y-%m-%d}T00:00:00+00:00" if since else None,
    )


def loads(cursor: Cursor, limit: int = 50) -> pl.DataFrame:
    """The latest complete loads, newest first.

    Columns: load, recorded_at (the snapshot it made), finished_at, runs, readings, entries, rejects, known.
    """
    return cursor.frame("SELECT * FROM loads ORDER BY load DESC LIMIT $limit", limit=limit)


def captures(cursor: Cursor) -> pl.DataFrame:
    """Every file of the archive that a reading leads back to.

    Columns: capture_file (below the data folder).
    """
    return cursor.frame("""
        SELECT capture_file FROM chart_readings UNION SELECT capture_file FROM listing_readings
        UNION SELECT capture_file FROM review_readings UNION SELECT capture_file FROM signal_readings
        ORDER BY capture_file
    """).drop_nulls()


def rejects(cursor: Cursor) -> pl.DataFrame:
    """How many facts were set aside, and why.

    Columns: kind, reason, rejects, last_recorded_at, example.
    """
    return cursor.frame("""
        SELECT kind, reason, count(*) AS rejects, max(recorded_at) AS last_recorded_at,
               arg_max(text, recorded_at) AS example
        FROM rejects GROUP BY ALL ORDER BY rejects DESC, kind, reason
    """)


def parser_versions(cursor: Cursor) -> pl.DataFrame:
    """Which parsers read what is shown.

    Columns: source, parser_version, readings, last_observed_at.
    """
    return cursor.frame("""
        SELECT source, parser_version, count(*) AS readings, max(observed_at) AS last_observed_at
        FROM (SELECT source, parser_version, observed_at FROM chart_readings
              UNION ALL SELECT source, parser_version, observed_at FROM listing_readings
              UNION ALL SELECT source, parser_version, observed_at FROM review_readings)
        GROUP BY ALL ORDER BY source, parser_version
    """)


def pauses(cursor: Cursor, now: datetime, limit: int = 50) -> pl.DataFrame:
    """The latest times that a host was left alone, newest first; those that last at `now` are first of all.

    Columns: host, reason (blocked, asked or budget), message, began_at, until, lasts (true while `until` lies ahead),
    run_id.
    """
    return cursor.frame(
        """
        SELECT host, reason, message, began_at, until, until > $now::TIMESTAMPTZ AS lasts, run_id
        FROM pauses ORDER BY lasts DESC, began_at DESC, host LIMIT $limit
        """,
        now=now.isoformat(),
        limit=limit,
    )
