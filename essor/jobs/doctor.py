"""Looks over settings, folders, tables and archive, and says what is wrong and what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import polars as pl

from crawlers.sources import all_sources, asked_for_signals
from essor.jobs import alerts
from essor.jobs.ask import opened
from essor.jobs.refresh import foreign_runs, landed_runs, unreadable_runs
from essor.model.errors import ArchiveError, WarehouseError
from essor.model.stores import Market
from essor.model.tables import LOADS, TABLES
from essor.settings import Settings, unheeded
from warehouse import lake, loads
from warehouse.connection import Cursor
from warehouse.reads import coverage, health
from warehouse.reads.trace import body

Verdict = Literal["ok", "note", "wrong"]
SAMPLE = 20
"""So many archived answers are read back and hashed."""
COVERED = timedelta(days=7)
"""So far back it is said what became of the readings that were due."""
STALE = timedelta(days=2)
"""Figures older than this are called stale."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    """What."""
    verdict: Verdict
    """ok; note: worth knowing; wrong: something must be done."""
    text: str
    """What was seen, and what to do when it is wrong."""


def examine(settings: Settings) -> list[Finding]:
    """Everything that can be checked without asking a store."""
    return [*_settings(settings), *_alerts(settings), *_folders(settings), *_tables(settings), *_figures(settings)]


def _settings(settings: Settings) -> Iterator[Finding]:
    yield from (Finding("settings", "wrong", told) for told in unheeded(settings))
    if settings.contact:
        yield Finding("contact", "ok", f"The stores see {settings.user_agent}.")
    else:
        yield Finding("contact", "note", 'No contact is set. Add contact = "you@example.org" to essor.toml.')
    known = {source.name for source in (*all_sources(), *asked_for_signals())}
    for name, source in settings.sources.items():
        if name not in known:
            yield Finding("source", "wrong", f"There is no source {name!r}: give one of {', '.join(sorted(known))}.")
        elif not source.obey_robots:
            yield Finding("robots", "note", f"{name} is asked without regard to robots.txt: {source.reason}")


def _alerts(settings: Settings) -> Iterator[Finding]:
    """What each alert lacks, and whether its last message arrived."""
    for one in alerts.standings(settings) if settings.alerts else ():
        if problem := one.trouble or one.last_error:
            yield Finding("alert", "wrong", f"{one.alert} by {one.channel}: {problem}")
        else:
            yield Finding(
                "alert", "ok", f"{one.alert} goes to {one.destination}; last at {one.last_at or 'no time yet'}."
            )


def _folders(settings: Settings) -> Iterator[Finding]:
    data_dir = settings.data_dir
    there = data_dir if data_dir.exists() else data_dir.resolve().parent
    if lake.market(data_dir) is Market.SIMULATED:
        yield Finding("market", "note", f"{data_dir} holds a simulated market: nothing in it is true of the stores.")
    if os.access(there, os.W_OK):
        yield Finding("data folder", "ok", f"{data_dir} can be written.")
    else:
        yield Finding("data folder", "wrong", f"{there} cannot be written. Give another one with --data-dir.")
    for run, why in unreadable_runs(data_dir).items():
        archive = data_dir / "archive" / f"{run}.warc.gz"
        again = f"Run: essor replay {archive}" if archive.exists() else "Do that import, replay or probe again."
        yield Finding("landing", "wrong", f"Run {run} was set aside: {why}. {again}")
    for run, why in foreign_runs(data_dir).items():
        yield Finding("landing", "wrong", f"Run {run} was not loaded: {why} Remove that folder when it is of no use.")
    waiting = landed_runs(data_dir)
    if waiting:
        yield Finding("landing", "note", f"{len(waiting)} runs wait to be loaded. Run: essor refresh")


def _tables(settings: Settings) -> Iterator[Finding]:
    data_dir = settings.data_dir
    try:
        if loads.pending(data_dir) is not None:
            yield Finding("load", "wrong", "A load was begun and not finished. Run: essor refresh")
            return
        last = lake.loaded(data_dir, LOADS)
        ahead = [table.name for table in TABLES if lake.loaded(data_dir, table) > last]
        damaged = [path for table in TABLES for path in lake.damaged(data_dir, table)]
    except WarehouseError as error:
        yield Finding("load", "wrong", str(error))
        return
    if ahead:
        yield Finding("load", "wrong", f"{', '.join(ahead)} hold a load that is not in loads. Restore data/loads.")
    else:
        yield Finding("load", "ok", f"Loads so far: {last}, each complete.")
    if damaged:
        said = f"{len(damaged)} files of the tables are gone or not as long as they were written, as {damaged[0]}"
        yield Finding("tables", "wrong", f"{said}. {_RESTORE}")


_RESTORE = "Restore data/lake from a backup, or replay data/archive."


def _figures(settings: Settings) -> Iterator[Finding]:
    try:
        with opened(settings) as cursor:
            yield from _freshness(cursor)
            yield from _coverage(cursor)
            yield from _evidence(settings, cursor)
    except WarehouseError as error:
        said = str(error).partition("\n")[0]
        yield Finding("tables", "wrong", f"{said}. {_RESTORE}")


def _freshness(cursor: Cursor) -> Iterator[Finding]:
    fresh = health.freshness(cursor)
    last = fresh["last_usable_at"].max() if fresh.height else None
    if not isinstance(last, datetime):
        yield Finding("figures", "note", "There are none yet. Run: essor import history, or essor crawl charts")
        return
    age = datetime.now(UTC) - last
    stale = f" That is {age.days} days ago. Run: essor crawl charts" if age > STALE else ""
    yield Finding("figures", "note" if stale else "ok", f"The newest is of {last:%Y-%m-%d %H:%M} UTC.{stale}")


def _coverage(cursor: Cursor) -> Iterator[Finding]:
    """What became of the readings that were due lately; a kind of crawl a line."""
    found = coverage.by_kind(cursor, since=datetime.now(UTC) - COVERED)
    for row in found.iter_rows(named=True):
        ends = {name: row[name] for name in coverage.OUTCOMES if row[name]}
        said = ", ".join(f"{number:,} {_WORDS[name]}" for name, number in ends.items())
        text = f"{row['kind']}: {row['expected']:,} readings were due in {COVERED.days} days: {said}."
        if sum(ends.values()) != row["expected"]:
            yield Finding("coverage", "wrong", f"{text} That does not add up: report it as a fault of essor.")
        else:
            well = row["had"] + row["nothing"] == row["expected"]
            yield Finding("coverage", "ok" if well else "note", text)


_WORDS = {
    "had": "had",
    "nothing": "not on offer there",
    "refused": "refused by robots.txt or switched off",
    "blocked": "blocked",
    "failed": "failed",
    "wrong": "of another storefront or chart",
    "missed": "missed",
    "not_asked": "not asked",
}


def _evidence(settings: Settings, cursor: Cursor) -> Iterator[Finding]:
    """Read back a sample of archived answers, chosen by their hash so that every run looks at the same ones."""
    sample = cursor.frame(
        """
        SELECT capture_file, capture_offset, sha256 FROM chart_readings
        WHERE NOT imported AND capture_file IS NOT NULL ORDER BY reading_id LIMIT $most
        """,
        most=SAMPLE,
    )
    broken = [problem for row in sample.iter_rows(named=True) if (problem := _unreadable(settings, row))]
    if broken:
        yield Finding("archive", "wrong", f"{len(broken)} of {sample.height} archived answers: {broken[0]}")
    elif sample.height:
        yield Finding("archive", "ok", f"{sample.height} archived answers read back, each with its SHA-256.")
    files = [settings.data_dir / file for file in health.captures(cursor)["capture_file"]]
    if gone := [file for file in files if not file.exists()]:
        said = f"{len(gone)} of {len(files)} files that figures lead back to are gone, as {gone[0]}."
        yield Finding("archive", "wrong", f"{said} Restore them from a backup of the archive.")
    yield from _set_aside(health.rejects(cursor))


def _set_aside(rejects: pl.DataFrame) -> Iterator[Finding]:
    for row in rejects.iter_rows(named=True):
        text = f"{row['rejects']} facts of {row['kind']} for {row['reason']}, as {row['example']!r}."
        yield Finding("set aside", "note", text)


def _unreadable(settings: Settings, row: dict[str, object]) -> str | None:
    file, offset, sha256 = str(row["capture_file"]), int(str(row["capture_offset"])), str(row["sha256"])
    try:
        archived = body(settings.data_dir, file, offset, sha256)
    except ArchiveError as error:
        return str(error)
    return None if archived.matches else f"{file} at {offset} holds other bytes than were read. Restore it."
