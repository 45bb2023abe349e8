"""Landed charts to rows: places that no chart has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from essor.model.charts import ChartEntry, RejectedEntry
from pipeline.clean.charts import CleanCharts, clean_charts
from pipeline.clean.readings import KNOWN
from pipeline.landed import landed_charts, landed_names
from tests.landed import CLAUDE, at, chart_reading, land

LOOK = chart_reading(at("2026-10-08 15:12"), [CLAUDE])


def clean(tmp_path: Path, **changed: object) -> CleanCharts:
    """The rows of one look with these fields."""
    land(tmp_path, [replace(LOOK, **changed)])  # type: ignore[arg-type] # fields of a look
    runs = [tmp_path / "landing" / "run"]
    known = pl.DataFrame(schema=KNOWN)
    return clean_charts(
        landed_charts(runs), landed_names(runs), known, pl.Series(dtype=pl.Int64), at("2026-11-01 12:00")
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"entries": (ChartEntry(0, CLAUDE, None, None),)},
        {"entries": (ChartEntry(3_000, CLAUDE, None, None),)},
        {"entries": (ChartEntry(40_000, CLAUDE, None, None),)},
        {"depth": 40_000},
    ],
)
def test_a_place_that_no_chart_has_sets_the_look_aside(tmp_path: Path, changed: dict[str, object]) -> None:
    """It is kept among the rejects with its reason, also when no column could hold it."""
    found = clean(tmp_path, **changed)
    assert (found.readings.height, found.entries.height) == (0, 0)
    assert found.rejects["reason"].to_list() == ["impossible_place"]


def test_a_wish_for_too_many_rows_and_a_reject_far_down_cost_nothing(tmp_path: Path) -> None:
    """What was asked is no fact: the look counts."""
    found = clean(tmp_path, asked=400_000, rejects=(RejectedEntry(90_000, "duplicate_id", "x"),))
    assert (found.readings.height, found.entries.height, found.rejects.height) == (1, 1, 1)
