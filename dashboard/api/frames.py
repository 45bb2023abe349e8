"""A frame as an answer to a program."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
from fastapi import Response

NO_GUESSING = {"X-Content-Type-Options": "nosniff"}


def answer(frame: pl.DataFrame, form: str, name: str, about: dict[str, Any]) -> Response:
    """The frame as JSON (with what it is about) or as a CSV file called `name`."""
    if form == "csv":
        headers = {**NO_GUESSING, "Content-Disposition": f'attachment; filename="{name}.csv"'}
        text = frame.with_columns(pl.col(pl.Datetime).dt.strftime("%Y-%m-%dT%H:%M:%SZ")).write_csv()
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
    rows = frame.with_columns(
        pl.col(pl.Datetime).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"), pl.col(pl.Date).cast(pl.String)
    )
    body = json.dumps({**about, "rows": rows.to_dicts()}, ensure_ascii=False, default=str)
    return Response(body, media_type="application/json", headers=NO_GUESSING)
