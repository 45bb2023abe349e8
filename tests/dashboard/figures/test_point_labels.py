"""Tests of dashboard/figures/point_labels.py."""

from __future__ import annotations

from itertools import pairwise

from dashboard.figures.point_labels import Named, shifts


def test_names_at_one_place_do_not_hide_each_other() -> None:
    """The second one goes to another side; where no side is free it is left out."""
    found = shifts([Named(0.5, 0.5, "Le Chat"), Named(0.5, 0.5, "DeepSeek")], 400)
    assert found[0] is not None
    assert found[1] is not None
    assert found[0] != found[1]
    crowd = shifts([Named(0.5, 0.5, f"A rather long name {n}") for n in range(30)], 400)
    assert None in crowd


def test_a_name_stays_off_the_ticks_of_the_axis() -> None:
    """At the left edge it goes to the right, at the right edge to the left, at the bottom up."""
    left, right = (shifts([Named(x, 0.5, "DeepSeek")], 400)[0] for x in (0.0, 1.0))
    assert left is not None
    assert right is not None
    assert left[0] > 0 > right[0]
    crowd = [Named(0.5, 0.0, "DeepSeek", end=True) for _ in range(3)]
    assert all(side is not None and side[1] > 0 for side in shifts(crowd, 400))


def test_the_names_of_lines_that_end_together_stand_apart() -> None:
    """None is left out, and none covers another."""
    ends = [Named(1.0, 0.1 + n * 0.01, "ChatGPT, Norway", end=True) for n in range(3)]
    found = shifts(ends, 400)
    heights = sorted(point.y * 400 + (side or (0, 0))[1] for point, side in zip(ends, found, strict=True))
    assert all(b - a >= 14 for a, b in pairwise(heights))
