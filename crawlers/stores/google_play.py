"""Google Play: app pages and charts; their addresses and how to read their bytes."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from html import unescape
from typing import Final, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

import msgspec

from crawlers.sources import ChartTarget, ListingTarget, Reading, Target
from essor.model.charts import Chart, ChartEntry, ChartReading, Collection, RejectedEntry
from essor.model.errors import Blocked, FetchError, LayoutChanged
from essor.model.listings import Listing, ListingReading
from essor.model.observation import Status
from essor.model.stores import Device, StoreName

STORE = StoreName.GOOGLE_PLAY
HOST = "play.google.com"
LONGEST_CHART = 200
"""Rows in Google's longest chart since 2023-02-24; more may be asked for and do not come."""
ENOUGH = 0.9
"""Share of the rows asked for that makes a chart complete, as for Apple's charts."""
MANY_INSTALLS = 100_000
"""An app with so many installs has ratings: a page that shows none is one of those served wrong under load."""

TERMS = "Google's terms of service bind whoever uses its pages; what they say of machines is to be confirmed."

_CHART_CALL = "vyAe2"
_PAGE_CALL = b"Ws7gDc"
_CALLS_PATH = "/_/PlayStoreUi/data/batchexecute"
_PAGE_PATH = "/store/apps/details"
_LISTS = {
    "topselling_free": Collection.TOP_FREE,
    "topselling_paid": Collection.TOP_PAID,
    "topgrossing": Collection.TOP_GROSSING,
}
LIST_NAMES = {collection: name for name, collection in _LISTS.items()}
"""What Google calls each collection."""
_ASKED_LIST = re.compile(r'\[2,"(\w+)","(\w+)"\]')
_ASKED_ROWS = re.compile(r"\[null,\[null,(\d{1,4})\]\]|\[8,\[20,(\d{1,4})\]\]")
_SAID_LIST = re.compile(rb"(topselling_free|topselling_paid|topgrossing)(?:_([A-Z]+(?:_[A-Z]+)*))?")
_PACKAGE = re.compile(r"[A-Za-z]\w*(?:\.\w+)+", re.ASCII)
_CALL_OF_BLOCK = re.compile(rb"'(ds:\d+)'\s*:\s*\{\s*id\s*:\s*'(\w+)'")
_BLOCK = re.compile(
    rb"AF_initDataCallback\(\{key:\s*'(ds:\d+)'[^\[\]{}]*?data:(.*?)(?=AF_initDataCallback\(|</script>)", re.S
)
_BLOCK_END = b", sideChannel"
_TURNED_AWAY = {
    b"com.google.play.gateway.proto.PlayGatewayError": "the answer holds a PlayGatewayError",
    b"consent.google.com": "the consent page came",
    b"www.google.com/recaptcha": "a captcha page came",
    b"google.com/sorry": "a captcha page came",
    b"unusual traffic": 'a page on "unusual traffic" came',
}

_CURRENCIES = {
    "AED": "ae", "AUD": "au", "BRL": "br", "CAD": "ca", "CHF": "ch", "CZK": "cz", "DKK": "dk",
    "EUR": "at be cy de ee es fi fr gr hr ie it lt lu lv mt nl pt si sk", "GBP": "gb", "HKD": "hk", "HUF": "hu",
    "IDR": "id", "ILS": "il", "INR": "in", "JPY": "jp", "KRW": "kr", "MXN": "mx", "MYR": "my", "NOK": "no",
    "NZD": "nz", "PHP": "ph", "PLN": "pl", "RON": "ro", "SAR": "sa", "SEK": "se", "SGD": "sg", "THB": "th",
    "TRY": "tr", "TWD": "tw", "USD": "kh us", "VND": "vn", "ZAR": "za",
}  # fmt: skip
"""Storefronts by the currency that Google sells in there; public captures of 2026 show it for free apps too (VND in
vn, USD in kh and us). A storefront that is not here cannot be told by its currency."""
CURRENCY_OF = {country: code for code, countries in _CURRENCIES.items() for country in countries.split()}
"""The currency by storefront, as far as it is known."""


