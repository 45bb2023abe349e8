"""Asks the stores once and loads what came."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from crawlers import run
from essor.jobs.recover import recover_and_refresh
from essor.jobs.refresh import Refreshed
from essor.model.apps import all_apps
from essor.model.observation import Status
from essor.settings import Settings

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Crawled:
    """How a crawl ended, and what the warehouse has of it."""

    run_id: str
    """The run, which is also the name of its WARC file."""
    result: str
    """complete, stopped or failed."""
    statuses: dict[str, int]
    """Readings by status."""
    usable: int
    """Readings that hold facts."""
    loads: list[Refreshed]
    """The loads that took it in."""

    def summary(self) -> str:
        """The readings by status in words, as in ``"10 complete, 2 refused"``."""
        return ", ".join(f"{number} {status}" for status, number in sorted(self.statuses.items())) or "no readings"

    def __str__(self) -> str:
        return f"Run {self.run_id} is {self.result}: {self.summary()}."


def crawl_charts(settings: Settings, progress: Progress) -> Crawled:
    """Ask for every chart of the settings. For a process of its own: a reactor does not start twice."""
    recover_and_refresh(settings)
    return _loaded(settings, run.crawl_charts(settings, run.chart_targets(settings), _run_id("charts"), progress))


def crawl_listings(settings: Settings, progress: Progress) -> Crawled:
    """Ask for the listing of every followed app. For a process of its own: a reactor does not start twice."""
    recover_and_refresh(settings)
    return _loaded(settings, run.crawl_listings(settings, all_apps(), _run_id("listings"), progress))


def _loaded(settings: Settings, crawled: run.Crawled) -> Crawled:
    usable = sum(number for status, number in crawled.statuses.items() if Status(status).usable)
    return Crawled(crawled.run_id, crawled.result, crawled.statuses, usable, recover_and_refresh(settings))


def _run_id(what: str) -> str:
    """A name that sorts by time and that no other process takes."""
    return f"{what}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}"
