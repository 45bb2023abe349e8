"""Appends to the Delta tables, compacts them, and clears away what no reader needs.

Parquet files are written by Polars and committed through Delta's own log: a file bears its load's number, so a load
that is begun again writes the same files and leaves nothing behind (docs/decisions/0005).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction, Transaction

from essor.model.errors import WarehouseError
from essor.model.stores import Market
from essor.model.tables import LOADS, Table
from warehouse.ordered import in_order
from warehouse.tables import ROW_GROUP, ZSTD_LEVEL, arrow_schema, table_folder

_MARKET = "essor.market"
LOADER = "essor-load"
"""The name under which loads number their commits."""
FILES_BEFORE_COMPACTION = 32
"""A partition with more files than this is rewritten as one."""
KEEP_HOURS = 7 * 24
"""Replaced files stay this long, so that no reader loses the file under its feet."""


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet file of a table."""

    path: str
    """Below the table's folder, as in ``store=apple/month=2026-09/load-00000012.parquet``."""
    partition: dict[str, str | None]
    """The values of the partition columns."""
    size: int
    """Bytes."""


def open_table(data_dir: Path, table: Table) -> DeltaTable | None:
    """The Delta table, or None while nothing was ever loaded into it. Raises WarehouseError for a broken log."""
    folder = table_folder(data_dir, table)
    try:
        return _opened(folder, _newest_commit(folder))
    except TableNotFoundError:
        return None
    except DeltaError as error:
        said = str(error).partition("\n")[0]
        raise WarehouseError(f"{folder} cannot be read ({said})") from error


@lru_cache(maxsize=64)
def _opened(folder: Path, _: tuple[str, int, int] | None) -> DeltaTable:
    """The table as of its newest commit: a load asks each table several times, and opening it reads its whole log."""
    return DeltaTable(folder)


def _newest_commit(folder: Path) -> tuple[str, int, int] | None:
    """What the table's log ends with, so that a log written anew is told from this one; None while there is none."""
    newest = max((folder / "_delta_log").glob("*.json"), default=None)
    if newest is None:
        return None
    stat = newest.stat()
    return newest.name, stat.st_ino, stat.st_mtime_ns


def parts(delta: DeltaTable | None) -> list[Part]:
    """The files that make up the table now."""
    if delta is None:
        return []
    actions = pl.DataFrame(delta.get_add_actions(flatten=False))
    return [
        Part(row["path"], row.get("partition_values") or row.get("partition") or {}, row["size_bytes"])
        for row in actions.iter_rows(named=True)
    ]


def damaged(data_dir: Path, table: Table) -> list[Path]:
    """The table's files that are gone, or not as long as they were written."""
    folder = table_folder(data_dir, table)
    found = {folder / part.path: part.size for part in parts(open_table(data_dir, table))}
    return [path for path, size in found.items() if not path.is_file() or path.stat().st_size != size]


def loaded(data_dir: Path, table: Table) -> int:
    """The number of the last load that is in the table; 0 for none."""
    delta = open_table(data_dir, table)
    return (delta.transaction_version(LOADER) or 0) if delta is not None else 0


def market(data_dir: Path) -> Market | None:
    """Which market the tables hold, as it is written into each when it is made; None while nothing was loaded."""
    delta = open_table(data_dir, LOADS)
    return Market(delta.metadata().configuration.get(_MARKET, Market.REAL)) if delta is not None else None


def append(data_dir: Path, table: Table, frame: pl.DataFrame, load: int, market: Market = Market.REAL) -> None:
    """Append `frame` (the table's columns in order) as one commit of load number `load`.

    A load that is already in is passed over, so that a killed loader can simply begin again. A table that is not there
    yet is made for this market; one that was made before a column was thought of gets it first, null in every row.
    """
    if loaded(data_dir, table) >= load:
        return
    delta = _widened(data_dir, table) or _create(data_dir, table, market)
    adds: list[AddAction | RemoveAction] = [
        _write(data_dir, table, part, f"load-{load:08d}") for part in _partitions(table, frame) if part.height
    ]
    properties = CommitProperties(app_transactions=[Transaction(LOADER, load)])
    delta.create_write_transaction(
        adds, "append", arrow_schema(table), list(table.partition), commit_properties=properties
    )


def compact(data_dir: Path, table: Table, most: int = FILES_BEFORE_COMPACTION) -> int:
    """Rewrite each partition of more than `most` files as one, in the table's order; how many were rewritten."""
    delta = open_table(data_dir, table)
    crowded = [group for group in _by_partition(parts(delta)) if len(group) > most]
    for group in crowded:
        _rewrite(data_dir, table, group)
    return len(crowded)


def vacuum(data_dir: Path, table: Table, keep_hours: int = KEEP_HOURS) -> list[str]:
    """Delete files that were replaced, or that a killed loader left, more than `keep_hours` ago; their paths."""
    delta = open_table(data_dir, table)
    if delta is None:
        return []
    return delta.vacuum(keep_hours, dry_run=False, enforce_retention_duration=False, full=True)


def scan(data_dir: Path, table: Table, months: set[str] | None = None) -> pl.LazyFrame:
    """The table's rows as they lie (every version of each), all of them or those of some months."""
    folder = table_folder(data_dir, table)
    files = [folder / part.path for part in parts(open_table(data_dir, table)) if _wanted(part, months)]
    if not files:
        return pl.LazyFrame(schema=pl.Schema(arrow_schema(table)))
    return pl.scan_parquet(files, hive_partitioning=bool(table.partition), hive_schema=_hive(table))


def _wanted(part: Part, months: set[str] | None) -> bool:
    return months is None or part.partition.get("month") in months


