"""Loading what has landed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import essor.jobs.refresh as job
from crawlers.landing import Expected
from essor.jobs.ask import answer
from essor.jobs.doctor import examine
from essor.jobs.refresh import refresh
from essor.model.reviews import Review
from essor.model.signals import SignalPoint
from essor.model.tables import LOADS, TABLES
from essor.settings import Settings, read_settings
from tests.landed import (
    CHATGPT,
    CLAUDE,
    FR,
    LE_CHAT,
    at,
    chart_reading,
    evidence,
    land,
    listing_reading,
    reviews_reading,
    signal_reading,
)
from warehouse import lake, loads
from warehouse.connection import Warehouse


def ranks(settings: Settings) -> list[tuple[Any, ...]]:
    """Every entry: moment, rank, app id, followed app."""
    return answer(settings, "SELECT observed_at, rank, app_id, app FROM chart_entries ORDER BY ALL").rows()


def test_what_landed_can_be_asked(settings: Settings) -> None:
    """A landed reading becomes entries with the followed app's name, and its landing folder goes."""
    land(settings.data_dir, [chart_reading(at("2026-10-08 15:12"), [CLAUDE, LE_CHAT])])
    (done,) = refresh(settings)
    assert (done.load, done.readings, done.entries) == (1, 1, 2)
    assert [row[1:] for row in ranks(settings)] == [(1, CLAUDE, "claude"), (2, LE_CHAT, "le-chat")]
    assert job.landed_runs(settings.data_dir) == []


def test_nothing_landed_loads_nothing(settings: Settings) -> None:
    """With nothing waiting there is no load."""
    assert refresh(settings) == []
    assert ranks(settings) == []


def test_the_same_readings_twice_add_no_row(settings: Settings) -> None:
    """A run that brings readings the warehouse has adds none of them, nor their entries, nor their names."""
    reading = chart_reading(at("2026-10-08 15:12"), [CLAUDE, LE_CHAT])
    for run in ("first", "second"):
        land(settings.data_dir, [reading, listing_reading(at("2026-10-08 15:12"), CHATGPT, 10)], run)
        refresh(settings)
    for view, rows in {"chart_readings": 1, "chart_entries": 2, "listing_readings": 1, "lake.names": 2}.items():
        assert answer(settings, f"SELECT count(*) FROM {view}").item() == rows


def test_bytes_replace_an_import_of_the_same_look(settings: Settings) -> None:
    """An imported reading gives way to the captured one, and as of the earlier snapshot it is still the answer."""
    moment = at("2026-10-08 15:12")
    imported = chart_reading(moment, [LE_CHAT], said=evidence(moment, run_id="import"), depth=2)
    land(settings.data_dir, [imported], "import", imported=True)
    (first,) = refresh(settings)
    land(settings.data_dir, [chart_reading(moment, [CLAUDE, LE_CHAT])], "crawl")
    refresh(settings)
    assert [row[1] for row in ranks(settings)] == [1, 2]
    before = answer(settings, "SELECT rank FROM chart_entries", as_of=first.recorded_at)
    assert before["rank"].to_list() == [1]


def test_an_import_never_replaces_bytes(settings: Settings) -> None:
    """An import of a look whose bytes are held changes nothing."""
    moment = at("2026-10-08 15:12")
    land(settings.data_dir, [chart_reading(moment, [CLAUDE, LE_CHAT])], "crawl")
    refresh(settings)
    land(settings.data_dir, [chart_reading(moment, [LE_CHAT])], "import", imported=True)
    (done,) = refresh(settings)
    assert (done.readings, done.known) == (0, 1)
    assert [row[1] for row in ranks(settings)] == [1, 2]


def test_a_later_parser_replaces_an_earlier_one(settings: Settings) -> None:
    """The same bytes read by a newer parser are shown from then on; the older reading stays under its snapshot."""
    moment = at("2026-10-08 15:12")
    land(settings.data_dir, [chart_reading(moment, [CLAUDE], said=evidence(moment, parser=1))], "one")
    (first,) = refresh(settings)
    land(settings.data_dir, [chart_reading(moment, [LE_CHAT], said=evidence(moment, parser=2))], "two")
    refresh(settings)
    assert [row[2] for row in ranks(settings)] == [LE_CHAT]
    assert answer(settings, "SELECT app_id FROM chart_entries", as_of=first.recorded_at).item() == CLAUDE


def test_other_bytes_of_the_same_look_are_set_aside(settings: Settings) -> None:
    """Two different bodies said to be of one moment: the first stays, the second is kept among the rejects."""
    moment = at("2026-10-08 15:12")
    land(settings.data_dir, [chart_reading(moment, [CLAUDE])], "one")
    refresh(settings)
    land(settings.data_dir, [chart_reading(moment, [LE_CHAT], said=evidence(moment, sha256="f" * 64))], "two")
    refresh(settings)
    assert [row[2] for row in ranks(settings)] == [CLAUDE]
    assert answer(settings, "SELECT reason FROM rejects").item() == "other_bytes_of_the_same_look"


