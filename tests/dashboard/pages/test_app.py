"""Tests of dashboard/pages/app.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path

import polars as pl
import pytest

from dashboard.app import make_app
from dashboard.desk import reader
from dashboard.selection import Selection
from essor.model.stores import STOREFRONTS
from essor.settings import read_settings

EN = Selection(lang="en", theme="light")


def stands(number: int) -> pl.DataFrame:
    """The first so many storefronts, in each of which the app is ranked."""
    row = {"store": "apple", "collection": "top-free", "category": "36", "device": "iphone", "state": "ranked",
           "depth": 100, "observed_at": datetime(2026, 10, 9, tzinfo=UTC), "reading_id": "0" * 16,
           "peak_on": date(2026, 10, 9), "days_known": 1}  # fmt: skip
    places = enumerate(sorted(STOREFRONTS)[:number], 1)
    return pl.DataFrame([{**row, "country": country, "rank": rank, "peak_rank": rank} for rank, country in places])


@pytest.mark.parametrize(("number", "told"), [(12, None), (175, "The 12 in which it is highest, of 175.")])
def test_a_list_that_is_cut_says_of_how_many(tmp_path: Path, number: int, told: str | None) -> None:
    """A reader does not take the first dozen for all."""
    make_app(read_settings(data_dir=tmp_path))
    page = import_module("dashboard.pages.app")
    *_, last = page._ranks(stands(number), EN, reader(EN, {}, {}))
    assert (last.children == told) is (told is not None)


def test_it_opens_in_the_readers_storefront_where_the_app_is_ranked_there(tmp_path: Path) -> None:
    """Else where it was seen on most days; a storefront that the address names is obeyed."""
    make_app(read_settings(data_dir=tmp_path))
    page, seen = import_module("dashboard.pages.app"), stands(5).with_columns(days_known=pl.Series([1, 1, 9, 1, 3]))
    first, _, most, _, last = seen["country"]
    assert page._best_chart(seen, replace(EN, homes=("zz", last, first))).country == last
    assert page._best_chart(seen, replace(EN, homes=("zz",))).country == most
    assert page._best_chart(seen, replace(EN, country=first, homes=(last,))).country == first
    assert page._best_chart(seen, replace(EN, country="zz")) is None
