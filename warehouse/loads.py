"""Which runs are loaded, which load is in the making, and what the last complete one is.

A load is planned on disk before anything is appended, and ends with its row in the table `loads`. Readers see only
what complete loads brought, so several tables are always consistent.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from essor.model.errors import WarehouseError
from essor.model.stores import Market
from essor.model.tables import LOADS, RUNS, TABLES
from warehouse import lake


@dataclass(frozen=True, slots=True)
class Plan:
    """A load in the making."""

    load: int
    """Its number."""
    recorded_at: datetime
    """The snapshot it makes."""
    runs: tuple[str, ...]
    """The names of the landed runs that it takes in."""
    market: Market = Market.REAL
    """Which market the warehouse holds, from its first load on."""


@contextmanager
def loader_lock(data_dir: Path) -> Iterator[None]:
    """Hold the one loader's lock, waiting for another loader to finish."""
    folder = data_dir / "loads"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "loader.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def pending(data_dir: Path) -> Plan | None:
    """The load that was begun and not finished, if there is one."""
    path = _pending_path(data_dir)
    if not path.exists():
        return None
    try:
        data = json.loads(path.read_text("utf-8"))
        recorded_at, market = datetime.fromisoformat(data["recorded_at"]), Market(data.get("market", Market.REAL))
        return Plan(data["load"], recorded_at, tuple(data["runs"]), market)
    except (ValueError, KeyError) as error:
        raise WarehouseError(f"{path} cannot be read ({error}). Remove it if no loader is running.") from error


def plan(data_dir: Path, runs: Sequence[str], now: datetime, market: Market = Market.REAL) -> Plan:
    """Plan the next load of these landed runs and write the plan down."""
    number = max(lake.loaded(data_dir, table) for table in TABLES) + 1
    last = last_complete(data_dir)
    recorded_at = now if last is None else max(now, last + timedelta(microseconds=1))
    planned = Plan(number, recorded_at, tuple(runs), market)
    _write_whole(_pending_path(data_dir), json.dumps(asdict(planned), default=str))
    return planned


def finish(data_dir: Path) -> None:
    """Strike out the plan: its load is complete."""
    _pending_path(data_dir).unlink(missing_ok=True)


def is_begun(data_dir: Path, planned: Plan) -> bool:
    """Whether something of this load was written."""
    return any(lake.loaded(data_dir, table) >= planned.load for table in TABLES)


def is_complete(data_dir: Path, planned: Plan) -> bool:
    """Whether this load is visible already."""
    return lake.loaded(data_dir, LOADS) >= planned.load


def last_complete(data_dir: Path) -> datetime | None:
    """The snapshot of the last complete load; None while there is none."""
    return lake.scan(data_dir, LOADS).select(pl.col("recorded_at").max()).collect().item()  # type: ignore[no-any-return]


def run_results(data_dir: Path) -> dict[str, str]:
    """How each run that a complete load took in ended, by its name."""
    rows = lake.scan(data_dir, RUNS).select("run_id", "result").collect()
    return dict(rows.iter_rows())


def _pending_path(data_dir: Path) -> Path:
    return data_dir / "loads" / "pending.json"


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all, even through a loss of power."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
