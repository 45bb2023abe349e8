"""A simulated year of the App Store at full scale: 175 storefronts, three charts, hourly, two hundred rows each.

The tables are written as a year of loads and their compactions would have left them, without the year.
"""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import polars as pl
from deltalake import DeltaTable
from deltalake.transaction import AddAction

from essor.jobs.estimate import estimate
from essor.model.apps import all_apps
from essor.model.charts import Collection
from essor.model.stores import STOREFRONTS, StoreName
from essor.model.tables import CHART_DAYS, CHART_ENTRIES, CHART_READINGS, LOADS, LOOK_DAYS, NAMES, TABLES, Table
from essor.settings import Settings
from pipeline.metrics.ranks import CHART, chart_days
from pipeline.schemas import SCHEMAS
from warehouse import lake
from warehouse.tables import ROW_GROUP, ZSTD_LEVEL, arrow_schema, table_folder

DEPTH = 200
APPS = 400
"""So many apps take turns in each chart."""
FOLLOWED = [key.app_id for app in all_apps() for key in app.store_ids if key.store is StoreName.APPLE]
CHARTS = list(itertools.product(sorted(STOREFRONTS)[:175], Collection))
LATER = timedelta(minutes=15)
"""From a look to the load that brings it."""


def write_year(data_dir: Path, first: date, months: int = 12) -> int:
    """Fill an empty data folder with the entries of so many months; how many entries that is."""
    lake.append(data_dir, NAMES, names(first), 1)
    starts = pl.date_range(first, first + timedelta(days=31 * (months - 1)), "1mo", eager=True)
    rows = sum(_write_month(data_dir, start, number) for number, start in enumerate(starts, 1))
    for table in TABLES:
        if not lake.loaded(data_dir, table):
            lake.append(data_dir, table, pl.DataFrame(schema=SCHEMAS[table.name]), 1)
    return rows


def write_estimates(settings: Settings) -> int:
    """Estimate the downloads of every day that was written, as the service does; how many figures."""
    return estimate(settings).stated


def entries_of(begin: datetime) -> pl.LazyFrame:
    """The entries of every chart in the month that begins then: country to name_id of the table, by chart and time."""
    looks = _looks(begin).lazy()
    places = pl.LazyFrame({"rank": pl.int_range(1, DEPTH + 1, dtype=pl.Int16, eager=True)})
    base = looks.with_row_index("hour").join(places, how="cross")
    return pl.concat(_chart(base, country, kind.value, number) for number, (country, kind) in enumerate(CHARTS))


def _looks(begin: datetime) -> pl.DataFrame:
    """Every hour of the month."""
    end = (begin + timedelta(days=32)).replace(day=1)
    return pl.DataFrame({"observed_at": pl.datetime_range(begin, end, "1h", closed="left", eager=True)})


