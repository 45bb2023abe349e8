"""The same exchange through httpx, for networks that need a proxy; arrivals are stamped when httpx hands them on."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from inference_probe.wire import Clock, Ending, Exchange, Piece, Wire


def wire_for(url: str, clock: Clock) -> Wire | ClientWire:
    """The stamping wire, or httpx when the environment names a proxy for `url`."""
    place = urlsplit(url)
    proxies = getproxies()
    proxied = (place.scheme in proxies or "all" in proxies) and not proxy_bypass(place.hostname or "")
    return ClientWire(clock) if proxied and "ESSOR_PROBE_DIRECT" not in os.environ else Wire(clock)


@dataclass(slots=True)
class ClientWire:
    """Exchanges through httpx, with proxies, certificates and redirects as httpx finds them in the environment."""

    clock: Clock = time.perf_counter_ns
    """The run's clock."""
    client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(limits=httpx.Limits()))
    """The client."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout: float) -> Exchange:
        """As `Wire.post`."""
        kept: list[Piece] = []
        sent, head = self.clock(), _Head()
        try:
            everything = {"Content-Type": "application/json", "Accept-Encoding": "identity", **headers}
            async with self.client.stream("POST", url, headers=everything, content=body, timeout=timeout) as answer:
                head = _Head(self.clock(), answer.status_code, dict(answer.headers))
                async for data in answer.aiter_raw():
                    kept.append(Piece(self.clock(), data))  # noqa: PERF401 - kept also when it breaks off
        except httpx.TimeoutException as error:
            return self._result(sent, head, kept, Ending.TIMED_OUT, repr(error))
        except httpx.TransportError as error:
            return self._result(sent, head, kept, Ending.CUT if head.status else Ending.LOST, repr(error))
        return self._result(sent, head, kept, Ending.WHOLE, None)

    async def connect_times(self, url: str, times: int = 5) -> tuple[int, ...]:
        """Nothing: the way to the server is the proxy's."""
        del url, times
        return ()

    def close(self) -> None:
        """Nothing to do: httpx's connections end with the loop."""

    def _result(self, sent: int, head: _Head, kept: list[Piece], ending: Ending, message: str | None) -> Exchange:
        return Exchange(None, sent, head.at_ns, head.status, head.headers, tuple(kept), self.clock(), ending, message)


@dataclass(frozen=True, slots=True)
class _Head:
    at_ns: int | None = None
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
