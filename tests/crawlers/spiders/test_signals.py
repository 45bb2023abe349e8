"""Crawls of signals over real HTTP against the replica."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crawlers.faults import Fault
from crawlers.landing import Landing
from crawlers.replay import replay
from crawlers.replica import Running, running
from crawlers.run import _gaps, expected_of, signal_targets
from crawlers.signals._source import SignalTarget, signal_sources
from crawlers.sources import recognise
from essor.model.signals import SignalSubject, all_subjects
from essor.settings import read_settings
from tests.crawlers.bodies import NOON, answer, archive_of

Lines = Callable[[Path], list[dict[str, Any]]]
Crawl = Callable[..., dict[str, Any]]
SOURCES = {source.name: source for source in signal_sources()}
TODAY = date(2026, 10, 9)


def url(source: str, *subjects: str) -> str:
    """The address that asks a source for subjects."""
    one = SOURCES[source]
    return one.url(SignalTarget(source, subjects, one.metrics, *one.period(TODAY)))


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Running]:
    """A replica of Tranco, GitHub, CrUX and StatCounter, with answers made by hand."""
    repository = {"full_name": "openai/codex", "stargazers_count": 7, "forks_count": 2}
    ranks = {"ranks": [{"date": "2026-10-07", "rank": 87}], "domain": "chatgpt.com"}
    moved = {"full_name": "openai/whisper-2", "stargazers_count": 5, "forks_count": 1}
    shares = b'"Date","ChatGPT","Claude"\n2026-08,80.5,1.5\n2026-09,80.1,2.0\n'
    made = archive_of(
        tmp_path / "stores",
        answer(url("tranco", "chatgpt.com"), json.dumps(ranks).encode()),
        answer(url("github", "openai/codex"), json.dumps(repository).encode()),
        answer("https://api.github.com/repositories/12#openai%2Fwhisper", json.dumps(moved).encode()),
        answer(url("crux", "chatgpt.com"), gzip.compress(b"origin,rank\nhttps://chatgpt.com,1000\n")),
        answer(url("statcounter", "ChatGPT"), shares),
    )
    with running([made]) as one:
        yield one


@pytest.fixture
def settings(tmp_path: Path, replica: Running) -> dict[str, Any]:
    """Settings that lead to the replica."""
    pace = {"seconds_between_requests": 0, "jitter": 0, "first_backoff": 0.01, "attempts": 2, "timeout": 2}
    return {"data_dir": str(tmp_path / "data"), "hosts": replica.hosts, "pace": pace}


def landed(settings: dict[str, Any]) -> Path:
    """Where the signals have landed."""
    return Path(settings["data_dir"]) / "landing" / "run" / "signals.jsonl"


def test_every_followed_subject_has_its_readings(crawl: Crawl, settings: dict[str, Any], lines: Lines) -> None:
    """Each subject and figure asked for has a reading, with the bytes behind it, and the run says how many."""
    record = crawl("signals", "run", **settings)
    found = lines(landed(settings))
    assert (record["result"], record["kind"], record["asked"]) == ("complete", "crawl signals", len(found))
    by_key = {(line["source"], line["subject"], line["metric"]): line for line in found}
    assert by_key["github", "openai/codex", "stars"]["points"] == [
        {"value": 7.0, "start": None, "end": None, "text": None}
    ]
    assert by_key["crux", "chatgpt.com", "rank_bucket"]["points"][0]["value"] == 1000
    assert by_key["statcounter", "ChatGPT", "share"]["points"][-1]["value"] == 80.1
    assert by_key["tranco", "grok.com", "rank"]["status"] == "not_available"
    assert all(line["capture_file"] == "archive/run.warc.gz" for line in found)


def test_a_crawl_of_signals_and_its_replay_are_equal(
    crawl: Crawl, settings: dict[str, Any], tmp_path: Path, lines: Lines
) -> None:
    """What a crawl landed comes again from its archive, field by field, whatever stood behind the address's `#`."""
    crawl("signals", "run", **settings)
    with Landing.begin(tmp_path, "run", "replay", NOON) as landing:
        replay(Path(settings["data_dir"]) / "archive" / "run.warc.gz", tmp_path, landing)
        place = landing.finish("complete", NOON)
    again = [{**line, "capture_file": "archive/run.warc.gz"} for line in lines(place / "signals.jsonl")]
    assert again == lines(landed(settings))


def test_robots_and_failures_are_readings(
    crawl: Crawl, settings: dict[str, Any], replica: Running, lines: Lines
) -> None:
    """An error of the service is asked again and recorded each time; an unreadable robots.txt is a refusal."""
    replica.playback.faults.set([Fault("500", match="openai/codex"), Fault("500", match="tranco-list.eu/robots.txt")])
    crawl("signals", "run", **settings)
    found = lines(landed(settings))
    codex = [line["status"] for line in found if line["subject"] == "openai/codex" and line["metric"] == "stars"]
    assert codex == ["failed", "failed"]
    tranco = [line for line in found if line["source"] == "tranco"]
    assert {line["status"] for line in tranco} == {"failed"}
    assert all("robots.txt" in line["message"] for line in tranco)
    assert not any("tranco-list.eu/api" in asked for asked in replica.playback.asked)


def test_targets_hold_as_many_subjects_as_one_answer() -> None:
    """One page for all models, one request a repository; every subject is asked for once."""
    targets = list(signal_targets(all_subjects(), TODAY))
    assert sum(len(target.subjects) for target in targets) == len(all_subjects())
    assert len([target for target in targets if target.source == "ollama"]) == 1
    for target in targets:
        known = recognise(SOURCES[target.source].url(target))
        assert known is not None
        assert (known[0].name, known[1]) == (target.source, known[1])


def test_expected_counts_figures_a_subject() -> None:
    """A repository gives two figures, so that two readings of it are expected."""
    subject = SignalSubject("github", "a/b", "x", None, None, None, None, None)
    (one,) = expected_of(signal_targets([subject], TODAY), read_settings())
    assert (one.source, one.country, one.subject, one.expected) == ("github", None, "a/b", 2)


def test_the_pace_of_a_source_is_kept_only_with_the_source_itself(settings: dict[str, Any]) -> None:
    """Against a stand-in the settings' own pace holds, against the service at least what it is known to bear."""
    assert _gaps(read_settings(hosts={}))["ollama.com"] == SOURCES["ollama"].seconds_between_requests
    assert "ollama.com" not in _gaps(read_settings(**settings))
