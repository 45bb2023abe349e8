"""Tests of dashboard/figures/sparkline.py."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import timedelta
from urllib.parse import unquote

import polars as pl

from dashboard.figures.sparkline import Course, sparkline
from tests.dashboard.frames import START

DAY = timedelta(days=1)
COURSE = Course(pl.DataFrame(), START, START + 10 * DAY, DAY)


def drawn(points: list[tuple[float, int | None]]) -> str:
    """The SVG of these days and ranks."""
    address = sparkline([(START + days * DAY, rank) for days, rank in points], COURSE, "#d95c12")
    return unquote(address.partition(",")[2])


def test_a_gap_lifts_the_pen() -> None:
    """After a day without a look the line begins anew."""
    assert drawn([(0, 5), (1, 4), (3, 3), (4, 3)]).count("M") == 2


def test_absence_is_a_tick_and_lifts_the_pen() -> None:
    """Absent is drawn at the foot."""
    svg = drawn([(0, 5), (1, None), (2, 4)])
    assert svg.count("v3") == 1
    assert svg.count("M4.0") + svg.count("M45") >= 2


def test_it_is_well_formed() -> None:
    """A browser can read it, also when there is nothing to draw."""
    for points in ([], [(0, 1)], [(0, None)]):
        ET.fromstring(drawn(points))