class GooglePlayDetails:
    """The app page: exact installs, ratings, version. robots.txt allows it."""

    name = "google_play_details"
    store = STORE
    hosts: tuple[str, ...] = (HOST,)
    parser_version = 2
    enabled_by_default = True
    at_once = 1
    confirmed = True
    operators_choice = False
    every_hours = 24
    gives = "Exact installs worldwide, rating count, mean and stars, version, dates, price of one app."
    limits = "One request in 1 to 2 s is ample; about 700 in a few minutes met a limit that cleared in minutes."
    traps: tuple[str, ...] = (
        "The blocks of the page are renumbered at times: the right one is found by its call and not by its number.",
        "Two layouts have been live at once since November 2025.",
        "Under load some pages come without ratings or installs: such a reading is partial.",
        "The stars add up to some dozens less than the count.",
        "Google may go by the address of whoever asks: the currency is compared with the storefront.",
    )
    robots = "Allowed: `/store/apps/details` (public notes of autumn 2026)."
    terms = TERMS

    def offers(self, target: Target) -> bool:
        """Listings of any storefront, one app a request."""
        return isinstance(target, ListingTarget) and target.store is STORE and not target.page

    def url(self, target: ListingTarget) -> str:
        """The address of an app's page, in English."""
        return f"https://{HOST}{_PAGE_PATH}?id={target.app_ids[0]}&hl=en&gl={target.country}"

    def recognise(self, url: str) -> ListingTarget | None:
        """The listing that an address asks for; no country is the United States, as Google has it."""
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        app_id = query.get("id", [""])[0]
        if parts.hostname not in self.hosts or parts.path != _PAGE_PATH or not _PACKAGE.fullmatch(app_id):
            return None
        return ListingTarget(STORE, query.get("gl", ["us"])[0].lower(), (app_id,))

    def parse(self, body: bytes, target: ListingTarget) -> tuple[Reading, ...]:
        """The one reading of a page."""
        return (parse_listing(body, target.country, target.app_ids[0]),)


class GooglePlayCharts:
    """The charts, by a call of the web pages. robots.txt refuses it, so it is off by default.

    It is a POST whose address alone does not say which chart: `url` keeps the form body behind a `#`, which is never
    sent and is archived with the address, and `body` gives it as it is sent.
    """

    name = "google_play_charts"
    store = STORE
    hosts: tuple[str, ...] = (HOST,)
    parser_version = 1
    enabled_by_default = False
    at_once = LONGEST_CHART
    confirmed = True
    operators_choice = True
    every_hours = 1
    gives = "Top free, paid and grossing on Android, by category."
    limits = "200 rows at most, with no second page."
    traps: tuple[str, ...] = (
        "HTTP 200 proves nothing: a refusal is a frame without data.",
        "There is no rank field and no time in the answer.",
        "The decimals between the lines are no byte counts.",
    )
    robots = "Refused: `/_` of play.google.com."
    terms = TERMS

    def offers(self, target: Target) -> bool:
        """Any collection and category, on Android."""
        if not isinstance(target, ChartTarget) or target.store is not STORE:
            return False
        return target.chart.device is Device.ANDROID and target.chart.collection in LIST_NAMES

    def url(self, target: ChartTarget) -> str:
        """The address of a chart, the form body behind it as its fragment."""
        query = f"rpcids={_CHART_CALL}&source-path=%2Fstore%2Fapps&hl=en&gl={target.chart.country}&rt=c"
        return f"https://{HOST}{_CALLS_PATH}?{query}#{_form(target)}"

    def body(self, target: ChartTarget) -> bytes:
        """The form body to send, as application/x-www-form-urlencoded."""
        return _form(target).encode()

    def recognise(self, url: str) -> ChartTarget | None:
        """The chart that an address with its form body asks for; None without the body, which alone names it."""
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        if parts.hostname not in self.hosts or parts.path != _CALLS_PATH or query.get("rpcids") != [_CHART_CALL]:
            return None
        return _asked_for(parts.fragment, query.get("gl", ["us"])[0].lower())

    def parse(self, body: bytes, target: ChartTarget) -> tuple[Reading, ...]:
        """The one reading of a chart."""
        return (parse_chart(body, target.chart, target.asked),)


