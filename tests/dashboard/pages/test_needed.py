"""Tests of dashboard/pages/needed.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.app import make_app
from dashboard.desk import Desk, reader
from dashboard.drawn import FIGURES, Drawn
from dashboard.selection import Selection
from essor.jobs.estimate import publish_methods
from essor.jobs.refresh import refresh
from essor.settings import Settings, read_settings
from tests.essor.jobs.test_estimate import US, look
from tests.landed import FR, LE_CHAT, at, chart_reading, land

EN = Selection(lang="en", theme="light")
MEXICO = replace(US, country="mx")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Claude 25th, then absent, in the US; Le Chat first in a French category and in Mexico, whose level is unknown."""
    settings: Settings = read_settings(data_dir=tmp_path_factory.mktemp("needed"))
    others = [chart_reading(at("2026-03-02 12:00"), [LE_CHAT], chart=chart) for chart in (FR, MEXICO)]
    land(settings.data_dir, [look(0, 25), look(2, None), *others])
    refresh(settings)
    publish_methods(settings)
    found: Desk = make_app(settings).server.state.desk
    return found


def drawn(desk: Desk, selection: Selection) -> Drawn:
    """The figure for these choices."""
    with desk.cursor(selection) as cursor:
        found = FIGURES["needed"].draw(cursor, selection, reader(selection, {}, {}))
    assert found is not None
    return found


@pytest.mark.parametrize(("goal", "told"), [("first", "to be first"), ("top_10", "to enter the first ten"),
                                            ("next", "to be 24th")])  # fmt: skip
def test_each_goal_has_its_sentence_with_the_band(desk: Desk, goal: str, told: str) -> None:
    """The rank, the day, the downloads and their band, the look it stands on."""
    found = drawn(desk, replace(EN, country="us", measure=goal, at=at("2026-03-02 23:00")))
    assert found.finding.startswith("Claude, 25th (United States, 2 March 2026), would need about ")
    assert f"more downloads a day {told}: " in found.finding
    assert "eight times in ten, by the rank curve" in found.finding
    assert (found.rows.height, found.reading is not None, found.method) == (3, True, "needed")
    assert found.pinned.at == at("2026-03-02 00:00")


def test_where_nothing_can_be_said_the_reason_is(desk: Desk) -> None:
    """Outside the chart, without a level, and the goal that is reached are three different sentences."""
    assert "no followed app is in the fetched chart" in drawn(desk, replace(EN, country="us")).finding
    assert "its level is not known for this storefront" in drawn(desk, replace(EN, country="mx")).finding
    reached = replace(EN, country="us", at=at("2026-03-02 00:00"), apps=("chatgpt",))
    assert drawn(desk, reached).finding.startswith("Nothing can be said here")


def test_a_category_chart_is_never_asked_of_the_curve(desk: Desk) -> None:
    """France was seen in a category alone: the page goes to an overall chart, and says which."""
    found = drawn(desk, replace(EN, country="fr", category="6007"))
    assert found.selection.country in ("us", "mx")
    assert "All categories" in found.subtitle
    assert "for a category chart there is no curve" in found.subtitle
