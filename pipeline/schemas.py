"""One Polars schema for each table, and one for each kind of landed line."""

from __future__ import annotations

import polars as pl

from essor.model.tables import TABLES, Kind, Table

TYPES: dict[Kind, pl.DataType] = {
    "text": pl.String(),
    "short": pl.Int16(),
    "int": pl.Int64(),
    "real": pl.Float64(),
    "flag": pl.Boolean(),
    "time": pl.Datetime("us", "UTC"),
    "day": pl.Date(),
}


def schema(table: Table) -> pl.Schema:
    """The Polars schema of a table, its columns in their order."""
    return pl.Schema({column.name: TYPES[column.kind] for column in table.columns})


SCHEMAS = {table.name: schema(table) for table in TABLES}

_LANDED_EVIDENCE: dict[str, type[pl.DataType] | pl.DataType] = {
    "reading_id": pl.String,
    "source": pl.String,
    "store": pl.String,
    "country": pl.String,
    "status": pl.String,
    "message": pl.String,
    "observed_at": pl.String,
    "source_url": pl.String,
    "http_status": pl.Int64,
    "capture_file": pl.String,
    "capture_offset": pl.Int64,
    "sha256": pl.String,
    "parser_version": pl.Int64,
    "run_id": pl.String,
    "imported": pl.Boolean,
}
LANDED_CHARTS = pl.Schema(
    {
        **_LANDED_EVIDENCE,
        "device": pl.String,
        "collection": pl.String,
        "category": pl.String,
        "asked": pl.Int64,
        "depth": pl.Int64,
        "ranks": pl.List(pl.Int64()),
        "name_ids": pl.List(pl.Int64()),
        "rejects": pl.List(pl.Struct({"position": pl.Int64, "reason": pl.String, "text": pl.String})),
    }
)
"""A line of charts.jsonl, as `crawlers/landing.py` writes it (64-bit integers: the reader takes no smaller ones)."""
LANDED_NAMES = pl.Schema(
    {"name_id": pl.Int64, "store": pl.String, "app_id": pl.String, "name": pl.String, "developer": pl.String}
)
"""A line of names.jsonl."""
LANDED_LISTINGS = pl.Schema(
    {
        **_LANDED_EVIDENCE,
        "app_id": pl.String,
        "name": pl.String,
        "developer": pl.String,
        "version": pl.String,
        "rating_count": pl.Int64,
        "rating_average": pl.Float64,
        "price": pl.Float64,
        "currency": pl.String,
        "installs_exact": pl.Int64,
        "released_at": pl.String,
        "version_released_at": pl.String,
        "release_notes": pl.String,
        "category": pl.String,
        "bundle_id": pl.String,
    }
)
"""A line of listings.jsonl."""
LANDED_RUN = pl.Schema(
    {
        "run_id": pl.String,
        "kind": pl.String,
        "started_at": pl.String,
        "finished_at": pl.String,
        "result": pl.String,
        "asked": pl.Int64,
        "note": pl.String,
    }
)
"""The one object of run.json."""
