"""Rows in one order, a slice at a time: a month of every storefront does not fit in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl
from polars.io.plugins import register_io_source

AT_ONCE = 2_000_000
"""About so many rows are sorted at once: what shares one value of the first column stays together."""


def in_order(rows: pl.LazyFrame, order: Sequence[str]) -> pl.LazyFrame:
    """`rows` sorted by `order`, nulls first, equal ones in the order they have; a streaming sink holds one slice."""
    bounds = _bounds(rows, order[0])

    def slices(
        columns: list[str] | None, predicate: pl.Expr | None, most: int | None, _: int | None
    ) -> Iterator[pl.DataFrame]:
        for bound in bounds:
            piece = rows.filter(bound).sort(order, maintain_order=True)
            asked = piece if predicate is None else piece.filter(predicate)
            frame = (asked if columns is None else asked.select(columns)).collect(engine="streaming")
            yield frame if most is None else frame.head(most)
            most = None if most is None else max(most - frame.height, 0)

    return register_io_source(slices, schema=rows.collect_schema(), is_pure=True)


def _bounds(rows: pl.LazyFrame, first: str) -> list[pl.Expr]:
    """Predicates that split `rows` into slices that follow each other in the order of the column `first`."""
    counted = rows.group_by(first).len().sort(first).collect(engine="streaming")
    known = counted.drop_nulls(first)
    slices = known.group_by(pl.col("len").cum_sum() // AT_ONCE, maintain_order=True).agg(
        low=pl.col(first).min(), high=pl.col(first).max()
    )
    within = [
        pl.col(first).is_between(pl.lit(low), pl.lit(high)) for low, high in slices.select("low", "high").iter_rows()
    ]
    return [pl.col(first).is_null(), *within] if known.height < counted.height else within
