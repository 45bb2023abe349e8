"""Reviews: what people write of an app in a store, without a word on who they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from essor.model.observation import Evidence, Status, stable_id
from essor.model.stores import StoreName

WORLD = "ww"
"""The storefront of reviews that a store keeps by language and not by storefront, as Google Play does."""


class Review(NamedTuple):
    """One review as it stood. Its writer's name, id and picture are never read, and neither is the review's own id."""

    rating: int
    """Stars, 1 to 5."""
    title: str | None = None
    """Its heading; None at Google Play, which has none."""
    text: str | None = None
    """What it says; None when it is stars alone."""
    version: str | None = None
    """The version of the app that it is about; None when the store does not say."""
    written_at: str | None = None
    """When it was written or last changed, UTC, ISO 8601; None when the store does not say."""

    @property
    def key(self) -> str:
        """Sixteen hexadecimal digits that tell reviews apart; made of what is kept, so that it leads to nobody.

        A review that its writer changes gets another key, and counts as another review.
        """
        return stable_id("review", *self)


@dataclass(frozen=True, slots=True)
class ReviewsReading:
    """The record of having looked at some reviews of an app once."""

    store: StoreName
    """The store."""
    country: str
    """The storefront, two lower-case letters; `WORLD` where the store keeps reviews by language."""
    app_id: str
    """The store's id of the app."""
    status: Status
    """How the look ended."""
    message: str | None = None
    """One sentence on why, when the status is not plainly `complete`."""
    language: str | None = None
    """The language asked for, two lower-case letters; None where the store keeps reviews by storefront."""
    page: int = 1
    """Which page of the newest reviews was asked for, 1 for the newest."""
    reviews: tuple[Review, ...] = ()
    """The reviews, newest first; empty unless the status is usable."""
    evidence: Evidence | None = None
    """Where the reading comes from; None straight from a parser."""


def reviews_reading_id(source: str, reading: ReviewsReading, observed_at: str) -> str:
    """The id of a look at reviews: the same source, app, place, page and moment give the same id.

    `observed_at` is UTC in ISO 8601 to the microsecond.
    """
    place = (reading.store, reading.country, reading.language or "", reading.app_id, reading.page)
    return stable_id("reviews", source, *place, observed_at)
