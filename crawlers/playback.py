"""The stores as they stood at a moment, or as they might stand: answers to their own paths, faults included."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from crawlers.fakes import all_fakes, asked_for, fake_of
from crawlers.faults import TRANSPORT, Faults, Reply, gone_wrong
from crawlers.signals._source import SignalTarget
from crawlers.sources import ChartTarget

NEWEST = datetime.max.replace(tzinfo=UTC)
"""A moment after everything."""


class Stores(Protocol):
    """What stands in for the stores."""

    marks: tuple[tuple[str, str], ...]
    """Headers that every answer bears."""

    def body(self, url: str, at: datetime) -> bytes | None:
        """The body of the answer at a public address, not encoded; None when there is none."""

    def robots(self, host: str, at: datetime) -> Reply | None:
        """A host's robots.txt; None for the noted one."""


class Playback:
    """Stores that are played; what they answer hangs on the request and the moment alone."""

    def __init__(self, stores: Stores, clock: Callable[[], datetime]) -> None:
        self.faults = Faults()
        """What goes wrong."""
        self.asked: list[str] = []
        """The public address of every request, in order."""
        self._stores = stores
        self._clock = clock
        self._gzipped = lru_cache(maxsize=256)(_gzipped)

    @property
    def at(self) -> datetime:
        """The moment that is played; set, it stands still."""
        return self._clock()

    @at.setter
    def at(self, moment: datetime) -> None:
        self._clock = lambda: moment

    def reply(self, url: str) -> Reply:
        """What a store would answer at this public address, or what goes wrong instead."""
        self.asked.append(url)
        fault = self.faults.struck(url)
        if fault is None:
            reply = self._good(url)
        elif fault.fault in TRANSPORT:
            reply = gone_wrong(fault, self._good(url), url)
        else:
            reply = self._spoilt(url, fault.fault)
        return replace(reply, headers=(*reply.headers, *self._stores.marks))

    def _good(self, url: str) -> Reply:
        parts, at = urlsplit(url), self.at
        if parts.path == "/robots.txt":
            return self._stores.robots(parts.hostname or "", at) or _noted_robots(parts.hostname or "")
        body = self._stores.body(url, at)
        if body is None:
            return as_json(HTTPStatus.NOT_FOUND, {"message": f"there is nothing here for {url} as of {at}"})
        return self._gzipped(body)

    def _spoilt(self, url: str, fault: str) -> Reply:
        body, known = self._stores.body(url, self.at), asked_for(url)
        if body is None or known is None or isinstance(known[1], SignalTarget):
            return self._good(url)
        target, fake = known[1], fake_of(known[0].store)
        if fake is None:
            return self._good(url)
        country = target.chart.country if isinstance(target, ChartTarget) else target.country
        return _gzipped(fake.spoil(body, fault, country))


def _noted_robots(host: str) -> Reply:
    rules = next((fake.ROBOTS[host] for fake in all_fakes() if host in fake.ROBOTS), "")
    return Reply(HTTPStatus.OK, rules.encode(), (("Content-Type", "text/plain"),))


def as_json(status: int, value: object) -> Reply:
    """A reply in JSON."""
    return Reply(status, msgspec.json.encode(value), (("Content-Type", "application/json"),))


def _gzipped(body: bytes) -> Reply:
    headers = (("Content-Type", "text/javascript; charset=utf-8"), ("Content-Encoding", "gzip"))
    return Reply(HTTPStatus.OK, gzip.compress(body, 6, mtime=0), headers)
