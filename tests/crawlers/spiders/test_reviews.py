"""A crawl of reviews over real HTTP: everything but who wrote them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from crawlers.landing import Landing
from crawlers.replay import replay
from crawlers.replica import running
from tests.crawlers.bodies import NOON, archive_of, gzipped
from tests.crawlers.pages import review_entry, reviews_feed, reviews_url

Lines = Callable[[Path], list[dict[str, Any]]]
Crawl = Callable[..., dict[str, Any]]
ON = {"apple_reviews": {"enabled": True, "obey_robots": False, "reason": "a test"}}
FAST = {"seconds_between_requests": 0, "jitter": 0, "first_backoff": 0.01, "timeout": 2, "attempts": 2}


def settings(tmp_path: Path, hosts: dict[str, str], **given: Any) -> dict[str, Any]:
    """Settings that lead to the replica."""
    data = {"data_dir": str(tmp_path / "data"), "hosts": hosts, "pace": FAST, "listing_countries": ["fr", "us"]}
    return data | {"sources": ON, "review_pages": 2} | given


def test_reviews_land_and_their_writers_are_nowhere(crawl: Crawl, tmp_path: Path, lines: Lines) -> None:
    """Neither the lines nor the archive of the run hold a name; a replay gives the same lines."""
    made = [gzipped(reviews_url(number=page), reviews_feed([review_entry(page)])) for page in (1, 2)]
    with running([archive_of(tmp_path / "stores", *made)]) as stores:
        record = crawl("reviews", "run", **settings(tmp_path, stores.hosts))
    assert (record["result"], record["asked"]) == ("complete", 4)
    folder, archive = tmp_path / "data" / "landing" / "run", tmp_path / "data" / "archive" / "run.warc.gz"
    landed = lines(folder / "reviews.jsonl")
    assert {(line["country"], line["page"], line["status"], len(line["reviews"])) for line in landed} == {
        ("fr", 1, "complete", 1),
        ("fr", 2, "complete", 1),
        ("us", 1, "not_available", 0),
        ("us", 2, "not_available", 0),
    }
    kept = plain(archive) + b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"Text 1" in kept
    assert b"X-Redacted: all but what the parser reads" in kept
    assert b"Jean" not in kept
    assert b"reviews/id99" not in kept
    with Landing.begin(tmp_path, "again", "replay", NOON) as landing:
        replay(archive, tmp_path, landing)
        place = landing.finish("complete", NOON)
    names = ("run_id", "capture_file")
    again = [{key: line[key] for key in line if key not in names} for line in lines(place / "reviews.jsonl")]
    assert again == [{key: line[key] for key in line if key not in names} for line in landed]


def test_reviews_that_are_off_are_refused_in_words(crawl: Crawl, tmp_path: Path, lines: Lines) -> None:
    """The reading names the setting, and nobody is asked."""
    with running([]) as stores:
        crawl("reviews", "run", **settings(tmp_path, stores.hosts, sources={}))
        assert stores.playback.asked == []
    landed = lines(tmp_path / "data" / "landing" / "run" / "reviews.jsonl")
    assert {line["status"] for line in landed} == {"refused"}
    assert "set enabled = true under [sources.apple_reviews]" in landed[0]["message"]


def plain(path: Path) -> bytes:
    """A WARC file without its compression."""
    import gzip

    return gzip.decompress(path.read_bytes())
