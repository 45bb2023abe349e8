"""Keeps script bundles compressed in memory, and gives our own small Plotly in place of the one that Dash brings."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BUNDLES = "/_dash-component-suites/"
OWN = "/embed-assets/"
DASHS_PLOTLY = f"{BUNDLES}plotly/package_data/plotly.min"
OUR_PLOTLY = f"{OWN}plotly.js"
"""1.6 MB with the kinds of trace that our figures use, not 4.8 MB (docs/decisions/0011-a-plotly-of-our-own.md)."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A whole answer."""

    start: Message
    """Its status and headers."""
    body: bytes
    """Its bytes, compressed."""
    tag: str
    """Its ETag."""


class KeptBundles:
    """Middleware around the compression: each bundle is made once and then answered from memory."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.kept: dict[tuple[str, str], Kept] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a bundle from memory; pass everything else on."""
        if scope["type"] != "http" or not scope["path"].startswith((BUNDLES, OWN)):
            await self.app(scope, receive, send)
            return
        if scope["path"].startswith(DASHS_PLOTLY):
            scope = {**scope, "path": OUR_PLOTLY, "raw_path": OUR_PLOTLY.encode()}
        headers = Headers(scope=scope)
        key = (scope["path"], headers.get("accept-encoding", ""))
        kept = self.kept.get(key) or await self._made(scope, receive)
        if kept.start["status"] == 200:  # noqa: PLR2004 - OK
            self.kept[key] = kept
        await _answer(kept, headers.get("if-none-match"), send)

    async def _made(self, scope: Scope, receive: Receive) -> Kept:
        """The answer as the app makes it, asked for without a condition."""
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        plain = [(name, value) for name, value in scope["headers"] if name != b"if-none-match"]
        await self.app({**scope, "headers": plain}, receive, collect)
        body = b"".join(message.get("body", b"") for message in messages[1:])
        return Kept(messages[0], body, f'"{blake2b(body, digest_size=12).hexdigest()}"')


async def _answer(kept: Kept, known: str | None, send: Send) -> None:
    headers = MutableHeaders(raw=list(kept.start["headers"]))
    headers["etag"] = kept.tag
    if known == kept.tag:
        del headers["content-length"]
        await send({"type": "http.response.start", "status": 304, "headers": headers.raw})
        await send({"type": "http.response.body", "body": b""})
        return
    headers["content-length"] = str(len(kept.body))
    await send({**kept.start, "headers": headers.raw})
    await send({"type": "http.response.body", "body": kept.body})
