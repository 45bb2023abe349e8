"""Questions about downloads: measured and estimated, as first stated and as restated, and summed.

Measured, estimated and upper bound are three kinds of figure; no read here adds one kind to another. Sums are
simulated: each of `DRAWS` worlds has its own errors, shared as the columns error_level, error_slope, error_place,
error_app and counted_since of the table say, so that a yearly band is not narrower than what all its days have in
common (docs/methods/estimates.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from statistics import NormalDist

import polars as pl

from essor.model.estimates import PRIOR_COUNT
from warehouse.connection import Cursor

DRAWS = 400
"""Worlds a sum is simulated in."""
NEWEST = """
    SELECT e.* FROM estimates AS e
    JOIN (
        SELECT method, max(method_version) AS method_version FROM lake.estimates
        WHERE recorded_at <= lake.snapshot() GROUP BY method
    ) AS newest USING (method, method_version)
"""
"""SQL for the rows of `estimates` by the newest version of each method that any was stated by.

A version is written one load before its first figures: until those are there, the ones by the version before count.
"""
_SINCE = "day >= coalesce($since::DATE, DATE '0001-01-01')"
_UNTIL = """
    app = $app AND day < coalesce($until::DATE, DATE '9999-01-01')
    AND ($store IS NULL OR store = $store) AND ($countries IS NULL OR list_contains($countries::VARCHAR[], country))
"""
_SCOPE = f"{_UNTIL} AND {_SINCE}"


_OWN = "hash((k.own >> 8) + draw)"
_OWN_NORMAL = f"""
    1.7320508 * (((
        ({_OWN} & 65535) + ({_OWN} >> 16 & 65535) + ({_OWN} >> 32 & 65535) + ({_OWN} >> 48)
    ) + 2) / 65536.0 - 2)
"""
"""Nearly a standard normal from one hash, four uniforms added: the errors of single days are many, and are added up."""


def _gamma(shape: str, normal: str) -> str:
    """SQL for `pipeline.metrics.estimates.gamma`; 0 for a shape of 0."""
    cube = f"greatest(1 - 1 / (9 * {shape}) + {normal} / (3 * sqrt({shape})), 0)"
    return f"CASE WHEN {shape} > 0 THEN {shape} * {cube} * {cube} * {cube} ELSE 0 END"


def worlds(draws: int = DRAWS, part: str = "NULL") -> str:
    """SQL for the CTE `worlds`: the downloads of each row of a CTE `figures` in each simulated world.

    `figures` has rows of `estimates` with a centre. `worlds` has line, day, draw (the world) and downloads; `lines` has
    line (a number), app, store, method, method_version: what may be added up. Numbers in place of five texts make it
    a quarter cheaper. The query takes the parameter `quantiles` besides its own. What was counted has its error of
    counting, the same for all rows of an interval; what the prior of the count adds is in the first row of each line,
    or of each `part` of it: SQL over a row for sums that are taken apart.
    """
    return f"""
    draws AS (SELECT unnest(range({draws})) AS draw),
    series AS MATERIALIZED (
        SELECT *, row_number() OVER () AS series,
               dense_rank() OVER (ORDER BY app, store, method, method_version) AS line
        FROM (SELECT DISTINCT store, method, method_version, country, app FROM figures)
    ),
    lines AS (SELECT DISTINCT line, app, store, method, method_version FROM series),
    shared AS MATERIALIZED (
        SELECT series, line, draw,
               {_normals("'level'", "store", "method", "method_version")} AS z_level,
               {_normals("'slope'", "store", "method", "method_version")} AS z_slope,
               {_normals("'place'", "store", "method", "method_version", "country")} AS z_place,
               {_normals("'app'", "store", "method", "method_version", "app")} AS z_app,
               {_normals("'count'", "store", "method", "method_version", "app")} AS z_count
        FROM series CROSS JOIN draws
    ),
    numbered AS (
        SELECT series, line, {part} AS part, app_id, country, day, method, central, counted, per_count, counted_since,
               error_level, error_slope, error_place, error_app, error_day
        FROM figures JOIN series USING (store, method, method_version, country, app)
    ),
    priors AS (
        SELECT line, part, min(series) AS series, min(day) AS day, max(error_app) AS error_app, max(each) AS prior
        FROM (
            SELECT line, part, min(series) AS series, min(day) AS day, max(error_app) AS error_app,
                   sum(per_count) AS each
            FROM numbered
            WHERE counted IS NOT NULL GROUP BY line, part, app_id, country, counted_since
        )
        GROUP BY line, part
    ),
    keyed AS MATERIALIZED (
        SELECT series, day, central, error_level, error_slope, error_place, error_app, error_day, counted, per_count,
               hash(app_id, country, coalesce(counted_since, day), method) AS own
        FROM numbered
    ),
    drawn AS (
        SELECT s.line, k.day, s.draw, k.central, k.counted, k.per_count, k.error_day, {_OWN_NORMAL} AS z_own,
               k.error_level * s.z_level + k.error_slope * s.z_slope + k.error_place * s.z_place
                   + k.error_app * s.z_app AS shared
        FROM keyed AS k JOIN shared AS s USING (series)
    ),
    worlds AS (
        SELECT line, day, draw,
               CASE WHEN counted IS NULL THEN central * exp(shared + error_day * z_own)
                    ELSE per_count * exp(shared) * {_gamma("counted", "z_own")} END AS downloads
        FROM drawn
        UNION ALL
        SELECT s.line, p.day, s.draw,
               exp(p.error_app * s.z_app) * p.prior * {_gamma(str(PRIOR_COUNT), "s.z_count")} AS downloads
        FROM priors AS p JOIN shared AS s USING (series)
    )
    """  # noqa: S608 - the text is ours


def quantiles(draws: int = DRAWS) -> list[float]:
    """The parameter `quantiles` of a query with `worlds`: a standard normal's, as many as there are worlds."""
    return [NormalDist().inv_cdf((number + 0.5) / draws) for number in range(draws)]


