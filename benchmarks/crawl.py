"""A crawl over real HTTP: feeds asked, archived, parsed and landed a second, against the replica on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.feeds import answers
from benchmarks.figure import Figure
from crawlers.archive import Archive

COUNTRIES = [
    "fr",
    "us",
    "de",
    "gb",
    "jp",
    "no",
    "it",
    "es",
    "be",
    "ch",
    "ca",
    "au",
    "br",
    "mx",
    "in",
    "kr",
    "se",
    "nl",
    "pl",
    "pt",
]
CATEGORIES = [str(number) for number in range(6000, 6100)]
"""Twenty storefronts and a hundred categories: two thousand feeds."""
PORT = 9377


def figures() -> list[Figure]:
    """Crawl two thousand feeds as fast as the machine allows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = _archive(folder)
        replica = subprocess.Popen(
            [sys.executable, "-m", "essor", "replica", "--archive", str(archive), "--port", str(PORT)],
            stdout=subprocess.DEVNULL,
        )
        try:
            _wait_for_replica()
            record = _crawl(folder)
        finally:
            replica.terminate()
            replica.wait()
    took = (_time(record["finished_at"]) - _time(record["started_at"])).total_seconds()
    return [
        Figure("feeds crawled, archived and landed a second", record["asked"] / took, at_least=200),
        Figure("of them usable", record["usable"] / record["asked"], at_least=1.0),
    ]


def _archive(folder: Path) -> Path:
    with Archive(folder, "market") as archive:
        for _, answer in answers(COUNTRIES, CATEGORIES):
            archive.keep(answer)
    return folder / archive.file


def _wait_for_replica() -> None:
    for _ in range(150):
        try:
            with urlopen(f"http://127.0.0.1:{PORT}/itunes.apple.com/robots.txt", timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise SystemExit("the replica did not come up")


def _crawl(folder: Path) -> dict[str, object]:
    (folder / "essor.toml").write_text(
        f"""
        hosts = {{ "*" = "http://127.0.0.1:{PORT}" }}
        pace = {{ seconds_between_requests = 0, requests_at_once = 16 }}
        charts = [{{ countries = {json.dumps(COUNTRIES)}, categories = {json.dumps(CATEGORIES)} }}]
        [sources.apple_legacy_rss]
        enabled = true
        obey_robots = false
        reason = "our own replica"
        """
    )
    essor = [sys.executable, "-m", "essor"]
    environment = os.environ | {"ESSOR_CONFIG": str(folder / "essor.toml"), "ESSOR_DATA_DIR": str(folder / "data")}
    subprocess.run([*essor, "crawl", "charts"], check=True, env=environment, stdout=subprocess.DEVNULL)
    asked = [*essor, "sql", "--format", "json", "SELECT started_at, finished_at, asked, usable FROM runs"]
    said = subprocess.run(asked, check=True, env=environment, capture_output=True, text=True)
    (record,) = json.loads(said.stdout)
    return record


def _time(text: object) -> datetime:
    return datetime.fromisoformat(str(text))
