"""Questions about reviews and about how the stars spread."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from essor.jobs.ask import opened
from essor.jobs.refresh import refresh
from essor.model.listings import Listing
from essor.model.reviews import Review
from essor.settings import Settings
from tests.landed import CHATGPT, at, evidence, land, listing_reading, reviews_reading
from warehouse.reads import reviews as reads

OLD = Review(2, "Old", "Text", "1.0", "2026-09-30T10:00:00Z")
NEW = Review(5, "New", "Text", "1.1", "2026-10-07T10:00:00Z")

OFFICE = "541164041"
"""The App Store's id of Microsoft 365 Copilot, which became Copilot on 15 September 2026."""


@pytest.fixture
def looked(settings: Settings) -> Settings:
    """Two looks a day apart that see one review both times, and a listing with stars between two without."""
    stars = Listing(name="ChatGPT", stars_1=1, stars_2=0, stars_3=0, stars_4=2, stars_5=7)
    page = replace(listing_reading(at("2026-10-09 12:30"), CHATGPT, None), listing=stars)
    land(
        settings.data_dir,
        [
            reviews_reading(at("2026-10-08 12:00"), [OLD]),
            reviews_reading(at("2026-10-09 12:00"), [NEW, OLD]),
            listing_reading(at("2026-10-08 12:00"), CHATGPT, 10),
            page,
            listing_reading(at("2026-10-10 12:00"), CHATGPT, 11),
        ],
    )
    refresh(settings)
    return settings


def test_a_review_is_one_row_however_often_it_was_seen(looked: Settings) -> None:
    """The newest first, each with the looks between which it was seen."""
    with opened(looked) as cursor:
        found = reads.reviews(cursor, "chatgpt")
    assert found.select("title", "rating", "first_seen_at", "last_seen_at").rows() == [
        ("New", 5, at("2026-10-09 12:00"), at("2026-10-09 12:00")),
        ("Old", 2, at("2026-10-08 12:00"), at("2026-10-09 12:00")),
    ]


def test_reviews_can_be_asked_for_by_place_and_time(looked: Settings) -> None:
    """A filter that matches nothing gives no row."""
    with opened(looked) as cursor:
        assert reads.reviews(cursor, "chatgpt", since=at("2026-10-01 00:00"))["title"].to_list() == ["New"]
        assert reads.reviews(cursor, "chatgpt", country="fr").is_empty()
        assert reads.reviews(cursor, "claude").is_empty()


def test_the_stars_of_reviews_are_counted_by_month(looked: Settings) -> None:
    """Of those that were seen."""
    with opened(looked) as cursor:
        assert reads.review_stars(cursor, "chatgpt").rows() == [(date(2026, 9, 1), 2, 1), (date(2026, 10, 1), 5, 1)]


def test_the_stars_of_ratings_are_those_of_the_last_look_that_said_them(looked: Settings) -> None:
    """A later lookup without stars does not take them away."""
    with opened(looked) as cursor:
        found = reads.rating_stars(cursor, "chatgpt")
    assert found.select("country", "stars_1", "stars_4", "stars_5").rows() == [("no", 1, 2, 7)]


def test_a_better_reading_of_the_same_look_replaces_its_reviews(looked: Settings) -> None:
    """What an older parser read wrongly is no review any more."""
    moment = at("2026-10-09 12:00")
    said = replace(evidence(moment, parser=2), source="apple_reviews")
    land(looked.data_dir, [reviews_reading(moment, [OLD], said=said)], "again")
    refresh(looked)
    with opened(looked) as cursor:
        assert reads.reviews(cursor, "chatgpt")["title"].to_list() == ["Old"]


def test_a_review_belongs_to_the_app_that_it_was_first_seen_of(settings: Settings) -> None:
    """When an id becomes another app's, a review that is still shown there is no second one."""
    older = OLD._replace(written_at="2026-09-01T10:00:00Z")
    looks = [reviews_reading(at(f"2026-09-{day} 12:00"), [older]) for day in (14, 16)]
    land(settings.data_dir, [replace(look, app_id=OFFICE) for look in looks])
    refresh(settings)
    with opened(settings) as cursor:
        seen = cursor.frame("SELECT app, looks FROM reviews")
        looked_at = cursor.frame("SELECT app FROM review_readings ORDER BY observed_at")["app"].to_list()
    assert looked_at == [None, "copilot"]
    assert seen.rows() == [(None, 2)]
