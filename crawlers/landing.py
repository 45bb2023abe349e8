"""Readings written as they come, one a line, and shown to the others when their run is whole."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from crawlers.sources import Reading
from essor.model.charts import ChartReading, chart_reading_id
from essor.model.errors import SettingsError
from essor.model.listings import Listing, ListingReading, listing_reading_id
from essor.model.observation import Evidence
from essor.model.pauses import Pause
from essor.model.reviews import ReviewsReading, reviews_reading_id
from essor.model.signals import SignalReading, signal_reading_id
from essor.model.stores import Market

_ENCODER = msgspec.json.Encoder()
_NAMES, _EXPECTED = "names.jsonl", "expected.jsonl"
_READINGS = ("charts.jsonl", "listings.jsonl", "reviews.jsonl", "signals.jsonl")
_PAUSES, _PROBES = "pauses.jsonl", "probes.jsonl"
_FILES = (*_READINGS, _NAMES, _PAUSES, _PROBES)
_LOCK = "run.lock"
_RUN = "run.json"


class RunRecord(msgspec.Struct, frozen=True):
    """What `run.json` holds."""

    run_id: str
    """Its name, which is also its WARC file's."""
    kind: str
    """What it did, as in ``"crawl charts"``."""
    started_at: str
    """UTC, ISO 8601 to the microsecond."""
    finished_at: str | None
    """The same; None for a run that was killed."""
    result: str
    """``"complete"``, ``"stopped"``, ``"recovered"``, ``"failed"`` or ``"missed"``."""
    asked: int
    """How many readings it set out to bring."""
    note: str | None
    """What there is to say of it."""
    markets: tuple[Market, ...] = ()
    """Which markets its facts are of: one, or none when it has no facts; both is a fault."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a run sets out to bring of one source and storefront, or of one signal."""

    source: str
    """The source's name; ``"none"`` for what no source offers."""
    country: str | None
    """The storefront; None for signals."""
    subject: str | None
    """The signal's key, which stands for what is below it too; None for stores."""
    expected: int
    """How many readings."""


class _Begun(msgspec.Struct, frozen=True):
    """What is known of a run from its first moment; kept in its lock file, where `recover` finds it."""

    kind: str
    started_at: str
    asked: int
    note: str | None
    imported: bool
    market: Market | None = None


