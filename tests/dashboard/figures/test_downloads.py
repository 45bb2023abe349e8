"""Tests of dashboard/figures/downloads.py."""

from __future__ import annotations

from datetime import date

import polars as pl

from dashboard.figures.downloads import downloads_figure
from dashboard.figures.theme import LIGHT
from dashboard.language import Language
from tests.dashboard.frames import apps

EN = Language("en")


def daily(kind: str, central: float | None) -> pl.DataFrame:
    """Two days of one kind of figure."""
    days = [date(2026, 9, 1), date(2026, 9, 2)]
    return pl.DataFrame({
        "day": days, "kind": [kind] * 2, "method": ["rank_curve"] * 2, "low": [0.0] * 2,
        "central": pl.Series([central] * 2, dtype=pl.Float64), "high": [9.0] * 2,
    })  # fmt: skip


_COLUMNS = ("kind", "said_by", "statement")
NO_CLAIMS = pl.DataFrame(
    schema={
        "day": pl.Date,
        "since": pl.Date,
        "until": pl.Date,
        "per_day": pl.Float64,
        **dict.fromkeys(_COLUMNS, pl.String),
    }
)


def test_an_estimate_never_appears_without_its_band() -> None:
    """And an upper bound is not a figure."""
    estimated = downloads_figure(daily("estimated", 4), NO_CLAIMS, apps("chatgpt")[0], "linear", say=EN, theme=LIGHT)
    assert [trace.fill for trace in estimated.data].count("toself") == 1
    bound = downloads_figure(daily("upper_bound", None), NO_CLAIMS, apps("chatgpt")[0], "log", say=EN, theme=LIGHT)
    assert [trace.marker.symbol for trace in bound.data if trace.y[0] is not None] == ["triangle-down-open"]
