"""Tests of dashboard/history.py."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from dashboard.history import by_app, comparable, gaps, is_long, looks, missing_days, usable_moments, usual_step
from tests.dashboard.frames import START, history

DAY = timedelta(days=1)


def test_a_step_of_two_days_in_a_daily_chart_is_a_gap() -> None:
    """Two looks further apart than one and a half usual steps have a gap between them."""
    moments = [START, START + DAY, START + 3 * DAY, START + 4 * DAY]
    assert gaps(moments, DAY) == [(START + DAY, START + 3 * DAY)]


def test_without_a_usual_step_nothing_is_called_a_gap() -> None:
    """Two looks alone say nothing of the pace."""
    assert gaps([START, START + 30 * DAY], None) == []


def test_days_without_a_usable_look_are_named() -> None:
    """A failed look does not make its day observed."""
    frame = history("le-chat", [(0, 60), (1, "failed"), (2, 58), (4, None)])
    assert missing_days(usable_moments(frame), DAY) == [date(2026, 9, 17), date(2026, 9, 19)]


def test_a_weekly_chart_has_no_missing_days() -> None:
    """Days are named only where a chart is looked at daily."""
    assert missing_days([START, START + 7 * DAY], 7 * DAY) == []


def test_an_app_with_two_store_ids_has_the_better_rank() -> None:
    """Two keys of one app give one course."""
    frame = pl.concat([history("copilot", [(0, None), (1, 9)]), history("copilot", [(0, 7), (1, 12)])])
    assert by_app(frame)["rank"].to_list() == [7, 9]


def test_the_usual_step_is_the_median_of_usable_looks() -> None:
    """A failed look between two usable ones does not halve the step."""
    frame = history("le-chat", [(0, 1), (0.5, "failed"), (1, 1), (2, 1), (4, 1)])
    assert usual_step(looks(frame)) == DAY
    assert usual_step(looks(history("le-chat", [(0, 1), (1, 1)]))) is None


def test_only_the_looks_that_are_shown_make_a_period_long() -> None:
    """A year of addresses with looks on three weeks of it is shown look by look."""
    moments = history("le-chat", [(0, 60), (30, 58), (70, 20)])["observed_at"]
    assert is_long(moments, None, None)
    assert not is_long(moments, START.date() + 40 * DAY, None)
    assert not is_long(moments, None, START.date() + 30 * DAY)
    assert not is_long(moments.clear(), None, None)


def test_an_absence_from_a_shallow_look_says_nothing_beside_a_deeper_rank() -> None:
    """Outside the first 1 in 2023 is no worse than 28th today."""
    rows = pl.concat([history("le-chat", [(0, None)], depth=1), history("le-chat", [(1, None), (2, 28)])])
    assert comparable(rows)["depth"].to_list() == [98, 98]
    never = history("le-chat", [(0, None)], depth=1)
    assert comparable(never).height == 1
