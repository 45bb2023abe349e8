"""Answers of the legacy feed for the simulated market, as long and as rich as the store's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from benchmarks.market import BEGIN, readings
from crawlers.answers import Answer
from crawlers.sources import ChartTarget, Source, source_named
from essor.model.charts import Chart, ChartEntry, ChartReading

_IMAGE = "https://is1-ssl.mzstatic.com/image/thumb/Purple211/v4/d8/23/90/AppIcon-0-0-1x_U007epad-0-1-85-220.png"


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
    entries = [_entry(reading.chart.country, entry) for entry in reading.entries]
    feed = {"author": {"name": {"label": "iTunes Store"}}, "entry": entries, "id": {"label": url}}
    return json.dumps({"feed": feed}, ensure_ascii=False).encode()


def _entry(country: str, entry: ChartEntry) -> dict[str, Any]:
    address = f"https://apps.apple.com/{country}/app/id{entry.app_id}?uo=2"
    images = [{"label": f"{_IMAGE}/{size}x{size}bb.png", "attributes": {"height": str(size)}} for size in (53, 75, 100)]
    return {
        "im:name": {"label": entry.name},
        "im:image": images,
        "im:price": {"label": "Get", "attributes": {"amount": "0.00", "currency": "EUR"}},
        "im:contentType": {"attributes": {"term": "Application", "label": "Application"}},
        "title": {"label": f"{entry.name} - {entry.developer}"},
        "link": [{"attributes": {"rel": "alternate", "type": "text/html", "href": address}}],
        "id": {"label": address, "attributes": {"im:id": entry.app_id}},
        "im:artist": {"label": entry.developer},
        "category": {"attributes": {"im:id": "6007", "term": "Productivity", "label": "Productivity"}},
        "im:releaseDate": {"label": "2024-05-01T00:00:00-07:00", "attributes": {"label": "2024-05-01"}},
    }
