"""Tests of dashboard/figures/scales.py."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from dashboard.figures.scales import scale, ticks
from dashboard.language import Language

FR, EN = Language("fr"), Language("en")


def test_a_log_axis_puts_its_powers_evenly() -> None:
    """Ten is half way between one and a hundred."""
    on = scale({"type": "log", "range": [2, 0]}, [], 0, 100)
    assert (on(100), on(10), on(1), on(0)) == (0, pytest.approx(50), 100, None)


def test_an_axis_without_a_range_holds_all_its_values() -> None:
    """With a little room, and from zero where that is asked."""
    on = scale({"rangemode": "tozero"}, [4, 8], 100, 0)
    assert on(0) == 100
    assert 0 < (on(8) or 0) < 10


def test_days_and_moments_share_one_axis() -> None:
    """A text, a day and a moment of the same midnight lie at the same place."""
    on = scale({"type": "date", "range": ["2026-10-01", "2026-10-11"]}, [], 0, 100)
    assert on("2026-10-06") == on(date(2026, 10, 6)) == on(datetime(2026, 10, 6, tzinfo=UTC)) == pytest.approx(50)


@pytest.mark.parametrize(
    ("axis", "say", "expected"),
    [
        ({"range": [0, 4_000_000]}, FR, ["0", "1\u202f000\u202f000", "2\u202f000\u202f000"]),
        ({"range": [0, 1], "tickformat": ".0%"}, EN, ["0%", "20%", "40%"]),
        ({"tickvals": [1, 3], "ticktext": ["1", "3"], "range": [0, 5]}, EN, ["1", "3"]),
        ({"type": "date", "range": ["2026-09-30", "2026-10-05"]}, FR, ["30 sept.\n2026", "1er oct.", "2 oct."]),
        ({"type": "date", "range": ["2026-10-01T21:00", "2026-10-02T09:00"]}, FR,
         ["21:00\n1er oct. 2026", "00:00\n2 oct. 2026", "03:00"]),
        ({"type": "date", "range": ["2026-10-01T09:00:30", "2026-10-01T09:04"]}, EN, ["09:01\n1 Oct 2026", "09:02"]),
        ({"type": "date", "range": ["2025-11-15", "2026-03-15"]}, EN, ["Dec\n2025", "Jan\n2026", "Feb"]),
    ],
)  # fmt: skip
def test_ticks_are_told_in_the_readers_language(axis: dict[str, Any], say: Language, expected: list[str]) -> None:
    """Numbers, shares, hours, days and months."""
    on = scale(axis, [], 0, 600)
    assert [text for _, text in ticks(axis, on, say)][: len(expected)] == expected
