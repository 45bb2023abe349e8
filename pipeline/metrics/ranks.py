"""The daily roll-up: the looks at each chart and the ranks of each app, a UTC day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import polars as pl

from pipeline.clean.charts import USABLE
from pipeline.schemas import SCHEMAS

CHART = ("country", "device", "collection", "category")
"""What tells the charts of one store apart."""
FAILED = ("blocked", "failed", "layout_changed")
_PLACES = 2048
"""More than `quality.LONGEST_CHART`: a moment in microseconds times this, plus the rank, still fits 63 bits."""


def day() -> pl.Expr:
    """The UTC day of `observed_at`."""
    return pl.col("observed_at").dt.date().alias("day")


def look_days(readings: pl.DataFrame, recorded_at: datetime) -> pl.DataFrame:
    """Rows of look_days from rows of chart_readings: how often each chart was looked at each day, and with what end."""
    status = pl.col("status")
    few = pl.col("imported") & (pl.col("entries") < pl.col("depth"))
    counted = readings.group_by("store", *CHART, day()).agg(
        looks=pl.len(),
        complete=(status == "complete").sum(),
        partial=(status == "partial").sum(),
        refused=(status == "refused").sum(),
        failed=status.is_in(FAILED).sum(),
        depth=pl.col("depth").filter(status == "complete").max(),
        followed_only=few.filter(status.is_in(USABLE)).all() & status.is_in(USABLE).any(),
    )
    return _as("look_days", counted, recorded_at).sort("store", *CHART, "day")


def chart_days(
    store: str, entries: pl.LazyFrame, readings: pl.DataFrame, names: pl.DataFrame, recorded_at: datetime
) -> pl.DataFrame:
    """Rows of chart_days from entries of one store.

    `entries` has country, device, collection, category, observed_at, rank, name_id; `readings` has the first four and
    `entries`, how many it brought, of each look among them; `names` has name_id and app_id of each name. A look counts
    once for each place of an app.
    """
    known = names.select("name_id", "app_id").unique("name_id")
    rows = [pl.DataFrame(schema=SCHEMAS["chart_days"])]
    for fronts in _pieces(readings):
        own = pl.col("country").is_in(fronts)
        figures = _keyed(entries.filter(own), readings.filter(own), known).with_columns(
            store=pl.lit(store), mean_rank=pl.col("places") / pl.col("readings"), last_rank=pl.col("last") % _PLACES
        )
        rows.append(_as("chart_days", figures, recorded_at))
    return pl.concat(rows)


_AT_ONCE = 4_000_000
"""Entries rolled up at once. More need more memory, and more time an entry once their groups leave the caches."""


def _pieces(readings: pl.DataFrame) -> Iterator[list[str]]:
    """The storefronts, in runs of about `_AT_ONCE` entries."""
    counted = readings.group_by("country").agg(pl.col("entries").cast(pl.Int64).sum()).sort("country")
    for _, part in counted.group_by(pl.col("entries").cum_sum() // _AT_ONCE, maintain_order=True):
        yield part["country"].to_list()


def _keyed(entries: pl.LazyFrame, readings: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """One row an app, chart and day."""
    numbered = readings.select(*CHART).unique().with_columns(_chart_number())
    by_name = _by_name(entries).collect(engine="streaming").join(numbered, "chart", validate="m:1").drop("chart")
    seen = known.join(by_name.select("name_id").unique(), "name_id", "semi")
    several = seen.filter(pl.col("app_id").is_duplicated())["app_id"].unique()
    keyed = by_name.join(seen, "name_id")
    return _one_row_an_app(keyed, several) if several.len() else keyed


def _by_name(entries: pl.LazyFrame) -> pl.LazyFrame:
    """One row a name, chart and day.

    Grouped by a number for the chart, because four texts a row cost twice the time; `last` packs moment and rank,
    because a maximum is cheaper than a sort.
    """
    packed = pl.col("observed_at").dt.epoch("us") * _PLACES + pl.col("rank")
    return entries.group_by(_chart_number(), day(), "name_id").agg(
        best_rank=pl.col("rank").min(),
        worst_rank=pl.col("rank").max(),
        places=pl.col("rank").cast(pl.Int32).sum(),
        last=packed.max(),
        readings=pl.len(),
        in_top_10=(pl.col("rank") <= 10).sum(),  # noqa: PLR2004 - the first ten
    )


def _chart_number() -> pl.Expr:
    """A number that is the same for the same chart within one process."""
    country, device, collection, category = (pl.col(name).hash(seed) for seed, name in enumerate(CHART))
    return (country ^ device ^ collection ^ category).alias("chart")


def _one_row_an_app(keyed: pl.DataFrame, several: pl.Series) -> pl.DataFrame:
    """Join the days of the apps that bear several names; the rest, nearly all, pass as they are."""
    renamed = pl.col("app_id").is_in(several.implode())
    joined = keyed.filter(renamed).group_by(*CHART, "day", "app_id").agg(
        pl.col("name_id").sort_by("last").last(),
        pl.col("best_rank").min(),
        pl.col("worst_rank").max(),
        pl.col("places").sum(),
        pl.col("last").max(),
        pl.col("readings").sum(),
        pl.col("in_top_10").sum(),
    )  # fmt: skip
    return pl.concat([keyed.filter(~renamed).select(joined.columns), joined])


def _as(table: str, frame: pl.DataFrame, recorded_at: datetime) -> pl.DataFrame:
    rows = frame.with_columns(recorded_at=pl.lit(recorded_at), month=pl.col("day").dt.strftime("%Y-%m"))
    return rows.select(pl.col(name).cast(kind) for name, kind in SCHEMAS[table].items())