def _chart(base: pl.LazyFrame, country: str, collection: str, number: int) -> pl.LazyFrame:
    """The entries of one chart: its places change hands now and then, the lower ones more often."""
    rank, hour = pl.col("rank").cast(pl.Int64), pl.col("hour").cast(pl.Int64)
    holder = (rank * 7919 + number * 1_000_003 + (hour * rank // 1500) * 104_729) % APPS
    return base.select(
        country=pl.lit(country),
        device=pl.lit("iphone"),
        collection=pl.lit(collection),
        category=pl.lit("36"),
        observed_at="observed_at",
        rank="rank",
        name_id=pl.when(holder < len(FOLLOWED)).then(holder).otherwise(holder + number * APPS),
    )


def _write_month(data_dir: Path, start: date, number: int) -> int:
    begin = datetime(start.year, start.month, 1, tzinfo=UTC)
    looks = _looks(begin)
    entries = entries_of(begin).with_columns(reading_id=_reading_id(), recorded_at=pl.col("observed_at") + LATER)
    written = _commit_entries(data_dir, entries, begin)
    readings = _readings(looks, begin)
    lake.append(data_dir, CHART_READINGS, readings.drop("day"), number)
    lake.append(data_dir, LOADS, _loads(looks), number)
    lake.append(data_dir, LOOK_DAYS, _typed(LOOK_DAYS, _look_days(readings)), number)
    days = chart_days("apple", pl.scan_parquet(written), readings, names(start), begin).drop("recorded_at")
    lake.append(
        data_dir,
        CHART_DAYS,
        _typed(CHART_DAYS, days.with_columns(recorded_at=_closed()).sort(CHART_DAYS.order)),
        number,
    )
    return readings.height * DEPTH


def _commit_entries(data_dir: Path, entries: pl.LazyFrame, begin: datetime) -> Path:
    """Write a month of entries as the one file that compaction leaves, without holding it in memory; where it is."""
    below = f"store=apple/month={begin:%Y-%m}/whole.parquet"
    path = table_folder(data_dir, CHART_ENTRIES) / below
    columns = [name for name in SCHEMAS[CHART_ENTRIES.name] if name not in CHART_ENTRIES.partition]
    path.parent.mkdir(parents=True, exist_ok=True)
    entries.select(columns).sink_parquet(path, row_group_size=ROW_GROUP, compression_level=ZSTD_LEVEL)
    lake.append(data_dir, CHART_ENTRIES, pl.DataFrame(schema=SCHEMAS[CHART_ENTRIES.name]), 1)
    size, moment = path.stat().st_size, int(begin.timestamp() * 1000)
    action = AddAction(below, size, {"store": "apple", "month": f"{begin:%Y-%m}"}, moment, True, "{}")
    table = DeltaTable(table_folder(data_dir, CHART_ENTRIES))
    table.create_write_transaction([action], "append", arrow_schema(CHART_ENTRIES), list(CHART_ENTRIES.partition))
    return path


def _reading_id() -> pl.Expr:
    told = pl.concat_str("country", "collection", pl.col("observed_at").dt.epoch("s"))
    return told.hash().cast(pl.String)


def _readings(looks: pl.DataFrame, begin: datetime) -> pl.DataFrame:
    """A complete look at every chart every hour."""
    charts = pl.DataFrame([(country, kind.value) for country, kind in CHARTS], ["country", "collection"], orient="row")
    rows = charts.join(looks, how="cross", maintain_order="left_right").with_columns(
        reading_id=_reading_id(), device=pl.lit("iphone"), category=pl.lit("36"), source=pl.lit("apple_legacy_rss"),
        status=pl.lit("complete"), recorded_at=pl.col("observed_at") + LATER, asked=DEPTH, depth=DEPTH, entries=DEPTH,
        source_url=pl.concat_str(pl.lit("https://itunes.apple.com/"), "country", pl.lit("/rss/"), "collection"),
        http_status=200, capture_file=pl.lit("archive/whole-year.warc.gz"), parser_version=1,
        capture_offset=pl.int_range(pl.len()) * 9000, sha256=pl.col("observed_at").hash().cast(pl.String),
        run_id=pl.col("observed_at").dt.strftime("%Y%m%dT%H"), imported=False, store=pl.lit("apple"),
        month=pl.lit(f"{begin:%Y-%m}"),
    )  # fmt: skip
    return _typed(CHART_READINGS, rows).with_columns(day=pl.col("observed_at").dt.date())


def _look_days(readings: pl.DataFrame) -> pl.DataFrame:
    return readings.group_by("store", "month", *CHART, "day", maintain_order=True).agg(
        looks=pl.len(), complete=pl.len(), partial=0, refused=0, failed=0, depth=pl.col("depth").max(),
        followed_only=pl.lit(False),
    ).with_columns(recorded_at=_closed())  # fmt: skip


def _closed() -> pl.Expr:
    """The first load after the day's end."""
    return (pl.col("day") + timedelta(days=1)).cast(pl.Datetime("us")).dt.replace_time_zone("UTC") + LATER


def _loads(looks: pl.DataFrame) -> pl.DataFrame:
    """A load an hour."""
    number, at = pl.col("observed_at").dt.epoch("s") // 3600, pl.col("observed_at") + LATER
    rows = looks.select(load=number, recorded_at=at, finished_at=at, runs=1, readings=len(CHARTS),
                        entries=len(CHARTS) * DEPTH, rejects=0, known=0)  # fmt: skip
    return _typed(LOADS, rows)


@cache
def names(first: date) -> pl.DataFrame:
    """The followed apps, and each chart's own others."""
    others = pl.int_range(len(FOLLOWED), len(CHARTS) * APPS, eager=True)
    followed = pl.DataFrame({"name_id": range(len(FOLLOWED)), "app_id": FOLLOWED})
    rest = pl.DataFrame({"name_id": others}).with_columns(app_id=(6_000_000_000 + pl.col("name_id")).cast(pl.String))
    rows = pl.concat([followed, rest]).with_columns(
        store=pl.lit("apple"), name=pl.concat_str(pl.lit("App "), "app_id"), developer=pl.lit("Developer"),
        recorded_at=pl.lit(datetime(first.year, first.month, 1, tzinfo=UTC)),
    )  # fmt: skip
    return _typed(NAMES, rows)


def _typed(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    schema = SCHEMAS[table.name]
    missing = [pl.lit(None).alias(name) for name in schema if name not in rows.columns]
    return rows.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in schema.items())