def _normals(*key: str) -> str:
    """SQL for standard normals that are the same for the same key: all quantiles, shuffled by the key's hash.

    Key and draw are added before they are hashed: DuckDB joins the hashes of several arguments so that the shuffles of
    two keys would resemble each other.
    """
    return f"""
        ($quantiles::DOUBLE[])[row_number() OVER (
            PARTITION BY series
            ORDER BY hash((hash({", ".join(key)}) >> 8) + draw), draw
        )]
    """


def daily(
    cursor: Cursor,
    app: str,
    since: date | None = None,
    until: date | None = None,
    *,
    store: str | None = None,
    countries: Sequence[str] | None = None,
) -> pl.DataFrame:
    """What each method says of each day, by its newest version; several methods give several rows.

    Columns: app, app_id, store, country (ww: worldwide), day (UTC), kind (`measured, estimated, upper_bound`), method,
    method_version, low, high (80 % band, downloads), central (downloads; null for an upper bound), interpolated,
    exceeds_population (True once the centres of all days up to this one, also those before `since`, add up to more
    than the storefront has people; null for the whole world), inputs (JSON), recorded_at (UTC). A day without a row:
    nothing was observed that it could be made from.
    """
    return cursor.frame(
        f"""
        WITH known AS (
            SELECT e.*, sum(central) OVER (PARTITION BY store, country, method ORDER BY day) > people
                   AS exceeds_population
            FROM ({NEWEST}) AS e LEFT JOIN lake.people USING (country)
            WHERE {_UNTIL}
        )
        SELECT app, app_id, store, country, day, kind, method, method_version, low, central, high, interpolated,
               exceeds_population, inputs, recorded_at
        FROM known WHERE {_SINCE} ORDER BY store, country, method, day
        """,  # noqa: S608 - the text is ours
        **_scope(app, since, until, store, countries),
    )


def statements(cursor: Cursor, app: str, since: date, until: date, *, store: str, country: str) -> pl.DataFrame:
    """Every figure that was ever stated for these days: as first published and as restated.

    Columns: day (UTC), app_id, method, method_version, statement (1 for the first published), first (True for it),
    withdrawn, kind, low, central, high (downloads), inputs (JSON), recorded_at (UTC, when it was stated). The last
    statement of a method is the one that counts.
    """
    return cursor.frame(
        """
        SELECT day, app_id, method, method_version,
               row_number() OVER (PARTITION BY day, app_id, method ORDER BY recorded_at, method_version) AS statement,
               statement = 1 AS first, withdrawn, kind, low, central, high, inputs, recorded_at
        FROM lake.estimates
        WHERE recorded_at <= lake.snapshot() AND app = $app AND store = $store AND country = $country
          AND day >= $since::DATE AND day < $until::DATE
        ORDER BY day, app_id, method, statement
        """,
        app=app,
        store=store,
        country=country,
        since=since.isoformat(),
        until=until.isoformat(),
    )


