"""The daily roll-up."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipeline.metrics.ranks import chart_days, look_days
from pipeline.schemas import SCHEMAS

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BEGIN = datetime(2026, 9, 29, 20, tzinfo=UTC)
NAMES = pl.DataFrame({"name_id": [1, 2, 3, 4], "app_id": ["a", "b", "b", "c"]})
"""Name 2 and name 3 are two names of one app."""
COLUMNS = ("country", "device", "collection", "category", "observed_at", "rank", "name_id")
Look = tuple[int, str, list[int], int]
looks = st.lists(
    st.tuples(st.integers(0, 80), st.sampled_from(["fr", "us"]), st.permutations([1, 2, 3, 4]), st.integers(0, 4)),
    unique_by=lambda look: (look[0], look[1]),
    max_size=25,
)


def entries(found: list[Look]) -> pl.DataFrame:
    """The entries of these looks: hour, storefront, names in order, how many of them."""
    rows = [
        {"country": country, "device": "iphone", "collection": "top-free", "category": "36",
         "observed_at": BEGIN + timedelta(hours=hour), "rank": rank, "name_id": name}
        for hour, country, order, depth in found
        for rank, name in enumerate(order[:depth], 1)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema={name: SCHEMAS["chart_entries"][name] for name in COLUMNS})


def looked(rows: pl.DataFrame) -> pl.DataFrame:
    """The charts among these entries, and how many each of them has."""
    return rows.group_by("country", "device", "collection", "category").len("entries")


def rolled(rows: pl.DataFrame) -> pl.DataFrame:
    """The roll-up of these entries, in one order."""
    return chart_days("apple", rows.lazy(), looked(rows), NAMES, NOW).sort("country", "day", "app_id")


def by_hand(found: list[Look]) -> dict[Any, tuple[int, int, float, int, int, int]]:
    """The roll-up by its definition, one entry at a time."""
    app_of = dict(NAMES.iter_rows())
    seen: dict[Any, list[tuple[int, int]]] = defaultdict(list)
    for hour, country, order, depth in found:
        day = (BEGIN + timedelta(hours=hour)).date()
        for rank, name in enumerate(order[:depth], 1):
            seen[country, day, app_of[name]].append((hour, rank))
    return {key: _figures([rank for _, rank in ranks], max(ranks)[1]) for key, ranks in seen.items()}


def _figures(ranks: list[int], last: int) -> tuple[int, int, float, int, int, int]:
    return min(ranks), max(ranks), sum(ranks) / len(ranks), last, len(ranks), sum(rank <= 10 for rank in ranks)


@given(found=looks)
def test_the_roll_up_is_what_counting_by_hand_gives(found: list[Look]) -> None:
    """Best, worst, mean and last rank of each app, chart and day, also on the day of a new name."""
    rows = rolled(entries(found))
    assert pl.Schema(rows.schema) == SCHEMAS["chart_days"]
    figures = ("best_rank", "worst_rank", "mean_rank", "last_rank", "readings", "in_top_10")
    found_here = {
        (row["country"], row["day"], row["app_id"]): tuple(row[name] for name in figures)
        for row in rows.iter_rows(named=True)
    }
    assert found_here == by_hand(found)
    assert len(found_here) == rows.height


@given(found=looks, seed=st.integers(0, 99))
def test_the_order_of_entries_changes_nothing(found: list[Look], seed: int) -> None:
    """Entries that arrive in any order make the same roll-up."""
    plain, mixed = entries(found), entries(found).sample(fraction=1, shuffle=True, seed=seed)
    assert rolled(plain).equals(rolled(mixed))


@given(found=looks)
def test_rolling_up_in_pieces_changes_nothing(found: list[Look]) -> None:
    """Storefront by storefront, or all at once."""
    rows = entries(found)
    whole = rolled(rows)
    with patch("pipeline.metrics.ranks._AT_ONCE", 1):
        assert rolled(rows).equals(whole)


def test_each_way_a_look_ended_is_counted_apart() -> None:
    """Complete, partial, refused and failed looks of a day, and the depth of the deepest complete one."""
    endings = [("complete", 98), ("complete", 100), ("partial", 40), ("refused", 0), ("blocked", 0), ("failed", 0)]
    rows = [
        {"store": "apple", "country": "fr", "device": "iphone", "collection": "top-free", "category": "36",
         "observed_at": NOW + timedelta(minutes=n), "status": status, "depth": depth, "entries": depth,
         "imported": False}
        for n, (status, depth) in enumerate(endings)
    ]  # fmt: skip
    row = look_days(pl.DataFrame(rows), NOW).row(0, named=True)
    counted = ("looks", "complete", "partial", "refused", "failed", "depth", "followed_only")
    assert {name: row[name] for name in counted} == {
        "looks": 6, "complete": 2, "partial": 1, "refused": 1, "failed": 2, "depth": 100, "followed_only": False,
    }  # fmt: skip
