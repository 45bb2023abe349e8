"""What the parts of one running crawl share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from crawlers.archive import Archive
from crawlers.landing import Landing
from crawlers.pace import Pace
from crawlers.sources import Reading, Source, Target
from essor.settings import Settings

Progress = Callable[[int, int], None]
"""Told (done, total) as the targets are concluded."""
Look = tuple[Source[Any], Target]
"""One thing to ask one source for."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a spider gives for one answer, or for one that did not come."""

    readings: tuple[Reading, ...]
    """The readings of the answer."""
    concluded: bool
    """Whether this was the last attempt at its target."""


@dataclass(slots=True)
class Crawl:
    """One run of a spider."""

    settings: Settings
    """The operator's settings."""
    run_id: str
    """The run's name."""
    looks: Sequence[Look]
    """What to ask for, in order."""
    archive: Archive
    """Where answers are kept."""
    landing: Landing
    """Where readings are written."""
    pace: Pace
    """When each host may be asked."""
    now: Callable[[], datetime]
    """The clock, UTC."""
    progress: Progress
    """Who wants to know how far it is."""
    total: int
    """How many targets there are, those not asked included."""
    done: int = 0
    """How many of them are concluded."""
    statuses: dict[str, int] = field(default_factory=dict)
    """How many readings of each status have landed."""

    def land(self, looked: Looked) -> None:
        """Writes the readings and counts them."""
        for reading in looked.readings:
            self.landing.add(reading)
            self.statuses[reading.status] = self.statuses.get(reading.status, 0) + 1
        if looked.concluded:
            self.done += 1
            self.progress(self.done, self.total)

    def address(self, url: str) -> str:
        """Where to really ask for a public address: the setting `hosts` may name another base."""
        parts = urlsplit(url)
        base = self.settings.base_of(parts.hostname or "")
        if base is None:
            return url
        query = f"?{parts.query}" if parts.query else ""
        return f"{base.rstrip('/')}{parts.path}{query}"
