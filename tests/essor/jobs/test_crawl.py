"""The turn to crawl, the planned run, and what is due of the signals."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import essor.jobs.crawl as job
from essor.jobs.refresh import refresh
from essor.model.errors import SettingsError
from essor.model.signals import SignalPoint
from essor.settings import Settings, read_settings
from tests.landed import evidence, land, signal_reading


def test_two_crawls_take_turns(settings: Settings) -> None:
    """While one has the turn another waits, and gives up when it is told to stop; afterwards it is free."""
    with job.crawls_in_turn(settings) as first, job.crawls_in_turn(settings, lambda: True) as second:
        assert (first, second) == (True, False)
    with job.crawls_in_turn(settings) as again:
        assert again


def test_a_planned_run_begins_only_under_its_schedule(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The schedule's name for the run is taken while the schedule lives; an orphan asks nobody anything."""
    monkeypatch.setenv(job.PLANNED_RUN, "charts-planned")
    monkeypatch.setenv(job.PLANNER, str(os.getppid()))
    assert job.planned_run("charts") == "charts-planned"
    monkeypatch.setenv(job.PLANNER, "1")
    with pytest.raises(SettingsError, match="is gone"):
        job.crawl_charts(settings, lambda *_: None)
    assert not (settings.data_dir / "landing").exists()


@pytest.mark.parametrize(("hours", "due"), [(1, False), (23, True)])
def test_a_source_is_asked_once_in_its_own_time(settings: Settings, hours: int, due: bool) -> None:
    """A source that was had an hour ago waits; one of yesterday is due, and so is one that was never asked."""
    then = datetime.now(UTC) - timedelta(hours=hours)
    said = replace(evidence(then), source="github")
    land(settings.data_dir, [signal_reading(then, [SignalPoint(1)], said=said)])
    refresh(settings)
    asked = {subject.source for subject in job.due_subjects(settings)}
    assert ("github" in asked, "tranco" in asked) == (due, True)


def test_a_source_that_is_off_is_not_expected(tmp_path: Path) -> None:
    """Switched off in the settings, it is neither asked nor counted as missing."""
    off = read_settings(data_dir=tmp_path / "data", sources={"github": {"enabled": False}})
    assert "github" not in {subject.source for subject in job.due_subjects(off)}
    assert "github" not in {one.source for one in job.expected(off, "signals")}
