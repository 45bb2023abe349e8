"""Tests of dashboard/figures/collection_days.py."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from dashboard.figures.collection_days import DAY, collection_days_figure
from dashboard.figures.theme import LIGHT
from dashboard.language import Language


@pytest.mark.parametrize(("code", "separators"), [("fr", ",\u202f"), ("en", ".,")])
def test_the_bar_of_a_lone_day_is_as_wide_as_any(code: str, separators: str) -> None:
    """One day in sixty would else be a hairline; its thousands are set apart as the reader's language does."""
    rows = pl.DataFrame({"day": [date(2026, 10, 9)] * 2, "status": ["complete", "refused"], "readings": [2100, 180]})
    figure = collection_days_figure(rows, date(2026, 8, 10), date(2026, 10, 9), Language(code), LIGHT)
    assert [trace.width for trace in figure.data] == [0.85 * DAY] * 2
    assert figure.layout.separators == separators
