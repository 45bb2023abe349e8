"""The outlines of the countries on a flat map, from the file that the pages' maps use; no other library."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import asin, cos, radians, sin, sqrt

SOUTH, NORTH = -56.0, 84.0
"""The latitudes shown, degrees: all that has a storefront."""
HALF_TURN = 180.0
_A = (1.340264, -0.081106, 0.000893, 0.003796)
"""The coefficients of the equal-earth projection (Šavrič, Patterson and Jenny, 2018)."""
FINEST = 1.2
"""Two places nearer than this are one, pixels."""
Place = tuple[float, float]
Ring = tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Where the flat map lies on a drawing."""

    left: float
    """The left edge of the map, pixels."""
    top: float
    """Its upper edge, pixels."""
    scale: float
    """Pixels a unit of the projection."""

    def course(self, ring: Ring) -> list[Place]:
        """A ring in pixels, without the places too near to the one before to be told apart."""
        kept: list[Place] = []
        for x, y in map(self.at, ring):
            if not kept or abs(x - kept[-1][0]) + abs(y - kept[-1][1]) >= FINEST:
                kept.append((x, y))
        return kept

    def at(self, place: Place) -> Place:
        """A place of the flat map in pixels."""
        west, _, north, _ = _frame()
        return self.left + (place[0] - west) * self.scale, self.top + (north - place[1]) * self.scale


def flat(longitude: float, latitude: float) -> Place:
    """A place on the equal-earth map: x to the east, y to the north, in units of the projection."""
    lean = asin(sqrt(3) / 2 * sin(radians(latitude)))
    square = lean * lean
    sixth = square**3
    a1, a2, a3, a4 = _A
    x = (
        2
        * sqrt(3)
        * radians(longitude)
        * cos(lean)
        / (3 * (9 * a4 * sixth * square + 7 * a3 * sixth + 3 * a2 * square + a1))
    )
    return x, lean * (a4 * sixth * square + a3 * sixth + a2 * square + a1)


def fitted(box: tuple[float, float, float, float]) -> Sheet:
    """The map as large as it gets in a box (left, top, width, height), in its middle."""
    west, south, north, east = _frame()
    left, top, width, height = box
    scale = min(width / (east - west), height / (north - south))
    return Sheet(left + (width - scale * (east - west)) / 2, top + (height - scale * (north - south)) / 2, scale)


@cache
def countries() -> dict[str, tuple[Ring, ...]]:
    """The rings of every country on the flat map, by its three letters; those wholly outside the map are left out."""
    world = json.loads((files("dashboard") / "assets" / "topojson" / "world_110m.json").read_text("utf-8"))
    arcs = [_places(arc, world["transform"]) for arc in world["arcs"]]
    found: dict[str, tuple[Ring, ...]] = {}
    for shape in world["objects"]["countries"]["geometries"]:
        polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
        rings = tuple(ring for polygon in polygons for ring in _rings(polygon, arcs))
        if rings:
            found[str(shape["id"])] = rings
    return found


def _frame() -> tuple[float, float, float, float]:
    """The edges of the flat map: west, south, north, east."""
    return flat(-180, 0)[0], flat(0, SOUTH)[1], flat(0, NORTH)[1], flat(180, 0)[0]


def _places(arc: Sequence[Sequence[int]], transform: dict[str, list[float]]) -> list[Place]:
    """An arc's longitudes and latitudes: the file holds each place as its distance from the one before."""
    (wide, high), (west, south) = transform["scale"], transform["translate"]
    x = y = 0
    found = []
    for dx, dy in arc:
        x, y = x + dx, y + dy
        found.append((west + x * wide, south + y * high))
    return found


def _rings(polygon: Sequence[Sequence[int]], arcs: Sequence[Sequence[Place]]) -> Iterator[Ring]:
    for ring in polygon:
        places = [place for number in ring for place in (arcs[number] if number >= 0 else reversed(arcs[~number]))]
        if any(SOUTH < latitude < NORTH for _, latitude in places):
            yield from (
                tuple(flat(longitude, min(max(latitude, SOUTH), NORTH)) for longitude, latitude in half)
                for half in _halves(places)
            )


def _halves(places: Sequence[Place]) -> Iterator[list[Place]]:
    """A ring as it is; where it crosses the 180th meridian, what lies on either side of it."""
    turns, before, whole = 0, places[0][0], []
    for longitude, latitude in places:
        turns += (before - longitude > HALF_TURN) - (longitude - before > HALF_TURN)
        before = longitude
        whole.append((longitude + turns * 2 * HALF_TURN, latitude))
    for shift in (-2 * HALF_TURN, 0.0, 2 * HALF_TURN):
        inside = [abs(longitude + shift) < HALF_TURN for longitude, _ in whole]
        if any(inside):
            yield list(_cut([(longitude + shift, latitude) for longitude, latitude in whole], inside))


def _cut(ring: Sequence[Place], inside: Sequence[bool]) -> Iterator[Place]:
    """A ring cut off at the 180th meridian: of what lies beyond, only where it leaves and where it comes back."""
    start = inside.index(True)
    turned, within = [*ring[start:], *ring[:start]], [*inside[start:], *inside[:start]]
    for n, (longitude, latitude) in enumerate(turned):
        if within[n] or within[n - 1] or within[(n + 1) % len(within)]:
            yield min(max(longitude, -HALF_TURN), HALF_TURN), latitude
