"""Tests of dashboard/figures/bands.py."""

from __future__ import annotations

from dashboard.figures.bands import Point, estimate_traces, measured_trace, see_through
from dashboard.figures.claims_timeline import SYMBOLS


def test_an_estimate_is_a_band_and_breaks_where_it_is_missing() -> None:
    """Two runs of days make two closed shapes and a broken centre."""
    points = [Point(day, 1.0, 2.0, 4.0, "") for day in (1, 2, 5, 6)]
    band, centre = estimate_traces(points, 1, "x", "#112233")
    assert band.fill == "toself"
    assert list(band.x).count(None) == 2
    assert list(centre.y).count(None) == 2


def test_the_three_kinds_never_look_alike() -> None:
    """A filled band, a thick line, and shapes of their own."""
    points = [Point(1, 1.0, 2.0, 4.0, ""), Point(2, 1.0, 2.0, 4.0, "")]
    estimate, measured = estimate_traces(points, 1, "x", "#112233"), measured_trace(points, 1, "x", "#112233")
    assert estimate[1].line.width < measured.line.width
    assert measured.fill is None
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)


def test_a_see_through_colour_keeps_its_hue() -> None:
    """Only its opacity changes."""
    assert see_through("#d95c12", 0.25) == "rgba(217,92,18,0.25)"


def test_the_band_of_a_lone_figure_is_seen() -> None:
    """It has a width, in which its own place lies."""
    band, centre = estimate_traces([Point(7, 1.0, 2.0, 4.0, "")], 1, "x", "#112233")
    assert min(band.x[:-1]) < 7 < max(band.x[:-1])
    assert set(centre.y) <= {2.0, None}