SOURCES = (GooglePlayDetails(), GooglePlayCharts())
"""In the order in which to try them."""


def _form(target: ChartTarget) -> str:
    """The short body of parse-play (2022 to 2024); libraries of 2026 send 26 kB with the same three variables."""
    rows, name = min(target.asked, LONGEST_CHART), LIST_NAMES[target.chart.collection]
    inner = f'[[null,[[null,[null,{rows}]],null,null,[113]],[2,"{name}","{target.chart.category}"]]]'
    call = [[[_CHART_CALL, inner, None, "generic"]]]
    return f"f.req={quote(msgspec.json.encode(call).decode(), safe='')}"


def _asked_for(form: str, country: str) -> ChartTarget | None:
    call = parse_qs(form).get("f.req", [""])[0].replace("\\", "")
    named, rows = _ASKED_LIST.search(call), _ASKED_ROWS.search(call)
    if named is None or named[1] not in _LISTS:
        return None
    chart = Chart(STORE, country, _LISTS[named[1]], named[2], Device.ANDROID)
    return ChartTarget(chart, int(rows[1] or rows[2]) if rows else LONGEST_CHART)


class _Missing(Enum):
    MISSING = "missing"


MISSING: Final = _Missing.MISSING
"""What stands where a path ends early; None is where Google wrote null."""


def at(value: object, *path: int) -> object:
    """What stands at a path of list positions.

    Google may put the far fields of a list into an object at its end, each under its number counted from 1. The second
    layout of the app page, seen since November 2025, is that: version at ``[140]`` or at ``[-1]["141"]``.
    """
    for index in path:
        if not isinstance(value, list):
            return MISSING
        value = _field(value, index)
    return value


def _field(fields: list[object], index: int) -> object:
    last = fields[-1] if fields else None
    far = last if isinstance(last, dict) else {}
    if index < len(fields) - bool(far):
        near = fields[index]
        return near if near is not None else far.get(str(index + 1))
    return far.get(str(index + 1), MISSING)


def _text(value: object, *path: int) -> str | None:
    """The text at a path without its HTML; None when nothing stands there."""
    found = at(value, *path)
    if not isinstance(found, str) or not found:
        return None
    if "<" not in found and "&" not in found:
        return found.strip() or None
    return unescape(re.sub(r"<[^<>]{1,200}>", "", re.sub(r"<br\s*/?>", "\n", found))).strip() or None


def _count(value: object, *path: int) -> int | None:
    found = at(value, *path)
    return found if type(found) is int and 0 <= found < 1 << 63 else None


def _number(value: object, *path: int) -> float | None:
    found = at(value, *path)
    return float(found) if type(found) is float or (type(found) is int and abs(found) < 1 << 53) else None


def _json(text: bytes | str) -> object:
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return MISSING


@dataclass(frozen=True, slots=True)
class PlayPage:
    """What an app page says; every field is None where the page does not say it."""

    app_id: str | None
    """The package that the page says it is of."""
    name: str
    """The app's name, in the language asked for."""
    developer: str | None
    """The publisher's name."""
    developer_path: str | None
    """The path of the publisher's page."""
    category: str | None
    """The category's id, as in ``"PRODUCTIVITY"``."""
    category_name: str | None
    """The category's name, in the language asked for."""
    content_rating: str | None
    """The age it is for, as in ``"Everyone"``."""
    available: int | None
    """2 to install, 1 to pre-register; None when not offered in this storefront."""
    installs_exact: int | None
    """Installs ever, worldwide."""
    installs_bucket: int | None
    """The lower bound that is shown, as in 1,000,000,000."""
    installs_text: str | None
    """That bound as shown, as in ``"1,000,000,000+"``."""
    installs_short: str | None
    """The same in short, as in ``"1B+"``."""
    score: float | None
    """Mean rating, 1 to 5."""
    ratings: int | None
    """How many ratings."""
    reviews: int | None
    """How many of them with a text."""
    histogram: tuple[int, ...] | None
    """Ratings of one to five stars; their sum is some dozens short of `ratings`."""
    price_micros: int | None
    """Price in millionths of `currency`."""
    currency: str | None
    """ISO 4217 code."""
    in_app_prices: str | None
    """The range of in-app prices, as shown."""
    contains_ads: bool
    """Whether it shows advertisements."""
    version: str | None
    """The version; None when it varies with the device."""
    min_android: str | None
    """The least version of Android; None when it varies with the device."""
    whats_new: str | None
    """What the publisher says is new."""
    updated_epoch: int | None
    """When it was last updated, seconds since 1970."""
    updated_text: str | None
    """That day as shown; it follows the time zone of whoever asks, so it is not read."""
    released_epoch: int | None
    """When it came out or could first be pre-registered, seconds since 1970."""
    released_text: str | None
    """That day as shown."""
    badge: tuple[str, str] | None
    """A chart it stands in and its place, as in ``("top paid arcade", "#1")``."""