def sums(
    cursor: Cursor,
    app: str,
    since: date,
    until: date,
    *,
    store: str | None = None,
    countries: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Downloads of `app` from `since` to before `until`, over `countries` (None: all that have figures), a method each.

    Columns: store, method, method_version, kind, low, central, high (80 % band of the sum, simulated; downloads),
    covered (storefront-days that have a figure), bounded (those with an upper bound alone: not in the sum), missing
    (those without any: not in the sum, and not zero), interpolated (of the covered ones), storefronts (a list),
    exceeds_population (the storefronts, a list, whose own centres add up to more than they have people: no such sum can
    be right, and none is cut off).
    """
    asked = _scope(app, since, until, store, countries)
    return cursor.frame(
        f"""
        WITH scoped AS MATERIALIZED (SELECT * FROM ({NEWEST}) WHERE {_SCOPE}),
        figures AS (SELECT * FROM scoped WHERE central IS NOT NULL),
        {worlds()},
        totals AS (
            SELECT line, draw, sum(downloads) AS downloads FROM worlds GROUP BY ALL
        ), bands AS (
            -- rounded: the order in which threads add must not show
            SELECT line, round(quantile_cont(downloads, 0.1), 1) AS low,
                   round(quantile_cont(downloads, 0.5), 1) AS central, round(quantile_cont(downloads, 0.9), 1) AS high
            FROM totals GROUP BY ALL
        ), alone AS (
            -- one figure is its own sum: its band is known, and need not be simulated
            SELECT store, method, method_version, any_value(low) AS low, any_value(central) AS central,
                   any_value(high) AS high
            FROM figures GROUP BY ALL HAVING count(*) = 1
        ), cover AS (
            SELECT store, method, method_version, max(kind) FILTER (central IS NOT NULL) AS kind,
                   count(DISTINCT (country, day)) FILTER (central IS NOT NULL) AS covered,
                   count(DISTINCT (country, day)) - covered AS bounded,
                   count(DISTINCT (country, day)) FILTER (interpolated) AS interpolated,
                   list_sort(list(DISTINCT country)) AS storefronts,
                   sum(central) = 0 AS nothing  -- not one came: the centre of a sum is then nought, as that of a day
            FROM scoped GROUP BY ALL
        ), crowded AS (
            SELECT store, method, method_version, list_sort(list(country)) AS exceeds_population
            FROM (
                SELECT store, method, method_version, country
                FROM figures JOIN lake.people USING (country)
                GROUP BY store, method, method_version, country, people HAVING sum(central) > people
            )
            GROUP BY ALL
        )
        SELECT store, method, method_version, kind, CASE WHEN nothing THEN 0 ELSE coalesce(a.low, b.low) END AS low,
               CASE WHEN nothing THEN 0 ELSE coalesce(a.central, b.central) END AS central,
               coalesce(a.high, b.high) AS high, covered, bounded,
               ($until::DATE - $since::DATE)
                   * coalesce(CASE WHEN method <> 'play_installs' THEN len($countries::VARCHAR[]) END, len(storefronts))
                   - covered - bounded AS missing,
               interpolated, storefronts, coalesce(exceeds_population, []) AS exceeds_population
        FROM cover LEFT JOIN lines USING (store, method, method_version) LEFT JOIN bands AS b USING (line)
        LEFT JOIN alone AS a USING (store, method, method_version)
        LEFT JOIN crowded USING (store, method, method_version)
        ORDER BY store, method
        """,  # noqa: S608 - the text is ours
        quantiles=quantiles(),
        **asked,
    )


def methods(cursor: Cursor) -> pl.DataFrame:
    """Every version of every method.

    Columns: method, version, parameters (JSON), points (ground truth it was fitted on), basis, recorded_at (UTC).
    """
    return cursor.frame("SELECT * FROM methods ORDER BY method, version")


def rank_inputs(cursor: Cursor, until: date) -> pl.DataFrame:
    """Days before `until` of followed apps in overall top-free iPhone charts, for the rank curve.

    Columns: app, app_id, store, country, day, state, mean_rank (null unless ranked), depth.
    """
    return cursor.frame(
        """
        SELECT app, app_id, store, country, day, state, mean_rank, depth FROM app_days
        WHERE store = 'apple' AND category = '36' AND device = 'iphone' AND collection = 'top-free'
          AND app IS NOT NULL AND state IN ('ranked', 'absent') AND day < $until::DATE
        ORDER BY ALL
        """,
        until=until.isoformat(),
    )


def rating_inputs(cursor: Cursor, until: date) -> pl.DataFrame:
    """Growth of rating counts at the App Store between looks that ended before `until`.

    Columns: app, app_id, store, country, previous_at, observed_at, new (null on a first look and a reset).
    """
    return cursor.frame(
        """
        SELECT app, app_id, store, country, previous_at, observed_at, new_ratings AS new FROM rating_steps
        WHERE store = 'apple' AND observed_at < $until::TIMESTAMPTZ ORDER BY ALL
        """,
        until=f"{until.isoformat()} 00:00:00+00",
    )


def install_inputs(cursor: Cursor, until: date) -> pl.DataFrame:
    """Growth of exact installs at Google Play between looks that ended before `until`.

    Columns: app, app_id, store, previous_at, observed_at, new (null on a first look and where the count fell).
    """
    return cursor.frame(
        """
        SELECT app, app_id, store, previous_at, observed_at, new_installs AS new FROM install_steps
        WHERE observed_at < $until::TIMESTAMPTZ ORDER BY ALL
        """,
        until=f"{until.isoformat()} 00:00:00+00",
    )


def current(cursor: Cursor) -> pl.DataFrame:
    """Every estimate as it counts now, all versions of all methods: the rows of the view `estimates`."""
    return cursor.frame("SELECT * FROM estimates")


def _scope(
    app: str, since: date | None, until: date | None, store: str | None, countries: Sequence[str] | None
) -> dict[str, object]:
    return {
        "app": app,
        "since": since.isoformat() if since else None,
        "until": until.isoformat() if until else None,
        "store": store,
        "countries": list(countries) if countries is not None else None,
    }


def ratings_per_install(cursor: Cursor) -> pl.DataFrame:
    """How much the rating count and the installs of each app grew at Google Play between its first and last look.

    Columns: app, ratings, installs (both grown, both counts from the same page), first_at, last_at (UTC). Looks of one
    storefront, the one with the most; a spike of either count, and a look at which either was below an earlier one,
    are set aside. No row without growth of both.
    """
    return cursor.frame("""
        WITH looks AS (
            SELECT r.app, r.app_id, r.country, observed_at, r.rating_count, i.installs_exact, reading_id,
                   max(r.rating_count) OVER before AS ratings_before,
                   max(i.installs_exact) OVER before AS installs_before
            FROM rating_steps AS r JOIN install_steps AS i USING (reading_id, observed_at)
            WHERE r.change <> 'spike' AND i.change <> 'spike'
            WINDOW before AS (
                PARTITION BY r.app, r.app_id, r.country ORDER BY observed_at, reading_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            )
        ), fronts AS (
            SELECT app, app_id, country, max(rating_count) - min(rating_count) AS ratings,
                   max(installs_exact) - min(installs_exact) AS installs,
                   min(observed_at) AS first_at, max(observed_at) AS last_at, count(*) AS looks
            FROM looks
            WHERE rating_count >= coalesce(ratings_before, 0) AND installs_exact >= coalesce(installs_before, 0)
            GROUP BY app, app_id, country
        )
        SELECT app, ratings, installs, first_at, last_at FROM fronts WHERE ratings > 0 AND installs > 0
        QUALIFY row_number() OVER (PARTITION BY app ORDER BY looks DESC, country, app_id) = 1
        ORDER BY app
    """)


def ratings_and_people(cursor: Cursor) -> pl.DataFrame:
    """The most ratings that the App Store ever showed for each app in a storefront, beside the people who live there.

    Columns: app, country, ratings (spikes apart), people. No row for a storefront whose people are not on file.
    """
    return cursor.frame("""
        SELECT app, country, max(rating_count) AS ratings, any_value(people) AS people
        FROM rating_steps JOIN lake.people USING (country)
        WHERE store = 'apple' AND rating_count > 0 AND change <> 'spike'
        GROUP BY app, country ORDER BY app, country
    """)
