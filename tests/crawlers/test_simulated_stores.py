"""Simulated answers: what the stores' own parsers make of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from crawlers.answers import SIMULATED, Answer, readings
from crawlers.archive import capture_at
from crawlers.fakes import all_fakes, fake_of
from crawlers.faults import TRANSPORT, Fault
from crawlers.playback import Playback
from crawlers.simulated_market import SimulatedMarket
from crawlers.simulated_stores import SimulatedStores
from crawlers.sources import ChartTarget, ListingTarget, Reading, Source, Target, all_sources, source_named
from essor.model.charts import OVERALL, Chart, Collection
from essor.model.observation import Status
from essor.model.stores import Device, Market, StoreName

NOW = datetime(2026, 11, 20, 12, 34, tzinfo=UTC)
APPS = {StoreName.APPLE: "6448311069", StoreName.GOOGLE_PLAY: "com.openai.chatgpt"}
CATEGORY = {StoreName.APPLE: "6007", StoreName.GOOGLE_PLAY: "PRODUCTIVITY"}


@pytest.fixture(scope="module")
def playback() -> Playback:
    """The stores of a seed, standing still."""
    return Playback(SimulatedStores(SimulatedMarket("7")), lambda: NOW)


def answered(playback: Playback, url: str) -> Answer:
    """The answer at a public address."""
    reply = playback.reply(url)
    return Answer(url, reply.status, reply.headers, reply.body, NOW)


def judged(playback: Playback, source: Source[Any], target: Target) -> tuple[Reading, ...]:
    """The readings that the source's own parser gives."""
    answer = answered(playback, source.url(target))
    return readings(answer, capture_at(answer, "x", 0), "run")


def targets() -> Iterator[tuple[Source[Any], Target]]:
    """Everything a source of charts or listings may be asked for, of three storefronts."""
    for source in all_sources():
        for country in ("fr", "us", "zw"):
            charts = [
                ChartTarget(Chart(source.store, country, kind, category, device), source.at_once)
                for kind in Collection
                for category in (OVERALL[source.store], CATEGORY[source.store])
                for device in Device
            ]
            listings = [ListingTarget(source.store, country, (APPS[source.store],), page) for page in (False, True)]
            yield from ((source, target) for target in (*charts, *listings) if source.offers(target))


@pytest.mark.parametrize(("source", "target"), list(targets()), ids=lambda one: getattr(one, "name", str(one)))
def test_every_source_reads_it_whole(playback: Playback, source: Source[Any], target: Target) -> None:
    """Charts have every row, listings every count; none is partial, wrong or of another layout."""
    (reading,) = judged(playback, source, target)
    assert reading.status is Status.COMPLETE, reading.message
    if isinstance(target, ChartTarget):
        assert len(reading.entries) == source.at_once  # type: ignore[union-attr]
    elif source.name != "apple_app_page":
        assert reading.listing.rating_count > 1000  # type: ignore[union-attr]


def test_stars_and_counts_agree_between_sources(playback: Playback) -> None:
    """The app page's stars are the lookup's count."""
    (listing,) = judged(playback, source_named("apple_lookup"), ListingTarget(StoreName.APPLE, "fr", (APPS["apple"],)))  # type: ignore[index]
    page = ListingTarget(StoreName.APPLE, "fr", (APPS["apple"],), page=True)  # type: ignore[index]
    (stars,) = judged(playback, source_named("apple_app_page"), page)
    counts = [getattr(stars.listing, f"stars_{n}") for n in range(1, 6)]  # type: ignore[union-attr]
    assert sum(counts) == listing.listing.rating_count  # type: ignore[union-attr]


def test_every_answer_says_that_it_is_simulated(playback: Playback) -> None:
    """Data, robots.txt, what is not there and what goes wrong alike; real answers are of the real market."""
    urls = [
        "https://rss.marketingtools.apple.com/api/v2/fr/apps/top-free/100/apps.json",
        "https://itunes.apple.com/robots.txt",
        "https://pypistats.org/api/packages/mistralai/recent",
    ]
    for url in urls:
        answer = answered(playback, url)
        assert (answer.header(SIMULATED.lower()), answer.market) == ("7", Market.SIMULATED)
    assert answered(playback, urls[2]).http_status == 404
    playback.faults.set([Fault("500")])
    assert answered(playback, urls[0]).market is Market.SIMULATED
    playback.faults.set([])
    assert Answer(urls[0], 200, (), b"{}", NOW).market is Market.REAL


@pytest.mark.parametrize("store", list(StoreName))
def test_what_a_store_does_not_have_is_left_out(playback: Playback, store: StoreName) -> None:
    """An app that nobody sells, and one that is not out yet, are not available."""
    source = next(one for one in all_sources() if one.offers(ListingTarget(store, "fr", (APPS[store],))))
    nobody = {StoreName.APPLE: "123", StoreName.GOOGLE_PLAY: "org.example.nobody"}[store]
    (reading,) = judged(playback, source, ListingTarget(store, "fr", (nobody,)))
    assert reading.status is Status.NOT_AVAILABLE


@pytest.mark.parametrize("store", list(StoreName))
@pytest.mark.parametrize(
    ("fault", "status"),
    [("other_storefront", Status.WRONG_STOREFRONT), ("other_layout", Status.LAYOUT_CHANGED)],
)
def test_each_store_goes_wrong_in_its_own_ways(
    playback: Playback, store: StoreName, fault: str, status: Status
) -> None:
    """Another storefront and a changed layout are noticed in charts and listings of both stores."""
    names = {
        StoreName.APPLE: ("apple_rss", "apple_legacy_rss", "apple_web", "apple_lookup", "apple_app_page"),
        StoreName.GOOGLE_PLAY: ("google_play_details", "google_play_charts"),
    }[store]
    playback.faults.set([Fault(fault)])
    for source, target in targets():
        country = target.chart.country if isinstance(target, ChartTarget) else getattr(target, "country", "")
        if source.name in names and country == "fr":
            assert {reading.status for reading in judged(playback, source, target)} == {status}, source.name
    playback.faults.set([])


@pytest.mark.parametrize("fault", sorted(set().union(*(fake.SPOILS for fake in all_fakes()))))
def test_a_fault_of_one_store_leaves_the_others_alone(playback: Playback, fault: str) -> None:
    """Whatever is asked while a fault is set is answered; what cannot go wrong so is as it was."""
    for source, target in targets():
        playback.faults.set([])
        good = playback.reply(source.url(target)).body
        playback.faults.set([Fault(fault)])
        spoilt = playback.reply(source.url(target))
        assert spoilt.status == 200
        assert spoilt.body == good or fault in fake_of(source.store).SPOILS  # type: ignore[union-attr]
    playback.faults.set([])


def test_every_fault_that_is_asked_for_is_there() -> None:
    """Each store knows the two of its own manner; the others are of the connection."""
    for fake in all_fakes():
        assert {"other_storefront", "other_layout"} <= fake.SPOILS
    assert {"429", "403", "500", "timeout", "reset", "slow_body", "cut_body", "html", "empty_body"} <= set(TRANSPORT)
    assert fake_of("elsewhere") is None
