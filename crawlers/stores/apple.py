"""The App Store: RSS v2, the legacy RSS and lookup; their addresses and how to read their bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec

from crawlers.sources import ChartTarget, ListingTarget, Reading, Target
from crawlers.stores._apple import (
    ALL,
    STORE,
    STOREFRONT_IN_LINK,
    TERMS,
    UNREADABLE,
    Row,
    dig,
    json_of,
    judge,
    path_of,
    sorted_out,
    storefront_of_links,
    text,
)
from essor.model.charts import Chart, ChartReading, Collection
from essor.model.errors import Blocked, LayoutChanged
from essor.model.listings import Listing, ListingReading
from essor.model.observation import Status
from essor.model.stores import Device, StoreName

LONGEST_CHART = 100
"""Apple's longest feed: v2 answers 500 above it, the legacy feed gives no more since September 2021."""
LONGEST_LOOKUP = 100
"""Ids in one lookup; 100 is in production elsewhere, more was never confirmed."""

_LEGACY_CHARTS = {
    "topfreeapplications": (Collection.TOP_FREE, Device.IPHONE),
    "toppaidapplications": (Collection.TOP_PAID, Device.IPHONE),
    "topgrossingapplications": (Collection.TOP_GROSSING, Device.IPHONE),
    "topfreeipadapplications": (Collection.TOP_FREE, Device.IPAD),
    "toppaidipadapplications": (Collection.TOP_PAID, Device.IPAD),
    "topgrossingipadapplications": (Collection.TOP_GROSSING, Device.IPAD),
}
_LEGACY_NAMES = {kind: name for name, kind in _LEGACY_CHARTS.items()}
_LEGACY_DEFAULT_LIMIT = 10
_V2_PATH = re.compile(r"/api/v2/([a-z]{2})/apps/(top-free|top-paid)/(\d{1,4})/apps\.json", re.I | re.A)
_LEGACY_PATH = re.compile(r"/([a-z]{2})/rss/(\w+)((?:/limit=\d{1,4}|/genre=\w{1,20})*)/json", re.I | re.A)
_LOOKUP_PATH = re.compile(r"(?:/([a-z]{2}))?/lookup", re.IGNORECASE)


class AppleRss:
    """The RSS feed generator v2: overall charts, top free and top paid. robots.txt allows it."""

    name = "apple_rss"
    store = STORE
    hosts: tuple[str, ...] = ("rss.marketingtools.apple.com", "rss.applemarketingtools.com")
    parser_version = 1
    enabled_by_default = True
    at_once = LONGEST_CHART
    confirmed = True
    operators_choice = False
    every_hours = 1
    gives = "Top free and top paid on iPhone, all categories together, in every storefront."
    limits = "100 rows; above that it answers 500."
    traps: tuple[str, ...] = (
        "A genre in the address is ignored: its answer is never filed under one.",
        "There is no rank field: the rank is the position.",
        "Its answers name no device; they are taken as the iPhone's.",
        "Its host has changed once; the former one is followed.",
    )
    robots = "Allowed: the host's robots.txt holds a comment alone (public notes of autumn 2026)."
    terms = TERMS

    def offers(self, target: Target) -> bool:
        """Overall iPhone charts alone: v2 ignores a genre, so its answer must never be filed under one."""
        if not isinstance(target, ChartTarget) or target.store is not STORE:
            return False
        chart = target.chart
        overall = chart.category == ALL and chart.device is Device.IPHONE
        return overall and chart.collection in (Collection.TOP_FREE, Collection.TOP_PAID)

    def url(self, target: ChartTarget) -> str:
        """The address of a chart."""
        chart, rows = target.chart, min(target.asked, LONGEST_CHART)
        return f"https://{self.hosts[0]}/api/v2/{chart.country}/apps/{chart.collection}/{rows}/apps.json"

    def recognise(self, url: str) -> ChartTarget | None:
        """The chart that an address asks for, at today's host or the former one."""
        parts = urlsplit(url)
        return _v2_target(parts.path) if parts.hostname in self.hosts else None

    def parse(self, body: bytes, target: ChartTarget) -> tuple[Reading, ...]:
        """The one reading of a feed."""
        return (parse_chart(body, target.chart, target.asked),)