def parse_listing(body: bytes, country: str, app_id: str) -> ListingReading:
    """The reading that an app page gives. Raises Blocked, LayoutChanged or FetchError as `parse_page` does."""
    page = parse_page(body)
    status, message = _listing_status(page, country, app_id)
    listing = _listing(page) if status.usable else None
    return ListingReading(STORE, country, app_id, status, message, listing)


def parse_page(body: bytes) -> PlayPage:
    """What an app page says.

    Raises Blocked for the consent page, a captcha page and a gateway error, FetchError when it is cut short,
    LayoutChanged when it is another page.
    """
    for block in page_blocks(body):
        details = at(block, 1, 2)
        if _text(details, 0, 0) is not None:
            return _page(details)
    raise _no_data(body, "app page", b"</html>")


def page_blocks(body: bytes) -> Iterator[object]:
    """The data blocks of an app page that answer the call for details; one that is no JSON is passed over."""
    calls = dict(_CALL_OF_BLOCK.findall(body))
    for key, rest in _BLOCK.findall(body):
        if calls.get(key) == _PAGE_CALL:
            yield _json(rest[: max(rest.rfind(_BLOCK_END), 0)])


def _no_data(body: bytes, what: str, end: bytes) -> FetchError | LayoutChanged:
    """Why an answer is no data. Looked for only then: a good page may name a consent or captcha address."""
    for mark, reason in _TURNED_AWAY.items():
        if mark in body:
            return Blocked(f"200, and {reason}: Google turns this client away")
    if end not in body:
        return FetchError(f"the answer is cut short: {what} without its end after {len(body):,} bytes")
    return LayoutChanged(f"the answer is no {what} that our parser knows")


def _page(d: object) -> PlayPage:
    """Slot 69 is never read: it can hold the name, home address and telephone number of a private person."""
    badge = (_text(d, 58, 0), _text(d, 58, 2))
    histogram = tuple(_count(d, 51, 1, stars, 1) for stars in range(1, 6))
    return PlayPage(
        app_id=_text(d, 77, 0),
        name=_text(d, 0, 0) or "",
        developer=_text(d, 68, 0),
        developer_path=_text(d, 68, 1, 4, 2),
        category=_text(d, 79, 0, 0, 2),
        category_name=_text(d, 79, 0, 0, 0),
        content_rating=_text(d, 9, 0),
        available=_count(d, 18, 0),
        installs_exact=_count(d, 13, 2),
        installs_bucket=_count(d, 13, 1),
        installs_text=_text(d, 13, 0),
        installs_short=_text(d, 13, 3),
        score=_number(d, 51, 0, 1),
        ratings=_count(d, 51, 2, 1),
        reviews=_count(d, 51, 3, 1),
        histogram=tuple(n for n in histogram if n is not None) if None not in histogram else None,
        price_micros=_count(d, 57, 0, 0, 0, 0, 1, 0, 0),
        currency=_text(d, 57, 0, 0, 0, 0, 1, 0, 1),
        in_app_prices=_text(d, 19, 0),
        contains_ads=isinstance(at(d, 48), list),
        version=_text(d, 140, 0, 0, 0),
        min_android=_text(d, 140, 1, 1, 0, 0, 1),
        whats_new=_text(d, 144, 1, 1),
        updated_epoch=_count(d, 145, 0, 1, 0),
        updated_text=_text(d, 145, 0, 0),
        released_epoch=_count(d, 10, 1, 0),
        released_text=_text(d, 10, 0),
        badge=(badge[0], badge[1]) if badge[0] and badge[1] else None,
    )


