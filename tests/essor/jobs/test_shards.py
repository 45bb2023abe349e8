"""A crawl in parts, as real processes at once on one data folder."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import essor.jobs.crawl as job
from crawlers.faults import Fault
from crawlers.replica import Running, running
from crawlers.run import chart_targets
from essor.jobs.ask import answer, opened
from essor.jobs.refresh import refresh
from essor.model.notes import spoken
from essor.model.shards import Shard
from essor.model.signals import SignalPoint
from essor.settings import Settings, read_settings
from tests.crawlers.bodies import market
from tests.landed import evidence, land, signal_reading
from warehouse.reads.coverage import OUTCOMES, by_run

Crawls = list["subprocess.Popen[str]"]
COUNTRIES = ("fr", "us", "de", "gb", "jp", "no", "es", "it", "nl")
CONFIG = """
[sources.apple_legacy_rss]
enabled = true
obey_robots = false
reason = "a test"
[pace]
seconds_between_requests = {gap}
jitter = 0
first_backoff = 0.01
[hosts]
"*" = "http://127.0.0.1:{port}"
[[charts]]
countries = {countries}
categories = ["6007", "36"]
"""


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Running]:
    """A replica of nine storefronts."""
    with running([market(tmp_path / "stores", COUNTRIES)]) as one:
        yield one


def configured(tmp_path: Path, port: int, gap: float = 0) -> dict[str, str]:
    """The environment of a crawl of two charts in each storefront."""
    countries = "[" + ", ".join(f'"{country}"' for country in COUNTRIES) + "]"
    (tmp_path / "essor.toml").write_text(CONFIG.format(port=port, countries=countries, gap=gap), "utf-8")
    return os.environ | {"ESSOR_CONFIG": str(tmp_path / "essor.toml")}


@contextmanager
def started(data_dir: Path, environment: dict[str, str], shards: Sequence[str]) -> Iterator[Crawls]:
    """A crawl of the charts for each of these, all at once; an empty text is one that is not split."""
    command = [sys.executable, "-m", "essor", "crawl", "charts", "--data-dir", str(data_dir)]
    options = [["--shard", shard] if shard else [] for shard in shards]
    crawls = [
        subprocess.Popen([*command, *one], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for one in options
    ]
    try:
        yield crawls
    finally:
        for crawl in crawls:
            crawl.kill()
            crawl.wait()


def readings(data_dir: Path) -> Counter[tuple[str, str]]:
    """How many readings of each chart the warehouse holds."""
    found = answer(read_settings(data_dir=data_dir), "SELECT country, category FROM chart_readings")
    return Counter(found.rows())


@pytest.mark.slow
def test_shards_at_once_bring_what_one_crawl_brings(tmp_path: Path, replica: Running) -> None:
    """Three processes on one folder: the same charts as the whole crawl, each once, and its expectations in sum."""
    environment = configured(tmp_path, replica.port)
    for data, shards in (("whole", [""]), ("split", ["1/3", "2/3", "3/3"])):
        with started(tmp_path / data, environment, shards) as crawls:
            said = [crawl.communicate(timeout=120)[0] for crawl in crawls]
            assert [crawl.returncode for crawl in crawls] == [0] * len(shards), said
    assert readings(tmp_path / "split") == readings(tmp_path / "whole")
    assert set(readings(tmp_path / "split").values()) == {1}
    runs = {}
    for data in ("whole", "split"):
        with opened(read_settings(data_dir=tmp_path / data)) as cursor:
            runs[data] = by_run(cursor)
    assert (runs["whole"].height, runs["split"].height) == (1, 3)
    assert runs["split"]["expected"].to_list() == [6, 6, 6]
    for outcome in ("expected", *OUTCOMES):
        assert runs["split"][outcome].sum() == runs["whole"][outcome].sum()
    notes = answer(read_settings(data_dir=tmp_path / "split"), "SELECT note FROM runs ORDER BY note")["note"]
    assert [spoken(note)[:9] for note in notes] == ["shard 1/3", "shard 2/3", "shard 3/3"]
    assert not list((tmp_path / "split" / "landing").glob("[!.]*"))


@pytest.mark.slow
def test_shards_run_side_by_side_and_a_whole_crawl_waits(tmp_path: Path, replica: Running) -> None:
    """While two shards are at work a third process, of the whole, has asked for nothing; then it has its turn."""
    replica.playback.faults.set([Fault("slow", seconds=3)])  # so slow that the first still runs when the second begins
    data, environment = tmp_path / "data", configured(tmp_path, replica.port)
    with started(data, environment, ["1/2", "2/2"]) as parts:
        _wait_until(lambda: len(_under_way(data)) == 2)
        replica.playback.faults.set([Fault("slow", seconds=0.3)])
        with started(data, environment, [""]) as others:
            seen: set[frozenset[bool]] = set()
            while others[0].poll() is None:
                seen.add(frozenset("of2" in run for run in _under_way(data)))
                time.sleep(0.02)
            said = [crawl.communicate(timeout=120)[0] for crawl in (*parts, *others)]
            assert [crawl.returncode for crawl in (*parts, *others)] == [0, 0, 0], said
    assert seen >= {frozenset({True}), frozenset({False})}
    assert frozenset({True, False}) not in seen
    assert set(readings(data).values()) == {2}


def test_shards_share_the_turn_with_their_own_crawl_alone(settings: Settings) -> None:
    """Those of another crawl, or of another number, wait as a whole crawl does."""
    with job.crawls_in_turn(settings, crowd="charts 2") as first:
        for crowd, joins in (("charts 2", True), ("charts 3", False), ("listings 2", False), (None, False)):
            with job.crawls_in_turn(settings, lambda: True, crowd) as other:
                assert (first, other) == (True, joins), crowd
    with job.crawls_in_turn(settings, lambda: True) as whole, job.crawls_in_turn(settings, lambda: True, "a 2") as part:
        assert (whole, part) == (True, False)


def test_shards_together_ask_no_more_often_than_one_crawl(tmp_path: Path, replica: Running) -> None:
    """Of four shards each leaves four times the gap."""
    environment = configured(tmp_path, replica.port, gap=0.2)
    with started(tmp_path / "data", environment, ["1/4"]) as crawls:
        assert crawls[0].wait(120) == 0
    found = answer(
        read_settings(data_dir=tmp_path / "data"),
        "SELECT observed_at FROM chart_readings WHERE source = 'apple_legacy_rss' ORDER BY observed_at",
    )
    gaps = found["observed_at"].diff().drop_nulls()
    assert gaps.len() >= 1
    assert gaps.mean() >= timedelta(seconds=0.7)  # type: ignore[operator] # four times 0.2 s, less the answers' times


def test_expectations_of_the_shards_are_those_of_the_whole(settings: Settings) -> None:
    """Worked out apart, in a settings' order or in the other, no chart is in two shards or in none."""
    charts = chart_targets(settings)
    for order in (charts, charts[::-1]):
        parts = [set(Shard(number, 3).part(order, lambda chart: chart.country)) for number in (1, 2, 3)]
        assert set().union(*parts) == set(charts)
        assert sum(map(len, parts)) == len(charts)


