"""Every read, as of every snapshot, whatever is loaded, corrected, claimed or calibrated later."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from importlib import import_module
from pkgutil import iter_modules
from shutil import copytree
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import warehouse.reads
from crawlers.sources import Reading
from essor.jobs.ask import opened
from essor.jobs.claims import check_claims
from essor.jobs.estimate import calibrate, estimate
from essor.jobs.refresh import refresh
from essor.model.observation import Status
from essor.model.tables import RUNS
from essor.settings import Settings, read_settings
from tests.essor.jobs.test_estimate import FIRST, US, claimed, look, on_play
from tests.landed import CLAUDE, LE_CHAT, at, land, listing_reading
from warehouse import lake
from warehouse.connection import VIEWS, Cursor
from warehouse.export import to_csv, to_json
from warehouse.loads import last_complete

UNTIL = FIRST + timedelta(days=14)
ASKED: dict[str, Any] = {
    "app": "claude", "app_ids": (CLAUDE,), "apps": ["claude", "le-chat"], "category": "36", "chart": US,
    "claim": "made-up-0", "claims": ["made-up-0"], "collection": "top-free", "countries": ["us", "no"],
    "country": "us", "days": 1, "device": "iphone", "figure": "ttft", "first": "a",
    "launches": {"claude": FIRST}, "looks": 3, "metric": "stars", "now": at("2026-11-20 00:00"),
    "on": FIRST + timedelta(days=6), "period_end": at("2026-03-01 00:00"), "places": 1, "probe": "a",
    "reading_id": "0" * 16, "second": "b", "since": FIRST, "source": "github", "store": "apple", "stores": ["apple"],
    "subject": "a/b", "until": UNTIL, "workload": "chat",
}  # fmt: skip
"""A value for each name of a parameter that some read cannot do without."""


def reads() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every function of warehouse.reads that asks a cursor."""
    for module in iter_modules(warehouse.reads.__path__):
        for name, function in vars(import_module(f"warehouse.reads.{module.name}")).items():
            own = inspect.isfunction(function) and function.__module__ == f"warehouse.reads.{module.name}"
            if own and not name.startswith("_") and next(iter(inspect.signature(function).parameters), "") == "cursor":
                yield f"{module.name}.{name}", function


def answers(cursor: Cursor) -> dict[str, str]:
    """What each read says, as it is exported: the lines of its CSV in order, and its JSON."""
    return {name: _told(function, cursor) for name, function in reads()}


def _told(function: Callable[..., Any], cursor: Cursor) -> str:
    parameters = inspect.signature(function).parameters.values()
    needed = [one for one in parameters if one.default is one.empty and one.name != "cursor"]
    answer = function(cursor, **{one.name: _value(one) for one in needed})
    if not isinstance(answer, pl.DataFrame):
        return str(answer)
    rows = sorted(to_csv(answer).splitlines())
    return "\n".join([*rows, *sorted(to_json(answer).splitlines())])


def _value(parameter: inspect.Parameter) -> Any:
    value = ASKED[parameter.name]
    timed = "datetime" in str(parameter.annotation) and isinstance(value, date) and not isinstance(value, datetime)
    return datetime.combine(value, datetime.min.time(), at("2026-01-01 00:00").tzinfo) if timed else value


def published(settings: Settings, snapshot: datetime | None, views: Sequence[str] = VIEWS) -> dict[str, Any]:
    """What each of the views of `essor.duckdb` says as of a snapshot: its rows, hashed and counted."""
    with duckdb.connect(str(settings.data_dir / "essor.duckdb"), read_only=True) as session:
        session.execute("SET VARIABLE snapshot = ?::TIMESTAMPTZ", [snapshot])
        asked = {view: f"SELECT bit_xor(hash(row)), count(*) FROM {view} AS row" for view in views}
        return {view: session.execute(query).fetchone() for view, query in asked.items()}


def later(settings: Settings, *readings: Reading) -> None:
    """Load these readings, and estimate anew."""
    land(settings.data_dir, readings, f"later-{len(lake.scan(settings.data_dir, RUNS).collect())}")
    refresh(settings)
    estimate(settings)


STEPS: dict[str, Callable[[Settings], object]] = {
    "a later day": lambda s: later(s, look(9, 4)),
    "a late reading of an earlier day": lambda s: later(s, look(3, 2)),
    "a better parser": lambda s: later(s, look(0, 9, parser=2)),
    "a look that failed": lambda s: later(s, look(4, None, status=Status.FAILED)),
    "ratings without number": lambda s: later(s, listing_reading(at("2026-03-08 00:00"), LE_CHAT, 1_800_000)),
    "installs at Play": lambda s: later(s, on_play("2026-03-08 00:00", 45_000, 1_100_000)),
    "a claim": lambda s: claimed(s, 1_500_000, 1),
    "a calibration": calibrate,
}
"""What can come later."""


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A warehouse with some of everything, before anything came later."""
    settings = read_settings(data_dir=tmp_path_factory.mktemp("begun") / "data")
    listings = [
        listing_reading(at("2026-03-02 00:00"), LE_CHAT, 900_000),
        on_play("2026-03-02 00:00", 40_000, 1_000_000),
    ]
    land(settings.data_dir, [*(look(day, 1 + day) for day in range(7) if day != 3), *listings], "first")
    refresh(settings)
    estimate(settings)
    claimed(settings, 900_000)
    check_claims(settings)
    return settings


@pytest.fixture(scope="module")
def said(begun: Settings) -> dict[str, str]:
    """What every read says of it."""
    with opened(begun) as cursor:
        return answers(cursor)


@pytest.fixture(scope="module")
def filed(begun: Settings) -> dict[str, Any]:
    """What its essor.duckdb says."""
    return published(begun, last_complete(begun.data_dir))


@pytest.mark.slow
@hypothesis_settings(max_examples=2, deadline=None, phases=[Phase.generate])
@given(order=st.permutations(sorted(STEPS)))
def test_what_comes_later_changes_no_read_and_no_export_of_an_earlier_snapshot(
    tmp_path_factory: pytest.TempPathFactory,
    begun: Settings,
    said: dict[str, str],
    filed: dict[str, Any],
    order: list[str],
) -> None:
    """Loads, corrections, claims and a calibration in any order: the first snapshot goes on saying what it said."""
    settings = read_settings(data_dir=tmp_path_factory.mktemp("later") / "data")
    copytree(begun.data_dir, settings.data_dir)
    first = last_complete(settings.data_dir)
    for step in order:
        STEPS[step](settings)
    assert last_complete(settings.data_dir) != first
    with opened(settings, first) as cursor:
        then = answers(cursor)
    assert {name for name in said if said[name] != then[name]} == set(), f"as of {first}, after {order}"
    assert published(settings, first) == filed, f"essor.duckdb as of {first}, after {order}"
    newest = published(settings, last_complete(settings.data_dir), GROWN)
    assert {view for view in GROWN if newest[view] == filed[view]} == set(), "the file does not follow the loads"
    with opened(settings) as cursor:
        now = answers(cursor)
    unmoved = {name for name in MOVED if said[name] == now[name]}
    assert unmoved == set(), "what came later is not seen by the reads that it concerns"


MOVED = {
    "charts.rank_history", "claims.claims", "estimates.daily", "estimates.methods", "estimates.sums", "ranks.daily",
}  # fmt: skip
"""Reads that must say something else after all the steps, so that their standing still means something."""
GROWN = ("chart_entries", "claims", "estimates", "methods")
"""Views of the file that must have other rows after all the steps."""
