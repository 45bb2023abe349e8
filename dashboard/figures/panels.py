"""Small multiples: where the panels of one figure lie, beside each other or in one column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

COLUMNS = 2
"""So many panels stand beside each other; more would leave too little width for the lines and their labels."""
NARROWEST = 1000
"""The width at which panels stand beside each other, pixels; below it they are stacked (dashboard/assets/narrow.js)."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The place of one panel, in shares of the figure's width and height within its margins."""

    left: float = 0
    right: float = 1
    bottom: float = 0
    top: float = 1

    @property
    def across(self) -> tuple[float, float]:
        """Its left and its right edge."""
        return self.left, self.right

    def up(self, shares: tuple[float, float]) -> tuple[float, float]:
        """Two shares of the panel's height as shares of the figure's."""
        return self.y(shares[0]), self.y(shares[1])

    def x(self, share: float) -> float:
        """A share of the panel's width as one of the figure's."""
        return self.left + share * (self.right - self.left)

    def y(self, share: float) -> float:
        """A share of the panel's height as one of the figure's."""
        return self.bottom + share * (self.top - self.bottom)


@dataclass(frozen=True, slots=True)
class Grid:
    """The places of some panels of one height."""

    number: int
    """How many panels there are."""
    columns: int
    """How many stand beside each other."""
    margin: dict[str, int]
    """What a panel needs around it, pixels: l, t, b, and r for the labels at its right."""
    panel: int
    """The height of one panel, pixels."""

    @property
    def rows(self) -> int:
        """How many stand above each other."""
        return ceil(self.number / self.columns)

    @property
    def height(self) -> int:
        """The height of the figure, pixels."""
        return self.rows * (self.panel + self.margin["t"] + self.margin["b"])

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The place of each panel, line by line; a lone one has the whole figure."""
        if self.number == 1:
            return (Cell(),)
        between = self.margin["t"] + self.margin["b"]
        plot = self.height - between
        beside = self.margin["l"] + self.margin.get("r", 0)
        gap = beside / (NARROWEST - beside)
        wide = (1 - gap * (self.columns - 1)) / self.columns
        return tuple(
            self._cell(n % self.columns * (wide + gap), wide, n // self.columns * (self.panel + between) / plot, plot)
            for n in range(self.number)
        )

    def _cell(self, left: float, wide: float, down: float, plot: int) -> Cell:
        return Cell(left, left + wide, 1 - down - self.panel / plot, 1 - down)

    def in_one_column(self) -> Grid:
        """The same panels stacked."""
        return Grid(self.number, 1, self.margin, self.panel)


def grid_of(number: int, margin: dict[str, int], panel: int) -> Grid:
    """The grid of so many panels."""
    return Grid(number, min(number, COLUMNS), margin, panel)


def arranged(layout: Mapping[str, Any], width: float, height: int) -> tuple[dict[str, Any], int]:
    """A figure's layout and its height, both pixels: panels that would be too narrow beside each other are stacked."""
    meta = layout.get("meta") or {}
    if width >= meta.get("beside_from", 0):
        return dict(layout), height
    result = dict(layout)
    for name, value in meta["other"].items():
        axis, _, field = name.partition(".")
        result[axis] = {**layout[axis], field: value} if field else value
    return result, meta["stacked_height"]


def moved(part: Mapping[str, Any], cell: Cell, x: str) -> dict[str, Any]:
    """An annotation or a shape of a lone figure, put into a panel whose axis of time is `x`."""
    result = dict(part)
    if part.get("yref") == "paper":
        result |= {key: cell.y(part[key]) for key in ("y", "y0", "y1") if key in part}
    if part.get("xref") == "paper":
        return result | {key: cell.x(part[key]) for key in ("x", "x0", "x1") if key in part}
    return {**result, "xref": x}
