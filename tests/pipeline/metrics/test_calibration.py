"""Re-fitting and testing on simulated truth, where the right answer is known."""

from __future__ import annotations

import math
import random
import statistics
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from essor.model.estimates import PUBLISHED, MethodName
from pipeline.metrics.calibration import Ceiling, Inputs, Point, Rate, held_out, refitted, simulated, summary
from pipeline.metrics.estimates import RANKS, STEPS, at_rank, from_ranks

CURVE = PUBLISHED[2]
BEGIN = date(2026, 3, 2)
VERSIONS = {MethodName.RANK_CURVE: 1, MethodName.RATING_VELOCITY: 1}
NO_RATINGS = pl.DataFrame(schema=STEPS)
NOTHING = Inputs(pl.DataFrame(schema=RANKS), NO_RATINGS)


def ranked(app: str, country: str, ranks: list[float]) -> pl.DataFrame:
    """`RANKS` of an app, a day each."""
    rows = [
        {"app": app, "app_id": app, "store": "apple", "country": country, "day": BEGIN + timedelta(days=n),
         "state": "ranked", "mean_rank": rank, "depth": 100, "launch": None}
        for n, rank in enumerate(ranks)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=RANKS)


def point(app: str, downloads: float, *, country: str = "us", days: int = 7) -> Point:
    """A vendor's figure for an app's first days."""
    return Point(app, app, country, BEGIN, BEGIN + timedelta(days=days), downloads, "vendor_estimate")


def market(factor: float, apps: int, seed: int, country: str = "us") -> tuple[list[Point], Inputs]:
    """Apps whose true downloads are `factor` times the published curve, with the noise of vendors and days."""
    chance = random.Random(seed)
    ranks = {f"app-{n}": [chance.uniform(1, 60) for _ in range(7)] for n in range(apps)}
    truth = {
        app: sum(
            at_rank(CURVE, rank, country).central * CURVE.parameters["weekday"][(BEGIN + timedelta(days=n)).weekday()]
            for n, rank in enumerate(found)
        )
        for app, found in ranks.items()
    }
    points = [
        point(app, value * factor * math.exp(chance.gauss(0, 0.35)), country=country) for app, value in truth.items()
    ]
    return points, Inputs(pl.concat([ranked(app, country, found) for app, found in ranks.items()]), NO_RATINGS)


def test_an_estimate_of_nought_is_a_miss_and_no_error() -> None:
    """Apps that nobody rated for a week: nothing is fitted on them, and no point is inside."""
    apps = [f"app-{n}" for n in range(12)]
    begin = datetime(BEGIN.year, BEGIN.month, BEGIN.day, tzinfo=UTC)
    steps = [(app, app, "apple", "us", begin, begin + timedelta(days=7), 0) for app in apps]
    inputs = Inputs(pl.DataFrame(schema=RANKS), pl.DataFrame(steps, STEPS, orient="row"))
    told = summary(held_out([point(app, 9_000) for app in apps], [], inputs), MethodName.RATING_VELOCITY)
    assert (told["points"], told["coverage"], told["coverage_with_noise"], told["median_error"]) == (12, 0, 0, 1)


def test_the_level_moves_to_what_the_points_say() -> None:
    """With thirty points the level is found again within a fifth, and its error shrinks."""
    points, inputs = market(1.6, 30, seed=1)
    (fitted,) = refitted(points, [], inputs, VERSIONS)
    assert fitted.version == 2
    assert fitted.points == 30
    assert fitted.parameters["base"]["apple"] / 52_000 == pytest.approx(1.6, rel=0.2)
    assert fitted.parameters["sigma_level"] < CURVE.parameters["sigma_level"]
    assert CURVE.parameters["base"]["apple"] == 52_000, "the published version stays as it was"


def test_a_storefront_is_fitted_apart_from_the_level() -> None:
    """French points move France's multiplier and leave the US as it is."""
    points, inputs = market(0.5, 25, seed=2, country="fr")
    (fitted,) = refitted(points, [], inputs, VERSIONS)
    assert fitted.parameters["base"]["apple"] == 52_000
    assert fitted.parameters["place"]["fr"] / 0.125 == pytest.approx(0.5, rel=0.25)


def test_a_period_with_a_gap_is_no_point() -> None:
    """A day without an estimate leaves its period out, and without any point there is no new version."""
    inputs = Inputs(ranked("a", "us", [1, 2, 3]), NO_RATINGS)
    assert refitted([point("a", 1e6, days=4)], [], inputs, VERSIONS) == []
    assert held_out([point("a", 1e6, days=4)], [], inputs) == []


