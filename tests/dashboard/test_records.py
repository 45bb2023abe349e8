"""Tests of dashboard/records.py."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import polars as pl

from dashboard.app import make_app
from dashboard.desk import View, reader
from dashboard.records import records
from dashboard.selection import Selection
from essor.settings import read_settings
from warehouse.reads import ranks

DAY = date(2026, 10, 9)
KEYS = pl.DataFrame({"app": ["copilot", "copilot", "chatgpt"], "app_id": ["1", "2", "3"]})
FRAMES = {
    ranks.peaks: KEYS.with_columns(peak_rank=pl.lit(4), peak_on=DAY),
    ranks.days_in_top: KEYS.join(pl.DataFrame({"top": ranks.TOPS}), how="cross").with_columns(
        days_known=1, days_possible=1, streak_known=1, streak_known_from=DAY
    ),
}
MOVES = KEYS.with_columns(change=pl.lit("entered"), after=date(2026, 10, 8), on=DAY, unknown=0, rank=pl.lit(9))


def test_an_app_with_two_ids_says_which_each_row_is_of(tmp_path: Path) -> None:
    """Two rows of one name would read as a mistake; an app with one id needs none."""
    make_app(read_settings(data_dir=tmp_path))
    chosen = Selection(apps=("copilot", "chatgpt"), lang="en")
    who = reader(chosen, {}, {})
    view: Any = SimpleNamespace(
        say=who.say, reader=who, selection=chosen, chart=None, address="", ask=lambda read, *_: FRAMES.get(read, MOVES)
    )
    told = str([part.to_plotly_json() for part in records(cast("View", view))])
    assert [told.count(f"id {number}") for number in (1, 2, 3)] == [2, 2, 0]
