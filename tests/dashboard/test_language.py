"""Tests of dashboard/language.py."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from dashboard.language import Language, chosen, homes, translations

FR, EN = Language("fr"), Language("en")


@pytest.mark.parametrize(
    ("rank", "english", "french"),
    [(1, "1st", "1re"), (2, "2nd", "2e"), (11, "11th", "11e"), (23, "23rd", "23e"), (112, "112th", "112e")],
)
def test_ordinals_are_those_of_the_language(rank: int, english: str, french: str) -> None:
    """A rank reads as a person of the language says it."""
    assert (EN.ordinal(rank), FR.ordinal(rank)) == (english, french)


def test_days_are_unambiguous_in_both_languages() -> None:
    """Days bear the month's name, and the first of a month is "1er" in French."""
    assert (EN.day(date(2026, 10, 9)), FR.day(date(2026, 10, 1))) == ("9 October 2026", "1er octobre 2026")
    assert FR.day(date(2026, 10, 11)) == "11 octobre 2026"


def test_moments_name_their_zone() -> None:
    """A moment says UTC."""
    assert FR.moment(datetime(2026, 10, 9, 15, 11, tzinfo=UTC)) == "9 oct. 2026, 15:11 UTC"


def test_numbers_and_ages_follow_the_language() -> None:
    """Thousands are parted and plurals made as the language does."""
    assert EN.number(2360) == "2,360"
    assert FR.number(2360).replace("\u202f", " ") == "2 360"
    assert (EN.ago(timedelta(days=42)), FR.ago(timedelta(hours=3))) == ("42 days", "3 heures")
    assert FR.ago(timedelta(minutes=0)) == "0 minute"


def test_two_days_of_one_year_say_the_year_once() -> None:
    """The first day bears its year only when the second has another."""
    assert EN.between(date(2026, 9, 16), date(2026, 10, 9)) == ("16 September", "9 October 2026")
    assert EN.between(date(2025, 9, 16), date(2026, 10, 9))[0] == "16 September 2025"


@pytest.mark.parametrize(
    ("asked", "accepted", "expected"),
    [
        ("fr", "en-GB", "fr"),
        (None, "fr-CH, en;q=0.9", "fr"),
        (None, "ja,en;q=0.5", "en"),
        (None, None, "en"),
        ("xx", "fr", "fr"),
    ],
)
def test_the_address_wins_over_the_browser(asked: str | None, accepted: str | None, expected: str) -> None:
    """The language asked for, else the first one accepted that is on offer, else English."""
    assert chosen(asked, accepted).code == expected


def test_places_and_categories_have_names_in_both_languages() -> None:
    """Countries come from the locale, categories from the translations; an unknown category shows its id."""
    assert (FR.country("us"), EN.country("de")) == ("États-Unis", "Germany")
    assert (FR.category("6007"), EN.category("36"), EN.category("9999")) == ("Productivité", "All categories", "9999")


def test_french_from_the_warehouse_breaks_no_line_before_its_punctuation() -> None:
    """The texts of claims are written with plain spaces."""
    assert Language("fr").spaced("« Le Chat » : 80 % ; vrai ?") == (
        "«\u00a0Le Chat\u00a0»\u00a0: 80\u202f%\u202f; vrai\u202f?"
    )
    assert Language("en").spaced("80 % ?") == "80 % ?"


def test_some_days_are_told_as_what_they_are() -> None:
    """One day is not told as two; data of a whole day have no time of day."""
    day, moment = date(2026, 10, 9), datetime(2026, 10, 9, 15, 11, tzinfo=UTC)
    assert (EN.during(day, day), FR.during(day, day)) == ("on 9 October 2026", "le\N{NO-BREAK SPACE}9 octobre 2026")
    assert (
        FR.during(date(2026, 10, 7), day) == "entre le\N{NO-BREAK SPACE}7 octobre et le\N{NO-BREAK SPACE}9 octobre 2026"
    )
    assert (EN.dated(day), EN.dated(moment)) == ("9 Oct 2026", "9 Oct 2026, 15:11 UTC")


@pytest.mark.parametrize(
    ("code", "accepted", "expected"),
    [
        ("fr", "fr-FR,fr;q=0.9,en-US;q=0.8", ("fr",)),
        ("en", "en-GB,en;q=0.5", ("gb", "us")),
        ("fr", "fr-CA", ("ca", "fr")),
        ("en", "de-DE,de;q=0.9,en-US;q=0.8", ("de", "us")),
        ("en", "zh-Hant-TW", ("tw", "us")),
        ("fr", "en-US,en;q=0.9", ("fr",)),
        ("en", "fr-FR", ("us",)),
        ("fr", "fr", ("fr",)),
        ("en", None, ("us",)),
    ],
)
def test_a_reader_is_at_home_in_their_region(code: str, accepted: str | None, expected: tuple[str, ...]) -> None:
    """That of the browser's language, unless they read the other one; then the language's own."""
    assert homes(Language(code), accepted) == expected


def test_a_date_does_not_part_from_its_article() -> None:
    """Neither in our texts nor in those of the warehouse; the whole world is named like a country."""
    assert FR.spaced("sorti le 18 mai") == "sorti le\N{NO-BREAK SPACE}18 mai"
    assert [key for key, text in translations("fr").items() if re.search(r"\b[Ll]e \{", text)] == []
    assert (EN.country("ww"), FR.country("ww")) == ("Worldwide", "Monde entier")
