"""The App Store's chart pages on the web: the categories, where robots.txt allows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec

from crawlers.sources import ChartTarget, Reading, Target
from crawlers.stores._apple import (
    ALL,
    STORE,
    TERMS,
    UNREADABLE,
    Row,
    dig,
    judge,
    sorted_out,
    storefront_of_links,
    text,
)
from crawlers.stores._apple_page import (
    DEEPEST,
    HOST,
    ROBOTS,
    SERVER_DATA,
    SHOEBOX,
    data_in,
    dicts_in,
    no_data,
    page_text,
)
from essor.model.charts import Chart, ChartReading, Collection
from essor.model.errors import LayoutChanged
from essor.model.observation import Status
from essor.model.stores import Device

LONGEST_CHART = 100
"""Rows of a chart page as others have seen it."""
FEWEST = 3
"""A list of fewer apps is no chart."""

_COLLECTIONS = (Collection.TOP_FREE, Collection.TOP_PAID)
_SLUGS = {ALL: "top-free-apps", "6000": "business-apps", "6002": "utilities-apps", "6007": "productivity-apps"}
"""What stands in the addresses for readers; the number behind it says which category is meant."""
_PATH = re.compile(r"/([a-z]{2})/charts/(iphone|ipad)/[^/]{1,100}/(\d{1,6})/?", re.I | re.A)
_CHART_IN_KEY = re.compile(r"platform\.(iphone|ipad)\.genre\.(\d{1,6})\.chart\.(top-[a-z]{1,20})", re.A)
_ORDINAL = re.compile(r"""\bclass=["'][^"'<>]{0,200}\bordinal\b[^<>]{0,200}>\s*(\d{1,3})\s*<""", re.A)
_TITLE = re.compile(r"<h3\b[^<>]{0,500}>([^<>]{0,500})</h3>")
_LINK = re.compile(r"""\bhref=["']((?:https://apps\.apple\.com)?/[a-z]{2}/app/[^"'<>]{0,300}?id(\d{1,20}))\b""", re.A)


class AppleWeb:
    """The chart pages. robots.txt allows them; off until a live check has seen that the parser fits."""

    name = "apple_web"
    store = STORE
    hosts: tuple[str, ...] = (HOST,)
    parser_version = 1
    enabled_by_default = False
    at_once = LONGEST_CHART
    confirmed = False
    operators_choice = False
    every_hours = 1
    gives = "Top free and top paid, on iPhone and iPad, by category."
    limits = "100 rows; 429 was seen. Tried last, after the feeds."
    traps: tuple[str, ...] = (
        "One page may hold the lists of several charts: the one whose own words name the chart is taken, or none.",
        "A top grossing page was not seen.",
        "In the visible list the developer is missing.",
        "This parser was written from descriptions, without a capture: unconfirmed.",
    )
    robots = ROBOTS
    terms = TERMS

    def offers(self, target: Target) -> bool:
        """Top free and top paid of any category, on iPhone and iPad."""
        if not isinstance(target, ChartTarget) or target.store is not STORE:
            return False
        return target.chart.collection in _COLLECTIONS and target.chart.device in (Device.IPHONE, Device.IPAD)

    def url(self, target: ChartTarget) -> str:
        """The address of a chart's page."""
        chart = target.chart
        slug = _SLUGS.get(chart.category, "apps")
        return f"https://{HOST}/{chart.country}/charts/{chart.device}/{slug}/{chart.category}?chart={chart.collection}"

    def recognise(self, url: str) -> ChartTarget | None:
        """The chart that an address asks for; a page shows the free apps when its address does not say."""
        parts = urlsplit(url)
        found = _PATH.fullmatch(parts.path) if parts.hostname in self.hosts else None
        said = parse_qs(parts.query).get("chart", [Collection.TOP_FREE])[0]
        if found is None or said not in _COLLECTIONS:
            return None
        return ChartTarget(
            Chart(STORE, found[1].lower(), Collection(said), found[3], Device(found[2].lower())), LONGEST_CHART
        )

    def parse(self, body: bytes, target: ChartTarget) -> tuple[Reading, ...]:
        """The one reading of a page."""
        return (parse_page(body, target.chart, target.asked),)


SOURCES = (AppleWeb(),)


class _Found(NamedTuple):
    """A list of apps, and what is said of it."""

    rows: list[Row]
    chart: str | None
    category: str | None
    country: str | None


def parse_page(body: bytes, chart: Chart, asked: int = LONGEST_CHART) -> ChartReading:
    """The reading that a chart page gives: from its data, else from its older data, else from its visible list.

    Raises LayoutChanged when none of them fits, FetchError when the page is cut short.
    """
    page = page_text(body)
    lists = [*_in_server_data(page), *_in_shoebox(page)] or _in_sight(page)
    if not lists:
        raise no_data(page, "chart")
    found = _meant(lists, chart)
    if wrong := _mismatch(found, chart):
        return ChartReading(chart, asked, *wrong, len(found.rows))
    entries, rejects = sorted_out(found.rows)
    status, message = judge(len(found.rows), asked, rejects)
    return ChartReading(chart, asked, status, message, len(found.rows), tuple(entries), tuple(rejects))


def _meant(lists: list[_Found], chart: Chart) -> _Found:
    """The list of the chart asked for. Two that could be it are none: a wrong chart is worse than no chart."""
    named = [found for found in lists if found.chart == chart.collection and found.category in (None, chart.category)]
    candidates = named or lists
    longest = max(len(found.rows) for found in candidates)
    long = [found for found in candidates if len(found.rows) * 2 > longest]
    if len(long) > 1 and any(found.rows != long[0].rows for found in long):
        raise LayoutChanged(f"the page holds {len(long)} lists of apps, and does not say which is the chart")
    return long[0]


def _mismatch(found: _Found, chart: Chart) -> tuple[Status, str] | None:
    countries = [found.country] if found.country else []
    countries += storefront_of_links(found.rows, chart.country)
    other = next((country for country in countries if country != chart.country), None)
    if other is not None:
        return Status.WRONG_STOREFRONT, f"asked for storefront {chart.country}, and storefront {other} came"
    for said, asked in ((found.chart, chart.collection), (found.category, chart.category)):
        if said not in (None, asked):
            return Status.WRONG_CHART, f"asked for {chart.collection}/{chart.category}, and {said} came"
    return None


def _in_server_data(page: str) -> Iterator[_Found]:
    """Every list of apps in the data; what the objects around it say counts before what the page says first."""
    data = data_in(page, SERVER_DATA)
    first = next((found for found in dicts_in(data) if text(found, "chart") in tuple(Collection)), {})
    yield from _lists(data, _about(first))


def _lists(value: object, said: dict[str, str | None], depth: int = 0) -> Iterator[_Found]:
    rows = _lockups(value)
    if rows:
        yield _Found(rows, **said)
    elif depth < DEEPEST and isinstance(value, dict | list):
        own = _about(value) if isinstance(value, dict) else {}
        nearer = {**said, **{key: found for key, found in own.items() if found}}
        for child in value.values() if isinstance(value, dict) else value:
            yield from _lists(child, nearer, depth + 1)


def _about(said: Mapping[str, object]) -> dict[str, str | None]:
    chart = text(said, "chart")
    return {
        "chart": chart if chart in tuple(Collection) else None,
        "category": text(said, "genreId"),
        "country": (text(said, "storefront") or "").lower() or None,
    }


def _lockups(value: object) -> list[Row]:
    """The rows of a list that is one of apps, in its order. Raises LayoutChanged when it numbers them otherwise."""
    if not isinstance(value, list) or len(value) < FEWEST or not all(isinstance(item, dict) for item in value):
        return []
    rows = [_lockup(item) for item in value]
    if sum(row.app_id.isdecimal() and bool(row.name) for row in rows) * 2 <= len(rows):
        return []
    _refuse_other_ranks([text(item, "ordinal") or text(item, "rank") for item in value])
    return rows


def _lockup(item: dict[str, object]) -> Row:
    return Row(
        text(item, "adamId") or text(item, "id") or "",
        text(item, "title") or text(item, "name"),
        text(item, "developerName") or text(item, "artistName"),
        text(item, "clickAction", "pageUrl") or text(item, "url") or "",
    )


def _refuse_other_ranks(said: list[str | None]) -> None:
    other = next((n for n, rank in enumerate(said, 1) if rank is not None and rank.strip(" .") != str(n)), None)
    if other is not None:
        raise LayoutChanged(f"the row at {other} says that its place is {(said[other - 1] or '')[:20]}")


def _in_shoebox(page: str) -> Iterator[_Found]:
    """The data of the pages until November 2025: under a key that names the chart, JSON in a text."""
    cached = data_in(page, SHOEBOX)
    for key, content in cached.items() if isinstance(cached, dict) else ():
        named = _CHART_IN_KEY.search(key)
        rows = _shoebox_rows(content) if named else []
        if named and rows:
            yield _Found(rows, named[3], named[2], None)


def _shoebox_rows(content: object) -> list[Row]:
    try:
        held = msgspec.json.decode(content) if isinstance(content, str) else content
    except UNREADABLE:
        return []
    apps = dig(held, "d", "apps")
    data = dig(apps[0], "data") if isinstance(apps, list) and apps else None
    return [_shoebox_row(item) for item in data] if isinstance(data, list) else []


def _shoebox_row(item: object) -> Row:
    about = dig(item, "attributes")
    return Row(text(item, "id") or "", text(about, "name"), text(about, "artistName"), text(about, "url") or "")


def _in_sight(page: str) -> list[_Found]:
    """The list that a reader sees: a place, a link and a title an item."""
    rows, places = [], []
    for item in page.split("<li")[1:]:
        shown = item.split("</li>", 1)[0]
        place, link, title = _ORDINAL.search(shown), _LINK.search(shown), _TITLE.search(shown)
        if place is not None and link is not None:
            places.append(place[1])
            rows.append(Row(link[2], unescape(title[1]).strip() if title else None, None, _whole(link[1])))
    _refuse_other_ranks(list(places))
    return [_Found(rows, None, None, None)] if len(rows) >= FEWEST else []


def _whole(link: str) -> str:
    return link if link.startswith("https:") else f"https://{HOST}{link}"
