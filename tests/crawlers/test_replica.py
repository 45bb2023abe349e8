"""The local fake: the stores as they stood, and as they go wrong."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crawlers.answers import Answer, body_of, readings, retry_after
from crawlers.archive import capture_at
from crawlers.faults import Fault
from crawlers.replica import Running, running
from crawlers.sources import Reading
from essor.model.errors import ArchiveError, SettingsError
from essor.model.observation import Status
from tests.crawlers.bodies import NOON, answer, archive_of, legacy_url, lookup_url, market, v2_url


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Running]:
    """A replica of two storefronts over two days."""
    with running([market(tmp_path, ("fr", "us"))]) as one:
        yield one


def ask(replica: Running, url: str) -> Answer:
    """The answer for a public address."""
    host, path = url.removeprefix("https://").split("/", 1)
    return get(f"{replica.hosts[host]}/{path}", url)


def get(address: str, url: str = "", body: bytes | None = None) -> Answer:
    """What is at an address."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, body), timeout=60) as response:
            return Answer(url, response.status, tuple(response.headers.items()), response.read(), NOON)
    except urllib.error.HTTPError as error:
        return Answer(url, error.code, tuple(error.headers.items()), error.read(), NOON)


def judged(replica: Running, url: str) -> Reading:
    """The reading of the answer for a public address."""
    one = ask(replica, url)
    return readings(one, capture_at(one, "x", 0), "run")[0]


def first_id(replica: Running, url: str) -> str:
    """The app in the first place of a chart."""
    return str(judged(replica, url).entries[0].app_id)  # type: ignore[union-attr]


def test_the_newest_answer_at_its_moment_is_played(replica: Running) -> None:
    """Charts of both forms are those of the moment, whatever the order of limit and genre."""
    assert first_id(replica, legacy_url()) == "1001"
    replica.playback.at = NOON
    assert first_id(replica, legacy_url()) == "1000"
    assert first_id(replica, v2_url()) == "5000"
    assert first_id(replica, "https://itunes.apple.com/fr/rss/topfreeapplications/genre=6007/limit=100/json") == "1000"
    replica.playback.at = NOON - timedelta(days=1)
    assert ask(replica, legacy_url()).http_status == 404


def test_the_moment_is_moved_over_http(replica: Running) -> None:
    """`/_replica/at` tells and sets; a wrong time is refused in words."""
    base = f"http://127.0.0.1:{replica.port}/_replica/at"
    assert json.loads(get(base, body=b"2026-10-09T13:00:00Z").body) == {"at": "2026-10-09T13:00:00+00:00"}
    assert first_id(replica, legacy_url()) == "1000"
    assert json.loads(get(f"{base}?at=2026-10-12T13:00:00+02:00").body) == {"at": "2026-10-12T13:00:00+02:00"}
    assert get(base, body=b"noon").http_status == 400


def test_lookups_are_put_together_from_the_archive(replica: Running) -> None:
    """Ids that were archived together or apart come together; those that were left out stay out."""
    one = ask(replica, lookup_url("7002", "7001", "9"))
    found = readings(one, capture_at(one, "x", 0), "run")
    assert [reading.status for reading in found] == [Status.NOT_AVAILABLE, Status.COMPLETE, Status.NOT_AVAILABLE]
    assert found[1].listing.rating_count == 11  # type: ignore[union-attr]
    assert json.loads(body_of(one))["resultCount"] == 1
    assert ask(replica, lookup_url("9")).http_status == 404


def test_robots_are_the_noted_rules_or_the_archived_ones(tmp_path: Path, replica: Running) -> None:
    """Without an archived robots.txt the rules are those that public notes give."""
    assert b"Disallow: /*/rss/*" in ask(replica, "https://itunes.apple.com/robots.txt").body
    kept = archive_of(tmp_path, answer("https://itunes.apple.com/robots.txt", b"# kept"), name="robots")
    with running([kept]) as other:
        assert ask(other, "https://itunes.apple.com/robots.txt").body == b"# kept"


