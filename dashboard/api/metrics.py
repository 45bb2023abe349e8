"""What Prometheus asks for, at `/metrics`.

Crawls are processes that end, so that their figures are read from where they leave them: readings, jobs and loads from
the warehouse, hosts from `manners.sqlite`, which each request is written into as it is made.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import polars as pl
from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from dashboard.desk import Desk
from essor.model.manners import DURATIONS, FILE
from warehouse.connection import Cursor
from warehouse.reads import health, tallies

router = APIRouter(tags=["health"])


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Readings, jobs, freshness, loads and hosts in the form that Prometheus asks for."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(request.app.state.desk))
    encode, kind = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(registry), headers={"Content-Type": kind})


class Figures(Collector):
    """All figures of one moment."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def collect(self) -> Iterator[Metric]:
        """Every metric with its samples."""
        now = self._desk.now()
        with self._desk.warehouse.cursor() as cursor:
            yield self._readings(cursor)
            yield from self._jobs(cursor)
            yield self._freshness(cursor, now)
            yield from self._loads(cursor)
        yield from _hosts(self._desk.settings.data_dir / FILE, now)

    def _readings(self, cursor: Cursor) -> Metric:
        labels = ("kind", "source", "status")
        found = CounterMetricFamily("essor_readings", "Looks recorded, every attempt counted.", labels=labels)
        for *about, number in self._desk.ask(cursor, tallies.readings).iter_rows():
            found.add_metric(about, number)
        return found

    def _jobs(self, cursor: Cursor) -> Iterator[Metric]:
        ended = self._desk.ask(cursor, tallies.jobs)
        text = "Crawls by how they ended, missed ones too."
        runs = CounterMetricFamily("essor_job_runs", text, labels=("job", "result"))
        for job, result, number, _ in ended.iter_rows():
            runs.add_metric((job, result), number)
        yield runs
        begun = ended.filter(pl.col("result") != "missed")
        yield _last("essor_job_last_run_timestamp_seconds", "When the last run of a job began.", begun)
        whole = ended.filter(pl.col("result") == "complete")
        yield _last("essor_job_last_complete_timestamp_seconds", "When the last run that came to its end began.", whole)

    def _freshness(self, cursor: Cursor, now: datetime) -> Metric:
        text = "Age of the newest usable look; none where no look was usable."
        found = GaugeMetricFamily("essor_freshness_seconds", text, labels=("kind", "source"))
        fresh = self._desk.ask(cursor, health.freshness)
        newest = fresh.group_by("kind", "source").agg(pl.col("last_usable_at").max())
        for kind, source, at in newest.drop_nulls().sort("kind", "source").iter_rows():
            found.add_metric((kind, source), (now - at).total_seconds())
        return found

    def _loads(self, cursor: Cursor) -> Iterator[Metric]:
        (loads, readings, last) = self._desk.ask(cursor, tallies.loads).row(0)
        yield CounterMetricFamily("essor_loads", "Loads of the warehouse that became visible.", value=loads)
        text = "Readings that the loads brought, imports too."
        yield CounterMetricFamily("essor_loaded_readings", text, value=readings)
        if last is not None:
            name, text = "essor_last_load_timestamp_seconds", "When the last load was recorded."
            yield GaugeMetricFamily(name, text, value=last.timestamp())


def _last(name: str, text: str, ended: pl.DataFrame) -> Metric:
    found = GaugeMetricFamily(name, text, labels=("job",))
    last = ended.group_by("job").agg(pl.col("last_started_at").max()).sort("job")
    for job, at in last.iter_rows():
        found.add_metric((job,), at.timestamp())
    return found


def _hosts(path: Path, now: datetime) -> Iterator[Metric]:
    """What is remembered of the hosts; nothing while nobody was asked."""
    if not path.exists():
        return
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "durations" in tables:
            yield _durations(connection)
        yield from _breakers(connection, now)


def _durations(connection: sqlite3.Connection) -> Metric:
    text = "Time of a request, until its answer was whole or failed."
    found = HistogramMetricFamily("essor_request_duration_seconds", text, labels=("host",))
    for (host,) in connection.execute("SELECT DISTINCT host FROM durations ORDER BY host").fetchall():
        query = "SELECT at_most, requests, seconds FROM durations WHERE host = ?"
        rows = {at: (number, seconds) for at, number, seconds in connection.execute(query, (host,))}
        buckets = [(_end(end), float(sum(rows[at][0] for at in rows if at <= end))) for end in DURATIONS]
        found.add_metric((host,), buckets, sum(seconds for _, seconds in rows.values()))
    return found


def _end(seconds: float) -> str:
    return "+Inf" if seconds == float("inf") else str(seconds)


def _breakers(connection: sqlite3.Connection, now: datetime) -> Iterator[Metric]:
    text = "1 while a host is left alone, else 0."
    open_now = GaugeMetricFamily("essor_host_paused", text, labels=("host", "reason"))
    text = "Until when a host is left alone; one request is tried then."
    until = GaugeMetricFamily("essor_host_paused_until_timestamp_seconds", text, labels=("host",))
    refusals = GaugeMetricFamily("essor_host_refusals_in_a_row", "Times that a host turned us away.", labels=("host",))
    for host, blocks, reason, end in connection.execute("SELECT host, blocks, reason, until FROM hosts ORDER BY host"):
        at = datetime.fromisoformat(end) if end else None
        open_now.add_metric((host, reason or ""), float(at is not None and now < at))
        refusals.add_metric((host,), blocks)
        if at is not None:
            until.add_metric((host,), at.timestamp())
    yield from (open_now, until, refusals)
