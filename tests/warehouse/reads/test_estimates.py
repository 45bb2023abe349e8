"""Sums by simulation: what their band is, and what it is not."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, datetime, timedelta

import polars as pl
import pytest

from essor.jobs.ask import opened
from essor.jobs.estimate import publish_methods
from essor.jobs.metrics import land_rows
from essor.jobs.refresh import refresh
from essor.model.estimates import PUBLISHED
from essor.model.tables import ESTIMATES
from essor.settings import Settings
from pipeline.metrics.calibration import simulated
from pipeline.metrics.estimates import RANKS, from_ranks
from tests.landed import at
from warehouse.reads import estimates as reads
from warehouse.reads import launches

CURVE = PUBLISHED[2]
FIRST = date(2026, 3, 2)


def rows_of(app: str, countries: list[str], days: int, rank: float = 10.0) -> pl.DataFrame:
    """Estimates of an app that held a rank in these storefronts for so many days."""
    rows = [
        {"app": app, "app_id": app, "store": "apple", "country": country, "day": FIRST + timedelta(days=n),
         "state": "ranked", "mean_rank": rank, "depth": 100, "launch": None}
        for country in countries
        for n in range(days)
    ]  # fmt: skip
    return from_ranks(pl.DataFrame(rows, schema=RANKS), CURVE)


def stored(settings: Settings, rows: pl.DataFrame, moment: datetime | None = None) -> None:
    """Load these rows."""
    publish_methods(settings)
    land_rows(settings.data_dir, "estimate", {ESTIMATES: rows}, moment or at("2026-11-02 00:00"), "made by hand")
    refresh(settings)


def test_the_sum_of_one_row_is_that_row(settings: Settings) -> None:
    """The sum of a single day and storefront says what that day's figure says, to the last digit."""
    rows = rows_of("claude", ["fr"], 1)
    stored(settings, rows)
    with opened(settings) as cursor:
        (total,) = reads.sums(cursor, "claude", FIRST, FIRST + timedelta(days=1)).iter_rows(named=True)
    row = rows.row(0, named=True)
    assert [total[name] for name in ("low", "central", "high")] == [row[name] for name in ("low", "central", "high")]


def test_a_year_is_as_uncertain_as_its_level(settings: Settings) -> None:
    """365 days at one rank: the band is the level's, neither the sum of the bounds nor that of independent days."""
    stored(settings, rows_of("claude", ["us"], 365))
    with opened(settings) as cursor:
        (total,) = reads.sums(cursor, "claude", FIRST, FIRST + timedelta(days=365)).iter_rows(named=True)
    assert total["high"] / total["central"] == pytest.approx(math.exp(1.28 * 0.30), rel=0.03)
    assert (total["covered"], total["missing"]) == (365, 0)


def test_storefronts_share_the_level_and_not_their_multiplier(settings: Settings) -> None:
    """Seven storefronts together are surer than one, by as much as a simulation in Python says."""
    countries = sorted(set(CURVE.parameters["place"]) - {"us"})
    rows = rows_of("claude", countries, 30)
    stored(settings, rows)
    with opened(settings) as cursor:
        until = FIRST + timedelta(days=30)
        (total,) = reads.sums(cursor, "claude", FIRST, until).iter_rows(named=True)
        (one,) = reads.sums(cursor, "claude", FIRST, until, countries=["fr"]).iter_rows(named=True)
    by_python = simulated(rows, draws=4000)
    assert by_python is not None
    assert total["high"] == pytest.approx(by_python.high, rel=0.06)
    assert total["low"] == pytest.approx(by_python.low, rel=0.06)
    assert total["high"] / total["central"] < one["high"] / one["central"]


def test_what_was_not_observed_is_missing_and_not_zero(settings: Settings) -> None:
    """A storefront that was asked for and has no figure counts as missing storefront-days."""
    stored(settings, rows_of("claude", ["fr"], 5))
    with opened(settings) as cursor:
        until = FIRST + timedelta(days=7)
        (total,) = reads.sums(cursor, "claude", FIRST, until, countries=["fr", "de"]).iter_rows(named=True)
    assert (total["covered"], total["bounded"], total["missing"]) == (5, 0, 9)


