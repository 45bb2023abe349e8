"""Somebody's Parquet table as JSON lines, which the import reads row by row."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from essor.model.errors import SettingsError


def as_json_lines(table: Path, called: str) -> Path:
    """Writes a Parquet table as JSON lines beside it and gives that file; times are ISO 8601, with their zone if any.

    Raises SettingsError, with the name that its reader calls it by, when it is no Parquet table.
    """
    lines = table.with_suffix(".jsonl")
    try:
        frame = pl.read_parquet(table)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SettingsError(f"{called} is no Parquet table: {error}.") from error
    part = lines.with_name(f"{lines.name}.part")
    frame.with_columns(_told(name, kind) for name, kind in frame.schema.items()).write_ndjson(part)
    part.rename(lines)
    return lines


def _told(name: str, kind: pl.DataType) -> pl.Expr:
    return pl.col(name).dt.to_string("iso:strict") if isinstance(kind, pl.Datetime | pl.Date) else pl.col(name)
