"""Tests of dashboard/desk.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

import polars as pl

from dashboard.desk import Answers, reader
from dashboard.selection import Selection
from warehouse.connection import Cursor

NOW = datetime(2026, 11, 20, tzinfo=UTC)


class Snapshot:
    """As much of a cursor as a read below needs."""

    def __init__(self, snapshot: datetime) -> None:
        self.snapshot = snapshot


def test_a_frame_is_read_once_a_snapshot() -> None:
    """The same question is not asked twice, until a newer load is asked about."""
    asked: list[datetime] = []

    def read(cursor: Cursor, _: str) -> pl.DataFrame:
        asked.append(cast("datetime", cursor.snapshot))
        return pl.DataFrame({"n": [len(asked)]})

    answers = Answers(most=2)
    for snapshot in (NOW, NOW, NOW + timedelta(hours=1)):
        answers.frame(cast("Cursor", Snapshot(snapshot)), read, ("fr",))
    assert asked == [NOW, NOW + timedelta(hours=1)]
    answers.frame(cast("Cursor", Snapshot(NOW)), read, ("us",))
    answers.frame(cast("Cursor", Snapshot(NOW)), read, ("fr",))
    assert len(asked) == 4


def test_the_address_wins_over_what_was_remembered() -> None:
    """Then the choice of before, then the browser's own."""
    remembered = {"essor_lang": "fr", "essor_theme": "dark", "essor_scheme": "light"}
    english = {"accept-language": "en"}
    assert reader(Selection(lang="en", theme="light"), remembered, english).theme.name == "light"
    assert reader(Selection(), remembered, english).say.code == "fr"
    assert reader(Selection(), {"essor_scheme": "dark"}, english).theme.name == "dark"
    assert reader(Selection(), {}, {}).theme.name == "light"
