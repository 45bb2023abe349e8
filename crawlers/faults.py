"""What can go wrong with an answer of the local replica, on demand."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

import msgspec

from crawlers.sources import recognise
from essor.model.errors import SettingsError
from essor.plugins import modules_in

TRANSPORT = (
    "403", "429", "500", "empty_body", "html", "cut_gzip", "cut_body", "timeout", "slow", "slow_body", "reset", "moved",
)  # fmt: skip
"""Faults of any store's answers; those of a store's own manner are `SPOILS` in its file of `crawlers/fakes/`."""
_FOREVER = 3600.0
_HTML = b"<!DOCTYPE html><html><head><title>Connecting to the iTunes Store</title></head><body></body></html>"


class Fault(msgspec.Struct):
    """Something to go wrong."""

    fault: str
    """What: one of `TRANSPORT` or of a store's `SPOILS`."""
    match: str = "."
    """Addresses that it strikes: a regular expression on the public address; robots.txt only when named in it."""
    rate: float = 1.0
    """Share of those requests that it strikes."""
    count: int | None = None
    """How many requests it strikes before it is over; None for no end."""
    seconds: float = 1.0
    """What Retry-After says, or how slow is slow; a `timeout` is without end."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back over the connection."""

    status: int
    """HTTP status."""
    body: bytes = b""
    """The body as sent."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers beside Content-Length."""
    announced: int | None = None
    """What Content-Length says, when it is not the body's length."""
    after: float = 0.0
    """Seconds to wait before answering."""
    over: float = 0.0
    """Seconds over which the body comes bit by bit."""
    reset: bool = False
    """Whether to break the connection instead."""


@dataclass(slots=True)
class Faults:
    """The faults that are set, and the chance by which they strike."""

    listed: list[Fault] = field(default_factory=list)
    """In order: the first that strikes counts."""
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - no secret hangs on it
    """Seeded, so that a run can be repeated."""

    def set(self, faults: list[Fault]) -> None:
        """Puts these in place of the last. Raises SettingsError for one that is not known."""
        known = {*TRANSPORT, *(name for fake in modules_in("crawlers.fakes") for name in fake.SPOILS)}
        for fault in faults:
            if fault.fault not in known:
                raise SettingsError(
                    f"{fault.fault!r} is no fault of the replica: give one of {', '.join(sorted(known))}."
                )
        self.listed = faults

    def struck(self, url: str) -> Fault | None:
        """The fault that strikes this request, counted; None when it is answered well."""
        for fault in self.listed:
            if fault.count != 0 and _meant(fault, url) and self.chance.random() < fault.rate:
                fault.count = None if fault.count is None else fault.count - 1
                return fault
        return None


def _meant(fault: Fault, url: str) -> bool:
    spared = url.endswith("/robots.txt") and "robots" not in fault.match
    return not spared and re.search(fault.match, url) is not None


def gone_wrong(fault: Fault, good: Reply, url: str) -> Reply:
    """The reply that a fault of `TRANSPORT` makes of a good one for this public address."""
    half = good.body[: len(good.body) // 2]
    replies = {
        "403": Reply(HTTPStatus.FORBIDDEN),
        "429": Reply(HTTPStatus.TOO_MANY_REQUESTS, headers=(("Retry-After", f"{fault.seconds:g}"),)),
        "500": Reply(HTTPStatus.INTERNAL_SERVER_ERROR, b"Internal Server Error"),
        "empty_body": Reply(HTTPStatus.OK),
        "html": Reply(HTTPStatus.OK, _HTML, (("Content-Type", "text/html"),)),
        "cut_gzip": Reply(good.status, half, good.headers),
        "cut_body": Reply(good.status, half, good.headers, announced=len(good.body)),
        "timeout": Reply(good.status, after=_FOREVER, reset=True),
        "slow_body": Reply(good.status, good.body, good.headers, over=fault.seconds),
        "slow": Reply(good.status, good.body, good.headers, after=fault.seconds),
        "reset": Reply(good.status, reset=True),
        "moved": Reply(HTTPStatus.FOUND, headers=(("Location", _elsewhere(url)),)),
    }
    return replies[fault.fault]


def _elsewhere(url: str) -> str:
    """The same thing at another host of its source; somewhere else when it has one host."""
    known, host = recognise(url), urlsplit(url).hostname or ""
    other = next((name for name in known[0].hosts if name != host), None) if known else None
    return url.replace(host, other, 1) if other else f"https://{host}/sorry"
