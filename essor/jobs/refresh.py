"""Loads what has landed: every run exactly once, whatever kills the loader."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from essor.jobs.metrics import desk_frames, rolled_up
from essor.model.errors import WarehouseError
from essor.model.stores import Market
from essor.model.tables import (
    CHART_ENTRIES,
    CHART_READINGS,
    ENGINE_READINGS,
    EXPECTED,
    LISTING_READINGS,
    LOADS,
    NAMES,
    PAUSES,
    PROBE_COMPARISONS,
    PROBE_FIGURES,
    PROBE_RUNS,
    PROBE_SAMPLES,
    REJECTS,
    REVIEW_READINGS,
    REVIEWS,
    RUNS,
    SET_ASIDE,
    SIGNAL_POINTS,
    SIGNAL_READINGS,
    SUPERSEDED,
    TABLES,
    Table,
)
from essor.settings import Settings
from pipeline import landed
from pipeline.clean.charts import clean_charts
from pipeline.clean.listings import clean_listings
from pipeline.clean.pauses import clean_pauses
from pipeline.clean.probes import CleanProbes, clean_probes
from pipeline.clean.reviews import clean_reviews
from pipeline.clean.runs import clean_expected, clean_runs
from pipeline.clean.set_aside import clean_set_aside
from pipeline.clean.signals import clean_signals
from pipeline.schemas import SCHEMAS
from warehouse import lake, loads
from warehouse.export import is_published, publish
from warehouse.known import known_names, known_readings

_LOOKS = (CHART_READINGS, LISTING_READINGS, REVIEW_READINGS, SIGNAL_READINGS, PROBE_RUNS, ENGINE_READINGS)
RUNS_PER_LOAD = 24
"""So many landed runs are loaded at once; more wait for the next load, so that memory stays bounded."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What one load brought."""

    load: int
    """Its number."""
    recorded_at: datetime
    """The snapshot it made, UTC."""
    runs: int
    """Runs taken in."""
    readings: int
    """Readings added."""
    entries: int
    """Chart entries added."""
    rejects: int
    """Facts set aside."""
    known: int
    """Readings left out because the same was there."""

    def __str__(self) -> str:
        aside = f", {self.rejects:,} facts set aside" if self.rejects else ""
        known = f", {self.known:,} readings were known" if self.known else ""
        return f"Loaded {self.readings:,} readings and {self.entries:,} chart entries{known}{aside}."


def refresh(settings: Settings) -> list[Refreshed]:
    """Load every landed run into the warehouse, each exactly once; what each load brought.

    Raises WarehouseError when the plan of an unfinished load cannot be read, and, after all others are loaded, for a
    run of another market than the warehouse's: it is kept, and told once.
    """
    data_dir = settings.data_dir
    done: list[Refreshed] = []
    with loads.loader_lock(data_dir):
        _publish_what_was_left(data_dir)
        foreign = dict[str, str]()
        while planned := loads.pending(data_dir) or _next_plan(settings, foreign):
            if not loads.is_complete(data_dir, planned):
                try:
                    done.append(_load(data_dir, planned))
                except pl.exceptions.PolarsError:
                    if not _set_unreadable_aside(data_dir, planned):
                        raise
                    continue
            _clear(data_dir, planned)
            loads.finish(data_dir)
        if done:
            _tidy(data_dir)
            publish(data_dir, loads.last_complete(data_dir))
    if foreign:
        raise WarehouseError(" ".join(f"Run {run} was not loaded: {why}" for run, why in foreign.items()))
    return done


def landed_runs(data_dir: Path) -> list[str]:
    """The whole runs that wait to be loaded, the oldest first."""
    folder = data_dir / "landing"
    if not folder.exists():
        return []
    found = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    return [path.name for path in sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))]


def _next_plan(settings: Settings, foreign: dict[str, str]) -> loads.Plan | None:
    """The next load; runs that cannot be read, or of another market, are set aside, the latter told in `foreign`."""
    data_dir = settings.data_dir
    waiting = _sound(data_dir, landed_runs(data_dir)[:RUNS_PER_LOAD], landed.incomplete)
    market = lake.market(data_dir) or _first_market(settings, waiting)
    strange = {run: why for run in waiting if (why := _foreign(data_dir, run, market))}
    for run, why in strange.items():
        _set_aside(data_dir, run, _FOREIGN, why)
    foreign |= strange
    fit = [run for run in waiting if run not in strange]
    if fit:
        return loads.plan(data_dir, fit, datetime.now(UTC), market)
    return _next_plan(settings, foreign) if landed_runs(data_dir) else None


