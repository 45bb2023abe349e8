"""Readings that were set aside whole to rows of set_aside: what had been asked for, so that it is accounted for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from pipeline.schemas import SCHEMAS

HELD = "other_bytes_of_the_same_look"
"""The reason of a reading whose look is held already: it is accounted for with the one that is held."""
_TARGET = ("device", "collection", "category", "language", "app_id", "page", "metric")
"""What tells the readings of one run, source and storefront (or subject) apart, as far as a kind of them has it."""


def clean_set_aside(rejects: pl.DataFrame, landed: Sequence[pl.DataFrame], recorded_at: datetime) -> pl.DataFrame:
    """Rows of `set_aside` from the load's rows of `rejects` and its landed readings, a frame a kind.

    Their month is the load's: what is wrong may be the moment of the look.
    """
    whole = rejects.filter(pl.col("position").is_null() & (pl.col("reason") != HELD)).select("reading_id").unique()
    named = pl.concat([_named(lines) for lines in landed])
    rows = named.join(whole, "reading_id").with_columns(
        recorded_at=pl.lit(recorded_at), month=pl.lit(f"{recorded_at:%Y-%m}")
    )
    return rows.select(pl.col(name).cast(kind) for name, kind in SCHEMAS["set_aside"].items())


def _named(lines: pl.DataFrame) -> pl.DataFrame:
    """A kind of landed readings, each with what it was asked for."""
    target = [pl.col(name).cast(pl.String).fill_null("") for name in _TARGET if name in lines.columns]
    where = [
        pl.col(name) if name in lines.columns else pl.lit(None, dtype=pl.String).alias(name)
        for name in ("country", "subject")
    ]
    return lines.select("reading_id", "run_id", "source", *where, target=pl.concat_str(target, separator="|"))
