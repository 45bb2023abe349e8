"""What figures that are made of many things stand on, down to the readings: claims, the launch race, latency, health.

Every answer has the same columns, the newest first within a role:

- role: what the row is to the figure (`claim, method, release, ratings, installs, rank, engine, probe, sample, runs`)
- about: the claim, the method with its version, the probe's target, or the run
- app, store, country: what it was read of; null where that is not said
- observed_at: when it was read; of a claim or method when it was loaded (UTC)
- source: who was asked; of a claim who says so
- status: how the look ended; null for a claim or method
- looks: the readings that the row stands for
- capture_file: the archive below the data folder; of a claim its file in essor; null where no bytes are held
- reading_id: the reading, for `essor trace`; null for a claim or method; the newest one where `looks` is above 1
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from warehouse.connection import Cursor

MOST = 1_000
"""So many rows a role, the newest ones."""
_ORDER = ("claim", "method", "release", "ratings", "installs", "rank", "engine", "probe", "sample", "runs")
_SCHEMA = pl.Schema({
    "role": pl.String(), "about": pl.String(), "app": pl.String(), "store": pl.String(), "country": pl.String(),
    "observed_at": pl.Datetime("us", "UTC"), "source": pl.String(), "status": pl.String(), "looks": pl.Int64(),
    "capture_file": pl.String(), "reading_id": pl.String(),
})  # fmt: skip
_READ = "r.store, r.country, r.observed_at, r.source, r.status, 1 AS looks, r.capture_file, r.reading_id"
_NEWEST = f"QUALIFY row_number() OVER (PARTITION BY role ORDER BY r.observed_at DESC, r.reading_id) <= {MOST}"


def of_claims(cursor: Cursor, claims: Sequence[str]) -> pl.DataFrame:
    """The claims named, and what the check set them beside: release dates, ratings and installs on listings, charts."""
    held = cursor.frame(
        """
        SELECT claim, app, quantity, stores, countries, coalesce(since, until) AS since, until FROM claims
        WHERE list_contains($claims::VARCHAR[], claim)
        """,
        claims=list(claims),
    )
    ranked = [_chart_looks(cursor, row) for row in held.filter(quantity="rank").iter_rows(named=True)]
    return _joined([_registered(cursor, claims), _method(cursor, claims), _listings(cursor, claims), *ranked])


def of_race(cursor: Cursor, claims: Sequence[str], apps: Sequence[str], until: date = date.max) -> pl.DataFrame:
    """The claims drawn, and the looks behind the measured and, up to the day `until`, the estimated lines of `apps`."""
    estimated = of_estimates(cursor, apps, until=until)
    return _joined([_registered(cursor, claims), _install_looks(cursor, apps), estimated])


def of_estimates(
    cursor: Cursor, apps: Sequence[str], countries: Sequence[str] | None = None, until: date = date.max
) -> pl.DataFrame:
    """The looks behind the estimates of `apps` up to the day `until`, in some storefronts or with None in all."""
    fronts = None if countries is None else list(countries)
    scope = {"apps": list(apps), "countries": fronts, "until": until.isoformat()}
    return _joined([_rating_looks(cursor, scope), _rank_looks(cursor, scope)])


def of_latency(cursor: Cursor) -> pl.DataFrame:
    """Everything measured: the local engine's cases, the probes of services, and each request of a probe."""
    tail = "observed_at, {source} AS source, outcome AS status, 1 AS looks, capture_file, reading_id"
    parts = {
        "engine": ("model", "engine_readings", "'local_engine'"),
        "probe": ("target", "probe_runs", "backend"),
        "sample": ("target", "probe_samples", "NULL"),
    }
    return _joined([
        cursor.frame(
            f"SELECT '{role}' AS role, {about} AS about, {tail.format(source=source)} FROM {table} AS r"  # noqa: S608
            f" {_NEWEST}"
        )
        for role, (about, table, source) in parts.items()
    ])  # fmt: skip


