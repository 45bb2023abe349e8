"""What the schedule promised, and the runs that never began."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from essor.jobs.ask import answer
from essor.jobs.plans import Plan, Plans, plans_and_next_runs, record_missed, settle
from essor.model.errors import SettingsError
from essor.model.notes import note
from essor.settings import Settings, read_settings
from tests.landed import LE_CHAT, at, chart_reading, land

OFF = note("not_running")
DUE = at("2026-10-08 15:00")


def runs(settings: Settings) -> list[tuple[object, ...]]:
    """Name, result and what was asked of each run."""
    return answer(settings, "SELECT run_id, result, asked FROM runs ORDER BY run_id").rows()


def test_a_missed_run_is_recorded_once(settings: Settings) -> None:
    """Recorded again it stays one row; its asked is what the settings' charts would have brought."""
    times = [DUE + timedelta(hours=hour) for hour in range(3)]
    assert record_missed(settings, "charts", times[:2], OFF) == 2
    assert record_missed(settings, "charts", times, OFF) == 1
    assert [row[1:] for row in runs(settings)] == [("missed", 10)] * 3
    expected = answer(settings, "SELECT sum(expected), count(DISTINCT country) FROM expected").row(0)
    assert expected == (30, 5)


@pytest.mark.parametrize("what", ["charts", "listings", "signals"])
def test_every_job_says_what_it_would_have_brought(settings: Settings, what: str) -> None:
    """The readings of a missed run are those that the same crawl would ask for now."""
    record_missed(settings, what, [DUE], OFF)
    asked, expected = answer(settings, "SELECT (SELECT asked FROM runs), (SELECT sum(expected) FROM expected)").row(0)
    assert asked == expected > 0


def test_a_planned_run_without_a_trace_is_recorded(settings: Settings) -> None:
    """A run that landed is left alone; one that was planned and never began is missed."""
    land(settings.data_dir, [chart_reading(DUE, [LE_CHAT])], "begun")
    gone = Plan("charts", "gone", DUE, DUE)
    assert settle(settings, replace(gone, run_id="begun"), "missed", OFF) == 0
    assert settle(settings, gone, "missed", OFF) == 1
    assert settle(settings, gone, "missed", OFF) == 0
    assert runs(settings) == [("begun", "finished", 1), ("gone", "missed", 10)]


def test_plans_outlive_the_process(settings: Settings) -> None:
    """The last plan of a job is read back as it was kept; without a database there is none, and none is made."""
    assert plans_and_next_runs(settings) == ({}, {})
    assert not settings.data_dir.exists()
    plan = Plan("charts", "charts-1", DUE, DUE)
    for kept in (plan, replace(plan, ended_at=DUE, code=3, said="Nothing usable came")):
        plans = Plans(settings)
        plans.keep(kept)
        assert (plans.of("charts"), plans.of("listings")) == (kept, None)
        plans.close()
        assert plans_and_next_runs(settings) == ({"charts": kept}, {})


def test_a_database_without_its_driver_says_what_to_do(settings: Settings) -> None:
    """An address that SQLAlchemy does not know is a setting to change."""
    with pytest.raises(SettingsError, match="schedule_url cannot be used"):
        Plans(read_settings(data_dir=settings.data_dir, schedule_url="nonsense://x"))