def test_play_tells_the_rate_of_rating_of_an_app() -> None:
    """Ratings per install seen at Play pull the app's own rate towards it, and no other app's."""
    (fitted,) = refitted(
        [], [Rate("chatgpt", 50_000, 1_000_000)], Inputs(pl.DataFrame(schema=RANKS), NO_RATINGS), VERSIONS
    )
    own = fitted.parameters["apps"]["chatgpt"]
    assert fitted.name is MethodName.RATING_VELOCITY
    assert math.exp(fitted.parameters["ln_c"]) < math.exp(own["ln_c"]) < 0.05
    assert own["sigma_c"] < 0.8
    assert set(fitted.parameters["apps"]) == {"chatgpt"}


def test_the_band_covers_what_it_says_in_a_market_like_its_assumptions() -> None:
    """Over many markets drawn from the priors, held-out points with their own noise fall inside 8 times in 10."""
    hits, total = 0, 0
    chance = random.Random(3)
    for seed in range(12):
        points, inputs = market(math.exp(chance.gauss(0, 0.30)), 6, seed)
        for test in held_out(points, [], inputs):
            hits, total = hits + test.inside_with_noise, total + 1
    assert total == 72
    assert 0.7 <= hits / total <= 0.92


def test_too_little_truth_is_said() -> None:
    """With fewer than ten points there is no coverage and no error, and a sentence says why."""
    points, inputs = market(1.0, 4, seed=4)
    told = summary(held_out(points, [], inputs), "rank_curve")
    assert (told["coverage"], told["median_error"], told["points"]) == (None, None, 4)
    assert "too little" in str(told["verdict"])


def test_a_sum_is_not_narrower_than_what_its_days_share() -> None:
    """A year at one rank has nearly the band of its level: narrower than added bounds, wider than independent days."""
    year = from_ranks(ranked("a", "us", [10.0] * 365), CURVE)
    band = simulated(year)
    assert band is not None
    assert band.high / band.central == pytest.approx(math.exp(1.28 * 0.30), rel=0.06)
    assert band.high < year["high"].sum()
    assert simulated(year.clear()) is None


def test_a_step_of_ratings_can_be_a_point_too() -> None:
    """A claim over days that ratings cover fits the app's rate."""
    start = datetime(BEGIN.year, BEGIN.month, BEGIN.day, tzinfo=UTC)
    rows = [{"app": "a", "app_id": "1", "store": "apple", "country": "us", "previous_at": start,
             "observed_at": start + timedelta(days=7), "new": 7_000}]  # fmt: skip
    inputs = Inputs(pl.DataFrame(schema=RANKS), pl.DataFrame(rows, schema=STEPS))
    (fitted,) = refitted([point("a", 7_000 / 0.05)], [], inputs, VERSIONS)
    assert math.exp(fitted.parameters["apps"]["a"]["ln_c"]) == pytest.approx(0.05, rel=0.25)


def test_the_people_of_a_storefront_bound_the_rate_of_rating() -> None:
    """At the common rate more would have downloaded than live there: half the rates are ruled out, as a draw shows."""
    ceiling = Ceiling("chatgpt", "no", 115_214, 5_580_000)
    (fitted,) = refitted([], [], NOTHING, VERSIONS, [ceiling, Ceiling("chatgpt", "fr", 10, 66_500_000)])
    own = fitted.parameters["apps"]["chatgpt"]
    chance = random.Random(5)
    floor = math.log(ceiling.ratings / ceiling.people)
    left = [value for value in (chance.gauss(-4.1166, 0.8) for _ in range(200_000)) if value > floor]
    assert own["ln_c"] == pytest.approx(statistics.mean(left), abs=0.01)
    assert own["sigma_c"] == pytest.approx(statistics.stdev(left), abs=0.01)
    assert own["people_of"] == "no"
    assert (fitted.version, fitted.points) == (2, 0)


def test_a_storefront_far_from_full_bounds_nothing() -> None:
    """Few ratings a head leave every method as published."""
    assert refitted([], [], NOTHING, VERSIONS, [Ceiling("claude", "fr", 1_000, 66_500_000)]) == []


def test_a_bound_far_above_all_that_was_thought_is_met_and_not_a_failure() -> None:
    """Play says 0.1 %, the storefront is full at 90 %: the rate ends just above the bound."""
    rates = [Rate("a", 10_000_000, 10_000_000_000)] * 40
    (fitted,) = refitted([], rates, NOTHING, VERSIONS, [Ceiling("a", "no", 900_000, 1_000_000)])
    assert fitted.parameters["apps"]["a"]["ln_c"] == pytest.approx(math.log(0.9), abs=0.1)
    assert fitted.parameters["apps"]["a"]["sigma_c"] > 0
