"""The App Store's app page, for the one thing that it alone gives: how many ratings have how many stars."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from crawlers.sources import ListingTarget, Reading, Target
from crawlers.stores._apple import STORE, TERMS, dig
from crawlers.stores._apple_page import HOST, ROBOTS, SERVER_DATA, data_in, dicts_in, no_data, page_text
from essor.model.errors import LayoutChanged
from essor.model.listings import Listing, ListingReading
from essor.model.observation import Status

STARS = 5
SLACK = 0.1
"""How far the mean of the stars may be from the mean that the page gives."""

_PATH = re.compile(r"/([a-z]{2})/app/(?:[^/]{1,300}/)?id(\d{1,20})", re.I | re.A)
_ADDRESS = re.compile(
    r"""<link\b[^<>]{0,200}\brel=["']canonical["'][^<>]{0,200}\bhref=["']https://apps\.apple\.com([^"'<>?]{1,400})""",
    re.A,
)


class AppleAppPage:
    """The app page on the web. robots.txt allows it; off until a live check has seen that the parser fits."""

    name = "apple_app_page"
    store = STORE
    hosts: tuple[str, ...] = (HOST,)
    parser_version = 1
    enabled_by_default = False
    at_once = 1
    confirmed = False
    operators_choice = False
    every_hours = 24
    gives = "How many ratings have one to five stars, of one app in one storefront. All else comes from the lookup."
    limits = "401 and 429 were seen; one page an app and storefront a day."
    traps: tuple[str, ...] = (
        "The stars run from five to one, elsewhere from one to five: their mean is compared with the one shown.",
        "The storefront in the address may be a hint alone: it is compared with the page's own address.",
        "A page without its data is a changed layout and never zeros.",
        "This parser was written from a description, without a capture: unconfirmed.",
    )
    robots = ROBOTS
    terms = TERMS

    def offers(self, target: Target) -> bool:
        """Pages of any storefront, one app a request."""
        return isinstance(target, ListingTarget) and target.store is STORE and target.page

    def url(self, target: ListingTarget) -> str:
        """The address of an app's page."""
        return f"https://{HOST}/{target.country}/app/id{target.app_ids[0]}"

    def recognise(self, url: str) -> ListingTarget | None:
        """The page that an address asks for, with or without the app's name in it."""
        parts = urlsplit(url)
        found = _PATH.fullmatch(parts.path) if parts.hostname in self.hosts else None
        return ListingTarget(STORE, found[1].lower(), (found[2],), page=True) if found else None

    def parse(self, body: bytes, target: ListingTarget) -> tuple[Reading, ...]:
        """The one reading of a page."""
        return (parse_histogram(body, target.country, target.app_ids[0]),)


SOURCES = (AppleAppPage(),)


def parse_histogram(body: bytes, country: str, app_id: str) -> ListingReading:
    """The reading that an app page gives; its listing holds the stars alone.

    Raises LayoutChanged when the page has no such data or is another app's, FetchError when it is cut short.
    """
    page = page_text(body)
    if wrong := _other_page(page, country, app_id):
        return ListingReading(STORE, country, app_id, *wrong)
    ratings = _ratings(data_in(page, SERVER_DATA))
    if ratings is None:
        raise no_data(page, "ratings")
    five_to_one = _stars(ratings)
    if not sum(five_to_one):
        return ListingReading(STORE, country, app_id, Status.EMPTY, "the page shows no rating yet")
    _refuse_other_order(five_to_one, dig(ratings, "ratingAverage"))
    five, four, three, two, one = five_to_one
    listing = Listing(stars_1=one, stars_2=two, stars_3=three, stars_4=four, stars_5=five)
    return ListingReading(STORE, country, app_id, Status.COMPLETE, None, listing)


def _other_page(page: str, country: str, app_id: str) -> tuple[Status, str] | None:
    address = _ADDRESS.search(page)
    found = _PATH.fullmatch(address[1]) if address else None
    if found is not None and found[2] != app_id:
        raise LayoutChanged(f"asked for {app_id}, and the page of {found[2]} came")
    if found is not None and found[1].lower() != country:
        return Status.WRONG_STOREFRONT, f"asked for storefront {country}, and storefront {found[1].lower()} came"
    return None


def _ratings(data: object) -> dict[str, object] | None:
    """Where the counts stand; the root was a list once and is an object now, so that they are looked for by name."""
    return next((found for found in dicts_in(data) if isinstance(found.get("ratingCounts"), list)), None)


def _stars(ratings: dict[str, object]) -> list[int]:
    found = ratings["ratingCounts"]
    counts = [n for n in found if type(n) is int and 0 <= n < 1 << 53] if isinstance(found, list) else []
    if len(counts) != STARS or not isinstance(found, list) or len(found) != STARS:
        raise LayoutChanged("the page gives no five counts of stars")
    return counts


def _refuse_other_order(five_to_one: list[int], average: object) -> None:
    if not isinstance(average, int | float) or isinstance(average, bool):
        raise LayoutChanged("the page gives no mean to compare the stars with")
    mean = sum(stars * n for stars, n in zip(range(STARS, 0, -1), five_to_one, strict=True)) / sum(five_to_one)
    if not abs(mean - average) <= SLACK:
        raise LayoutChanged(
            f"the stars have a mean of {mean:.2f} and the page says {average:.2f}: are they in another order?"
        )