class Landing:
    """One run's folder in the making. Others see it when `finish` has renamed it into place."""

    def __init__(self, data_dir: Path, run_id: str, lock: int) -> None:
        self.run_id = run_id
        """The run's name."""
        self._begun = msgspec.json.decode(os.pread(lock, 1 << 16, 0), type=_Begun)
        self._lock = lock
        self._folder = incoming(data_dir) / run_id
        self._place = data_dir / "landing" / run_id
        self._files = {name: (self._folder / name).open("ab", buffering=0) for name in _FILES}
        self._names = {line["name_id"] for line in self._lines(_NAMES)}
        self._markets = {self._begun.market} if self._begun.market else set[Market]()

    @classmethod
    def begin(
        cls,
        data_dir: Path,
        run_id: str,
        kind: str,
        started_at: datetime,
        *,
        asked: int = 0,
        note: str | None = None,
        imported: bool = False,
        market: Market | None = None,
        expected: Sequence[Expected] = (),
    ) -> Self:
        """A new run's landing; `imported` when its facts are from somebody's table and not from bytes we hold.

        `market` is given where no answer will say it.

        The folder appears under its name when it is locked already, so that `recover` never takes it for a dead one.
        Raises SettingsError when there is such a run.
        """
        if (incoming(data_dir) / run_id).exists() or (data_dir / "landing" / run_id).exists():
            raise SettingsError(f"There is a run {run_id} already: wait until it is loaded, or give another name.")
        unborn = incoming(data_dir) / f".{run_id}"
        unborn.mkdir(parents=True, exist_ok=True)
        lock = os.open(unborn / _LOCK, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
        if not _taken(lock):
            raise SettingsError(f"Another process is beginning the run {run_id}: give another name.")
        (unborn / _EXPECTED).write_bytes(_expected_lines(run_id, kind, started_at, expected))
        os.write(lock, _ENCODER.encode(_Begun(kind, moment(started_at), asked, note, imported, market)))
        unborn.rename(incoming(data_dir) / run_id)
        return cls(data_dir, run_id, lock)

    @classmethod
    def resume(cls, data_dir: Path, run_id: str) -> Self | None:
        """The landing of a run whose process is gone, its cut lines dropped; None while it lives or has landed."""
        folder = incoming(data_dir) / run_id
        try:
            lock = os.open(folder / _LOCK, os.O_RDWR)
        except FileNotFoundError:  # it has landed meanwhile
            return None
        if not _taken(lock):
            return None
        if not folder.exists():  # the same, between the two lines above
            os.close(lock)
            return None
        for name in _FILES:
            _drop_cut_line(folder / name)
        return cls(data_dir, run_id, lock)

    def landed(self) -> set[str]:
        """The ids of the readings that have landed, those of a latency probe included."""
        return {line["reading_id"] for name in (*_READINGS, _PROBES) for line in self._lines(name)}

    def add(self, reading: Reading) -> None:
        """Writes one reading through to the system; the names it bears are written before it."""
        if isinstance(reading, ChartReading):
            store = reading.chart.store
            line = _chart_line(reading, [self._name(store, *entry[1:]) for entry in reading.entries])
            self._write("charts.jsonl", line | {"imported": self._begun.imported})
        elif isinstance(reading, ReviewsReading):
            self._write("reviews.jsonl", _reviews_line(reading) | {"imported": self._begun.imported})
        elif isinstance(reading, SignalReading):
            self._write("signals.jsonl", _signal_line(reading) | {"imported": self._begun.imported})
        else:
            self._write("listings.jsonl", _listing_line(reading) | {"imported": self._begun.imported})

    def saw(self, market: Market) -> None:
        """Takes note that an answer of this run speaks of a market."""
        self._markets.add(market)

    def add_pause(self, pause: Pause) -> None:
        """Writes down that a host is left alone."""
        times = {"began_at": moment(pause.began_at), "until": moment(pause.until)}
        self._write(_PAUSES, asdict(pause) | times | {"run_id": self.run_id})

    def add_probe(self, line: dict[str, Any]) -> None:
        """Writes one line of a latency probe through to the system."""
        self._write(_PROBES, line)

    def finish(self, result: str, finished_at: datetime, *, note: str | None = None) -> Path:
        """Writes `run.json`, shows the run to the others and gives its folder."""
        self.settle(result, finished_at, note=note)
        return self.show()

    def settle(self, result: str, finished_at: datetime | None, *, note: str | None = None) -> None:
        """Writes `run.json`; the run is decided, and `show` is all that is left to do."""
        begun = self._begun
        notes = "; ".join(text for text in (begun.note, note) if text)
        ended = moment(finished_at) if finished_at else None
        markets = tuple(sorted(self._markets))
        record = RunRecord(
            self.run_id, begun.kind, begun.started_at, ended, result, begun.asked, notes or None, markets
        )
        _write_whole(self._folder / _RUN, _ENCODER.encode(record))

    @property
    def settled(self) -> bool:
        """Whether `run.json` is written."""
        return (self._folder / _RUN).exists()

    def show(self) -> Path:
        """Renames the run into place, where the others look, and gives its folder."""
        for file in self._files.values():
            os.fsync(file.fileno())
        self._folder.rename(self._place)
        (self._place / _LOCK).unlink(missing_ok=True)
        self.close()
        return self._place

    def close(self) -> None:
        """Lets go of the run. One that was not shown stays for `recover`."""
        for file in self._files.values():
            file.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _lines(self, name: str) -> Iterator[dict[str, Any]]:
        with (self._folder / name).open("rb") as file:
            yield from map(msgspec.json.decode, file)

    def _name(self, store: str, app_id: str, name: str | None, developer: str | None) -> int:
        key = name_id(store, app_id, name, developer)
        if key not in self._names:
            self._names.add(key)
            line = {"name_id": key, "store": store, "app_id": app_id, "name": name, "developer": developer}
            self._write(_NAMES, line)
        return key

    def _write(self, name: str, line: dict[str, Any]) -> None:
        """Raises OSError when the disk is full; a line taken in part is taken back, lest the next stand behind it."""
        whole, file = _ENCODER.encode(line) + b"\n", self._files[name]
        taken = file.write(whole)
        if taken < len(whole):
            os.ftruncate(file.fileno(), os.fstat(file.fileno()).st_size - taken)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), file.name)


