"""The stars of an app page. No capture is to hand: the pages are made by a description."""

from __future__ import annotations

import pytest

from crawlers.sources import ListingTarget, recognise
from crawlers.stores.apple_app_page import AppleAppPage, parse_histogram
from essor.model.errors import FetchError, LayoutChanged
from essor.model.listings import Listing
from essor.model.observation import Status
from essor.model.stores import StoreName
from tests.crawlers.pages import app_page, page, script


@pytest.mark.parametrize("root", ["object", "list"])
def test_the_five_counts_are_read(root: str) -> None:
    """Five stars come first on the page; the root was a list and is an object."""
    reading = parse_histogram(app_page(root=root), "fr", "7001")
    assert reading.status is Status.COMPLETE
    assert reading.listing == Listing(stars_1=2, stars_2=0, stars_3=1, stars_4=1, stars_5=6)


def test_counts_in_another_order_are_a_changed_layout() -> None:
    """Their mean would not be the one that the page shows."""
    with pytest.raises(LayoutChanged, match=r"a mean of 2\.10 and the page says 3\.90"):
        parse_histogram(app_page((2, 0, 1, 1, 6)), "fr", "7001")


@pytest.mark.parametrize("counts", [[1, 2, 3], [1, 2, 3, 4, "5"], [1, 2, 3, 4, -5], [], [1, 2, 3, 4, 5, 6], [True] * 5])
def test_what_are_no_five_counts_is_a_changed_layout(counts: list[object]) -> None:
    """Never zeros."""
    with pytest.raises(LayoutChanged, match="no five counts"):
        parse_histogram(app_page(counts), "fr", "7001")


def test_an_app_without_ratings_is_empty() -> None:
    """The page says so believably."""
    assert parse_histogram(app_page((0, 0, 0, 0, 0), 0), "fr", "7001").status is Status.EMPTY


def test_the_page_of_another_app_or_storefront_is_kept_apart() -> None:
    """The page's own address is compared with what was asked for."""
    assert parse_histogram(app_page(country="us"), "fr", "7001").status is Status.WRONG_STOREFRONT
    with pytest.raises(LayoutChanged, match="the page of 8 came"):
        parse_histogram(app_page(app_id="8"), "fr", "7001")


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (page("<p>x</p>"), LayoutChanged, "the page holds no ratings"),
        (page(script("serialized-server-data", {"data": []})), LayoutChanged, "the page holds no ratings"),
        (app_page(average=None), LayoutChanged, "no mean"),
        (b"<html><p>", FetchError, "cut short"),
        (b"{}", LayoutChanged, "no HTML page"),
    ],
)
def test_a_page_without_its_data_is_an_error(body: bytes, kind: type[Exception], words: str) -> None:
    """A page without the tag is a changed layout."""
    with pytest.raises(kind, match=words):
        parse_histogram(body, "fr", "7001")


def test_its_address_says_what_is_asked() -> None:
    """With or without the app's name; the lookup does not offer pages and this does not offer listings."""
    target = ListingTarget(StoreName.APPLE, "fr", ("7001",), page=True)
    url = AppleAppPage().url(target)
    assert url == "https://apps.apple.com/fr/app/id7001"
    for address in (url, url.replace("/id", "/le-chat/id"), url + "?l=en"):
        known = recognise(address)
        assert known is not None
        assert (known[0].name, known[1]) == ("apple_app_page", target)
    assert not AppleAppPage().offers(ListingTarget(StoreName.APPLE, "fr", ("7001",)))