def _listing_status(page: PlayPage, country: str, app_id: str) -> tuple[Status, str | None]:
    if page.app_id not in (None, app_id):
        return Status.LAYOUT_CHANGED, f"asked for {app_id}, and the page of {page.app_id} came"
    if page.available is None:
        return Status.NOT_AVAILABLE, f"the page does not offer {app_id} in storefront {country}"
    if wrong := _wrong_storefront(page.currency, country):
        return Status.WRONG_STOREFRONT, wrong
    lacks = _lacks(page)
    return (Status.PARTIAL, f"the page lacks its {' and '.join(lacks)}") if lacks else (Status.COMPLETE, None)


def _wrong_storefront(currency: str | None, country: str) -> str | None:
    """Google may go by the address of whoever asks instead of the storefront asked for."""
    expected = CURRENCY_OF.get(country)
    if expected is None or currency not in _CURRENCIES or currency == expected:
        return None
    return f"asked for storefront {country}, which sells in {expected}, and prices in {currency} came"


def _lacks(page: PlayPage) -> list[str]:
    """Under load some pages come without figures that the app has."""
    installs = page.installs_exact
    lacks = ["installs"] if installs is None and page.available == 2 else []  # noqa: PLR2004 - 2 is "to install"
    return [*lacks, "ratings"] if (installs or 0) >= MANY_INSTALLS and page.ratings is None else lacks


def _listing(page: PlayPage) -> Listing:
    released = _moment(page.released_epoch)
    return Listing(
        name=page.name,
        developer=page.developer,
        version=page.version,
        rating_count=page.ratings,
        rating_average=page.score if page.ratings else None,
        price=None if page.price_micros is None else page.price_micros / 1_000_000,
        currency=page.currency,
        installs_exact=page.installs_exact,
        installs_bucket=page.installs_bucket,
        released_at=released[:10] if released else None,
        version_released_at=_moment(page.updated_epoch),
        release_notes=page.whats_new,
        category=page.category,
        bundle_id=page.app_id,
        **_stars(page.histogram),
    )


def _stars(histogram: tuple[int, ...] | None) -> dict[str, int]:
    return {f"stars_{stars}": ratings for stars, ratings in enumerate(histogram or (), 1)}


def _moment(epoch: int | None) -> str | None:
    """The moment in UTC, as Apple's lookup writes it."""
    if epoch is None or not 0 < epoch < 1 << 32:
        return None
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Row(NamedTuple):
    app_id: str
    name: str | None
    developer: str | None
    currency: str | None


def parse_chart(body: bytes, chart: Chart, asked: int = LONGEST_CHART) -> ChartReading:
    """The reading that the chart call gives.

    Raises Blocked for a gateway error or a captcha page, FetchError when it is cut short, LayoutChanged when it is
    another answer.
    """
    answer = call_answer(body, _CHART_CALL)
    if at(answer, 0, 1) is None:
        return ChartReading(chart, asked, Status.EMPTY, f"Google Play has no {chart.category} chart here")
    rows = [_row(item) for item in chart_rows(answer)]
    if wrong := _mismatch(answer, rows, chart, asked):
        return ChartReading(chart, asked, wrong[0], wrong[1], len(rows))
    entries, rejects = _sorted_out(rows)
    if not entries:
        raise LayoutChanged(f"none of the {len(rows)} rows has a package name")
    status, message = _judge(len(rows), asked, rejects)
    return ChartReading(chart, asked, status, message, len(rows), tuple(entries), tuple(rejects))


def call_answer(body: bytes, call: str) -> object:
    """The data that a call of Google's web pages gives.

    The answer is read line by line: the decimal before a line counts UTF-16 units and two more, which no slice of bytes
    or characters agrees with. Frames of several calls may stand on one line, in any order.
    """
    for line in body.split(b"\n"):
        frames = _json(line) if line.startswith(b"[[") else None
        for frame in frames if isinstance(frames, list) else ():
            if at(frame, 0) == "wrb.fr" and at(frame, 1) == call:
                return _data_of(frame, body)
    raise _no_data(body, "answer to the chart call", b'["e",')


