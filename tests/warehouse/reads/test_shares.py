"""Each app's share in the estimated downloads of several."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from essor.jobs.ask import opened
from essor.settings import Settings
from pipeline.metrics.estimates import at_rank
from tests.warehouse.reads.test_estimates import CURVE, FIRST, rows_of, stored
from warehouse.loads import last_complete
from warehouse.reads import estimates
from warehouse.reads.shares import shares

APPS = ["claude", "grok"]
UNTIL = FIRST + timedelta(days=14)


def test_shares_are_those_of_the_curve_and_surer_than_the_downloads(settings: Settings) -> None:
    """Rank 1 against rank 10: the level and the storefront cancel, so the band is much narrower than a sum's."""
    stored(settings, pl.concat([rows_of("claude", ["fr"], 14, 1.0), rows_of("grok", ["fr"], 14, 10.0)]))
    with opened(settings) as cursor:
        found = shares(cursor, APPS, FIRST, UNTIL, country="fr")
        (total,) = estimates.sums(cursor, "claude", FIRST, UNTIL).iter_rows(named=True)
    first, tenth = (at_rank(CURVE, rank).central for rank in (1, 10))
    (claude, grok) = found.iter_rows(named=True)
    assert claude["app"] == "claude"
    assert claude["central"] == pytest.approx(first / (first + tenth), rel=0.02)
    assert claude["central"] + grok["central"] == pytest.approx(1, abs=0.01)
    assert claude["high"] / claude["low"] < 0.5 * total["high"] / total["low"]
    assert (claude["days"], claude["left_out"], claude["bounded"]) == (14, 0, 0)


def test_only_days_on_which_all_are_known_count(settings: Settings) -> None:
    """Grok is known on five days of fourteen: nine are left out, and said to be."""
    stored(settings, pl.concat([rows_of("claude", ["fr"], 14), rows_of("grok", ["fr"], 5)]))
    with opened(settings) as cursor:
        found = shares(cursor, APPS, FIRST, UNTIL)
    assert found.select("days", "left_out").unique().rows() == [(5, 9)]
    assert found["central"].to_list() == pytest.approx([0.5, 0.5], abs=0.02)


def test_an_app_outside_the_chart_is_bounded_and_has_no_share(settings: Settings) -> None:
    """An upper bound is not a figure of nought, and not one of its limit."""
    out = rows_of("grok", ["fr"], 14).with_columns(central=pl.lit(None, pl.Float64), kind=pl.lit("upper_bound"))
    stored(settings, pl.concat([rows_of("claude", ["fr"], 14), out, out.with_columns(app_id=pl.lit("its other id"))]))
    with opened(settings) as cursor:
        found = shares(cursor, APPS, FIRST, UNTIL)
    assert found.select("app", "central", "bounded").rows() == [("claude", 1.0, 0), ("grok", None, 14)]


def test_periods_stand_apart_and_an_earlier_snapshot_stays(settings: Settings) -> None:
    """Two weeks are two periods; a later load changes what is asked now and not what was asked then."""
    stored(settings, pl.concat([rows_of(app, ["fr", "us"], 14) for app in APPS]))
    before = last_complete(settings.data_dir)
    with opened(settings) as cursor:
        then = shares(cursor, APPS, FIRST, UNTIL, period="week")
    assert then["period"].unique().sort().to_list() == [FIRST, FIRST + timedelta(days=7)]
    stored(settings, rows_of("claude", ["fr"], 14, 1.0))
    with opened(settings) as cursor:
        assert not shares(cursor, APPS, FIRST, UNTIL, period="week").equals(then)
    with opened(settings, before) as cursor:
        assert shares(cursor, APPS, FIRST, UNTIL, period="week").equals(then)


def test_of_nothing_nobody_has_a_share(settings: Settings) -> None:
    """A period in which no app had a new rating has no shares; not a number is no share."""
    nothing = {"central": pl.lit(0.0), "low": pl.lit(0.0), "method": pl.lit("rating_velocity")}
    stored(settings, pl.concat([rows_of(app, ["fr"], 3).with_columns(**nothing) for app in APPS]))
    with opened(settings) as cursor:
        found = shares(cursor, APPS, FIRST, UNTIL)
    assert found.select("low", "central", "high").unique().rows() == [(None, None, None)]
