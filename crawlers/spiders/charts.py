"""Asks the stores for charts."""

from __future__ import annotations

from crawlers.spiders.store import StoreSpider


class ChartsSpider(StoreSpider):
    """One item a feed."""

    name = "charts"
