"""Google Play's reviews, without a word on who wrote them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, quote, urlsplit

import msgspec

from crawlers.sources import Reading, ReviewsTarget, Target
from crawlers.stores.google_play import HOST, MISSING, STORE, TERMS, at, call_answer
from essor.model.errors import LayoutChanged
from essor.model.observation import Status
from essor.model.reviews import WORLD, Review

A_PAGE = 150
"""Reviews of an answer; the next page hangs on a token of the one before, so that one is asked for."""

_CALL = "UsvDTd"
_PATH = "/_/PlayStoreUi/data/batchexecute"
_ASKED_APP = re.compile(r'\["([A-Za-z]\w{0,100}(?:\.\w{1,100}){1,10})",7\]', re.A)
_RATING, _TEXT, _WRITTEN, _VERSION = 2, 4, 5, 10
_KEPT = (_RATING, _TEXT, _WRITTEN, _VERSION)


class GooglePlayReviews:
    """The newest reviews, by a call of the web pages. robots.txt refuses it, so it is off by default."""

    name = "google_play_reviews"
    store = STORE
    hosts: tuple[str, ...] = (HOST,)
    parser_version = 1
    enabled_by_default = False
    at_once = A_PAGE
    confirmed = True
    operators_choice = True
    every_hours = 24
    gives = "The newest 150 reviews of an app in one language: stars, text, version, date."
    limits = "150 an answer."
    traps: tuple[str, ...] = (
        "Names, ids and pictures of reviewers, and replies to them, are taken out before the answer is archived.",
        "Reviews are kept by language, not by storefront: the country asked for is ignored.",
        "A review's version is missing now and then.",
        "HTTP 200 proves nothing: a refusal is a frame without data.",
    )
    robots = "Refused: `/_` of play.google.com."
    terms = TERMS

    def offers(self, target: Target) -> bool:
        """The newest reviews of any app in any language."""
        if not isinstance(target, ReviewsTarget) or target.store is not STORE:
            return False
        return target.language is not None and target.page == 1

    def url(self, target: ReviewsTarget) -> str:
        """The address of some reviews, the form body behind it as its fragment."""
        query = f"rpcids={_CALL}&source-path=%2Fstore%2Fapps%2Fdetails&hl={target.language or 'en'}&rt=c"
        inner = f'[null,null,[2,2,[{A_PAGE},null,null],null,[]],["{target.app_id}",7]]'
        call = msgspec.json.encode([[[_CALL, inner, None, "generic"]]]).decode()
        return f"https://{HOST}{_PATH}?{query}#f.req={quote(call, safe='')}"

    def recognise(self, url: str) -> ReviewsTarget | None:
        """The reviews that an address with its form body asks for; None without the body, which alone names the app."""
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        if parts.hostname not in self.hosts or parts.path != _PATH or query.get("rpcids") != [_CALL]:
            return None
        app = _ASKED_APP.search(parse_qs(parts.fragment).get("f.req", [""])[0].replace("\\", ""))
        return ReviewsTarget(STORE, WORLD, app[1], query.get("hl", ["en"])[0].lower()) if app else None

    def parse(self, body: bytes, target: ReviewsTarget) -> tuple[Reading, ...]:
        """The one reading of an answer."""
        rows = _rows(body)
        reviews = tuple(review for row in rows if (review := _review(row)) is not None)
        if not rows:
            return (target.reading(Status.EMPTY, "the app has no review in this language"),)
        if not reviews:
            raise LayoutChanged(f"none of the {len(rows)} rows has stars where reviews have had theirs")
        lacks = len(rows) - len(reviews)
        message = f"{lacks} of {len(rows)} rows have no stars" if lacks else None
        return (target.reading(Status.PARTIAL if lacks else Status.COMPLETE, message, reviews),)

    def redacted(self, body: bytes) -> bytes:
        """The answer with nothing left of each review but stars, text, date and version, in their places."""
        kept = [[at(row, n) if n in _KEPT else None for n in range(_VERSION + 1)] for row in _rows(body)]
        plain = [[None if value is MISSING else value for value in row] for row in kept]
        inner = msgspec.json.encode([plain, None]).decode()
        frames = msgspec.json.encode([["wrb.fr", _CALL, inner, None, None, None, "generic"]])
        return b")]}'\n\n" + frames + b'\n[["e",4,null,null,0]]\n'


SOURCES = (GooglePlayReviews(),)


def _rows(body: bytes) -> list[object]:
    """The reviews as Google gives them; an app without reviews has no list, or an empty one."""
    rows = at(call_answer(body, _CALL), 0)
    if rows is None or rows is MISSING:
        return []
    if not isinstance(rows, list):
        raise LayoutChanged("the answer holds no list of reviews")
    return rows


def _review(row: object) -> Review | None:
    rating = at(row, _RATING)
    if type(rating) is not int or not 1 <= rating <= 5:  # noqa: PLR2004 - stars
        return None
    return Review(rating, None, _words(at(row, _TEXT)), _words(at(row, _VERSION)), _moment(at(row, _WRITTEN, 0)))


def _words(said: object) -> str | None:
    return (said.strip() or None) if isinstance(said, str) else None


def _moment(epoch: object) -> str | None:
    if type(epoch) is not int or not 0 < epoch < 1 << 32:
        return None
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
