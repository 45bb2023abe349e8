"""What every answer says in its head: who may frame it, and whether it is of a simulated market."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALONE = "frame-ancestors 'none'"


class FramedByNone:
    """Middleware that forbids framing wherever an answer does not say otherwise."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with the header added."""

        async def forbid(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-security-policy", ALONE)
            await send(message)

        await self.app(scope, receive, forbid if scope["type"] == "http" else send)


class SaysSimulated:
    """Middleware by which every answer on a simulated market says so: pages, images, tables and JSON alike."""

    def __init__(self, app: ASGIApp, simulated: Callable[[], bool]) -> None:
        self.app = app
        self.simulated = simulated

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with the header added."""

        async def say(message: Message) -> None:
            if message["type"] == "http.response.start" and self.simulated():
                MutableHeaders(scope=message)["x-essor-simulated"] = "yes"
            await send(message)

        await self.app(scope, receive, say if scope["type"] == "http" else send)
