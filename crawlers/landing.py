"""Readings written as they come, one a line, and shown to the others when their run is whole."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from crawlers.answers import readings
from crawlers.archive import FOLDER, read_archive, whole_length
from crawlers.sources import Reading
from essor.model.charts import ChartReading, chart_reading_id
from essor.model.errors import ArchiveError
from essor.model.listings import Listing, ListingReading, listing_reading_id
from essor.model.observation import Capture, Evidence

_ENCODER = msgspec.json.Encoder()
_FILES = ("charts.jsonl", "listings.jsonl", "names.jsonl")
_LOCK = "run.lock"
_RUN = "run.json"


class RunRecord(msgspec.Struct, frozen=True):
    """What `run.json` holds."""

    run_id: str
    kind: str
    """What it did, as in ``"crawl charts"``."""
    started_at: str
    """UTC, ISO 8601 to the microsecond; so is the next."""
    finished_at: str
    result: str
    """``"finished"``, ``"stopped"`` or ``"recovered"``."""
    asked: int
    """How many readings the run expected to bring."""
    note: str | None
    """What a person should know of it."""


class _Started(msgspec.Struct):
    kind: str
    started_at: str
    asked: int
    note: str | None = None


class Landing:
    """One run's folder in the making. Others see it when `finish` has renamed it into place."""

    def __init__(
        self, data_dir: Path, run_id: str, kind: str, started_at: datetime, *, asked: int = 0, note: str | None = None
    ) -> None:
        self.run_id = run_id
        self.landed = 0
        """How many readings have landed."""
        self._data_dir = data_dir
        self._started = _Started(kind, moment(started_at), asked, note)
        self._folder = incoming(data_dir) / run_id
        self._lock = _create_locked(self._folder, _ENCODER.encode(self._started))
        self._open_files()

    def add(self, reading: Reading) -> str:
        """Writes one reading through to the system and gives its id; the names it bears are written before it."""
        if isinstance(reading, ChartReading):
            reading_id, line = _chart_line(reading, [self._name(reading, *entry[1:]) for entry in reading.entries])
            self._write("charts.jsonl", line)
        else:
            reading_id, line = _listing_line(reading)
            self._write("listings.jsonl", line)
        self.landed += 1
        return reading_id

    def finish(self, result: str, finished_at: datetime, *, asked: int | None = None, note: str | None = None) -> Path:
        """Writes `run.json`, shows the run to the others and gives its folder."""
        started = self._started
        notes = [text for text in (started.note, note) if text]
        whole = RunRecord(
            self.run_id,
            started.kind,
            started.started_at,
            moment(finished_at),
            result,
            started.asked if asked is None else asked,
            "; ".join(notes) or None,
        )
        _write_whole(self._folder / _RUN, _ENCODER.encode(whole))
        return self._show()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Lets go of a run that was not finished: the next `recover` completes it."""
        self._close()

    def _open_files(self) -> None:
        """Opens the lines to write on; knows the names that are there already."""
        self._files = {name: (self._folder / name).open("ab", buffering=0) for name in _FILES}
        self._names = {line["name_id"] for line in _lines(self._folder / "names.jsonl")}

    def _name(self, reading: ChartReading, app_id: str, name: str | None, developer: str | None) -> int:
        store = reading.chart.store
        key = name_id(store, app_id, name, developer)
        if key not in self._names:
            self._names.add(key)
            line = {"name_id": key, "store": store, "app_id": app_id, "name": name, "developer": developer}
            self._write("names.jsonl", _ENCODER.encode(line))
        return key

    def _write(self, file: str, line: bytes) -> None:
        self._files[file].write(line + b"\n")

    def _show(self) -> Path:
        for file in self._files.values():
            os.fsync(file.fileno())
        place = self._data_dir / "landing" / self.run_id
        self._folder.rename(place)
        (place / _LOCK).unlink(missing_ok=True)
        self._close()
        return place

    def _close(self) -> None:
        for file in self._files.values():
            file.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def incoming(data_dir: Path) -> Path:
    """Where runs in the making are."""
    return data_dir / "landing" / ".incoming"


def moment(at: datetime) -> str:
    """A time as every line has it: UTC, ISO 8601, always with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


@lru_cache(maxsize=200_000)
def name_id(store: str, app_id: str, name: str | None, developer: str | None) -> int:
    """The 63-bit key of a name: the same on every host."""
    text = "\x1f".join((store, app_id, name or "", developer or ""))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def reading_id_of(reading: Reading) -> str:
    """The id of a reading that has its evidence."""
    evidence = _evidence(reading)
    observed_at = moment(evidence.capture.observed_at)
    if isinstance(reading, ChartReading):
        return chart_reading_id(evidence.source, reading.chart, observed_at)
    return listing_reading_id(evidence.source, reading.store, reading.country, reading.app_id, observed_at)


def _evidence(reading: Reading) -> Evidence:
    if reading.evidence is None:
        raise ValueError(f"a reading without evidence cannot land: {reading}")
    return reading.evidence


def _chart_line(reading: ChartReading, name_ids: list[int]) -> tuple[str, bytes]:
    evidence, chart, reading_id = _evidence(reading), reading.chart, reading_id_of(reading)
    line = {
        "reading_id": reading_id,
        "source": evidence.source,
        "store": chart.store,
        "country": chart.country,
        "device": chart.device,
        "collection": chart.collection,
        "category": chart.category,
        "asked": reading.asked,
        "status": reading.status,
        "message": reading.message,
        "depth": reading.depth,
        **_evidence_fields(evidence),
        "ranks": [entry.rank for entry in reading.entries],
        "name_ids": name_ids,
        "rejects": [reject._asdict() for reject in reading.rejects],
    }
    return reading_id, _ENCODER.encode(line)


def _listing_line(reading: ListingReading) -> tuple[str, bytes]:
    evidence, reading_id = _evidence(reading), reading_id_of(reading)
    line = {
        "reading_id": reading_id,
        "source": evidence.source,
        "store": reading.store,
        "country": reading.country,
        "app_id": reading.app_id,
        "status": reading.status,
        "message": reading.message,
        **_evidence_fields(evidence),
        **asdict(reading.listing or Listing()),
    }
    return reading_id, _ENCODER.encode(line)


def _evidence_fields(evidence: Evidence) -> dict[str, Any]:
    capture = evidence.capture
    return {
        "observed_at": moment(capture.observed_at),
        "source_url": capture.url,
        "http_status": capture.http_status,
        "capture_file": capture.file,
        "capture_offset": capture.offset,
        "sha256": capture.sha256,
        "parser_version": evidence.parser_version,
        "run_id": evidence.run_id,
        "imported": evidence.imported,
    }
