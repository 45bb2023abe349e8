"""Each page's answer to an address, over HTTP: p50 and p95 on the starter history and on simulated years, hourly."""

from __future__ import annotations

import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.request import Request, urlopen

from benchmarks.figure import Figure
from benchmarks.market import readings
from benchmarks.whole_year import write_estimates, write_year
from crawlers.landing import Landing
from essor.jobs.history import import_history
from essor.jobs.refresh import refresh
from essor.jobs.serve import start_dashboard
from essor.model.apps import all_apps
from essor.model.stores import StoreName
from essor.settings import Settings, read_settings
from tests.ports import free_port

YEAR = datetime(2025, 9, 1, tzinfo=UTC)
COUNTRIES, HOURS = ["fr", "us"], 365 * 24
"""Three charts a storefront, a hundred rows each: 5.3 million entries."""
ROUNDS = 12
FIRST = 1000
"""Milliseconds for a page that was never asked for."""
FILTER, FILTER_AT_SCALE = 200, 500
"""Milliseconds for a change of filter on one that is warm; the same of 175 storefronts."""


def figures() -> list[Figure]:
    """Time each page's first answer and its answers to other choices."""
    return [
        *_timed("starter history", _starter, FILTER),
        *_timed("a year, hourly", _year, FILTER),
        *_timed("920 million entries", _whole_year, FILTER_AT_SCALE),
    ]


def _starter(settings: Settings) -> date:
    import_history(settings)
    return date(2026, 10, 9)


def _year(settings: Settings) -> date:
    ids = [key.app_id for app in all_apps() for key in app.store_ids if key.store == StoreName.APPLE][:9]
    with Landing.begin(settings.data_dir, "bench", "crawl charts", YEAR) as landing:
        for reading in readings(COUNTRIES, HOURS, followed=ids, begin=YEAR):
            landing.add(reading)
        landing.finish("complete", YEAR)
    list(refresh(settings))
    return (YEAR + timedelta(hours=HOURS)).date()


def _whole_year(settings: Settings) -> date:
    write_year(settings.data_dir, YEAR.date())
    write_estimates(settings)
    return (YEAR + timedelta(days=365)).date()


def _timed(name: str, build: Callable[[Settings], date], within: float) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings(data_dir=Path(folder), port=free_port())
        last = build(settings)
        with _served(settings) as address:
            output, pages = _asked(address)
            for path in pages:
                first, *times = [_answer(address, output, path, query) for query in _queries(last)]
                yield Figure(f"ms for {path}, first answer, {name}", first, at_most=FIRST)
                yield Figure(f"ms for {path}, p50 of other choices, {name}", statistics.median(times), at_most=within)
                yield Figure(f"ms for {path}, p95 of other choices, {name}", _p95(times), at_most=within)


def _queries(last: date) -> list[str]:
    """Addresses that differ, so that no answer comes from one given before."""
    periods = [last - timedelta(days=days) for days in (90, 364, 180, 30, 60, 120)]
    apps = (
        "le-chat,chatgpt,deepseek",
        "claude,gemini",
        "le-chat,chatgpt,claude,gemini,grok,copilot,perplexity,deepseek",
    )
    pairs = itertools.islice(itertools.product(apps, periods), ROUNDS)
    return [f"?apps={slugs}&from={since}&country={COUNTRIES[n % 2]}" for n, (slugs, since) in enumerate(pairs)]


def _p95(times: list[float]) -> float:
    return sorted(times)[max(int(len(times) * 0.95 + 0.5) - 1, 0)]


def _answer(address: str, output: str, path: str, query: str) -> float:
    """Milliseconds from asking for a page to having all of it."""
    outputs = [
        dict(zip(("id", "property"), part.rsplit(".", 1), strict=True)) for part in output.strip(".").split("...")
    ]
    inputs = [
        {"id": "_pages_location", "property": name, "value": value}
        for name, value in (("pathname", path), ("search", query))
    ]
    body = {"output": output, "outputs": outputs, "inputs": inputs, "changedPropIds": ["_pages_location.pathname"]}
    request = Request(
        f"{address}/_dash-update-component", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    began = time.perf_counter()
    with urlopen(request, timeout=120) as answer:
        answer.read()
    return (time.perf_counter() - began) * 1000


def _asked(address: str) -> tuple[str, list[str]]:
    """The output of Dash's callback that answers with a page, and the pages' addresses."""
    with urlopen(f"{address}/_dash-dependencies", timeout=30) as answer:
        dependencies = json.load(answer)
    output = next(one["output"] for one in dependencies if "_pages_content.children" in one["output"])
    with urlopen(f"{address}/api/v1/pages", timeout=30) as answer:
        return output, json.load(answer)["pages"]


@contextmanager
def _served(settings: Settings) -> Iterator[str]:
    child = start_dashboard(settings)
    try:
        yield f"http://{settings.host}:{settings.port}"
    finally:
        child.terminate()
        child.wait(10)
