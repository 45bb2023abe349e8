"""Tests of dashboard/figures/claim_dates.py."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from dashboard.figures.claim_dates import LANE, amount, claim_dates_figure, height_of
from dashboard.figures.theme import LIGHT
from dashboard.language import Language
from tests.dashboard.frames import apps

EN, FR = Language("en"), Language("fr")


def claim(**more: Any) -> dict[str, Any]:
    """A published figure as `warehouse.reads.claims.claims` gives it."""
    plain = {"claim": "x", "app": "chatgpt", "quantity": "downloads", "value": 500_000.0, "bound": "about",
             "kind": "press", "since": date(2023, 11, 1), "until": date(2023, 11, 30), "said_by": "A paper",
             "verdict": "contradicted",
             "statement_en": "ChatGPT was downloaded.", "statement_fr": "ChatGPT a été téléchargé."}  # fmt: skip
    return plain | more


LAUNCH = claim(claim="y", quantity="launch", value=None, kind="official", since=date(2023, 5, 18),
               until=date(2023, 5, 18), said_by="App Store", verdict="supported")  # fmt: skip


def test_the_claim_stands_over_what_speaks_against_it() -> None:
    """One lane each, the claim itself at the top and struck; the launch is a line through all lanes."""
    rows = pl.DataFrame([claim(), LAUNCH], infer_schema_length=None)
    figure = claim_dates_figure(rows, apps("chatgpt"), EN, LIGHT)
    assert [(trace.name, trace.y[0]) for trace in figure.data] == [
        ("App Store", 0),
        ("A paper", 1),
        ("contradicted", 1),
    ]
    assert [note.text.partition("<br>")[0] for note in figure.layout.annotations] == [
        "<b>came out</b>",
        "<b>about 500,000 downloads</b>",
    ]
    assert [shape.x0 for shape in figure.layout.shapes] == [date(2023, 5, 18)]
    assert height_of(rows) - height_of(rows.head(1)) == LANE


def test_a_label_reaches_towards_the_middle() -> None:
    """So that it stays within a figure as narrow as a phone."""
    figure = claim_dates_figure(pl.DataFrame([claim(), LAUNCH], infer_schema_length=None), apps("chatgpt"), EN, LIGHT)
    assert [note.xanchor for note in figure.layout.annotations] == ["left", "right"]


def test_an_amount_is_said_in_words() -> None:
    """With its bound and its unit; a rank as a place."""
    assert amount(claim(), FR).replace("\u202f", " ") == "environ 500 000 téléchargements"
    assert amount(claim(quantity="rank", value=1.0, bound="equal"), EN) == "1st place"