def _data_of(frame: object, body: bytes) -> object:
    text = at(frame, 2)
    data = _json(text) if isinstance(text, str) else MISSING
    if data is not MISSING:
        return data
    if any(mark in body for mark in _TURNED_AWAY):
        raise _no_data(body, "answer to the chart call", b"")
    if text is None:
        raise LayoutChanged("Google rejected the call without saying why: its form may no longer fit")
    raise LayoutChanged("the answer to the call holds no JSON")


def chart_rows(answer: object) -> list[object]:
    """The apps of a chart in its order, as Google gives them."""
    rows = at(answer, 0, 1, 0, 28, 0)
    if not isinstance(rows, list) or not rows:
        raise LayoutChanged("the answer holds no list of apps where charts have had theirs since June 2022")
    return [at(row, 0) for row in rows]


def _row(app: object) -> _Row:
    app_id = at(app, 0, 0)
    return _Row(app_id if isinstance(app_id, str) else "", _text(app, 3), _text(app, 14), _text(app, 8, 1, 0, 1))


def _mismatch(answer: object, rows: Sequence[_Row], chart: Chart, asked: int) -> tuple[Status, str] | None:
    if wrong := _wrong_storefront(next((row.currency for row in rows if row.currency), None), chart.country):
        return Status.WRONG_STOREFRONT, wrong
    said = _what_it_says(answer)
    if said and (said[0] is not chart.collection or said[1] not in (None, chart.category)):
        came = "/".join(part for part in said if part)
        return Status.WRONG_CHART, f"asked for {chart.collection}/{chart.category}, and {came} came"
    if len(rows) > asked:
        return Status.LAYOUT_CHANGED, f"{len(rows)} rows came of {asked} asked for"
    return None


def _what_it_says(answer: object) -> tuple[Collection, str | None] | None:
    """The collection and category that an answer names, in a text of base64; None when it names none."""
    token = at(answer, 0, 1, 0, 3, 0)
    if not isinstance(token, str) or not token.isascii():
        return None
    plain = token.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        found = _SAID_LIST.search(base64.b64decode(plain + "=" * (-len(plain) % 4)))
    except ValueError:
        return None
    return (_LISTS[found[1].decode()], found[2].decode() if found[2] else None) if found else None


def _sorted_out(rows: Sequence[_Row]) -> tuple[list[ChartEntry], list[RejectedEntry]]:
    """The rows that are entries, and those set aside. A row without a name still has its rank."""
    entries: list[ChartEntry] = []
    rejects: list[RejectedEntry] = []
    seen: set[str] = set()
    for rank, row in enumerate(rows, 1):
        if row.app_id not in seen and _PACKAGE.fullmatch(row.app_id):
            seen.add(row.app_id)
            entries.append(ChartEntry(rank, row.app_id, row.name, row.developer))
        else:
            reason = "duplicate_id" if row.app_id in seen else "bad_id" if row.app_id else "no_id"
            rejects.append(RejectedEntry(rank, reason, f"{row.app_id} {row.name or ''}".strip()[:200]))
    return entries, rejects


def _judge(depth: int, asked: int, rejects: Sequence[RejectedEntry]) -> tuple[Status, str | None]:
    """A row whose app is unknown could be anyone's, so that a chart with one is not complete."""
    notes = [f"{depth} rows came of {asked} asked for"] if depth < ENOUGH * asked else []
    unknown = any(reject.reason != "duplicate_id" for reject in rejects)
    status = Status.PARTIAL if notes or unknown else Status.COMPLETE
    if rejects:
        where = ", ".join(f"{reject.reason} at {reject.position}" for reject in rejects[:5])
        notes.append(f"{len(rejects)} of {depth} rows set aside: {where}{' …' if len(rejects) > 5 else ''}")  # noqa: PLR2004
    return status, "; ".join(notes) or None
