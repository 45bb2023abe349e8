"""What the collecting says of itself."""

from __future__ import annotations

from datetime import date

import pytest

from crawlers.landing import Landing
from essor.jobs.ask import opened
from essor.jobs.refresh import refresh
from essor.model.observation import Status
from essor.model.pauses import Pause, PauseReason
from essor.settings import Settings
from tests.landed import CHATGPT, CLAUDE, at, chart_reading, land, listing_reading
from warehouse.reads import health


@pytest.fixture
def looked(settings: Settings) -> Settings:
    """Four days of looking: one had, one blocked, one without a look, one had."""
    land(
        settings.data_dir,
        [
            chart_reading(at("2026-10-01 12:00"), [CLAUDE]),
            chart_reading(at("2026-10-02 12:00"), [], status=Status.BLOCKED),
            chart_reading(at("2026-10-04 12:00"), [CLAUDE]),
            listing_reading(at("2026-10-04 12:00"), CHATGPT, 10),
        ],
    )
    refresh(settings)
    return settings


def test_gaps_tell_a_blocked_day_from_one_without_a_look(looked: Settings) -> None:
    """Both days are gaps; only one was looked at."""
    with opened(looked) as cursor:
        gaps = health.gaps(cursor)
    seen = {row["day"]: (row["looks"], row["status"]) for row in gaps.iter_rows(named=True)}
    assert seen == {date(2026, 10, 2): (1, "blocked"), date(2026, 10, 3): (0, None)}


@pytest.mark.parametrize(
    ("first", "days"), [("2026-10-02 09:00", {2, 3}), ("2026-10-03 00:00", {3}), ("2026-10-04 00:00", set())]
)
def test_gaps_of_a_period_know_what_was_seen_before_it(looked: Settings, first: str, days: set[int]) -> None:
    """A chart that was seen before the period lacks its first days too; the day of `since` counts whole."""
    with opened(looked) as cursor:
        assert {day.day for day in health.gaps(cursor, at(first))["day"]} == days


def test_a_chart_has_no_gap_before_its_first_usable_look(settings: Settings) -> None:
    """Nobody missed what was never had: its blocked days before that are no gap, in any period."""
    looks = [
        chart_reading(at("2026-10-01 12:00"), [], status=Status.BLOCKED),
        chart_reading(at("2026-10-03 12:00"), [CLAUDE]),
    ]
    land(settings.data_dir, looks)
    refresh(settings)
    with opened(settings) as cursor:
        assert health.gaps(cursor).is_empty()
        assert health.gaps(cursor, at("2026-10-01 00:00")).is_empty()


def test_freshness_names_the_last_usable_look(looked: Settings) -> None:
    """A source's newest figure, and how its last look ended."""
    with opened(looked) as cursor:
        fresh = {row["kind"]: row for row in health.freshness(cursor).iter_rows(named=True)}
    assert fresh["charts"]["last_usable_at"] == at("2026-10-04 12:00")
    assert (fresh["charts"]["looks"], fresh["charts"]["last_status"]) == (3, "complete")
    assert fresh["listings"]["country"] == "no"


def test_statuses_are_counted_by_day(looked: Settings) -> None:
    """Each day, source and status has its count."""
    with opened(looked) as cursor:
        counted = health.statuses(cursor, at("2026-10-02 00:00"))
    assert {(row["day"].day, row["kind"], row["status"]): row["readings"] for row in counted.iter_rows(named=True)} == {
        (2, "charts", "blocked"): 1,
        (4, "charts", "complete"): 1,
        (4, "listings", "complete"): 1,
    }


def test_runs_and_loads_say_what_came(looked: Settings) -> None:
    """A run counts its usable readings apart."""
    with opened(looked) as cursor:
        run = health.runs(cursor).row(0, named=True)
        load = health.loads(cursor).row(0, named=True)
    assert (run["readings"], run["usable"], run["result"]) == (4, 3, "finished")
    assert (load["load"], load["readings"], load["entries"]) == (1, 4, 2)


def test_an_empty_warehouse_answers_with_nothing(settings: Settings) -> None:
    """Before the first load every question has an answer without rows."""
    with opened(settings) as cursor:
        for read in (health.runs, health.statuses, health.freshness, health.gaps, health.loads, health.rejects):
            assert read(cursor).is_empty()


def test_pauses_tell_which_host_is_left_alone_now(settings: Settings) -> None:
    """Those that last come first."""
    noon, later, end = at("2026-10-08 12:00"), at("2026-10-08 13:00"), at("2026-10-09 12:00")
    with Landing.begin(settings.data_dir, "run", "crawl charts", noon) as landing:
        landing.add_pause(Pause("over.example", PauseReason.BLOCKED, "it was", later, later))
        landing.add_pause(Pause("now.example", PauseReason.BUDGET, "it is", noon, end))
        landing.finish("complete", noon)
    refresh(settings)
    with opened(settings) as cursor:
        found = health.pauses(cursor, at("2026-10-08 18:00"))
    assert found.select("host", "reason", "lasts").rows() == [
        ("now.example", "budget", True),
        ("over.example", "blocked", False),
    ]