def test_unbelievable_readings_are_set_aside(settings: Settings) -> None:
    """A reading of the future and a mean of nine stars are rejects with their reason, not data."""
    moment = at("2026-10-08 15:12")
    land(
        settings.data_dir,
        [chart_reading(at("2099-01-01 00:00"), [CLAUDE]), listing_reading(moment, CHATGPT, 3, average=9.0)],
    )
    (done,) = refresh(settings)
    assert (done.readings, done.rejects) == (0, 2)
    reasons = answer(settings, "SELECT kind, reason FROM rejects ORDER BY ALL").rows()
    assert reasons == [("charts", "from_the_future"), ("listings", "impossible_rating")]


class Killed(BaseException):
    """The loader dies here."""


STEPS = [
    (loads, "plan"),
    (loads, "finish"),
    (lake, "append"),
    (job, "_clear"),
    (job, "publish"),
    (job, "_tidy"),
]


@contextmanager
def killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Let the loader die just before its n-th step: with what all steps before it have written."""
    seen = [0]

    def deadly(function: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*args: Any, **kwargs: Any) -> Any:
            if seen[0] == step:
                raise Killed
            seen[0] += 1
            return function(*args, **kwargs)

        return stepped

    with monkeypatch.context() as patch:
        for module, name in STEPS:
            patch.setattr(module, name, deadly(getattr(module, name)))
        yield seen


@pytest.mark.slow
def test_a_loader_killed_between_any_two_steps_loads_once(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the loader dies, nothing half loaded is seen, and the next one leaves each row in the tables once."""
    readings = [chart_reading(at(f"2026-{month}-08 15:12"), [CLAUDE, LE_CHAT, CHATGPT]) for month in ("09", "10")]
    step, finished = 0, False
    while not finished:
        settings = read_settings(data_dir=tmp_path_factory.mktemp("killed"))
        looked = at("2026-10-08 15:12")
        stars = signal_reading(looked, [SignalPoint(1, None, "2026-10-07"), SignalPoint(2)])
        due = [Expected("apple_legacy_rss", "fr", None, 2)]
        words = reviews_reading(looked, [Review(5, "Title", "Text"), Review(1)])
        land(settings.data_dir, [*readings, listing_reading(looked, CHATGPT, 10), stars, words], expected=due)
        try:
            with killed_at(step, monkeypatch):
                refresh(settings)
            finished = True
        except Killed:
            assert answer(settings, "SELECT count(*) FROM chart_entries").item() in (0, 6)
        refresh(settings)
        rows = {table.name: lake.scan(settings.data_dir, table).collect().height for table in TABLES}
        assert {name: number for name, number in rows.items() if number} == {
            "chart_readings": 2, "chart_entries": 6, "names": 3, "listing_readings": 1, "signal_readings": 1,
            "review_readings": 1, "reviews": 2,
            "signal_points": 2, "runs": 1, "expected": 1, "look_days": 2, "chart_days": 6, "loads": 1,
        }, f"killed at step {step}"  # fmt: skip
        assert job.landed_runs(settings.data_dir) == []
        step += 1
    assert step > len(TABLES), "the loader was killed at fewer places than there are tables"


