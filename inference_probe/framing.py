"""Where the body of an HTTP/1.1 answer begins and ends, found while its bytes come."""

from __future__ import annotations

WITHOUT_BODY = {204, 304}


class Framing:
    """The head of an answer, and where its body begins and ends; fed bytes as they come."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.done = False
        self.until_close = False
        self._buffer = b""
        self._left = 0
        self._chunked = False
        self._feed = self._head

    @property
    def begun(self) -> bool:
        """Whether the headers are whole."""
        return self.status is not None

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection may be used again."""
        return self.done and not self.until_close and self.headers.get("connection", "").lower() != "close"

    def feed(self, data: bytes) -> bytes:
        """The body's part of `data`."""
        return self._feed(data)

    def _head(self, data: bytes) -> bytes:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return b""
        self._buffer = b""
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ", 2)[1])
        if status < 200:  # noqa: PLR2004 - 1xx: the real head follows
            return self._head(rest)
        self.status = status
        pairs = (line.split(":", 1) for line in lines[1:] if ":" in line)
        self.headers = {name.strip().lower(): value.strip() for name, value in pairs}
        self._choose_body()
        return self._feed(rest) if rest or self.done else b""

    def _choose_body(self) -> None:
        if self.status in WITHOUT_BODY:
            self.done = True
        elif "chunked" in self.headers.get("transfer-encoding", "").lower():
            self._feed = self._in_chunks
        elif "content-length" in self.headers:
            self._left = int(self.headers["content-length"])
            self._feed = self._by_length
            self.done = self._left == 0
        else:
            self.until_close = True
            self._feed = lambda data: data

    def _by_length(self, data: bytes) -> bytes:
        taken = data[: self._left]
        self._left -= len(taken)
        self.done = self._left == 0
        return taken

    def _in_chunks(self, data: bytes) -> bytes:
        self._buffer += data
        out = []
        while self._buffer and not self.done:
            part = self._next_chunk()
            if part is None:
                break
            out.append(part)
        return b"".join(out)

    def _next_chunk(self) -> bytes | None:
        """Bytes of the chunk that is under way, or None when its next line is not whole yet."""
        if self._left > 0:
            return self._rest_of_chunk()
        line, found, rest = self._buffer.partition(b"\r\n")
        if not found:
            return None
        if not line and not self._last:
            self._buffer = rest
            return b""
        if self._last:
            self.done, self._buffer = not line, rest
            return b""
        self._left = int(line.split(b";", 1)[0], 16)
        self._last = self._left == 0
        self._buffer = rest
        return b""

    _last = False

    def _rest_of_chunk(self) -> bytes:
        taken, self._buffer = self._buffer[: self._left], self._buffer[self._left :]
        self._left -= len(taken)
        return taken
