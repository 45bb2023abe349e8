"""An honest public fake: a local server that answers by script and tells the truth after.

``python3 -m inference_probe.replica --port 8777`` speaks OpenAI's, Anthropic's and Ollama's dialects.
``GET /truth`` gives when each send really happened.
"""

from __future__ import annotations

import argparse
import heapq
import json
import select
import socket
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count
from typing import Any

from essor.model.errors import SettingsError
from inference_probe.script import PREFIX, Frame, Script, frames, read_script

DIALECTS = {"/v1/chat/completions": "openai", "/v1/messages": "anthropic", "/api/chat": "ollama"}
KNOWN_FIELDS = {
    "model",
    "messages",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "generation_config",
}
HEADS = {"openai": "text/event-stream", "anthropic": "text/event-stream", "ollama": "application/x-ndjson"}
AWAKE_NS = 100_000
"""The last part of a wait is spent awake, because a sleep ends up to this late."""
MOST_AT_ONCE = 65536


@dataclass(slots=True)
class Truth:
    """What really happened to one request; times are of the machine's monotonic clock, which its processes share."""

    prompt: str
    """The prompt, to find the request by."""
    received_ns: int
    """When it was read."""
    sends: list[tuple[int, int]] = field(default_factory=list)
    """For each send: when, and how many tokens were whole with it."""


@dataclass(order=True, slots=True)
class _Due:
    at_ns: int
    order: int
    connection: socket.socket = field(compare=False)
    data: bytes = field(compare=False)
    tokens: int = field(compare=False)
    truth: Truth = field(compare=False)
    after: str = field(compare=False, default="")


