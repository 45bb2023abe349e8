"""Questions about who has how much of the market: the index of assistants.

An app's share is its part of what a method estimates for all the apps asked for, in the same storefronts and on the
same days. What all of them err by together, the level of the curve or a storefront's multiplier, cancels, because the
share is taken within each simulated world (docs/methods/shares.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

import polars as pl

from warehouse.connection import Cursor
from warehouse.reads.estimates import NEWEST, quantiles, worlds


def shares(
    cursor: Cursor,
    apps: Sequence[str],
    since: date,
    until: date,
    *,
    country: str | None = None,
    store: str = "apple",
    period: Literal["week", "month", "quarter", "year"] = "month",
) -> pl.DataFrame:
    """The share of each of `apps` in their estimated downloads from `since` to before `until`, by method and period.

    In one storefront, or with None in all that have figures, together. Columns: store, method, method_version, period
    (its first day, UTC), app, low, central, high (share from 0 to 1 with its 80 % band; null where the app was outside
    the fetched depth throughout, or no app has a download), downloads (the share's centre in downloads), days
    (storefront-days on which every app seen in that storefront and period is known: they alone count), left_out (those
    on which some are not), bounded (days on which this app has an upper bound alone and counts as nothing: its share is
    then rather too low), storefronts (a list). Measured figures have no part in it. By method, period and share.
    """
    return cursor.frame(
        f"""
        WITH scoped AS MATERIALIZED (
            SELECT *, date_trunc($period, day)::DATE AS period FROM ({NEWEST})
            WHERE list_contains($apps::VARCHAR[], app) AND store = $store AND kind <> 'measured'
              AND day >= $since::DATE AND day < $until::DATE AND ($country IS NULL OR country = $country)
        ), present AS (
            SELECT method, country, period, count(DISTINCT app) AS apps FROM scoped GROUP BY ALL
        ), judged AS MATERIALIZED (
            SELECT s.*, count(DISTINCT app) OVER (PARTITION BY method, country, day) = apps AS whole
            FROM scoped AS s JOIN present USING (method, country, period)
        ), figures AS (
            SELECT * FROM judged WHERE whole AND central IS NOT NULL
        ), {worlds(part="date_trunc($period, day)::DATE")}, totals AS (
            SELECT line, date_trunc($period, day)::DATE AS period, draw, sum(downloads) AS downloads
            FROM worlds GROUP BY ALL
        ), parts AS (
            SELECT store, method, method_version, app, period, downloads,
                   downloads / nullif(
                       sum(downloads) OVER (PARTITION BY store, method, method_version, period, draw), 0
                   ) AS share
            FROM totals JOIN lines USING (line)
        ), bands AS (
            SELECT store, method, method_version, app, period, quantile_cont(share, [0.1, 0.5, 0.9]) AS bands,
                   round(quantile_cont(downloads, 0.5), 1) AS downloads
            FROM parts GROUP BY ALL
        ), days AS (
            SELECT method, period, count(DISTINCT (country, day)) FILTER (whole) AS days,
                   count(DISTINCT (country, day)) FILTER (NOT whole) AS left_out,
                   list_sort(list(DISTINCT country)) AS storefronts
            FROM judged GROUP BY ALL
        ), cover AS (
            SELECT store, method, method_version, app, period,
                   count(DISTINCT (country, day)) FILTER (whole)
                       - count(DISTINCT (country, day)) FILTER (whole AND central IS NOT NULL) AS bounded,
                   sum(central) FILTER (whole) AS came
            FROM judged GROUP BY ALL
        ), told AS (
            SELECT *, CASE WHEN sum(came) OVER (PARTITION BY method, period) > 0 THEN bands END AS band,
                   CASE WHEN came = 0 THEN 0 ELSE 1 END AS anything
            FROM cover LEFT JOIN bands USING (store, method, method_version, app, period)
        )
        SELECT store, method, method_version, period, app, round(anything * band[1], 6) AS low,
               round(anything * band[2], 6) AS central, round(band[3], 6) AS high,
               anything * downloads AS downloads, days, left_out, bounded, storefronts
        FROM told JOIN days USING (method, period)
        ORDER BY method, period, central DESC NULLS LAST, app
        """,  # noqa: S608 - the text is ours
        quantiles=quantiles(),
        apps=list(apps),
        since=since.isoformat(),
        until=until.isoformat(),
        country=country,
        store=store,
        period=period,
    )
