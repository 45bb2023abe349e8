"""Tests of dashboard/components/filters.py."""

from __future__ import annotations

from datetime import date

import pytest

from dashboard.components.filters import (
    ALL,
    OWN,
    Period,
    chart_options,
    days_of,
    period_of,
    rolling,
    shown,
    with_chart,
    with_period,
    with_picked,
)
from dashboard.language import Language
from dashboard.selection import Selection
from tests.dashboard.test_selection import FR_PRODUCTIVITY, KNOWN

SPAN = (date(2026, 1, 1), date(2026, 10, 9))


@pytest.mark.parametrize("period", ["7", "30", "90", ALL])
def test_a_period_reads_back_from_its_days(period: str) -> None:
    """The picker shows what the address says."""
    since, until = days_of(period, SPAN, None, None)
    assert period_of(Selection(since=since, until=until), SPAN) == period


def test_days_of_ones_own_are_kept() -> None:
    """Both days are the reader's; where one is missing, what was observed bounds it."""
    assert days_of(OWN, SPAN, "2026-02-01", "2026-03-01") == (date(2026, 2, 1), date(2026, 3, 1))
    assert days_of(OWN, SPAN, "", "no day") == SPAN
    assert period_of(Selection(since=date(2026, 2, 1), until=date(2026, 3, 1)), SPAN) == OWN


def test_a_long_history_is_first_shown_by_its_last_ninety_days() -> None:
    """A short one whole; an address that names days keeps them."""
    assert with_period(Selection(), SPAN).since == date(2026, 7, 11)
    assert with_period(Selection(), (date(2026, 9, 1), SPAN[1])).since == date(2026, 9, 1)
    assert with_period(Selection(until=SPAN[1]), SPAN) == Selection(until=SPAN[1])


def test_the_last_days_move_with_the_data_and_days_of_ones_own_do_not() -> None:
    """The same choice, a week of data later."""
    asked, later = Selection(last=30), (SPAN[0], date(2026, 10, 16))
    assert (rolling(asked, SPAN).since, rolling(asked, later).since) == (date(2026, 9, 9), date(2026, 9, 16))
    assert rolling(Selection(since=date(2026, 9, 9)), SPAN).last == 30
    assert rolling(Selection(since=date(2026, 9, 8)), SPAN).last is None
    assert Period("7", None, None).of(rolling(asked, SPAN), SPAN).last == 7
    assert Period(OWN, "2026-02-01", "2026-03-01").of(rolling(asked, SPAN), SPAN).last is None


def test_only_what_was_observed_can_be_picked() -> None:
    """Categories are those of the storefront and collection that are shown."""
    options = chart_options(FR_PRODUCTIVITY, KNOWN, Language("fr"))
    assert [option["label"] for option in options["country"]] == ["États-Unis", "France"] or [
        option["label"] for option in options["country"]
    ] == ["France", "États-Unis"]
    assert {option["value"] for option in options["category"]} == {"6007", "6008"}


def test_of_several_storefronts_what_one_of_them_has_can_be_picked() -> None:
    """And each of them stays picked, also where the chart was never seen."""
    told = shown(FR_PRODUCTIVITY, KNOWN, Language("en"), countries=("fr", "us", "jp"))
    assert told["values"]["country"] == ["fr", "us", "jp"]
    assert {option["label"] for option in told["options"]["country"]} == {"France", "United States", "Japan"}
    assert {option["value"] for option in told["options"]["collection"]} == {"top-free", "top-paid.ipad"}
    assert {option["value"] for option in told["options"]["category"]} == {"6007", "6008", "36"}


def test_storefronts_are_picked_as_one_or_as_a_list() -> None:
    """A page that shows one storefront leaves the others out once another is picked there."""
    picked = {"store": "apple", "collection": "top-free", "category": "36"}
    assert with_chart(Selection(), {**picked, "country": ["us", "fr"]}).countries == ("us", "fr")
    assert with_chart(Selection(country="fr", beside=("de",)), {**picked, "country": "us"}).countries == ("us",)
    assert with_chart(Selection(country="fr"), {**picked, "country": []}).countries == ()
    assert with_picked(Selection(country="fr", beside=("de",)), {"country": "us"}).countries == ("us",)
