"""Tests of dashboard/figures/shares.py."""

from __future__ import annotations

from datetime import date

import polars as pl

from dashboard.figures.shares import band_told, comparable, share_told, shares_figure
from dashboard.figures.theme import DARK, LIGHT
from dashboard.language import Language
from tests.dashboard.frames import apps

EN, FR = Language("en"), Language("fr")
JULY, AUGUST, OCTOBER = date(2026, 7, 1), date(2026, 8, 1), date(2026, 10, 1)


def shares(*rows: tuple[date, str, float | None]) -> pl.DataFrame:
    """Period, app and share; the band is a tenth to either side."""
    columns = {"period": pl.Date, "app": pl.String, "central": pl.Float64}
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    return frame.with_columns(
        low=pl.col("central") - 0.1, high=pl.col("central") + 0.1, store=pl.lit("apple"), method=pl.lit("rank_curve")
    )


def test_a_share_of_one_app_alone_is_no_share() -> None:
    """All of itself says nothing; an app that is only bounded does not make two of it."""
    found = comparable(
        shares((JULY, "chatgpt", 1.0), (JULY, "grok", None), (AUGUST, "chatgpt", 0.7), (AUGUST, "claude", 0.3)), "month"
    )
    assert found["period"].unique().to_list() == [AUGUST]
    assert found["until"].unique().to_list() == [date(2026, 8, 31)]
    assert found["together"][0].to_list() == ["chatgpt", "claude"]


def test_a_line_breaks_where_a_period_is_missing_and_where_other_apps_count() -> None:
    """July and August follow each other with the same apps; September is missing; in November there is one more."""
    november = date(2026, 11, 1)
    two = [(month, app, 0.5) for month in (JULY, AUGUST, OCTOBER) for app in ("chatgpt", "claude")]
    rows = comparable(shares(*two, *((november, app, 0.33) for app in ("chatgpt", "claude", "grok"))), "month")
    figure = shares_figure(rows, apps("chatgpt", "claude", "grok"), "month", say=EN, theme=LIGHT)
    line = next(trace for trace in figure.data if trace.name == "ChatGPT" and trace.fill is None)
    assert list(line.y) == [0.5] * 4 + [None] + [0.5] * 2 + [None] + [0.33] * 2 + [None]


def test_no_share_appears_without_its_band() -> None:
    """One band a line, the app's name at its end, and the axis from nought."""
    rows = comparable(shares((JULY, "chatgpt", 0.6), (JULY, "claude", 0.4), (JULY, "grok", None)), "month")
    figure = shares_figure(rows, apps("claude", "chatgpt", "grok"), "month", say=FR, theme=DARK)
    drawn = [trace.name for trace in figure.data if trace.name in ("Claude", "ChatGPT", "Grok")]
    assert sorted(drawn) == ["ChatGPT", "ChatGPT", "Claude", "Claude"], "a bounded app has no line"
    assert [trace.fill for trace in figure.data].count("toself") == 2
    assert [note.text for note in figure.layout.annotations] == [
        "<b>Claude</b> <b>40\xa0%</b>", "ChatGPT <b>60\xa0%</b>",
    ]  # fmt: skip
    assert figure.layout.yaxis.range[0] == 0


def test_a_tiny_share_is_not_called_nought() -> None:
    """A band of nothing but new ratings that did not come is not a certainty."""
    assert share_told(0.0, EN) == "<1%"
    assert band_told({"low": 0.0, "central": 0.0, "high": 0.001}, EN) == "<1%"
    assert band_told({"low": 0.001, "central": 0.02, "high": 0.1}, EN) == "2% (<1% to 10%)"
