"""Answers a person's question: SQL over the warehouse, or where a figure comes from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import polars.selectors as cs

from essor import logs
from essor.model.errors import ArchiveError, SettingsError, WarehouseError
from essor.settings import Settings
from warehouse.connection import Cursor, Warehouse
from warehouse.export import to_csv, to_json, write_parquet
from warehouse.reads import trace as reads

_LOG = logs.logger(__name__)


@dataclass(frozen=True, slots=True)
class Traced:
    """A figure's way back to its bytes."""

    reading: dict[str, Any]
    """The reading and its evidence, as `warehouse.reads.trace.trace` names the columns."""
    entries: list[dict[str, Any]]
    """The entry that was asked for, or nothing when the reading as a whole was."""
    body: reads.ArchivedBody | None
    """The archived answer; None when no bytes came, or they cannot be read."""
    problem: str | None
    """Why the archived answer cannot be shown; None when it can."""


@contextmanager
def opened(settings: Settings, as_of: datetime | None = None) -> Iterator[Cursor]:
    """A cursor on the warehouse of these settings. Raises WarehouseError with DuckDB's own words."""
    warehouse = Warehouse(settings.data_dir)
    try:
        with warehouse.cursor(as_of) as cursor:
            if as_of is not None and cursor.snapshot is None:
                _LOG.warning(f"nothing had been loaded by {as_of:%Y-%m-%d %H:%M} UTC: as of then everything is empty")
            yield cursor
    except duckdb.Error as error:
        raise WarehouseError(str(error)) from error
    except RuntimeError as error:
        if str(error) == "Query interrupted":  # how DuckDB tells of Ctrl-C
            raise KeyboardInterrupt from error
        raise
    finally:
        warehouse.close()


def answer(settings: Settings, query: str, as_of: datetime | None = None) -> pl.DataFrame:
    """The answer to a query over the views. Raises WarehouseError with DuckDB's own words."""
    with opened(settings, as_of) as cursor:
        return cursor.answer(query)


def show(settings: Settings, query: str, as_of: datetime | None, width: int) -> None:
    """Print the answer as DuckDB's table, `width` characters wide."""
    with opened(settings, as_of) as cursor:
        cursor.relation(query).show(max_width=width, max_rows=1000)


def as_text(frame: pl.DataFrame, form: str) -> str:
    """An answer as ``csv`` or ``json``; what is no finite number is null in JSON. Raises WarehouseError for bytes."""
    if form == "json":
        floats = cs.float()
        return to_json(frame.with_columns(pl.when(floats.is_finite()).then(floats))) + "\n"
    if binary := frame.select(cs.binary()).columns:
        raise WarehouseError(f"The column {binary[0]} holds bytes, which are no text: cast it, as in hex({binary[0]}).")
    return to_csv(frame)


def save_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Write an answer to a Parquet file."""
    write_parquet(frame, path)


def trace(settings: Settings, reference: str, as_of: datetime | None = None) -> Traced:
    """Where a reading, or an entry of it, comes from.

    `reference` is a reading id, or ``READING:RANK``, ``READING:APP_ID`` or ``READING:APP`` for one entry.
    Raises SettingsError when there is no such thing in this snapshot.
    """
    reading_id, _, which = reference.partition(":")
    with opened(settings, as_of) as cursor:
        found = reads.trace(cursor, reading_id)
        if found.is_empty():
            raise SettingsError(f"No reading {reading_id!r}. essor sql 'FROM chart_readings' shows their ids.")
        entries = _entry(reads.entries(cursor, reading_id), reading_id, which) if which else []
    reading = found.to_dicts()[0]
    body, problem = _body(settings.data_dir, reading)
    return Traced(reading, entries, body, problem)


def _entry(entries: pl.DataFrame, reading_id: str, which: str) -> list[dict[str, Any]]:
    found = entries.filter(pl.any_horizontal(pl.col("app_id", "app", "rank").cast(pl.String) == which))
    if found.is_empty():
        raise SettingsError(f"Reading {reading_id} has no entry {which!r} among its {entries.height}.")
    return found.to_dicts()


def _body(data_dir: Path, reading: dict[str, Any]) -> tuple[reads.ArchivedBody | None, str | None]:
    if reading["capture_file"] is None:
        return None, "No bytes came."
    file, offset, imported = reading["capture_file"], reading["capture_offset"], reading["imported"]
    try:
        return reads.body(data_dir, file, offset, reading["sha256"], imported=imported), None
    except ArchiveError as error:
        return None, str(error)
