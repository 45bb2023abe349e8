"""A session over HTTP: one address, one way to write a request, one way to read an answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from essor.model.errors import BackendUnavailable
from essor.model.probes import ProbeRequest, ProbeTarget, Quirks
from inference_probe.client_wire import ClientWire
from inference_probe.transcript import Transcript
from inference_probe.wire import Exchange, Wire

Body = Callable[[ProbeRequest], Mapping[str, Any]]
"""A request in a dialect."""
UNAUTHORISED = {401, 403}


@dataclass(slots=True)
class HttpSession:
    """A target behind HTTP."""

    url: str
    """Where questions go."""
    headers: Mapping[str, str]
    """What goes with each."""
    model: str
    """The model's name as the server confirmed it."""
    engine: str | None
    """The server as it names itself."""
    quirks: Quirks
    """What opening showed of the server's ways."""
    wire: Wire | ClientWire
    """The way to the server."""
    body: Body
    """How a request is written."""
    parse: Callable[[Exchange], Transcript]
    """How an answer is read."""

    async def ask(self, request: ProbeRequest, timeout: float) -> Exchange:
        """Ask once and keep everything that comes."""
        data = json.dumps(self.body(request), ensure_ascii=False).encode()
        return await self.wire.post(self.url, self.headers, data, timeout)

    def read(self, exchange: Exchange) -> Transcript:
        """What `exchange` says; a stream that is no dialect of its kind says so as an error of the server."""
        try:
            return self.parse(exchange)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            return Transcript(error=f"the answer cannot be read: {error!r}"[:300])

    async def rtt(self) -> tuple[int, ...]:
        """Times of opening a TCP connection, ns."""
        return await self.wire.connect_times(self.url)

    async def close(self) -> None:
        """Close every connection."""
        self.wire.close()


async def offered(target: ProbeTarget, url: str, headers: Mapping[str, str], patience: float) -> httpx.Response:
    """The server's answer to a plain GET. Raises BackendUnavailable when there is no server or the key is refused."""
    try:
        async with httpx.AsyncClient(timeout=min(patience, 15)) as client:
            answer = await client.get(url, headers=dict(headers))
    except httpx.TransportError as error:
        raise BackendUnavailable(f"No server for {target.name} at {url}: {error!r}.") from error
    if answer.status_code in UNAUTHORISED:
        raise BackendUnavailable(f"{url} refuses the key of {target.name} (HTTP {answer.status_code}).")
    return answer


def chosen_model(target: ProbeTarget, names: list[str]) -> str:
    """The model to ask for: the one named, else the only one offered. Raises BackendUnavailable otherwise."""
    if target.model and (target.model in names or not names):
        return target.model
    if target.model:
        raise BackendUnavailable(f"{target.name} does not offer {target.model!r}; it offers {_some(names)}.")
    if len(names) == 1:
        return names[0]
    raise BackendUnavailable(f"Name a model for {target.name}; it offers {_some(names)}.")


def stamped_at(wire: Wire | ClientWire) -> str:
    """Where arrivals are stamped."""
    return "socket" if isinstance(wire, Wire) else "client"


def decoded(text: str) -> dict[str, Any] | None:
    """A JSON object, or None for anything else."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def error_text(error: object) -> str:
    """An error object of a service as one line."""
    said = error.get("message", error) if isinstance(error, dict) else error
    return str(said)[:300]


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:8]) or "nothing"
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown  # noqa: PLR2004 - as many as shown
