"""HTTP/1.1 over a plain asyncio protocol that stamps bytes the moment the socket hands them over.

A client library parses before it tells the time, so with many streams each waits for the others' parsing.
Here arrival does nothing but stamp, cut the transfer's framing and keep; the words are read when the load is over.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from inference_probe.framing import Framing

Clock = Callable[[], int]
"""A monotonic clock, ns."""


class Ending(StrEnum):
    """How an exchange ended on the wire."""

    WHOLE = "whole"
    """As its framing said it would."""
    CUT = "cut"
    """The connection ended first."""
    TIMED_OUT = "timed_out"
    """Our patience ended first."""
    LOST = "lost"
    """No connection, or it ended before any byte of the answer."""


class Piece(NamedTuple):
    """Bytes of a body, as they arrived together."""

    at_ns: int
    """When."""
    data: bytes
    """The bytes, transfer framing taken off."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and all that came back, raw."""

    connect_ns: int | None
    """How long opening the connection took; None when one was open."""
    sent_ns: int | None
    """When the request was handed to the open connection."""
    headers_ns: int | None
    """When the headers were whole."""
    status: int | None
    """The HTTP status code."""
    headers: Mapping[str, str]
    """The headers, names in lower case."""
    pieces: tuple[Piece, ...]
    """The body."""
    ended_ns: int
    """When it ended."""
    ending: Ending
    """How it ended."""
    message: str | None = None
    """What the system said, when it did not end whole."""

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(piece.data for piece in self.pieces)


