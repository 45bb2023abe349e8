"""The level before and after an event."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from essor.jobs.ask import opened
from essor.jobs.claims import take_in
from essor.jobs.refresh import refresh
from essor.model.apps import StoreId, all_apps
from essor.model.stores import StoreName
from essor.settings import Settings
from tests.landed import FR, LE_CHAT, at, chart_reading, land, listing_reading
from warehouse.connection import Warehouse
from warehouse.reads import events

ON = date(2026, 9, 15)
OTHERS = [f"{7_000_000_000 + n}" for n in range(60)]


@pytest.fixture
def dated(settings: Settings, tmp_path: Path) -> Settings:
    """A warehouse with one event of Le Chat on a known day, and one of a known month."""
    folder = tmp_path / "events"
    folder.mkdir()
    source = 'sources = [{ title = "A page", publisher = "A site" }]'
    text = f'app = "le-chat"\nkind = "release"\nfr = "Un jour"\nen = "A day"\n{source}\n'
    (folder / "day.toml").write_text(f"on = {ON}\n{text}")
    (folder / "month.toml").write_text(f'on = {ON}\nprecision = "month"\n{text}')
    take_in(settings, events=folder)
    return settings


def ranked(settings: Settings, ranks: dict[int, int | None]) -> None:
    """Le Chat's rank so many days from the event; None for absent."""
    readings = []
    for days, rank in ranks.items():
        ids = list(OTHERS)
        if rank is not None:
            ids.insert(rank - 1, LE_CHAT)
        readings.append(chart_reading(at(f"{ON + timedelta(days=days)} 12:00"), ids))
    land(settings.data_dir, readings)
    refresh(settings)


def verdicts(settings: Settings) -> dict[str, str]:
    """The verdict on each event."""
    with opened(settings) as cursor:
        return dict(events.rank_effects(cursor, FR, "le-chat").select("event", "verdict").iter_rows())


def test_a_clear_rise_is_told(dated: Settings) -> None:
    """Around 50th before, around 10th after: higher; where the day is not known nothing is told."""
    ranked(dated, {n: 50 + n % 3 for n in range(-8, 0)} | {n: 10 + n % 3 for n in range(1, 9)})
    assert verdicts(dated) == {"day": "higher", "month": "day_unknown"}


def test_few_observations_are_said_to_be_few(dated: Settings) -> None:
    """Four observed days before the event are not enough, however clear they look."""
    ranked(dated, dict.fromkeys(range(-4, 0), 50) | dict.fromkeys(range(1, 9), 1))
    assert verdicts(dated)["day"] == "too_few_observations"


def test_absent_days_count_and_unobserved_ones_do_not(dated: Settings) -> None:
    """From absent to ranked is higher, with no upper end before; the day itself is on neither side."""
    ranked(dated, dict.fromkeys(range(-6, 0)) | {0: 1} | {n: 20 + n for n in range(1, 7)})
    with opened(dated) as cursor:
        row = events.rank_effects(cursor, FR, "le-chat").filter(event="day").row(0, named=True)
    assert row["verdict"] == "higher"
    assert (row["before"], row["before_days"], row["after_days"]) == (None, 6, 6)
    assert row["after"] == 23.5


def test_noise_is_no_change(dated: Settings) -> None:
    """Ranks that swing alike on both sides show no clear change."""
    ranked(dated, {n: 20 + 7 * (n % 4) for n in (*range(-12, 0), *range(1, 13))})
    assert verdicts(dated)["day"] == "no_clear_change"


def test_ratings_are_taken_from_one_side_of_the_event(dated: Settings) -> None:
    """Growth between looks on both sides of the event belongs to neither."""
    count, readings = 100, []
    for days in range(-7, 8):
        count += 5 if days < 0 else 30
        readings.append(listing_reading(at(f"{ON + timedelta(days=days)} 12:00"), LE_CHAT, count))
    land(dated.data_dir, readings)
    refresh(dated)
    with opened(dated) as cursor:
        row = events.rating_effects(cursor, "le-chat", "no").filter(event="day").row(0, named=True)
    assert (row["before"], row["after"], row["verdict"]) == (5.0, 30.0, "higher")
    assert (row["before_days"], row["after_days"]) == (6, 6)


def paced(dated: Settings, rates: dict[str, tuple[int | None, int | None]]) -> dict[str, object]:
    """The effect of the event on Le Chat, whose ids were rated so often a day before it and after it (None: unseen)."""
    ids = tuple(StoreId(StoreName.APPLE, app_id, None, None, None) for app_id in rates)
    app = replace(next(app for app in all_apps() if app.slug == "le-chat"), store_ids=ids)
    readings = []
    for app_id, (before, after) in rates.items():
        count = 1_000
        for days in range(-7, 8):
            rate = before if days < 0 else after
            if rate is not None:
                count += rate
                readings.append(listing_reading(at(f"{ON + timedelta(days=days)} 12:00"), app_id, count))
    land(dated.data_dir, readings)
    refresh(dated)
    warehouse = Warehouse(dated.data_dir, [app])
    with warehouse.cursor() as cursor:
        return events.rating_effects(cursor, "le-chat", "no").filter(event="day").row(0, named=True)


def test_ids_that_last_are_one_app(dated: Settings) -> None:
    """Two ids rated 5 and 20 times a day are rated 25 times, and one that slows makes the app slower."""
    row = paced(dated, {LE_CHAT: (5, 5), "2": (20, 10)})
    assert (row["before"], row["after"], row["verdict"]) == (25.0, 15.0, "lower")
    assert (row["before_days"], row["after_days"]) == (6, 6)


def test_an_id_that_takes_the_place_of_another_tells_nothing_of_the_event(dated: Settings) -> None:
    """A counter that begins with the event is another one: what both sides have in common alone is compared."""
    assert paced(dated, {LE_CHAT: (5, None), "2": (None, 500)})["verdict"] == "too_few_observations"
