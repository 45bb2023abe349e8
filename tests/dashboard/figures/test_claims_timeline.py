"""Tests of dashboard/figures/claims_timeline.py."""

from __future__ import annotations

from datetime import date

import plotly.graph_objects as go
import polars as pl

from dashboard.figures.claims_timeline import app_name, claims_timeline_figure
from dashboard.figures.theme import LIGHT
from dashboard.language import Language
from tests.dashboard.frames import apps

EN = Language("en")


def named(figure: go.Figure, name: str) -> list[go.Scatter]:
    """The traces of this name."""
    return [trace for trace in figure.data if trace.name == name]


def claims_frame() -> pl.DataFrame:
    """A contradicted claim of the press and a vendor's estimate."""
    return pl.DataFrame({
        "app": ["chatgpt", "sora"], "quantity": ["downloads", "downloads"], "value": [500_000.0, 627_000.0],
        "until": [date(2023, 11, 30), date(2025, 10, 7)], "kind": ["press", "vendor_estimate"], "said_by": ["a", "b"],
        "verdict": ["contradicted", None], "statement_en": ["A.", "B."], "statement_fr": ["A.", "B."],
    })  # fmt: skip


def test_a_contradicted_claim_is_struck_and_an_unfollowed_app_keeps_its_name() -> None:
    """Both are said in words on hover too."""
    figure = claims_timeline_figure(claims_frame(), apps("chatgpt"), EN, LIGHT)
    struck = named(figure, "contradicted")[0]
    assert list(struck.y) == [500_000]
    assert app_name("sora", apps("chatgpt")) == "Sora"
    assert "contradicted" in named(figure, "ChatGPT")[0].customdata[0][2]
    assert {note.text for note in figure.layout.annotations} == {"ChatGPT", "Sora"}
