"""The App Store's addresses and bodies."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from crawlers.archive import read_archive
from crawlers.sources import ChartTarget, ListingTarget, all_sources, recognise
from crawlers.stores.apple import AppleLegacyRss, AppleLookup, AppleRss, parse_chart, parse_listings
from essor.model.charts import Chart, Collection
from essor.model.errors import Blocked, FetchError, LayoutChanged
from essor.model.listings import Listing
from essor.model.observation import Status
from essor.model.stores import Device, StoreName
from tests.crawlers.bodies import (
    chart,
    ids,
    legacy_entry,
    legacy_feed,
    legacy_feed_of,
    lookup_body,
    lookup_result,
    v2_feed,
)

APPLE = StoreName.APPLE


@pytest.mark.parametrize("collection", Collection)
@pytest.mark.parametrize("device", [Device.IPHONE, Device.IPAD])
@pytest.mark.parametrize("category", ["36", "6007"])
def test_an_address_is_recognised_as_what_it_was_made_for(
    collection: Collection, device: Device, category: str
) -> None:
    """Every chart that a source offers comes back from its own address."""
    target = ChartTarget(Chart(APPLE, "fr", collection, category, device), 100)
    offering = [source for source in all_sources() if source.offers(target)]
    assert offering
    assert all(recognise(source.url(target)) == (source, target) for source in offering)


def test_the_allowed_source_is_tried_before_the_refused_one() -> None:
    """An overall chart is offered by RSS v2 first, by what no live check has confirmed last."""
    target = ChartTarget(chart(category="36"), 100)
    assert [source.name for source in all_sources() if source.offers(target)] == [
        "apple_rss",
        "apple_legacy_rss",
        "apple_ids",
        "apple_web",
    ]


def test_v2_never_offers_a_category() -> None:
    """The v2 feed ignores a genre, so that it is not asked for one."""
    assert not AppleRss().offers(ChartTarget(chart(category="6007"), 100))


@pytest.mark.parametrize(
    "url",
    [
        "https://itunes.apple.com/fr/rss/topfreeapplications/limit=100/genre=6007/json",
        "https://itunes.apple.com/fr/rss/topfreeapplications/genre=6007/limit=100/json",
        "https://itunes.apple.com/FR/rss/topfreeapplications/limit=100/genre=6007/json?l=en",
    ],
)
def test_order_and_case_do_not_matter(url: str) -> None:
    """Limit and genre come in any order, the storefront in any case."""
    assert AppleLegacyRss().recognise(url) == ChartTarget(chart(), 100)


def test_a_missing_genre_is_the_overall_chart() -> None:
    """No genre means all categories, and no limit means Apple's ten."""
    found = AppleLegacyRss().recognise("https://itunes.apple.com/fr/rss/toppaidipadapplications/json")
    assert found == ChartTarget(Chart(APPLE, "fr", Collection.TOP_PAID, "36", Device.IPAD), 10)


def test_the_former_host_of_v2_is_recognised() -> None:
    """Archives name rss.applemarketingtools.com too."""
    found = AppleRss().recognise("https://rss.applemarketingtools.com/api/v2/US/apps/top-free/50/apps.json")
    assert found == ChartTarget(chart("us", "36"), 50)


def test_more_than_apple_gives_is_not_asked_for() -> None:
    """Above 100 the v2 feed answers 500, so that the address is clamped."""
    assert "/100/apps.json" in AppleRss().url(ChartTarget(chart(category="36"), 200))


def test_lookups_have_sorted_ids_and_are_recognised_in_any_order() -> None:
    """Apple caches by the exact query, so that the ids are sorted; reading is tolerant."""
    url = AppleLookup().url(ListingTarget(APPLE, "fr", ("20", "3")))
    assert url == "https://itunes.apple.com/lookup?id=3,20&country=fr&entity=software"
    assert AppleLookup().recognise("https://itunes.apple.com/lookup?country=FR&id=20%2C3") == ListingTarget(
        APPLE, "fr", ("20", "3")
    )
    assert AppleLookup().recognise("https://itunes.apple.com/lookup?id=3") == ListingTarget(APPLE, "us", ("3",))


