"""Loads what has landed: every run exactly once, whatever kills the loader."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from essor.jobs.metrics import desk_frames, rolled_up
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
from pipeline.clean.signals import clean_signals
from pipeline.schemas import SCHEMAS
from warehouse import lake, loads
from warehouse.export import publish
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

    Raises WarehouseError when the plan of an unfinished load cannot be read.
    """
    data_dir = settings.data_dir
    done: list[Refreshed] = []
    with loads.loader_lock(data_dir):
        while planned := loads.pending(data_dir) or _next_plan(data_dir):
            if not loads.is_complete(data_dir, planned):
                _set_unreadable_aside(data_dir, planned)
                done.append(_load(data_dir, planned))
            _clear(data_dir, planned)
            loads.finish(data_dir)
        if done:
            _tidy(data_dir)
            publish(data_dir, loads.last_complete(data_dir))
    return done


def landed_runs(data_dir: Path) -> list[str]:
    """The whole runs that wait to be loaded, the oldest first."""
    folder = data_dir / "landing"
    if not folder.exists():
        return []
    found = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    return [path.name for path in sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))]


def _next_plan(data_dir: Path) -> loads.Plan | None:
    waiting = landed_runs(data_dir)
    return loads.plan(data_dir, waiting[:RUNS_PER_LOAD], datetime.now(UTC)) if waiting else None


def _load(data_dir: Path, planned: loads.Plan) -> Refreshed:
    """Append what the planned runs hold, table by table; the row in `loads`, written last, makes it visible."""
    frames, known = _frames(data_dir, planned)
    for table in TABLES:
        if table is not LOADS:
            lake.append(data_dir, table, frames[table.name], planned.load)
    brought = Refreshed(
        load=planned.load,
        recorded_at=planned.recorded_at,
        runs=frames[RUNS.name].height,
        readings=sum(frames[table.name].height for table in _LOOKS),
        entries=frames[CHART_ENTRIES.name].height,
        rejects=frames[REJECTS.name].height,
        known=known,
    )
    lake.append(data_dir, LOADS, _load_row(brought), planned.load)
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
        REJECTS.name: pl.concat([part.rejects for part in cleaned]),
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


def _set_unreadable_aside(data_dir: Path, planned: loads.Plan) -> None:
    """Keep a run whose lines cannot be read out of the way, so that it does not stop the others; `doctor` names it."""
    for run in planned.runs:
        path = data_dir / "landing" / run
        if path.exists() and (why := landed.unreadable(path)):
            path.rename(path.with_name(f".unreadable-{run}"))
            (path.with_name(f".unreadable-{run}") / "why.txt").write_text(why, "utf-8")


def unreadable_runs(data_dir: Path) -> dict[str, str]:
    """The landed runs that were set aside, and why."""
    found = (data_dir / "landing").glob(".unreadable-*/why.txt")
    return {path.parent.name.removeprefix(".unreadable-"): path.read_text("utf-8") for path in sorted(found)}


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