def of_health(cursor: Cursor, since: datetime) -> pl.DataFrame:
    """The archives that the looks from `since` on lie in, a run each, with the newest reading of each."""
    columns = "run_id, store, country, observed_at, source, status, capture_file, reading_id"
    tables = ("chart_readings", "listing_readings", "review_readings")
    looks = " UNION ALL ".join(f"SELECT {columns} FROM {table} WHERE observed_at >= $since::TIMESTAMPTZ"  # noqa: S608
                               for table in tables)  # fmt: skip
    found = cursor.frame(
        f"""
        WITH looks AS (
            {looks}
            UNION ALL
            SELECT run_id, NULL, NULL, observed_at, source, status, capture_file, reading_id FROM signal_readings
            WHERE observed_at >= $since::TIMESTAMPTZ
        )
        SELECT 'runs' AS role, run_id AS about, max(r.observed_at) AS observed_at, source,
               arg_max(status, r.observed_at) AS status, count(*) AS looks, capture_file,
               arg_max(reading_id, r.observed_at) AS reading_id
        FROM looks AS r GROUP BY run_id, source, capture_file ORDER BY observed_at DESC LIMIT {MOST}
        """,  # noqa: S608 - the text is ours
        since=since.isoformat(),
    )
    return _joined([found])


def _registered(cursor: Cursor, claims: Sequence[str]) -> pl.DataFrame:
    return cursor.frame(
        """
        SELECT 'claim' AS role, claim AS about, app, countries AS country, recorded_at AS observed_at,
               said_by AS source, 0 AS looks, 'essor/claims/' || claim || '.toml' AS capture_file
        FROM claims WHERE list_contains($claims::VARCHAR[], claim)
        """,
        claims=list(claims),
    )


def _method(cursor: Cursor, claims: Sequence[str]) -> pl.DataFrame:
    """The rank curve, where a verdict weighed a figure against what a first place brings."""
    return cursor.frame(
        """
        SELECT 'method' AS role, method || ' v' || max(version) AS about, max(recorded_at) AS observed_at, 0 AS looks
        FROM methods
        WHERE method = 'rank_curve' AND EXISTS (
            FROM verdicts WHERE list_contains($claims::VARCHAR[], claim) AND contains(evidence, '"storefronts"')
        )
        GROUP BY method
        """,
        claims=list(claims),
    )


def _listings(cursor: Cursor, claims: Sequence[str]) -> pl.DataFrame:
    """The listings that a launch, a figure counted from the launch, or a lifetime count at Google Play is held to."""
    return cursor.frame(
        f"""
        WITH asked AS (
            SELECT *, string_split(stores, ',') AS shops FROM claims WHERE list_contains($claims::VARCHAR[], claim)
        ), listed AS (
            SELECT app, store, country, observed_at, released_at, rating_count, reading_id FROM listing_readings
            WHERE app IS NOT NULL AND status IN ('complete', 'partial')
        ), found AS (
            SELECT 'release' AS role, a.claim, arg_min(l.reading_id, (left(l.released_at, 10), l.observed_at)) AS id
            FROM asked AS a JOIN listed AS l ON l.app = a.app AND list_contains(a.shops, l.store)
            WHERE a.quantity = 'launch' AND l.released_at IS NOT NULL GROUP BY a.claim, l.store, l.country
            UNION ALL
            SELECT 'ratings', a.claim, arg_min(l.reading_id, l.observed_at)
            FROM asked AS a JOIN listed AS l ON l.app = a.app AND l.store = a.shops[1]
            WHERE a.after_days IS NOT NULL AND a.quantity = 'downloads' AND l.rating_count > 0 GROUP BY a.claim
            UNION ALL
            SELECT 'installs', a.claim, i.reading_id
            FROM asked AS a JOIN install_steps AS i ON i.app = a.app AND i.change NOT IN ('fell', 'spike')
            WHERE a.stores = 'google_play' AND a.cumulative AND a.quantity = 'downloads'
        )
        SELECT role, f.claim AS about, r.app, {_READ}
        FROM found AS f JOIN listing_readings AS r ON r.reading_id = f.id
        {_NEWEST}
        """,  # noqa: S608 - the text is ours
        claims=list(claims),
    )


