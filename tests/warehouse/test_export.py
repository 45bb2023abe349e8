"""The same data for other programs."""

from __future__ import annotations

import csv
import io
import json
import math
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl

from essor.jobs.refresh import refresh
from essor.settings import Settings
from tests.landed import CLAUDE, LE_CHAT, at, chart_reading, land, listing_reading
from warehouse.connection import VIEWS
from warehouse.export import to_csv, to_json

FRAME = pl.DataFrame(
    {"at": [datetime(2026, 10, 8, 15, 12, tzinfo=UTC), None], "name": ['A "quoted", name', None], "list": [[1, 2], []]}
)


def asked(path: Path, query: str, first: str = "SELECT 1") -> list[list[object]]:
    """What another process gets from the .duckdb file, after it has said `first`."""
    code = (
        f"import duckdb, json; c = duckdb.connect({str(path)!r}, read_only=True); c.execute({first!r}).fetchall();"
        f" print(json.dumps(c.sql({query!r}).fetchall()))"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return json.loads(said.stdout)  # type: ignore[no-any-return]


def test_csv_says_times_with_their_zone_and_leaves_null_empty() -> None:
    """CSV has a header, ISO 8601 times, quoted text and empty nulls."""
    rows = list(csv.DictReader(io.StringIO(to_csv(FRAME))))
    assert rows[0] == {"at": "2026-10-08T15:12:00.000000+00:00", "name": 'A "quoted", name', "list": "[1, 2]"}
    assert rows[1] == {"at": "", "name": "", "list": "[]"}


def test_json_is_a_list_of_objects() -> None:
    """JSON has ISO 8601 times and null."""
    assert json.loads(to_json(FRAME))[0]["at"] == "2026-10-08T15:12:00+00:00"
    assert json.loads(to_json(FRAME))[1] == {"at": None, "name": None, "list": []}


def test_json_knows_no_infinity() -> None:
    """What JSON has no word for is null: `NaN` would make the answer unreadable."""
    told = to_json(pl.DataFrame({"figure": [0.5, math.nan, math.inf, None]}))
    assert [row["figure"] for row in json.loads(told, parse_constant=str)] == [0.5, None, None, None]


def test_the_duckdb_file_shows_the_views_to_another_process(settings: Settings) -> None:
    """Any DuckDB program reads the same views, and can ask for an earlier snapshot."""
    land(settings.data_dir, [chart_reading(at("2026-10-08 15:12"), [CLAUDE])], "one")
    (first,) = refresh(settings)
    land(settings.data_dir, [chart_reading(at("2026-10-09 15:12"), [LE_CHAT])], "two")
    refresh(settings)
    path = settings.data_dir / "essor.duckdb"
    assert asked(path, "SELECT app, rank FROM chart_entries ORDER BY observed_at") == [["claude", 1], ["le-chat", 1]]
    earlier = f"SET VARIABLE snapshot = TIMESTAMPTZ '{first.recorded_at.isoformat()}'"
    assert asked(path, "SELECT app FROM chart_entries", earlier) == [["claude"]]


def test_an_open_duckdb_file_does_not_stop_a_load(settings: Settings) -> None:
    """A program that holds the file open neither blocks the loader nor loses the file under its feet."""
    land(settings.data_dir, [chart_reading(at("2026-10-08 15:12"), [CLAUDE])], "one")
    refresh(settings)
    with duckdb.connect(str(settings.data_dir / "essor.duckdb"), read_only=True) as held:
        land(settings.data_dir, [chart_reading(at("2026-10-09 15:12"), [LE_CHAT])], "two")
        refresh(settings)
        assert held.sql("SELECT count(*) FROM chart_entries").fetchall() == [(1,)]
    assert asked(settings.data_dir / "essor.duckdb", "SELECT count(*) FROM chart_entries") == [[2]]


def test_the_views_say_the_same_in_every_time_zone(settings: Settings) -> None:
    """The days of the watch list are days in UTC, whatever the zone of the program that asks."""
    moments = [at(f"2026-09-14 {h:02}:30") for h in (1, 9, 15, 23)] + [at(f"2026-09-15 {h:02}:30") for h in (0, 9)]
    listings = [listing_reading(moment, OFFICE, 7 + number) for number, moment in enumerate(moments)]
    land(settings.data_dir, [*(chart_reading(moment, [OFFICE]) for moment in moments), *listings])
    refresh(settings)
    with duckdb.connect(str(settings.data_dir / "essor.duckdb"), read_only=True) as session:
        told = [
            _in_zone(session, zone) for zone in ("UTC", "Europe/Paris", "Pacific/Kiritimati", "America/Los_Angeles")
        ]
    assert told[1:] == told[:1] * 3
    assert (told[0]["rating_steps"] or ())[1:] == (2,)


OFFICE = "541164041"
"""Copilot's id from 15 September 2026 on; until then it was another app."""


def _in_zone(session: duckdb.DuckDBPyConnection, zone: str) -> dict[str, tuple[object, ...] | None]:
    """What each view says in a time zone: its rows, hashed and counted."""
    session.execute(f"SET TimeZone = '{zone}'")
    return {
        view: session.execute(f"SELECT bit_xor(hash(row)), count(*) FROM {view} AS row").fetchone() for view in VIEWS
    }
