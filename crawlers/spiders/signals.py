"""Asks the developer world and the open web for figures."""

from __future__ import annotations

from typing import Any

from scrapy import Request

from crawlers.spiders.store import StoreSpider


class SignalsSpider(StoreSpider):
    """One item an answer; what stands behind the `#` of an address names the figures wanted and is never sent."""

    name = "signals"

    def _request(self, url: str, **meta: Any) -> Request:  # noqa: ANN401 - Scrapy's meta
        return Request(url, callback=self.parse, errback=self.errback, dont_filter=True, meta=meta)