@pytest.mark.parametrize(
    "url",
    ["https://itunes.apple.com/robots.txt", "https://example.org/lookup?id=3", "https://itunes.apple.com/lookup?id="],
)
def test_other_addresses_are_nobodys(url: str) -> None:
    """An address of no source is recognised by none."""
    assert recognise(url) is None


@pytest.mark.parametrize(("body", "asked"), [(legacy_feed(), chart()), (v2_feed(), chart(category="36"))])
def test_a_whole_feed_is_complete(body: bytes, asked: Chart) -> None:
    """Both forms give ranks by position, with ids, names and developers."""
    reading = parse_chart(body, asked)
    assert (reading.status, reading.message, reading.depth) == (Status.COMPLETE, None, 100)
    assert [entry.rank for entry in reading.entries] == list(range(1, 101))
    assert reading.entries[0][1:] == ("1000", "App 1000", "Maker of 1000")


@pytest.mark.parametrize(("rows", "status"), [(90, Status.COMPLETE), (89, Status.PARTIAL)])
def test_nine_tenths_of_the_rows_are_complete(rows: int, status: Status) -> None:
    """Apple often gives 95 to 99 of 100, which is whole; much fewer is partial and says so."""
    reading = parse_chart(legacy_feed(ids(rows)), chart())
    assert reading.status is status
    assert reading.message == (None if status is Status.COMPLETE else "89 rows came of 100 asked for")


def test_a_single_entry_may_be_an_object() -> None:
    """Apple writes one entry as an object, not as a list of one."""
    reading = parse_chart(legacy_feed_of(legacy_entry("42")), chart(), asked=1)
    assert (reading.status, reading.entries[0].app_id) == (Status.COMPLETE, "42")


@pytest.mark.parametrize("entries", [None, []])
def test_a_feed_without_entries_is_a_block(entries: object) -> None:
    """An empty feed with 200 is how Apple turns a client away, not an empty chart."""
    with pytest.raises(Blocked, match="200 with an empty feed"):
        parse_chart(legacy_feed_of(entries), chart())


def test_the_link_of_an_entry_may_be_a_list() -> None:
    """A list of links, as Apple has given since 2023, changes nothing; nor do blank lines before the JSON."""
    entry = legacy_entry("42") | {"link": [{"attributes": {"rel": "alternate"}}, {"im:duration": {"label": "0"}}]}
    assert parse_chart(b"\n\n\n" + legacy_feed_of([entry]), chart(), asked=1).entries[0].app_id == "42"


def test_an_app_that_nobody_follows_is_an_entry_like_any_other() -> None:
    """A chart keeps every row, known or not."""
    assert parse_chart(legacy_feed(["999999999999"]), chart(), asked=1).entries[0].app_id == "999999999999"


def test_a_duplicate_is_set_aside_and_told() -> None:
    """The second row of an app is a reject; the ranks of the others stand."""
    reading = parse_chart(legacy_feed([*ids(99), "1000"]), chart())
    assert (reading.status, len(reading.entries), reading.depth) == (Status.COMPLETE, 99, 100)
    assert reading.rejects[0][:2] == (100, "duplicate_id")
    assert reading.message == "1 of 100 rows set aside: duplicate_id at 100"


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"id": None}, "no_id"),
        ({"id": {"attributes": {}}}, "no_id"),
        ({"id": {"attributes": {"im:id": "x1"}}}, "bad_id"),
    ],
)
def test_a_row_without_an_app_makes_the_chart_partial(broken: dict[str, Any], reason: str) -> None:
    """A row that could be anyone's is set aside, and nobody is then absent from the chart."""
    rows = [legacy_entry(app_id) for app_id in ids()]
    rows[4] = rows[4] | broken
    reading = parse_chart(legacy_feed_of(rows), chart())
    assert reading.status is Status.PARTIAL
    assert [(reject.position, reject.reason) for reject in reading.rejects] == [(5, reason)]
    assert reading.entries[4].rank == 6


