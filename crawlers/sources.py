"""What a source is; the files of `crawlers/stores/` are all there are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, TypeVar, cast, runtime_checkable
from urllib.parse import urlsplit

from crawlers.signals._source import SignalTarget, signal_sources
from essor.model.charts import Chart, ChartReading
from essor.model.listings import ListingReading
from essor.model.observation import Status
from essor.model.reviews import Review, ReviewsReading
from essor.model.signals import SignalReading
from essor.model.stores import StoreName
from essor.plugins import modules_in
from essor.settings import Settings

Reading = ChartReading | ListingReading | ReviewsReading | SignalReading
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
    page: bool = False
    """Whether the app's own page is meant, for what it alone has, where the listing has another address."""

    def __str__(self) -> str:
        return f"{len(self.app_ids)} {'pages' if self.page else 'listings'} of {self.store}/{self.country}"

    def unread(self, status: Status, message: str) -> tuple[Reading, ...]:
        """The readings of a look that brought no facts, one an app."""
        return tuple(ListingReading(self.store, self.country, app_id, status, message) for app_id in self.app_ids)


@dataclass(frozen=True, slots=True)
class ReviewsTarget:
    """Some reviews of one app."""

    store: StoreName
    """The store."""
    country: str
    """The storefront; `reviews.WORLD` where the store keeps reviews by language."""
    app_id: str
    """The store's id of the app."""
    language: str | None = None
    """The language; None where the store keeps reviews by storefront."""
    page: int = 1
    """Which page of the newest reviews, 1 for the newest."""

    def __str__(self) -> str:
        return f"reviews of {self.store}/{self.country}/{self.language or '-'}/{self.app_id}, page {self.page}"

    def unread(self, status: Status, message: str) -> tuple[Reading, ...]:
        """The readings of a look that brought no facts."""
        return (self.reading(status, message),)

    def reading(self, status: Status, message: str | None, reviews: tuple[Review, ...] = ()) -> ReviewsReading:
        """The reading of this look."""
        return ReviewsReading(self.store, self.country, self.app_id, status, message, self.language, self.page, reviews)


Target = ChartTarget | ListingTarget | ReviewsTarget | SignalTarget
"""What one request asks for."""

T = TypeVar("T", ChartTarget, ListingTarget, ReviewsTarget)


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
    """The most things one request may ask for: rows of a chart, listings, reviews."""
    confirmed: bool
    """Whether its parser has met a real answer; one that has not is off by default, and its readings say so."""
    operators_choice: bool
    """Whether it is asked only when the operator switched it on, because robots.txt refuses it or may."""
    every_hours: int
    """How often to ask by default, hours."""
    gives: str
    """What it gives."""
    limits: str
    """How much and how often it may be asked."""
    traps: tuple[str, ...]
    """What misleads in its answers."""
    robots: str
    """What robots.txt says of it."""
    terms: str
    """What its operator's terms say."""

    def offers(self, target: Target) -> bool:
        """Whether it publishes this."""

    def url(self, target: T) -> str:
        """The address to ask; for a POST its form stands behind a `#`, and the two together say what is asked for."""

    def recognise(self, url: str) -> T | None:
        """What an address asks for: the inverse of `url`, and more tolerant; None for another's address."""

    def parse(self, body: bytes, target: T) -> tuple[Reading, ...]:
        """What a whole answer says. Raises LayoutChanged or a FetchError when the answer as a whole is no data."""


@runtime_checkable
class Redacting(Protocol):
    """A source whose answers speak of private persons."""

    def redacted(self, body: bytes) -> bytes:
        """A decoded answer with nothing left but what its parser reads; raises as `parse` when it is another answer."""


@cache
def all_sources() -> tuple[Source[Any], ...]:
    """Every source of every store, in the order in which to try them."""
    return tuple(source for module in modules_in("crawlers.stores") for source in module.SOURCES)


@cache
def asked_for_signals() -> tuple[Source[Any], ...]:
    """Every signal source, as a source: it is asked, read and landed in the same way, and belongs to no store."""
    return tuple(cast("Source[Any]", source) for source in signal_sources())


def source_named(name: str) -> Source[Any]:
    """The source of that name."""
    return next(source for source in all_sources() if source.name == name)


def recognise(url: str) -> tuple[Source[Any], Target] | None:
    """The source that an address belongs to, and what it asks for; None when it is no source's."""
    try:
        urlsplit(url)
    except ValueError:  # an archive from elsewhere may hold anything as an address
        return None
    for source in (*all_sources(), *asked_for_signals()):
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
