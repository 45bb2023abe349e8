"""Names beside points, each on the first side where it hides neither a point nor another name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dashboard.figures.labels import LETTER

POINT, KEPT = "point", "kept"
"""The names of such annotations: a narrow screen leaves out a point's where it hides another
(dashboard/assets/narrow.js), and keeps that of a line's end."""
WIDTHS = (1060, 220)
"""The widths of a plot on a wide and on a narrow screen, pixels; a name must be free on both, or is left out."""
MARK = 6
"""Half the size of a point, pixels."""
EDGE = 4
"""So far a name may reach beyond the plot, pixels."""


class Named(NamedTuple):
    """A point that bears a name."""

    x: float
    """Its place across the plot, 0 to 1."""
    y: float
    """Its place up the plot, 0 to 1."""
    name: str
    """The name; empty for a point that only is in the way."""
    end: bool = False
    """Whether it is the end of a line: its name stands over or under the line, to its left, and is never left out."""


_Box = tuple[float, float, float, float]


def shifts(points: Sequence[Named], height: float) -> list[tuple[float, float] | None]:
    """How far, in pixels, each name stands from its point; None where there is no room. Earlier points choose first."""
    taken = {width: [_mark(point, width, height) for point in points] for width in WIDTHS}
    return [_placed(point, taken, height) if point.name else None for point in points]


def _placed(point: Named, taken: dict[int, list[_Box]], height: float) -> tuple[float, float] | None:
    widths = WIDTHS[:1] if point.end else WIDTHS
    sides = _ends(point.name) if point.end else _sides(point.name)
    for side in sides:
        boxes = {width: _box(point, side, width, height) for width in widths}
        if all(_free(boxes[width], taken[width]) and _within(boxes[width], width) for width in widths):
            for width in widths:
                taken[width].append(boxes[width])
            return side
    return sides[0] if point.end else None


def _sides(name: str) -> list[tuple[float, float]]:
    half = LETTER * len(name) / 2 + 10
    near = [(half, 0.0), (-half, 0.0), (0.0, 18.0), (0.0, -18.0)]
    return [*near, (half, 17.0), (half, -17.0), (-half, 17.0), (-half, -17.0), (0.0, 34.0), (0.0, -34.0)]


def _ends(name: str) -> list[tuple[float, float]]:
    half = LETTER * len(name) / 2
    return [(-half, rise) for rise in (15.0, -15.0, 31.0, -31.0, 47.0, -47.0)]


def _within(box: _Box, width: int) -> bool:
    """Whether a name stays off the ticks of both axes."""
    return box[0] >= -EDGE and box[1] <= width + EDGE and box[2] >= 0


def _mark(point: Named, width: int, height: float) -> _Box:
    x, y = point.x * width, point.y * height
    return x - MARK, x + MARK, y - MARK, y + MARK


def _box(point: Named, shift: tuple[float, float], width: int, height: float) -> _Box:
    half = LETTER * len(point.name) / 2
    x, y = point.x * width + shift[0], point.y * height + shift[1]
    return x - half, x + half, y - 8, y + 8


def _free(box: _Box, taken: Sequence[_Box]) -> bool:
    return all(box[1] < a or box[0] > b or box[3] < c or box[2] > d for a, b, c, d in taken)
