"""Tests of dashboard/figures/floors.py."""

from __future__ import annotations

import polars as pl

from dashboard.figures.floors import floors_figure
from dashboard.figures.theme import LIGHT
from dashboard.language import Language

EN = Language("en")


def test_a_floor_is_called_predicted_and_a_measurement_is_drawn_otherwise() -> None:
    """Open circles for what is computed, full diamonds for what was measured."""
    floors = pl.DataFrame(
        {"name": ["A", "B"], "decode_ms": [3.3, 1.1], "decode_ms_datasheet": [3.0, 1.0], "prefill_ms": [9.0, 7.0]}
    )
    nothing = pl.DataFrame(schema={"name": pl.String, "model": pl.String, "ms": pl.Float64, "reading_id": pl.String})
    figure = floors_figure(floors, nothing, "decode", EN, LIGHT)
    assert figure.data[1].name == "predicted, not measured"
    assert list(figure.data[1].y) == ["A", "B"]
    found = pl.DataFrame({"name": ["A"], "model": ["a"], "ms": [4.0], "reading_id": ["0" * 16]})
    drawn = floors_figure(floors, found, "decode", EN, LIGHT)
    assert drawn.data[-1].marker.symbol == "diamond"
    assert ([text.strip() for text in drawn.data[-1].text], list(drawn.data[1].text)) == (["4"], ["", "  1.1"])
