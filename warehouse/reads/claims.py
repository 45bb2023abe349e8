"""Questions about what was published, and what the evidence says of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from warehouse.connection import Cursor


def claims(cursor: Cursor, app: str | None = None) -> pl.DataFrame:
    """Each published figure on file with its verdict, the newest first; one app's, or all.

    Columns: those of the table `claims` but withdrawn (claim, app, quantity, value in unit, bound, cumulative,
    first_reached, stores, countries (null: worldwide), since, until, precision, after_days, kind, said_by, origin,
    definition, state, restates, statement_fr, statement_en, contradicts, sources (JSON), recorded_at), then verdict
    (`supported, contradicted, plausible, undetermined`; null before the first check), reason_fr, reason_en, against
    (claims found to contradict it, with commas; null for none), evidence (JSON), checked_at (UTC).
    """
    return cursor.frame(
        """
        SELECT c.*, v.verdict, v.reason_fr, v.reason_en, v.against, v.evidence, v.recorded_at AS checked_at
        FROM claims AS c LEFT JOIN verdicts AS v USING (claim)
        WHERE $app IS NULL OR c.app = $app ORDER BY c.until DESC, c.claim
        """,
        app=app,
    )


def verdict_history(cursor: Cursor, claim: str) -> pl.DataFrame:
    """Every verdict that a claim was ever given, the first one first.

    Columns: claim, verdict, reason_fr, reason_en, against, evidence (JSON), recorded_at (UTC).
    """
    return cursor.frame(
        """
        SELECT claim, verdict, reason_fr, reason_en, against, evidence, recorded_at FROM lake.verdicts
        WHERE claim = $claim AND recorded_at <= lake.snapshot() ORDER BY recorded_at
        """,
        claim=claim,
    )


def releases(cursor: Cursor) -> pl.DataFrame:
    """The earliest release date that listings carried, an app, store and storefront.

    An id that was another app before tells nothing: a release before the watch list's `since` is that app's.
    Columns: app, store, country, released (day; null when none is given), first_rated_on (UTC day of the first look
    that saw a rating; null when none did), ratings (then).
    """
    return cursor.frame("""
        SELECT app, store, country, min(released) FILTER (released >= coalesce(since, released)) AS released,
               (min(observed_at) FILTER (rating_count > 0) AT TIME ZONE 'UTC')::DATE AS first_rated_on,
               arg_min(rating_count, observed_at) FILTER (rating_count > 0) AS ratings
        FROM (SELECT *, TRY_CAST(left(released_at, 10) AS DATE) AS released FROM listing_readings)
        JOIN apps USING (app, store, app_id)
        WHERE status IN ('complete', 'partial')
        GROUP BY ALL ORDER BY ALL
    """)


def best_ranks(
    cursor: Cursor,
    app: str,
    since: date,
    until: date,
    *,
    stores: Sequence[str],
    countries: Sequence[str],
    places: int,
) -> pl.DataFrame:
    """How an app stood in the overall top-free charts for phones of these stores and countries.

    From `since` to `until`, both included. Columns: best_rank (in the chart where it stood lowest; null when one of
    them never had it), observed (days that tell whether it was among the first `places`, in the chart that has the
    fewest), one row.
    """
    return cursor.frame(
        """
        WITH asked AS (
            SELECT unnest($stores::VARCHAR[]) AS store, country FROM (SELECT unnest($countries::VARCHAR[]) AS country)
        ), seen AS (
            SELECT store, country, min(best_rank) AS best_rank,
                   count(DISTINCT day) FILTER (state = 'ranked' OR depth >= $places) AS observed
            FROM app_days
            WHERE app = $app AND list_contains($stores::VARCHAR[], store)
              AND list_contains($countries::VARCHAR[], country) AND collection = 'top-free'
              AND category IN ('36', 'APPLICATION') AND device IN ('iphone', 'android')
              AND day BETWEEN $since::DATE AND $until::DATE AND state IN ('ranked', 'absent')
            GROUP BY ALL
        )
        SELECT CASE WHEN count(best_rank) = count(*) THEN max(best_rank) END AS best_rank,
               coalesce(min(coalesce(observed, 0)), 0) AS observed
        FROM asked LEFT JOIN seen USING (store, country)
        """,
        app=app,
        stores=list(stores),
        countries=list(countries),
        places=places,
        since=since.isoformat(),
        until=until.isoformat(),
    )


def installs(cursor: Cursor) -> pl.DataFrame:
    """The exact installs that Google Play showed.

    Columns: app, day (UTC), installs (the highest seen that day).
    """
    return cursor.frame("""
        SELECT app, (observed_at AT TIME ZONE 'UTC')::DATE AS day, max(installs_exact) AS installs
        FROM install_steps WHERE change NOT IN ('fell', 'spike') GROUP BY ALL ORDER BY ALL
    """)


def ground_truth(cursor: Cursor) -> pl.DataFrame:
    """Claims that an estimate of the App Store can be held against: one storefront, known days, nothing against them.

    Columns: claim, app, country, since, until (first and last day), value (downloads), kind.
    """
    return cursor.frame("""
        SELECT c.claim, c.app, c.countries AS country, c.since, c.until, c.value, c.kind
        FROM claims AS c LEFT JOIN verdicts AS v USING (claim)
        WHERE c.quantity = 'downloads' AND c.value > 0 AND c.stores = 'apple' AND len(c.countries) = 2
          AND c.precision = 'day' AND c.since IS NOT NULL AND c.state = 'confirmed'
          AND c.kind IN ('vendor_estimate', 'company') AND c.bound <> 'at_least'
          AND coalesce(v.verdict, '') <> 'contradicted'
        ORDER BY c.claim
    """)
