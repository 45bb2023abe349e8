"""Is this reading believable? One rule a function; each gives an expression that is true where the rule is broken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

FIRST_DAY = datetime(2008, 7, 10, tzinfo=UTC)
"""The App Store opened; no store chart is older."""
CLOCK_SLACK = timedelta(minutes=10)
"""How far ahead of ours another machine's clock may be."""
LONGEST_CHART = 2_000
"""No store publishes as many rows: a place beyond is a fault, or somebody's own list."""
STARS = (1, 5)
"""The least and the most that a rating can be."""


def from_the_future(now: datetime) -> pl.Expr:
    """Observed later than `now`: a wrong clock or a wrong import."""
    return pl.col("observed_at") > now + CLOCK_SLACK


def before_the_store() -> pl.Expr:
    """Observed before there was a store."""
    return pl.col("observed_at") < FIRST_DAY


def no_moment() -> pl.Expr:
    """No moment of observation that can be read."""
    return pl.col("observed_at").is_null()


def impossible_place() -> pl.Expr:
    """A place before the first, or beyond what a chart has."""
    ranks = pl.col("ranks").list
    beyond = (ranks.max() > LONGEST_CHART) | (pl.col("depth") > LONGEST_CHART) | (ranks.len() > LONGEST_CHART)
    return ((ranks.min() < 1) | beyond | (pl.col("depth") < 0)).fill_null(value=False)


def impossible_rating() -> pl.Expr:
    """A mean outside 1 to 5, or a count below zero."""
    average, count = pl.col("rating_average"), pl.col("rating_count")
    return (~average.is_between(*STARS) | (count < 0)).fill_null(value=False)


def impossible_value() -> pl.Expr:
    """No number, not finite, or below zero; a place in a list begins at 1."""
    value = pl.col("value")
    least = pl.when(pl.col("kind").is_in(["rank", "rank_bucket"])).then(1).otherwise(0)
    return (~value.is_finite() | (value < least)).fill_null(value=True)


def impossible_share() -> pl.Expr:
    """A part that is larger than its whole."""
    whole = pl.when(pl.col("unit") == "percent").then(100.0).when(pl.col("unit") == "ratio").then(1.0)
    return ((pl.col("kind") == "share") & (pl.col("value") > whole * 1.001)).fill_null(value=False)


def impossible_period() -> pl.Expr:
    """No end that can be read, or an end before the begin."""
    return pl.col("period_end").is_null() | (pl.col("period_start") >= pl.col("period_end")).fill_null(value=False)


def period_not_over() -> pl.Expr:
    """A period that ends after the look that counted it."""
    return pl.col("period_end") > pl.col("observed_at") + CLOCK_SLACK


def review_rules() -> dict[str, pl.Expr]:
    """The rules for single reviews, by the reason they give."""
    return {
        "impossible_rating": (~pl.col("rating").is_between(*STARS)).fill_null(value=True),
        "written_after_the_look": (pl.col("written_at") > pl.col("observed_at") + CLOCK_SLACK).fill_null(value=False),
    }


def impossible_stars() -> pl.Expr:
    """A number of ratings below zero."""
    return pl.any_horizontal((pl.col(f"stars_{stars}") < 0).fill_null(value=False) for stars in range(1, 6))


def impossible_installs() -> pl.Expr:
    """A number of installs below zero."""
    return ((pl.col("installs_exact") < 0) | (pl.col("installs_bucket") < 0)).fill_null(value=False)


def point_rules() -> dict[str, pl.Expr]:
    """The rules for the figures of a signal, by the reason they give."""
    return {
        "impossible_period": impossible_period(),
        "impossible_value": impossible_value(),
        "impossible_share": impossible_share(),
        "period_not_over": period_not_over(),
    }


def reading_rules(now: datetime) -> dict[str, pl.Expr]:
    """The rules for every reading, by the reason they give."""
    return {
        "no_moment": no_moment(),
        "from_the_future": from_the_future(now),
        "before_the_store": before_the_store(),
    }


def chart_rules(now: datetime) -> dict[str, pl.Expr]:
    """The rules for chart readings, by the reason they give."""
    return {**reading_rules(now), "impossible_place": impossible_place()}


def listing_rules(now: datetime) -> dict[str, pl.Expr]:
    """The rules for listing readings, by the reason they give."""
    return {
        **reading_rules(now),
        "impossible_rating": impossible_rating() | impossible_stars(),
        "impossible_installs": impossible_installs(),
    }


def reason(rules: dict[str, pl.Expr]) -> pl.Expr:
    """The first rule that a row breaks, by its reason; null where it breaks none."""
    return pl.coalesce(pl.when(broken).then(pl.lit(name)) for name, broken in rules.items())