def _first_market(settings: Settings, waiting: Sequence[str]) -> Market:
    """Which market a new warehouse is to hold: what the settings say, else what its first run speaks of."""
    if settings.simulated:
        return Market.SIMULATED
    seen = (landed.markets_of(settings.data_dir / "landing" / run) for run in waiting)
    return next((min(markets) for markets in seen if markets), Market.REAL)


def _foreign(data_dir: Path, run: str, market: Market) -> str | None:
    """Why a run must not come into a warehouse of this market; None when it may."""
    others = landed.markets_of(data_dir / "landing" / run) - {market}
    if not others:
        return None
    return (
        f"it holds {min(others)} data, and {data_dir} holds {market} data, which are never mixed. It is kept in"
        f" {data_dir / 'landing' / (_FOREIGN + run)}; for such data give another folder with --data-dir."
    )


def _load(data_dir: Path, planned: loads.Plan) -> Refreshed:
    """Append what the planned runs hold, table by table; the row in `loads`, written last, makes it visible."""
    frames, known = _frames(data_dir, planned)
    for table in TABLES:
        if table is not LOADS:
            lake.append(data_dir, table, frames[table.name], planned.load, planned.market)
    brought = Refreshed(
        load=planned.load,
        recorded_at=planned.recorded_at,
        runs=frames[RUNS.name].height,
        readings=sum(frames[table.name].height for table in _LOOKS),
        entries=frames[CHART_ENTRIES.name].height,
        rejects=frames[REJECTS.name].height,
        known=known,
    )
    lake.append(data_dir, LOADS, _load_row(brought), planned.load, planned.market)
    return brought


def _frames(data_dir: Path, planned: loads.Plan) -> tuple[dict[str, pl.DataFrame], int]:
    """The rows that this load adds to each table, and how many readings were known. The same whenever it is asked."""
    runs, at = [data_dir / "landing" / run for run in planned.runs], planned.recorded_at
    landed_charts, landed_listings = landed.landed_charts(runs), landed.landed_listings(runs)
    landed_signals, landed_reviews = landed.landed_signals(runs), landed.landed_reviews(runs)
    charts = clean_charts(
        landed_charts,
        landed.landed_names(runs),
        _known(data_dir, CHART_READINGS, landed_charts, at),
        known_names(data_dir, at),
        at,
    )
    listings = clean_listings(landed_listings, _known(data_dir, LISTING_READINGS, landed_listings, at), at)
    signals = clean_signals(landed_signals, _known(data_dir, SIGNAL_READINGS, landed_signals, at), at)
    reviews = clean_reviews(landed_reviews, _known(data_dir, REVIEW_READINGS, landed_reviews, at), at)
    landed_probes = landed.landed_probes(runs)
    probes = _clean_probes(data_dir, landed_probes, at)
    cleaned = (charts, listings, reviews, signals, probes)
    measured = landed_probes.filter(pl.col("kind") != "sample")
    looked = (landed_charts, landed_listings, landed_reviews, landed_signals, measured)
    statuses = pl.concat([lines.select("run_id", "status") for lines in looked])
    rejects = pl.concat([part.rejects for part in cleaned])
    frames = {
        CHART_READINGS.name: charts.readings,
        CHART_ENTRIES.name: charts.entries,
        NAMES.name: charts.names,
        LISTING_READINGS.name: listings.readings,
        REVIEW_READINGS.name: reviews.readings,
        REVIEWS.name: reviews.reviews,
        PAUSES.name: clean_pauses(landed.landed_pauses(runs), at),
        SIGNAL_READINGS.name: signals.readings,
        SIGNAL_POINTS.name: signals.points,
        PROBE_RUNS.name: probes.runs,
        PROBE_SAMPLES.name: probes.samples,
        PROBE_FIGURES.name: probes.figures,
        PROBE_COMPARISONS.name: probes.comparisons,
        ENGINE_READINGS.name: probes.engine,
        REJECTS.name: rejects,
        SET_ASIDE.name: clean_set_aside(rejects, looked[:-1], at),
        SUPERSEDED.name: pl.concat([part.superseded for part in cleaned]),
        EXPECTED.name: clean_expected(landed.landed_expected(runs), at),
        RUNS.name: clean_runs(landed.landed_runs(runs), statuses, at),
        **rolled_up(data_dir, planned, charts),
        **desk_frames(runs, at),
    }
    return frames, sum(part.known for part in cleaned)


