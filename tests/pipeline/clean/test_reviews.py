"""Landed review lines to rows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from crawlers.landing import Landing
from essor.model.pauses import Pause, PauseReason
from essor.model.reviews import Review
from pipeline import landed
from pipeline.clean.pauses import clean_pauses
from pipeline.clean.readings import KNOWN
from pipeline.clean.reviews import CleanReviews, clean_reviews
from pipeline.schemas import SCHEMAS
from tests.landed import at, land, reviews_reading

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOON = at("2026-10-08 12:00")


def cleaned(folder: Path, *reviews: Review) -> CleanReviews:
    """What one landed look at these reviews gives."""
    land(folder, [reviews_reading(NOON, reviews)])
    return clean_reviews(landed.landed_reviews([folder / "landing" / "run"]), pl.DataFrame(schema=KNOWN), NOW)


def test_a_look_gives_a_reading_and_a_row_a_review(tmp_path: Path) -> None:
    """With every field that a review has, and nothing on who wrote it."""
    clean = cleaned(tmp_path, Review(4, "Title", "Text", "1.2", "2026-10-07T10:00:00Z"), Review(1))
    assert (clean.readings.height, clean.readings["reviews"].item()) == (1, 2)
    assert clean.readings.schema == SCHEMAS["review_readings"]
    assert clean.reviews.schema == SCHEMAS["reviews"]
    rows = clean.reviews.select("rating", "title", "text", "version", "written_at").sort("rating").rows()
    assert rows == [(1, None, None, None, None), (4, "Title", "Text", "1.2", at("2026-10-07 10:00"))]
    held = set(SCHEMAS["reviews"]) | set(SCHEMAS["review_readings"])
    assert not {"author", "reviewer", "user", "author_name", "review_id"} & held


def test_what_breaks_a_rule_is_set_aside_and_not_lost(tmp_path: Path) -> None:
    """Six stars, a review from after the look and the same words twice are rejects with their reasons."""
    late = Review(5, "Late", written_at="2026-10-09T10:00:00Z")
    clean = cleaned(tmp_path, Review(6), late, Review(3, "Same"), Review(3, "Same"))
    assert sorted(clean.rejects["reason"]) == ["impossible_rating", "same_review_again", "written_after_the_look"]
    assert set(clean.rejects["kind"]) == {"reviews"}
    assert clean.rejects.schema == SCHEMAS["rejects"]
    assert clean.readings["reviews"].item() == 1


def test_a_pause_becomes_a_row(tmp_path: Path) -> None:
    """As it was landed."""
    with Landing.begin(tmp_path, "run", "crawl charts", NOON) as landing:
        landing.add_pause(Pause("itunes.apple.com", PauseReason.BLOCKED, "why", NOON, NOW))
        place = landing.finish("complete", NOON)
    rows = clean_pauses(landed.landed_pauses([place]), NOW)
    assert rows.schema == SCHEMAS["pauses"]
    assert rows.rows() == [("itunes.apple.com", "blocked", "why", NOON, NOW, "run", NOW)]
