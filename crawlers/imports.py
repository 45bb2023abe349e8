"""Somebody's tables of facts to readings: history that we did not see ourselves."""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from crawlers.archive import FOLDER
from crawlers.sources import Reading, all_sources
from essor.model.charts import Chart, ChartEntry, ChartReading, Collection
from essor.model.errors import ObservationRejected, SettingsError
from essor.model.listings import Listing, ListingReading
from essor.model.observation import Capture, Evidence, Status
from essor.model.stores import Device, StoreName

IMPORTED = f"{FOLDER}/imported"
"""Where imported tables are kept, below the data folder."""
READINGS, ENTRIES, LISTINGS = "readings.csv", "entries.csv", "listings.csv"
_TABLES = (READINGS, ENTRIES, LISTINGS)
_NUMBERS: dict[str, Callable[[str], float]] = {
    "rating_count": int,
    "installs_exact": int,
    "rating_average": float,
    "price": float,
}


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that breaks a rule: set aside, never lost."""

    file: str
    """The table."""
    offset: int
    """Where the row begins in it, bytes."""
    reason: str
    """One sentence."""
    text: str
    """What the row says, shortened."""


@dataclass(slots=True)
class Imported:
    """What some tables gave."""

    readings: list[Reading] = field(default_factory=list)
    """The readings, each with the place of its row as evidence."""
    rejects: list[RejectedRow] = field(default_factory=list)
    """The rows set aside."""


class _Row(NamedTuple):
    file: str
    """The table, relative to the data folder."""
    offset: int
    cells: dict[str, str]


def adopt_tables(data_dir: Path, folder: Path) -> str:
    """Copies the tables of a folder into the data folder, once, and gives their place there.

    Raises SettingsError when the folder has none of them.
    """
    found = [folder / name for name in _TABLES if (folder / name).is_file()]
    if not found:
        raise SettingsError(f"{folder} has none of {', '.join(_TABLES)}. See crawlers/imports.py for their columns.")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in found)).hexdigest()[:8]
    place = data_dir / IMPORTED / f"{folder.resolve().name}-{digest}"
    place.mkdir(parents=True, exist_ok=True)
    for path in found:
        shutil.copyfile(path, place / path.name)
    return place.relative_to(data_dir).as_posix()


def import_tables(data_dir: Path, place: str, run_id: str) -> Imported:
    """The readings of the tables at `place` in the data folder (`adopt_tables` puts them there).

    `readings.csv` holds looks at charts: reading (a number that ties entries to it), source, country, device,
    collection, category, asked, depth (the rows of the chart, also when only some are given here), status,
    observed_at (ISO 8601 with a zone), source_url, sha256 (of the answer that the facts were read from), origin.
    `entries.csv` holds what was seen in them: reading, rank, app_id, name, developer.
    `listings.csv` holds looks at listings: source, country, app_id, status, observed_at, source_url, sha256, origin,
    and any field of `Listing`. Each table may be missing; empty cells are unknown.
    """
    done = Imported()
    entries = _entries(_rows(data_dir, place, ENTRIES), done)
    for row in _rows(data_dir, place, READINGS):
        _keep(done, row, _chart_reading, run_id, entries.pop(row.cells.get("reading", ""), ()))
    for orphans in entries.values():
        done.rejects += [_rejected(row, "its reading is not in readings.csv") for row, _ in orphans]
    for row in _rows(data_dir, place, LISTINGS):
        _keep(done, row, _listing_reading, run_id)
    return done


def _rows(data_dir: Path, place: str, name: str) -> Iterator[_Row]:
    """The rows of a table, each with the offset at which it begins; a quoted cell may run over lines."""
    path = data_dir / place / name
    if not path.exists():
        return
    with path.open("rb") as file:
        reader = csv.reader(line.decode("utf-8", "replace") for line in iter(file.readline, b""))
        columns = [name.removeprefix("\ufeff") for name in next(reader, [])]
        offset = file.tell()
        for cells in reader:
            yield _Row(f"{place}/{name}", offset, dict(zip(columns, cells, strict=False)))
            offset = file.tell()


def _keep(done: Imported, row: _Row, read: Callable[..., Reading], *arguments: object) -> None:
    try:
        done.readings.append(read(row, *arguments))
    except (KeyError, ValueError, ObservationRejected) as error:
        reason = f"column {error} is missing" if isinstance(error, KeyError) else str(error)
        done.rejects.append(_rejected(row, reason))


def _rejected(row: _Row, reason: str) -> RejectedRow:
    return RejectedRow(row.file, row.offset, reason, ",".join(row.cells.values())[:200])


def _entries(rows: Iterator[_Row], done: Imported) -> dict[str, list[tuple[_Row, ChartEntry]]]:
    found: dict[str, list[tuple[_Row, ChartEntry]]] = defaultdict(list)
    for row in rows:
        cells = row.cells
        try:
            entry = ChartEntry(int(cells["rank"]), cells["app_id"], _text(row, "name"), _text(row, "developer"))
            found[cells["reading"]].append((row, entry))
        except (KeyError, ValueError) as error:
            done.rejects.append(_rejected(row, f"it is no entry: {error}"))
    return found


def _chart_reading(row: _Row, run_id: str, found: Sequence[tuple[_Row, ChartEntry]]) -> ChartReading:
    cells, evidence = row.cells, _evidence(row, run_id)
    chart = Chart(
        _store(evidence.source),
        cells["country"].lower(),
        Collection(cells["collection"]),
        cells["category"],
        Device(cells["device"]),
    )
    entries = tuple(sorted(entry for _, entry in found))
    if len({entry.rank for entry in entries}) < len(entries) or len({entry.app_id for entry in entries}) < len(entries):
        raise ObservationRejected("a rank or an app comes twice among its entries")
    return ChartReading(
        chart=chart,
        asked=int(cells["asked"]),
        status=Status(cells["status"]),
        depth=int(cells["depth"]),
        entries=entries if Status(cells["status"]).usable else (),
        evidence=evidence,
    )


def _listing_reading(row: _Row, run_id: str) -> ListingReading:
    cells, evidence, status = row.cells, _evidence(row, run_id), Status(row.cells["status"])
    return ListingReading(
        store=_store(evidence.source),
        country=cells["country"].lower(),
        app_id=cells["app_id"],
        status=status,
        listing=_listing(row) if status.usable else None,
        evidence=evidence,
    )


def _listing(row: _Row) -> Listing:
    known = {one.name: _text(row, one.name) for one in fields(Listing)}
    numbers = {name: read(text) for name, read in _NUMBERS.items() if (text := known[name]) is not None}
    return Listing(**{**known, **numbers})  # type: ignore[arg-type] # each field is read as its type


def _evidence(row: _Row, run_id: str) -> Evidence:
    cells = row.cells
    observed_at = datetime.fromisoformat(cells["observed_at"])
    if observed_at.tzinfo is None:
        raise ObservationRejected(f"observed_at {cells['observed_at']!r} has no zone")
    capture = Capture(cells["source_url"], observed_at, None, row.file, row.offset, cells["sha256"] or None)
    return Evidence(cells["source"], capture, 0, run_id)


def _store(source: str) -> StoreName:
    store = next((one.store for one in all_sources() if one.name == source), None)
    if store is None:
        raise ObservationRejected(f"{source!r} is no source of essor")
    return store


def _text(row: _Row, column: str) -> str | None:
    return row.cells.get(column) or None