def _chart_looks(cursor: Cursor, claim: dict[str, Any]) -> pl.DataFrame:
    """The look of each day and storefront that saw the app highest, in the period of a claim on its rank."""
    return cursor.frame(
        f"""
        WITH found AS (
            SELECT app, arg_min(reading_id, (coalesce(rank, 32767), observed_at)) AS id
            FROM app_looks
            WHERE app = $app AND list_contains($stores::VARCHAR[], store)
              AND list_contains($countries::VARCHAR[], country) AND collection = 'top-free'
              AND category IN ('36', 'APPLICATION') AND device IN ('iphone', 'android')
              AND month BETWEEN $since[:7] AND $until[:7] AND observed_at >= $since::TIMESTAMPTZ
              AND observed_at < $until::DATE + 1 AND state IN ('ranked', 'absent')
            GROUP BY app, store, country, observed_at::DATE
        )
        SELECT 'rank' AS role, $claim AS about, f.app, {_READ}
        FROM found AS f JOIN chart_readings AS r ON r.reading_id = f.id
        {_NEWEST}
        """,  # noqa: S608 - the text is ours
        claim=claim["claim"],
        app=claim["app"],
        stores=claim["stores"].split(","),
        countries=(claim["countries"] or "").split(","),
        since=claim["since"].isoformat(),
        until=claim["until"].isoformat(),
    )


def _rating_looks(cursor: Cursor, scope: dict[str, Any]) -> pl.DataFrame:
    """The listings whose rating counts an estimate from the pace of ratings was made of."""
    return cursor.frame(
        f"""
        WITH lines AS ({_lines("rating_velocity")})
        SELECT 'ratings' AS role, l.method AS about, r.app, {_READ}
        FROM lines AS l JOIN listing_readings AS r
          ON r.app = l.app AND r.store = l.store AND r.country = l.country
         AND r.observed_at >= l.first_day AND r.observed_at < l.last_day + 2
        WHERE r.rating_count IS NOT NULL AND r.status IN ('complete', 'partial')
        {_NEWEST}
        """,  # noqa: S608 - the text is ours
        **scope,
    )


def _install_looks(cursor: Cursor, apps: Sequence[str]) -> pl.DataFrame:
    return cursor.frame(
        f"""
        SELECT 'installs' AS role, 'play_installs' AS about, r.app, {_READ}
        FROM install_steps AS i JOIN listing_readings AS r USING (reading_id)
        WHERE i.change NOT IN ('fell', 'spike') AND list_contains($apps::VARCHAR[], i.app)
        {_NEWEST}
        """,  # noqa: S608 - the text is ours
        apps=list(apps),
    )


def _rank_looks(cursor: Cursor, scope: dict[str, Any]) -> pl.DataFrame:
    """The charts whose ranks an estimate from the rank curve was made of, a month at a time where there are few."""
    lines = cursor.frame(_lines("rank_curve"), **scope)
    if lines.is_empty():
        return lines.clear().select()
    return cursor.frame(
        f"""
        WITH lines AS ({_lines("rank_curve")})
        SELECT 'rank' AS role, l.method AS about, k.app, {_READ}
        FROM lines AS l
        JOIN app_looks AS k
          ON k.app = l.app AND k.store = l.store AND k.country = l.country
         AND k.observed_at >= l.first_day AND k.observed_at < l.last_day + 1
        JOIN chart_readings AS r ON r.reading_id = k.reading_id
        WHERE k.collection = 'top-free' AND k.category IN ('36', 'APPLICATION') AND k.state = 'ranked'
          AND k.month BETWEEN $first AND $last
        {_NEWEST}
        """,  # noqa: S608 - the text is ours
        **scope,
        first=lines["first_day"].min().strftime("%Y-%m"),  # type: ignore[union-attr]
        last=(lines["last_day"].max() + timedelta(days=1)).strftime("%Y-%m"),  # type: ignore[operator, union-attr]
    )


def _lines(method: str) -> str:
    """The apps and storefronts that a method estimates, with their first and last day."""
    return f"""
        SELECT app, store, country, method, min(day) AS first_day, max(day) AS last_day FROM estimates
        WHERE method = '{method}' AND kind = 'estimated' AND list_contains($apps::VARCHAR[], app)
          AND ($countries IS NULL OR list_contains($countries::VARCHAR[], country)) AND day <= $until::DATE
        GROUP BY ALL
    """  # noqa: S608 - the text is ours


def _joined(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The parts as one frame of the columns above."""
    shaped = [
        part.select(pl.col(name).cast(kind) if name in part.columns else pl.lit(None, kind).alias(name)
                    for name, kind in _SCHEMA.items())
        for part in parts if part.height
    ]  # fmt: skip
    found = pl.concat(shaped) if shaped else pl.DataFrame(schema=_SCHEMA)
    order = pl.col("role").replace_strict({role: n for n, role in enumerate(_ORDER)}, return_dtype=pl.Int8)
    return found.unique(maintain_order=True).sort(order, -pl.col("observed_at").dt.timestamp(), "about", "reading_id")
