"""Archives as the stores that they were taken from."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawlers.answers import Answer, body_of
from crawlers.archive import read_archive, read_capture
from crawlers.fakes import asked_for, fake_of
from crawlers.faults import Reply
from crawlers.signals._source import SignalTarget
from crawlers.sources import ChartTarget, ListingTarget, Source, Target, asked_for_signals, recognise
from essor.model.charts import Chart


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


class ArchivedStores:
    """Stores that answer as they did once; the newest record at or before a moment counts."""

    marks: tuple[tuple[str, str], ...] = ()

    def __init__(self, archives: Iterable[Path]) -> None:
        """Raises ArchiveError for a WARC file that cannot be read whole."""
        self._charts: dict[tuple[str, Chart], _Index] = defaultdict(_Index)
        self._listings: dict[tuple[str, str, str], _Index] = defaultdict(_Index)
        self._others: dict[object, _Index] = defaultdict(_Index)
        self._robots: dict[str, _Index] = defaultdict(_Index)
        for path in archives:
            for answer, offset in read_archive(path):
                self._add(answer, _Kept(answer.observed_at, path, offset, hashlib.sha256(answer.body).hexdigest()))

    def body(self, url: str, at: datetime) -> bytes | None:
        """The body of the answer at a public address, decoded; None when no archive holds one."""
        known = asked_for(url)
        if known is None:
            return None
        target = known[1]
        if isinstance(target, ListingTarget) and not target.page:
            return self._listings_body(known[0], target, at)
        kept = self._indexes(*known)[0].at(at)
        return _decoded(kept) if kept else None

    def robots(self, host: str, at: datetime) -> Reply | None:
        """The robots.txt that a host had."""
        kept = self._robots[host].at(at)
        if kept is None:
            return None
        answer = _answer(kept)
        return Reply(answer.http_status, answer.body, answer.headers)

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

    def _listings_body(self, source: Source[Any], target: ListingTarget, at: datetime) -> bytes | None:
        """Put together app by app: one that was left out then, or never asked for, is left out now."""
        kept = [index.at(at) for index in self._indexes(source, target)]
        if not any(kept):
            return None
        fake = fake_of(target.store)
        if source.at_once == 1 or fake is None:
            return _decoded(next(one for one in kept if one))
        found = [_listings(one).get(app_id) for one, app_id in zip(kept, target.app_ids, strict=True) if one]
        composed: bytes = fake.compose_listings([record for record in found if record])
        return composed


def _thing(target: Target) -> object:
    """What an archived answer is filed under: a signal's without the days asked for, which move on every day."""
    if not isinstance(target, SignalTarget):
        return target
    at_once = next(source.at_once for source in asked_for_signals() if source.name == target.source)
    return (target.source, target.subjects if at_once == 1 else ())


@lru_cache(maxsize=512)
def _answer(kept: _Kept) -> Answer:
    return read_capture(kept.path, kept.offset, kept.sha256)


@lru_cache(maxsize=512)
def _decoded(kept: _Kept) -> bytes:
    return body_of(_answer(kept))


@lru_cache(maxsize=512)
def _listings(kept: _Kept) -> dict[str, bytes]:
    known = recognise(_answer(kept).url)
    fake = fake_of(known[0].store) if known else None
    return fake.listings_in(_decoded(kept)) if fake else {}
