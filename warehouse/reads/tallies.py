"""Counts that only ever rise, for those who watch the service from outside."""

from __future__ import annotations

import polars as pl

from warehouse.connection import Cursor

_LOOKS = " UNION ALL ".join(
    f"SELECT '{kind}' AS kind, source, status FROM lake.{table} WHERE recorded_at <= lake.snapshot() AND NOT imported"  # noqa: S608 - our own names
    for kind, table in (
        ("charts", "chart_readings"),
        ("listings", "listing_readings"),
        ("reviews", "review_readings"),
        ("signals", "signal_readings"),
    )
)


def readings(cursor: Cursor) -> pl.DataFrame:
    """How many looks were ever recorded, every attempt and every replay counted; imports are no looks.

    Columns: kind (charts, listings, reviews, signals), source, status, readings.
    """
    return cursor.frame(f"SELECT kind, source, status, count(*) AS readings FROM ({_LOOKS}) GROUP BY ALL ORDER BY ALL")  # noqa: S608


def jobs(cursor: Cursor) -> pl.DataFrame:
    """How the crawls ended, the missed ones included.

    Columns: job (as in the schedule), result, runs, last_started_at (UTC).
    """
    return cursor.frame("""
        SELECT kind[7:] AS job, result, count(*) AS runs, max(started_at) AS last_started_at
        FROM runs WHERE kind LIKE 'crawl %' GROUP BY ALL ORDER BY ALL
    """)


def loads(cursor: Cursor) -> pl.DataFrame:
    """One row: loads (how many), readings (that they brought), last_recorded_at (UTC; null when there was none)."""
    return cursor.frame("""
        SELECT count(*) AS loads, coalesce(sum(readings), 0)::BIGINT AS readings, max(recorded_at) AS last_recorded_at
        FROM loads
    """)
