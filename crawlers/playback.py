"""The stores as they stood at a moment: answers to their own paths, from archives."""

from __future__ import annotations

import gzip
import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import msgspec

from crawlers.answers import Answer, body_of
from crawlers.archive import read_archive, read_capture
from crawlers.faults import TRANSPORT, Faults, Reply, gone_wrong
from crawlers.signals._source import SignalTarget
from crawlers.sources import ChartTarget, ListingTarget, Source, Target, asked_for_signals, recognise
from essor.model.charts import Chart
from essor.plugins import modules_in

NEWEST = datetime.max.replace(tzinfo=UTC)
"""A moment after everything."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A record of an archive, by its time."""

    at: datetime
    path: Path
    offset: int
    sha256: str


class _Index:
    """Records of one thing, in the order of time."""

    def __init__(self) -> None:
        self._times: list[datetime] = []
        self._kept: list[_Kept] = []

    def add(self, kept: _Kept) -> None:
        place = bisect_right(self._times, kept.at)
        self._times.insert(place, kept.at)
        self._kept.insert(place, kept)

    def at(self, moment: datetime) -> _Kept | None:
        """The newest at or before."""
        place = bisect_right(self._times, moment)
        return self._kept[place - 1] if place else None


class Playback:
    """Archives, played as the stores' answers; what it answers hangs on the request and the moment alone."""

    def __init__(self, archives: Iterable[Path], at: datetime | None = None) -> None:
        """Raises ArchiveError for a WARC file that cannot be read whole."""
        self.at = at or NEWEST
        """The moment; the newest record at or before it answers."""
        self.faults = Faults()
        """What goes wrong."""
        self.asked: list[str] = []
        """The public address of every request, in order."""
        self._charts: dict[tuple[str, Chart], _Index] = defaultdict(_Index)
        self._listings: dict[tuple[str, str, str], _Index] = defaultdict(_Index)
        self._others: dict[object, _Index] = defaultdict(_Index)
        self._robots: dict[str, _Index] = defaultdict(_Index)
        for path in archives:
            for answer, offset in read_archive(path):
                self._add(answer, _Kept(answer.observed_at, path, offset, hashlib.sha256(answer.body).hexdigest()))

    def reply(self, url: str) -> Reply:
        """What a store would answer at this public address, or what goes wrong instead."""
        self.asked.append(url)
        fault = self.faults.struck(url)
        if fault is None:
            return self._good(url)
        return gone_wrong(fault, self._good(url), url) if fault.fault in TRANSPORT else self._spoilt(url, fault.fault)

    def _add(self, answer: Answer, kept: _Kept) -> None:
        known, parts = recognise(answer.url), urlsplit(answer.url)
        if parts.path == "/robots.txt":
            self._robots[parts.hostname or ""].add(kept)
        elif known and answer.http_status == HTTPStatus.OK:
            for index in self._indexes(*known):
                index.add(kept)

    def _indexes(self, source: Source[Any], target: Target) -> list[_Index]:
        """Sources of one file read each other's answers; a web page is none to a feed's address."""
        if isinstance(target, ChartTarget):
            return [self._charts[type(source).__module__, target.chart]]
        if not isinstance(target, ListingTarget) or target.page:
            return [self._others[_thing(target)]]
        return [self._listings[target.store, target.country, app_id] for app_id in target.app_ids]

    def _good(self, url: str) -> Reply:
        parts = urlsplit(url)
        if parts.path == "/robots.txt":
            return self._robots_reply(parts.hostname or "")
        body = self._body(url)
        if body is None:
            return as_json(HTTPStatus.NOT_FOUND, {"message": f"no archive here holds {url} as of {self.at}"})
        return _gzipped(body)

    def _spoilt(self, url: str, fault: str) -> Reply:
        body, known = self._body(url), _asked_for(url)
        if body is None or known is None or isinstance(known[1], SignalTarget):
            return self._good(url)
        target, fake = known[1], _fake(known[0].store)
        if fake is None:
            return self._good(url)
        country = target.chart.country if isinstance(target, ChartTarget) else target.country
        return _gzipped(fake.spoil(body, fault, country))

    def _robots_reply(self, host: str) -> Reply:
        kept = self._robots[host].at(self.at)
        if kept:
            answer = _answer(kept)
            return Reply(answer.http_status, answer.body, answer.headers)
        rules = next((fake.ROBOTS[host] for fake in _fakes() if host in fake.ROBOTS), "")
        return Reply(HTTPStatus.OK, rules.encode(), (("Content-Type", "text/plain"),))

    def _body(self, url: str) -> bytes | None:
        known = _asked_for(url)
        if known is None:
            return None
        target = known[1]
        if isinstance(target, ListingTarget) and not target.page:
            return self._listings_body(known[0], target)
        kept = self._indexes(*known)[0].at(self.at)
        return _decoded(kept) if kept else None

    def _listings_body(self, source: Source[Any], target: ListingTarget) -> bytes | None:
        """Put together app by app: one that was left out then, or never asked for, is left out now."""
        kept = [index.at(self.at) for index in self._indexes(source, target)]
        if not any(kept):
            return None
        fake = _fake(target.store)
        if fake is None:
            return _decoded(next(one for one in kept if one))
        found = [_listings(one).get(app_id) for one, app_id in zip(kept, target.app_ids, strict=True) if one]
        composed: bytes = fake.compose_listings([record for record in found if record])
        return composed


def _asked_for(url: str) -> tuple[Source[Any], Target] | None:
    """What a request asks for; what stands behind the `#` of a signal's address has not come with it."""
    known = recognise(url)
    if known is None and "#" not in url:
        signals = ((source, source.recognise(f"{url}#any")) for source in asked_for_signals())
        known = next(((source, target) for source, target in signals if target is not None), None)
    return known


def _thing(target: Target) -> object:
    """What an archived answer is filed under: a signal's without the days asked for, which move on every day."""
    if not isinstance(target, SignalTarget):
        return target
    at_once = next(source.at_once for source in asked_for_signals() if source.name == target.source)
    return (target.source, target.subjects if at_once == 1 else ())


def as_json(status: int, value: object) -> Reply:
    """A reply in JSON."""
    return Reply(status, msgspec.json.encode(value), (("Content-Type", "application/json"),))


@lru_cache(maxsize=512)
def _answer(kept: _Kept) -> Answer:
    return read_capture(kept.path, kept.offset, kept.sha256)


@lru_cache(maxsize=512)
def _decoded(kept: _Kept) -> bytes:
    return body_of(_answer(kept))


@lru_cache(maxsize=512)
def _listings(kept: _Kept) -> dict[str, bytes]:
    known = recognise(_answer(kept).url)
    fake = _fake(known[0].store) if known else None
    return fake.listings_in(_decoded(kept)) if fake else {}


@lru_cache(maxsize=1024)
def _gzipped(body: bytes) -> Reply:
    headers = (("Content-Type", "text/javascript; charset=utf-8"), ("Content-Encoding", "gzip"))
    return Reply(HTTPStatus.OK, gzip.compress(body, 6, mtime=0), headers)


def _fake(store: str) -> ModuleType | None:
    """What is known of a store's manner; without it whole answers alone can be played."""
    return next((fake for fake in _fakes() if store == fake.STORE), None)


@cache
def _fakes() -> tuple[ModuleType, ...]:
    return tuple(modules_in("crawlers.fakes"))
