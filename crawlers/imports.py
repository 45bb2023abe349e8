"""Somebody's tables of facts to readings: history that we did not see ourselves."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import math
import re
import shutil
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar

import msgspec

from crawlers.answers import Answer, readings
from crawlers.archive import FOLDER, Archive
from crawlers.mapping import MappedAnswer, Mapping, signal_columns
from crawlers.signals._series import Columns, figure, read_series
from crawlers.signals.openrouter import read_page_copy
from crawlers.sources import Reading, all_sources, recognise
from essor.model.charts import Chart, ChartEntry, ChartReading, Collection
from essor.model.errors import FetchError, LayoutChanged, ObservationRejected, SettingsError
from essor.model.listings import Listing, ListingReading
from essor.model.notes import Note, note
from essor.model.observation import Capture, Evidence, Status
from essor.model.signals import SignalReading
from essor.model.stores import Device, StoreName, storefront_of

Read = TypeVar("Read")
Word = TypeVar("Word", bound=StrEnum)
IMPORTED = f"{FOLDER}/imported"
"""Where imported tables are kept, below the data folder."""
READINGS, ENTRIES, LISTINGS = "readings.csv", "entries.csv", "listings.csv"
_TABLES = (READINGS, ENTRIES, LISTINGS)


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that breaks a rule: set aside, never lost."""

    file: str
    """The table."""
    offset: int
    """Where the row begins in it, bytes."""
    reason: Note | str
    """Why, in one sentence."""
    text: str
    """What the row says, shortened."""

    def note(self, table: str | None = None) -> Note:
        """What is said of it in its run, with the name that its reader knows the table by."""
        return note("row", file=table or self.file, byte=self.offset, why=self.reason)


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
    """What stands in it, by essor's names once it is mapped."""
    columns: dict[str, str]
    """The table's own names of those that a mapping renames."""


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


def adopt_table(data_dir: Path, path: Path) -> str:
    """Copies a table into the data folder, once, without its gzip, and gives its place there.

    A CSV table keeps its bytes, so that an offset leads to a row. A Parquet table is read from the JSON lines that
    stand beside it (`pipeline.tables` writes them). Raises SettingsError for a file of another kind, or one that
    cannot be unpacked.
    """
    name = path.name.removesuffix(".gz")
    suffix = _SUFFIXES.get(Path(name).suffix)
    if suffix is None:
        raise SettingsError(f"{path} is no table: give {', '.join(_SUFFIXES)} (also .gz) or a WARC file.")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:8]
    place = data_dir / IMPORTED / f"{Path(name).stem}-{digest}{suffix}"
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f"{place.name}.part")
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as source, part.open("wb") as kept:
            try:
                shutil.copyfileobj(source, kept)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise SettingsError(f"{path} cannot be unpacked: it is cut short, or no gzip file.") from error
        part.rename(place)
    return place.relative_to(data_dir).as_posix()


_SUFFIXES = {".csv": ".csv", ".jsonl": ".jsonl", ".ndjson": ".jsonl", ".json": ".json", ".parquet": ".parquet"}


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
        done.rejects += [_rejected(row, note("no_reading")) for row, _ in orphans]
    for row in _rows(data_dir, place, LISTINGS):
        _keep(done, row, _listing_reading, run_id)
    return done


def import_table(data_dir: Path, file: str, mapping: Mapping, run_id: str, called: str = "") -> Imported:
    """The readings of one table in the data folder (CSV or JSON lines), by its mapping: ranks, ratings or signals.

    Errors name it as it is `called` by whoever gave it.
    """
    done, called = Imported(), called or file
    if mapping.kind == "signals":
        return _import_signals(data_dir, file, mapping, run_id, called)
    rows = [_mapped(row, mapping) for row in _table_rows(data_dir, file, called)]
    if mapping.kind == "ratings":
        for row in rows:
            _keep(done, _with_hash([row]), _listing_reading, run_id)
        return done
    charts: dict[tuple[str | None, ...], list[_Row]] = defaultdict(list)
    for row in rows:
        charts[tuple(row.cells.get(name) for name in _OF_CHART)].append(row)
    for found in charts.values():
        head, entries = _with_hash(found), _entries((_named(row) for row in found), done).get("", [])
        _keep(
            done, head._replace(cells=_chart_cells(head.cells, mapping, len(entries))), _chart_reading, run_id, entries
        )
    return done


