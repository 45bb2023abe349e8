"""`essor up`, as a real process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest

from crawlers.replica import running
from essor.jobs.ask import answer
from essor.schedule import jobs
from essor.settings import Settings, read_settings


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def up(data_dir: Path, hosts: str, *options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A running essor and its port; ended with SIGTERM, then it must end by itself."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    config = data_dir.parent / "essor.toml"
    pace = "[pace]\nseconds_between_requests = 0\nfirst_backoff = 0\nattempts = 2\n"
    charts = '[[charts]]\ncountries = ["us", "jp"]\n'
    config.write_text(f'listing_countries = ["no"]\n[hosts]\n"*" = "{hosts}"\n{pace}{charts}', "utf-8")
    port = free_port()
    command = [sys.executable, "-u", "-m", "essor", "up", "--port", str(port), "--data-dir", str(data_dir), *options]
    environment = os.environ | {"ESSOR_CONFIG": str(config)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process, port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def wait_for(process: subprocess.Popen[str], word: str, times: int = 1, within: float = 90) -> list[str]:
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
        said = wait_for(process, "Nothing usable came", times=2)
        with urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
            assert page.status == 200
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
        again = subprocess.run(
            [sys.executable, "-m", "essor", "up", "--data-dir", str(tmp_path / "data")],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (again.returncode, str(process.pid) in again.stderr) == (2, True)
    assert process.returncode == 0
    settings = read_settings(data_dir=tmp_path / "data")
    crawled = answer(settings, "SELECT kind, usable FROM runs WHERE kind LIKE 'crawl%' ORDER BY kind").rows()
    assert crawled == [("crawl charts", 2), ("crawl listings", 3)]


def test_the_table_of_jobs_follows_the_settings(settings: Settings) -> None:
    """Charts hourly and listings daily, unless the settings say otherwise."""
    assert {job.name: job.every for job in jobs(settings)} == {
        "crawl charts": timedelta(hours=1),
        "crawl listings": timedelta(days=1),
    }
