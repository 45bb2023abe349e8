"""Crawls over real HTTP against the replica: polite, whole, and honest about what did not come."""

from __future__ import annotations

import random
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crawlers.answers import readings
from crawlers.archive import capture_at, read_archive
from crawlers.faults import Fault
from crawlers.landing import Landing, reading_id_of
from crawlers.recovery import recover
from crawlers.replay import replay
from crawlers.replica import Running, running
from essor.model.notes import spoken
from tests.crawlers.bodies import NOON, market
from tests.crawlers.child import Child

Lines = Callable[[Path], list[dict[str, Any]]]
Crawl = Callable[..., dict[str, Any]]
Start = Callable[..., Child]
COUNTRIES = ("fr", "us", "de", "gb", "jp", "no", "es", "it", "nl", "be", "ch", "at", "se", "dk")
FAST = {"seconds_between_requests": 0, "jitter": 0, "first_backoff": 0.01, "longest_backoff": 5, "timeout": 1}
OVERRIDE = {"apple_legacy_rss": {"enabled": True, "obey_robots": False, "reason": "a test"}}


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Running]:
    """A replica of some storefronts."""
    with running([market(tmp_path / "stores", COUNTRIES)]) as one:
        yield one


@pytest.fixture
def settings(tmp_path: Path, replica: Running) -> dict[str, Any]:
    """Settings that lead to the replica and ask for one category of the first two storefronts."""
    return {
        "data_dir": str(tmp_path / "data"),
        "hosts": replica.hosts,
        "sources": OVERRIDE,
        "charts": [{"countries": ["fr", "us"], "categories": ["6007"]}],
        "listing_countries": ["fr", "us"],
        "pace": FAST,
    }


def charts(settings: dict[str, Any], run_id: str = "run") -> Path:
    """Where a run's charts have landed."""
    return Path(settings["data_dir"]) / "landing" / run_id / "charts.jsonl"


def without_run(line: dict[str, Any]) -> dict[str, Any]:
    """A line but for what names the run and its file."""
    return {key: value for key, value in line.items() if key not in ("run_id", "capture_file")}


def test_a_crawl_and_its_replay_are_equal(crawl: Crawl, settings: dict[str, Any], tmp_path: Path, lines: Lines) -> None:
    """What a crawl landed comes again from its archive, field by field."""
    record = crawl("charts", "run", **settings)
    assert (record["result"], record["asked"], record["kind"]) == ("complete", 2, "crawl charts")
    assert "robots.txt not obeyed for apple_legacy_rss: a test" in spoken(record["note"])
    landed = lines(charts(settings))
    assert [(line["country"], line["status"], line["ranks"][-1]) for line in landed] == [
        ("fr", "complete", 100),
        ("us", "complete", 100),
    ]
    with Landing.begin(tmp_path, "again", "replay", NOON) as landing:
        replay(Path(settings["data_dir"]) / "archive" / "run.warc.gz", tmp_path, landing)
        place = landing.finish("complete", NOON)
    assert [without_run(line) for line in lines(place / "charts.jsonl")] == [without_run(line) for line in landed]


def test_the_real_charts_are_the_same_over_http(
    crawl: Crawl, settings: dict[str, Any], tmp_path: Path, real: Path, lines: Lines
) -> None:
    """The last real French chart, crawled from the replica, has the ranks of its replay."""
    archive = real / "apple" / "fr-productivity-top-free-2026-09-16..10-10.warc.gz"
    with running([archive]) as stores:
        crawl("charts", "run", **settings | {"hosts": stores.hosts})
    with Landing.begin(tmp_path, "again", "replay", NOON) as landing:
        replay(archive, tmp_path, landing)
        place = landing.finish("complete", NOON)
    crawled, replayed = lines(charts(settings))[0], lines(place / "charts.jsonl")[-1]
    assert (crawled["ranks"], crawled["name_ids"]) == (replayed["ranks"], replayed["name_ids"])


