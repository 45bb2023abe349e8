"""Tests of dashboard/figures/amounts.py."""

from __future__ import annotations

import pytest

from dashboard.figures.amounts import amount_axis, log_ticks, straight_ticks
from dashboard.figures.theme import LIGHT
from dashboard.language import Language

FR = Language("fr")


def test_an_axis_of_amounts_begins_at_zero_and_speaks_the_readers_language() -> None:
    """Round ticks, in French with its own thousands and millions."""
    axis = amount_axis(0, 2_400_000, FR, LIGHT)
    assert axis["range"][0] == 0
    assert [text.replace("\u00a0", " ") for text in axis["ticktext"]][:3] == ["0", "500 k", "1 M"]


@pytest.mark.parametrize("high", [0, 0.4, 7, 256, 1_163_000])
def test_a_straight_axis_has_few_round_ticks(high: float) -> None:
    """Never none, never many."""
    ticks = straight_ticks(high)
    assert 2 <= len(ticks) <= 8
    assert ticks[-1] >= high


def test_a_logarithmic_axis_goes_by_powers_of_ten() -> None:
    """From below the lowest to above the highest."""
    assert log_ticks(300, 2_000_000) == [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000]
