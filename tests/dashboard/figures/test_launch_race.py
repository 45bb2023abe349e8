"""Tests of dashboard/figures/launch_race.py."""

from __future__ import annotations

from datetime import date

import plotly.graph_objects as go
import polars as pl
import pytest

from dashboard.figures.launch_race import launch_race_figure
from dashboard.figures.theme import LIGHT
from dashboard.language import Language
from tests.dashboard.frames import apps

EN = Language("en")


def named(figure: go.Figure, name: str) -> list[go.Scatter]:
    """The traces of this name."""
    return [trace for trace in figure.data if trace.name == name]


def race() -> pl.DataFrame:
    """An estimate of two days, a claim of *at least*, a measurement."""
    rows = [
        ("chatgpt", "estimated", "rank_curve v1", 3, 10.0, 20.0, 40.0, "no"),
        ("chatgpt", "estimated", "rank_curve v1", 4, 20.0, 40.0, 80.0, "no"),
        ("chatgpt", "company", "x", 5, 1e6, 1e6, None, None),
        ("chatgpt", "measured", "google_play installs", 6, 2e6, 2e6, 2e6, None),
    ]
    names = ("app", "kind", "source", "days_since_launch", "low", "central", "high", "countries")
    frame = pl.DataFrame([dict(zip(names, row, strict=True)) for row in rows], infer_schema_length=None)
    return frame.with_columns(day=pl.lit(date(2026, 9, 1)), verdict=pl.lit(None, pl.String))


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_the_race_keeps_its_kinds_apart(scale: str) -> None:
    """A band that names its storefront, a diamond, a solid line, and the milestones beside them."""
    figure = launch_race_figure(race(), apps("chatgpt"), (500_000, 1_000_000), scale, say=EN, theme=LIGHT)
    assert [trace.fill for trace in figure.data].count("toself") == 1
    diamond = next(trace for trace in named(figure, "ChatGPT") if trace.marker.symbol == "diamond")
    assert "at least 1M" in diamond.customdata[0][1]
    notes = {note.text for note in figure.layout.annotations}
    assert {"ChatGPT, Norway", "500K", "1M"} <= notes
    keys = [trace.name for trace in figure.data if trace.showlegend]
    assert keys == ["estimated, with its 80% band", "measured", "company claim"]


def test_milestones_that_would_lie_on_each_other_are_named_once() -> None:
    """Of half a million and a million on a straight scale up to a hundred million the higher one is named."""
    far = race().with_columns(pl.col("low", "central", "high") * 100)
    notes = [
        {note.text for note in launch_race_figure(far, apps("chatgpt"), (500_000, 1_000_000, 100_000_000), scale,
                                                  say=EN, theme=LIGHT).layout.annotations}
        for scale in ("linear", "log")
    ]  # fmt: skip
    assert notes[0] & {"500K", "1M", "100M"} == {"1M", "100M"}
    assert notes[1] & {"500K", "1M", "100M"} == {"500K", "1M", "100M"}
