"""Tests of dashboard/figures/labels.py."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dashboard.figures.labels import spread


@given(st.lists(st.floats(0, 500), max_size=12))
def test_no_two_labels_overlap_and_all_stay_inside(wanted: list[float]) -> None:
    """Whatever the ends of the lines, labels keep their distance, their order and the bounds."""
    placed = spread(wanted, gap=19, lowest=0, highest=500)
    ordered = sorted(placed)
    assert all(b - a >= 19 - 1e-6 for a, b in pairwise(ordered))
    assert all(-1e-6 <= place <= 500 + 1e-6 for place in placed)
    assert [placed[i] for i in sorted(range(len(wanted)), key=lambda i: wanted[i])] == ordered


def test_labels_with_room_stay_where_they_are() -> None:
    """Nothing moves without need."""
    assert spread([10, 100, 300], gap=19, lowest=0, highest=500) == [10, 100, 300]


def test_too_many_labels_share_the_room() -> None:
    """Where the gap cannot be kept, the room is shared evenly."""
    assert spread([5, 5, 5], gap=100, lowest=0, highest=100) == [0, 50, 100]
