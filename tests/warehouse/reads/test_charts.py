"""Ranks, movement and states, on looks made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import polars as pl
import pytest

from essor.jobs.ask import answer, opened
from essor.jobs.refresh import refresh
from essor.model.charts import Chart
from essor.model.observation import Status, state_of
from essor.model.stores import STOREFRONTS
from essor.settings import Settings, read_settings
from tests.landed import CHATGPT, CLAUDE, FR, LE_CHAT, at, chart_reading, land
from warehouse.reads import charts, overview

DAYS: list[tuple[str, list[str], Status]] = [
    ("2026-10-01 12:00", [CLAUDE, LE_CHAT, CHATGPT], Status.COMPLETE),
    ("2026-10-02 12:00", [CLAUDE, CHATGPT], Status.COMPLETE),
    ("2026-10-03 12:00", [CHATGPT], Status.PARTIAL),
    ("2026-10-04 12:00", [], Status.BLOCKED),
    ("2026-10-05 12:00", [], Status.REFUSED),
    ("2026-10-06 12:00", [], Status.WRONG_STOREFRONT),
    ("2026-10-07 12:00", [], Status.LAYOUT_CHANGED),
    ("2026-10-09 12:00", [LE_CHAT, CLAUDE], Status.COMPLETE),
]


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One look for each way in which a look can end. For reading only."""
    return loaded(read_settings(data_dir=tmp_path_factory.mktemp("looked") / "data"))


def loaded(settings: Settings) -> Settings:
    """The looks of DAYS."""
    land(settings.data_dir, [chart_reading(at(day), ids, status=status) for day, ids, status in DAYS])
    refresh(settings)
    return settings


def states(settings: Settings, app_id: str, chart: Chart = FR) -> dict[int, tuple[Any, Any]]:
    """State and rank of an app by day of October."""
    with opened(settings) as cursor:
        days = charts.day_states(cursor, chart, [app_id], at("2026-10-01 00:00"), at("2026-10-10 00:00"))
    return {row["day"].day: (row["state"], row["rank"]) for row in days.iter_rows(named=True)}


def test_the_five_states_are_never_mixed_up(looked: Settings) -> None:
    """Ranked, absent, not observed (partial, wrong storefront, no look), refused and failed (blocked, changed)."""
    assert states(looked, LE_CHAT) == {
        1: ("ranked", 2),
        2: ("absent", None),
        3: ("not_observed", None),
        4: ("failed", None),
        5: ("refused", None),
        6: ("not_observed", None),
        7: ("failed", None),
        8: ("not_observed", None),
        9: ("ranked", 1),
    }


def test_a_partial_look_gives_ranks_but_no_absence(looked: Settings) -> None:
    """ChatGPT is in the partial look, so it is ranked on the third."""
    assert states(looked, CHATGPT)[3] == ("ranked", 1)


def test_sql_and_the_model_agree_on_states(settings: Settings) -> None:
    """`app_looks` and `rank_history` give the state that `state_of` gives, for every status, ranked or not."""
    ids: dict[int | None, list[str]] = {None: [CLAUDE], 7: [CLAUDE, "1", "2", "3", "4", "5", LE_CHAT]}
    ways = dict(zip(STOREFRONTS, product(Status, ids), strict=False))
    land(
        settings.data_dir,
        [
            chart_reading(
                at("2026-10-01 12:00"), ids[rank] if status.usable else [], status=status, chart=chart_of(country)
            )
            for country, (status, rank) in ways.items()
        ],
    )
    refresh(settings)
    expected = {country: state_of(status, rank if status.usable else None) for country, (status, rank) in ways.items()}
    assert len(expected) == len(ids) * len(Status)
    view = answer(settings, "SELECT country, state FROM app_looks WHERE app = 'le-chat'")
    assert dict(view.rows()) == expected
    with opened(settings) as cursor:
        reads = {country: charts.rank_history(cursor, chart_of(country), [LE_CHAT])["state"].item() for country in ways}
    assert reads == expected


def chart_of(country: str) -> Chart:
    """The same chart in another storefront."""
    return replace(FR, country=country)


def test_movement_is_between_usable_looks(looked: Settings) -> None:
    """The chart of the ninth is set against the partial one of the third, which does not tell who was missing."""
    with opened(looked) as cursor:
        chart = charts.top_chart(cursor, FR)
        pair = charts.reading_at(cursor, FR).row(0, named=True)
    assert pair["previous_observed_at"] == at("2026-10-03 12:00")
    assert dict(chart.select("app", "change").iter_rows()) == {"le-chat": None, "claude": None}


