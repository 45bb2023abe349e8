"""Downloads a day from ranks, ratings and installs, and their bands."""

from __future__ import annotations

import itertools
import math
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from essor.model.estimates import PUBLISHED, Method, MethodName
from pipeline.metrics.estimates import (
    RANKS,
    ROWS,
    STEPS,
    at_rank,
    from_installs,
    from_ranks,
    from_ratings,
    published_day,
    spread,
)
from tests.pipeline.metrics.published import POINTS, table

DOCS = Path(__file__).resolve().parents[3] / "docs" / "methods"
INSTALLS, VELOCITY, CURVE = PUBLISHED
DAY = date(2026, 9, 1)
"""A Tuesday."""


def rank_row(
    rank: float | None, *, country: str = "us", depth: int = 100, launch: date | None = None
) -> dict[str, object]:
    """A day in `RANKS`."""
    state = "absent" if rank is None else "ranked"
    return {"app": "le-chat", "app_id": "1", "store": "apple", "country": country, "day": DAY, "state": state,
            "mean_rank": rank, "depth": depth, "launch": launch}  # fmt: skip


def from_rank(rank: float | None, **more: object) -> dict[str, object]:
    """The estimate of that day."""
    rows = from_ranks(pl.DataFrame([rank_row(rank, **more)], schema=RANKS), CURVE)  # type: ignore[arg-type]
    return rows.row(0, named=True)


def steps(*found: tuple[float, float, int | None]) -> pl.DataFrame:
    """Growth between two moments, given in days after `DAY`."""
    begin = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
    rows = [
        {"app": "le-chat", "app_id": "1", "store": "apple", "country": "fr",
         "previous_at": begin + timedelta(days=start), "observed_at": begin + timedelta(days=end), "new": new}
        for start, end, new in found
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=STEPS)


@pytest.mark.parametrize(
    ("rank", "central", "factor"),
    [(1, 119_120, 1.57), (2, 103_339, 1.56), (3, 91_467, 1.55), (5, 74_732, 1.54), (10, 52_000, 1.54),
     (25, 28_216, 1.56), (50, 16_615, 1.61), (100, 9_468, 1.69), (200, 5_300, 1.80)],
)  # fmt: skip
def test_the_curve_gives_the_values_of_its_parameters(rank: int, central: int, factor: float) -> None:
    """The test vectors that come with the published parameters, centre and band."""
    band = at_rank(CURVE, rank)
    assert (round(band.central), round(band.factor, 2)) == (central, factor)
    assert band.low * band.factor == pytest.approx(band.central)
    assert from_rank(rank)["central"] == pytest.approx(central, abs=1)


def test_france_first_place_is_as_the_reference_weighs_it() -> None:
    """#1 in France is about 15,000 a day, 6,800 to 33,000."""
    band = at_rank(CURVE, 1, "fr")
    assert (round(band.central, -3), round(band.low, -2), round(band.high, -3)) == (15_000, 6_800, 33_000)


def test_outside_the_depth_gives_an_upper_bound_and_no_estimate() -> None:
    """An absent day has no centre; its upper end is that of the last rank that was read."""
    row, last = from_rank(None, depth=100), from_rank(100)
    assert (row["kind"], row["central"], row["low"]) == ("upper_bound", None, 0.0)
    assert row["high"] == pytest.approx(last["high"])


def test_what_was_not_observed_gives_no_row() -> None:
    """Neither an unobserved day nor a storefront without a multiplier is estimated."""
    rows = [rank_row(3) | {"state": "not_observed"}, rank_row(3) | {"state": "failed"}, rank_row(3, country="kr")]
    assert from_ranks(pl.DataFrame(rows, schema=RANKS), CURVE).is_empty()


def test_launch_weeks_have_a_wider_band() -> None:
    """In the first 14 days the band at #1 is 65 to 219 thousand."""
    row = from_rank(1, launch=DAY - timedelta(days=13))
    assert (round(float(str(row["low"])), -3), round(float(str(row["high"])), -3)) == (65_000, 219_000)
    assert from_rank(1, launch=DAY - timedelta(days=14))["high"] == from_rank(1)["high"]


@given(rank=st.floats(1, 199), more=st.floats(0.01, 50))
def test_a_worse_rank_never_means_more_downloads(rank: float, more: float) -> None:
    """The curve falls everywhere, and a band always holds its centre."""
    better, worse = at_rank(CURVE, rank), at_rank(CURVE, rank + more)
    assert better.central > worse.central
    assert worse.low < worse.central < worse.high


def test_two_looks_a_day_apart_measure_that_day() -> None:
    """Exact installs of a framed day are a measured figure without a band; longer intervals are flagged."""
    rows = from_installs(steps((0, 1, 500), (1, 4, 300)), INSTALLS).to_dicts()
    assert [(r["day"].day, r["low"], r["central"], r["high"], r["interpolated"]) for r in rows] == [
        (1, 500, 500, 500, False), (2, 0, 100, 300, True), (3, 0, 100, 300, True), (4, 0, 100, 300, True),
    ]  # fmt: skip
    assert {(row["kind"], row["country"]) for row in rows} == {("measured", "ww")}


def test_new_ratings_are_divided_by_the_rate_of_rating() -> None:
    """Le Chat's 1,302 US ratings at 0.0163 mean about 80,000 downloads, 29,000 to 220,000."""
    row = from_ratings(steps((0, 1, 1302)), VELOCITY).row(0, named=True)
    assert round(row["central"], -3) == 80_000
    assert (round(row["low"], -3), round(row["high"], -4)) == (29_000, 220_000)


