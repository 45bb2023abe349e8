"""Questions about how fast apps grew after their launch: downloads by days since launch, and time to each milestone.

Points of different kinds stand side by side and are never joined: measured (Google Play's own count, worldwide),
claimed (company, press), estimated by a vendor, and estimated here (docs/methods/launches.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from essor.model.apps import App, all_apps
from warehouse.connection import Cursor
from warehouse.reads.estimates import NEWEST, quantiles, worlds

MILESTONES = (500_000, 1_000_000, 10_000_000, 100_000_000)
"""The downloads that the race is run to."""
CURVE_DRAWS = 120
"""Worlds a growth curve is simulated in: fewer than for a sum, because each has a point a day."""
VENDOR_BAND = 0.35 * 1.28
"""Half the 80 % band of a vendor's estimate, in ln."""


def launch_days(cursor: Cursor, apps: Sequence[App] | None = None) -> dict[str, date]:
    """The day on which each app first came out on a phone.

    Followed apps by the watch list, others by the launches among the claims. Where a source gives the month alone, the
    day that the watch list holds for it.
    """
    followed = all_apps() if apps is None else apps
    claimed = cursor.frame("""
        SELECT app, min(until) AS launch FROM claims
        WHERE quantity = 'launch' AND precision = 'day' AND state = 'confirmed' GROUP BY app ORDER BY app
    """)
    days: dict[str, date] = dict(claimed.iter_rows())
    for app in followed:
        found = [item.on for item in app.launches if item.platform in ("ios", "android")]
        if found:
            days[app.slug] = min(found)
    return days


def race(cursor: Cursor, launches: Mapping[str, date] | None = None) -> pl.DataFrame:
    """Cumulative downloads by days since launch: every claim, measured count and estimate there is.

    Columns: app, days_since_launch (0 on the day of launch), day (UTC), kind (`company, press, vendor_estimate,
    official, measured, estimated`), low, central, high (downloads; high is null when the source says *at least*; the
    band of vendors is the one they restate within), source (a claim's name, or a method and version), stores, countries
    (with commas; null: worldwide), whole (True when it counts every store and country), missing (storefront-days since
    the launch that an estimate lacks: it is then a sum of what was observed; null for other kinds), verdict (of a
    claim).
    """
    days = launch_days(cursor) if launches is None else launches
    starts = pl.DataFrame({"app": list(days), "launch": list(days.values())}, {"app": pl.String, "launch": pl.Date})
    points = pl.concat([_claimed(cursor), _measured(cursor), _estimated(cursor, days)])
    aligned = points.join(starts, "app").with_columns(
        days_since_launch=(pl.col("day") - pl.col("launch")).dt.total_days().cast(pl.Int32)
    )
    return aligned.filter(pl.col("days_since_launch") >= 0).select(_RACE).sort("app", "days_since_launch", "source")


def milestones(
    cursor: Cursor, launches: Mapping[str, date] | None = None, values: Sequence[int] = MILESTONES
) -> pl.DataFrame:
    """How many days after its launch each app reached each milestone, as far as the points of `race` tell.

    Columns: app, milestone (downloads), not_before (days: a point for the whole world was certainly lower then; null
    when none was), reached_by (days: the first point whose centre is at or above it; null for none), surely_by (days:
    the first point whose low end is), kind, source, low, stores and countries of that first point (as in `race`).
    Contradicted claims are left out. The true day lies between not_before and surely_by, 8 times in 10.
    """
    points = race(cursor, launches).filter(pl.col("verdict").fill_null("") != "contradicted")
    goals = pl.DataFrame({"milestone": list(values)}, {"milestone": pl.Int64})
    each = points.join(goals, how="cross").sort("days_since_launch", "source")
    day, goal = pl.col("days_since_launch"), pl.col("milestone")
    below = pl.col("whole") & (pl.col("high") < goal)
    reached = pl.col("central") >= goal
    return (
        each.group_by("app", "milestone")
        .agg(
            pl.col("kind", "source", "low", "stores", "countries").filter(reached).first(),
            not_before=day.filter(below).max(),
            reached_by=day.filter(reached).min(),
            surely_by=day.filter(pl.col("low") >= goal).min(),
        )
        .sort("milestone", "reached_by", "app", nulls_last=True)
    )