def import_answer(body: bytes, said: MappedAnswer, archive: Archive, run_id: str) -> Imported:
    """The readings of a file that is the body of an answer; it is archived first, so that they lead back to it."""
    answer = Answer(said.url, said.http_status, (), body, said.observed_at.astimezone(UTC))
    if recognise(said.url) is None:
        return Imported([], [RejectedRow(said.file, 0, note("no_address"), said.url)])
    return Imported(list(readings(answer, archive.keep(answer), run_id)))


def _import_signals(data_dir: Path, file: str, mapping: Mapping, run_id: str, called: str) -> Imported:
    try:
        found, places = _read_signals(data_dir, file, mapping, called)
    except (FetchError, LayoutChanged) as error:
        return Imported([], [RejectedRow(file, 0, str(error), "")])
    done = Imported()
    for reading in found:
        place = places.get((reading.subject, reading.metric.name), 0)
        if reading.points:
            done.readings.append(replace(reading, evidence=_evidence_of_series(reading, file, place, mapping, run_id)))
        else:
            done.rejects.append(RejectedRow(file, place, reading.message or note("no_figure"), reading.subject))
    return done


def _read_signals(data_dir: Path, file: str, mapping: Mapping, called: str) -> tuple[Sequence[SignalReading], _Places]:
    """The readings of a table of figures, and where the newest figure of each stands; a form of its own has no rows."""
    body = (data_dir / file).read_bytes()
    if mapping.reader:
        if mapping.reader not in READERS:
            raise SettingsError(f"There is no reader {mapping.reader!r}: give one of {', '.join(READERS)}.")
        return READERS[mapping.reader](body), {}
    columns, rows = signal_columns(mapping), list(_table_rows(data_dir, file, called))
    table = _as_csv(rows) if file.endswith(".jsonl") else body
    return read_series(table, mapping.source, columns), _places(rows, columns)


def _places(rows: Sequence[_Row], columns: Columns) -> _Places:
    """Where the row of each series' newest figure begins, by its subject and metric."""
    return {
        (columns.key(row.cells.get(columns.subject, "")), metric.name): row.offset
        for row in sorted(rows, key=lambda row: row.cells.get(columns.when, ""))
        for column, metric in columns.values.items()
        if figure(row.cells.get(column, "")) is not None
    }


_Places = dict[tuple[str, str], int]


def _evidence_of_series(reading: SignalReading, file: str, offset: int, mapping: Mapping, run_id: str) -> Evidence:
    """A series was observed when its table was made: when the mapping says, else when its last period was over."""
    ends = [datetime.fromisoformat(point.end) for point in reading.points if point.end]
    last = max((end if end.tzinfo else end.replace(tzinfo=UTC) for end in ends), default=None)
    at = mapping.observed_at or last
    if at is None:
        raise SettingsError("The table gives no time: write observed_at = 2026-10-08T00:00:00Z into the mapping.")
    digest = hashlib.sha256(repr((reading.metric.name, reading.points)).encode()).hexdigest()
    return Evidence(reading.source, Capture(mapping.origin, at, None, file, offset, digest), 0, run_id)


READERS: dict[str, Callable[[bytes], tuple[SignalReading, ...]]] = {"openrouter_page": read_page_copy}
"""Forms of their own in which figures have been collected, by the name that a mapping gives."""
_OF_CHART = ("country", "device", "collection", "category", "observed_at")


def _mapped(row: _Row, mapping: Mapping) -> _Row:
    """The row with essor's names for its cells."""
    cells = {"source": mapping.source, "source_url": mapping.origin, "status": "complete", "sha256": ""}
    cells |= mapping.constants | {name: row.cells.get(column, "") for name, column in mapping.columns.items()}
    moment = cells.get("observed_at", "").replace(" ", "T", 1)
    if mapping.zone and not re.search(r"(Z|[+-]\d\d:?\d\d)$", moment):
        moment += mapping.zone
    return row._replace(cells=cells | {"observed_at": moment}, columns=mapping.columns)


def _named(row: _Row) -> _Row:
    return row._replace(cells=row.cells | {"reading": ""})


