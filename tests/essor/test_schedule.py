"""`essor up`, as a real process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from crawlers.faults import Fault
from crawlers.replica import running
from essor.jobs.ask import answer, opened
from essor.jobs.recover import recover_and_refresh
from essor.model.errors import SettingsError
from essor.schedule import _ended, _why_not, jobs, table
from essor.settings import Settings, read_settings
from tests.crawlers.bodies import market
from tests.ports import free_port
from warehouse.reads.coverage import OUTCOMES, by_kind


@contextmanager
def up(data_dir: Path, hosts: str, *options: str, more: str = "") -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A running essor and its port; ended with SIGTERM, then it must end by itself."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    config = data_dir.parent / "essor.toml"
    pace = "[pace]\nseconds_between_requests = 0\nfirst_backoff = 0\nattempts = 2\n"
    charts = '[[charts]]\ncountries = ["us", "jp"]\n'
    config.write_text(f'listing_countries = ["no"]\n[hosts]\n"*" = "{hosts}"\n{pace}{charts}{more}', "utf-8")
    port = free_port()
    command = [sys.executable, "-u", "-m", "essor", "up", "--port", str(port), "--data-dir", str(data_dir), *options]
    environment = os.environ | {"ESSOR_CONFIG": str(config)}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        yield process, port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)


def wait_for(process: subprocess.Popen[str], word: str, times: int = 1, within: float = 240) -> list[str]:
    """What the process says until `word` has come so many times."""
    said: list[str] = []
    deadline = time.monotonic() + within
    assert process.stdout is not None
    while time.monotonic() < deadline and sum(word in line for line in said) < times:
        line = process.stdout.readline()
        if not line:
            break
        said.append(line.rstrip())
    assert sum(word in line for line in said) >= times, f"{word!r} did not come: {said}"
    return said


@pytest.mark.slow
def test_up_without_a_network_shows_the_starter_history(tmp_path: Path) -> None:
    """With the stores out of reach the history is shown, the crawls say that they failed, and SIGTERM ends it."""
    with up(tmp_path / "data", "http://127.0.0.1:9") as (process, port):
        said = wait_for(process, "Nothing usable came", times=3)
        _wait_until(lambda: _is_served(port))
    assert process.returncode == 0
    assert any("Imported 724 readings" in line for line in said)
    settings = read_settings(data_dir=tmp_path / "data")
    counts = dict(answer(settings, "SELECT imported, count(*) FROM chart_readings GROUP BY 1").iter_rows())
    assert counts[True] == 398
    assert counts[False] > 0


@pytest.mark.slow
def test_up_crawls_and_a_second_up_is_told_who_runs(tmp_path: Path, real: Path) -> None:
    """Against a replica the scheduled crawls bring readings; another essor on the same folder is refused by name."""
    archives = [
        real / "apple" / "overall-us-jp-cn-2026-02-17.warc.gz",
        real / "apple" / "lookup-no-2023-06..2026-08.warc.gz",
    ]
    with running(archives) as replica, up(tmp_path / "data", f"http://127.0.0.1:{replica.port}") as (process, _):
        wait_for(process, "is complete", times=2)
        held = table(read_settings(data_dir=tmp_path / "data"))
        assert {row.held_by for row in held} == {str(process.pid)}
        again = subprocess.run(
            [sys.executable, "-m", "essor", "up", "--data-dir", str(tmp_path / "data")],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert (again.returncode, str(process.pid) in again.stderr) == (2, True)
    assert process.returncode == 0
    settings = read_settings(data_dir=tmp_path / "data")
    crawled = dict(answer(settings, "SELECT kind, usable FROM runs WHERE kind LIKE 'crawl%'").iter_rows())
    assert (crawled["crawl charts"], crawled["crawl listings"]) == (2, 3)
    rows = {row.job: row for row in table(settings)}
    assert (rows["charts"].result, rows["charts"].held_by) == ("complete", None)
    assert rows["charts"].next_run is not None


def test_the_table_of_jobs_follows_the_settings(settings: Settings) -> None:
    """Charts hourly, listings and signals daily, unless the settings say otherwise."""
    assert {job.name: job.every for job in jobs(settings)} == {
        "charts": timedelta(hours=1),
        "listings": timedelta(days=1),
        "signals": timedelta(days=1),
    }
    given = {"charts": {"cron": "5 * * * *"}, "signals": {"enabled": False}}
    said = jobs(read_settings(data_dir=settings.data_dir, schedule=given))
    assert [(job.name, job.when) for job in said] == [("charts", "at 5 * * * *"), ("listings", "every 1d")]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"charts": {"every": "1h", "cron": "5 * * * *"}}, "not both"),
        ({"charts": {"every": "soon"}}, "is no time"),
        ({"charts": {"cron": "5 *"}}, "five fields"),
        ({"charts": {"cron": "99 * * * *"}}, "'99 \\* \\* \\* \\*' is no time"),
        ({"chart": {"every": "1h"}}, "is no job"),
    ],
)
def test_times_that_cannot_be_read_are_named(given: dict[str, Any], words: str) -> None:
    """A setting of the schedule that is no time or no job says what to write."""
    with pytest.raises(SettingsError, match=words):
        jobs(read_settings(schedule=given))


@pytest.mark.parametrize(
    ("code", "ended", "why"),
    [
        (-15, "ended by SIGTERM", "its process was ended by SIGTERM before it began"),
        (-99, "ended by signal 99", "its process was ended by signal 99 before it began"),
        (2, "ended with code 2", "its process ended with code 2 before it began: No space left on device"),
    ],
)
def test_a_process_that_never_began_is_told_in_words(code: int, ended: str, why: str) -> None:
    """The signal by its name, and not the number that the system has for it."""
    assert (_ended(code), str(_why_not(code, "No space left on device"))) == (ended, why)


def test_the_schedule_is_shown_while_nothing_runs(settings: Settings) -> None:
    """Without a data folder there is a table all the same, and nothing is created."""
    rows = table(settings)
    assert [(row.job, row.next_run, row.last_run, row.result, row.held_by) for row in rows] == [
        (name, None, None, "none", None) for name in ("charts", "listings", "signals")
    ]
    assert not settings.data_dir.exists()


@pytest.mark.slow
def test_what_was_missed_is_recorded_and_caught_up_once(tmp_path: Path) -> None:
    """After a SIGKILL and a while off, each missed time is a row of runs, followed by one catch-up."""
    off = "".join(f"[schedule.{name}]\nenabled = false\n" for name in ("listings", "signals"))
    times = f"[schedule.charts]\nevery = '3s'\n{off}"
    settings = read_settings(data_dir=tmp_path / "data")
    with up(tmp_path / "data", "http://127.0.0.1:9", "--no-dashboard", more=times) as (process, _):
        wait_for(process, "crawl charts: begun")
        process.kill()
    time.sleep(7)
    with up(tmp_path / "data", "http://127.0.0.1:9", "--no-dashboard", more=times) as (process, _):
        wait_for(process, "missed since")
        wait_for(process, "Nothing usable came")
    assert process.returncode == 0
    with opened(settings) as cursor:
        sums = by_kind(cursor).to_dicts()[0]
        results = cursor.frame("SELECT result, started_at FROM runs WHERE kind = 'crawl charts' ORDER BY started_at")
    assert results["result"].to_list().count("missed") >= 2
    assert sums["missed"] >= 4
    assert sum(sums[name] for name in OUTCOMES) == sums["expected"]


@pytest.mark.slow
def test_a_crawl_lands_what_it_has_when_the_service_is_stopped(tmp_path: Path) -> None:
    """On SIGTERM the answers that came are in the warehouse, and the rest is accounted for as not asked."""
    countries = ["fr", "de", "gb", "no", "es", "it", "nl", "be", "us", "jp"]
    more = f"[[charts]]\ncountries = {countries}\n".replace("'", '"')
    with running([market(tmp_path / "stores", countries)]) as replica:
        replica.playback.faults.set([Fault("slow", seconds=1.5)])
        with up(tmp_path / "data", f"http://127.0.0.1:{replica.port}", "--no-dashboard", more=more) as (process, _):
            wait_for(process, "crawl charts: begun")
            _wait_until(lambda: any(path.stat().st_size for path in tmp_path.glob("data/landing/.*/*/charts.jsonl")))
    assert process.returncode == 0
    settings = read_settings(data_dir=tmp_path / "data")
    recover_and_refresh(settings)
    with opened(settings) as cursor:
        results = cursor.frame("SELECT result, readings FROM runs WHERE kind = 'crawl charts'").rows()
        (sums,) = by_kind(cursor).to_dicts()
    assert results[0][0] == "stopped"
    assert 0 < results[0][1] < len(countries)
    assert (sums["had"], sums["not_asked"]) == (results[0][1], len(countries) - results[0][1])


def _is_served(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/", timeout=60) as page:
            return bool(page.status == 200)
    except OSError:
        return False


def _wait_until(true: Callable[[], bool], within: float = 120) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.1)
