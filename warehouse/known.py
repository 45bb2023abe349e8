"""What the warehouse holds already, as a loader needs to know it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl

from essor.model.tables import NAMES, SUPERSEDED, Table
from warehouse import lake


def known_readings(data_dir: Path, table: Table, months: set[str], before: datetime) -> pl.DataFrame:
    """The readings of `months` that count, of loads earlier than `before`.

    Columns: reading_id, sha256, parser_version, imported, recorded_at; one row a reading.
    """
    earlier = pl.col("recorded_at") < before
    gone = lake.scan(data_dir, SUPERSEDED).filter(pl.col("superseded_at") < before)
    held = lake.scan(data_dir, table, months).filter(earlier)
    columns = ("reading_id", "sha256", "parser_version", "imported", "recorded_at")
    return held.select(columns).join(gone, on=["reading_id", "recorded_at"], how="anti").collect()


def known_names(data_dir: Path, before: datetime) -> pl.Series:
    """The keys of the names that loads earlier than `before` brought."""
    return lake.scan(data_dir, NAMES).filter(pl.col("recorded_at") < before).select("name_id").collect()["name_id"]
