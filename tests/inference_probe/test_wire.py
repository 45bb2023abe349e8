"""The wire: framing however the bytes are cut, and what a network can do to an exchange."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
import time
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_probe import wire
from inference_probe.client_wire import ClientWire, wire_for
from inference_probe.framing import Framing
from inference_probe.replica import scripted_server
from inference_probe.script import Script
from inference_probe.wire import Ending, Exchange, Wire, request_bytes

CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n"
    b"5\r\nhello\r\n8;note=x\r\n\r\n0\r\n\r\n!\r\n0\r\nTrailer: t\r\n\r\n"
)


@given(st.lists(st.integers(0, len(CHUNKED)), max_size=15))
def test_chunks_are_put_together_however_they_come(cuts: list[int]) -> None:
    """A chunked body is whole for any cutting, also when its content looks like an end."""
    framing, body = Framing(), b""
    for part in _cut(CHUNKED, cuts):
        assert not framing.done
        body += framing.feed(part)
    assert body == b"hello\r\n0\r\n\r\n!"
    assert framing.done
    assert (framing.status, framing.headers["x-a"]) == (200, "b")


def test_a_body_of_known_length_ends_with_it() -> None:
    """A body ends at its Content-Length, and the connection may be used again."""
    framing = Framing()
    assert framing.feed(b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nab") == b"ab"
    assert not framing.done
    assert framing.feed(b"c") == b"c"
    assert framing.keeps_alive


def test_a_body_without_a_length_lasts_until_the_connection_ends() -> None:
    """Without length or chunks the end of the connection is the end of the body."""
    framing = Framing()
    assert framing.feed(b"HTTP/1.1 200 OK\r\n\r\nab") == b"ab"
    assert framing.until_close
    assert not framing.done


def test_an_answer_that_has_no_body_ends_with_its_head() -> None:
    """A 204 has neither a length nor a body, and the connection stays open."""
    framing = Framing()
    assert framing.feed(b"HTTP/1.1 204 No Content\r\n\r\n") == b""
    assert framing.done
    assert framing.keeps_alive


def test_interim_answers_are_passed_over() -> None:
    """A 100 before the answer is not the answer."""
    framing = Framing()
    framing.feed(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert (framing.status, framing.done) == (200, True)


def test_a_request_names_its_host_and_its_length() -> None:
    """A request has its path with the query, its host and its length in bytes."""
    data = request_bytes(urlsplit("http://127.0.0.1:8000/v1/chat?x=1"), {"Authorization": "Bearer k"}, "é".encode())
    assert data.startswith(b"POST /v1/chat?x=1 HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n")
    assert b"Content-Length: 2\r\n" in data
    assert b"Authorization: Bearer k\r\n" in data


@pytest.mark.parametrize("kind", [Wire, ClientWire])
def test_an_answer_is_kept_whole_with_its_times(kind: type[Wire | ClientWire]) -> None:
    """Both wires give the same body, in order of time."""
    exchange = _posted(Script(ttft=10, gap=2), kind)
    assert exchange.ending is Ending.WHOLE
    assert exchange.body.endswith(b"data: [DONE]\n\n")
    times = [exchange.sent_ns, exchange.headers_ns, *(piece.at_ns for piece in exchange.pieces)]
    assert times == sorted(times, key=lambda at: at or 0)


@pytest.mark.parametrize("kind", [Wire, ClientWire])
@pytest.mark.parametrize(("fault", "ending"), [("reset", Ending.CUT), ("eof", Ending.CUT), ("hang", Ending.TIMED_OUT)])
def test_a_break_in_mid_answer_is_named(kind: type[Wire | ClientWire], fault: str, ending: Ending) -> None:
    """A reset, an early end and a silence are told apart from an answer and keep what had come."""
    exchange = _posted(Script(ttft=5, gap=1, fault=fault, at=3), kind)
    assert exchange.ending is ending
    assert exchange.message
    assert exchange.body.count(b'"content"') >= 3


def test_no_server_is_a_lost_exchange() -> None:
    """A port without a server gives an exchange that is lost, and no error."""
    exchange = asyncio.run(Wire().post("http://127.0.0.1:1/", {}, b"{}", 1))
    assert (exchange.ending, exchange.sent_ns, exchange.status) == (Ending.LOST, None, None)


def test_a_connection_is_used_again() -> None:
    """The second request finds the first one's connection open, so no connecting is in its times."""

    async def twice(address: str) -> tuple[Exchange, Exchange]:
        wire = Wire()
        found = [await _post(wire, address, Script(ttft=1, gap=0)) for _ in range(2)]
        wire.close()
        return found[0], found[1]

    with scripted_server() as server:
        first, second = asyncio.run(twice(server.address))
    assert first.connect_ns is not None
    assert second.connect_ns is None
    assert second.ending is Ending.WHOLE


