"""Chart pages on the web. No capture is to hand: the pages are made by descriptions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crawlers.sources import ChartTarget, recognise
from crawlers.stores.apple_web import AppleWeb, parse_page
from essor.model.charts import Chart, ChartReading, Collection
from essor.model.errors import FetchError, LayoutChanged
from essor.model.observation import Status
from essor.model.stores import Device, StoreName
from tests.crawlers.bodies import chart, ids
from tests.crawlers.pages import chart_page, lockups, page, script, server_data, shoebox_page, visible_page

FORMS = (chart_page, shoebox_page, visible_page)


def read(body: bytes) -> ChartReading:
    """The reading of a French page of productivity apps."""
    return parse_page(body, chart(), 100)


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_the_page_gives_the_chart(form: Callable[..., bytes]) -> None:
    """Today's data, the older data and the visible list alike."""
    reading = read(form())
    assert (reading.status, reading.depth) == (Status.COMPLETE, 100)
    assert [(entry.rank, entry.app_id) for entry in reading.entries] == list(enumerate(ids(), 1))
    assert (reading.entries[0].name or "").startswith("App ")


@pytest.mark.parametrize("form", FORMS)
def test_another_storefront_is_kept_apart(form: Callable[..., bytes]) -> None:
    """Every form names its storefront in its links at least."""
    reading = read(form(country="us"))
    assert (reading.status, reading.entries) == (Status.WRONG_STOREFRONT, ())
    assert reading.message == "asked for storefront fr, and storefront us came"


def test_another_chart_is_kept_apart() -> None:
    """The page's own words for collection and category are compared with what was asked for."""
    assert read(chart_page(chart="top-paid")).status is Status.WRONG_CHART
    assert read(chart_page(genre="6002")).message == "asked for top-free/6007, and 6002 came"
    assert read(shoebox_page(genre="6002")).status is Status.WRONG_CHART


def test_of_two_charts_the_named_one_is_taken() -> None:
    """A page may hold free and paid beside each other."""
    paid = {"chart": "top-paid", "shelves": [{"items": lockups(ids(first=5000))}]}
    body = page(script("serialized-server-data", server_data(lockups(), other=paid)))
    assert read(body).entries[0].app_id == "1000"


def test_of_two_lists_without_a_name_none_is_taken() -> None:
    """A wrong chart would be worse than none; a short list beside a long one is no rival."""
    nameless = [{"data": [{"items": lockups()}, {"items": lockups(ids(first=5000))}]}]
    with pytest.raises(LayoutChanged, match="2 lists of apps"):
        read(page(script("serialized-server-data", nameless)))
    short = [{"data": [{"items": lockups()}, {"items": lockups(ids(5, first=5000))}]}]
    assert read(page(script("serialized-server-data", short))).depth == 100


def test_places_that_contradict_the_order_are_a_changed_layout() -> None:
    """When the page numbers its rows otherwise, the parser has misread something."""
    items = lockups()
    items[3]["ordinal"] = "9"
    with pytest.raises(LayoutChanged, match="the row at 4 says that its place is 9"):
        read(page(script("serialized-server-data", server_data(items))))


def test_a_short_page_is_partial() -> None:
    """A page that loads the rest later does not say that an app is absent."""
    reading = read(chart_page(ids(30)))
    assert (reading.status, reading.message) == (Status.PARTIAL, "30 rows came of 100 asked for")


def test_a_page_without_a_chart_is_a_changed_layout_and_a_cut_one_a_failure() -> None:
    """Neither is ever an empty chart."""
    with pytest.raises(LayoutChanged, match="the page holds no chart"):
        read(page("<p>Hello</p>"))
    with pytest.raises(FetchError, match="cut short"):
        read(b"<!DOCTYPE html><html><body><p>Hel")
    with pytest.raises(FetchError, match="its JSON ends"):
        read(b'<html><script id="serialized-server-data">[{"a": [1, </script></html>')
    with pytest.raises(LayoutChanged, match="no HTML page"):
        read(b'{"feed":{}}')


def test_its_address_says_what_is_asked() -> None:
    """The number names the category, whatever the words before it; without a chart the free apps are meant."""
    target = ChartTarget(Chart(StoreName.APPLE, "fr", Collection.TOP_PAID, "6007", Device.IPAD), 100)
    url = AppleWeb().url(target)
    assert url == "https://apps.apple.com/fr/charts/ipad/productivity-apps/6007?chart=top-paid"
    known = recognise(url)
    assert known is not None
    assert known[1] == target
    free = recognise("https://apps.apple.com/FR/charts/iphone/whatever/6007")
    assert free is not None
    assert free[1] == ChartTarget(chart(), 100)
    assert recognise(url.replace("top-paid", "top-grossing")) is None
    assert not AppleWeb().enabled_by_default
    assert not AppleWeb().confirmed
