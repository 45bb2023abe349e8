"""Server-sent events and JSON lines from stamped bytes; an event's time is that of the piece that completed it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from inference_probe.wire import Piece


class Event(NamedTuple):
    """One event of a stream."""

    at_ns: int
    """When its last byte arrived."""
    name: str
    """Its name; ``"message"`` when it has none, ``"comment"`` for a comment line."""
    data: str
    """Its data, or the comment."""


class Line(NamedTuple):
    """One line of a stream."""

    at_ns: int
    """When its last byte arrived."""
    text: str
    """The line without its end."""


def lines(pieces: Iterable[Piece]) -> Iterator[Line]:
    """The lines of a body, ended by CR LF, LF or CR; decoded whole, so that a split character is one again.

    A last line without an end is given too.
    """
    buffer, last = b"", 0
    for piece in pieces:
        buffer, last = buffer + piece.data, piece.at_ns
        *whole, buffer = _cut(buffer)
        for line in whole:
            yield Line(last, line.decode("utf-8", "replace"))
    if buffer.strip(b"\r"):
        yield Line(last, buffer.rstrip(b"\r").decode("utf-8", "replace"))


def events(pieces: Iterable[Piece]) -> Iterator[Event]:
    """The events of a body, comments among them; an event cut off by the end is given when it has data."""
    name, data, last = "message", list[str](), 0
    for at_ns, line in lines(pieces):
        last = at_ns
        if not line:
            if data:
                yield Event(at_ns, name, "\n".join(data))
            name, data = "message", []
        elif line.startswith(":"):
            yield Event(at_ns, "comment", line[1:].strip())
        else:
            name = _field(line, name, data)
    if data:
        yield Event(last, name, "\n".join(data))


def _field(line: str, name: str, data: list[str]) -> str:
    """Take one ``field: value`` in; the event's name after it."""
    field, _, value = line.partition(":")
    value = value.removeprefix(" ")
    if field == "data":
        data.append(value)
    return value if field == "event" else name


def _cut(buffer: bytes) -> list[bytes]:
    """Lines, and last what is not a whole line yet; a CR at the very end waits for a LF that may follow."""
    held = buffer.endswith(b"\r")
    text = buffer[:-1] if held else buffer
    parts = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if held:
        parts[-1] += b"\r"
    return parts
