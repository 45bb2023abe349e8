"""A rank's course in the size of a word, as an SVG image."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import log10
from urllib.parse import quote

from dashboard.history import gaps

WIDTH, HEIGHT, PAD = 216, 40, 4


def sparkline(
    points: Sequence[tuple[datetime, int | None]],
    start: datetime,
    end: datetime,
    colour: str,
    cadence: timedelta | None,
) -> str:
    """A data address of an SVG: rank 1 at the top, broken where nobody looked, a tick at the foot where absent."""
    span = max((end - start).total_seconds(), 1)
    deepest = max((rank for _, rank in points if rank is not None), default=1)
    best = min((rank for _, rank in points if rank is not None), default=1)
    placed = [(_across((when - start).total_seconds() / span), _down(rank, best, deepest)) for when, rank in points]
    breaks = {a for a, _ in gaps([when for when, _ in points], cadence)}
    path = _path(placed, [when in breaks for when, _ in points])
    ticks = "".join(
        f'<path d="M{x:.1f} {HEIGHT - 3}v3" stroke="{colour}" stroke-width="1.5"/>' for x, y in placed if y is None
    )
    return "data:image/svg+xml;utf8," + quote(_svg(path, ticks, placed, colour))


def _svg(path: str, ticks: str, placed: Sequence[tuple[float, float | None]], colour: str) -> str:
    looks = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.6" fill="{colour}"/>' for x, y in placed if y is not None)
    last = next(((x, y) for x, y in reversed(placed) if y is not None), None)
    dot = f'<circle cx="{last[0]:.1f}" cy="{last[1]:.1f}" r="3" fill="{colour}"/>' if last else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.5" stroke-linejoin="round"/>{ticks}{looks}{dot}</svg>'
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