def land_missed(
    data_dir: Path,
    kind: str,
    due: Sequence[tuple[str, datetime]],
    expected: Sequence[Expected],
    *,
    note: str,
    result: str = "missed",
) -> Path:
    """Lands runs that never began, as their names and when they were due, each with what it would have brought.

    One folder, which bears the first one's name, holds them all; it appears whole, by a rename.
    """
    draft = incoming(data_dir).with_name(f".missed-{due[0][0]}")  # one schedule at a time writes it
    draft.mkdir(parents=True, exist_ok=True)
    asked = sum(one.expected for one in expected)
    runs = [RunRecord(name, kind, moment(at), None, result, asked, note) for name, at in due]
    _write_whole(draft / _EXPECTED, b"".join(_expected_lines(name, kind, at, expected) for name, at in due))
    _write_whole(draft / _RUN, b"".join(_ENCODER.encode(run) + b"\n" for run in runs))
    return draft.rename(data_dir / "landing" / due[0][0])


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
    if isinstance(reading, ReviewsReading):
        return reviews_reading_id(evidence.source, reading, observed_at)
    if isinstance(reading, SignalReading):
        return signal_reading_id(evidence.source, reading.subject, reading.metric.name, observed_at)
    return listing_reading_id(evidence.source, reading.store, reading.country, reading.app_id, observed_at)


def _evidence(reading: Reading) -> Evidence:
    if reading.evidence is None:
        raise ValueError(f"a reading without evidence cannot land: {reading}")
    return reading.evidence


def _chart_line(reading: ChartReading, name_ids: list[int]) -> dict[str, Any]:
    evidence, chart = _evidence(reading), reading.chart
    return {
        "reading_id": reading_id_of(reading),
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


def _listing_line(reading: ListingReading) -> dict[str, Any]:
    evidence = _evidence(reading)
    return {
        "reading_id": reading_id_of(reading),
        "source": evidence.source,
        "store": reading.store,
        "country": reading.country,
        "app_id": reading.app_id,
        "status": reading.status,
        "message": reading.message,
        **_evidence_fields(evidence),
        **asdict(reading.listing or Listing()),
    }


def _reviews_line(reading: ReviewsReading) -> dict[str, Any]:
    evidence = _evidence(reading)
    return {
        "reading_id": reading_id_of(reading),
        "source": evidence.source,
        "store": reading.store,
        "country": reading.country,
        "language": reading.language,
        "app_id": reading.app_id,
        "page": reading.page,
        "status": reading.status,
        "message": reading.message,
        **_evidence_fields(evidence),
        "reviews": [{"key": review.key, **review._asdict()} for review in reading.reviews],
    }


def _signal_line(reading: SignalReading) -> dict[str, Any]:
    evidence, metric = _evidence(reading), reading.metric
    return {
        "reading_id": reading_id_of(reading),
        "source": evidence.source,
        "subject": reading.subject,
        "metric": metric.name,
        "unit": metric.unit,
        "kind": metric.kind,
        "precision": metric.precision,
        "status": reading.status,
        "message": reading.message,
        **_evidence_fields(evidence),
        "points": [point._asdict() for point in reading.points],
    }


def _expected_lines(run_id: str, kind: str, due_at: datetime, expected: Iterable[Expected]) -> bytes:
    run = {"run_id": run_id, "kind": kind, "due_at": moment(due_at)}
    return b"".join(_ENCODER.encode(run | asdict(one)) + b"\n" for one in expected)


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
        "imported": False,
    }


def _taken(lock: int) -> bool:
    """Whether the lock is ours now; closed when it is another's."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    return True


def _drop_cut_line(path: Path) -> None:
    """A killed writer may leave the beginning of a line: what it was to say is read from the archive again."""
    if path.exists():
        lines = path.read_bytes()
        if not lines.endswith(b"\n"):
            os.truncate(path, lines.rfind(b"\n") + 1)


def _write_whole(path: Path, content: bytes) -> None:
    beside = path.with_name(f"{path.name}.part")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
