"""How far it is to a better rank."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from essor.jobs.ask import opened
from essor.jobs.estimate import publish_methods
from essor.jobs.refresh import refresh
from essor.model.estimates import PUBLISHED
from essor.settings import Settings
from pipeline.metrics.estimates import at_rank
from tests.essor.jobs.test_estimate import FIRST, US, look
from tests.landed import land
from warehouse.reads.needed import needed

CURVE = PUBLISHED[2]


def ranked(settings: Settings, rank: int | None) -> None:
    """Claude at `rank` of the overall US chart on the first day."""
    land(settings.data_dir, [look(0, rank)])
    refresh(settings)
    publish_methods(settings)


def test_each_goal_is_the_difference_of_two_ranks_of_the_curve(settings: Settings) -> None:
    """From rank 25: one place up, the first ten, the first place, as the published vectors say."""
    ranked(settings, 25)
    with opened(settings) as cursor:
        found = needed(cursor, US, FIRST)
    here = at_rank(CURVE, 25).central
    goals = {row["goal"]: row for row in found.iter_rows(named=True)}
    assert {goal: row["goal_rank"] for goal, row in goals.items()} == {"next": 24, "top_10": 10, "first": 1}
    for row in goals.values():
        assert row["central"] == pytest.approx(at_rank(CURVE, row["goal_rank"]).central - here)
        assert row["low"] < row["central"] < row["high"]
    assert goals["first"]["high"] / goals["first"]["central"] == pytest.approx(1.5, abs=0.25)


def test_the_first_has_no_goal(settings: Settings) -> None:
    """At #1 there is nothing to reach."""
    assert _goals_from(settings, 1) == []


def test_from_the_second_place_the_next_is_the_first(settings: Settings) -> None:
    """Both goals are rank 1, and the first ten is reached."""
    assert sorted(_goals_from(settings, 2)) == [("first", 1), ("next", 1)]


def _goals_from(settings: Settings, rank: int) -> list[tuple[str, int]]:
    ranked(settings, rank)
    with opened(settings) as cursor:
        return needed(cursor, US, FIRST).select("goal", "goal_rank").rows()


def test_what_is_not_known_has_no_answer(settings: Settings) -> None:
    """Outside the chart, in a category chart, long after the last look: no row."""
    ranked(settings, None)
    with opened(settings) as cursor:
        assert needed(cursor, US, FIRST).is_empty()
        assert needed(cursor, replace(US, category="6007"), FIRST).is_empty()
        assert needed(cursor, US, date(2027, 1, 1) + timedelta(days=1)).is_empty()