def test_listings_come_in_one_lookup_a_storefront(
    crawl: Crawl, settings: dict[str, Any], replica: Running, lines: Lines
) -> None:
    """Each app has a reading, also the one that the storefront does not offer; robots.txt is read first."""
    crawl("listings", "run", **settings)
    landed = lines(charts(settings).with_name("listings.jsonl"))
    assert [(line["country"], line["app_id"], line["status"]) for line in landed] == [
        ("fr", "7001", "complete"),
        ("fr", "7002", "not_available"),
        ("us", "7001", "complete"),
        ("us", "7002", "not_available"),
    ]
    assert [url.split("/", 3)[3][:6] for url in replica.playback.asked] == ["robots", "lookup", "lookup"]


def test_each_fault_has_its_status_and_loses_nothing(
    crawl: Crawl, settings: dict[str, Any], replica: Running, lines: Lines
) -> None:
    """Every way of going wrong is told apart in one run, and the storefronts beside it come whole."""
    expected = {
        "us": ("403", "blocked", "403 with an empty body"),
        "de": ("500", "failed", "500"),
        "gb": ("empty_body", "blocked", "200 with an empty body"),
        "jp": ("empty_feed", "blocked", "200 with an empty feed"),
        "no": ("html", "layout_changed", "HTML came"),
        "es": ("cut_gzip", "failed", "its compressed body ends"),
        "it": ("other_storefront", "wrong_storefront", "storefront us came"),
        "nl": ("other_category", "wrong_chart", "asked for apple/nl"),
        "be": ("short_chart", "partial", "41 rows came"),
        "ch": ("duplicate_ids", "complete", "duplicate_id at 100"),
        "at": ("entry_without_id", "partial", "no_id at 1"),
        "se": ("reset", "failed", "the connection to itunes.apple.com broke"),
        "dk": ("slow", "failed", "no answer from itunes.apple.com within 1 s"),
    }
    replica.playback.faults.set([Fault(fault, match=f"/{at}/rss", seconds=2) for at, (fault, *_) in expected.items()])
    crawl("charts", "run", **settings | {"charts": [{"countries": list(COUNTRIES), "categories": ["6007"]}]})
    landed = {line["country"]: line for line in lines(charts(settings))}
    assert landed["fr"]["status"] == "complete"
    for country, (_, status, words) in expected.items():
        assert landed[country]["status"] == status, country
        assert words in landed[country]["message"]
        assert bool(landed[country]["ranks"]) == (status in ("complete", "partial"))
    tries = Counter(line["country"] for line in lines(charts(settings)))
    assert {country for country, count in tries.items() if count == 4} == {
        country for country, (_, status, _) in expected.items() if status in ("blocked", "failed")
    }


def test_an_attempt_that_failed_is_a_reading_of_its_own(
    crawl: Crawl, settings: dict[str, Any], replica: Running, lines: Lines
) -> None:
    """Two failures and a success are three readings, each with its bytes."""
    replica.playback.faults.set([Fault("500", match="/fr/", count=1), Fault("cut_body", match="/fr/", count=1)])
    crawl("charts", "run", **settings)
    french = [line for line in lines(charts(settings)) if line["country"] == "fr"]
    assert [line["status"] for line in french] == ["failed", "failed", "complete"]
    assert len({line["reading_id"] for line in french}) == 3
    assert "cut short" in french[1]["message"]
    assert all(line["sha256"] for line in french)


