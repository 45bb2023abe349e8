"""How apps moved, in and out, when some looks are missing or tell of few apps."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from essor.jobs.ask import opened
from essor.jobs.refresh import refresh
from essor.model.observation import Status
from essor.settings import Settings, read_settings
from tests.landed import CHATGPT, CLAUDE, FR, LE_CHAT, at, chart_reading, land
from warehouse.reads.movements import comings_and_goings, movements

OTHER = "7000000001"
IDS = (LE_CHAT, CLAUDE, CHATGPT, OTHER)


def changes(settings: Settings, days: int = 1) -> dict[str, tuple[Any, Any, Any]]:
    """Change, movement and earlier state of each app."""
    with opened(settings) as cursor:
        rows = movements(cursor, FR, days).iter_rows(named=True)
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
        chart_reading(at("2026-10-07 12:00"), [CLAUDE, LE_CHAT]),
        chart_reading(at("2026-10-08 12:00"), [LE_CHAT, CHATGPT, OTHER]),
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


def test_an_import_of_few_apps_says_nothing_of_the_others(settings: Settings) -> None:
    """Followed apps missing from it were absent; an app that is not followed may well have been there."""
    few = chart_reading(at("2026-10-07 12:00"), [CLAUDE], depth=100)
    land(settings.data_dir, [few], "import", imported=True)
    loaded(settings, chart_reading(at("2026-10-08 12:00"), [CLAUDE, LE_CHAT, OTHER]))
    found = changes(settings)
    assert found[LE_CHAT][0] == "new"
    assert found[OTHER] == (None, None, "not_observed")


@hypothesis_settings(max_examples=20, deadline=None)
@given(before=st.permutations(IDS), after=st.permutations(IDS), first=st.integers(0, 4), second=st.integers(1, 4))
def test_movement_is_what_two_lists_say(
    tmp_path_factory: pytest.TempPathFactory, before: list[str], after: list[str], first: int, second: int
) -> None:
    """Places climbed, new and dropped out, from the two lists alone."""
    settings = read_settings(data_dir=tmp_path_factory.mktemp("lists"))
    was, now = before[:first], after[:second]
    loaded(settings, chart_reading(at("2026-10-07 12:00"), was), chart_reading(at("2026-10-08 12:00"), now))
    expected = {}
    for app in {*was, *now}:
        if app not in was:
            expected[app] = "new"
        elif app not in now:
            expected[app] = "out"
        else:
            moved = was.index(app) - now.index(app)
            expected[app] = "up" if moved > 0 else "down" if moved < 0 else "same"
    assert {app: change for app, (change, _, _) in changes(settings).items()} == expected


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