def test_the_first_chart_has_no_movement(looked: Settings) -> None:
    """With nothing before it, nothing is new: change is unknown."""
    with opened(looked) as cursor:
        first = charts.top_chart(cursor, FR, at("2026-10-01 12:00"))
    assert first["change"].to_list() == [None, None, None]


def test_new_up_down_and_same(looked: Settings) -> None:
    """On the second, Claude stayed, ChatGPT rose by one, Le Chat dropped out."""
    with opened(looked) as cursor:
        second = charts.top_chart(cursor, FR, at("2026-10-02 12:00"))
        gone = charts.drop_outs(cursor, FR, at("2026-10-02 12:00"))
    assert second.select("app", "change", "movement").rows() == [("claude", "same", 0), ("chatgpt", "up", 1)]
    assert gone.select("app", "previous_rank").rows() == [("le-chat", 2)]


def test_nobody_drops_out_of_a_partial_look(looked: Settings) -> None:
    """Missing from a partial answer is not observed."""
    with opened(looked) as cursor:
        assert charts.drop_outs(cursor, FR, at("2026-10-03 12:00")).is_empty()


def test_before_the_first_look_there_is_no_chart(looked: Settings) -> None:
    """A moment before everything has no reading, an empty chart and no drop-outs."""
    with opened(looked) as cursor:
        for read in (charts.reading_at, charts.top_chart, charts.drop_outs):
            assert read(cursor, FR, at("2020-01-01 00:00")).is_empty()


def test_the_cadence_is_the_usual_step(looked: Settings) -> None:
    """The median step between usable looks; unknown with fewer than three."""
    with opened(looked) as cursor:
        assert charts.cadence(cursor, FR) == timedelta(days=1)
        assert charts.cadence(cursor, Chart(FR.store, "us", FR.collection, FR.category)) is None


def test_standings_leave_a_distant_look_out(looked: Settings) -> None:
    """A day before the ninth nobody had a usable look; a week before, on the second, Le Chat was absent."""
    with opened(looked) as cursor:
        le_chat = overview.standings(cursor, FR).filter(pl.col("app") == "le-chat").row(0, named=True)
    assert (le_chat["rank"], le_chat["state_1d"], le_chat["state_7d"], le_chat["rank_7d"]) == (1, None, "absent", None)


def test_one_look_a_day_is_the_last_usable_one(settings: Settings) -> None:
    """A look that failed stands only for a day that has no better one."""
    looks = [
        ("2026-10-01 09:00", [LE_CHAT], Status.COMPLETE),
        ("2026-10-01 12:00", [CLAUDE, LE_CHAT], Status.COMPLETE),
        ("2026-10-01 15:00", [], Status.BLOCKED),
        ("2026-10-02 12:00", [], Status.BLOCKED),
    ]
    land(settings.data_dir, [chart_reading(at(day), ids, status=status) for day, ids, status in looks])
    refresh(settings)
    with opened(settings) as cursor:
        found = charts.rank_history(cursor, FR, [LE_CHAT], daily=True)
    assert found.select("observed_at", "rank", "status").rows() == [
        (at("2026-10-01 12:00"), 2, "complete"),
        (at("2026-10-02 12:00"), None, "blocked"),
    ]


def test_a_look_that_is_too_short_tells_of_no_move(settings: Settings) -> None:
    """Read less deep, a chart loses nobody from below, and nobody who shows there again has come."""
    first, last = [CLAUDE, LE_CHAT, CHATGPT], [LE_CHAT, CHATGPT, CLAUDE, "1"]
    land(settings.data_dir, [
        chart_reading(at("2026-10-01 12:00"), first),
        chart_reading(at("2026-10-02 12:00"), [CLAUDE]),
        chart_reading(at("2026-10-03 12:00"), last),
    ])  # fmt: skip
    refresh(settings)
    with opened(settings) as cursor:
        assert charts.drop_outs(cursor, FR, at("2026-10-02 13:00")).is_empty()
        assert charts.top_chart(cursor, FR)["change"].to_list() == ["back", None, "down", None]


def test_every_day_has_its_row_also_when_the_clock_is_put_forward(looked: Settings) -> None:
    """From a late evening on, and through the night of 23 hours: no day is passed over, nor the begun last one."""
    with opened(looked) as cursor:
        days = charts.day_states(
            cursor, FR, [LE_CHAT], at("2026-03-27 22:30"), at("2026-03-31 10:00"), zone="Europe/Paris"
        )
    assert [day.day for day in days["day"]] == [27, 28, 29, 30, 31]
