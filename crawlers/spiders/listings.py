"""Asks the stores for listings."""

from __future__ import annotations

from crawlers.spiders.store import StoreSpider


class ListingsSpider(StoreSpider):
    """One item a batch of apps in one storefront."""

    name = "listings"
