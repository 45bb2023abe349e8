"""Questions that a page asks, over two million chart entries: milliseconds, the median of many."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median

import polars as pl

from benchmarks.figure import Figure
from benchmarks.load import landed_and_loaded
from benchmarks.market import BEGIN
from essor.model.charts import Chart, Collection
from essor.model.stores import StoreName
from warehouse.connection import Cursor, Warehouse
from warehouse.reads.charts import charts, rank_history, top_chart

CHART = Chart(StoreName.APPLE, "fr", Collection.TOP_FREE, "36")
ROUNDS = 15


def figures() -> list[Figure]:
    """Time each question on a cursor of its own, as a callback has it."""
    with tempfile.TemporaryDirectory() as folder:
        landed_and_loaded(Path(folder))
        warehouse = Warehouse(Path(folder))
        with warehouse.cursor() as cursor:
            apps = top_chart(cursor, CHART)["app_id"].head(9).to_list()
        month = BEGIN + timedelta(days=30)
        questions: dict[str, Callable[[Cursor], pl.DataFrame]] = {
            "rank history of 9 apps, 2 months hourly": lambda cursor: rank_history(cursor, CHART, apps),
            "the top chart with movement": lambda cursor: top_chart(cursor, CHART, month),
            "what can be picked": charts,
        }
        return [_figure(what, warehouse, question) for what, question in questions.items()]


def _figure(what: str, warehouse: Warehouse, question: Callable[[Cursor], pl.DataFrame]) -> Figure:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with warehouse.cursor() as cursor:
            question(cursor)
        times.append((time.perf_counter() - began) * 1000)
    return Figure(f"ms for {what}", median(times), at_most=200)