def test_odd_types_do_not_sink_a_feed() -> None:
    """A number as id is read, an odd name is unknown, a row that is no object is set aside."""
    rows = [legacy_entry(app_id) for app_id in ids()]
    rows[0] = rows[0] | {"id": {"attributes": {"im:id": 77}}}
    rows[1] = rows[1] | {"im:name": ["?"]}
    reading = parse_chart(legacy_feed_of([*rows, "what"]), chart())
    assert reading.entries[0].app_id == "77"
    assert reading.entries[1].name is None
    assert reading.rejects[0][:2] == (101, "no_id")


@pytest.mark.parametrize("body", [legacy_feed(country="us"), v2_feed(country="us")])
def test_another_storefront_is_told_and_kept_out(body: bytes) -> None:
    """A feed of another storefront gives no facts, and says what was asked and what came."""
    reading = parse_chart(body, chart(category="36"))
    assert (reading.status, reading.entries, reading.depth) == (Status.WRONG_STOREFRONT, (), 100)
    assert reading.message == "asked for storefront fr, and storefront us came"


def test_the_links_tell_the_storefront_when_the_feed_does_not() -> None:
    """Without an address of its own, a feed is judged by the links of its rows."""
    document = json.loads(legacy_feed(country="us"))
    del document["feed"]["id"]
    assert parse_chart(json.dumps(document).encode(), chart()).status is Status.WRONG_STOREFRONT


def test_another_chart_is_told_and_kept_out() -> None:
    """A feed of another category is never filed under the one asked for."""
    reading = parse_chart(legacy_feed(category="6008"), chart())
    assert (reading.status, reading.entries) == (Status.WRONG_CHART, ())
    assert reading.message == "asked for apple/fr/iphone/top-free/6007, and apple/fr/iphone/top-free/6008 came"
    assert parse_chart(v2_feed(), chart()).status is Status.WRONG_CHART


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        (b"<!DOCTYPE html><html>", LayoutChanged, "HTML came"),
        (b"\n<html>", LayoutChanged, "HTML came"),
        (b'{"errorMessage":"Invalid"}', LayoutChanged, "no feed"),
        (b'{"feed":[]}', LayoutChanged, "no feed"),
        (b"nonsense", LayoutChanged, "not JSON"),
        (legacy_feed()[:500], FetchError, "cut short"),
        (legacy_feed_of([{}, {}]), LayoutChanged, "none of the 2 rows has an app id"),
    ],
)
def test_what_is_no_feed_is_said_to_be_none(body: bytes, error: type[Exception], words: str) -> None:
    """A changed layout and a cut answer are told apart, in words."""
    with pytest.raises(error, match=words):
        parse_chart(body, chart())


def test_listings_are_matched_by_id() -> None:
    """Each app asked for has a reading, whatever the order of the answer and whoever is left out."""
    body = lookup_body(lookup_result("30"), lookup_result("10", userRatingCount=0, averageUserRating=0.0))
    found = parse_listings(body, APPLE, "fr", ("10", "20", "30"))
    assert [reading.status for reading in found] == [Status.COMPLETE, Status.NOT_AVAILABLE, Status.COMPLETE]
    assert found[0].listing is not None
    assert (found[0].listing.rating_count, found[0].listing.rating_average) == (0, None)
    assert found[1].message == "the answer leaves 20 out: not offered in storefront fr"


