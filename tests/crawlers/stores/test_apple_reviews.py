"""Reviews without their writers. No capture is to hand: the bodies are made by a description."""

from __future__ import annotations

import json

import pytest

from crawlers.sources import ReviewsTarget, recognise
from crawlers.stores.apple_reviews import AppleReviews
from essor.model.errors import EssorError, FetchError, LayoutChanged
from essor.model.observation import Status
from essor.model.reviews import Review, ReviewsReading
from essor.model.stores import StoreName
from tests.crawlers.pages import review_entry, reviews_feed, reviews_url

SOURCE = AppleReviews()
TARGET = ReviewsTarget(StoreName.APPLE, "fr", "7001")
APP_ITSELF = {
    "im:name": {"label": "Le Chat"},
    "im:artist": {"label": "Mistral"},
    "id": {"attributes": {"im:id": "7001"}},
}


def read(body: bytes, target: ReviewsTarget = TARGET) -> ReviewsReading:
    """The reading of an answer."""
    (reading,) = SOURCE.parse(body, target)
    assert isinstance(reading, ReviewsReading)
    return reading


def test_a_review_is_read_without_its_writer() -> None:
    """Stars, title, text, version and date in UTC; the app's own entry is passed over."""
    reading = read(reviews_feed([APP_ITSELF, review_entry(1), review_entry(2, 1)]))
    assert reading.status is Status.COMPLETE
    assert reading.reviews == (
        Review(4, "Title 1", "Text 1", "1.2", "2026-10-02T19:00:00Z"),
        Review(1, "Title 2", "Text 2", "1.2", "2026-10-03T19:00:00Z"),
    )
    assert len({review.key for review in reading.reviews}) == 2


def test_one_review_may_come_as_an_object_and_without_a_date() -> None:
    """A list of one is an object in the legacy feeds; the date was missing until about 2021."""
    (review,) = read(reviews_feed(review_entry(1, updated=None))).reviews
    assert (review.rating, review.written_at) == (4, None)


def test_an_empty_feed_is_a_failure_on_the_first_page_and_the_end_on_a_later_one() -> None:
    """It may be a refusal, and then is not an app without reviews."""
    with pytest.raises(FetchError, match="200 without a review"):
        read(reviews_feed(None))
    with pytest.raises(FetchError, match="200 without a review"):
        read(reviews_feed([APP_ITSELF]))
    assert read(reviews_feed(None), ReviewsTarget(StoreName.APPLE, "fr", "7001", page=3)).status is Status.EMPTY


def test_entries_without_stars_are_a_changed_layout() -> None:
    """Stars outside one to five are none."""
    with pytest.raises(LayoutChanged, match="none of the 2 entries has a rating"):
        read(reviews_feed([review_entry(1, 0), review_entry(2, 7)]))


def test_reviews_of_another_storefront_or_app_are_kept_apart() -> None:
    """The feed's own address is compared with what was asked for."""
    assert read(reviews_feed([review_entry(1)], "us")).status is Status.WRONG_STOREFRONT
    assert read(reviews_feed([review_entry(1)], app_id="9")).status is Status.WRONG_CHART


@pytest.mark.parametrize("entries", [[APP_ITSELF, review_entry(1), review_entry(2)], review_entry(1), None])
def test_what_is_kept_of_an_answer_says_nothing_of_the_writers_and_reads_the_same(entries: object) -> None:
    """Names, ids and links of reviewers are gone; the parser finds what it found before."""
    body = reviews_feed(entries)
    kept = SOURCE.redacted(body)
    for personal in (b"Jean", b"99", b"1234567", b"author", b"reviews/id"):
        assert personal not in kept, personal
    assert outcome(kept) == outcome(body)


def outcome(body: bytes) -> object:
    """The reading, or the kind of error."""
    try:
        return read(body)
    except EssorError as error:
        return type(error)


def test_what_cannot_be_read_cannot_be_redacted() -> None:
    """Another answer may hold a name anywhere."""
    with pytest.raises(LayoutChanged):
        SOURCE.redacted(json.dumps({"data": [review_entry(1)]}).encode())


def test_its_address_says_what_is_asked() -> None:
    """The parts may come in any order; another sort than the newest is not ours."""
    known = recognise(reviews_url(number=2))
    assert known is not None
    assert known[1] == ReviewsTarget(StoreName.APPLE, "fr", "7001", page=2)
    assert recognise("https://itunes.apple.com/FR/rss/customerreviews/id=7001/sortBy=mostRecent/json") == (
        known[0],
        TARGET,
    )
    assert recognise(reviews_url().replace("mostrecent", "mosthelpful")) is None
    assert SOURCE.url(TARGET) == reviews_url()
