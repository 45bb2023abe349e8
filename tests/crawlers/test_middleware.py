"""Hosts that are left alone: pauses and budgets, over real HTTP and from run to run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crawlers.faults import Fault
from crawlers.replica import Running, running
from tests.crawlers.bodies import market

Lines = Callable[[Path], list[dict[str, Any]]]
Crawl = Callable[..., dict[str, Any]]
COUNTRIES = ("fr", "us", "de", "gb", "jp", "no")
FAST = {"seconds_between_requests": 0, "jitter": 0, "first_backoff": 0.01, "timeout": 2, "attempts": 1}


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Running]:
    """A replica of some storefronts."""
    with running([market(tmp_path / "stores", COUNTRIES)]) as one:
        yield one


@pytest.fixture
def settings(tmp_path: Path, replica: Running) -> dict[str, Any]:
    """Settings that lead to the replica; three refusals in a row are one too many."""
    return {
        "data_dir": str(tmp_path / "data"),
        "hosts": replica.hosts,
        "charts": [{"countries": list(COUNTRIES), "categories": ["36"]}],
        "pace": FAST | {"blocks_before_pause": 3, "pause": 600},
    }


def landed(settings: dict[str, Any], run_id: str, name: str = "charts") -> Path:
    """A landed file."""
    return Path(settings["data_dir"]) / "landing" / run_id / f"{name}.jsonl"


def feeds(replica: Running) -> int:
    """How many feeds were asked for since the last time."""
    asked = sum("/api/v2/" in url for url in replica.playback.asked)
    replica.playback.asked.clear()
    return asked


def test_a_host_that_refuses_is_left_alone_by_the_next_run_too_and_then_tried_once(
    crawl: Crawl, settings: dict[str, Any], replica: Running, lines: Lines
) -> None:
    """The rest of the run and the next run say why they did not ask; after the pause one refusal is enough."""
    replica.playback.faults.set([Fault("403", match="/api/v2/")])
    crawl("charts", "one", **settings)
    readings = lines(landed(settings, "one"))
    assert feeds(replica) == 3
    assert [line["status"] for line in readings] == ["blocked"] * 6
    assert [line["http_status"] for line in readings].count(None) == 3
    assert "not asked, because rss.marketingtools.apple.com turned us away 3 times in a row" in readings[-1]["message"]
    (pause,) = lines(landed(settings, "one", "pauses"))
    assert (pause["host"], pause["reason"], pause["run_id"]) == ("rss.marketingtools.apple.com", "blocked", "one")

    crawl("charts", "two", **settings)
    assert replica.playback.asked == []
    assert {line["status"] for line in lines(landed(settings, "two"))} == {"blocked"}
    assert lines(landed(settings, "two", "pauses")) == []


def test_after_the_pause_one_good_answer_opens_the_way(
    crawl: Crawl, settings: dict[str, Any], replica: Running, lines: Lines
) -> None:
    """Half open: the first request of the next run is the trial, and the others follow; refused, one is all."""
    short = settings | {"pace": settings["pace"] | {"pause": 0.01, "requests_at_once": 4}}
    replica.playback.faults.set([Fault("403", match="/api/v2/")])
    crawl("charts", "one", **short)
    feeds(replica)
    crawl("charts", "two", **short | {"pace": short["pace"] | {"pause": 30}})
    assert feeds(replica) == 1
    assert len(lines(landed(settings, "two", "pauses"))) == 1
    Path(settings["data_dir"], "manners.sqlite").unlink()
    crawl("charts", "three", **short)
    feeds(replica)
    replica.playback.faults.set([])
    crawl("charts", "four", **short)
    assert feeds(replica) == 6
    assert {line["status"] for line in lines(landed(settings, "four"))} == {"complete"}


def test_the_budget_of_a_day_is_kept_over_runs(
    crawl: Crawl, settings: dict[str, Any], replica: Running, lines: Lines
) -> None:
    """robots.txt counts too; what the budget did not allow is a failed reading that says so."""
    few = settings | {"pace": settings["pace"] | {"budgets": {"rss.marketingtools.apple.com": 9}}}
    crawl("charts", "one", **few)
    crawl("charts", "two", **few)
    assert feeds(replica) == 7
    spent = [line for line in lines(landed(settings, "two")) if line["status"] == "failed"]
    assert len(spent) == 5
    assert "the budget of 9 requests to rss.marketingtools.apple.com for" in spent[0]["message"]
    assert [pause["reason"] for pause in lines(landed(settings, "two", "pauses"))] == ["budget"]


def test_a_long_retry_after_is_kept_by_the_next_run(
    crawl: Crawl, settings: dict[str, Any], replica: Running, lines: Lines
) -> None:
    """A host that asked for an hour is not asked again within it."""
    replica.playback.faults.set([Fault("429", match="/api/v2/", count=1, seconds=3600)])
    crawl("charts", "one", **settings)
    assert feeds(replica) == 1
    crawl("charts", "two", **settings)
    assert replica.playback.asked == []
    assert "asked to wait 3600 s" in lines(landed(settings, "two"))[0]["message"]


def test_no_two_requests_are_under_way_at_one_host(
    crawl: Crawl, settings: dict[str, Any], replica: Running, lines: Lines
) -> None:
    """Also those that have waited together for robots.txt: six slow answers come one after the other."""
    replica.playback.faults.set([Fault("slow", match="/api/v2/", seconds=0.2)])
    crawl("charts", "one", **settings)
    times = sorted(datetime.fromisoformat(line["observed_at"]) for line in lines(landed(settings, "one")))
    assert all((after - before).total_seconds() >= 0.2 for before, after in pairwise(times))