def _with_hash(rows: Sequence[_Row]) -> _Row:
    """The first row, with the hash of them all where the table gives none: a changed table gives a better reading."""
    said = "\n".join(repr(sorted(row.cells.items())) for row in rows)
    head = rows[0]
    return head._replace(
        cells=head.cells | {"sha256": head.cells["sha256"] or hashlib.sha256(said.encode()).hexdigest()}
    )


def _chart_cells(cells: dict[str, str], mapping: Mapping, entries: int) -> dict[str, str]:
    """What a table of ranks leaves unsaid: without a depth and without `whole`, an app that is missing says nothing."""
    depth = cells.get("depth") or str(entries)
    known = mapping.whole or "depth" in cells
    status = cells["status"] if known or cells["status"] != "complete" else "partial"
    return {"device": "iphone", **cells, "depth": depth, "asked": cells.get("asked") or depth, "status": status}


def _table_rows(data_dir: Path, file: str, called: str) -> Iterator[_Row]:
    if not file.endswith(".jsonl"):
        place, _, name = file.rpartition("/")
        yield from _rows(data_dir, place, name, called)
        return
    with (data_dir / file).open("rb") as lines:
        offset = 0
        for line in lines:
            if line.strip():
                facts = _facts(called, offset, line)
                cells = {name: "" if value is None else str(value) for name, value in facts.items()}
                yield _Row(file, offset, cells, {})
            offset += len(line)


def _facts(file: str, offset: int, line: bytes) -> dict[str, Any]:
    text = _utf8(file, offset, line)
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise SettingsError(f"{file} byte {offset} is no line of a JSON object: {error}.") from error


def _utf8(file: str, offset: int, line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{file} byte {offset + error.start} is not UTF-8: save the table in that encoding."
        ) from error


def _as_csv(rows: Sequence[_Row]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(name for row in rows for name in row.cells)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.cells for row in rows)
    return out.getvalue().encode()


def _rows(data_dir: Path, place: str, name: str, called: str = "") -> Iterator[_Row]:
    """The rows of a table, each with the offset at which it begins; a quoted cell may run over lines."""
    path = data_dir / place / name
    if not path.exists():
        return
    with path.open("rb") as file:
        lines = _csv_lines(file, called or name)
        columns = _head(lines, called or name)
        offset = file.tell()
        for cells in lines:
            if cells:
                yield _Row(f"{place}/{name}", offset, dict(zip(columns, cells, strict=False)), {})
            offset = file.tell()


def columns_of(table: Path, called: str) -> list[str]:
    """The columns that a CSV table names. Raises SettingsError when one comes twice, or when it is no UTF-8."""
    with table.open("rb") as file:
        return _head(_csv_lines(file, called), called)


def _head(lines: Iterator[list[str]], name: str) -> list[str]:
    columns = [column.removeprefix("\ufeff") for column in next(lines, [])]
    twice = [column for column, count in Counter(columns).items() if column and count > 1]
    if twice:
        raise SettingsError(f"{name} has the column {twice[0]!r} twice: rename one of them, or leave it out.")
    return columns


def _csv_lines(file: BinaryIO, name: str) -> Iterator[list[str]]:
    """The cells of each row. It reads no further than the row it gives, so that `file` tells where the next begins."""
    offset = 0
    try:
        for cells in csv.reader(_utf8(name, file.tell() - len(line), line) for line in iter(file.readline, b"")):
            offset = file.tell()
            yield cells
    except csv.Error as error:
        raise SettingsError(f"{name} byte {offset}: {error}. Is a quotation mark left open there?") from error


def _keep(done: Imported, row: _Row, read: Callable[..., Reading], *arguments: object) -> None:
    try:
        done.readings.append(read(row, *arguments))
    except (ObservationRejected, SettingsError) as error:
        done.rejects.append(_rejected(row, error.args[0]))


def _rejected(row: _Row, reason: Note | str) -> RejectedRow:
    return RejectedRow(row.file, row.offset, reason, ",".join(row.cells.values())[:200])


