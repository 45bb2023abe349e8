"""Tables of past figures, one row a subject and moment, as collections of them are published."""

from __future__ import annotations

import csv
import io
import math
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from crawlers.signals._json import day, moment
from essor.model.errors import FetchError, LayoutChanged
from essor.model.observation import Status
from essor.model.signals import Metric, SignalKind, SignalPoint, SignalReading, falls

_GZIP_MAGIC = b"\x1f\x8b"
_LONGEST_TABLE = 1 << 28
"""Bytes that a table may have when unpacked; the largest known, a CrUX list, has about 30 million."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a table are what."""

    when: str
    """The column of the month, day or moment."""
    subject: str
    """The column of the subject."""
    values: Mapping[str, Metric]
    """The columns of figures, and what they are."""
    text: str | None = None
    """The column of the figure as the source wrote it."""
    key: Callable[[str], str] = str
    """From what stands in the subject column to the source's key."""


def read_series(body: bytes, source: str, columns: Columns) -> tuple[SignalReading, ...]:
    """One reading a subject and figure, as `source` would give them; a figure that is missing gives no point.

    Raises LayoutChanged when a column is missing, FetchError when the table is cut short or has no row.
    """
    rows = table(body, (columns.when, columns.subject, *columns.values))
    points: dict[tuple[str, str], list[SignalPoint | None]] = {}
    for row in rows:
        for name, metric in columns.values.items():
            subject = columns.key(row[columns.subject] or "")
            if said := row[name] or "":
                points.setdefault((subject, name), []).append(_point(said, row, columns, metric))
    if not points:
        raise FetchError("the table has no figure")
    return tuple(_reading(source, subject, columns.values[name], found) for (subject, name), found in points.items())


def table(body: bytes, needed: Iterable[str]) -> Iterator[dict[str, str | None]]:
    """The rows of a CSV table, plain or gzipped, by column name.

    Raises LayoutChanged when it has not the columns needed, FetchError when its last line is cut.
    """
    whole = unpacked(body)
    if not whole.endswith(b"\n"):
        raise FetchError(f"the table is cut short: its last line does not end, after {len(whole):,} bytes")
    try:
        rows = csv.DictReader(io.StringIO(whole.decode("utf-8-sig"), newline=""))
        lacks = [name for name in needed if name not in (rows.fieldnames or ())]
    except (UnicodeDecodeError, csv.Error) as error:
        raise LayoutChanged(f"the answer is no CSV table: {error}") from error
    if lacks:
        raise LayoutChanged(f"the table has no column {lacks[0]!r}")
    return _rows(rows)


def unpacked(body: bytes) -> bytes:
    """A file without its gzip. Raises FetchError when it is cut short or cannot be unpacked."""
    if not body.startswith(_GZIP_MAGIC):
        return body
    inflater = zlib.decompressobj(zlib.MAX_WBITS + 16)
    try:
        whole = inflater.decompress(body, _LONGEST_TABLE)
    except zlib.error as error:
        raise FetchError(f"the file cannot be unpacked: {error}") from error
    if not inflater.eof:
        raise FetchError(f"the file is cut short: its gzip ends after {len(body):,} bytes")
    return whole


def figure(said: str) -> float | None:
    """The number that a cell holds; None when it is no possible count."""
    try:
        value = float(said)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _rows(rows: csv.DictReader[str]) -> Iterator[dict[str, str | None]]:
    try:
        yield from rows
    except csv.Error as error:
        raise LayoutChanged(f"the answer is no CSV table: {error}") from error


def _point(said: str, row: Mapping[str, str | None], columns: Columns, metric: Metric) -> SignalPoint | None:
    """A figure in its month, on its day, or as of its moment; None when it has no value or no date."""
    value, when = figure(said), row[columns.when] or ""
    text = row.get(columns.text) if columns.text else None
    if value is None:
        return None
    if month := day(f"{when}-01"):
        return SignalPoint.of_month(month, value, text)
    if on := day(when):
        return (
            SignalPoint.of_day(on, value) if metric.kind is SignalKind.DAILY else SignalPoint(value, None, when, text)
        )
    return SignalPoint(value, None, found, text) if (found := moment(when)) else None


def _reading(source: str, subject: str, metric: Metric, found: list[SignalPoint | None]) -> SignalReading:
    points = tuple(sorted((point for point in found if point is not None), key=lambda point: point.end or ""))
    odd = len(found) - len(points)
    notes = [f"{odd} rows have no figure or no date"] if odd else []
    if metric.kind is SignalKind.CUMULATIVE and (lower := falls(points)):
        notes.append(f"{len(lower)} of {len(points)} figures are lower than the one before")
    status = Status.FAILED if not points else Status.PARTIAL if odd else Status.COMPLETE
    return SignalReading(source, subject, metric, status, "; ".join(notes) or None, points)
