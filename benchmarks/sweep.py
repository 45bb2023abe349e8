"""The full sweep end to end: every storefront's charts asked of the replica, archived, parsed, landed and loaded."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.soak import Day, configure, replica
from essor.jobs.ask import opened
from essor.model.stores import STOREFRONTS
from essor.settings import read_settings


def figures() -> list[Figure]:
    """Crawl 175 storefronts, three charts and two devices once, from an empty folder to the last commit."""
    day = Day(STOREFRONTS, sweeps=1, every=3600)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with replica(day) as port:
            configure(day, folder, port)
            took, processor = _crawled(folder)
        with opened(read_settings(data_dir=folder / "data")) as cursor:
            looks, usable = cursor.frame(
                "SELECT count(*), count(*) FILTER (status = 'complete') FROM chart_readings"
            ).row(0)
    return [
        Figure(f"feeds a second end to end, of a sweep of {day.charts:,}", usable / took, at_least=100),
        Figure("CPU seconds for 1,000 readings, from the request to the commit", 1000 * processor / looks, at_most=10),
    ]


def _crawled(folder: Path) -> tuple[float, float]:
    """Seconds and CPU seconds of `essor crawl charts`, its start included."""
    essor = [sys.executable, "-m", "essor", "crawl", "charts", "--data-dir", str(folder / "data")]
    environment = os.environ | {"ESSOR_CONFIG": str(folder / "essor.toml")}
    before, began = _children_seconds(), time.perf_counter()
    subprocess.run(essor, check=True, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began, _children_seconds() - before


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
