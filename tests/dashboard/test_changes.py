"""Tests of dashboard/changes.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from dashboard.changes import chart_changes, listing_changes, passed
from dashboard.language import Language

EN = Language("en")
NAMES = {"le-chat": "Le Chat", "chatgpt": "ChatGPT"}
THEN, NOW = datetime(2026, 10, 8, tzinfo=UTC), datetime(2026, 10, 9, tzinfo=UTC)


def moved(
    app: str | None, previous: int | None, rank: int | None, change: str | None, then: datetime | None = THEN
) -> pl.DataFrame:
    """One app's movement."""
    row = {
        "app": app,
        "app_id": "1",
        "name": "Another",
        "rank": rank,
        "previous_rank": previous,
        "change": change,
        "previous_at": then,
    }
    return pl.DataFrame([row], schema_overrides={"rank": pl.Int16, "previous_rank": pl.Int16})


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (moved("le-chat", 12, 9, "up"), ["Le Chat enters the first ten, at 9th (since 8 Oct)."]),
        (moved("le-chat", 9, 12, "down"), ["Le Chat leaves the first ten, where it was 9th on 8 Oct."]),
        (moved("le-chat", None, 40, "new"), ["Le Chat enters this chart, at 40th (since 8 Oct)."]),
        (moved("le-chat", 40, None, "out"), ["Le Chat drops out of this chart, where it was 40th on 8 Oct."]),
        (moved(None, 2, 1, "up"), ["Another takes first place in this chart (since 8 Oct)."]),
        (moved(None, 12, 9, "up"), []),
        (moved("le-chat", 30, 28, "up"), []),
        (moved("le-chat", None, 9, None), []),
        (moved("le-chat", None, 9, "new", None), []),
    ],
)
def test_what_counts_is_told_and_what_a_look_cannot_tell_is_not(row: pl.DataFrame, expected: list[str]) -> None:
    """A new first of any app; the first ten and the chart for the followed ones."""
    assert [change.text for change in chart_changes(row, NAMES, EN)] == expected


def listing(**given: Any) -> pl.DataFrame:
    """The last look at ChatGPT's listing beside the one before."""
    row = {"app": "chatgpt", "country": "no", "observed_at": NOW, "previous_at": THEN, "version": "1",
           "previous_version": "1",
           "rating_count": 10, "previous_count": 10, "installs": None, "previous_installs": None} | given  # fmt: skip
    return pl.DataFrame([row], schema_overrides={"installs": pl.Int64, "previous_installs": pl.Int64})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"version": "2"}, ["New version of ChatGPT: 2, seen on 9 Oct 2026."]),
        ({"rating_count": 7}, ["The rating count of ChatGPT falls by 3 (Norway, 9 Oct 2026)."]),
        ({"rating_count": 1_003, "previous_count": 998}, ["ChatGPT passes 1,000 ratings (Norway, 9 Oct 2026)."]),
        (
            {"installs": 5_000_000, "previous_installs": 4_900_000},
            ["ChatGPT passes 5,000,000 installs on Google Play (9 Oct 2026)."],
        ),
        ({"version": "2", "previous_at": None}, []),
    ],
)
def test_listings_tell_of_versions_falls_and_round_counts(given: dict[str, Any], expected: list[str]) -> None:
    """Without a look before nothing is new."""
    assert [change.text for change in listing_changes(listing(**given), NAMES, EN)] == expected


@pytest.mark.parametrize(
    ("before", "now", "goal"),
    [(998, 1_003, 1_000), (1_003, 1_900, None), (1_900, 2_000, 2_000), (10, 20, None), (None, 5_000, None)],
)
def test_round_counts_are_told_once(before: int | None, now: int, goal: int | None) -> None:
    """Only on the look that passed them."""
    assert passed(before, now) == goal
