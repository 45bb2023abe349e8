"""The App Store's reviews, without a word on who wrote them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec

from crawlers.sources import Reading, ReviewsTarget, Target
from crawlers.stores._apple import STORE, TERMS, dig, json_of, path_of, text
from essor.model.errors import FetchError, LayoutChanged
from essor.model.observation import Status
from essor.model.reviews import Review

A_PAGE = 50
"""Reviews of a page."""
LAST_PAGE = 10
"""Apple gives no more: 500 reviews an app and storefront."""

_PATH = re.compile(r"/([a-z]{2})/rss/customerreviews((?:/\w{1,20}=\w{1,30}){1,4})/(?:json|xml)", re.I | re.A)
_KEPT_OF_FEED = ("id", "title", "updated", "link")
_KEPT_OF_ENTRY = ("im:rating", "title", "content", "im:version", "updated")


class AppleReviews:
    """The reviews feed. robots.txt refuses it, so it is off by default."""

    name = "apple_reviews"
    store = STORE
    hosts: tuple[str, ...] = ("itunes.apple.com",)
    parser_version = 1
    enabled_by_default = False
    at_once = A_PAGE
    confirmed = False
    operators_choice = True
    every_hours = 24
    gives = "The newest reviews of an app in one storefront: stars, title, text, version, date."
    limits = "50 a page, 10 pages; 403, 429 and 502 were seen."
    traps: tuple[str, ...] = (
        "Names, ids and pages of reviewers are taken out before the answer is archived.",
        "An empty feed with 200 may be a refusal or an app without reviews: it is a failed reading.",
        "One review comes as an object, none as no entry at all; the first entry used to be the app itself.",
        "A date was missing until about 2021.",
        "This parser was written from a description, without a capture: unconfirmed.",
    )
    robots = "Refused: `/*/rss/*` of itunes.apple.com."
    terms = TERMS

    def offers(self, target: Target) -> bool:
        """The newest 500 reviews of any app in any storefront."""
        if not isinstance(target, ReviewsTarget) or target.store is not STORE:
            return False
        return target.language is None and target.page <= LAST_PAGE

    def url(self, target: ReviewsTarget) -> str:
        """The address of a page of reviews."""
        app = f"page={target.page}/id={target.app_id}"
        return f"https://{self.hosts[0]}/{target.country}/rss/customerreviews/{app}/sortby=mostrecent/json"

    def recognise(self, url: str) -> ReviewsTarget | None:
        """The page of reviews that an address asks for, its parts in any order."""
        parts = urlsplit(url)
        return _target(parts.path) if parts.hostname in self.hosts else None

    def parse(self, body: bytes, target: ReviewsTarget) -> tuple[Reading, ...]:
        """The one reading of a page."""
        feed = _feed(body)
        if wrong := _mismatch(feed, target):
            return (target.reading(*wrong),)
        rated = [entry for entry in _entries(feed) if _rating(entry) is not None]
        if not rated:
            return (_without_reviews(feed, target),)
        return (target.reading(Status.COMPLETE, None, tuple(map(_review, rated))),)

    def redacted(self, body: bytes) -> bytes:
        """The feed with nothing left of each review but stars, title, text, version and date."""
        feed = _feed(body)
        kept = {key: feed[key] for key in _KEPT_OF_FEED if key in feed}
        if "entry" in feed:
            kept["entry"] = [
                {k: {"label": text(entry, k, "label")} for k in _KEPT_OF_ENTRY} for entry in _entries(feed)
            ]
        return msgspec.json.encode({"feed": kept})


SOURCES = (AppleReviews(),)


def _target(path: str) -> ReviewsTarget | None:
    found = _PATH.fullmatch(path)
    said = dict(pair.lower().split("=") for pair in found[2].split("/") if pair) if found else {}
    page = said.get("page", "1")
    if found is None or not said.get("id", "").isdecimal() or said.get("sortby") != "mostrecent":
        return None
    return ReviewsTarget(STORE, found[1].lower(), said["id"], page=int(page)) if page.isdecimal() else None


def _feed(body: bytes) -> dict[str, object]:
    feed = dig(json_of(body), "feed")
    if not isinstance(feed, dict):
        raise LayoutChanged("the answer is JSON and has no feed")
    return feed


def _entries(feed: dict[str, object]) -> list[object]:
    found = feed.get("entry")
    return found if isinstance(found, list) else [] if found is None else [found]


def _mismatch(feed: dict[str, object], target: ReviewsTarget) -> tuple[Status, str] | None:
    """What the feed says of itself; Apple names its pages by their XML addresses."""
    links = feed.get("link")
    hrefs = [text(link, "attributes", "href") for link in (links if isinstance(links, list) else [links])]
    said = [found for href in (text(feed, "id", "label"), *hrefs) if (found := _target(path_of(href or "")))]
    for one in said[:1]:
        if one.country != target.country:
            return Status.WRONG_STOREFRONT, f"asked for storefront {target.country}, and storefront {one.country} came"
        if one.app_id != target.app_id:
            return Status.WRONG_CHART, f"asked for reviews of {target.app_id}, and those of {one.app_id} came"
    return None


def _without_reviews(feed: dict[str, object], target: ReviewsTarget) -> Reading:
    if len(_entries(feed)) > 1:
        raise LayoutChanged(f"none of the {len(_entries(feed))} entries has a rating")
    if target.page > 1:
        return target.reading(Status.EMPTY, f"there is no review on page {target.page}")
    raise FetchError("200 without a review: the app has none here, or Apple turns this client away")


def _rating(entry: object) -> int | None:
    said = text(entry, "im:rating", "label") or ""
    return int(said) if said in ("1", "2", "3", "4", "5") else None


def _review(entry: object) -> Review:
    return Review(
        rating=_rating(entry) or 0,
        title=_words(entry, "title"),
        text=_words(entry, "content"),
        version=_words(entry, "im:version"),
        written_at=_moment(text(entry, "updated", "label") or ""),
    )


def _words(entry: object, key: str) -> str | None:
    return (text(entry, key, "label") or "").strip() or None


def _moment(said: str) -> str | None:
    try:
        found = datetime.fromisoformat(said)
        return (found.astimezone(UTC) if found.tzinfo else found).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return None
