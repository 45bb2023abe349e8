"""The same data for other programs: a .duckdb file, and answers as table, CSV, JSON or Parquet."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl

from essor.model.apps import App, all_apps
from essor.model.signals import all_subjects
from warehouse.connection import create_followed, create_followed_subjects, create_people, create_views


def publish(data_dir: Path, snapshot: datetime | None, apps: Sequence[App] | None = None) -> Path:
    """Write `essor.duckdb`: the views over the files as they are now, replaced whole by a rename.

    A program that has the old one open keeps it; `SET VARIABLE snapshot = TIMESTAMPTZ '…'` in any DuckDB session asks
    every view as of an earlier snapshot.
    """
    path = data_dir / "essor.duckdb"
    draft = data_dir / f".essor.{os.getpid()}.duckdb"
    draft.unlink(missing_ok=True)
    with duckdb.connect(str(draft)) as connection:
        create_followed(connection, all_apps() if apps is None else apps)
        create_followed_subjects(connection, all_subjects())
        create_people(connection)
        create_views(connection, data_dir, snapshot)
    draft.replace(path)
    return path


def is_published(data_dir: Path, snapshot: datetime) -> bool:
    """Whether `essor.duckdb` was written after the load of this snapshot began, and so shows it.

    The loader's lock must be held: what is published then is always the last complete load.
    """
    path = data_dir / "essor.duckdb"
    return path.exists() and datetime.fromtimestamp(path.stat().st_mtime, UTC) >= snapshot


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Write an answer as one Parquet file."""
    frame.write_parquet(path, compression="zstd")


def to_csv(frame: pl.DataFrame) -> str:
    """An answer as CSV with a header; times are ISO 8601 with their offset, null is empty."""
    return frame.with_columns(_as_text(name, kind) for name, kind in frame.schema.items()).write_csv()


def to_json(frame: pl.DataFrame) -> str:
    """An answer as a JSON list of objects; times are ISO 8601 with their offset, what is no finite number is null."""
    numbers = pl.selectors.float()
    told = frame.with_columns(pl.when(numbers.is_finite()).then(numbers))
    return json.dumps(told.to_dicts(), default=_plain, ensure_ascii=False, indent=1)


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.Datetime):
        return column.dt.to_string("iso:strict")
    if isinstance(kind, pl.List | pl.Array | pl.Struct):
        return column.map_elements(lambda value: json.dumps(value, default=_plain), return_dtype=pl.String)
    return column


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, pl.Series):
        return value.to_list()
    return str(value)
