"""Tests of dashboard/selection.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.selection import Selection, nearest_chart, nearest_charts, read_address, read_selection
from essor.model.charts import Chart, Collection
from essor.model.stores import Device, StoreName

FR_PRODUCTIVITY = Chart(StoreName.APPLE, "fr", Collection.TOP_FREE, "6007")
FR_PHOTO = Chart(StoreName.APPLE, "fr", Collection.TOP_FREE, "6008")
US_ALL = Chart(StoreName.APPLE, "us", Collection.TOP_FREE, "36")
US_PAID_IPAD = Chart(StoreName.APPLE, "us", Collection.TOP_PAID, "36", Device.IPAD)
KNOWN = {FR_PHOTO: 184, FR_PRODUCTIVITY: 24, US_ALL: 1, US_PAID_IPAD: 1}

selections = st.builds(
    lambda **chosen: Selection(
        **{
            **chosen,
            "last": None if chosen["since"] else chosen["last"],
            "beside": chosen["beside"] if chosen["country"] else (),
        }
    ),
    apps=st.lists(st.from_regex(r"[a-z0-9-]{1,12}", fullmatch=True), max_size=4).map(tuple),
    store=st.sampled_from([None, "apple", "google_play"]),
    country=st.sampled_from([None, "fr", "us"]),
    beside=st.lists(st.sampled_from(["de", "jp", "gb"]), unique=True).map(tuple),
    collection=st.sampled_from([None, "top-free", "top-free.ipad"]),
    category=st.sampled_from([None, "6007", "APPLICATION"]),
    since=st.none() | st.dates(date(2020, 1, 1), date(2100, 1, 1)),
    until=st.none() | st.dates(date(2020, 1, 1), date(2100, 1, 1)),
    last=st.none() | st.integers(1, 9_999),
    at=st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - Hypothesis adds the zone
    snapshot=st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the same
    lang=st.sampled_from([None, "fr", "en"]),
    theme=st.sampled_from([None, "light", "dark"]),
)


@given(selections)
def test_an_address_reads_back_as_what_it_was_written_from(selection: Selection) -> None:
    """A shared link shows the same thing."""
    assert read_selection(read_address(selection.query())) == selection


@given(
    st.dictionaries(
        st.sampled_from(["apps", "country", "from", "at", "theme", "store"]), st.text() | st.lists(st.text())
    )
)
@example({"at": "9999-12-31T23:59:59-12:00"})
@example({"at": "0001-01-01T00:00:00+14:00"})
def test_a_bad_address_still_opens(query: dict[str, object]) -> None:
    """What cannot be used is left out; nothing raises."""
    assert isinstance(read_selection(query), Selection)


def test_the_last_day_of_the_calendar_is_left_out() -> None:
    """Pages look up to the day after; there is none."""
    assert read_selection({"from": "9999-12-31", "to": "9999-12-31"}) == Selection()
    assert read_selection({"to": "9999-12-30"}).until == date(9999, 12, 30)


def test_with_nothing_asked_the_french_productivity_chart_is_shown() -> None:
    """Where the assistants are, not where most readings are."""
    assert nearest_chart(Selection(), KNOWN) == FR_PRODUCTIVITY


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Selection(country="us"), US_ALL),
        (Selection(country="fr", category="6008"), FR_PHOTO),
        (Selection(country="us", collection="top-paid.ipad"), US_PAID_IPAD),
        (Selection(country="fr", collection="top-free", category="36"), FR_PRODUCTIVITY),
    ],
)
def test_the_nearest_known_chart_is_shown(asked: Selection, expected: Chart) -> None:
    """Country before collection before category."""
    assert nearest_chart(asked, KNOWN) == expected


def test_a_silent_address_begins_with_the_readers_storefront() -> None:
    """Once it has a quarter of the readings; what the address says wins, and no address bears the reader's own."""
    american, looked_at = Selection(homes=("gb", "us")), {**KNOWN, US_ALL: 6}
    assert nearest_chart(american, looked_at) == US_ALL
    assert nearest_chart(american, KNOWN) == FR_PRODUCTIVITY
    assert nearest_chart(replace(american, country="fr"), looked_at) == FR_PRODUCTIVITY
    assert nearest_chart(replace(american, homes=("gb",)), looked_at) == FR_PRODUCTIVITY
    assert american.query() == Selection().query()


def test_an_address_names_several_storefronts() -> None:
    """The first one is that of pages that show one; what is none is left out, and none is named twice."""
    asked = read_selection({"country": "fr,DE,us,fr,,gb"})
    assert asked.countries == ("fr", "us", "gb")
    assert asked.country == "fr"
    assert "country=fr,us,gb" in asked.query()
    assert asked.of_chart(US_ALL).countries == ("us",)


def test_the_same_chart_is_shown_in_every_storefront() -> None:
    """The one asked for where any of them has it, else one that most of them have; seen there or not."""
    fr_all = replace(US_ALL, country="fr")
    both = {**KNOWN, fr_all: 3}
    asked = Selection(country="us", beside=("fr",))
    assert nearest_charts(asked, both) == (US_ALL, fr_all)
    assert nearest_charts(replace(asked, category="6007"), both) == (
        replace(FR_PRODUCTIVITY, country="us"),
        FR_PRODUCTIVITY,
    )
    assert nearest_charts(Selection(country="jp", beside=("fr",)), KNOWN) == (
        replace(FR_PRODUCTIVITY, country="jp"), FR_PRODUCTIVITY,
    )  # fmt: skip


def test_one_storefront_is_shown_as_ever() -> None:
    """The nearest chart of it alone."""
    for asked in (Selection(), Selection(country="us"), Selection(country="jp")):
        assert nearest_charts(asked, KNOWN) == (nearest_chart(asked, KNOWN),)
    assert nearest_charts(Selection(), {}) == ()


def test_without_any_chart_none_is_shown() -> None:
    """An empty warehouse has no nearest chart."""
    assert nearest_chart(Selection(), {}) is None