_POINT = (
    "app",
    "day",
    "kind",
    "low",
    "central",
    "high",
    "source",
    "stores",
    "countries",
    "whole",
    "missing",
    "verdict",
)
_RACE = ("app", "days_since_launch", *_POINT[1:])
_SCHEMA = pl.Schema({
    "app": pl.String(), "day": pl.Date(), "kind": pl.String(), "low": pl.Float64(), "central": pl.Float64(),
    "high": pl.Float64(), "source": pl.String(), "stores": pl.String(), "countries": pl.String(),
    "whole": pl.Boolean(), "missing": pl.Int64(), "verdict": pl.String(),
})  # fmt: skip


def _claimed(cursor: Cursor) -> pl.DataFrame:
    found = cursor.frame(
        """
        SELECT c.app, c.until AS day, c.kind,
               value * CASE WHEN c.kind = 'vendor_estimate' THEN exp(-$band::DOUBLE) ELSE 1 END AS low,
               value AS central,
               CASE WHEN bound = 'at_least' THEN NULL
                    ELSE value * CASE WHEN c.kind = 'vendor_estimate' THEN exp($band::DOUBLE) ELSE 1 END END AS high,
               c.claim AS source, c.stores, c.countries,
               c.countries IS NULL AND contains(c.stores, ',') AS whole, NULL::BIGINT AS missing, v.verdict
        FROM claims AS c LEFT JOIN verdicts AS v USING (claim)
        WHERE c.quantity = 'downloads' AND c.cumulative
        """,
        band=VENDOR_BAND,
    )
    return _as(found)


def _measured(cursor: Cursor) -> pl.DataFrame:
    found = cursor.frame("""
        SELECT app, (observed_at AT TIME ZONE 'UTC')::DATE AS day, 'measured' AS kind,
               max(installs_exact) AS low, low AS central, low AS high, 'google_play installs' AS source,
               'google_play' AS stores, NULL AS countries, false AS whole, NULL::BIGINT AS missing, NULL AS verdict
        FROM install_steps WHERE change NOT IN ('fell', 'spike') GROUP BY ALL
    """)
    return _as(found)


def _estimated(cursor: Cursor, launches: Mapping[str, date]) -> pl.DataFrame:
    """Our estimates added up from the launch on, in each simulated world."""
    found = cursor.frame(
        f"""
        WITH starts AS (
            SELECT unnest($apps::VARCHAR[]) AS app, unnest($launches::DATE[]) AS launch
        ), figures AS (
            SELECT e.* FROM ({NEWEST}) AS e
            JOIN starts AS s ON s.app = e.app AND e.day >= s.launch
            WHERE e.central IS NOT NULL AND e.kind = 'estimated'
        ), {worlds(CURVE_DRAWS)}, days AS (
            SELECT line, day, draw, sum(downloads) AS downloads FROM worlds GROUP BY ALL
        ), sums AS (
            SELECT line, day, sum(downloads) OVER (PARTITION BY line, draw ORDER BY day) AS downloads FROM days
        ), bands AS (
            SELECT app, store, method, method_version, day, band
            FROM (SELECT line, day, quantile_cont(downloads, [0.1, 0.5, 0.9]) AS band FROM sums GROUP BY ALL)
            JOIN lines USING (line)
        ), cover AS (
            SELECT app, store, method, day, count(DISTINCT country) AS rows, sum(central) AS central FROM figures
            GROUP BY ALL
        ), fronts AS (
            SELECT app, store, method, count(DISTINCT country) AS fronts,
                   array_to_string(list_sort(list(DISTINCT country)), ',') AS countries
            FROM figures GROUP BY ALL
        )
        SELECT app, b.day, 'estimated' AS kind,
               sum(c.central) OVER (PARTITION BY app, store, method ORDER BY b.day) > 0 AS any_came,
               CASE WHEN any_came THEN round(band[1], 1) ELSE 0 END AS low,
               CASE WHEN any_came THEN round(band[2], 1) ELSE 0 END AS central,
               round(band[3], 1) AS high,
               method || ' v' || method_version AS source, store AS stores, f.countries, false AS whole,
               ((b.day - s.launch + 1) * f.fronts
                   - sum(c.rows) OVER (PARTITION BY app, store, method ORDER BY b.day))::BIGINT AS missing,
               NULL AS verdict
        FROM bands AS b JOIN starts AS s USING (app) JOIN fronts AS f USING (app, store, method)
        JOIN cover AS c USING (app, store, method, day)
        """,  # noqa: S608 - the text is ours
        apps=list(launches),
        launches=[day.isoformat() for day in launches.values()],
        quantiles=quantiles(CURVE_DRAWS),
    )
    return _as(found)


def _as(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items())
