"""Tests of warehouse/ordered.py: rows sorted a slice at a time."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from essor.model.errors import WarehouseError
from essor.model.tables import NAMES
from warehouse import lake, ordered
from warehouse.tables import arrow_schema

rows = st.lists(st.tuples(st.none() | st.sampled_from("abcdef"), st.none() | st.integers(0, 3)), max_size=40)


@settings(deadline=None, max_examples=40)
@given(found=rows, at_once=st.integers(1, 7))
def test_slices_give_what_one_sort_gives(found: list[tuple[str | None, int | None]], at_once: int) -> None:
    """Whatever shares the first value, also null; equal rows keep their order."""
    frame = pl.DataFrame(found, {"first": pl.String, "second": pl.Int64}, orient="row").with_row_index("number")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordered, "AT_ONCE", at_once)
        sliced = ordered.in_order(frame.lazy(), ("first", "second"))
        assert sliced.collect().equals(frame.sort("first", "second", maintain_order=True))
        assert sliced.select("number").filter(pl.col("number") > 2).head(3).collect().height <= 3


def test_a_compaction_that_would_lose_rows_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files stay, the new one goes, and it is said how many rows are at stake."""
    schema = pl.Schema(arrow_schema(NAMES))
    for load in (1, 2, 3):
        row = {"name_id": load, "store": "apple", "app_id": f"{load}", "name": None, "developer": None}
        lake.append(tmp_path, NAMES, pl.DataFrame([row], {name: schema[name] for name in row}).with_columns(
            pl.lit(None, schema["recorded_at"]).alias("recorded_at")).select(schema.names()), load)  # fmt: skip
    monkeypatch.setattr(lake, "in_order", lambda found, _: found.head(2))
    before = lake.parts(lake.open_table(tmp_path, NAMES))
    with pytest.raises(WarehouseError, match="3 rows would have become 2"):
        lake.compact(tmp_path, NAMES, most=1)
    assert lake.parts(lake.open_table(tmp_path, NAMES)) == before
    assert len(list((tmp_path / "lake" / "names").glob("*.parquet"))) == 3