class _Connection(asyncio.Protocol):
    """One connection; it carries one exchange at a time."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.transport: asyncio.Transport | None = None
        self.lost: str | None = None
        self._begin()

    def _begin(self) -> None:
        self.framing = Framing()
        self.pieces: list[Piece] = []
        self.headers_ns: int | None = None
        self.last_ns = 0
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Stamp first."""
        now = self.clock()
        self.last_ns = now
        try:
            body = self.framing.feed(data)
        except (ValueError, IndexError) as error:
            self._finish(Ending.CUT, f"not HTTP/1.1: {error}")
            return
        if self.headers_ns is None and self.framing.begun:
            self.headers_ns = now
        if body:
            self.pieces.append(Piece(now, body))
        if self.framing.done:
            self._finish(Ending.WHOLE, None)

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side ended it."""
        self.last_ns = self.clock()
        self.lost = repr(exc) if exc else "the server closed the connection"
        if not self.framing.begun:
            self._finish(Ending.LOST, self.lost)
        elif self.framing.until_close and exc is None:
            self._finish(Ending.WHOLE, None)
        else:
            self._finish(Ending.CUT, self.lost)

    def send(self, data: bytes) -> int:
        """Hand a request over; the time of doing so."""
        self._begin()
        assert self.transport is not None  # noqa: S101 - set by connection_made
        sent = self.clock()
        self.transport.write(data)
        return sent

    def _finish(self, ending: Ending, message: str | None) -> None:
        if not self.over.done():
            self.over.set_result((ending, message))


@dataclass(slots=True)
class Wire:
    """Connections to servers, kept open between requests."""

    clock: Clock = time.perf_counter_ns
    """The run's clock."""
    idle: dict[tuple[str, int], list[_Connection]] = field(default_factory=dict)
    """Open connections without an exchange, by host and port."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout: float) -> Exchange:
        """Send `body` and keep what comes, for at most `timeout` seconds. Never raises for what the network does."""
        place = urlsplit(url)
        deadline = self.clock() + int(timeout * 1e9)
        request = request_bytes(place, headers, body)
        connection, connect_ns = self._idle_connection(place), None
        reused = connection is not None
        if connection is None:
            try:
                connection, connect_ns = await self._open(place, timeout)
            except TimeoutError:
                return self._nothing(Ending.TIMED_OUT, "no connection in time")
            except OSError as error:
                return self._nothing(Ending.LOST, str(error))
        exchange = await self._exchange(connection, request, connect_ns, deadline)
        if reused and exchange.ending is Ending.LOST:  # the server had closed it between two requests
            return await self.post(url, headers, body, max(0.001, (deadline - self.clock()) / 1e9))
        self._put_back(place, connection, exchange)
        return exchange

    async def connect_times(self, url: str, times: int = 5) -> tuple[int, ...]:
        """How long opening a TCP connection takes, ns; fewer values when some fail."""
        place = urlsplit(url)
        found = []
        for _ in range(times):
            start = self.clock()
            try:
                async with asyncio.timeout(5):
                    _, writer = await asyncio.open_connection(place.hostname, port_of(place))
            except (OSError, TimeoutError):
                continue
            found.append(self.clock() - start)
            writer.close()
        return tuple(found)

    def close(self) -> None:
        """Close every open connection."""
        for connections in self.idle.values():
            for connection in connections:
                _abort(connection)
        self.idle.clear()

    def _idle_connection(self, place: SplitResult) -> _Connection | None:
        waiting = self.idle.get((place.hostname or "", port_of(place)), [])
        while waiting:
            connection = waiting.pop()
            if connection.lost is None:
                return connection
        return None

    async def _open(self, place: SplitResult, timeout: float) -> tuple[_Connection, int]:
        secure = _trusted() if place.scheme == "https" else None
        start = self.clock()
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(timeout):
            _, connection = await loop.create_connection(
                lambda: _Connection(self.clock), place.hostname or "", port_of(place), ssl=secure
            )
        return connection, self.clock() - start

    async def _exchange(
        self, connection: _Connection, request: bytes, connect_ns: int | None, deadline: int
    ) -> Exchange:
        sent = connection.send(request)
        if connection.lost is not None:
            return self._result(connection, connect_ns, sent, Ending.LOST, connection.lost)
        try:
            async with asyncio.timeout(max(0.0, (deadline - sent) / 1e9)):
                ending, message = await connection.over
        except TimeoutError:
            return self._result(connection, connect_ns, sent, Ending.TIMED_OUT, "no end in time")
        return self._result(connection, connect_ns, sent, ending, message)

    def _result(
        self, connection: _Connection, connect_ns: int | None, sent: int, ending: Ending, message: str | None
    ) -> Exchange:
        framing = connection.framing
        ended = self.clock() if ending is Ending.TIMED_OUT else connection.last_ns
        return Exchange(
            connect_ns=connect_ns,
            sent_ns=sent,
            headers_ns=connection.headers_ns,
            status=framing.status,
            headers=framing.headers,
            pieces=tuple(connection.pieces),
            ended_ns=ended or self.clock(),
            ending=ending,
            message=message,
        )

    def _nothing(self, ending: Ending, message: str) -> Exchange:
        return Exchange(None, None, None, None, {}, (), self.clock(), ending, message)

    def _put_back(self, place: SplitResult, connection: _Connection, exchange: Exchange) -> None:
        if exchange.ending is Ending.WHOLE and connection.framing.keeps_alive and connection.lost is None:
            self.idle.setdefault((place.hostname or "", port_of(place)), []).append(connection)
        else:
            _abort(connection)


def request_bytes(place: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
    """A POST as bytes."""
    path = (place.path or "/") + (f"?{place.query}" if place.query else "")
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {place.netloc.rpartition('@')[2]}",
        "Accept-Encoding: identity",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def port_of(place: SplitResult) -> int:
    """The port of an address, its scheme's own when it names none."""
    return place.port or (443 if place.scheme == "https" else 80)


@cache
def _trusted() -> ssl.SSLContext:
    """The system's certificates, read once: reading them takes 20 ms, in which nothing else is stamped."""
    return ssl.create_default_context()


def _abort(connection: _Connection) -> None:
    if connection.transport is not None:
        connection.transport.abort()
