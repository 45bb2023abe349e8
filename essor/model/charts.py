"""Charts, what is seen in them, and the record of having looked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from essor.model.observation import Evidence, Status, stable_id
from essor.model.stores import Device, StoreName

OVERALL = {StoreName.APPLE: "36", StoreName.GOOGLE_PLAY: "APPLICATION"}
"""Each store's own id for the chart of all categories."""


class Collection(StrEnum):
    """What a chart ranks by."""

    TOP_FREE = "top-free"
    TOP_PAID = "top-paid"
    TOP_GROSSING = "top-grossing"


@dataclass(frozen=True, slots=True)
class Chart:
    """One ranking that a store publishes."""

    store: StoreName
    """The store that publishes it."""
    country: str
    """The storefront, two lower-case letters, as in ``"fr"``."""
    collection: Collection
    """What it ranks by."""
    category: str
    """The store's own id of the category, as in ``"6007"``; `OVERALL` for all of them."""
    device: Device = Device.IPHONE
    """The kind of device it is made for."""

    def __str__(self) -> str:
        return f"{self.store}/{self.country}/{self.device}/{self.collection}/{self.category}"


class ChartEntry(NamedTuple):
    """One row of a chart. A named tuple, because a feed makes a hundred of them in 50 µs."""

    rank: int
    """The position in the store's answer, 1 for the first."""
    app_id: str
    """The store's id of the app: digits at Apple, the package name at Google."""
    name: str | None
    """The app's name as this answer gives it; None when the answer has ids alone."""
    developer: str | None
    """The developer's name as this answer gives it; None when it does not say."""


class RejectedEntry(NamedTuple):
    """A row of a chart that breaks a rule: set aside, never lost."""

    position: int
    """The position in the store's answer, 1 for the first."""
    reason: str
    """A short code, as in ``"duplicate_id"``."""
    text: str
    """What the answer said there, shortened."""


@dataclass(frozen=True, slots=True)
class ChartReading:
    """The record of having looked at a chart once."""

    chart: Chart
    """The chart that was asked for."""
    asked: int
    """How many rows were asked for."""
    status: Status
    """How the look ended."""
    message: str | None = None
    """One sentence on why, when the status is not plainly `complete`."""
    depth: int = 0
    """How many rows the answer held, rejected ones included."""
    entries: tuple[ChartEntry, ...] = ()
    """The rows, in the store's order; empty unless the status is usable."""
    rejects: tuple[RejectedEntry, ...] = ()
    """The rows set aside."""
    evidence: Evidence | None = None
    """Where the reading comes from; None straight from a parser."""


def chart_reading_id(source: str, chart: Chart, observed_at: str) -> str:
    """The id of a look at a chart: the same source, chart and moment give the same id.

    `observed_at` is UTC in ISO 8601 to the microsecond.
    """
    return stable_id("chart", source, chart, observed_at)
