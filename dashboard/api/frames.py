"""A frame as an answer to a program."""

from __future__ import annotations

import io
import json
from typing import Any

import polars as pl
from fastapi import Response

NO_GUESSING = {"X-Content-Type-Options": "nosniff"}
FORMULA = r"^[=+\-@\t\r]"
"""How a text begins that a spreadsheet would run as a formula; app names come from stores, hence from strangers."""
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "sql": "text/plain; charset=utf-8",
}


def answer(frame: pl.DataFrame, form: str, name: str, about: dict[str, Any]) -> Response:
    """The frame as JSON (with what it is about), or as a CSV or Parquet file called `name`."""
    headers = dict(NO_GUESSING)
    if form != "json":
        headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    bodies = {"csv": as_csv, "parquet": as_parquet}
    body = bodies[form](frame) if form in bodies else as_json(frame, about).encode()
    return Response(body, media_type=TYPES[form], headers=headers)


def as_csv(frame: pl.DataFrame) -> bytes:
    """The frame as CSV; moments in ISO 8601, UTC, and no text that a spreadsheet would take for a formula."""
    texts = [pl.col(name) for name, kind in frame.schema.items() if kind == pl.String]
    guarded = [pl.when(text.str.contains(FORMULA)).then("'" + text).otherwise(text).name.keep() for text in texts]
    plain = frame.with_columns(guarded).with_columns(pl.col(pl.Datetime).dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return plain.with_columns(_flat(name, kind) for name, kind in plain.schema.items()).write_csv().encode()


def _flat(name: str, kind: pl.DataType) -> pl.Expr:
    """A column as one cell a row: the items of a list with commas between them, a struct as JSON."""
    if isinstance(kind, pl.List):
        return pl.col(name).cast(pl.List(pl.String)).list.join(",")
    return pl.col(name).struct.json_encode() if isinstance(kind, pl.Struct) else pl.col(name)


def as_parquet(frame: pl.DataFrame) -> bytes:
    """The frame as a Parquet file, every type kept."""
    file = io.BytesIO()
    frame.write_parquet(file, compression="zstd")
    return file.getvalue()


def as_json(frame: pl.DataFrame, about: dict[str, Any]) -> str:
    """The frame's rows as JSON, after what they are about."""
    rows = frame.with_columns(
        pl.col(pl.Datetime).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"), pl.col(pl.Date).cast(pl.String)
    )
    return json.dumps({**about, "rows": rows.to_dicts()}, ensure_ascii=False, default=str)
