"""Labels moved apart so that none overlap."""

from __future__ import annotations

from collections.abc import Sequence


def spread(wanted: Sequence[float], gap: float, lowest: float, highest: float) -> list[float]:
    """Places as near as can be to the `wanted` ones, in their order, at least `gap` apart, between the bounds.

    Where too many stand between the bounds for the gap, they share the room evenly.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    gap = min(gap, (highest - lowest) / max(len(wanted) - 1, 1))
    groups: list[list[float]] = []
    for i in order:
        groups.append([_within(wanted[i], lowest, highest)])
        while (
            len(groups) > 1 and _bottom(groups[-1], gap, lowest, highest) < _top(groups[-2], gap, lowest, highest) + gap
        ):
            groups[-2:] = [groups[-2] + groups[-1]]
    placed = [_bottom(group, gap, lowest, highest) + n * gap for group in groups for n in range(len(group))]
    result = [0.0] * len(wanted)
    for i, place in zip(order, placed, strict=True):
        result[i] = place
    return result


def _bottom(group: Sequence[float], gap: float, lowest: float, highest: float) -> float:
    """Where a group of touching labels begins, so that its middle stands on the mean of what they want."""
    height = gap * (len(group) - 1)
    return _within(sum(group) / len(group) - height / 2, lowest, highest - height)


def _top(group: Sequence[float], gap: float, lowest: float, highest: float) -> float:
    return _bottom(group, gap, lowest, highest) + gap * (len(group) - 1)


def _within(value: float, lowest: float, highest: float) -> float:
    return min(max(value, lowest), highest)
