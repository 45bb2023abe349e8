"""A DuckDB connection with one view a table, as of a snapshot."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from essor.model.apps import App, all_apps
from essor.model.errors import WarehouseError
from essor.model.people import all_people
from essor.model.signals import SignalSubject, all_subjects
from essor.model.stores import Market
from essor.model.tables import TABLES, Table
from warehouse import lake
from warehouse.tables import DUCKDB, lake_folder, table_folder

VIEWS = (
    "apps",
    "loads",
    "runs",
    "rejects",
    "superseded",
    "chart_readings",
    "chart_entries",
    "look_days",
    "open_days",
    "chart_days",
    "app_days",
    "app_looks",
    "claims",
    "verdicts",
    "events",
    "methods",
    "estimates",
    "listing_readings",
    "review_readings",
    "reviews",
    "pauses",
    "signal_readings",
    "signals",
    "expected",
    "rating_steps",
    "install_steps",
    "probe_runs",
    "probe_samples",
    "probe_chunks",
    "probe_figures",
    "probe_comparisons",
    "engine_readings",
)
"""The views, each from its file in `warehouse/views/`, in the order in which they build on each other."""
BEGINNING = "1970-01-01 00:00:00+00"
"""The snapshot of an empty warehouse."""

_UTC_DAY = "make_timestamp(epoch_us(moment))::DATE"
"""The UTC day of a moment; ``AT TIME ZONE 'UTC'`` asks a calendar about each row, which takes three times as long."""

_PLANS: dict[str, Any] = {"asof_loop_join_threshold": "0"}
"""DuckDB guesses few rows behind several views, and would then compare each with each."""
_COPIED = "Arrow output on a DB-API result makes an extra copy"
"""How DuckDB warns of the way in which a frame is read: a relation saves that copy, but binds every query twice, which
took up to a third of the time of a page."""


class Cursor:
    """A DuckDB cursor pinned to a snapshot. For one thread."""

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, snapshot: datetime | None, *, simulated: bool = False
    ) -> None:
        self._cursor = cursor
        self.snapshot = snapshot
        """The recorded_at of the newest load it sees; None while there is none."""
        self.simulated = simulated
        """Whether it sees a simulated market."""

    def frame(self, query: str, **parameters: Any) -> pl.DataFrame:  # noqa: ANN401 - DuckDB takes any value
        """The answer to a query; ``$name`` in it takes the parameter `name`.

        Raises WarehouseError with DuckDB's own words.
        """
        try:
            found = self._cursor.execute(query, parameters or None).to_arrow_table()
        except duckdb.Error as error:
            raise WarehouseError(str(error)) from error
        return pl.DataFrame(found)

    def relation(self, query: str) -> duckdb.DuckDBPyRelation:
        """The answer to a person's query as a DuckDB relation, for export. Raises WarehouseError."""
        try:
            found = self._cursor.sql(query)
        except duckdb.Error as error:
            raise WarehouseError(str(error)) from error
        if found is None:
            raise WarehouseError("There is no question in it. Write one, such as: FROM chart_entries")
        return found

    def answer(self, query: str) -> pl.DataFrame:
        """The answer to a person's query. Raises WarehouseError, also for a type that a frame cannot hold."""
        try:
            answer: pl.DataFrame = self.relation(query).pl()
        except duckdb.Error as error:
            raise WarehouseError(str(error)) from error
        except pl.exceptions.ComputeError as error:
            said = str(error).partition(". Hint")[0]  # Polars tells of its own switches
            raise WarehouseError(f"{said}. Cast such a column to text: column::VARCHAR.") from error
        return answer

    def close(self) -> None:
        """Give the cursor back."""
        self._cursor.close()


class Warehouse:
    """The tables of one data folder, for any number of threads and of other processes that load meanwhile."""

    def __init__(self, data_dir: Path, apps: Sequence[App] | None = None) -> None:
        self.data_dir = data_dir
        warnings.filterwarnings("ignore", _COPIED, UserWarning)
        self._connection = duckdb.connect(":memory:", config={"temp_directory": str(data_dir / ".spill"), **_PLANS})
        self._lock = threading.Lock()
        self._stamp: tuple[int, ...] | None = None
        self._snapshots: list[datetime] = []
        self._simulated = False
        create_followed(self._connection, all_apps() if apps is None else apps)
        create_followed_subjects(self._connection, all_subjects())
        create_people(self._connection)

    @contextmanager
    def cursor(self, as_of: datetime | None = None) -> Iterator[Cursor]:
        """A cursor on the last complete load, or on the last one recorded at or before `as_of`."""
        cursor = self.open_cursor(as_of)
        try:
            yield cursor
        finally:
            cursor.close()

    def open_cursor(self, as_of: datetime | None = None) -> Cursor:
        """The same for a caller that closes it."""
        snapshot = self.snapshot(as_of)
        cursor = self._connection.cursor()
        cursor.execute("SET TimeZone = 'UTC'")
        cursor.execute("SET VARIABLE snapshot = ?::TIMESTAMPTZ", [snapshot.isoformat() if snapshot else BEGINNING])
        return Cursor(cursor, snapshot, simulated=self._simulated)

    def snapshot(self, as_of: datetime | None = None) -> datetime | None:
        """The recorded_at of the last complete load at or before `as_of`; None when there is none."""
        self._follow()
        seen = [moment for moment in self._snapshots if as_of is None or moment <= as_of]
        return max(seen, default=None)

    def snapshots(self) -> list[datetime]:
        """The recorded_at of every complete load: what can be asked for."""
        self._follow()
        return list(self._snapshots)

    @property
    def simulated(self) -> bool:
        """Whether the tables hold a simulated market."""
        self._follow()
        return self._simulated

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _follow(self) -> None:
        """Take in what other processes have committed since the last look."""
        stamp = _stamp(self.data_dir)
        with self._lock:
            if stamp != self._stamp:
                # the snapshots before the files: a load that completes in between is seen next time, and never in part
                found = lake.scan(self.data_dir, TABLES[-1]).select("recorded_at").collect()["recorded_at"]
                create_views(self._connection, self.data_dir)
                self._snapshots = [moment.astimezone(UTC) for moment in found]
                self._simulated = lake.market(self.data_dir) is Market.SIMULATED
                self._stamp = stamp