class Replica:
    """The server: one thread that reads what has come and sends what is due, so that nothing waits for a lock."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.listener = socket.create_server((host, port), backlog=1024)
        self.truths: list[Truth] = []
        self.asked: Counter[str] = Counter()
        self.heap: list[_Due] = []
        self.order = count()
        self.buffers: dict[socket.socket, bytes] = {}
        self.ears, self.mouth = socket.socketpair()
        self.thread = threading.Thread(target=self._run, daemon=True)

    @property
    def address(self) -> str:
        """Its base address, as in ``"http://127.0.0.1:8777"``."""
        host, port = self.listener.getsockname()[:2]
        return f"http://{host}:{port}"

    def start(self) -> None:
        """Begin to listen."""
        self.thread.start()

    def stop(self) -> None:
        """Listen no more; a second time does nothing."""
        if not self.thread.is_alive():
            return
        self.mouth.send(b"!")
        self.thread.join(timeout=5)
        for one in (self.listener, self.ears, self.mouth, *self.buffers):
            one.close()

    def _run(self) -> None:
        while True:
            for ready in self._heard():
                if ready is self.ears:
                    return
                if ready is self.listener:
                    self._accept()
                else:
                    self._read(ready)
            self._send_due()

    def _heard(self) -> list[socket.socket]:
        """What has something to read, waiting for it until the next piece is due."""
        wait = None
        if self.heap:
            wait = max(0, self.heap[0].at_ns - time.perf_counter_ns() - AWAKE_NS) / 1e9
        ready, _, _ = select.select([self.ears, self.listener, *self.buffers], [], [], wait)
        return ready

    def _accept(self) -> None:
        connection, _ = self.listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffers[connection] = b""

    def _read(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(MOST_AT_ONCE)
        except OSError:
            data = b""
        if not data:
            self._let_go(connection)
            return
        now = time.perf_counter_ns()
        request, self.buffers[connection] = take_request(self.buffers[connection] + data)
        if request is not None:
            with suppress(OSError):
                self._answer(connection, now, *request)

    def _send_due(self) -> None:
        while self.heap and self.heap[0].at_ns <= time.perf_counter_ns():
            due = heapq.heappop(self.heap)
            if due.connection in self.buffers and not _send(due):
                self._let_go(due.connection)

    def _let_go(self, connection: socket.socket) -> None:
        self.buffers.pop(connection, None)
        connection.close()

    def _answer(self, connection: socket.socket, now: int, method: str, path: str, body: bytes) -> None:
        dialect = DIALECTS.get(path.partition("?")[0])
        if method == "GET" or dialect is None:
            connection.sendall(_whole(200, self._listing(path)))
            return
        asked = json.loads(body)
        truth = Truth(_prompt(asked), now)
        self.truths.append(truth)
        try:
            script = self._script(asked.get("model", ""))
        except SettingsError as error:
            connection.sendall(_whole(404, {"error": {"message": str(error)}}))
            return
        refusal = _refusal(script, asked)
        if refusal is not None:
            connection.sendall(refusal)
            return
        for frame, after in _pieces(script, dialect):
            at = now + frame.after_ns
            heapq.heappush(self.heap, _Due(at, next(self.order), connection, frame.data, frame.tokens, truth, after))

    def _script(self, model: str) -> Script:
        script = read_script(model)
        self.asked[model] += 1
        return replace(script, fault="none") if self.asked[model] <= script.calm else script

    def _listing(self, path: str) -> Any:  # noqa: ANN401 - JSON
        path = path.partition("?")[0]
        if path == "/truth":
            rows = [{"prompt": t.prompt, "received_ns": t.received_ns, "sends": t.sends} for t in list(self.truths)]
            return {"truth": rows}
        if path == "/api/version":
            return {"version": "0.0-scripted"}
        return {"object": "list", "data": [], "models": []}


@contextmanager
def scripted_server() -> Iterator[Replica]:
    """A running replica in this process."""
    replica = Replica()
    replica.start()
    try:
        yield replica
    finally:
        replica.stop()


def main(arguments: list[str]) -> int:
    """Serve until the end of standard input; the address is the first line said."""
    parser = argparse.ArgumentParser(prog="python3 -m inference_probe.replica", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args(arguments)
    replica = Replica(port=given.port)
    replica.start()
    sys.stdout.write(f"{replica.address} (models: {PREFIX}ttft=50,gap=10,tokens=20 …)\n")
    sys.stdout.flush()
    sys.stdin.read()
    return 0


@cache
def _pieces(script: Script, dialect: str) -> list[tuple[Frame, str]]:
    """Every send of an answer in transfer framing, and with the last what happens to the connection.

    Kept, because writing them takes a millisecond in which a busy server could neither read nor send.
    """
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {HEADS[dialect]}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    said = frames(script, dialect)
    pieces = [(Frame(0, head, 0), "")]
    pieces += [(frame._replace(data=b"%x\r\n%s\r\n" % (len(frame.data), frame.data)), "") for frame in said]
    last = max(said[-1].after_ns if said else 0, round((script.ttft + script.at * script.gap) * 1e6))
    if script.fault in ("reset", "eof"):
        return [*pieces, (Frame(last, b"", 0), script.fault)]
    if script.fault == "hang":
        return pieces
    return [*pieces, (Frame(said[-1].after_ns, b"0\r\n\r\n", 0), "")]


def _refusal(script: Script, asked: dict[str, Any]) -> bytes | None:
    unknown = sorted(set(asked) - KNOWN_FIELDS)
    if script.strict and unknown:
        return _whole(422, {"detail": f"unknown fields: {unknown}"})
    if script.fault == "429":
        return _whole(
            429, {"error": {"message": "slow down"}}, f"Retry-After: {script.retry:g}\r\n" if script.retry else ""
        )
    if script.fault in ("401", "500"):
        return _whole(int(script.fault), {"error": {"message": "scripted"}})
    return None


def _whole(status: int, data: Any, more: str = "") -> bytes:  # noqa: ANN401 - JSON
    body = json.dumps(data).encode()
    head = f"HTTP/1.1 {status} Scripted\r\nServer: essor-replica\r\nContent-Type: application/json\r\n{more}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def take_request(data: bytes) -> tuple[tuple[str, str, bytes] | None, bytes]:
    """Method, path and body of a request that has come whole, and what is left; None while it has not."""
    head, found, rest = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    lengths = [line.split(":", 1)[1] for line in lines if line.lower().startswith("content-length:")]
    size = int(lengths[0]) if lengths else 0
    if not found or len(rest) < size:
        return None, data
    method, path, _ = lines[0].split(" ", 2)
    return (method, path, rest[:size]), rest[size:]


def _prompt(asked: dict[str, Any]) -> str:
    messages = asked.get("messages") or [{}]
    content = messages[-1].get("content", "")
    return content if isinstance(content, str) else json.dumps(content)


def _send(due: _Due) -> bool:
    """Send one piece; whether the connection lives on."""
    try:
        if due.data:
            due.connection.sendall(due.data)
            due.truth.sends.append((time.perf_counter_ns(), due.tokens))
    except OSError:
        return False
    if due.after == "reset":
        due.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return not due.after


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
