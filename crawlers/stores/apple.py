"""The App Store: RSS v2, the legacy RSS and lookup; their addresses and how to read their bytes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec

from crawlers.sources import ChartTarget, ListingTarget, Reading, Target
from essor.model.charts import OVERALL, Chart, ChartEntry, ChartReading, Collection, RejectedEntry
from essor.model.errors import Blocked, FetchError, LayoutChanged
from essor.model.listings import Listing, ListingReading
from essor.model.observation import Status
from essor.model.stores import Device, StoreName

STORE = StoreName.APPLE
LONGEST_CHART = 100
"""Apple's longest feed: v2 answers 500 above it, the legacy feed gives no more since September 2021."""
LONGEST_LOOKUP = 100
"""Ids in one lookup; 100 is in production elsewhere, more was never confirmed."""
ENOUGH = 0.9
"""Share of the rows asked for that makes a chart complete: Apple commonly gives 95 to 99 of 100."""

_ALL = OVERALL[STORE]
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
_V2_PATH = re.compile(r"/api/v2/([a-z]{2})/apps/(top-free|top-paid)/(\d+)/apps\.json", re.IGNORECASE)
_LEGACY_PATH = re.compile(r"/([a-z]{2})/rss/(\w+)((?:/\w+=\w+)*)/json", re.IGNORECASE)
_LOOKUP_PATH = re.compile(r"(?:/([a-z]{2}))?/lookup", re.IGNORECASE)
_STOREFRONT_IN_LINK = re.compile(r"//(?:apps|itunes)\.apple\.com/([a-z]{2})/app/")


class AppleRss:
    """The RSS feed generator v2: overall charts, top free and top paid. robots.txt allows it."""

    name = "apple_rss"
    store = STORE
    hosts: tuple[str, ...] = ("rss.marketingtools.apple.com", "rss.applemarketingtools.com")
    parser_version = 1
    enabled_by_default = True
    at_once = 1

    def offers(self, target: Target) -> bool:
        """Overall iPhone charts alone: v2 ignores a genre, so its answer must never be filed under one."""
        if not isinstance(target, ChartTarget) or target.store is not STORE:
            return False
        chart = target.chart
        overall = chart.category == _ALL and chart.device is Device.IPHONE
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
    at_once = 1

    def offers(self, target: Target) -> bool:
        """Any collection and category, on iPhone and iPad."""
        if not isinstance(target, ChartTarget) or target.store is not STORE:
            return False
        return (target.chart.collection, target.chart.device) in _LEGACY_NAMES

    def url(self, target: ChartTarget) -> str:
        """The address of a chart."""
        chart = target.chart
        genre = "" if chart.category == _ALL else f"/genre={chart.category}"
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

    def offers(self, target: Target) -> bool:
        """Listings of any storefront."""
        return isinstance(target, ListingTarget) and target.store is STORE

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
    return ChartTarget(Chart(STORE, found[1].lower(), Collection(found[2].lower()), _ALL), int(found[3]))


def _legacy_target(path: str) -> ChartTarget | None:
    found = _LEGACY_PATH.fullmatch(path)
    kind = _LEGACY_CHARTS.get(found[2].lower()) if found else None
    if found is None or kind is None:
        return None
    given = dict(pair.split("=") for pair in found[3].split("/") if pair)
    chart = Chart(STORE, found[1].lower(), kind[0], given.get("genre", _ALL), kind[1])
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
    entries, rejects = _sorted_out(feed.rows)
    if not entries:
        raise LayoutChanged(f"none of the {len(feed.rows)} rows has an app id")
    status, message = _judge(len(feed.rows), asked, rejects)
    return ChartReading(chart, asked, status, message, len(feed.rows), tuple(entries), tuple(rejects))


class _Row(NamedTuple):
    app_id: str
    name: str | None
    developer: str | None
    link: str


