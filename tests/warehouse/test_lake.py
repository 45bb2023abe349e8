"""The Delta tables: appended once a load, compacted without a change, cleared with care."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
from deltalake import DeltaTable

from essor.model.stores import Market
from essor.model.tables import CHART_ENTRIES, TABLES
from pipeline.schemas import SCHEMAS
from warehouse import lake
from warehouse.connection import _rows_of
from warehouse.tables import arrow_schema, table_folder

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def entries(months: list[str], ranks: int = 3) -> pl.DataFrame:
    """`ranks` entries of one look in each month, the last month's first."""
    rows = [
        {
            "country": "fr", "device": "iphone", "collection": "top-free", "category": "36",
            "observed_at": datetime.fromisoformat(f"{month}-08T12:00:00+00:00"), "rank": rank, "name_id": rank,
            "reading_id": f"reading-{month}", "recorded_at": NOW, "store": "apple", "month": month,
        }
        for month in reversed(months)
        for rank in range(1, ranks + 1)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=SCHEMAS["chart_entries"])


def test_every_table_has_one_schema_in_polars_and_in_arrow() -> None:
    """The frames that the pipeline makes fit the tables that the warehouse keeps."""
    for table in TABLES:
        assert pl.Schema(arrow_schema(table)) == SCHEMAS[table.name]


def test_a_load_is_appended_once(tmp_path: Path) -> None:
    """The same load number again is passed over; the next one is not."""
    for load in (1, 1, 2, 2, 1):
        lake.append(tmp_path, CHART_ENTRIES, entries(["2026-10"]), load)
    assert lake.scan(tmp_path, CHART_ENTRIES).collect().height == 6
    assert lake.loaded(tmp_path, CHART_ENTRIES) == 2


def test_a_load_without_rows_still_counts(tmp_path: Path) -> None:
    """A table that a load adds nothing to knows that the load was there."""
    lake.append(tmp_path, CHART_ENTRIES, entries([]), 1)
    assert lake.loaded(tmp_path, CHART_ENTRIES) == 1
    assert lake.scan(tmp_path, CHART_ENTRIES).collect().is_empty()


def test_months_lie_apart(tmp_path: Path) -> None:
    """A scan of one month opens that month's files alone."""
    lake.append(tmp_path, CHART_ENTRIES, entries(["2026-09", "2026-10"]), 1)
    october = lake.scan(tmp_path, CHART_ENTRIES, {"2026-10"}).collect()
    assert october["month"].unique().to_list() == ["2026-10"]
    assert october.columns == list(SCHEMAS["chart_entries"])


def test_compaction_changes_no_row_and_restores_the_order(tmp_path: Path) -> None:
    """Many small files become one sorted file with the same rows, for us and for any reader of Delta."""
    for load in range(1, 6):
        lake.append(tmp_path, CHART_ENTRIES, entries(["2026-10"], ranks=load), load)
    before = lake.scan(tmp_path, CHART_ENTRIES).collect()
    assert lake.compact(tmp_path, CHART_ENTRIES, most=3) == 1
    after = lake.scan(tmp_path, CHART_ENTRIES).collect()
    assert after.sort(after.columns).equals(before.sort(before.columns))
    assert after["rank"].to_list() == sorted(before["rank"].to_list())
    assert len(lake.parts(lake.open_table(tmp_path, CHART_ENTRIES))) == 1
    delta = DeltaTable(table_folder(tmp_path, CHART_ENTRIES))
    assert delta.to_pyarrow_table().num_rows == 15
    assert lake.loaded(tmp_path, CHART_ENTRIES) == 5


def test_replaced_files_stay_for_slow_readers(tmp_path: Path) -> None:
    """A file that compaction replaced is readable until the time to keep it is over."""
    for load in (1, 2):
        lake.append(tmp_path, CHART_ENTRIES, entries(["2026-10"]), load)
    old = [
        table_folder(tmp_path, CHART_ENTRIES) / part.path
        for part in lake.parts(lake.open_table(tmp_path, CHART_ENTRIES))
    ]
    lake.compact(tmp_path, CHART_ENTRIES, most=1)
    assert lake.vacuum(tmp_path, CHART_ENTRIES) == []
    assert all(path.exists() for path in old)
    lake.vacuum(tmp_path, CHART_ENTRIES, keep_hours=0)
    assert not any(path.exists() for path in old)
    assert lake.scan(tmp_path, CHART_ENTRIES).collect().height == 6