def test_a_listing_has_what_the_store_says() -> None:
    """Every field of a lookup record that is followed is read."""
    (reading,) = parse_listings(lookup_body(lookup_result("10", releaseNotes="Faster.")), APPLE, "fr", ("10",))
    assert reading.listing == Listing(
        name="App 10",
        developer="Maker of 10",
        version="1.2",
        rating_count=10,
        rating_average=4.5,
        price=0.0,
        currency="EUR",
        released_at="2025-02-05",
        version_released_at="2026-10-01T08:00:00Z",
        release_notes="Faster.",
        category="6007",
        bundle_id="com.example.10",
    )


def test_an_odd_field_costs_that_field_alone() -> None:
    """A field of another type is unknown; a number written as text is read."""
    body = lookup_body(lookup_result("10", version=["?"], userRatingCount="12"))
    (reading,) = parse_listings(body, APPLE, "fr", ("10",))
    assert reading.listing is not None
    assert (reading.listing.version, reading.listing.rating_count, reading.listing.name) == (None, 12, "App 10")


def test_a_listing_of_another_storefront_is_kept_out() -> None:
    """The link of a record tells the storefront that was served."""
    (reading,) = parse_listings(lookup_body(lookup_result("10", "us")), APPLE, "fr", ("10",))
    assert (reading.status, reading.listing) == (Status.WRONG_STOREFRONT, None)


def test_a_record_without_an_id_is_a_changed_layout() -> None:
    """An app that may be the nameless record is not said to be unavailable."""
    (reading,) = parse_listings(lookup_body(lookup_result("10", trackId=None)), APPLE, "fr", ("10",))
    assert reading.status is Status.LAYOUT_CHANGED


def test_the_real_french_charts_are_read_row_by_row(real: Path) -> None:
    """All 2,360 rows of the 24 captures of 2026 equal what was expected of them."""
    expected = list(csv.DictReader((real / "apple/fr-productivity-top-free.expected.csv").open(encoding="utf-8")))
    found = []
    for answer, _ in read_archive(real / "apple/fr-productivity-top-free-2026-09-16..10-10.warc.gz"):
        reading = parse_chart(answer.body, chart())
        assert reading.status is Status.COMPLETE
        found += [(answer.observed_at.strftime("%Y-%m-%dT%H:%M:%S"), *entry[:3]) for entry in reading.entries]
    assert len(found) == 2360
    assert found == [(row["observed_at"][:19], int(row["rank"]), row["app_id"], row["name"]) for row in expected]


def test_the_real_format_samples_are_read(real: Path) -> None:
    """Feeds and lookups of 2018 and 2023 are read by the same parsers."""
    found = []
    for answer, _ in read_archive(real / "apple/format-samples.warc.gz"):
        known = recognise(answer.url)
        assert known is not None
        found += known[0].parse(answer.body, known[1])
    assert [reading.status for reading in found] == [Status.COMPLETE] * 4


def test_the_real_lookups_are_read(real: Path) -> None:
    """Three years of Norwegian lookups give a listing each, the first ChatGPT one without an average."""
    found = []
    for answer, _ in read_archive(real / "apple/lookup-no-2023-06..2026-08.warc.gz"):
        known = recognise(answer.url)
        assert known is not None
        found += known[0].parse(answer.body, known[1])
    assert len(found) == 326
    assert {reading.status for reading in found} == {Status.COMPLETE}
    first = next(reading.listing for reading in found if reading.app_id == "6448311069")
    assert (first.rating_count, first.rating_average, first.name) == (0, None, "ChatGPT")


@pytest.mark.parametrize("body", [b'{"feed":"\xff"}', b'{"feed":' + b"[" * 5000, b'{"feed":"\\ud800"}'])
def test_bytes_that_no_json_has_are_a_changed_layout(body: bytes) -> None:
    """Bytes that are not UTF-8, endless depth and half a surrogate pair end as declared errors."""
    with pytest.raises((LayoutChanged, FetchError)):
        parse_chart(body, chart())
    with pytest.raises((LayoutChanged, FetchError)):
        parse_listings(body, StoreName.APPLE, "fr", ["1"])