class _Feed(NamedTuple):
    rows: Sequence[_Row]
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
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not the JSON it expects: other shapes, other bytes than UTF-8, too deep."""


def _chart_feed(body: bytes) -> _Feed:
    """The fast way for a feed of the usual shape, the patient way for any other."""
    try:
        feed = _DOCUMENT.decode(body).feed
    except _UNREADABLE:
        return _patient_feed(_json(body))
    link = feed.id if isinstance(feed.id, str) else feed.id.label if feed.id else None
    rows = [_Row(r.id, r.name, r.artist_name, r.url) for r in feed.results or ()]
    entries = [feed.entry] if isinstance(feed.entry, _LegacyEntry) else feed.entry or ()
    rows += [_Row(e.id.attributes.app_id, e.name.label, e.artist.label, e.id.label) for e in entries]
    return _Feed(rows, [link] if link else [], feed.country)


def _json(body: bytes) -> object:
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        raise LayoutChanged("HTML came instead of JSON")
    try:
        return msgspec.json.decode(start)
    except _UNREADABLE as error:
        if "truncated" in str(error) and not start.rstrip().endswith(b"}"):
            raise FetchError(f"the answer is cut short: its JSON ends after {len(body):,} bytes") from error
        raise LayoutChanged(f"the answer is not JSON: {error}") from error


def _patient_feed(document: object) -> _Feed:
    feed = _dig(document, "feed")
    if not isinstance(feed, dict):
        raise LayoutChanged("the answer is JSON and has no feed")
    found = feed.get("results", feed.get("entry"))
    rows = found if isinstance(found, list) else [] if found is None else [found]
    links = [_dig(feed, "id"), _dig(feed, "id", "label"), *_self_links(feed)]
    return _Feed([_patient_row(row) for row in rows], [x for x in links if isinstance(x, str)], _text(feed, "country"))


def _self_links(feed: dict[str, Any]) -> list[object]:
    """v2 has `links[].self`, the legacy feed `link[].attributes` with rel and href."""
    found = feed.get("links", feed.get("link"))
    given = found if isinstance(found, list) else [found]
    legacy = [_dig(x, "attributes", "href") for x in given if _dig(x, "attributes", "rel") == "self"]
    return [*legacy, *(_dig(x, "self") for x in given)]


def _patient_row(row: object) -> _Row:
    app_id = _text(row, "id", "attributes", "im:id") or _text(row, "id") or ""
    name = _text(row, "im:name", "label") or _text(row, "name")
    developer = _text(row, "im:artist", "label") or _text(row, "artistName")
    return _Row(app_id, name, developer, _text(row, "id", "label") or _text(row, "url") or "")


def _dig(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(value: object, *keys: str) -> str | None:
    """The text at some depth; a number there is taken as its digits."""
    found = _dig(value, *keys)
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else None


def _what_it_says(feed: _Feed) -> Chart | None:
    """The chart that a feed says it is; None when it does not say.

    The path alone is read: the legacy feed may name an inner host of Apple's in its own address.
    """
    for link in feed.links:
        path = urlsplit(link).path
        target = _v2_target(path) or _legacy_target(path)
        if target is not None:
            return target.chart
    return None


def _mismatch(said: Chart | None, feed: _Feed, asked: Chart) -> tuple[Status, str] | None:
    countries = [said.country] if said else []
    countries += [feed.country.lower()] if feed.country else []
    countries += _storefront_of_links(feed.rows, asked.country)
    other = next((country for country in countries if country != asked.country), None)
    if other is not None:
        return Status.WRONG_STOREFRONT, f"asked for storefront {asked.country}, and storefront {other} came"
    if said is not None and said != asked:
        return Status.WRONG_CHART, f"asked for {asked}, and {said} came"
    return None


def _storefront_of_links(rows: Sequence[_Row], expected: str) -> list[str]:
    """The storefront that most links of the rows name; the first is enough when it is the expected one."""
    first = _STOREFRONT_IN_LINK.search(rows[0].link)
    if first is not None and first[1] == expected:
        return [expected]
    found = Counter(m[1] for row in rows if (m := _STOREFRONT_IN_LINK.search(row.link)))
    return [country for country, _ in found.most_common(1)]


def _sorted_out(rows: Sequence[_Row]) -> tuple[list[ChartEntry], list[RejectedEntry]]:
    """The rows that are entries, and those set aside. A row without a name still has its rank."""
    entries: list[ChartEntry] = []
    rejects: list[RejectedEntry] = []
    seen: set[str] = set()
    for rank, row in enumerate(rows, 1):
        app_id = row[0]
        if app_id not in seen and app_id.isdecimal() and app_id.isascii():
            seen.add(app_id)
            entries.append(ChartEntry(rank, app_id, row[1], row[2]))
        else:
            rejects.append(RejectedEntry(rank, _reason(app_id, seen), f"{app_id} {row.name or ''}".strip()[:200]))
    return entries, rejects


def _reason(app_id: str, seen: set[str]) -> str:
    if not app_id:
        return "no_id"
    return "duplicate_id" if app_id in seen else "bad_id"


def _judge(depth: int, asked: int, rejects: Sequence[RejectedEntry]) -> tuple[Status, str | None]:
    """A row whose app is unknown could be anyone's, so that a chart with one is not complete."""
    notes = [f"{depth} rows came of {asked} asked for"] if depth < ENOUGH * asked else []
    unknown = any(reject.reason != "duplicate_id" for reject in rejects)
    status = Status.PARTIAL if notes or unknown else Status.COMPLETE
    if rejects:
        where = ", ".join(f"{reject.reason} at {reject.position}" for reject in rejects[:5])
        notes.append(f"{len(rejects)} of {depth} rows set aside: {where}{' …' if len(rejects) > 5 else ''}")  # noqa: PLR2004
    return status, "; ".join(notes) or None


class _Record(msgspec.Struct, rename="camel"):
    track_id: int | None = None
    track_name: str | None = None
    artist_name: str | None = None
    version: str | None = None
    user_rating_count: int | None = None
    average_user_rating: float | None = None
    price: float | None = None
    currency: str | None = None
    release_date: str | None = None
    current_version_release_date: str | None = None
    release_notes: str | None = None
    primary_genre_id: int | None = None
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
    except _UNREADABLE:
        results = _dig(_json(body), "results")
    if not isinstance(results, list):
        raise LayoutChanged("the answer is JSON and has no results")
    return [_patient_record(result) for result in results]


def _patient_record(result: object) -> _Record:
    """The fields that can be read, each by itself: one odd field does not cost the others."""
    fields = {}
    for field in msgspec.structs.fields(_Record):
        value = _dig(result, field.encode_name)
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
    found = _STOREFRONT_IN_LINK.search(record.track_view_url or "")
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
