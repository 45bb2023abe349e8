"""Tests of dashboard/figures/atlas.py."""

from __future__ import annotations

from itertools import pairwise

import pytest

from dashboard.figures.atlas import countries, fitted, flat
from dashboard.figures.world import places


@pytest.mark.parametrize(
    ("place", "expected"),
    [((0, 0), (0, 0)), ((180, 0), (2.7066, 0)), ((0, 90), (0, 1.3173)), ((-90, -45), (-1.1598, -0.8602))],
)
def test_places_lie_where_the_projection_puts_them(place: tuple[float, float], expected: tuple[float, float]) -> None:
    """Against the published figures of the equal-earth projection: the map is 2.05 times as wide as it is high."""
    assert flat(*place) == pytest.approx(expected, abs=2e-3)


def test_every_shape_of_the_map_has_its_outline() -> None:
    """A storefront that is no dot is a country of the file; the far south alone is left out."""
    lacking = {place.id for place in places().values() if place.dot is None} - set(countries())
    assert lacking <= {"ATA", "HMD", "BVT"}


def test_no_outline_runs_across_the_map() -> None:
    """Russia and Fiji cross the 180th meridian: they are cut there."""
    west, east = flat(-180, 0)[0], flat(180, 0)[0]
    longest = max(abs(b[0] - a[0]) for rings in countries().values() for ring in rings for a, b in pairwise(ring))
    assert longest < (east - west) / 8
    assert all(west <= x <= east for rings in countries().values() for ring in rings for x, _ in ring)


def test_the_map_fits_its_box() -> None:
    """And stands in its middle."""
    sheet = fitted((10, 20, 1000, 400))
    places_ = [sheet.at(spot) for rings in countries().values() for ring in rings for spot in ring]
    assert min(x for x, _ in places_) >= 10
    assert max(y for _, y in places_) <= 420.1
