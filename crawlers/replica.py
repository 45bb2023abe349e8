"""An honest public fake: a local server that answers the stores' own paths, faults included."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec

from crawlers.archived_stores import ArchivedStores
from crawlers.faults import Fault, Reply
from crawlers.playback import NEWEST, Playback, as_json
from crawlers.sources import all_sources, asked_for_signals, recognise
from essor.model.errors import EssorError, SettingsError

CONTROL = "/_replica/"
"""Where the replica itself is spoken to: `at` and `faults`."""
_LONGEST_HEAD = 1 << 16
_BITS = 20
"""Pieces of a slow body."""
_OF_THE_WIRE = ("content-length", "transfer-encoding", "connection")


@dataclass(frozen=True, slots=True)
class Running:
    """A replica that is being served."""

    port: int
    """The port on 127.0.0.1."""
    playback: Playback
    """What it answers; its moment and its faults may be set."""

    @property
    def hosts(self) -> dict[str, str]:
        """The setting `hosts` that leads a crawl here."""
        return {host: f"http://127.0.0.1:{self.port}/{host}" for host in _public_hosts()}


def serve(playback: Playback, port: int = 0, ready: Callable[[Running], None] | None = None) -> None:
    """Serves until it is cancelled by a signal; `ready` is told when it can be asked.

    Raises SettingsError for a port that is taken.
    """
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(playback, port, ready or _silent, asyncio.Event()))


def of_archives(archives: Iterable[Path], at: datetime | None = None) -> Playback:
    """The stores of some archives, at a moment or as they were last.

    Raises ArchiveError for a WARC file that cannot be read whole.
    """
    return Playback(ArchivedStores(archives), lambda: at or NEWEST)


@contextmanager
def running(played: Playback | Iterable[Path], at: datetime | None = None) -> Iterator[Running]:
    """A replica in a thread of this process, on a free port; it may be of archives."""
    playback = played if isinstance(played, Playback) else of_archives(played, at)
    found, up = list[Running](), threading.Event()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    def ready(one: Running) -> None:
        found.append(one)
        up.set()

    thread = threading.Thread(target=lambda: loop.run_until_complete(_serve(playback, 0, ready, stop)), daemon=True)
    thread.start()
    up.wait(10)
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


async def _serve(playback: Playback, port: int, ready: Callable[[Running], None], stop: asyncio.Event) -> None:
    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> asyncio.Task[None]:
        task = asyncio.ensure_future(_converse(playback, reader, writer))
        open_now.add(task)
        task.add_done_callback(open_now.discard)
        return task

    open_now: set[asyncio.Task[None]] = set()
    try:
        server = await asyncio.start_server(connected, "127.0.0.1", port, limit=_LONGEST_HEAD)
    except OSError as error:
        raise SettingsError(f"Port {port} of 127.0.0.1 is taken: give another, or 0 for a free one.") from error
    ready(Running(server.sockets[0].getsockname()[1], playback))
    await stop.wait()
    server.close()
    for task in list(open_now):
        task.cancel()


async def _converse(playback: Playback, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers one connection's requests until it ends."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            reply = _reply(playback, lines[0].split(" ")[1], headers, body)
            if reply.after and await _gone_within(reply.after, reader):
                return
            if reply.reset:
                writer.transport.abort()
                return
            await _send(reply, writer, with_body=not head.startswith(b"HEAD"))
            if reply.announced is not None:
                return
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        return
    finally:
        writer.close()


async def _gone_within(seconds: float, reader: asyncio.StreamReader) -> bool:
    """Waits, and tells whether the client has hung up meanwhile."""
    try:
        return not await asyncio.wait_for(reader.read(1), seconds)
    except TimeoutError:
        return False


async def _send(reply: Reply, writer: asyncio.StreamWriter, *, with_body: bool) -> None:
    """Sends the answer, its body bit by bit when it is a slow one."""
    whole = _bytes(reply, with_body=with_body)
    size = max(len(reply.body) // _BITS, 1) if reply.over else len(whole)
    begin = len(whole) - len(reply.body) if reply.over and with_body else 0
    writer.write(whole[:begin])
    for start in range(begin, len(whole), size):
        writer.write(whole[start : start + size])
        await writer.drain()
        await asyncio.sleep(reply.over / _BITS)


def _reply(playback: Playback, path: str, headers: dict[str, str], body: bytes) -> Reply:
    try:
        if path.startswith(CONTROL):
            return _control(playback, path.removeprefix(CONTROL), body)
        form = f"#{body.decode()}" if body else ""
        return playback.reply(_public_address(path, headers) + form)
    except (EssorError, msgspec.MsgspecError) as error:
        return as_json(HTTPStatus.BAD_REQUEST, {"message": str(error)})


def _control(playback: Playback, path: str, body: bytes) -> Reply:
    """`at` and `faults`: told what to be with a body (for `at` also with ?at=), says what it is."""
    parts = urlsplit(path)
    if parts.path == "at":
        said = body.decode().strip().strip('"') or parse_qs(parts.query).get("at", [""])[0]
        playback.at = _moment(said) if said else playback.at
        return as_json(HTTPStatus.OK, {"at": playback.at.isoformat()})
    if parts.path == "faults":
        if body:
            playback.faults.set(msgspec.json.decode(body, type=list[Fault]))
        return as_json(HTTPStatus.OK, playback.faults.listed)
    return as_json(HTTPStatus.NOT_FOUND, {"message": f"the replica has {CONTROL}at and {CONTROL}faults"})


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise SettingsError(f"{text!r} is no time: give ISO 8601, such as 2026-10-09T12:00:00Z.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _public_address(path: str, headers: dict[str, str]) -> str:
    """The public address that is meant: by its host as the first segment, else by a header, else by its own path."""
    first, _, rest = path.removeprefix("/").partition("/")
    if first in _public_hosts():
        return f"https://{first}/{rest}"
    for host in (headers.get("x-forwarded-host", ""), headers.get("host", ""), *_public_hosts()):
        if host in _public_hosts() and (urlsplit(path).path == "/robots.txt" or recognise(f"https://{host}{path}")):
            return f"https://{host}{path}"
    return f"https://unknown{path}"


@cache
def _public_hosts() -> tuple[str, ...]:
    sources = (*all_sources(), *asked_for_signals())
    return tuple(dict.fromkeys(host for source in sources for host in source.hosts))


def _bytes(reply: Reply, *, with_body: bool) -> bytes:
    length = len(reply.body) if reply.announced is None else reply.announced
    head = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    head += [f"{name}: {value}" for name, value in reply.headers if name.lower() not in _OF_THE_WIRE]
    head.append(f"Content-Length: {length}")
    return "\r\n".join([*head, "", ""]).encode("latin-1") + (reply.body if with_body else b"")


def _silent(one: Running) -> None:
    """Nobody wants to know."""