def test_the_same_rows_give_the_same_sum_in_any_order(settings: Settings, tmp_path: object) -> None:
    """The simulation has no chance of its own: order of arrival and other apps change nothing."""
    rows = rows_of("claude", ["fr", "us"], 20)
    stored(settings, rows.sample(fraction=1, shuffle=True, seed=1))
    with opened(settings) as cursor:
        first = reads.sums(cursor, "claude", FIRST, FIRST + timedelta(days=20))
    stored(settings, rows_of("grok", ["fr", "us", "gb"], 20), at("2026-11-03 00:00"))
    with opened(settings) as cursor:
        again = reads.sums(cursor, "claude", FIRST, FIRST + timedelta(days=20))
    figures = ["low", "central", "high"]
    assert first.drop(figures).equals(again.drop(figures))
    for name in figures:
        assert first[name].to_list() == pytest.approx(again[name].to_list(), rel=1e-9)


def test_a_sum_above_the_people_of_a_storefront_is_flagged_and_not_cut(settings: Settings) -> None:
    """Norway's 5.6 million are passed on the third day of 2 million; France, with as many downloads, is not flagged."""
    rows = rows_of("claude", ["fr"], 4).with_columns(central=pl.lit(2e6), low=pl.lit(1e6), high=pl.lit(4e6))
    stored(settings, pl.concat([rows, rows.with_columns(country=pl.lit("no"))]))
    until = FIRST + timedelta(days=4)
    with opened(settings) as cursor:
        days = reads.daily(cursor, "claude", FIRST + timedelta(days=1), countries=["no", "fr"])
        (total,) = reads.sums(cursor, "claude", FIRST, until).iter_rows(named=True)
        (french,) = reads.sums(cursor, "claude", FIRST, until, countries=["fr"]).iter_rows(named=True)
    assert days.filter(country="no")["exceeds_population"].to_list() == [False, True, True]
    assert not days.filter(country="fr")["exceeds_population"].any()
    assert (total["exceeds_population"], french["exceeds_population"]) == (["no"], [])
    assert total["central"] > 14e6


def test_two_ids_of_an_app_are_one_storefront_day_and_two_statements(settings: Settings) -> None:
    """What both bring is added up; the days that lack a figure are counted by storefront, not by id."""
    one = rows_of("copilot", ["us"], 5)
    bound = one.tail(1).with_columns(central=pl.lit(None, pl.Float64), kind=pl.lit("upper_bound"))
    both = [one.head(4), one.with_columns(app_id=pl.lit("another")).head(3), bound.with_columns(app_id=pl.lit("third"))]
    stored(settings, pl.concat(both))
    with opened(settings) as cursor:
        (total,) = reads.sums(cursor, "copilot", FIRST, FIRST + timedelta(days=7)).iter_rows(named=True)
        told = reads.statements(cursor, "copilot", FIRST, FIRST + timedelta(days=1), store="apple", country="us")
        race = launches.race(cursor, {"copilot": FIRST})
    assert (total["covered"], total["bounded"], total["missing"]) == (4, 1, 2)
    assert total["central"] == pytest.approx(7 * 52_000, rel=0.06)
    assert told.select("app_id", "statement", "first").rows() == [("another", 1, True), ("copilot", 1, True)]
    assert race["missing"].to_list() == [0, 0, 0, 0]


def test_a_new_version_counts_from_its_first_figures_on(settings: Settings) -> None:
    """Between the load that brings a version and the one that estimates by it, the figures by the one before stay."""
    stored(settings, rows_of("claude", ["us"], 3))
    publish_methods(settings, (replace(CURVE, version=2),))
    with opened(settings) as cursor:
        assert reads.daily(cursor, "claude")["method_version"].to_list() == [1, 1, 1]
    stored(settings, rows_of("claude", ["us"], 2).with_columns(method_version=pl.lit(2, pl.Int16)))
    with opened(settings) as cursor:
        assert reads.daily(cursor, "claude")["method_version"].to_list() == [2, 2]
