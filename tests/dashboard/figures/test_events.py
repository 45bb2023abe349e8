"""Tests of dashboard/figures/events.py."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dashboard.figures.events import MOST, Mark, events_frame, lines, marks, numbers, told_day, told_title
from dashboard.figures.theme import LIGHT
from dashboard.language import Language
from essor.model.events import all_events

EVENTS = events_frame(all_events())
EN = Language("en")


def test_events_of_the_apps_shown_are_numbered_by_time() -> None:
    """Those of other apps and of other days are left out."""
    found = marks(EVENTS, ["le-chat"], date(2025, 2, 1), date(2025, 2, 28), EN)
    assert [mark.number for mark in found] == [1, 2]
    assert [mark.day for mark in found] == [date(2025, 2, 6), date(2025, 2, 9)]
    assert all(mark.publisher for mark in found)


def test_each_language_has_its_own_words() -> None:
    """The title is the reader's."""
    french = marks(EVENTS, ["le-chat"], date(2025, 2, 9), date(2025, 2, 9), Language("fr"))[0]
    assert french.title != marks(EVENTS, ["le-chat"], date(2025, 2, 9), date(2025, 2, 9), EN)[0].title


def test_an_event_known_by_its_month_says_so() -> None:
    """It is not given a day that nobody knows."""
    found = marks(EVENTS, ["gemini"], date(2025, 2, 1), date(2025, 2, 28), EN)
    assert [mark.vague for mark in found] == [True]


def test_neighbours_share_one_number_so_that_none_overlap() -> None:
    """Two events three days apart on an axis of a year stand under one label, with a line each."""
    found = marks(EVENTS, ["le-chat"], date(2025, 2, 1), date(2025, 2, 28), EN)
    assert [note["text"] for note in numbers(found, timedelta(days=365), LIGHT)] == ["1, 2"]
    assert [note["text"] for note in numbers(found, timedelta(days=28), LIGHT)] == ["1", "2"]
    assert len(lines(found, LIGHT)) == 2


def test_more_than_fit_are_not_drawn() -> None:
    """The newest stay."""
    everything = [app for app in EVENTS["app"].unique().to_list() if app]
    found = marks(EVENTS, everything, date(2020, 1, 1), date(2030, 1, 1), EN)
    assert len(found) == min(MOST, EVENTS.height)
    assert found[-1].day == EVENTS["day"].max()


@pytest.mark.parametrize("apps", [[], ["grok-of-another-world"]])
def test_without_events_nothing_is_drawn(apps: list[str]) -> None:
    """No line, no number."""
    found = marks(EVENTS.filter(EVENTS["app"].is_not_null()), apps, date(2020, 1, 1), date(2030, 1, 1), EN)
    assert (found, lines(found, LIGHT), numbers(found, timedelta(days=1), LIGHT)) == ((), [], [])


def test_an_event_is_told_as_exactly_as_it_is_known() -> None:
    """Of one known by its month no day is named, and what is to confirm says so."""
    vague = Mark(1, date(2023, 7, 1), "ChatGPT sort sur Android", vague=True, confirmed=False)
    french = Language("fr")
    assert told_day(vague, french) == "juillet 2023"
    assert told_title(vague, french) == "ChatGPT sort sur Android (à confirmer)"
    known = Mark(1, date(2023, 7, 25), "ChatGPT sort sur Android")
    assert (told_day(known, french), told_title(known, french)) == ("25 juil. 2023", "ChatGPT sort sur Android")
