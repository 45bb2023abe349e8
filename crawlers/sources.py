"""What a source is; the files of `crawlers/stores/` are all there are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, TypeVar

from essor.model.charts import Chart, ChartReading
from essor.model.listings import ListingReading
from essor.model.observation import Status
from essor.model.stores import StoreName
from essor.plugins import modules_in
from essor.settings import Settings

Reading = ChartReading | ListingReading
"""The record of having looked once."""


@dataclass(frozen=True, slots=True)
class ChartTarget:
    """One chart to ask for."""

    chart: Chart
    """The chart."""
    asked: int
    """How many rows to ask for."""

    def __str__(self) -> str:
        return f"chart {self.chart}"

    @property
    def store(self) -> StoreName:
        """The store that publishes it."""
        return self.chart.store

    def unread(self, status: Status, message: str) -> tuple[Reading, ...]:
        """The readings of a look that brought no facts."""
        return (ChartReading(self.chart, self.asked, status, message),)


@dataclass(frozen=True, slots=True)
class ListingTarget:
    """Listings of one storefront that one request asks for."""

    store: StoreName
    """The store."""
    country: str
    """The storefront."""
    app_ids: tuple[str, ...]
    """The store's ids of the apps."""

    def __str__(self) -> str:
        return f"{len(self.app_ids)} listings of {self.store}/{self.country}"

    def unread(self, status: Status, message: str) -> tuple[Reading, ...]:
        """The readings of a look that brought no facts, one an app."""
        return tuple(ListingReading(self.store, self.country, app_id, status, message) for app_id in self.app_ids)


Target = ChartTarget | ListingTarget
"""What one request asks for."""

T = TypeVar("T", ChartTarget, ListingTarget)


class Source(Protocol[T]):
    """One way to ask one store: its addresses, and how to read what they answer. It has no state."""

    name: str
    """Its name in settings and readings, as in ``"apple_rss"``."""
    store: StoreName
    """The store it belongs to."""
    hosts: tuple[str, ...]
    """Its public hosts, the one to ask first."""
    parser_version: int
    """Rises when the answers of its parser change."""
    enabled_by_default: bool
    """Whether it is asked when the operator says nothing."""
    at_once: int
    """The most things one request may ask for."""

    def offers(self, target: Target) -> bool:
        """Whether it publishes this."""

    def url(self, target: T) -> str:
        """The address to ask; for a POST its form stands behind a `#`, and the two together say what is asked for."""

    def recognise(self, url: str) -> T | None:
        """What an address asks for: the inverse of `url`, and more tolerant; None for another's address."""

    def parse(self, body: bytes, target: T) -> tuple[Reading, ...]:
        """What a whole answer says. Raises LayoutChanged or a FetchError when the answer as a whole is no data."""


@cache
def all_sources() -> tuple[Source[Any], ...]:
    """Every source of every store, in the order in which to try them."""
    return tuple(source for module in modules_in("crawlers.stores") for source in module.SOURCES)


def source_named(name: str) -> Source[Any]:
    """The source of that name."""
    return next(source for source in all_sources() if source.name == name)


def recognise(url: str) -> tuple[Source[Any], Target] | None:
    """The source that an address belongs to, and what it asks for; None when it is no source's."""
    for source in all_sources():
        target = source.recognise(url)
        if target is not None:
            return source, target
    return None


def enabled(source: Source[Any], settings: Settings) -> bool:
    """Whether to ask this source."""
    said = settings.source(source.name).enabled
    return source.enabled_by_default if said is None else said


def offering(target: Target, sources: tuple[Source[Any], ...] | None = None) -> list[Source[Any]]:
    """The sources that publish a thing, enabled or not."""
    return [source for source in (sources or all_sources()) if source.offers(target)]
