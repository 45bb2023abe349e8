"""JSON answers, read patiently: what is missing or odd is None, and never a zero."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import msgspec

from essor.model.errors import FetchError, LayoutChanged

YEARS = range(1990, 2200)
"""Years that a figure may be of; any other is a damaged date."""


def json_of(body: bytes) -> object:
    """The JSON of an answer. Raises FetchError when it is cut short, LayoutChanged when it is none."""
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        raise LayoutChanged("HTML came instead of JSON")
    try:
        return msgspec.json.decode(start)
    except msgspec.DecodeError as error:
        if "truncated" in str(error):
            raise FetchError(f"the answer is cut short: its JSON ends after {len(body):,} bytes") from error
        raise LayoutChanged(f"the answer is not JSON: {error}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise LayoutChanged(f"the answer is not JSON: {error}") from error


def dig(value: object, *keys: str) -> object:
    """What stands under some keys, one within the other; None when nothing does."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def items(value: object, key: str) -> list[object]:
    """The list under a key. Raises LayoutChanged when there is none."""
    found = dig(value, key)
    if not isinstance(found, list):
        raise LayoutChanged(f"the answer is JSON and has no list of {key}")
    return found


def text(value: object, *keys: str) -> str | None:
    """The text at some depth."""
    found = dig(value, *keys)
    return found if isinstance(found, str) else None


def count(value: object, *keys: str) -> float | None:
    """The number at some depth, when it is a possible count: finite, not negative, not a yes or no."""
    found = dig(value, *keys)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < 1 << 53:
        return None
    return found if math.isfinite(found) else None


def day(said: str | None) -> date | None:
    """The day that a text such as ``"2026-10-07"`` gives; None for a day on which nobody counted anything."""
    try:
        found = date.fromisoformat(said or "")
    except ValueError:
        return None
    return found if found.year in YEARS else None


def moment(said: str | None) -> str | None:
    """The moment that a text gives, in UTC and ISO 8601; one without a zone is taken as UTC."""
    try:
        found = datetime.fromisoformat(said or "")
    except ValueError:
        return None
    if found.year not in YEARS:
        return None
    return (found.astimezone(UTC) if found.tzinfo else found).strftime("%Y-%m-%dT%H:%M:%SZ")