def create_followed(connection: duckdb.DuckDBPyConnection, apps: Sequence[App]) -> None:
    """Write the watch list down as the table `lake.followed`, one row an app and store id.

    `begins` and `ends` are the moments of `since` and `until` in UTC: a day set beside a moment would be a day of the
    session's own time zone.
    """
    rows = [
        (app.slug, app.name, app.publisher, app.colour, key.store.value, key.app_id, key.since, key.until)
        for app in apps
        for key in app.store_ids
    ]
    texts = ("app", "name", "publisher", "colour", "store", "app_id")
    followed = _dated(texts, rows).with_columns(
        begins=_midnight(pl.col("since").fill_null(date(1970, 1, 1))),
        ends=_midnight(pl.col("until").fill_null(date(9999, 1, 1))),
    )
    _create_from(connection, "followed", followed)


def create_followed_subjects(connection: duckdb.DuckDBPyConnection, subjects: Sequence[SignalSubject]) -> None:
    """Write the followed subjects of signals down as the table `lake.followed_subjects`, one row a source and key."""
    rows = [(one.source, one.key, one.vendor, one.product, one.thing, one.since, one.until) for one in subjects]
    _create_from(connection, "followed_subjects", _dated(("source", "subject", "vendor", "app", "thing"), rows))


def create_people(connection: duckdb.DuckDBPyConnection) -> None:
    """Write down as the table `lake.people` how many people live in each storefront."""
    rows = pl.DataFrame([(one.country, one.people) for one in all_people()], ["country", "people"], orient="row")
    _create_from(connection, "people", rows)


def _dated(texts: Sequence[str], rows: Sequence[tuple[object, ...]]) -> pl.DataFrame:
    """Rows of texts, followed by the days `since` and `until`."""
    schema = pl.Schema({**dict.fromkeys(texts, pl.String()), "since": pl.Date(), "until": pl.Date()})
    return pl.DataFrame(rows, schema, orient="row")


def _midnight(day: pl.Expr) -> pl.Expr:
    """The moment at which a day begins in UTC."""
    return day.cast(pl.Datetime("us", "UTC"))


def _create_from(connection: duckdb.DuckDBPyConnection, name: str, rows: pl.DataFrame) -> None:
    """Write rows as one table of the schema `lake`, in one statement."""
    connection.register("rows_to_write", rows.to_arrow())
    connection.execute("CREATE SCHEMA IF NOT EXISTS lake")
    connection.execute(f"CREATE OR REPLACE TABLE lake.{name} AS SELECT * FROM rows_to_write")  # noqa: S608 - our names
    connection.unregister("rows_to_write")


def create_views(connection: duckdb.DuckDBPyConnection, data_dir: Path, snapshot: datetime | None = None) -> None:
    """(Re)create every view over the files that make up the tables now, in one transaction.

    A view shows the snapshot in the session's variable `snapshot`, else the one given here.
    """
    default = snapshot.isoformat() if snapshot else BEGINNING
    connection.begin()
    try:
        connection.execute(
            "CREATE OR REPLACE MACRO lake.snapshot() AS"
            f" coalesce(getvariable('snapshot')::TIMESTAMPTZ, TIMESTAMPTZ '{default}')"
        )
        connection.execute(f"CREATE OR REPLACE MACRO lake.utc_day(moment) AS {_UTC_DAY}")
        for table in TABLES:
            connection.execute(f"CREATE OR REPLACE VIEW lake.{table.name} AS {_rows_of(data_dir, table)}")
        for name in VIEWS:
            body = (files("warehouse") / "views" / f"{name}.sql").read_text("utf-8")
            connection.execute(f"CREATE OR REPLACE VIEW {name} AS {body}")
    except duckdb.Error:
        connection.rollback()
        raise
    connection.commit()


def _rows_of(data_dir: Path, table: Table) -> str:
    """The query that reads a table's files, every version of every row."""
    folder = table_folder(data_dir, table).resolve()
    delta = lake.open_table(data_dir, table)
    found = [_quoted(str(folder / part.path)) for part in lake.parts(delta)]
    lacking = lake.lacking(delta, table)  # until the next load writes them
    columns = ", ".join(
        f"CAST({'NULL' if column.name in lacking else column.name} AS {DUCKDB[column.kind]}) AS {column.name}"
        for column in table.columns
    )
    if not found:
        nothing = ", ".join(f"CAST(NULL AS {DUCKDB[column.kind]}) AS {column.name}" for column in table.columns)
        return f"SELECT {nothing} WHERE false"
    partition = ", ".join(f"'{name}': VARCHAR" for name in table.partition)
    hive = f", hive_partitioning = true, hive_types = {{{partition}}}" if partition else ", hive_partitioning = false"
    return f"SELECT {columns} FROM read_parquet([{', '.join(found)}]{hive})"  # noqa: S608 - the names are ours


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _stamp(data_dir: Path) -> tuple[int, ...]:
    """What changes whenever any table is committed to: the moments at which the Delta logs last changed."""
    logs = (lake_folder(data_dir) / table.name / "_delta_log" for table in TABLES)
    return tuple(log.stat().st_mtime_ns if log.exists() else 0 for log in logs)