def test_a_redirect_to_the_same_thing_is_followed(
    crawl: Crawl, settings: dict[str, Any], replica: Running, lines: Lines
) -> None:
    """The former host of the v2 feed may answer, once its robots.txt was read; a redirect elsewhere is a failure."""
    replica.playback.faults.set(
        [Fault("moved", match="marketingtools.*/api/v2", count=1), Fault("moved", match="/us/rss")]
    )
    both = [{"countries": ["fr"], "categories": ["36"]}, {"countries": ["us"], "categories": ["6007"]}]
    crawl("charts", "run", **settings | {"charts": both, "pace": FAST | {"attempts": 1}})
    landed = {line["country"]: line for line in lines(charts(settings))}
    assert (landed["fr"]["status"], landed["fr"]["source_url"][:35]) == (
        "complete",
        "https://rss.applemarketingtools.com",
    )
    assert (landed["us"]["status"], landed["us"]["message"]) == (
        "failed",
        "302: sent on to https://itunes.apple.com/sorry, which is not the same thing",
    )
    assert "https://rss.applemarketingtools.com/robots.txt" in replica.playback.asked


def test_retry_after_is_honoured(crawl: Crawl, settings: dict[str, Any], replica: Running, lines: Lines) -> None:
    """The host is left alone for as long as it asks, then asked again."""
    replica.playback.faults.set([Fault("429", match="/fr/", count=1, seconds=1.5)])
    crawl("charts", "run", **settings)
    landed = lines(charts(settings))
    assert [line["status"] for line in landed] == ["blocked", "complete", "complete"]
    times = [float(line["observed_at"][17:26]) for line in landed]
    assert (times[1] - times[0]) % 60 >= 1.5


def test_a_host_that_asks_for_too_long_a_wait_is_given_up(
    crawl: Crawl, settings: dict[str, Any], replica: Running, lines: Lines
) -> None:
    """The rest of that host's part is not asked, and each chart says so."""
    replica.playback.faults.set([Fault("429", match="/fr/", seconds=3600)])
    crawl("charts", "run", **settings)
    first, second = lines(charts(settings))
    assert (first["status"], second["status"], second["http_status"]) == ("blocked", "blocked", None)
    assert second["message"] == (
        "not asked, because itunes.apple.com asked to wait 3600 s, longer than pace.longest_backoff"
    )
    assert [url for url in replica.playback.asked if "/us/" in url] == []


def test_robots_txt_is_obeyed(crawl: Crawl, settings: dict[str, Any], replica: Running, lines: Lines) -> None:
    """A refused chart is a reading that names the setting, and is not asked for."""
    crawl("charts", "run", **settings | {"sources": {"apple_legacy_rss": {"enabled": True}}})
    landed = lines(charts(settings))
    assert {line["status"] for line in landed} == {"refused"}
    assert "obey_robots = false and a reason under [sources.apple_legacy_rss]" in landed[0]["message"]
    assert replica.playback.asked == ["https://itunes.apple.com/robots.txt"]


def test_robots_txt_that_cannot_be_read_refuses_all(
    crawl: Crawl, settings: dict[str, Any], replica: Running, lines: Lines
) -> None:
    """A server error there is no permission, by RFC 9309; it is tried again first."""
    replica.playback.faults.set([Fault("500", match="robots")])
    crawl("listings", "run", **settings)
    landed = lines(charts(settings).with_name("listings.jsonl"))
    assert {line["status"] for line in landed} == {"failed"}
    assert "robots.txt of itunes.apple.com could not be read (500)" in landed[0]["message"]
    assert len(replica.playback.asked) == 4


def test_a_missing_robots_txt_allows_all(
    crawl: Crawl, settings: dict[str, Any], replica: Running, lines: Lines
) -> None:
    """403 and 404 there mean that there are no rules."""
    replica.playback.faults.set([Fault("403", match="robots")])
    crawl("charts", "run", **settings | {"sources": {"apple_legacy_rss": {"enabled": True}}})
    assert {line["status"] for line in lines(charts(settings))} == {"complete"}


