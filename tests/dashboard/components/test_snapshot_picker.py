"""Tests of dashboard/components/snapshot_picker.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dashboard.components.snapshot_picker import DAYS, MONTHS, NEWEST, offered

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_year_of_hourly_loads_is_a_short_list() -> None:
    """The newest ones, the last of each of some days, the last of each month; the newest first."""
    found = offered([START + timedelta(hours=n) for n in range(365 * 24)])
    assert found == sorted(found, reverse=True)
    assert len(found) <= NEWEST + DAYS + MONTHS
    assert found[0] == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert datetime(2026, 3, 31, 23, tzinfo=UTC) in found


def test_loads_of_one_minute_are_one_link() -> None:
    """They would read alike; the last of them is offered."""
    assert offered([START, START + timedelta(seconds=5)]) == [START + timedelta(seconds=5)]
