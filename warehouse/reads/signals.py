"""Questions about signals: what the developer world and the open web say of an assistant or its maker."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from warehouse.connection import Cursor


def known(cursor: Cursor) -> pl.DataFrame:
    """What there is a figure of.

    Columns: source, subject, vendor, app (both null when not followed), thing (what is meant behind several keys),
    metric, unit, kind (`SignalKind`: never two on one axis), points, first_end, last_end (of their periods, UTC),
    last_value, last_observed_at, imported (all of it).
    """
    return cursor.frame("""
        SELECT source, subject, vendor, app, thing, metric, unit, kind, count(*) AS points,
               min(period_end) AS first_end, max(period_end) AS last_end, arg_max(value, period_end) AS last_value,
               max(observed_at) AS last_observed_at, bool_and(imported) AS imported
        FROM signals GROUP BY ALL ORDER BY source, subject, metric
    """)


def series(
    cursor: Cursor,
    source: str,
    subject: str,
    metric: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pl.DataFrame:
    """The figures of a subject by period, each as the latest look that gave it, with how it changed.

    Columns: period_start (null: as of period_end), period_end (UTC), value, unit, kind, said (the source's own words
    when not exact), change (`first, rose, same, fell`; `reset` when a cumulative count more than halves), step (value
    less the one before; a fall and a reset are below 0 and are shown), answers, lowest, highest (of all looks at this
    period: a source revises), observed_at, imported, reading_id. A period without a figure has no row: it is missing,
    not 0.
    """
    return cursor.frame(
        """
        WITH told AS (
            SELECT *, lag(value) OVER (ORDER BY period_end, period_start) AS before
            FROM signals WHERE source = $source AND subject = $subject AND metric = $metric
        )
        SELECT period_start, period_end, value, unit, kind, said,
               CASE
                   WHEN before IS NULL THEN 'first'
                   WHEN kind = 'cumulative' AND value < before / 2 THEN 'reset'
                   WHEN value < before THEN 'fell'
                   WHEN value = before THEN 'same'
                   ELSE 'rose'
               END AS change,
               value - before AS step, answers, lowest, highest, observed_at, imported, reading_id
        FROM told
        WHERE ($since IS NULL OR period_end > $since::TIMESTAMPTZ)
          AND ($until IS NULL OR period_end <= $until::TIMESTAMPTZ)
        ORDER BY period_end, period_start
        """,
        source=source,
        subject=subject,
        metric=metric,
        since=since.isoformat() if since else None,
        until=until.isoformat() if until else None,
    )


def answers(cursor: Cursor, source: str, subject: str, metric: str, period_end: datetime) -> pl.DataFrame:
    """Every figure that looks gave for the periods that end at `period_end`, the newest look first.

    Columns: observed_at (UTC), value, period_start, reading_id, recorded_at, imported.
    """
    return cursor.frame(
        """
        SELECT p.observed_at, p.value, p.period_start, p.reading_id, p.recorded_at, r.imported
        FROM lake.signal_points AS p
        JOIN signal_readings AS r USING (reading_id, recorded_at)
        WHERE p.source = $source AND p.subject = $subject AND p.metric = $metric
          AND p.period_end = $period_end::TIMESTAMPTZ
        ORDER BY p.observed_at DESC
        """,
        source=source,
        subject=subject,
        metric=metric,
        period_end=period_end.isoformat(),
    )


def last_looks(cursor: Cursor) -> pl.DataFrame:
    """How the last look at each figure of each subject ended; imports are no looks.

    Columns: source, subject, vendor, app, metric, looks, last_look_at (UTC), last_status, last_message,
    last_usable_at (null when none was), the stalest first.
    """
    return cursor.frame("""
        SELECT source, subject, vendor, app, metric, count(*) AS looks, max(observed_at) AS last_look_at,
               arg_max(status, observed_at) AS last_status, arg_max(message, observed_at) AS last_message,
               max(observed_at) FILTER (status IN ('complete', 'partial')) AS last_usable_at
        FROM signal_readings WHERE NOT imported
        GROUP BY ALL ORDER BY last_usable_at NULLS FIRST, source, subject, metric
    """)
