"""What the pages of apps.apple.com share: the data that stands in them as JSON, and how to look through it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crawlers.stores._apple import json_of
from essor.model.errors import FetchError, LayoutChanged

HOST = "apps.apple.com"
SERVER_DATA = "serialized-server-data"
"""The tag of the pages since about November 2025."""
SHOEBOX = "shoebox-media-api-cache-apps"
"""The tag of the pages before."""
ROBOTS = (
    "Allowed: chart and app pages; `/api/*`, `/v1/*` and `/WebObjects/*` are refused (public notes of autumn 2026)."
)

_SCRIPT = re.compile(r"<script\b([^<>]{0,500})>(.*?)</script>", re.S | re.I)
_ID = re.compile(r"""\bid\s*=\s*["']?([\w-]+)""")
DEEPEST = 60
"""Levels to look through; Apple's pages have about twenty."""


def page_text(body: bytes) -> str:
    """A page as text. Raises LayoutChanged when it is no page."""
    if b"<" not in body[:1000]:
        raise LayoutChanged("the answer is no HTML page")
    return body.decode("utf-8", "replace")


def data_in(page: str, tag: str) -> object:
    """The JSON of the script tag with this id; None when the page has no such tag. Raises as `json_of` does."""
    for attributes, content in _SCRIPT.findall(page):
        named = _ID.search(attributes)
        if named is not None and named[1] == tag:
            return json_of(content.encode())
    return None


def dicts_in(value: object, depth: int = 0) -> Iterator[dict[str, object]]:
    """Every object within a value, from the outside in, in its order."""
    if depth > DEEPEST:
        return
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(child, dict | list):
            yield from dicts_in(child, depth + 1)


def no_data(page: str, what: str) -> FetchError | LayoutChanged:
    """Why a page is no data."""
    if "</html>" not in page.lower():
        return FetchError(f"the answer is cut short: a page without its end after {len(page):,} characters")
    return LayoutChanged(f"the page holds no {what} that our parser knows")