def test_a_shard_of_signals_is_due_by_its_own_looks(settings: Settings) -> None:
    """What one shard has had does not make the other's part of that source wait for a day."""
    then = datetime.now(UTC) - timedelta(hours=1)
    parts = [job.due_subjects(settings, Shard(number, 2)) for number in (1, 2)]
    keys = [{one.key for one in part if one.source == "github"} for part in parts]
    assert all(keys)
    assert not keys[0] & keys[1]
    said = replace(evidence(then), source="github")
    land(settings.data_dir, [signal_reading(then, [SignalPoint(1)], subject=key, said=said) for key in keys[0]])
    refresh(settings)
    again = [{one.key for one in job.due_subjects(settings, Shard(n, 2)) if one.source == "github"} for n in (1, 2)]
    assert again == [set(), keys[1]]


def test_a_bad_shard_is_named(tmp_path: Path) -> None:
    """The command says what to write, and asks nobody."""
    with started(tmp_path / "data", configured(tmp_path, 9), ["5/4"]) as crawls:
        said, _ = crawls[0].communicate(timeout=120)
    assert (crawls[0].returncode, said.strip()) == (
        2,
        "essor: '5/4' is no shard. Write --shard 1/4 to --shard 4/4 for the parts of a crawl.",
    )
    assert not (tmp_path / "data").exists()


def _under_way(data_dir: Path) -> list[str]:
    return [path.name for path in data_dir.glob("landing/.incoming/[!.]*")]


def _wait_until(true: Callable[[], bool], within: float = 120) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)
