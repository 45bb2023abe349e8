"""Google Play's reviews, on a real answer of July 2026 whose writers were replaced, and on made ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawlers.answers import body_of
from crawlers.archive import read_archive
from crawlers.sources import ReviewsTarget, recognise
from crawlers.stores.google_play_reviews import GooglePlayReviews
from essor.model.errors import Blocked, FetchError, LayoutChanged
from essor.model.observation import Status
from essor.model.reviews import Review, ReviewsReading
from essor.model.stores import StoreName
from tests.crawlers.pages import play_review, play_reviews

SOURCE = GooglePlayReviews()
TARGET = ReviewsTarget(StoreName.GOOGLE_PLAY, "ww", "ai.mistral.chat", "fr")


@pytest.fixture(scope="module")
def body(real: Path) -> bytes:
    """The real answer: 150 reviews of Translate."""
    archive = real / "google_play" / "charts-and-details-2026-07.warc.gz"
    return next(body_of(answer) for answer, _ in read_archive(archive) if "UsvDTd" in answer.url)


def read(body: bytes) -> ReviewsReading:
    """The reading of an answer."""
    (reading,) = SOURCE.parse(body, TARGET)
    assert isinstance(reading, ReviewsReading)
    return reading


def test_the_real_answer_gives_its_reviews(body: bytes) -> None:
    """All 150, each with stars, text and moment; 33 of them without a version."""
    reading = read(body)
    assert (reading.status, len(reading.reviews)) == (Status.COMPLETE, 150)
    assert reading.reviews[0] == Review(5, None, "niec", None, "2026-07-06T13:55:24Z")
    assert reading.reviews[1].version == "10.24.48.939568180.6-release"
    assert sum(review.version is None for review in reading.reviews) == 33
    assert all(review.written_at for review in reading.reviews)
    assert len({review.key for review in reading.reviews}) == 150


def test_what_is_kept_of_the_real_answer_says_nothing_of_the_writers_and_reads_the_same(body: bytes) -> None:
    """Names, ids, pictures and replies are gone; the parser finds what it found before."""
    kept = SOURCE.redacted(body)
    for personal in (b"Reviewer", b"1000000000", b"googleusercontent", b"017452fc"):
        assert personal in body
        assert personal not in kept
    assert read(kept) == read(body)


def test_a_made_answer_gives_its_reviews_and_loses_its_writers() -> None:
    """A row without stars is left out and makes the reading partial."""
    made = play_reviews([play_review(1), play_review(2, None)])
    reading = read(made)
    assert (reading.status, reading.message) == (Status.PARTIAL, "1 of 2 rows have no stars")
    assert b"Jean" not in SOURCE.redacted(made)
    assert b"token" not in SOURCE.redacted(made)


@pytest.mark.parametrize("rows", [None, []])
def test_an_app_without_reviews_is_empty(rows: object) -> None:
    """No list, or an empty one."""
    assert read(play_reviews(rows)).status is Status.EMPTY
    assert read(SOURCE.redacted(play_reviews(rows))).status is Status.EMPTY


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (play_reviews([play_review(1)], "other"), LayoutChanged),
        (play_reviews([[1, 2]]), LayoutChanged),
        (play_reviews("text"), LayoutChanged),
        (b")]}'\n\n12\n[[", FetchError),
        (b"com.google.play.gateway.proto.PlayGatewayError", Blocked),
    ],
)
def test_what_is_no_such_answer_is_an_error(made: bytes, kind: type[Exception]) -> None:
    """Another call, rows of another kind, a cut answer and a gateway error are told apart."""
    with pytest.raises(kind):
        read(made)


def test_its_address_says_what_is_asked() -> None:
    """The form behind the address names the app; without it nothing is known."""
    url = SOURCE.url(TARGET)
    known = recognise(url)
    assert known is not None
    assert (known[0].name, known[1]) == ("google_play_reviews", TARGET)
    assert recognise(url.split("#", maxsplit=1)[0]) is None
