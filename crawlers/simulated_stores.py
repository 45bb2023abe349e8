"""Stores of a simulated market, in each store's manner."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from crawlers.answers import SIMULATED
from crawlers.fakes import asked_for, fake_of
from crawlers.faults import Reply
from crawlers.signals._source import SignalTarget
from crawlers.simulated_market import SimulatedMarket


class SimulatedStores:
    """Stores that a seed makes; every answer says so. What is asked for again within the hour is not made again."""

    def __init__(self, market: SimulatedMarket) -> None:
        self.market = market
        """What is sold in them."""
        self.marks: tuple[tuple[str, str], ...] = ((SIMULATED, market.seed),)
        self._body = lru_cache(maxsize=256)(self._made)

    def body(self, url: str, at: datetime) -> bytes | None:
        """The body of the answer at a public address; None for what is not simulated, as the signals are not."""
        return self._body(url, at.astimezone(UTC).replace(minute=0, second=0, microsecond=0))

    def robots(self, host: str, at: datetime) -> Reply | None:
        """The noted one."""

    def _made(self, url: str, hour: datetime) -> bytes | None:
        known = asked_for(url)
        if known is None or isinstance(known[1], SignalTarget):
            return None
        fake = fake_of(known[0].store)
        made: bytes | None = fake.simulated(self.market, *known, hour) if fake else None
        return made
