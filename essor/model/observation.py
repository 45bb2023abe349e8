"""Having looked: what an answer was, where its bytes are, and what follows from them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """How one look ended. Only `complete` and `partial` readings hold facts."""

    COMPLETE = "complete"
    """The answer holds what was asked for."""
    PARTIAL = "partial"
    """The answer is right as far as it goes, and shorter than it should be."""
    EMPTY = "empty"
    """The store says that there is nothing here, and says it believably."""
    NOT_AVAILABLE = "not_available"
    """The store does not offer this app or chart in this storefront."""
    WRONG_STOREFRONT = "wrong_storefront"
    """The answer is for another storefront than asked: kept, never shown as data."""
    WRONG_CHART = "wrong_chart"
    """The answer is another chart or category than asked: kept, never shown as data."""
    REFUSED = "refused"
    """robots.txt does not allow the address, so it was not asked."""
    BLOCKED = "blocked"
    """The store turned us away (403, 429, or 200 with an empty feed)."""
    FAILED = "failed"
    """No whole answer came (time-out, no connection, server error, cut short)."""
    LAYOUT_CHANGED = "layout_changed"
    """The answer came whole and our parser does not fit it."""

    @property
    def usable(self) -> bool:
        """Whether the reading's facts may be shown."""
        return self in (Status.COMPLETE, Status.PARTIAL)


class State(StrEnum):
    """The five states of having looked for one app in one chart at one moment."""

    RANKED = "ranked"
    """An entry of a usable reading."""
    ABSENT = "absent"
    """A complete reading of depth N without the app: it was outside the first N."""
    NOT_OBSERVED = "not_observed"
    """Nobody looked, or what came is no usable reading of this chart."""
    REFUSED = "refused"
    """robots.txt did not allow us to look."""
    FAILED = "failed"
    """We looked, and no usable answer came (failed, blocked or a changed layout)."""


_STATE_WITHOUT_ENTRY = {
    Status.COMPLETE: State.ABSENT,
    Status.REFUSED: State.REFUSED,
    Status.BLOCKED: State.FAILED,
    Status.FAILED: State.FAILED,
    Status.LAYOUT_CHANGED: State.FAILED,
}


def state_of(status: Status | None, rank: int | None) -> State:
    """The state of an app after a look with this `status` (None: no look) that gave it `rank`."""
    if rank is not None and status is not None and status.usable:
        return State.RANKED
    if status is None:
        return State.NOT_OBSERVED
    return _STATE_WITHOUT_ENTRY.get(status, State.NOT_OBSERVED)


@dataclass(frozen=True, slots=True)
class Capture:
    """One archived answer: where its bytes are and what they must hash to."""

    url: str
    """The public address that was asked, whatever host really answered."""
    observed_at: datetime
    """When the answer was received, UTC."""
    http_status: int | None
    """The HTTP status code; None when no answer came."""
    file: str | None
    """The WARC file, relative to the data folder; None when no bytes came."""
    offset: int | None
    """Where the record begins in that file, bytes."""
    sha256: str | None
    """SHA-256 of the body as it was sent (before any decompression), hex."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a reading comes from: its source, its archived answer, its parser, its run."""

    source: str
    """The source's name, as in ``"apple_legacy_rss"``."""
    capture: Capture
    """The archived answer."""
    parser_version: int
    """The version of the parser that read it; rises when the parser's answers change."""
    run_id: str
    """The run that brought it."""


def stable_id(*parts: object) -> str:
    """Sixteen hexadecimal digits that are the same for the same parts on every machine."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