def _clean_probes(data_dir: Path, landed_lines: pl.DataFrame, at: datetime) -> CleanProbes:
    tables = (PROBE_RUNS, PROBE_SAMPLES, ENGINE_READINGS)
    known = pl.concat([_known(data_dir, table, landed_lines, at) for table in tables])
    return clean_probes(landed_lines, known, at)


def _known(data_dir: Path, table: Table, landed_lines: pl.DataFrame, before: datetime) -> pl.DataFrame:
    months = set(landed_lines["observed_at"].str.slice(0, 7).unique())
    return known_readings(data_dir, table, months, before)


def _load_row(brought: Refreshed) -> pl.DataFrame:
    row = {
        "load": brought.load,
        "recorded_at": brought.recorded_at,
        "finished_at": datetime.now(UTC),
        "runs": brought.runs,
        "readings": brought.readings,
        "entries": brought.entries,
        "rejects": brought.rejects,
        "known": brought.known,
    }
    return pl.DataFrame([row], schema=SCHEMAS[LOADS.name])


def _set_unreadable_aside(data_dir: Path, planned: loads.Plan) -> bool:
    """Whether a load failed because of some of its runs: they are set aside, and the others are planned anew."""
    if len(_sound(data_dir, planned.runs, landed.unreadable)) == len(planned.runs):
        return False
    if not loads.is_begun(data_dir, planned):
        loads.finish(data_dir)
    return True


def _sound(data_dir: Path, runs: Sequence[str], fault: Callable[[Path], str | None]) -> list[str]:
    """Those of the runs without such a fault; the others are set aside, so that they stop none: `doctor` names them."""
    sound = []
    for run in runs:
        path = data_dir / "landing" / run
        if path.exists() and (why := fault(path)):
            _set_aside(data_dir, run, _UNREADABLE, why)
        else:
            sound.append(run)
    return sound


_UNREADABLE, _FOREIGN = ".unreadable-", ".foreign-"


def unreadable_runs(data_dir: Path) -> dict[str, str]:
    """The landed runs that were set aside because their lines cannot be read, and why."""
    return _put_aside(data_dir, _UNREADABLE)


def foreign_runs(data_dir: Path) -> dict[str, str]:
    """The landed runs that were set aside because they are of another market than the warehouse, and why."""
    return _put_aside(data_dir, _FOREIGN)


def _set_aside(data_dir: Path, run: str, mark: str, why: str) -> None:
    """Put a run out of the way with the reason beside it; one of the same name was made of the same bytes."""
    path, place = data_dir / "landing" / run, data_dir / "landing" / (mark + run)
    (path / "why.txt").write_text(why, "utf-8")
    shutil.rmtree(place, ignore_errors=True)
    path.rename(place)


def _put_aside(data_dir: Path, mark: str) -> dict[str, str]:
    found = (data_dir / "landing").glob(f"{mark}*/why.txt")
    return {path.parent.name.removeprefix(mark): path.read_text("utf-8") for path in sorted(found)}


def _clear(data_dir: Path, planned: loads.Plan) -> None:
    """Remove the landed runs of a complete load: renamed first, so that none is ever seen half gone."""
    for run in planned.runs:
        path = data_dir / "landing" / run
        gone = path.with_name(f".gone-{run}")
        if path.exists():
            path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def _tidy(data_dir: Path) -> None:
    for table in TABLES:
        if lake.compact(data_dir, table):
            lake.vacuum(data_dir, table)


def _publish_what_was_left(data_dir: Path) -> None:
    """Let `essor.duckdb` show the last complete load, whose loader may have been killed before it did."""
    last = loads.last_complete(data_dir)
    if last is not None and not is_published(data_dir, last):
        publish(data_dir, last)