def test_a_day_without_a_rating_is_not_a_day_without_downloads() -> None:
    """What no new rating leaves possible, by Jeffreys' prior and the rate of rating; over ten days, a tenth a day."""
    row, long = (from_ratings(steps((0, days, 0)), VELOCITY).row(0, named=True) for days in (1, 10))
    assert (row["low"], row["central"], row["counted"]) == (0, 0, 0)
    chance = random.Random(1)
    drawn = sorted(chance.gammavariate(0.5, 1) * math.exp(chance.gauss(4.1166, 0.8)) for _ in range(20_000))
    assert row["high"] == pytest.approx(drawn[18_000], rel=0.06)
    assert long["high"] == pytest.approx(row["high"] / 10)


def test_an_hourly_count_tells_as_much_of_a_day_as_a_daily_one() -> None:
    """Forty-eight new ratings in two days, seen at midnight or every hour: one band."""
    daily = from_ratings(steps((0, 1, 24), (1, 2, 24)), VELOCITY)
    hourly = from_ratings(steps(*((hour / 24, (hour + 1) / 24, 1) for hour in range(48))), VELOCITY)
    for name in ("low", "central", "high"):
        assert hourly[name].to_list() == pytest.approx(daily[name].to_list(), rel=1e-6)


@pytest.mark.parametrize("rate", [0.1, 0.3, 1.0, 3.0, 10.0, 50.0])
def test_the_band_of_a_day_covers_what_it_says_at_any_rate_of_rating(rate: float) -> None:
    """Two thousand apps, each with its own rate of rating and so many ratings a day by chance: 8 in 10 are inside.

    Where most days have none, more are: a band of so few possible counts cannot leave out just a fifth.
    """
    chance = random.Random(round(rate * 10))
    begin = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
    rows, truth = [], {}
    for number in range(2_000):
        app = f"app-{number:04d}"
        truth[app] = rate / math.exp(chance.gauss(-4.1166, 0.8))
        rows.append((app, "1", "apple", "fr", begin, begin + timedelta(days=1), poisson(rate, chance)))
    found = from_ratings(pl.DataFrame(rows, STEPS, orient="row"), VELOCITY)
    inside = sum(row["low"] <= truth[row["app"]] <= row["high"] for row in found.iter_rows(named=True))
    assert 0.77 <= inside / 2_000 <= (0.83 if rate >= 1 else 0.94)


def poisson(rate: float, chance: random.Random) -> int:
    """How many came, when so many are expected."""
    count, waited = -1, 0.0
    while waited < rate:
        count, waited = count + 1, waited + chance.expovariate(1)
    return count


def test_looks_of_one_moment_lose_nothing() -> None:
    """Two storefronts that were read at the same moment, one a little behind: the whole growth counts."""
    found = spread(steps((0, 1, 95), (1, 1, 5), (1, 2, 95), (2, 2, 5)))
    assert found["share"].to_list() == [100.0, 100.0]


def test_a_reset_or_a_fall_is_set_aside() -> None:
    """An interval whose growth is unknown gives no day, and neither do days that were watched in part."""
    found = spread(steps((0, 1, None), (1.5, 3.5, 40)))
    assert found.select("day", "share").rows() == [(DAY + timedelta(days=2), 20.0)]


@given(
    cuts=st.lists(st.floats(0.01, 9.99), unique=True, max_size=8),
    seed=st.randoms(use_true_random=False),
)
def test_cutting_an_interval_evenly_changes_no_day(cuts: list[float], seed: object) -> None:
    """More looks at a count that grows evenly change no day's share, in whatever order they come."""
    moments = [0.0, *sorted(round(cut, 3) for cut in cuts), 10.0]
    pieces = [(a, b, round((b - a) * 1e6)) for a, b in itertools.pairwise(moments) if b > a]
    whole = spread(steps((0, 10, 10_000_000)))
    parts = spread(steps(*seed.sample(pieces, len(pieces))))  # type: ignore[attr-defined]
    assert parts["day"].to_list() == whole["day"].to_list()
    assert parts["share"].to_list() == pytest.approx(whole["share"].to_list(), rel=1e-6)


def test_every_method_gives_the_same_columns() -> None:
    """Rows of all methods stack, also when there are none."""
    empty = from_ranks(pl.DataFrame(schema=RANKS), CURVE)
    stacked = pl.concat([empty, from_ratings(steps(), VELOCITY), from_installs(steps((0, 1, 5)), INSTALLS)])
    assert pl.Schema(stacked.schema) == ROWS


def test_the_published_points_stand_in_the_method_page() -> None:
    """The page's table of points that set no constant is what the curve gives, with its coverage."""
    assert table(CURVE) in (DOCS / "estimates.md").read_text("utf-8")


def test_points_that_set_constants_are_not_in_the_test() -> None:
    """None of the seven #1 anchors, nor the points that the slope solves, is used to test."""
    used = {156_000, 185_000, 114_000, 136_000, 90_000, 94_000, 51_000, 52_000, 72_000, 23_000}
    assert not used & {point.downloads for point in POINTS}
    assert isinstance(published_day(CURVE, 1, "us", DAY, launch=False).central, float)
    assert isinstance(CURVE, Method)
    assert CURVE.name is MethodName.RANK_CURVE