class AppleLegacyRss:
    """The legacy RSS: categories, top grossing, iPad. robots.txt refuses it, so it is off by default."""

    name = "apple_legacy_rss"
    store = STORE
    hosts: tuple[str, ...] = ("itunes.apple.com",)
    parser_version = 1
    enabled_by_default = False
    at_once = LONGEST_CHART
    confirmed = True
    operators_choice = True
    every_hours = 1
    gives = "Top free, paid and grossing, on iPhone and iPad, by category."
    limits = "100 rows since September 2021, commonly 95 to 99; 403 from some hosted addresses."
    traps: tuple[str, ...] = (
        "One entry comes as an object, none as no entry at all; a link is an object or a list.",
        "An empty feed with 200 is a refusal, not an empty chart.",
        "Genre 36 mixes games in.",
    )
    robots = "Refused: `/*/rss/*` of itunes.apple.com."
    terms = TERMS

    def offers(self, target: Target) -> bool:
        """Any collection and category, on iPhone and iPad."""
        if not isinstance(target, ChartTarget) or target.store is not STORE:
            return False
        return (target.chart.collection, target.chart.device) in _LEGACY_NAMES

    def url(self, target: ChartTarget) -> str:
        """The address of a chart."""
        chart = target.chart
        genre = "" if chart.category == ALL else f"/genre={chart.category}"
        name, rows = _LEGACY_NAMES[chart.collection, chart.device], min(target.asked, LONGEST_CHART)
        return f"https://{self.hosts[0]}/{chart.country}/rss/{name}/limit={rows}{genre}/json"

    def recognise(self, url: str) -> ChartTarget | None:
        """The chart that an address asks for; limit and genre in any order or missing."""
        parts = urlsplit(url)
        return _legacy_target(parts.path) if parts.hostname in self.hosts else None

    def parse(self, body: bytes, target: ChartTarget) -> tuple[Reading, ...]:
        """The one reading of a feed."""
        return (parse_chart(body, target.chart, target.asked),)


class AppleLookup:
    """Lookup: the listings of many apps in one storefront. robots.txt allows it without a country in the path."""

    name = "apple_lookup"
    store = STORE
    hosts: tuple[str, ...] = ("itunes.apple.com",)
    parser_version = 1
    enabled_by_default = True
    at_once = LONGEST_LOOKUP
    confirmed = True
    operators_choice = False
    every_hours = 24
    gives = "Rating count and mean, version, dates, price, names of up to 100 apps in one storefront."
    limits = (
        "About 20 requests a minute by Apple's documentation; above it 403 with an empty body. "
        "Cached for about a day by the exact address."
    )
    traps: tuple[str, ...] = (
        "An app that a storefront does not offer is left out without a word: records are matched by id.",
        "Rating counts fall at times, and stand still for weeks in small storefronts.",
        "There is no number of downloads.",
        "The body begins with three newlines, and numbers come as texts in places.",
    )
    robots = "Allowed without a country in the path; `/fr/lookup?` is refused."
    terms = TERMS

    def offers(self, target: Target) -> bool:
        """Listings of any storefront."""
        return isinstance(target, ListingTarget) and target.store is STORE and not target.page

    def url(self, target: ListingTarget) -> str:
        """The address of some listings, ids sorted: Apple caches for a day by the exact query string."""
        ids = ",".join(sorted(target.app_ids, key=int))
        return f"https://{self.hosts[0]}/lookup?id={ids}&country={target.country}&entity=software"

    def recognise(self, url: str) -> ListingTarget | None:
        """The listings that an address asks for; no country is the United States, as Apple has it."""
        parts = urlsplit(url)
        path = _LOOKUP_PATH.fullmatch(parts.path)
        if parts.hostname not in self.hosts or path is None:
            return None
        query = parse_qs(parts.query)
        ids = tuple(part for part in ",".join(query.get("id", ())).split(",") if part.isdecimal())
        country = query.get("country", [path[1] or "us"])[0].lower()
        return ListingTarget(STORE, country, ids) if ids else None

    def parse(self, body: bytes, target: ListingTarget) -> tuple[Reading, ...]:
        """One reading an app."""
        return parse_listings(body, target.store, target.country, target.app_ids)


SOURCES = (AppleRss(), AppleLegacyRss(), AppleLookup())
"""In the order in which to try them."""


def _v2_target(path: str) -> ChartTarget | None:
    found = _V2_PATH.fullmatch(path)
    if found is None:
        return None
    return ChartTarget(Chart(STORE, found[1].lower(), Collection(found[2].lower()), ALL), int(found[3]))


