"""What the parts of one running crawl share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from crawlers.answers import Answer, fit_to_keep, readings, retry_after
from crawlers.archive import Archive
from crawlers.landing import Landing
from crawlers.manners import Manners
from crawlers.pace import Pace
from crawlers.sources import Reading, Source, Target
from essor import logs
from essor.model.observation import Status
from essor.settings import Settings

_LOG = logs.logger(__name__)
Progress = Callable[[int, int], None]
"""Told (done, total) as the targets are concluded."""
Look = tuple[Source[Any], Target]
"""One thing to ask one source for."""


IN_VAIN = frozenset({Status.BLOCKED, Status.FAILED})
"""The statuses after which to ask again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that was archived and judged."""

    answer: Answer
    """The answer."""
    readings: tuple[Reading, ...]
    """Its readings; none for robots.txt and for a redirect to follow."""


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
    manners: Manners
    """What earlier runs and other processes know of each host."""
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

    def keep(self, answer: Answer) -> Kept:
        """Archives an answer, then judges it: whatever happens afterwards, its bytes are safe."""
        kept = fit_to_keep(answer)
        self.landing.saw(kept.market)
        return Kept(kept, readings(kept, self.archive.keep(kept), self.run_id))

    def slow_down_after(self, kept: Kept, attempt: int) -> None:
        """Slows its host down when the answer was in vain; to be done before the host's next turn."""
        statuses = {reading.status for reading in kept.readings}
        host, asked = urlsplit(kept.answer.url).hostname or "", retry_after(kept.answer)
        if statuses and statuses <= IN_VAIN:
            self.pace.after_trouble(host, attempt, blocked=Status.BLOCKED in statuses, asked=asked)
        if asked is not None and asked > self.settings.pace.longest_backoff:
            self.manners.asked_to_wait(host, asked)
        elif Status.BLOCKED in statuses:
            self.manners.turned_away(host)
        elif statuses - IN_VAIN:
            self.manners.answered(host)
        elif statuses:
            self.manners.undecided(host)
        self.land_pauses()

    def land_pauses(self) -> None:
        """Writes down the pauses that began, so that the warehouse knows of them."""
        while self.manners.begun:
            pause = self.manners.begun.pop()
            self.landing.add_pause(pause)
            _LOG.warning("a host is left alone", host=pause.host, reason=pause.reason, until=str(pause.until))

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
