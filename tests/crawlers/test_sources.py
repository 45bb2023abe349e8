"""Which source is asked for what, and what each says of itself."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from crawlers.run import _source, listing_targets, page_targets, review_targets
from crawlers.sources import ChartTarget, Redacting, all_sources, asked_for_signals, recognise
from essor.model.apps import App, StoreId
from essor.model.stores import StoreName
from essor.settings import Settings
from tests.crawlers.bodies import chart

TODAY = date(2026, 11, 20)
ON = {"enabled": True}


def app(*keys: tuple[StoreName, str]) -> App:
    """An app with these ids."""
    ids = tuple(StoreId(store, app_id, None, None, None) for store, app_id in keys)
    return App("a", "A", "", "#000000", "#ffffff", "solid", (), ids, ())


BOTH = app((StoreName.APPLE, "7001"), (StoreName.GOOGLE_PLAY, "a.b"))


def asked(depth: int, category: str, **sources: Any) -> str | None:
    """The source that is asked for a chart."""
    source = _source(ChartTarget(chart(category=category), depth), Settings(sources=sources))
    return source.name if source else None


def test_a_deeper_chart_is_asked_where_it_is_to_be_had() -> None:
    """Ids alone reach two hundred; for a hundred a feed has names too. What is off is not asked."""
    both = {"apple_ids": ON, "apple_legacy_rss": ON}
    assert asked(200, "6007", **both) == "apple_ids"
    assert asked(100, "6007", **both) == "apple_legacy_rss"
    assert asked(200, "36") == "apple_rss"
    assert asked(200, "36", apple_ids=ON) == "apple_ids"
    assert asked(100, "6007", apple_web=ON, apple_ids=ON) == "apple_ids"
    assert asked(100, "6007", apple_web=ON) == "apple_web"
    assert asked(100, "6007") is None


def test_pages_are_asked_beside_the_listings_when_their_source_is_on() -> None:
    """The lookup goes on; an extra that is off leaves no refused reading behind."""
    off, on = Settings(listing_countries=["fr"]), Settings(listing_countries=["fr"], sources={"apple_app_page": ON})
    assert list(page_targets(off, [BOTH], TODAY)) == []
    (page,) = page_targets(on, [BOTH], TODAY)
    assert (page.app_ids, page.page) == (("7001",), True)
    assert not any(target.page for target in listing_targets(on, [BOTH], TODAY))


def test_reviews_are_asked_by_storefront_or_by_language_as_the_store_keeps_them() -> None:
    """Two pages of each storefront at Apple, one of each language at Google Play."""
    settings = Settings(listing_countries=["fr", "us"], review_languages=["fr", "en"], review_pages=2)
    found = [(one.store, one.country, one.language, one.page) for one in review_targets(settings, [BOTH], TODAY)]
    apple, play = StoreName.APPLE, StoreName.GOOGLE_PLAY
    assert found == [
        *((apple, country, None, page) for country in ("fr", "us") for page in (1, 2)),
        *((play, "ww", language, 1) for language in ("fr", "en")),
    ]


@pytest.mark.parametrize("source", all_sources(), ids=lambda source: source.name)
def test_each_source_says_what_a_reader_must_know(source: Any) -> None:
    """What it gives, its limits, its traps, robots.txt and terms; what is unconfirmed or refused is off."""
    for text in (source.gives, source.limits, source.robots, source.terms, *source.traps):
        assert text.endswith((".", ")", ":"))
        assert "\n" not in text
    assert source.traps
    assert source.every_hours >= 1
    if source.operators_choice or not source.confirmed:
        assert not source.enabled_by_default
    assert source.confirmed or any("unconfirmed" in trap for trap in source.traps)
    assert source.operators_choice or source.robots.startswith("Allowed")


def test_what_speaks_of_persons_can_be_redacted() -> None:
    """Every source of reviews says what is kept of its answers."""
    assert {source.name for source in all_sources() if isinstance(source, Redacting)} == {
        "apple_reviews",
        "google_play_reviews",
    }
    assert not any(isinstance(source, Redacting) for source in asked_for_signals())


@pytest.mark.parametrize(
    "url", ["https://[::1", "", "x", "https://itunes.apple.com/fr/rss/topfreeapplications/limit=x/json"]
)
def test_what_is_no_address_is_no_sources(url: str) -> None:
    """An archive from elsewhere may hold anything."""
    assert recognise(url) is None
