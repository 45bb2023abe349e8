"""Bytes to words: feeds parsed a second, on one core."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.feeds import answers
from benchmarks.figure import Figure
from crawlers.answers import decoded
from crawlers.archive import read_archive
from crawlers.sources import ChartTarget, recognise
from crawlers.stores.apple import parse_chart
from essor.model.charts import Chart

REAL = Path(__file__).resolve().parents[2] / "shared" / "real" / "apple"
SECONDS = 3.0


def figures() -> list[Figure]:
    """Parse simulated feeds, and the real captures where they are."""
    simulated = [(answer.body, chart) for chart, answer in answers(["fr", "us", "de", "jp", "no"], ["6007", "6008"])]
    shown = [_figure("simulated feeds", simulated)]
    if REAL.exists():
        shown.append(_figure("real feeds", _captured()))
    return shown


def _captured() -> list[tuple[bytes, Chart]]:
    found = []
    for path in sorted(REAL.glob("fr-*.warc.gz")) + sorted(REAL.glob("photo-*.warc.gz")):
        for answer, _ in read_archive(path):
            known = recognise(answer.url)
            if known is not None and isinstance(known[1], ChartTarget):
                found.append((decoded(answer), known[1].chart))
    return found


def _figure(what: str, feeds: list[tuple[bytes, Chart]]) -> Figure:
    parsed, began = 0, time.process_time()
    while time.process_time() - began < SECONDS:
        for body, chart in feeds:
            parse_chart(body, chart)
        parsed += len(feeds)
    size = sum(len(body) for body, _ in feeds) / len(feeds) / 1000
    rate = parsed / (time.process_time() - began)
    return Figure(f"{what} of {size:.0f} kB parsed a second of one core", rate, at_least=3000)
