"""What a signal source is; the files of this folder are all there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

from crawlers.signals._series import Columns
from essor.model.observation import Status
from essor.model.signals import Metric, SignalPoint, SignalReading
from essor.plugins import modules_in

Period = tuple[date | None, date | None]
"""First and last day to ask for; None where the source takes none."""
ALL = "*"
"""The subject of a reading about everything that an answer could have held."""


@dataclass(frozen=True, slots=True)
class SignalTarget:
    """Figures that one request asks for."""

    source: str
    """The source's name."""
    subjects: tuple[str, ...]
    """The source's keys of what is asked for; none for all that one answer holds."""
    metrics: tuple[Metric, ...]
    """The figures that the source gives of each."""
    since: date | None = None
    """First day asked for; None where the source takes no period."""
    until: date | None = None
    """Last day asked for: a period not over by its end is left out. None where the source takes no period."""

    def __str__(self) -> str:
        return f"{self.source} of {', '.join(self.subjects) or 'all'}"

    def unread(self, status: Status, message: str) -> tuple[SignalReading, ...]:
        """The readings of a look that brought no facts, one a subject and figure."""
        wanted = self.subjects or (ALL,)
        return tuple(reading for subject in wanted for reading in self.without(subject, status, message))

    def without(self, subject: str, status: Status, message: str) -> list[SignalReading]:
        """The readings of one subject that an answer says nothing of, one a figure."""
        return [SignalReading(self.source, subject, metric, status, message) for metric in self.metrics]

    def series(
        self, subject: str, metric: Metric, points: Iterable[SignalPoint], lacks: str | None = None
    ) -> SignalReading:
        """The reading of a series, oldest first, without the periods that were not over; `lacks` makes it partial."""
        over = tuple(sorted((point for point in points if self._over(point)), key=lambda point: point.end or ""))
        if not over:
            message = f"no period was over by {self.until}"
            return SignalReading(self.source, subject, metric, Status.EMPTY, message)
        status = Status.PARTIAL if lacks else Status.COMPLETE
        return SignalReading(self.source, subject, metric, status, lacks, over)

    def now(
        self, subject: str, values: Mapping[Metric, float | None], message: str | None = None
    ) -> tuple[SignalReading, ...]:
        """The readings of figures as they stand; a missing one is a changed layout and never a zero."""
        return tuple(
            SignalReading(self.source, subject, metric, Status.LAYOUT_CHANGED, f"the answer gives no {metric.name}")
            if value is None
            else SignalReading(self.source, subject, metric, Status.COMPLETE, message, (SignalPoint(value),))
            for metric, value in values.items()
        )

    def _over(self, point: SignalPoint) -> bool:
        return self.until is None or (point.end or "")[:10] <= (self.until + timedelta(days=1)).isoformat()


class SignalSource(Protocol):
    """One service that is asked for figures: its addresses, and how to read what it answers. It has no state."""

    name: str
    """Its name in settings and readings, as in ``"tranco"``."""
    hosts: tuple[str, ...]
    """Its hosts, the one to ask first."""
    parser_version: int
    """Rises when the answers of its parser change."""
    enabled_by_default: bool
    """Whether it is asked when the operator says nothing."""
    at_once: int
    """The most subjects that one request may ask for."""
    every_hours: int
    """How often to ask by default, hours."""
    seconds_between_requests: float
    """The least time between two requests that its operator asks for or is known to bear, seconds."""
    revised_days: int
    """For how many days after its period a figure may still change; the newest answer counts."""
    metrics: tuple[Metric, ...]
    """The figures it gives."""
    gives: str
    """What it gives and from when on."""
    limits: str
    """How often it may be asked."""
    traps: tuple[str, ...]
    """What misleads in its answers."""
    robots: str
    """What its robots.txt is known to say."""
    terms: str
    """Its licence and the credit it asks for."""
    history: Columns | None
    """The columns of a table of its past figures that can be imported; None when there is none."""

    def period(self, today: date) -> Period:
        """The days to ask for today: as far back as one answer goes, up to the last that can be whole."""

    def url(self, target: SignalTarget) -> str:
        """The address to ask."""

    def recognise(self, url: str) -> SignalTarget | None:
        """What an address asks for: the inverse of `url`, and more tolerant; None for another's address."""

    def parse(self, body: bytes, target: SignalTarget) -> tuple[SignalReading, ...]:
        """What a whole answer says. Raises LayoutChanged or a FetchError when the answer as a whole is no data."""


@cache
def signal_sources() -> tuple[SignalSource, ...]:
    """Every signal source, by file."""
    return tuple(source for module in modules_in("crawlers.signals") for source in module.SOURCES)


def with_subjects(url: str, subjects: Iterable[str]) -> str:
    """An address whose answer holds more than is asked for, and behind a `#`, which is never sent, what is."""
    wanted = ",".join(quote(subject, safe="") for subject in subjects)
    return f"{url}#{wanted}" if wanted else url


def subjects_in(url: str) -> tuple[str, ...]:
    """The subjects that `with_subjects` put behind an address; none for all that its answer holds."""
    return tuple(unquote(subject) for subject in urlsplit(url).fragment.split(",") if subject)


def path_of(url: str, hosts: tuple[str, ...]) -> str | None:
    """The path of an address, when it is one of these hosts'."""
    parts = urlsplit(url)
    return parts.path if parts.hostname in hosts else None