def test_what_it_does_not_have_is_not_there(replica: Running) -> None:
    """404 with a JSON message that says what is missing."""
    missing = ask(replica, legacy_url("jp"))
    assert missing.http_status == 404
    assert "there is nothing here for https://itunes.apple.com/jp/rss/" in json.loads(missing.body)["message"]
    assert get(f"http://127.0.0.1:{replica.port}/nonsense").http_status == 404


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("403", Status.BLOCKED, "403 with an empty body"),
        ("429", Status.BLOCKED, "it asks to wait 7 s"),
        ("500", Status.FAILED, "500"),
        ("empty_body", Status.BLOCKED, "200 with an empty body"),
        ("empty_feed", Status.BLOCKED, "200 with an empty feed"),
        ("html", Status.LAYOUT_CHANGED, "HTML came"),
        ("other_layout", Status.LAYOUT_CHANGED, "no feed"),
        ("cut_gzip", Status.FAILED, "its compressed body ends"),
        ("other_storefront", Status.WRONG_STOREFRONT, "storefront us came"),
        ("other_category", Status.WRONG_CHART, "asked for apple/fr"),
        ("short_chart", Status.PARTIAL, "41 rows came of 100"),
        ("duplicate_ids", Status.COMPLETE, "duplicate_id at 100"),
        ("entry_without_id", Status.PARTIAL, "no_id at 1"),
    ],
)
@pytest.mark.parametrize("url", [legacy_url(), v2_url()])
def test_each_fault_is_what_it_says(replica: Running, url: str, fault: str, status: Status, words: str) -> None:
    """Both forms of a chart go wrong in each way, and are judged so."""
    replica.playback.faults.set([Fault(fault, seconds=7)])
    reading = judged(replica, url)
    assert reading.status is status
    assert words in str(reading.message)


def test_a_fault_strikes_where_and_as_often_as_it_is_told(replica: Running) -> None:
    """By pattern, by count, by rate; robots.txt is spared unless it is meant."""
    address = f"http://127.0.0.1:{replica.port}/_replica/faults"
    get(address, body=b'[{"fault": "429", "match": "/fr/rss", "count": 2, "seconds": 3}]')
    assert ask(replica, legacy_url("us")).http_status == 200
    assert [ask(replica, legacy_url()).http_status for _ in range(3)] == [429, 429, 200]
    get(address, body=b'[{"fault": "429", "rate": 0.5}]')
    struck = [ask(replica, legacy_url()).http_status for _ in range(60)].count(429)
    assert 15 < struck < 45
    get(address, body=b'[{"fault": "403"}]')
    assert ask(replica, "https://itunes.apple.com/robots.txt").http_status == 200
    get(address, body=b'[{"fault": "500", "match": "robots"}]')
    assert ask(replica, "https://itunes.apple.com/robots.txt").http_status == 500


def test_retry_after_says_how_long(replica: Running) -> None:
    """A 429 carries the seconds that were set."""
    replica.playback.faults.set([Fault("429", seconds=2.5)])
    assert retry_after(ask(replica, legacy_url())) == 2.5


def test_a_time_out_never_answers_and_a_slow_body_comes_whole(replica: Running) -> None:
    """Who waits long enough has the whole of the one, and nothing of the other."""
    replica.playback.faults.set([Fault("slow_body", seconds=0.4)])
    began = time.monotonic()
    assert judged(replica, legacy_url()).status is Status.COMPLETE
    assert time.monotonic() - began > 0.3
    replica.playback.faults.set([Fault("timeout")])
    host, path = legacy_url().removeprefix("https://").split("/", 1)
    with pytest.raises(TimeoutError), urllib.request.urlopen(f"{replica.hosts[host]}/{path}", timeout=0.3):
        pass
    replica.playback.faults.set([])
    assert judged(replica, legacy_url()).status is Status.COMPLETE


def test_an_unknown_fault_is_refused(replica: Running) -> None:
    """A misspelt fault is told with the names there are."""
    with pytest.raises(SettingsError, match="give one of 403, 429"):
        replica.playback.faults.set([Fault("404")])
    reply = get(f"http://127.0.0.1:{replica.port}/_replica/faults", body=b'[{"fault": "404"}]')
    assert (reply.http_status, "give one of" in reply.body.decode()) == (400, True)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    """A replica of half a file would be a lie."""
    path = market(tmp_path, ("fr",))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ArchiveError, match="cut short"), running([path]):
        pass