def _hive(table: Table) -> dict[str, type[pl.DataType]] | None:
    return dict.fromkeys(table.partition, pl.String) or None


def _create(data_dir: Path, table: Table, market: Market) -> DeltaTable:
    folder = table_folder(data_dir, table)
    folder.mkdir(parents=True, exist_ok=True)
    return DeltaTable.create(
        folder,
        arrow_schema(table),
        "ignore",
        list(table.partition),
        description=table.meaning,
        configuration={_MARKET: market.value},
        raise_if_key_not_exists=False,
    )


def lacking(delta: DeltaTable | None, table: Table) -> set[str]:
    """The columns that the table was made without."""
    return (
        {column.name for column in table.columns} - {field.name for field in delta.schema().fields} if delta else set()
    )


def _widened(data_dir: Path, table: Table) -> DeltaTable | None:
    """The table with all its columns: where it lacks some, every file is rewritten, in one commit."""
    delta = open_table(data_dir, table)
    if delta is None or not lacking(delta, table):
        return delta
    adds: list[AddAction | RemoveAction] = [
        _rewritten(data_dir, table, group, f"widen-{time.time_ns()}") for group in _by_partition(parts(delta))
    ]
    delta.create_write_transaction(adds, "overwrite", arrow_schema(table), list(table.partition))
    return open_table(data_dir, table)


def _partitions(table: Table, frame: pl.DataFrame) -> list[pl.DataFrame]:
    return frame.partition_by(list(table.partition), maintain_order=True) if table.partition else [frame]


def _write(data_dir: Path, table: Table, rows: pl.DataFrame, stem: str) -> AddAction:
    """Write rows of one partition as a new file."""
    partition = {name: str(rows[name][0]) for name in table.partition}
    path = _new_file(data_dir, table, partition, stem)
    rows.drop(table.partition).write_parquet(path, **_FORMAT)
    return _added(data_dir, table, partition, path, _stats(rows.lazy()))


def _rewritten(data_dir: Path, table: Table, group: list[Part], stem: str) -> AddAction:
    """Write the rows of some files of one partition as one, in the table's order and with all its columns.

    Raises WarehouseError, and leaves the table as it is, when the file holds another number of rows.
    """
    files = [table_folder(data_dir, table) / part.path for part in group]
    rows = pl.scan_parquet(files, hive_partitioning=bool(table.partition), hive_schema=_hive(table))
    schema, had = pl.Schema(arrow_schema(table)), rows.collect_schema()
    new = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in had]
    path = _new_file(data_dir, table, group[0].partition, stem)
    whole = in_order(rows.with_columns(new).select(schema.names()), table.order)
    whole.drop(table.partition).sink_parquet(path, **_FORMAT, engine="streaming")
    held, stats = rows.select(pl.len()).collect().item(), _stats(pl.scan_parquet(path, hive_partitioning=False))
    if stats["numRecords"] != held:
        path.unlink()
        raise WarehouseError(
            f"{table.name}: {held} rows would have become {stats['numRecords']}. Its files stay as they are."
        )
    return _added(data_dir, table, group[0].partition, path, stats, changes=False)


_FORMAT: dict[str, Any] = {"compression": "zstd", "compression_level": ZSTD_LEVEL, "row_group_size": ROW_GROUP}


def _new_file(data_dir: Path, table: Table, partition: Mapping[str, str | None], stem: str) -> Path:
    folder = table_folder(data_dir, table).joinpath(*(f"{name}={value}" for name, value in partition.items()))
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{stem}.parquet"


def _added(
    data_dir: Path,
    table: Table,
    partition: Mapping[str, str | None],
    path: Path,
    stats: dict[str, object],
    *,
    changes: bool = True,
) -> AddAction:
    below = quote(path.relative_to(table_folder(data_dir, table)).as_posix(), safe="/=")
    return AddAction(below, path.stat().st_size, dict(partition), _now_ms(), changes, json.dumps(stats))


def _stats(rows: pl.LazyFrame) -> dict[str, object]:
    """What other engines prune files by: the count of rows and the span of moments."""
    times = [name for name in ("observed_at", "recorded_at") if name in rows.collect_schema()]
    told = {"nulls": pl.col(times).null_count(), "low": pl.col(times).min(), "high": pl.col(times).max()}
    figures = [figure.name.prefix(f"{what} ") for what, figure in told.items()] if times else []
    found = rows.select(pl.len().alias("rows"), *figures).collect(engine="streaming").row(0, named=True)
    whole = [name for name in times if found[f"nulls {name}"] == 0]
    return {
        "numRecords": found["rows"],
        "minValues": {name: _iso(found[f"low {name}"]) for name in whole},
        "maxValues": {name: _iso(found[f"high {name}"]) for name in whole},
        "nullCount": dict.fromkeys(whole, 0),
    }


def _iso(moment: object) -> str:
    return pl.Series([moment]).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")[0]  # type: ignore[no-any-return]


def _by_partition(found: list[Part]) -> Iterator[list[Part]]:
    groups: dict[tuple[tuple[str, str | None], ...], list[Part]] = {}
    for part in found:
        groups.setdefault(tuple(part.partition.items()), []).append(part)
    yield from groups.values()


def _rewrite(data_dir: Path, table: Table, group: list[Part]) -> None:
    add = _rewritten(data_dir, table, group, f"compact-{time.time_ns()}")
    removes = [RemoveAction(part.path, False, _now_ms(), part.size, part.partition) for part in group]
    delta = DeltaTable(table_folder(data_dir, table))
    delta.create_write_transaction([add, *removes], "append", arrow_schema(table), list(table.partition))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