def _entries(rows: Iterator[_Row], done: Imported) -> dict[str, list[tuple[_Row, ChartEntry]]]:
    found: dict[str, list[tuple[_Row, ChartEntry]]] = defaultdict(list)
    for row in rows:
        try:
            entry = ChartEntry(_count(row, "rank"), _said(row, "app_id"), _text(row, "name"), _text(row, "developer"))
            found[row.cells.get("reading", "")].append((row, entry))
        except ObservationRejected as error:
            done.rejects.append(_rejected(row, note("no_entry", why=error.args[0])))
    return found


def _chart_reading(row: _Row, run_id: str, found: Sequence[tuple[_Row, ChartEntry]]) -> ChartReading:
    evidence, status = _evidence(row, run_id), _word(row, "status", Status)
    store = _store(evidence.source)
    chart = Chart(
        store,
        _country(store, row),
        _word(row, "collection", Collection),
        _said(row, "category"),
        _word(row, "device", Device),
    )
    entries = tuple(sorted(entry for _, entry in found))
    if len({entry.rank for entry in entries}) < len(entries) or len({entry.app_id for entry in entries}) < len(entries):
        raise ObservationRejected(note("twice"))
    return ChartReading(
        chart=chart,
        asked=_count(row, "asked"),
        status=status,
        depth=_count(row, "depth"),
        entries=entries if status.usable else (),
        evidence=evidence,
    )


def _listing_reading(row: _Row, run_id: str) -> ListingReading:
    evidence, status = _evidence(row, run_id), _word(row, "status", Status)
    store = _store(evidence.source)
    return ListingReading(
        store=store,
        country=_country(store, row),
        app_id=_said(row, "app_id"),
        status=status,
        listing=_listing(row) if status.usable else None,
        evidence=evidence,
    )


def _listing(row: _Row) -> Listing:
    known: dict[str, Any] = {one.name: _text(row, one.name) for one in fields(Listing)}
    counts = {name: _count(row, name) for name in _COUNTS if known[name] is not None}
    numbers = {name: _read(row, name, _number, "no_number") for name in _NUMBERS if known[name] is not None}
    return Listing(**{**known, **counts, **numbers})


_COUNTS = ("rating_count", "installs_exact", "installs_bucket", *(f"stars_{stars}" for stars in range(1, 6)))
_NUMBERS = ("rating_average", "price")


def _evidence(row: _Row, run_id: str) -> Evidence:
    at = _read(row, "observed_at", _moment, "no_moment")
    sha256 = row.cells.get("sha256") or None
    capture = Capture(_said(row, "source_url"), at, None, row.file, row.offset, sha256)
    return Evidence(_said(row, "source"), capture, 0, run_id)


def _store(source: str) -> StoreName:
    store = next((one.store for one in all_sources() if one.name == source), None)
    if store is None:
        raise ObservationRejected(note("no_source", said=source))
    return store


def _country(store: StoreName, row: _Row) -> str:
    said = _said(row, "country")
    try:
        return storefront_of(store, said)
    except SettingsError as error:
        raise ObservationRejected(note("uk_is_gb" if said.lower() == "uk" else "no_storefront", said=said)) from error


def _text(row: _Row, column: str) -> str | None:
    return row.cells.get(column) or None


def _said(row: _Row, column: str) -> str:
    """What a cell must say. Raises ObservationRejected when it is not there, or says nothing."""
    text = row.cells.get(column)
    if text is None or not text.strip():
        raise ObservationRejected(
            note("column_missing" if text is None else "column_empty", column=_named_by(row, column))
        )
    return text


def _read(row: _Row, column: str, read: Callable[[str], Read], code: str, **values: str) -> Read:
    """What a cell says, read. Raises ObservationRejected that names the column, and what stands there instead."""
    text = _said(row, column)
    try:
        return read(text)
    except (ValueError, OverflowError) as error:
        told = note(code, column=_named_by(row, column), said=text, **values)
        raise ObservationRejected(told) from error


def _named_by(row: _Row, column: str) -> str:
    return row.columns.get(column, column)


def _word(row: _Row, column: str, words: type[Word]) -> Word:
    return _read(row, column, words, "no_word", words=", ".join(words))


def _count(row: _Row, column: str) -> int:
    return _read(row, column, _whole, "no_count")


def _whole(text: str) -> int:
    number = int(text)
    if not 0 <= number < 1 << 53:
        raise ValueError(text)
    return number


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)
