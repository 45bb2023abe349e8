"""Google Play's answers: each field of the recorded bodies, both layouts, blocks, and bytes that are damaged."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from crawlers.sources import ChartTarget, ListingTarget
from crawlers.stores.google_play import (
    MISSING,
    STORE,
    GooglePlayCharts,
    GooglePlayDetails,
    PlayPage,
    at,
    call_answer,
    chart_rows,
    page_blocks,
    parse_chart,
    parse_listing,
    parse_page,
)
from essor.model.charts import Chart, Collection
from essor.model.errors import Blocked, FetchError, LayoutChanged
from essor.model.observation import Status
from essor.model.stores import Device, StoreName

MADE = Path(__file__).parents[2] / "recorded" / "google_play"
REAL = Path(__file__).resolve().parents[4] / "shared" / "real" / "google_play"
US_GAMES = Chart(STORE, "us", Collection.TOP_FREE, "GAME", Device.ANDROID)
FR_PRODUCTIVITY = Chart(STORE, "fr", Collection.TOP_FREE, "PRODUCTIVITY", Device.ANDROID)
PACKAGES = {"translate": "com.google.android.apps.translate", "minecraft": "com.mojang.minecraftpe"}
needs_real = pytest.mark.skipif(not REAL.exists(), reason=f"the real captures are not here ({REAL})")


@cache
def recorded() -> dict[str, tuple[str, bytes]]:
    """The recorded bodies by a short name: address (with its form body behind a #) and bytes."""
    found = {}
    with (REAL / "charts-and-details-2026-07.warc.gz").open("rb") as file:
        for record in ArchiveIterator(file):
            headers = record.rec_headers
            form = headers.get_header("X-Request-Body")
            url = headers.get_header("WARC-Target-URI") + (f"#{form}" if form else "")
            name = headers.get_header("X-Source").rsplit("/", 1)[1].removesuffix(".html")
            found[name] = (url, record.content_stream().read())
    return found


def made(name: str) -> bytes:
    """A body made by hand."""
    return (MADE / f"made-{name}").read_bytes()


@cache
def page(app: str) -> PlayPage:
    """What the recorded page of an app says."""
    return parse_page(recorded()[app][1])


@cache
def details(app: str) -> object:
    """The list of details of the recorded page."""
    blocks = [at(block, 1, 2) for block in page_blocks(recorded()[app][1])]
    return next(block for block in blocks if isinstance(block, list) and len(block) > 100)


@cache
def expected(app: str) -> dict[str, Any]:
    """What was read from the recorded page by other means."""
    found = json.loads((REAL / "expected-details.json").read_text("utf-8"))
    return dict(found[app])


def null_if_missing(value: object) -> object:
    """What JSON can say of it."""
    return None if value is MISSING else value


FIELDS: dict[str, Callable[[str], object]] = {
    "title": lambda app: page(app).name,
    "installs_text": lambda app: page(app).installs_text,
    "min_installs": lambda app: page(app).installs_bucket,
    "exact_installs": lambda app: page(app).installs_exact,
    "short": lambda app: page(app).installs_short,
    "score": lambda app: page(app).score,
    "ratings": lambda app: page(app).ratings,
    "reviews": lambda app: page(app).reviews,
    "histogram": lambda app: {str(stars): n for stars, n in enumerate(page(app).histogram or (), 1)},
    "updated_epoch": lambda app: page(app).updated_epoch,
    "updated_text": lambda app: page(app).updated_text,
    "version": lambda app: page(app).version,
    "min_android": lambda app: page(app).min_android,
    "developer": lambda app: page(app).developer,
    "developer_link": lambda app: page(app).developer_path,
    "genre": lambda app: page(app).category_name,
    "genre_id": lambda app: page(app).category,
    "released": lambda app: page(app).released_text,
    "released_epoch": lambda app: page(app).released_epoch,
    "contains_ads": lambda app: page(app).contains_ads,
    "iap_range": lambda app: page(app).in_app_prices,
    "available": lambda app: page(app).available,
    "price_micros": lambda app: page(app).price_micros,
    "currency": lambda app: page(app).currency,
    "chart_placement": lambda app: (badge := page(app).badge) and [badge[0], [], badge[1]],
    "icon": lambda app: at(details(app), 95, 0, 3, 2),
    "content_rating": lambda app: page(app).content_rating,
    "canonical_id": lambda app: page(app).app_id,
    "categories": lambda app: null_if_missing(at(details(app), 118)),
    "histogram_sum_minus_ratings": lambda app: sum(page(app).histogram or ()) - (page(app).ratings or 0),
}
"""How each expected field is read; icon and categories are of no use to essor and are read by their path alone."""


@needs_real
@pytest.mark.parametrize("app", PACKAGES)
@pytest.mark.parametrize("field", FIELDS)
def test_recorded_page_gives_expected_field(app: str, field: str) -> None:
    """Each field of the recorded page is what was read from it by other means."""
    assert FIELDS[field](app) == expected(app)[field]


@needs_real
def test_no_expected_field_is_left_out() -> None:
    """Every field of the expected values has its test."""
    assert set(FIELDS) == set(expected("translate")) == set(expected("minecraft"))


@needs_real
@pytest.mark.parametrize("app", PACKAGES)
def test_recorded_page_is_a_complete_listing(app: str) -> None:
    """The model's listing carries the page's figures, in UTC and in units rather than millionths."""
    url, body = recorded()[app]
    source = GooglePlayDetails()
    target = source.recognise(url)
    assert target == ListingTarget(STORE, "us", (PACKAGES[app],))
    (reading,) = source.parse(body, target)
    assert (reading.status, reading.message) == (Status.COMPLETE, None)
    listing, want = reading.listing, expected(app)  # type: ignore[union-attr]
    assert listing is not None
    assert (listing.installs_exact, listing.rating_count) == (want["exact_installs"], want["ratings"])
    assert listing.installs_bucket == want["min_installs"]
    assert (listing.rating_average, listing.version) == (want["score"], want["version"])
    assert (listing.price, listing.currency) == (want["price_micros"] / 1_000_000, "USD")
    assert (listing.name, listing.developer, listing.category) == (want["title"], want["developer"], want["genre_id"])
    assert listing.bundle_id == PACKAGES[app]


@needs_real
def test_minecraft_moments_are_those_of_the_epochs() -> None:
    """The days that Google writes follow somebody's time zone; ours are UTC. HTML is gone from the notes."""
    listing = parse_listing(recorded()["minecraft"][1], "us", PACKAGES["minecraft"]).listing
    assert listing is not None
    assert listing.version_released_at == "2026-06-24T22:04:44Z"
    assert listing.released_at == "2011-08-16"
    assert listing.release_notes == "What's new in 26.32: Various bug fixes!"


@cache
def expected_rows() -> list[dict[str, str]]:
    """What was read from the recorded chart by other means."""
    with (REAL / "expected-topfree-game-us.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


CELLS: dict[str, Callable[[object], object]] = {
    "score": lambda app: at(app, 4, 1),
    "genre": lambda app: at(app, 5),
    "installs_text": lambda app: at(app, 15),
    "price_micros": lambda app: at(app, 8, 1, 0, 0),
    "currency": lambda app: at(app, 8, 1, 0, 1),
    "store_path": lambda app: at(app, 10, 4, 2),
}
"""Cells of a chart's row for which a chart entry has no place, by their paths."""


@needs_real
@pytest.mark.parametrize("field", ["rank", "app_id", "title", "developer", *CELLS])
def test_recorded_chart_gives_expected_field(field: str) -> None:
    """Each of the 100 recorded rows has the field that was read from it by other means."""
    url, body = recorded()["topfree-game"]
    target = GooglePlayCharts().recognise(url)
    assert target == ChartTarget(US_GAMES, 100)
    entries = parse_chart(body, US_GAMES, 100).entries
    rows = chart_rows(call_answer(body, "vyAe2"))
    read = {
        "rank": [entry.rank for entry in entries],
        "app_id": [entry.app_id for entry in entries],
        "title": [entry.name for entry in entries],
        "developer": [entry.developer for entry in entries],
    }
    found = read[field] if field in read else [CELLS[field](row) for row in rows]
    assert [str(value) for value in found] == [row[field] for row in expected_rows()]


@needs_real
def test_recorded_chart_is_complete_and_says_what_it_is() -> None:
    """The chart came whole, and asked for as another it is another."""
    body = recorded()["topfree-game"][1]
    reading = parse_chart(body, US_GAMES, 100)
    assert (reading.status, reading.depth, reading.rejects) == (Status.COMPLETE, 100, ())
    grossing = Chart(STORE, "us", Collection.TOP_GROSSING, "GAME", Device.ANDROID)
    tools = Chart(STORE, "us", Collection.TOP_FREE, "TOOLS", Device.ANDROID)
    france = Chart(STORE, "fr", Collection.TOP_FREE, "GAME", Device.ANDROID)
    assert parse_chart(body, grossing, 100).status is Status.WRONG_CHART
    assert parse_chart(body, tools, 100).status is Status.WRONG_CHART
    assert parse_chart(body, france, 100).status is Status.WRONG_STOREFRONT
    assert not parse_chart(body, france, 100).entries


@needs_real
def test_fewer_rows_than_asked_for_are_partial_and_more_are_refused() -> None:
    """Nine tenths are complete, less is partial; an answer longer than asked for is not to be trusted."""
    body = recorded()["topfree-game"][1]
    assert parse_chart(body, US_GAMES, 111).status is Status.COMPLETE
    assert parse_chart(body, US_GAMES, 112).status is Status.PARTIAL
    assert parse_chart(body, US_GAMES, 99).status is Status.LAYOUT_CHANGED


@pytest.mark.parametrize("layout", ["first", "second"])
def test_both_layouts_give_the_same_listing(layout: str) -> None:
    """Version, date and notes are read from the long list, or from the object at its end."""
    reading = parse_listing(made(f"details-{layout}-layout.html"), "fr", "ai.mistral.chat")
    assert (reading.status, reading.message) == (Status.COMPLETE, None)
    listing = reading.listing
    assert listing is not None
    assert (listing.version, listing.version_released_at) == ("2.10.3", "2026-10-07T00:00:00Z")
    assert listing.release_notes == "It's new\nand <better>"
    assert (listing.name, listing.installs_exact, listing.currency) == ("Vibe & Chat", 7_654_321, "EUR")
    assert (listing.rating_count, listing.rating_average, listing.released_at) == (16, 4.625, "2025-02-06")


def test_layouts_agree_in_every_field() -> None:
    """The two hand-made pages say the same."""
    assert parse_page(made("details-first-layout.html")) == parse_page(made("details-second-layout.html"))


def test_private_slot_is_never_read() -> None:
    """What stands in slot 69 is nowhere in what is read."""
    assert "private" not in repr(parse_page(made("details-first-layout.html")))


@pytest.mark.parametrize("name", ["consent.html", "captcha.html"])
def test_page_in_place_of_the_app_is_a_block(name: str) -> None:
    """The consent page has data blocks of its own and is still no app page."""
    with pytest.raises(Blocked, match="turns this client away"):
        parse_page(made(name))
    with pytest.raises(Blocked):
        parse_chart(made(name), FR_PRODUCTIVITY, 200)


def test_good_page_that_names_the_captcha_is_no_block() -> None:
    """A page with its data is read whatever addresses stand in it."""
    body = made("details-first-layout.html").replace(b"<body>", b"<body>www.google.com/recaptcha unusual traffic")
    assert parse_page(body).name == "Vibe & Chat"


def test_page_without_blocks_is_a_changed_layout_and_half_a_page_is_cut() -> None:
    """What a person must look at and what is asked for again are told apart."""
    with pytest.raises(LayoutChanged):
        parse_page(b"<html><body>Hello</body></html>")
    with pytest.raises(FetchError, match="cut short"):
        parse_page(made("details-first-layout.html")[:900])


def test_block_of_another_call_is_not_taken() -> None:
    """The block is found by the call that it answers, whatever its number."""
    with pytest.raises(LayoutChanged):
        parse_page(made("details-first-layout.html").replace(b"id:'Ws7gDc'", b"id:'other1'"))


def test_page_of_another_app_or_storefront_is_not_shown() -> None:
    """The page says whose it is, and its currency where it sells."""
    body = made("details-first-layout.html")
    assert parse_listing(body, "fr", "com.openai.chatgpt").status is Status.LAYOUT_CHANGED
    wrong = parse_listing(body, "us", "ai.mistral.chat")
    assert (wrong.status, wrong.listing) == (Status.WRONG_STOREFRONT, None)
    assert parse_listing(body, "gf", "ai.mistral.chat").status is Status.COMPLETE, "its currency is not known to us"


def test_app_that_is_not_offered_here() -> None:
    """A page without availability is of an app that this storefront does not have."""
    body = made("details-first-layout.html").replace(b"[2],null", b"null,null")
    assert parse_listing(body, "fr", "ai.mistral.chat").status is Status.NOT_AVAILABLE


def test_page_that_lost_its_ratings_is_partial() -> None:
    """Under load pages come without figures that the app has; what is there is kept."""
    body = made("details-first-layout.html").replace(b'["15",16]', b"null")
    reading = parse_listing(body, "fr", "ai.mistral.chat")
    assert (reading.status, reading.message) == (Status.PARTIAL, "the page lacks its ratings")
    assert reading.listing is not None
    assert reading.listing.installs_exact == 7_654_321
    assert (reading.listing.rating_count, reading.listing.rating_average) == (None, None)


def test_missing_is_told_from_null() -> None:
    """A path that ends early is missing; a null that Google wrote is None; an object at the end holds far fields."""
    value: object = ["a", None, ["b"], {"9": ["c"]}]
    assert at(value, 0) == "a"
    assert at(value, 1) is None
    assert at(value, 5) is MISSING
    assert at(value, 1, 0) is MISSING
    assert at(value, 2, 0) == "b"
    assert at(value, 8, 0) == "c"
    assert at(value, 3) is MISSING


def test_frames_are_read_line_by_line() -> None:
    """Lengths between the lines are wrong and frames of other calls stand before: the chart is read all the same."""
    reading = parse_chart(made("chart-fr-productivity.txt"), FR_PRODUCTIVITY, 5)
    assert [(entry.rank, entry.app_id) for entry in reading.entries] == [
        (1, "com.openai.chatgpt"),
        (2, "ai.mistral.chat"),
        (4, "com.google.android.apps.bard"),
    ]
    assert reading.entries[0].name == "ChatGPT 🤖"
    assert [(reject.position, reject.reason) for reject in reading.rejects] == [(3, "duplicate_id"), (5, "no_id")]
    assert (reading.status, reading.depth) == (Status.PARTIAL, 5)


def test_chart_that_does_not_exist_is_believably_empty() -> None:
    """Null where the chart would be is Google's way to say that there is none."""
    reading = parse_chart(made("chart-empty.txt"), FR_PRODUCTIVITY, 200)
    assert (reading.status, reading.depth, reading.entries) == (Status.EMPTY, 0, ())


def test_gateway_error_is_a_block_and_a_bare_refusal_a_changed_form() -> None:
    """200 proves nothing: the frame may hold an error, or nothing."""
    body = made("chart-gateway-error.txt")
    with pytest.raises(Blocked, match="PlayGatewayError"):
        parse_chart(body, FR_PRODUCTIVITY, 200)
    with pytest.raises(LayoutChanged, match="rejected"):
        parse_chart(body.replace(b"PlayGatewayError", b""), FR_PRODUCTIVITY, 200)


def test_half_a_chart_is_cut() -> None:
    """A body that ends within its frame is asked for again."""
    with pytest.raises(FetchError, match="cut short"):
        parse_chart(made("chart-fr-productivity.txt")[:400], FR_PRODUCTIVITY, 200)


@pytest.mark.parametrize("collection", Collection)
@pytest.mark.parametrize("asked", [50, 200])
def test_chart_addresses_are_read_back(collection: Collection, asked: int) -> None:
    """The form body behind the # names the chart; without it an address is nobody's."""
    source = GooglePlayCharts()
    target = ChartTarget(Chart(STORE, "fr", collection, "PRODUCTIVITY", Device.ANDROID), asked)
    url = source.url(target)
    assert source.offers(target)
    assert source.recognise(url) == target
    assert url.split("#")[1].encode() == source.body(target)
    assert source.recognise(url.split("#", maxsplit=1)[0]) is None


def test_what_the_sources_offer() -> None:
    """Play ranks on Android alone; pages are asked one app at a time and allowed by robots.txt."""
    iphone = ChartTarget(Chart(STORE, "fr", Collection.TOP_FREE, "APPLICATION"), 100)
    assert not GooglePlayCharts().offers(iphone)
    assert not GooglePlayCharts().enabled_by_default
    assert GooglePlayDetails().enabled_by_default
    assert not GooglePlayDetails().offers(ListingTarget(StoreName.APPLE, "fr", ("1",)))


def test_page_addresses_are_read_back() -> None:
    """The inverse of `url`, also with capitals and without a country."""
    source, target = GooglePlayDetails(), ListingTarget(STORE, "fr", ("ai.mistral.chat",))
    assert source.recognise(source.url(target)) == target
    assert source.recognise("https://play.google.com/store/apps/details?gl=FR&id=ai.mistral.chat") == target
    assert source.recognise("https://play.google.com/store/apps/details?id=ai.mistral.chat") == ListingTarget(
        STORE, "us", ("ai.mistral.chat",)
    )
    assert source.recognise("https://play.google.com/store/apps/details?id=not/a/package") is None
    assert source.recognise("https://example.org/store/apps/details?id=ai.mistral.chat") is None


BODIES = [path.read_bytes() for path in sorted(MADE.glob("made-*"))]
TOKENS = [
    b"null",
    b"[]",
    b"{}",
    b'"',
    b"-1",
    b"1e999",
    b"99999999999999999999",
    b"\xff",
    b"[" * 3000,
    b"\\ud800",
    b"true",
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A body with some of its bytes replaced, cut out or repeated."""
    bodies = BODIES + ([recorded()["minecraft"][1]] if REAL.exists() else [])
    body = draw(st.sampled_from(bodies))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 60)))
        put = draw(st.one_of(st.sampled_from(TOKENS), st.binary(max_size=8), st.just(body[start:end] * 2)))
        body = body[:start] + put + body[end:]
    return body[: draw(st.integers(0, len(body)))] if draw(st.booleans()) else body


@settings(max_examples=400, deadline=None)
@given(damaged())
def test_damaged_bodies_give_model_words_or_declared_errors(body: bytes) -> None:
    """Whatever comes, it is a reading, Blocked, FetchError or LayoutChanged."""
    for parse in (
        lambda: parse_listing(body, "fr", "ai.mistral.chat"),
        lambda: parse_chart(body, FR_PRODUCTIVITY, 5),
    ):
        with suppress(FetchError, LayoutChanged):
            assert parse().status in Status
