"""Readers beside loaders."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from essor.jobs.refresh import refresh
from essor.model.errors import WarehouseError
from essor.settings import Settings
from tests.landed import CHATGPT, CLAUDE, LE_CHAT, at, chart_reading, land
from warehouse.connection import Warehouse

LOADER = """
import sys
from pathlib import Path
from essor.jobs.refresh import refresh
from essor.settings import read_settings
from tests.landed import CHATGPT, CLAUDE, LE_CHAT, at, chart_reading, land
settings = read_settings(data_dir=Path(sys.argv[1]))
for day in range(1, 32):
    land(settings.data_dir, [chart_reading(at(f"2026-10-{day:02} 12:00"), [CLAUDE, LE_CHAT, CHATGPT])], f"run-{day}")
    refresh(settings)
    if Path(sys.argv[2]).exists():
        break
print(day)
"""


def test_a_reader_never_sees_half_a_load(settings: Settings) -> None:
    """While another process loads and loads, every snapshot has three entries a reading, and snapshots only advance."""
    enough = settings.data_dir.parent / "enough"
    command = [sys.executable, "-c", LOADER, str(settings.data_dir), str(enough)]
    loader = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    warehouse, seen = Warehouse(settings.data_dir), [0]
    while loader.poll() is None:
        with warehouse.cursor() as cursor:
            counts = cursor.frame("SELECT (SELECT count(*) FROM chart_readings), (SELECT count(*) FROM chart_entries)")
        readings, entries = counts.row(0)
        assert entries == 3 * readings
        assert readings >= seen[-1]
        seen.append(readings)
        if len(set(seen)) > 6:
            enough.touch()
    assert loader.returncode == 0
    with warehouse.cursor() as cursor:
        assert cursor.frame("SELECT count(*) FROM chart_readings").item() == int(loader.communicate()[0])
    warehouse.close()
    assert len(set(seen)) > 6, "the reader saw too few of the loads to prove anything"


def test_many_threads_read_at_once(settings: Settings) -> None:
    """Each thread has a cursor of its own, and each its own snapshot."""
    for number in range(3):
        ids = [CLAUDE, LE_CHAT, CHATGPT][: number + 1]
        land(settings.data_dir, [chart_reading(at(f"2026-10-0{number + 1} 12:00"), ids)], f"run-{number}")
        refresh(settings)
    warehouse = Warehouse(settings.data_dir)
    with warehouse.cursor() as cursor:
        moments = cursor.frame("SELECT recorded_at FROM loads ORDER BY load")["recorded_at"].to_list()

    def count(number: int) -> int:
        with warehouse.cursor(moments[number % 3]) as cursor:
            return int(cursor.frame("SELECT count(*) FROM chart_entries").item())

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(count, range(60)))
    assert counts == [1, 3, 6] * 20
    warehouse.close()


def test_an_empty_data_folder_has_every_view(settings: Settings) -> None:
    """Before the first load each view answers with no row, and the watch list is there."""
    warehouse = Warehouse(settings.data_dir)
    with warehouse.cursor() as cursor:
        assert cursor.snapshot is None
        for view in ("chart_readings", "chart_entries", "chart_days", "app_looks", "listing_readings", "runs", "loads"):
            assert cursor.frame(f"FROM {view}").is_empty()
        assert cursor.frame("SELECT DISTINCT app FROM apps").height == 9
    warehouse.close()


def test_times_are_utc_whatever_the_machine_says(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine in another time zone gives the same days."""
    monkeypatch.setenv("TZ", "Asia/Seoul")
    land(settings.data_dir, [chart_reading(at("2026-10-08 23:30"), [CLAUDE])])
    refresh(settings)
    warehouse = Warehouse(settings.data_dir)
    with warehouse.cursor() as cursor:
        row = cursor.frame("SELECT observed_at, day FROM chart_entries, chart_days").row(0)
    assert (row[0], str(row[1])) == (datetime(2026, 10, 8, 23, 30, tzinfo=UTC), "2026-10-08")
    warehouse.close()


def test_a_query_of_a_person_that_fails_is_a_warehouse_error(settings: Settings) -> None:
    """DuckDB's own words come as a WarehouseError."""
    warehouse = Warehouse(settings.data_dir)
    with warehouse.cursor() as cursor, pytest.raises(WarehouseError, match="nothing_there"):
        cursor.frame("SELECT nothing_there FROM chart_entries")
    warehouse.close()
