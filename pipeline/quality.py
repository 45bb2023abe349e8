"""Is this reading believable? One rule a function; each gives an expression that is true where the rule is broken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

FIRST_DAY = datetime(2008, 7, 10, tzinfo=UTC)
"""The App Store opened; no store chart is older."""
CLOCK_SLACK = timedelta(minutes=10)
"""How far ahead of ours another machine's clock may be."""
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


def impossible_rating() -> pl.Expr:
    """A mean outside 1 to 5, or a count below zero."""
    average, count = pl.col("rating_average"), pl.col("rating_count")
    return (~average.is_between(*STARS) | (count < 0)).fill_null(value=False)


def reading_rules(now: datetime) -> dict[str, pl.Expr]:
    """The rules for every reading, by the reason they give."""
    return {
        "no_moment": no_moment(),
        "from_the_future": from_the_future(now),
        "before_the_store": before_the_store(),
    }


def listing_rules(now: datetime) -> dict[str, pl.Expr]:
    """The rules for listing readings, by the reason they give."""
    return {**reading_rules(now), "impossible_rating": impossible_rating()}


def reason(rules: dict[str, pl.Expr]) -> pl.Expr:
    """The first rule that a row breaks, by its reason; null where it breaks none."""
    return pl.coalesce(pl.when(broken).then(pl.lit(name)) for name, broken in rules.items())
