"""How apps moved, in and out, when some looks are missing or tell of few apps."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from essor.jobs.ask import opened
from essor.jobs.refresh import refresh
from essor.model.charts import Chart
from essor.model.observation import Status
from essor.settings import Settings, read_settings
from tests.landed import CHATGPT, CLAUDE, FR, LE_CHAT, at, chart_reading, land
from warehouse.connection import Cursor
from warehouse.reads.movements import _changes, comings_and_goings, movements

OTHER = "7000000001"
IDS = (LE_CHAT, CLAUDE, CHATGPT, OTHER)


CHARTS = [replace(FR, country=country) for country in ("fr", "us", "de", "gb", "jp", "no", "es", "it")]


def changes(settings: Settings, days: int = 1) -> dict[str, tuple[Any, Any, Any]]:
    """Change, movement and earlier state of each app."""
    with opened(settings) as cursor:
        return changes_of(cursor, FR, days)


def changes_of(cursor: Cursor, chart: Chart, days: int = 1) -> dict[str, tuple[Any, Any, Any]]:
    """The same of one chart."""
    rows = movements(cursor, chart, days).iter_rows(named=True)
    return {row["app_id"]: (row["change"], row["movement"], row["previous_state"]) for row in rows}


def loaded(settings: Settings, *readings: Any, imported: bool = False) -> Settings:
    """The warehouse after these readings."""
    land(settings.data_dir, readings, imported=imported)
    refresh(settings)
    return settings


def test_new_back_out_up_and_down(settings: Settings) -> None:
    """Against the day before: one climbed, one fell out, one came back, one was never seen before."""
    loaded(
        settings,
        chart_reading(at("2026-10-01 12:00"), [CHATGPT]),
        chart_reading(at("2026-10-07 12:00"), [CLAUDE, LE_CHAT], depth=100),
        chart_reading(at("2026-10-08 12:00"), [LE_CHAT, CHATGPT, OTHER], depth=100),
    )
    assert changes(settings) == {
        LE_CHAT: ("up", 1, "ranked"), CLAUDE: ("out", None, "ranked"),
        CHATGPT: ("back", None, "absent"), OTHER: ("new", None, "absent"),
    }  # fmt: skip


def test_without_a_look_near_enough_nothing_moved_and_nothing_is_new(settings: Settings) -> None:
    """A gap of four days: against the day before there is no movement, against the week before there is."""
    loaded(
        settings,
        chart_reading(at("2026-10-01 12:00"), [CLAUDE, LE_CHAT]),
        chart_reading(at("2026-10-08 12:00"), [LE_CHAT, OTHER]),
    )
    assert changes(settings)[LE_CHAT] == (None, None, "not_observed")
    assert changes(settings, 7)[LE_CHAT] == ("up", 1, "ranked")


def test_a_partial_look_leaves_nobody_out(settings: Settings) -> None:
    """An app missing from a partial answer has not dropped out; one missing from a partial earlier look is not new."""
    loaded(
        settings,
        chart_reading(at("2026-10-07 12:00"), [CLAUDE], status=Status.PARTIAL),
        chart_reading(at("2026-10-08 12:00"), [LE_CHAT], status=Status.PARTIAL),
    )
    assert {change for change, _, _ in changes(settings).values()} == {None}


def test_a_look_that_is_too_short_tells_of_no_move(settings: Settings) -> None:
    """From three rows to one and back: who stood below the one was not seen to go, nor to come."""
    loaded(
        settings,
        chart_reading(at("2026-10-06 12:00"), [CLAUDE, LE_CHAT, OTHER]),
        chart_reading(at("2026-10-07 12:00"), [CLAUDE]),
        chart_reading(at("2026-10-08 12:00"), [LE_CHAT, CHATGPT, CLAUDE]),
    )
    with opened(settings) as cursor:
        then = movements(cursor, FR, 1, at("2026-10-07 13:00"))
    assert dict(then.select("app_id", "change").iter_rows()) == {CLAUDE: "same", LE_CHAT: None, OTHER: None}
    assert {app: change for app, (change, _, _) in changes(settings).items()} == {
        LE_CHAT: "back", CHATGPT: None, CLAUDE: "down",
    }  # fmt: skip


def test_an_import_of_few_apps_says_nothing_of_the_others(settings: Settings) -> None:
    """Followed apps missing from it were absent; an app that is not followed may well have been there."""
    few = chart_reading(at("2026-10-07 12:00"), [CLAUDE], depth=100)
    land(settings.data_dir, [few], "import", imported=True)
    loaded(settings, chart_reading(at("2026-10-08 12:00"), [CLAUDE, LE_CHAT, OTHER]))
    found = changes(settings)
    assert found[LE_CHAT][0] == "new"
    assert found[OTHER] == (None, None, "not_observed")


a_list = st.permutations(IDS)
two_lists = st.tuples(a_list, a_list, st.integers(0, 4), st.integers(1, 4))


@hypothesis_settings(max_examples=3, deadline=None)
@given(found=st.lists(two_lists, min_size=len(CHARTS), max_size=len(CHARTS)))
def test_movement_is_what_two_lists_say(
    tmp_path_factory: pytest.TempPathFactory, found: list[tuple[list[str], list[str], int, int]]
) -> None:
    """Places climbed, new and dropped out, from the two lists alone, in each storefront."""
    settings = read_settings(data_dir=tmp_path_factory.mktemp("lists"))
    pairs = [(before[:first], after[:second]) for before, after, first, second in found]
    looks = [
        chart_reading(at(f"2026-10-0{day} 12:00"), ids, chart=chart, depth=100)
        for pair, chart in zip(pairs, CHARTS, strict=True)
        for day, ids in zip((7, 8), pair, strict=True)
    ]
    loaded(settings, *looks)
    with opened(settings) as cursor:
        for (was, now), chart in zip(pairs, CHARTS, strict=True):
            told = {app: change for app, (change, _, _) in changes_of(cursor, chart).items()}
            assert told == {app: moved(app, was, now) for app in {*was, *now}}


def moved(app: str, was: list[str], now: list[str]) -> str:
    """What became of an app between two lists, one of which it is in."""
    if app not in was or app not in now:
        return "new" if app in now else "out"
    climbed = was.index(app) - now.index(app)
    return "up" if climbed > 0 else "down" if climbed < 0 else "same"


def test_comings_and_goings_tell_what_the_gap_hides(settings: Settings) -> None:
    """Out on a known day, back after two unobserved ones: the change lies somewhere in between."""
    loaded(
        settings,
        chart_reading(at("2026-10-01 12:00"), [LE_CHAT]),
        chart_reading(at("2026-10-02 12:00"), [CLAUDE]),
        chart_reading(at("2026-10-05 12:00"), [CLAUDE, LE_CHAT]),
    )
    with opened(settings) as cursor:
        rows = comings_and_goings(cursor, FR).rows()
    assert rows == [
        ("claude", CLAUDE, "entered", date(2026, 10, 1), date(2026, 10, 2), 0, 1),
        ("le-chat", LE_CHAT, "out", date(2026, 10, 1), date(2026, 10, 2), 0, 1),
        ("le-chat", LE_CHAT, "back", date(2026, 10, 2), date(2026, 10, 5), 2, 2),
    ]


def comings(settings: Settings, looks: dict[int, tuple[int | None, int]]) -> list[tuple[Any, ...]]:
    """What is told of Le Chat, from its rank (None: absent) and the rows read on each day of October."""
    readings = []
    for day, (rank, depth) in looks.items():
        ids = [f"{7_000_000_000 + n}" for n in range(depth)]
        if rank is not None:
            ids[rank - 1] = LE_CHAT
        readings.append(chart_reading(at(f"2026-10-{day:02d} 12:00"), ids))
    loaded(settings, *readings)
    with opened(settings) as cursor:
        found = comings_and_goings(cursor, FR).filter(app="le-chat")
    return found.select("change", pl.col("after").dt.day(), pl.col("on").dt.day(), "unknown", "rank").rows()


def test_a_chart_read_less_deep_lets_nobody_leave(settings: Settings) -> None:
    """Rank 150 of 200, a hundred rows on two days, 150 again: it never left; missing from two hundred, it did."""
    looks = {1: (150, 200), 2: (None, 100), 3: (None, 100), 4: (150, 200), 5: (None, 100), 6: (None, 200)}
    assert comings(settings, looks) == [("out", 4, 6, 1, 150)]


def test_it_comes_back_after_the_last_day_that_was_read_as_deep(settings: Settings) -> None:
    """Missing from 200 rows, then from 100, then at 150: back after the first; at 50 it would be after the second."""
    assert comings(settings, {1: (90, 200), 2: (None, 200), 3: (None, 100), 4: (150, 200)}) == [
        ("out", 1, 2, 0, 90), ("back", 2, 4, 1, 150),
    ]  # fmt: skip


days_of_october = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(1, 6)), st.integers(1, 6)), min_size=1, max_size=12
)


@given(found=days_of_october)
def test_comings_and_goings_are_what_each_pair_of_days_tells(found: list[tuple[int | None, int]]) -> None:
    """Out: on the first day read as deep as it stood. In: after the last such, else the last that put it out."""
    days = [(date(2026, 10, n), rank, depth) for n, (rank, depth) in enumerate(found, 1)]
    told = {(change, after, on) for change, after, on, _, _ in _changes(days)}
    expected = set()
    for n, (day, rank, _) in enumerate(days):
        until = next((m for m in range(n + 1, len(days)) if days[m][1] is not None), len(days))
        gone = [on for on, _, read in days[n + 1 : until] if rank is not None and rank <= read]
        expected |= {("out", day, gone[0])} if gone else set()
        since = next((m for m in range(n - 1, -1, -1) if days[m][1] is not None), -1)
        between = days[since + 1 : n] if rank is not None else []
        stood = days[since][1] if since >= 0 else None
        out = [on for on, _, read in between if stood is not None and stood <= read]
        missing = [on for on, _, read in between if rank is not None and rank <= read] or out
        expected |= {("entered" if since < 0 else "back", missing[-1], day)} if missing else set()
    assert told == expected
