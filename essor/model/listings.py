"""Listings: an app's page in one storefront at one moment."""

from __future__ import annotations

from dataclasses import dataclass

from essor.model.observation import Evidence, Status, stable_id
from essor.model.stores import StoreName


@dataclass(frozen=True, slots=True)
class Listing:
    """What a store says of an app in one storefront."""

    name: str | None = None
    """The app's name there and then."""
    developer: str | None = None
    """The publisher's name as the store gives it."""
    version: str | None = None
    """The version on offer, as in ``"1.2026.160"``."""
    rating_count: int | None = None
    """Ratings ever given in this storefront (Apple) or as the page shows (Google)."""
    rating_average: float | None = None
    """Mean of those ratings, 1 to 5; None while there are none."""
    price: float | None = None
    """Price in `currency`, 0 when free."""
    currency: str | None = None
    """ISO 4217 code, as in ``"EUR"``."""
    installs_exact: int | None = None
    """Installs ever, worldwide, as Google Play counts them; None at Apple, which gives none."""
    installs_bucket: int | None = None
    """The round number of installs that Google Play shows to everybody, as in 50,000,000 for "50M+"; None at Apple."""
    released_at: str | None = None
    """The day of first release in this storefront, ISO 8601."""
    version_released_at: str | None = None
    """The moment this version came out, ISO 8601."""
    release_notes: str | None = None
    """What the publisher says is new."""
    category: str | None = None
    """The store's own id of the app's main category."""
    bundle_id: str | None = None
    """The app's technical name, as in ``"com.openai.chat"``."""
    stars_1: int | None = None
    """Ratings of one star; the five may add up to a little less than `rating_count`."""
    stars_2: int | None = None
    """Ratings of two stars."""
    stars_3: int | None = None
    """Ratings of three stars."""
    stars_4: int | None = None
    """Ratings of four stars."""
    stars_5: int | None = None
    """Ratings of five stars."""


@dataclass(frozen=True, slots=True)
class ListingReading:
    """The record of having looked at an app's listing once."""

    store: StoreName
    """The store."""
    country: str
    """The storefront, two lower-case letters."""
    app_id: str
    """The store's id of the app."""
    status: Status
    """How the look ended."""
    message: str | None = None
    """One sentence on why, when the status is not plainly `complete`."""
    listing: Listing | None = None
    """What the store said; None unless the status is usable."""
    evidence: Evidence | None = None
    """Where the reading comes from; None straight from a parser."""


def listing_reading_id(source: str, store: str, country: str, app_id: str, observed_at: str) -> str:
    """The id of a look at a listing: the same source, app, storefront and moment give the same id.

    `observed_at` is UTC in ISO 8601 to the microsecond.
    """
    return stable_id("listing", source, store, country, app_id, observed_at)