def published(settings: Settings) -> int:
    """How many entries `essor.duckdb` shows."""
    with duckdb.connect(str(settings.data_dir / "essor.duckdb"), read_only=True) as session:
        return session.sql("SELECT count(*) FROM chart_entries").fetchall()[0][0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("step", [(loads, "finish"), (job, "publish")])
def test_what_a_killed_loader_did_not_publish_the_next_one_does(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, step: tuple[Any, str]
) -> None:
    """Also with nothing more to load, and before it loads what may stop it."""
    land(settings.data_dir, [chart_reading(at("2026-10-08 15:12"), [CLAUDE])], "one")
    refresh(settings)
    land(settings.data_dir, [chart_reading(at("2026-10-09 15:12"), [LE_CHAT])], "two")
    with monkeypatch.context() as patch:
        patch.setattr(*step, lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            refresh(settings)
    assert published(settings) == 1
    assert refresh(settings) == []
    assert published(settings) == 2


def test_a_file_that_shows_the_last_load_is_not_published_again(settings: Settings) -> None:
    """Nor is there one before the first load; one that is gone is written anew."""
    refresh(settings)
    path = settings.data_dir / "essor.duckdb"
    assert not path.exists()
    land(settings.data_dir, [chart_reading(at("2026-10-08 15:12"), [CLAUDE])])
    refresh(settings)
    before = path.stat().st_ino
    assert refresh(settings) == []
    assert path.stat().st_ino == before
    path.unlink()
    assert refresh(settings) == []
    assert published(settings) == 1


def test_what_is_half_loaded_is_not_seen(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries that are in their table, but whose load is not complete, are in no view."""
    land(settings.data_dir, [chart_reading(at("2026-10-08 15:12"), [CLAUDE])], "one")
    refresh(settings)
    land(settings.data_dir, [chart_reading(at("2026-10-09 15:12"), [LE_CHAT])], "two")
    append = lake.append
    monkeypatch.setattr(lake, "append", lambda d, table, *rest: None if table is LOADS else append(d, table, *rest))
    monkeypatch.setattr(job, "_clear", lambda *_: (_ for _ in ()).throw(Killed))
    with pytest.raises(Killed):
        refresh(settings)
    monkeypatch.undo()
    assert [row[2] for row in ranks(settings)] == [CLAUDE]
    assert [row[2] for row in answer(settings, "SELECT * FROM lake.chart_entries").rows()] != []


@pytest.mark.slow
@hypothesis_settings(max_examples=4, deadline=None)
@given(order=st.permutations(range(6)), cuts=st.sets(st.integers(1, 5)))
def test_arrival_order_and_pieces_change_no_rank(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], cuts: set[int]
) -> None:
    """Readings loaded in any order and in any pieces give the same history."""
    ids = [[CLAUDE, LE_CHAT], [LE_CHAT, CLAUDE], [CLAUDE], [LE_CHAT], [CHATGPT, LE_CHAT, CLAUDE], [CHATGPT]]
    readings = [chart_reading(at(f"2026-10-0{day + 1} 12:00"), ids[day]) for day in range(6)]
    settings = read_settings(data_dir=tmp_path_factory.mktemp("order"))
    bounds = [0, *sorted(cuts), 6]
    for number, (start, end) in enumerate(pairwise(bounds)):
        land(settings.data_dir, [readings[i] for i in order[start:end]], f"run-{number}")
        refresh(settings)
    seen = [(row[0].day - 1, row[1], row[2]) for row in ranks(settings)]
    expected = [(day, rank, app_id) for day in range(6) for rank, app_id in enumerate(ids[day], 1)]
    assert sorted(seen) == sorted(expected)


def test_an_earlier_snapshot_never_changes(settings: Settings) -> None:
    """As of each load, the views give for ever what they gave when it was the last."""
    seen = {}
    for number in range(4):
        moment = at(f"2026-10-0{number + 1} 12:00")
        land(settings.data_dir, [chart_reading(moment, [CLAUDE, LE_CHAT][: number % 2 + 1])], f"run-{number}")
        (done,) = refresh(settings)
        seen[done.recorded_at] = ranks(settings)
    for moment, rows in seen.items():
        query = "SELECT observed_at, rank, app_id, app FROM chart_entries ORDER BY ALL"
        assert answer(settings, query, as_of=moment).rows() == rows


def test_a_reader_follows_loads_of_other_processes(settings: Settings) -> None:
    """An open warehouse sees a load that was completed after it was opened."""
    warehouse = Warehouse(settings.data_dir)
    assert warehouse.snapshot() is None
    land(settings.data_dir, [chart_reading(at("2026-10-08 15:12"), [CLAUDE])])
    (done,) = refresh(settings)
    assert warehouse.snapshot() == done.recorded_at
    with warehouse.cursor() as cursor:
        assert cursor.frame("SELECT app FROM chart_entries").item() == "claude"
    assert FR.country == "fr"
    warehouse.close()


def test_a_number_that_no_table_holds_costs_its_run_and_no_other(settings: Settings) -> None:
    """It is found while the lines are read for the load, which then takes place without that run."""
    land(settings.data_dir, [listing_reading(at("2026-10-08 15:12"), CLAUDE, 7)], "broken")
    lines = settings.data_dir / "landing" / "broken" / "listings.jsonl"
    lines.write_text(lines.read_text("utf-8").replace('"rating_count":7', f'"rating_count":{2**63}'), "utf-8")
    assert refresh(settings) == []
    land(settings.data_dir, [chart_reading(at("2026-10-09 15:12"), [LE_CHAT])], "sound")
    (done,) = refresh(settings)
    assert (done.load, done.runs, done.entries) == (1, 1, 1)
    assert "listings.jsonl" in job.unreadable_runs(settings.data_dir)["broken"]


@pytest.mark.parametrize("name", ["charts.jsonl", "run.json"])
def test_a_run_that_cannot_be_read_does_not_stop_the_others(settings: Settings, name: str) -> None:
    """A landed run with a broken line or record is set aside with the reason, and the run beside it is loaded."""
    land(settings.data_dir, [chart_reading(at("2026-10-08 15:12"), [CLAUDE])], "broken")
    lines = settings.data_dir / "landing" / "broken" / name
    lines.write_bytes(lines.read_bytes()[:40])
    land(settings.data_dir, [chart_reading(at("2026-10-09 15:12"), [LE_CHAT])], "sound")
    refresh(settings)
    assert [row[2] for row in ranks(settings)] == [LE_CHAT]
    assert name in job.unreadable_runs(settings.data_dir)["broken"]
    assert [one.text for one in examine(settings) if "broken" in one.text and one.verdict == "wrong"]
    assert refresh(settings) == []
