"""What the answers of the App Store share: patient JSON, rows of a chart, links that name a storefront."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from essor.model.charts import OVERALL, ChartEntry, RejectedEntry
from essor.model.errors import FetchError, LayoutChanged
from essor.model.observation import Status
from essor.model.stores import StoreName

STORE = StoreName.APPLE
ALL = OVERALL[STORE]
"""The category of all categories."""
ENOUGH = 0.9
"""Share of the rows asked for that makes a chart complete: Apple commonly gives 95 to 99 of 100."""
TERMS = "Apple Media Services terms restrict automated collection, also where robots.txt allows it."
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not the JSON it expects: other shapes, other bytes than UTF-8, too deep."""
STOREFRONT_IN_LINK = re.compile(r"//(?:apps|itunes)\.apple\.com/([a-z]{2})/app/")


class Row(NamedTuple):
    """One row of a chart as an answer gives it."""

    app_id: str
    """The app's id; empty when the row has none."""
    name: str | None
    """The app's name."""
    developer: str | None
    """The developer's name."""
    link: str
    """The address of the app's page; empty when the row has none."""


def json_of(body: bytes) -> object:
    """The JSON of an answer. Raises FetchError when it is cut short, LayoutChanged when it is none."""
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        raise LayoutChanged("HTML came instead of JSON")
    try:
        return msgspec.json.decode(start)
    except UNREADABLE as error:
        if "truncated" in str(error) and not start.rstrip().endswith(b"}"):
            raise FetchError(f"the answer is cut short: its JSON ends after {len(body):,} bytes") from error
        raise LayoutChanged(f"the answer is not JSON: {error}") from error


def dig(value: object, *keys: str) -> object:
    """What stands under some keys, one within the other; None when nothing does."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def text(value: object, *keys: str) -> str | None:
    """The text at some depth; a number there is taken as its digits."""
    found = dig(value, *keys)
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else None


def path_of(link: str) -> str:
    """The path of an address; empty when it is none."""
    try:
        return urlsplit(link).path
    except ValueError:
        return ""


def storefront_of_links(rows: Sequence[Row], expected: str) -> list[str]:
    """The storefront that most links of the rows name; the first is enough when it is the expected one."""
    first = STOREFRONT_IN_LINK.search(rows[0].link)
    if first is not None and first[1] == expected:
        return [expected]
    found = Counter(m[1] for row in rows if (m := STOREFRONT_IN_LINK.search(row.link)))
    return [country for country, _ in found.most_common(1)]


def sorted_out(rows: Sequence[Row]) -> tuple[list[ChartEntry], list[RejectedEntry]]:
    """The rows that are entries, and those set aside. A row without a name still has its rank."""
    entries: list[ChartEntry] = []
    rejects: list[RejectedEntry] = []
    seen: set[str] = set()
    for rank, row in enumerate(rows, 1):
        app_id = row[0]
        if app_id not in seen and app_id.isdecimal() and app_id.isascii():
            seen.add(app_id)
            entries.append(ChartEntry(rank, app_id, row[1], row[2]))
        else:
            rejects.append(RejectedEntry(rank, _reason(app_id, seen), f"{app_id} {row.name or ''}".strip()[:200]))
    return entries, rejects


def _reason(app_id: str, seen: set[str]) -> str:
    if not app_id:
        return "no_id"
    return "duplicate_id" if app_id in seen else "bad_id"


def judge(depth: int, asked: int, rejects: Sequence[RejectedEntry]) -> tuple[Status, str | None]:
    """A row whose app is unknown could be anyone's, so that a chart with one is not complete."""
    notes = [f"{depth} rows came of {asked} asked for"] if depth < ENOUGH * asked else []
    unknown = any(reject.reason != "duplicate_id" for reject in rejects)
    status = Status.PARTIAL if notes or unknown else Status.COMPLETE
    if rejects:
        where = ", ".join(f"{reject.reason} at {reject.position}" for reject in rejects[:5])
        notes.append(f"{len(rejects)} of {depth} rows set aside: {where}{' …' if len(rejects) > 5 else ''}")  # noqa: PLR2004
    return status, "; ".join(notes) or None