def test_a_connection_closed_in_the_meantime_is_opened_again() -> None:
    """A server that hung up between two requests costs a new connection, not the request."""

    async def twice() -> Exchange:
        wire = Wire()
        with scripted_server() as server:
            await _post(wire, server.address, Script(ttft=1, gap=0))
            (idle,) = next(iter(wire.idle.values()))
            assert idle.transport is not None
            idle.transport.abort()
            exchange = await _post(wire, server.address, Script(ttft=1, gap=0))
        wire.close()
        return exchange

    assert asyncio.run(twice()).ending is Ending.WHOLE


def test_a_server_behind_tls_is_asked_the_same_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over TLS an exchange is whole; with a certificate that nobody signed there is none."""
    pair = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n{}")
        writer.write(CHUNKED)
        await writer.drain()
        writer.close()

    async def asked() -> Exchange:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        try:
            return await Wire().post(f"https://127.0.0.1:{port}/", {}, b"{}", 5)
        finally:
            server.close()

    monkeypatch.setenv("SSL_CERT_FILE", str(pair[0]))
    wire._trusted.cache_clear()
    trusted = asyncio.run(asked())
    monkeypatch.delenv("SSL_CERT_FILE")
    wire._trusted.cache_clear()
    strange = asyncio.run(asked())
    assert (trusted.ending, trusted.body) == (Ending.WHOLE, b"hello\r\n0\r\n\r\n!")
    assert strange.ending is Ending.LOST
    assert "certificate" in str(strange.message)


def test_connecting_is_measured_apart() -> None:
    """Opening connections gives their times; without a server it gives none."""
    with scripted_server() as server:
        assert len(asyncio.run(Wire().connect_times(server.address, times=3))) == 3
    assert asyncio.run(Wire().connect_times("http://127.0.0.1:1")) == ()


def test_a_proxy_in_the_environment_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment names a proxy, httpx carries the exchange; else our own wire does."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert isinstance(wire_for("https://api.mistral.ai/v1", time.perf_counter_ns), Wire)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:3128")
    assert isinstance(wire_for("https://api.mistral.ai/v1", time.perf_counter_ns), ClientWire)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert isinstance(wire_for("http://127.0.0.1:8000/v1", time.perf_counter_ns), Wire)


def _certificate(folder: Path) -> tuple[Path, Path]:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not here: no certificate can be made")
    names = folder / "cert.pem", folder / "key.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-out", names[0], "-keyout", names[1]], check=True, capture_output=True)
    return names


def _posted(script: Script, kind: type[Wire | ClientWire]) -> Exchange:
    async def once(address: str) -> Exchange:
        carrier = kind()
        exchange = await _post(carrier, address, script)
        carrier.close()
        return exchange

    with scripted_server() as server:
        return asyncio.run(once(server.address))


async def _post(carrier: Wire | ClientWire, address: str, script: Script) -> Exchange:
    body = f'{{"model": "{script.model}", "messages": [{{"role": "user", "content": "x"}}]}}'.encode()
    return await carrier.post(f"{address}/v1/chat/completions", {}, body, 1.0)


def _cut(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, *cuts, len(data)})
    return [data[a:b] for a, b in pairwise(places)]
