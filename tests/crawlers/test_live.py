"""Each source asked once: what still fits, what was refused, what changed, and where the answer is."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawlers.archive import read_archive
from crawlers.faults import Fault
from crawlers.replica import Running, running
from crawlers.sources import all_sources
from tests import forks
from tests.crawlers.bodies import archive_of, gzipped, ids, lookup_body, lookup_result, lookup_url, v2_feed, v2_url
from tests.crawlers.pages import app_page, chart_page, review_entry, reviews_feed, reviews_url

LE_CHAT = "6740410176"
PAGE = f"https://apps.apple.com/fr/app/id{LE_CHAT}"
CHART = "https://apps.apple.com/fr/charts/iphone/top-free-apps/36?chart=top-free"
CONFIG = """
contact = "someone@example.org"
hosts = {{ "*" = "http://127.0.0.1:{port}" }}
listing_countries = ["fr"]
pace = {{ seconds_between_requests = 0, jitter = 0, first_backoff = 0.01, timeout = 5 }}
"""


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Running]:
    """A replica of the allowed Apple sources, one chart page of the wrong kind among them."""
    made = [
        gzipped(v2_url(), v2_feed()),
        gzipped(lookup_url(LE_CHAT), lookup_body(lookup_result(LE_CHAT))),
        gzipped(PAGE, app_page(app_id=LE_CHAT)),
        gzipped(CHART, chart_page(ids(), "us", genre="36")),
        gzipped(reviews_url(app_id=LE_CHAT), reviews_feed([review_entry(1)], app_id=LE_CHAT)),
    ]
    with running([archive_of(tmp_path / "stores", *made)]) as one:
        yield one


def essor(tmp_path: Path, replica: Running, *words: str, more: str = "") -> subprocess.CompletedProcess[str]:
    """A command of essor, in a process of its own, that asks the replica for everything."""
    config = tmp_path / "essor.toml"
    config.write_text(CONFIG.format(port=replica.port) + more)
    environment = {"ESSOR_CONFIG": str(config), "ESSOR_DATA_DIR": str(tmp_path / "data"), "PATH": ""}
    return forks.essor([*words], environment)


def findings(tmp_path: Path, replica: Running, more: str = "") -> dict[str, dict[str, Any]]:
    """What `doctor --live` finds, by source."""
    done = essor(tmp_path, replica, "doctor", "--live", "--json", more=more)
    return {finding["subject"]: finding for finding in json.loads(done.stdout)}


def test_each_source_is_asked_once_and_told_apart(tmp_path: Path, replica: Running) -> None:
    """What fits, what another storefront sent, what is off and what has nothing, each in words."""
    found = findings(tmp_path, replica)
    assert {source.name for source in all_sources()} <= set(found)
    assert found["apple_rss"]["verdict"] == "ok"
    assert found["apple_rss"]["text"].startswith("fits: chart apple/fr/iphone/top-free/36.")
    assert "It was unconfirmed until now" in found["apple_app_page"]["text"]
    assert (found["apple_web"]["verdict"], "storefront us came" in found["apple_web"]["text"]) == ("wrong", True)
    assert found["apple_legacy_rss"]["text"].startswith("off: not asked: it is the operator's choice.")
    assert found["github"]["text"].startswith("nothing: github")
    assert not [url for url in replica.playback.asked if "/rss/" in url or "ws/charts" in url or "/_/" in url]
    assert len([url for url in replica.playback.asked if "/api/v2/" in url]) == 1
    assert not list((tmp_path / "data" / "landing").glob("*/run.json"))


def test_the_answer_that_does_not_fit_is_saved_as_it_came(tmp_path: Path, replica: Running) -> None:
    """Decoded, in a file that the finding names; the sources beside it are asked all the same."""
    replica.playback.faults.set([Fault("html", match="/api/v2/"), Fault("403", match="lookup")])
    found = findings(tmp_path, replica)
    assert found["apple_rss"]["verdict"] == "wrong"
    assert found["apple_rss"]["text"].startswith("changed: ")
    (saved,) = (tmp_path / "data" / "live" / "bodies").glob("*/apple_rss.body")
    assert str(saved) in found["apple_rss"]["text"]
    assert saved.read_bytes().startswith(b"<!DOCTYPE html>")
    assert found["apple_lookup"]["text"].startswith("blocked: ")


def test_a_source_that_was_switched_on_is_asked_and_robots_txt_decides(tmp_path: Path, replica: Running) -> None:
    """The reviews are refused by robots.txt, and asked for when the operator has a reason."""
    on = "[sources.apple_reviews]\nenabled = true\n"
    assert findings(tmp_path, replica, on)["apple_reviews"]["text"].startswith("refused: ")
    found = findings(tmp_path, replica, on + 'obey_robots = false\nreason = "a test"\n')
    assert found["apple_reviews"]["text"].startswith("fits: ")
    (saved,) = (tmp_path / "data" / "live" / "bodies").glob("*/apple_reviews.body")
    assert b"Jean" not in saved.read_bytes()


def test_an_answer_is_recorded_for_tests(tmp_path: Path, replica: Running) -> None:
    """The file holds the answer under its public address; a file that is there is not overwritten."""
    output = tmp_path / "made" / "lookup.warc.gz"
    url = lookup_url(LE_CHAT)
    done = essor(tmp_path, replica, "record", url, "--output", str(output))
    assert done.returncode == 0, done.stderr
    assert "an answer of apple_lookup" in done.stdout
    assert [answer.url for answer, _ in read_archive(output)] == ["https://itunes.apple.com/robots.txt", url]
    again = essor(tmp_path, replica, "record", url, "--output", str(output))
    assert (again.returncode, "is there already" in again.stderr) == (2, True)


def test_what_robots_txt_refuses_is_not_recorded(tmp_path: Path, replica: Running) -> None:
    """Nor what is no address."""
    done = essor(tmp_path, replica, "record", reviews_url(app_id=LE_CHAT))
    assert (done.returncode, "robots.txt of itunes.apple.com refuses" in done.stderr) == (3, True)
    assert essor(tmp_path, replica, "record", "lookup").returncode == 2
