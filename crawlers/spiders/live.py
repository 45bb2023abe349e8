"""Asks each source once, whatever kind it is."""

from __future__ import annotations

from typing import Any

from scrapy import Request

from crawlers.signals._source import SignalTarget
from crawlers.spiders.signals import SignalsSpider
from crawlers.spiders.store import StoreSpider


class LiveSpider(StoreSpider):
    """One item an answer; a signal's fragment is not sent, a store's is the form of a POST."""

    name = "live"

    def _request(self, url: str, **meta: Any) -> Request:  # noqa: ANN401 - Scrapy's meta
        of_a_signal = isinstance(meta["target"], SignalTarget)
        return (SignalsSpider if of_a_signal else StoreSpider)._request(self, url, **meta)  # noqa: SLF001