def _legacy_target(path: str) -> ChartTarget | None:
    found = _LEGACY_PATH.fullmatch(path)
    kind = _LEGACY_CHARTS.get(found[2].lower()) if found else None
    if found is None or kind is None:
        return None
    given = dict(pair.split("=") for pair in found[3].split("/") if pair)
    chart = Chart(STORE, found[1].lower(), kind[0], given.get("genre", ALL), kind[1])
    return ChartTarget(chart, int(given.get("limit", _LEGACY_DEFAULT_LIMIT)))


def parse_chart(body: bytes, chart: Chart, asked: int = LONGEST_CHART) -> ChartReading:
    """The reading that a chart feed gives, in the v2 form or the legacy one.

    Raises LayoutChanged when it is no such feed, Blocked when it has no entries, FetchError when it is cut short.
    """
    feed = _chart_feed(body)
    said = _what_it_says(feed)
    if not feed.rows:
        raise Blocked("200 with an empty feed: Apple answers so to clients that it turns away")
    if wrong := _mismatch(said, feed, chart):
        return ChartReading(chart, asked, wrong[0], wrong[1], len(feed.rows))
    entries, rejects = sorted_out(feed.rows)
    if not entries:
        raise LayoutChanged(f"none of the {len(feed.rows)} rows has an app id")
    status, message = judge(len(feed.rows), asked, rejects)
    return ChartReading(chart, asked, status, message, len(feed.rows), tuple(entries), tuple(rejects))


class _Feed(NamedTuple):
    rows: Sequence[Row]
    links: Iterable[str]
    """Its own addresses, as it gives them."""
    country: str | None


class _Label(msgspec.Struct, gc=False):
    label: str | None = None


class _IdAttributes(msgspec.Struct, gc=False, rename={"app_id": "im:id"}):
    app_id: str = ""


class _Id(msgspec.Struct, gc=False):
    label: str = ""
    attributes: _IdAttributes = msgspec.field(default_factory=_IdAttributes)


class _LegacyEntry(msgspec.Struct, gc=False, rename={"name": "im:name", "artist": "im:artist"}):
    id: _Id = msgspec.field(default_factory=_Id)
    name: _Label = msgspec.field(default_factory=_Label)
    artist: _Label = msgspec.field(default_factory=_Label)


class _Result(msgspec.Struct, gc=False, rename="camel"):
    id: str = ""
    name: str | None = None
    artist_name: str | None = None
    url: str = ""


class _FeedBody(msgspec.Struct):
    id: str | _Label | None = None
    country: str | None = None
    entry: list[_LegacyEntry] | _LegacyEntry | None = None
    results: list[_Result] | None = None


class _Document(msgspec.Struct):
    feed: _FeedBody


_DOCUMENT = msgspec.json.Decoder(_Document)


def _chart_feed(body: bytes) -> _Feed:
    """The fast way for a feed of the usual shape, the patient way for any other."""
    try:
        feed = _DOCUMENT.decode(body).feed
    except UNREADABLE:
        return _patient_feed(json_of(body))
    link = feed.id if isinstance(feed.id, str) else feed.id.label if feed.id else None
    rows = [Row(r.id, r.name, r.artist_name, r.url) for r in feed.results or ()]
    entries = [feed.entry] if isinstance(feed.entry, _LegacyEntry) else feed.entry or ()
    rows += [Row(e.id.attributes.app_id, e.name.label, e.artist.label, e.id.label) for e in entries]
    return _Feed(rows, [link] if link else [], feed.country)


def _patient_feed(document: object) -> _Feed:
    feed = dig(document, "feed")
    if not isinstance(feed, dict):
        raise LayoutChanged("the answer is JSON and has no feed")
    found = feed.get("results", feed.get("entry"))
    rows = found if isinstance(found, list) else [] if found is None else [found]
    links = [dig(feed, "id"), dig(feed, "id", "label"), *_self_links(feed)]
    return _Feed([_patient_row(row) for row in rows], [x for x in links if isinstance(x, str)], text(feed, "country"))


def _self_links(feed: dict[str, Any]) -> list[object]:
    """v2 has `links[].self`, the legacy feed `link[].attributes` with rel and href."""
    found = feed.get("links", feed.get("link"))
    given = found if isinstance(found, list) else [found]
    legacy = [dig(x, "attributes", "href") for x in given if dig(x, "attributes", "rel") == "self"]
    return [*legacy, *(dig(x, "self") for x in given)]


def _patient_row(row: object) -> Row:
    app_id = text(row, "id", "attributes", "im:id") or text(row, "id") or ""
    name = text(row, "im:name", "label") or text(row, "name")
    developer = text(row, "im:artist", "label") or text(row, "artistName")
    return Row(app_id, name, developer, text(row, "id", "label") or text(row, "url") or "")


