"""Who may frame what: embeds may stand in any page, everything else in none."""

from __future__ import annotations

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
