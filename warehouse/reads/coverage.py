"""Expected against had: for every reading that a job should have brought, what became of it."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from warehouse.connection import Cursor

OUTCOMES = ("had", "nothing", "refused", "blocked", "failed", "wrong", "set_aside", "missed", "not_asked")
"""What becomes of an expected reading; their sum is what was expected."""

_LOOKS = """
    SELECT reading_id, run_id, recorded_at, source, country, NULL AS subject, status, observed_at, month,
           concat_ws('|', device, collection, category) AS target
    FROM lake.chart_readings
    UNION ALL
    SELECT reading_id, run_id, recorded_at, source, country, NULL, status, observed_at, month, app_id
    FROM lake.listing_readings
    UNION ALL
    SELECT reading_id, run_id, recorded_at, source, country, NULL, status, observed_at, month,
           concat_ws('|', coalesce(language, ''), app_id, page)
    FROM lake.review_readings
    UNION ALL
    SELECT reading_id, run_id, recorded_at, source, NULL, subject, status, observed_at, month, metric
    FROM lake.signal_readings
    UNION ALL
    SELECT reading_id, run_id, recorded_at, source, country, subject, 'set_aside', recorded_at, month, target
    FROM lake.set_aside
"""
_COVERAGE = f"""
    WITH due AS MATERIALIZED (
        SELECT e.*, row_number() OVER () AS line, coalesce(r.result = 'missed', false) AS never_begun
        FROM expected AS e LEFT JOIN runs AS r USING (run_id)
        WHERE ($since IS NULL OR e.due_at >= $since::TIMESTAMPTZ)
          AND ($until IS NULL OR e.due_at < $until::TIMESTAMPTZ)
    ), readings AS (
        SELECT * FROM ({_LOOKS})
        WHERE recorded_at <= lake.snapshot()
          AND ($since IS NULL OR month >= strftime($since::TIMESTAMPTZ AT TIME ZONE 'UTC', '%Y-%m'))
    ), again AS (
        -- the looks that may have more than one reading: no other need be brought together
        SELECT reading_id FROM lake.superseded UNION SELECT reading_id FROM lake.set_aside
    ), looks AS (
        SELECT run_id, source, country, subject, target, status, observed_at
        FROM readings ANTI JOIN again USING (reading_id)
        UNION ALL
        -- a look belongs to the run that took it, and ended as its best reading says
        SELECT arg_min(run_id, recorded_at), any_value(source), any_value(country), any_value(subject),
               any_value(target), arg_max(status, recorded_at), any_value(observed_at)
        FROM readings SEMI JOIN again USING (reading_id)
        GROUP BY reading_id
    ), targets AS (
        -- of several attempts at one thing the good one counts, else the last
        SELECT d.line, l.target,
               CASE WHEN bool_or(l.status IN ('complete', 'partial')) THEN 'complete'
                    ELSE arg_max(l.status, l.observed_at) FILTER (l.status NOT IN ('complete', 'partial')) END AS status
        FROM due AS d
        JOIN looks AS l
            ON l.run_id = d.run_id AND l.source = d.source AND l.country IS NOT DISTINCT FROM d.country
            AND (d.subject IS NULL OR l.subject = d.subject OR split_part(l.subject, '/', 1) = d.subject)
        GROUP BY ALL
    ), ends AS (
        SELECT line,
               count(*) FILTER (status = 'complete') AS had,
               count(*) FILTER (status IN ('empty', 'not_available')) AS nothing,
               count(*) FILTER (status = 'refused') AS refused,
               count(*) FILTER (status = 'blocked') AS blocked,
               count(*) FILTER (status IN ('failed', 'layout_changed')) AS failed,
               count(*) FILTER (status IN ('wrong_storefront', 'wrong_chart')) AS wrong,
               count(*) FILTER (status = 'set_aside') AS set_aside,
               count(*) AS concluded
        FROM targets GROUP BY ALL
    ), judged AS (
        SELECT d.*, d.due_at AT TIME ZONE 'UTC' AS due, e.* EXCLUDE (line),
               d.expected - coalesce(e.concluded, 0) AS lacking
        FROM due AS d LEFT JOIN ends AS e USING (line)
    )
"""  # noqa: S608 - the text is ours
_SUMS = """
    sum(expected)::BIGINT AS expected,
    coalesce(sum(had), 0)::BIGINT AS had, coalesce(sum(nothing), 0)::BIGINT AS nothing,
    coalesce(sum(refused), 0)::BIGINT AS refused, coalesce(sum(blocked), 0)::BIGINT AS blocked,
    coalesce(sum(failed), 0)::BIGINT AS failed, coalesce(sum(wrong), 0)::BIGINT AS wrong,
    coalesce(sum(set_aside), 0)::BIGINT AS set_aside,
    coalesce(sum(lacking) FILTER (never_begun), 0)::BIGINT AS missed,
    coalesce(sum(lacking) FILTER (NOT never_begun), 0)::BIGINT AS not_asked
"""


def coverage(cursor: Cursor, since: datetime | None = None, until: datetime | None = None) -> pl.DataFrame:
    """What became of the readings that were due from `since` to before `until`, a UTC day, source and storefront.

    Columns: day, kind (as in crawl charts), source, country (null for signals), expected, had (complete or partial),
    nothing (the source says that it has none: empty or not available), refused (by robots.txt or a source that is
    off), blocked, failed (also a changed layout), wrong (another storefront or chart came; kept, not shown), set_aside
    (it came and broke a rule; `rejects` has the rule), missed (the run never began), not_asked (it ended before).
    Newest day first. Of several attempts at one thing in one run the good one counts, else the last. expected is the
    sum of the others.
    """
    query = f"{_COVERAGE} SELECT due::DATE AS day, kind, source, country, {_SUMS} FROM judged GROUP BY ALL"  # noqa: S608
    return cursor.frame(f"{query} ORDER BY day DESC, kind, source, country", **_bounds(since, until))


def by_run(cursor: Cursor, since: datetime | None = None, until: datetime | None = None) -> pl.DataFrame:
    """The same a run, the newest first. Columns: run_id, kind, due_at, and the figures of `coverage`."""
    query = f"{_COVERAGE} SELECT run_id, kind, due_at, {_SUMS} FROM judged GROUP BY ALL ORDER BY due_at DESC, kind"  # noqa: S608
    return cursor.frame(query, **_bounds(since, until))


def by_kind(cursor: Cursor, since: datetime | None = None, until: datetime | None = None) -> pl.DataFrame:
    """The same in sum. Columns: kind, runs, and the figures of `coverage`."""
    query = f"{_COVERAGE} SELECT kind, count(DISTINCT run_id) AS runs, {_SUMS} FROM judged GROUP BY ALL ORDER BY kind"  # noqa: S608
    return cursor.frame(query, **_bounds(since, until))


def _bounds(since: datetime | None, until: datetime | None) -> dict[str, str | None]:
    return {"since": since.isoformat() if since else None, "until": until.isoformat() if until else None}
