"""Landed runs to committed tables: rows a second, bytes a row."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.market import BEGIN, readings
from crawlers.landing import Landing
from essor.jobs.refresh import refresh
from essor.model.tables import CHART_ENTRIES
from essor.settings import read_settings
from warehouse import lake

COUNTRIES = ["fr", "us", "de", "jp", "no"]
HOURS = 1334
"""Five countries, three charts, a hundred rows: two million."""


ROUNDS = 3
"""The best of so many is shown: what other processes take of the machine is not ours."""


def figures() -> list[Figure]:
    """Load two million chart entries, from landed lines to the last commit."""
    rounds = [_load_once() for _ in range(ROUNDS)]
    rate, size = max(rounds)
    return [
        Figure("rows loaded a second", rate, at_least=2_000_000),
        Figure("bytes a row", size, at_most=1.5),
    ]


def _load_once() -> tuple[float, float]:
    """Rows a second, bytes a row."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        entries, took = landed_and_loaded(data_dir)
        size = sum(part.size for part in lake.parts(lake.open_table(data_dir, CHART_ENTRIES)))
    return entries / took, size / entries


def landed_and_loaded(data_dir: Path) -> tuple[int, float]:
    """Land the simulated market and load it: how many entries, and in how many seconds of loading."""
    settings = read_settings(data_dir=data_dir)
    with Landing.begin(data_dir, "bench", "crawl charts", BEGIN) as landing:
        for reading in readings(COUNTRIES, HOURS):
            landing.add(reading)
        landing.finish("complete", BEGIN)
    began = time.perf_counter()
    (done,) = refresh(settings)
    return done.entries, time.perf_counter() - began
