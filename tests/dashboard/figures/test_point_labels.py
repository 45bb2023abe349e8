"""Tests of dashboard/figures/point_labels.py."""

from __future__ import annotations

from dashboard.figures.point_labels import Named, shifts


def test_names_at_one_place_do_not_hide_each_other() -> None:
    """The second one goes to another side; where no side is free it is left out."""
    found = shifts([Named(0.5, 0.5, "Le Chat"), Named(0.5, 0.5, "DeepSeek")], 400)
    assert found[0] is not None
    assert found[1] is not None
    assert found[0] != found[1]
    crowd = shifts([Named(0.5, 0.5, f"A rather long name {n}") for n in range(30)], 400)
    assert None in crowd
