"""A simulated market: charts whose apps change places a little from hour to hour, as real ones do."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from essor.model.charts import Chart, ChartEntry, ChartReading, Collection
from essor.model.observation import Capture, Evidence, Status
from essor.model.stores import StoreName

BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
ROWS = 100
SWAPS = 10
"""Pairs of neighbours that change places from one hour to the next."""


def readings(
    countries: list[str], hours: int, seed: int = 1, followed: Sequence[str] = (), begin: datetime = BEGIN
) -> Iterator[ChartReading]:
    """Three charts a country and hour, of a hundred rows each, the same for the same seed.

    The apps `followed` begin at every fifth place of each chart.
    """
    chance = random.Random(seed)
    charts = [Chart(StoreName.APPLE, country, kind, "36") for country in countries for kind in Collection]
    ranked = {chart: [f"{6_000_000_000 + chance.randrange(10**9)}" for _ in range(ROWS)] for chart in charts}
    for ids in ranked.values():
        ids[: 5 * len(followed) : 5] = followed
    for hour in range(hours):
        for number, chart in enumerate(charts):
            _move(ranked[chart], chance)
            yield _reading(chart, ranked[chart], begin + timedelta(hours=hour, seconds=number), number)


def _move(ids: list[str], chance: random.Random) -> None:
    for _ in range(SWAPS):
        place = chance.randrange(ROWS - 1)
        ids[place], ids[place + 1] = ids[place + 1], ids[place]
    if chance.random() < 0.5:
        ids[chance.randrange(ROWS // 2, ROWS)] = f"{6_000_000_000 + chance.randrange(10**9)}"


def _reading(chart: Chart, ids: list[str], at: datetime, number: int) -> ChartReading:
    entries = tuple(ChartEntry(r, i, f"App {i[-6:]}", f"Developer {i[-3:]}") for r, i in enumerate(ids, 1))
    url = f"https://rss.marketingtools.apple.com/api/v2/{chart.country}/apps/{chart.collection}/100/apps.json"
    capture = Capture(url, at, 200, "archive/bench.warc.gz", number * 9000, f"{hash((chart, at)) & (2**256 - 1):064x}")
    evidence = Evidence("apple_rss", capture, 1, "bench")
    return ChartReading(chart, ROWS, Status.COMPLETE, None, ROWS, entries, (), evidence)