def test_a_chart_that_no_enabled_source_offers_is_not_asked(
    crawl: Crawl, settings: dict[str, Any], replica: Running, lines: Lines
) -> None:
    """It is a reading that names the source and the setting; the allowed source is asked for what it offers."""
    crawl(
        "charts", "run", **settings | {"sources": {}, "charts": [{"countries": ["fr"], "categories": ["6007", "36"]}]}
    )
    category, overall = lines(charts(settings))
    assert (category["status"], category["source"], overall["status"], overall["source"]) == (
        "refused",
        "apple_legacy_rss",
        "complete",
        "apple_rss",
    )
    assert "set enabled = true under [sources.apple_legacy_rss] in essor.toml" in category["message"]
    assert not [url for url in replica.playback.asked if "itunes" in url]


def test_a_host_that_cannot_be_reached_is_given_up(crawl: Crawl, settings: dict[str, Any], lines: Lines) -> None:
    """Without a network every chart has its reading, and the run does not wait for each."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
        crawl("charts", "run", **settings | {"hosts": {"itunes.apple.com": nowhere}})
    landed = lines(charts(settings))
    french = [line["message"] for line in landed if line["country"] == "fr"]
    assert french == ["itunes.apple.com refused the connection"] * 4
    assert "not asked, because itunes.apple.com could not be reached" in landed[-1]["message"]
    assert {line["status"] for line in landed} == {"failed"}


def test_a_stopped_run_lands_what_it_has(child: Start, settings: dict[str, Any], lines: Lines) -> None:
    """SIGTERM ends the run after the answer under way; it is shown, and says how far it came."""
    slow = settings | {"charts": [{"countries": list(COUNTRIES), "categories": ["6007"]}]}
    process = child("charts", "run", **slow | {"pace": FAST | {"seconds_between_requests": 0.2}})
    assert "2 14\n" in process.told
    assert not charts(settings).exists()
    process.send_signal(signal.SIGTERM)
    process.ended()
    landed = lines(charts(settings))
    assert 2 <= len(landed) < 14
    assert '"result":"stopped"' in charts(settings).with_name("run.json").read_text()


@pytest.mark.slow
def test_a_crawl_killed_at_any_moment_loses_and_doubles_nothing(
    child: Start, settings: dict[str, Any], lines: Lines, tmp_path: Path
) -> None:
    """Killed at 50 random moments, every archived answer has its reading once, and none that was told is missing."""
    chance = random.Random(20261120)
    many = settings | {"charts": [{"countries": list(COUNTRIES), "categories": ["6007", "36"]}]}
    many["pace"] = FAST | {"seconds_between_requests": 0.005}
    landed_at: list[int] = []
    for number in range(50):
        run_id, many["data_dir"] = f"run{number}", str(tmp_path / f"data{number}")
        told = _killed_after(child("charts", run_id, **many), chance.randrange(30), chance.uniform(0, 0.02))
        data = Path(many["data_dir"])
        recover(data)
        recover(data)
        archive, landed = data / "archive" / f"{run_id}.warc.gz", data / "landing" / run_id / "charts.jsonl"
        kept = _archived(archive, run_id) if archive.exists() else []
        seen = [line["reading_id"] for line in lines(landed)] if landed.exists() else []
        assert sorted(seen) == sorted(kept)
        assert len(seen) == len(set(seen)) >= told
        landed_at.append(len(seen))
        assert not list((data / "landing").glob(".incoming/[!.]*"))
    assert len(set(landed_at)) > 15, "the moments were not spread over the crawl"


def _killed_after(process: Child, charts_told: int, seconds: float) -> int:
    """Kills a crawl so long after it has told of so many charts; how many it had told of by then."""
    told = [line for _, line in zip(range(charts_told + 1), process.told, strict=False)]
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    return len(told) - 1 + len(process.ended())


def _archived(path: Path, run_id: str) -> list[str]:
    """The ids of the readings that an archive gives."""
    return [
        reading_id_of(reading)
        for one, offset in read_archive(path)
        for reading in readings(one, capture_at(one, f"archive/{path.name}", offset), run_id)
    ]
