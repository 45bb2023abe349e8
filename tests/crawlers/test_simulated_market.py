"""The invented market: the same for its seed at any moment, and of one piece."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import correlation, median

import pytest

from crawlers.simulated_market import CATEGORIES, SimulatedMarket
from essor.model.apps import all_apps
from essor.model.charts import Chart, Collection
from essor.model.estimates import PUBLISHED, MethodName
from essor.model.stores import STOREFRONTS, Device, StoreName
from pipeline.metrics.estimates import at_rank

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CURVE = next(method for method in PUBLISHED if method.name is MethodName.RANK_CURVE)
RATED = math.exp(next(m for m in PUBLISHED if m.name is MethodName.RATING_VELOCITY).parameters["ln_c"])


@pytest.fixture(scope="module")
def market() -> SimulatedMarket:
    """One market for all questions."""
    return SimulatedMarket("7")


def overall(country: str = "fr", collection: Collection = Collection.TOP_FREE) -> Chart:
    """The iPhone's chart of all categories."""
    return Chart(StoreName.APPLE, country, collection, "36")


def ids(market: SimulatedMarket, chart: Chart, at: datetime) -> list[str]:
    """The apps of a chart in order."""
    return [entry.app_id for entry in market.entries(chart, at)]


def test_a_moment_is_the_same_whatever_was_asked_before(market: SimulatedMarket) -> None:
    """Another market of the seed that goes straight to a moment gives the same; one of another seed does not."""
    for days in range(5):
        market.entries(overall(), NOON - days * DAY)
    fresh = SimulatedMarket("7")
    app = fresh.app(StoreName.APPLE, "6448311069", NOON)
    assert app is not None
    assert fresh.entries(overall(), NOON) == market.entries(overall(), NOON)
    assert fresh.stars(app, "fr", NOON) == market.stars(app, "fr", NOON)
    assert ids(SimulatedMarket("8"), overall(), NOON) != ids(market, overall(), NOON)


def test_every_storefront_and_kind_of_chart_has_its_own(market: SimulatedMarket) -> None:
    """175 storefronts, three collections, each device and category; no two lists alike, no app twice in one."""
    charts = [overall(country, kind) for country in STOREFRONTS for kind in Collection]
    for apple, google in CATEGORIES:
        charts.append(Chart(StoreName.APPLE, "fr", Collection.TOP_FREE, apple, Device.IPAD))
        charts.append(Chart(StoreName.GOOGLE_PLAY, "fr", Collection.TOP_GROSSING, google, Device.ANDROID))
    found = [tuple(ids(market, chart, NOON)) for chart in charts]
    assert len(STOREFRONTS) == 175
    assert len(set(found)) == len(charts)
    assert {len(one) for one in found} == {200}
    assert all(len(set(one)) == len(one) for one in found)
    assert ids(market, Chart(StoreName.APPLE, "fr", Collection.TOP_FREE, "1"), NOON) == []


def test_ranks_move_a_little_in_an_hour_and_more_in_a_week(market: SimulatedMarket) -> None:
    """Neighbours change places; a week brings newcomers; the head is steadier than the tail."""
    before = ids(market, overall(), NOON)[:100]

    def moved(later: timedelta) -> float:
        after = {app_id: rank for rank, app_id in enumerate(ids(market, overall(), NOON + later))}
        return sum(abs(after.get(app_id, 200) - rank) for rank, app_id in enumerate(before)) / 100

    assert 0.2 < moved(timedelta(hours=1)) < 8
    assert moved(timedelta(hours=1)) < moved(7 * DAY) < 40
    assert len(set(before) & set(ids(market, overall(), NOON + 7 * DAY)[:100])) < 100


def test_the_followed_apps_are_in_it_and_all_others_are_plainly_invented(market: SimulatedMarket) -> None:
    """In their category all of them stand among the first; nobody else bears a real name or id."""
    entries = market.entries(Chart(StoreName.APPLE, "fr", Collection.TOP_FREE, "6007"), NOON)
    followed = {key.app_id for app in all_apps() for key in app.store_ids}
    assert len([entry for entry in entries[:60] if entry.app_id in followed]) == len(all_apps())
    others = [entry for entry in entries if entry.app_id not in followed]
    assert all((entry.name or "").startswith("Simulated App ") for entry in others)
    assert all(int(entry.app_id) >= 9_900_000_000 for entry in others)


def test_one_app_comes_out_climbs_and_fades(market: SimulatedMarket) -> None:
    """Nowhere before its launch; among the first ten within two days; far below that a month later."""
    app_id, chart = market.launched.ids[StoreName.APPLE], overall()

    def rank(since: timedelta) -> int:
        there = ids(market, chart, market.launch + since)
        return there.index(app_id) + 1 if app_id in there else 999

    assert rank(-timedelta(hours=1)) == 999
    assert market.app(StoreName.APPLE, app_id, market.launch - timedelta(hours=1)) is None
    assert min(rank(timedelta(hours=hours)) for hours in range(48)) <= 10
    assert rank(timedelta(hours=2)) > rank(timedelta(hours=30)) < rank(30 * DAY)
    assert market.downloads(market.launched, "fr", market.launch) == 0
    other = SimulatedMarket("7", launch=NOON)
    assert other.launch == NOON
    assert other.app(StoreName.APPLE, app_id, NOON) == other.launched


def test_counts_never_fall(market: SimulatedMarket) -> None:
    """Ratings of every number of stars and installs rise from hour to hour, over a launch as well."""
    begin = market.launch - DAY
    moments = [begin + timedelta(hours=5 * n) for n in range(60)]
    for app in (market.launched, market.app(StoreName.APPLE, "9900000003", NOON)):
        assert app is not None
        stars = [market.stars(app, "fr", at) for at in moments]
        installs = [market.downloads(app, None, at) for at in moments]
        assert all(a <= b for one, other in pairwise(stars) for a, b in zip(one, other, strict=True))
        assert installs == sorted(installs)


@pytest.mark.parametrize("country", ["us", "fr"])
def test_ratings_and_installs_fit_the_ranks(market: SimulatedMarket, country: str) -> None:
    """A day's new ratings are those of the downloads that the rank curve gives for the app's place."""
    chart, noon = overall(country), NOON.replace(day=16)  # a Monday
    ranks, new, installs = [], [], []
    for rank, app_id in enumerate(ids(market, chart, noon)[:150], 1):
        app = market.app(StoreName.APPLE, app_id, noon)
        assert app is not None
        ratings = sum(market.stars(app, country, noon + DAY / 2)) - sum(market.stars(app, country, noon - DAY / 2))
        ranks.append(math.log(at_rank(CURVE, rank, country).central))
        new.append(math.log(max(ratings, 1) / RATED))
        grown = market.downloads(app, None, noon + DAY / 2) - market.downloads(app, None, noon - DAY / 2)
        installs.append(math.log(grown))
    assert correlation(ranks, new) > 0.95
    assert abs(median(rated - curve for rated, curve in zip(new, ranks, strict=True))) < 0.25
    assert correlation(ranks, installs) > 0.5
