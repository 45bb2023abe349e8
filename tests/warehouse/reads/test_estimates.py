"""Sums by simulation: what their band is, and what it is not."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

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
from pipeline.metrics.estimates import RANKS, STEPS, from_ranks, from_ratings
from tests.landed import at
from tests.pipeline.metrics.test_estimates import poisson
from warehouse.reads import estimates as reads
from warehouse.reads import launches

_, VELOCITY, CURVE = PUBLISHED
PLACES = ("fr", "us", "gb", "jp", "ca", "it", "au")
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


def rated(app: str, counts: list[int], *, country: str = "fr", each: int = 1) -> pl.DataFrame:
    """Estimates from the new ratings between looks that are `each` days apart."""
    begin = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
    rows = [
        (app, app, "apple", country, begin + timedelta(days=each * n), begin + timedelta(days=each * (n + 1)), count)
        for n, count in enumerate(counts)
    ]
    return from_ratings(pl.DataFrame(rows, STEPS, orient="row"), VELOCITY)


def summed(settings: Settings, app: str, days: int) -> dict[str, float]:
    """The sum of so many days of an app."""
    with opened(settings) as cursor:
        (total,) = reads.sums(cursor, app, FIRST, FIRST + timedelta(days=days)).iter_rows(named=True)
    return {name: total[name] for name in ("low", "central", "high")}


def test_counts_add_up_with_their_error_however_they_are_cut(settings: Settings) -> None:
    """Two ratings, seen after a week, day by day, in seven storefronts or on one day: one band."""
    stored(settings, pl.concat([
        rated("claude", [2], each=7), rated("grok", [0, 1, 0, 0, 1, 0, 0]),
        *(rated("gemini", [int(country in ("us", "it"))], country=country) for country in PLACES),
        rated("copilot", [2]),
    ]))  # fmt: skip
    week, apart, about, day = (summed(settings, app, 7) for app in ("claude", "grok", "gemini", "copilot"))
    for name in ("low", "central", "high"):
        assert [total[name] for total in (week, apart, about)] == pytest.approx([day[name]] * 3, rel=0.2)


def test_weeks_without_a_rating_are_nought_with_an_upper_end(settings: Settings) -> None:
    """Nobody rated in thirty days: the sum is what one such day is, neither thirty times that nor surely nothing."""
    stored(settings, pl.concat([rated("claude", [0] * 30), rated("grok", [0])]))
    month, day = summed(settings, "claude", 30), summed(settings, "grok", 1)
    assert (month["low"], month["central"]) == (day["low"], day["central"]) == (0, 0)
    assert month["high"] == pytest.approx(day["high"], rel=0.12)


def test_part_of_an_interval_is_as_sure_as_the_interval(settings: Settings) -> None:
    """Three ratings in thirty days: two of those days are a fifteenth of it, with the same factor up and down."""
    stored(settings, rated("claude", [3], each=30))
    part, whole = summed(settings, "claude", 2), summed(settings, "claude", 30)
    for name in ("low", "central", "high"):
        assert part[name] == pytest.approx(whole[name] / 15, rel=0.02)


def test_the_simulation_of_counts_is_that_in_python(settings: Settings) -> None:
    """Rates between none and many a day: both say the same, within what their draws leave."""
    rows = rated("claude", [0, 0, 3, 1, 0, 12, 2, 0, 0, 5])
    stored(settings, rows)
    total, by_python = summed(settings, "claude", 10), simulated(rows, draws=4000)
    assert by_python is not None
    for name in ("low", "central", "high"):
        assert total[name] == pytest.approx(getattr(by_python, name), rel=0.12)


def test_the_band_of_a_sum_covers_what_it_says_at_any_rate_of_rating(settings: Settings) -> None:
    """A week of three hundred apps that are rated between once in ten days and fifty times a day."""
    chance, truth, frames = random.Random(7), {}, []
    for number in range(300):
        app, rate = f"app-{number:03d}", (0.1, 0.5, 2.0, 50.0)[number % 4]
        truth[app] = 7 * rate / math.exp(chance.gauss(-4.1166, 0.8))
        frames.append(rated(app, [poisson(rate, chance) for _ in range(7)]))
    stored(settings, pl.concat(frames))
    with opened(settings) as cursor:
        race = launches.race(cursor, dict.fromkeys(truth, FIRST)).filter(days_since_launch=6)
    inside = [row["low"] <= truth[row["app"]] <= row["high"] for row in race.iter_rows(named=True)]
    assert len(inside) == 300
    assert 0.75 <= sum(inside) / 300 <= 0.88


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
