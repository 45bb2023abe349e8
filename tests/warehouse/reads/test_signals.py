"""Signals as they were known: revisions, falls, resets, snapshots."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import polars as pl

from essor.jobs.ask import opened
from essor.jobs.refresh import Refreshed, refresh
from essor.model.observation import Status
from essor.model.signals import SignalPoint
from essor.settings import Settings
from tests.landed import STARS, VIEWS, at, evidence, land, signal_reading
from warehouse.reads import signals


def look(settings: Settings, day: int, points: list[SignalPoint], **given: object) -> Refreshed:
    """Load a look at openai/codex on this day of October."""
    reading = signal_reading(at(f"2026-10-{day:02} 12:00"), points, **given)  # type: ignore[arg-type]
    land(settings.data_dir, [reading], f"run-{day}", kind="crawl signals")
    return refresh(settings)[0]


def series(settings: Settings, metric: str = "stars", as_of: datetime | None = None) -> pl.DataFrame:
    """The figures of openai/codex."""
    with opened(settings, as_of) as cursor:
        return signals.series(cursor, "github", "openai/codex", metric)


def test_falls_and_resets_are_shown(settings: Settings) -> None:
    """A cumulative count that falls keeps its figure and says that it fell, or that it was reset."""
    for day, value in enumerate([100, 120, 120, 119, 40, 45], 1):
        look(settings, day, [SignalPoint(value)])
    told = series(settings)
    assert told["change"].to_list() == ["first", "rose", "same", "fell", "reset", "rose"]
    assert told["step"].to_list() == [None, 20.0, 0.0, -1.0, -79.0, 5.0]


def test_the_latest_answer_for_a_period_counts(settings: Settings) -> None:
    """A day that a later look revises has the later figure, and says how far apart the answers were."""
    first, second = SignalPoint(5, "2026-10-01", "2026-10-02"), SignalPoint(9, "2026-10-02", "2026-10-03")
    before = look(settings, 4, [first, second], metric=VIEWS)
    look(settings, 5, [second._replace(value=8), SignalPoint(1, "2026-10-03", "2026-10-04")], metric=VIEWS)
    told = series(settings, "views_1d")
    assert told.select("value", "answers", "lowest", "highest").rows() == [
        (5.0, 1, 5.0, 5.0),
        (8.0, 2, 8.0, 9.0),
        (1.0, 1, 1.0, 1.0),
    ]
    assert series(settings, "views_1d", before.recorded_at)["value"].to_list() == [5.0, 9.0]
    with opened(settings) as cursor:
        both = signals.answers(cursor, "github", "openai/codex", "views_1d", at("2026-10-03 00:00"))
    assert both["value"].to_list() == [8.0, 9.0]


def test_an_older_look_that_arrives_late_changes_nothing_newer(settings: Settings) -> None:
    """What counts is when it was looked, not when it was loaded."""
    day = SignalPoint(8, "2026-10-01", "2026-10-02")
    look(settings, 6, [day], metric=VIEWS)
    look(settings, 5, [day._replace(value=3)], metric=VIEWS)
    assert series(settings, "views_1d")["value"].to_list() == [8.0]


def test_a_better_parser_replaces_the_figures_of_a_look(settings: Settings) -> None:
    """The same bytes read anew give the new figures alone; as of the earlier snapshot the old ones."""
    moment = at("2026-10-01 12:00")
    first = look(settings, 1, [SignalPoint(53)])
    newer = replace(evidence(moment, parser=2), source="github")
    land(settings.data_dir, [signal_reading(moment, [SignalPoint(53_400_000)], said=newer)], "again")
    refresh(settings)
    assert series(settings)["value"].to_list() == [53_400_000.0]
    assert series(settings, as_of=first.recorded_at)["value"].to_list() == [53.0]


def test_what_is_known_names_the_followed_app_and_maker(settings: Settings) -> None:
    """A followed subject has its vendor; a look in vain is no figure and is the last look all the same."""
    look(settings, 1, [SignalPoint(100)])
    look(settings, 2, [], status=Status.BLOCKED)
    with opened(settings) as cursor:
        known, last = signals.known(cursor), signals.last_looks(cursor)
    assert known.select("source", "subject", "vendor", "metric", "points", "last_value").rows() == [
        ("github", "openai/codex", "openai", STARS.name, 1, 100.0)
    ]
    assert last.select("looks", "last_status", "last_usable_at").rows() == [(2, "blocked", at("2026-10-01 12:00"))]
