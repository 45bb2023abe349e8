"""Answers of the legacy feed for the market of `benchmarks.market`, as long and as rich as the store's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from benchmarks.market import BEGIN, readings
from crawlers.answers import Answer
from crawlers.fakes.apple import legacy_feed
from crawlers.sources import ChartTarget, Source, source_named
from essor.model.charts import Chart, ChartReading


def source() -> Source[Any]:
    """The source whose answers these are."""
    return source_named("apple_legacy_rss")


def answers(countries: list[str], categories: list[str]) -> Iterator[tuple[Chart, Answer]]:
    """One answer for each top-free chart of these storefronts and categories."""
    for number, reading in enumerate(readings(countries, len(categories))):
        category = categories[number // (3 * len(countries))]
        if reading.chart.collection != "top-free":
            continue
        chart = Chart(reading.chart.store, reading.chart.country, reading.chart.collection, category)
        url = source().url(ChartTarget(chart, reading.asked))
        headers = (("Content-Type", "text/javascript; charset=utf-8"),)
        yield chart, Answer(url, 200, headers, body(reading, url), BEGIN + timedelta(seconds=number))


def body(reading: ChartReading, url: str) -> bytes:
    """The feed that such a reading is read from."""
    return legacy_feed(ChartTarget(reading.chart, reading.asked), url, reading.entries)
