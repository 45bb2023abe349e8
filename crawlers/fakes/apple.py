"""The App Store's manner: lookups put together app by app, and feeds gone wrong in its own ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from essor.model.stores import StoreName

STORE = StoreName.APPLE
ROBOTS = {
    "itunes.apple.com": "User-agent: *\nDisallow: /search*\nDisallow: /*/rss/*\nDisallow: /*/lookup?\n",
    "rss.marketingtools.apple.com": "# nothing is refused\n",
    "rss.applemarketingtools.com": "# nothing is refused\n",
}
"""What public notes of autumn 2026 say of each host's robots.txt; an archived one is preferred."""

_MARGIN = b"\n\n\n"


class _TrackId(msgspec.Struct, rename="camel"):
    track_id: int


class _Results(msgspec.Struct):
    results: list[msgspec.Raw]


def listings_in(body: bytes) -> dict[str, bytes]:
    """Each app's record in a lookup answer, by app id."""
    records = msgspec.json.decode(body, type=_Results).results
    return {str(msgspec.json.decode(record, type=_TrackId).track_id): bytes(record) for record in records}


def compose_listings(records: list[bytes]) -> bytes:
    """A lookup answer that holds these records; Apple sets newlines around it."""
    head = f'{{\n "resultCount":{len(records)},\n "results": [\n'.encode()
    return _MARGIN + head + b",\n".join(records) + b"]\n}" + _MARGIN


def spoil(body: bytes, fault: str, country: str) -> bytes:
    """The same answer with one thing wrong with it; one that cannot go wrong so is left as it is."""
    if fault == "other_storefront":
        return _elsewhere(body, country.encode())
    if fault == "other_category":
        return _otherwise(body)
    document = msgspec.json.decode(body)
    feed = document.get("feed")
    if feed is None:
        return body
    key = "results" if "results" in feed else "entry"
    found = feed.pop(key, [])
    rows = _ROWS[fault](found if isinstance(found, list) else [found])
    return msgspec.json.encode({**document, "feed": {**feed, key: rows} if rows else feed})


_ROWS: dict[str, Callable[[list[Any]], list[Any]]] = {
    "empty_feed": lambda _: [],
    "short_chart": lambda rows: rows[:41],
    "duplicate_ids": lambda rows: [*rows[:-1], rows[0]],
    "entry_without_id": lambda rows: [{key: rows[0][key] for key in rows[0] if key != "id"}, *rows[1:]],
}
SPOILS = frozenset({"other_storefront", "other_category", *_ROWS})
"""The faults that `spoil` knows."""


def _elsewhere(body: bytes, here: bytes) -> bytes:
    there = b"us" if here != b"us" else b"fr"
    for before, after in ((b"apple.com/", b"/"), (b"/api/v2/", b"/"), (b'"country":"', b'"')):
        body = body.replace(before + here + after, before + there + after)
    return body


def _otherwise(body: bytes) -> bytes:
    changes = ((b"/genre=", b"/genre=9"), (b"/top-free/", b"/top-paid/"), (b"/topfree", b"/toppaid"))
    one, other = next((change for change in changes if change[0] in body), (b"", b""))
    return body.replace(one, other) if one else body
