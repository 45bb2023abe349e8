"""A rank's course in the size of a word, as an SVG image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log10
from urllib.parse import quote

import polars as pl

from dashboard.history import gaps

WIDTH, HEIGHT, PAD = 216, 40, 4


@dataclass(frozen=True, slots=True)
class Course:
    """The weeks that a column of sparklines shows."""

    points: pl.DataFrame
    """`warehouse.reads.overview.spark`'s frame."""
    start: datetime
    """Where the sparklines begin."""
    end: datetime
    """Where they end: the newest look."""
    step: timedelta | None
    """The usual time between two looks."""


def sparkline(points: Sequence[tuple[datetime, int | None]], course: Course, colour: str) -> str:
    """A data address of an SVG: rank 1 at the top, broken where nobody looked, a tick at the foot where absent."""
    ranks = [rank for _, rank in points if rank is not None] or [1]
    span = max((course.end - course.start).total_seconds(), 1)
    placed = [
        (_across((when - course.start).total_seconds() / span), _down(rank, min(ranks), max(ranks)))
        for when, rank in points
    ]
    breaks = {a for a, _ in gaps([when for when, _ in points], course.step)}
    path = _path(placed, [when in breaks for when, _ in points])
    return "data:image/svg+xml;utf8," + quote(_svg(path, placed, colour))


def _svg(path: str, placed: Sequence[tuple[float, float | None]], colour: str) -> str:
    ticks = "".join(
        f'<path d="M{x:.1f} {HEIGHT - 3}v3" stroke="{colour}" stroke-width="1.5"/>' for x, y in placed if y is None
    )
    looks = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.6" fill="{colour}"/>' for x, y in placed if y is not None)
    last = next(((x, y) for x, y in reversed(placed) if y is not None), None)
    dot = f'<circle cx="{last[0]:.1f}" cy="{last[1]:.1f}" r="3" fill="{colour}"/>' if last else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.5" stroke-linejoin="round"/>'
        f"{ticks}{looks}{dot}</svg>"
    )


def _path(placed: Sequence[tuple[float, float | None]], breaks: Sequence[bool]) -> str:
    """Steps: a rank holds until the next look; a new beginning after each gap and each absence."""
    parts, pen_down = [], False
    for (x, y), ends in zip(placed, breaks, strict=True):
        if y is None:
            pen_down = False
            continue
        parts.append(f"H{x:.1f}V{y:.1f}" if pen_down else f"M{x:.1f} {y:.1f}")
        pen_down = not ends
    return "".join(parts)


def _across(share: float) -> float:
    return PAD + share * (WIDTH - 2 * PAD)


def _down(rank: int | None, best: int, deepest: int) -> float | None:
    if rank is None:
        return None
    if best == deepest:
        return HEIGHT / 2
    share = (log10(rank) - log10(best)) / (log10(deepest) - log10(best))
    return PAD + share * (HEIGHT - 2 * PAD - 4)