def test_what_a_killed_compaction_left_is_cleared_away(tmp_path: Path) -> None:
    """A file that the log never named goes once it is old enough; what the log names stays."""
    lake.append(tmp_path, CHART_ENTRIES, entries(["2026-10"]), 1)
    (part,) = lake.parts(lake.open_table(tmp_path, CHART_ENTRIES))
    left = (table_folder(tmp_path, CHART_ENTRIES) / part.path).with_name("compact-1.parquet")
    left.write_bytes(b"PAR1")
    assert lake.vacuum(tmp_path, CHART_ENTRIES) == []
    os.utime(left, (0, 0))
    lake.vacuum(tmp_path, CHART_ENTRIES)
    assert not left.exists()
    assert lake.scan(tmp_path, CHART_ENTRIES).collect().height == 3


def test_other_engines_can_prune_by_moment(tmp_path: Path) -> None:
    """The log tells the span of moments in each file."""
    lake.append(tmp_path, CHART_ENTRIES, entries(["2026-09", "2026-10"]), 1)
    with duckdb.connect() as connection:
        connection.register("entries", DeltaTable(table_folder(tmp_path, CHART_ENTRIES)).to_pyarrow_dataset())
        late = connection.sql("SELECT count(*) FROM entries WHERE observed_at > TIMESTAMPTZ '2026-10-01'").fetchall()
    assert late == [(3,)]
    actions = pl.DataFrame(DeltaTable(table_folder(tmp_path, CHART_ENTRIES)).get_add_actions(flatten=True))
    assert actions["max.observed_at"].max() == NOW - timedelta(days=43)
    assert actions["num_records"].to_list() == [3, 3]


def test_a_table_made_before_a_column_gets_it_with_the_next_load(tmp_path: Path) -> None:
    """Readers see null until then; no row, load or market is lost; the files that readers hold stay until cleared."""
    before = replace(CHART_ENTRIES, columns=tuple(one for one in CHART_ENTRIES.columns if one.name != "name_id"))
    old = entries(["2026-09", "2026-10"])
    lake.append(tmp_path, before, old.drop("name_id"), 1, Market.SIMULATED)
    held = [table_folder(tmp_path, CHART_ENTRIES) / part.path for part in lake.parts(lake.open_table(tmp_path, before))]
    assert lake.lacking(lake.open_table(tmp_path, CHART_ENTRIES), CHART_ENTRIES) == {"name_id"}
    asked = f"SELECT rank, name_id FROM ({_rows_of(tmp_path, CHART_ENTRIES)}) ORDER BY ALL"
    assert {name for _, name in duckdb.sql(asked).fetchall()} == {None}
    lake.append(tmp_path, CHART_ENTRIES, entries(["2026-11"]), 2)
    rows = lake.scan(tmp_path, CHART_ENTRIES).collect()
    assert (
        rows.filter(pl.col("name_id").is_null())
        .drop("name_id")
        .sort("month", "rank")
        .equals(old.drop("name_id").select(rows.drop("name_id").columns).sort("month", "rank"))
    )
    assert rows.filter(pl.col("month") == "2026-11")["name_id"].to_list() == [1, 2, 3]
    delta = lake.open_table(tmp_path, CHART_ENTRIES)
    assert delta is not None
    assert lake.loaded(tmp_path, CHART_ENTRIES) == 2
    assert delta.metadata().configuration["essor.market"] == "simulated"
    assert all(path.exists() for path in held)


def test_a_table_that_another_process_changed_or_made_anew_is_read_anew(tmp_path: Path) -> None:
    """What was opened once is not opened again, and yet never older than the log."""
    folder = table_folder(tmp_path, CHART_ENTRIES)
    lake.append(tmp_path, CHART_ENTRIES, entries(["2026-10"]), 1)
    assert lake.open_table(tmp_path, CHART_ENTRIES) is lake.open_table(tmp_path, CHART_ENTRIES)
    DeltaTable(folder).delete()
    assert lake.parts(lake.open_table(tmp_path, CHART_ENTRIES)) == []
    shutil.rmtree(folder)
    assert lake.open_table(tmp_path, CHART_ENTRIES) is None
    for load, month in ((1, "2026-08"), (2, "2026-09")):
        lake.append(tmp_path, CHART_ENTRIES, entries([month]), load)
    assert lake.scan(tmp_path, CHART_ENTRIES).collect()["month"].unique().sort().to_list() == ["2026-08", "2026-09"]
