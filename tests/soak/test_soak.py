"""A small day of the soak: every reading is accounted for, whatever goes wrong and whoever is killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.soak import Day, live

COUNTRIES = ("fr", "us", "jp")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kill", [False, True], ids=["faults", "faults and kills"])
def test_every_reading_of_a_small_day_is_accounted_for(tmp_path: Path, *, kill: bool) -> None:
    """With a tenth of all answers going wrong, expected is had and accounted for; none is twice there or lost."""
    lived = live(Day(COUNTRIES, sweeps=3, every=5, kill=kill), tmp_path)
    assert lived.wrong == []
    assert lived.sums["had"] > 0
    assert sum(lived.sums.values()) == 2 * lived.sums["expected"]
    assert (lived.kills > 0) == kill
