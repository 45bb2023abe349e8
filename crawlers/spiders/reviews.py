"""Asks the stores for reviews."""

from __future__ import annotations

from crawlers.spiders.store import StoreSpider


class ReviewsSpider(StoreSpider):
    """One item a page of reviews of one app."""

    name = "reviews"
