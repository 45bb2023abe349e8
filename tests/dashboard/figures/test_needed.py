"""Tests of dashboard/figures/needed.py."""

from __future__ import annotations

import polars as pl

from dashboard.figures.needed import needed_figure
from dashboard.figures.svg import Words, still
from dashboard.figures.theme import LIGHT
from dashboard.language import Language
from tests.dashboard.frames import apps

EN = Language("en")
ROWS = pl.DataFrame({
    "app": ["chatgpt", "claude"], "rank": [3, 25], "low": [9_000.0, 60_000.0], "central": [15_000.0, 90_000.0],
    "high": [24_000.0, 140_000.0],
})  # fmt: skip


def test_each_app_has_its_band_its_centre_and_the_way_to_the_bytes() -> None:
    """The best ranked stands at the top, and the axis begins at nought."""
    figure = needed_figure(ROWS, apps("chatgpt", "claude"), reading="0" * 16, say=EN, theme=LIGHT)
    assert list(figure.layout.yaxis.ticktext) == ["Claude, 25th", "ChatGPT, 3rd"]
    band, centre = (trace for trace in figure.data if trace.name == "ChatGPT, 3rd")
    assert (list(band.x), list(centre.x), list(band.y)) == ([9_000, 24_000], [15_000], [1, 1])
    assert list(centre.customdata[0]) == ["0" * 16, "15K (9K to 24K)"]
    assert figure.layout.xaxis.range[0] == 0


def test_the_still_image_has_every_row() -> None:
    """The same names and numbers as on the page."""
    figure = needed_figure(ROWS, apps("chatgpt", "claude"), reading=None, say=EN, theme=LIGHT)
    text = still(figure, Words("A finding", "", ""), EN, LIGHT, 400)
    for part in ("ChatGPT, 3rd", "Claude, 25th", "15K", "90K", "more downloads a day"):
        assert part in text