def _what_it_says(feed: _Feed) -> Chart | None:
    """The chart that a feed says it is; None when it does not say.

    The path alone is read: the legacy feed may name an inner host of Apple's in its own address.
    """
    for link in feed.links:
        path = path_of(link)
        target = _v2_target(path) or _legacy_target(path)
        if target is not None:
            return target.chart
    return None


def _mismatch(said: Chart | None, feed: _Feed, asked: Chart) -> tuple[Status, str] | None:
    countries = [said.country] if said else []
    countries += [feed.country.lower()] if feed.country else []
    countries += storefront_of_links(feed.rows, asked.country)
    other = next((country for country in countries if country != asked.country), None)
    if other is not None:
        return Status.WRONG_STOREFRONT, f"asked for storefront {asked.country}, and storefront {other} came"
    if said is not None and said != asked:
        return Status.WRONG_CHART, f"asked for {asked}, and {said} came"
    return None


_Count = Annotated[int, msgspec.Meta(ge=-(1 << 62), le=1 << 62)]
"""A whole number that a table can hold; one that cannot be is left to the rules of quality."""
_Amount = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]
"""A finite number."""


class _Record(msgspec.Struct, rename="camel"):
    track_id: _Count | None = None
    track_name: str | None = None
    artist_name: str | None = None
    version: str | None = None
    user_rating_count: _Count | None = None
    average_user_rating: _Amount | None = None
    price: _Amount | None = None
    currency: str | None = None
    release_date: str | None = None
    current_version_release_date: str | None = None
    release_notes: str | None = None
    primary_genre_id: _Count | None = None
    bundle_id: str | None = None
    track_view_url: str | None = None


class _Lookup(msgspec.Struct):
    results: list[_Record]


_LOOKUP = msgspec.json.Decoder(_Lookup)


def parse_listings(body: bytes, store: StoreName, country: str, app_ids: Sequence[str]) -> tuple[ListingReading, ...]:
    """One reading for each of `app_ids`: Apple leaves out, silently, what it does not offer in a storefront.

    Raises LayoutChanged when the answer is no lookup answer, FetchError when it is cut short.
    """
    records = _records(body)
    by_id = {str(record.track_id): record for record in records if record.track_id is not None}
    nameless = sum(record.track_id is None for record in records)
    return tuple(_listing_reading(store, country, app_id, by_id.get(app_id), nameless) for app_id in app_ids)


def _records(body: bytes) -> list[_Record]:
    try:
        return _LOOKUP.decode(body).results
    except UNREADABLE:
        results = dig(json_of(body), "results")
    if not isinstance(results, list):
        raise LayoutChanged("the answer is JSON and has no results")
    return [_patient_record(result) for result in results]


def _patient_record(result: object) -> _Record:
    """The fields that can be read, each by itself: one odd field does not cost the others."""
    fields = {}
    for field in msgspec.structs.fields(_Record):
        value = dig(result, field.encode_name)
        try:
            fields[field.name] = msgspec.convert(value, field.type, strict=False)
        except msgspec.ValidationError:
            continue
    return _Record(**fields)


def _listing_reading(
    store: StoreName, country: str, app_id: str, record: _Record | None, nameless: int
) -> ListingReading:
    if record is None and nameless:
        message = f"{nameless} results of the answer have no trackId: this app may be one of them"
        return ListingReading(store, country, app_id, Status.LAYOUT_CHANGED, message)
    if record is None:
        message = f"the answer leaves {app_id} out: not offered in storefront {country}"
        return ListingReading(store, country, app_id, Status.NOT_AVAILABLE, message)
    found = STOREFRONT_IN_LINK.search(record.track_view_url or "")
    if found is not None and found[1] != country:
        message = f"asked for storefront {country}, and storefront {found[1]} came"
        return ListingReading(store, country, app_id, Status.WRONG_STOREFRONT, message)
    return ListingReading(store, country, app_id, Status.COMPLETE, listing=_listing(record))


def _listing(record: _Record) -> Listing:
    return Listing(
        name=record.track_name,
        developer=record.artist_name,
        version=record.version,
        rating_count=record.user_rating_count,
        rating_average=record.average_user_rating if record.user_rating_count else None,
        price=record.price,
        currency=record.currency,
        released_at=record.release_date[:10] if record.release_date else None,
        version_released_at=record.current_version_release_date,
        release_notes=record.release_notes,
        category=None if record.primary_genre_id is None else str(record.primary_genre_id),
        bundle_id=record.bundle_id,
    )
