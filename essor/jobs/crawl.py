"""Asks the stores and the signal sources once and loads what came."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import IO

import polars as pl

from crawlers import run
from crawlers.landing import Expected
from crawlers.signals._source import signal_sources
from crawlers.sources import ChartTarget
from essor import logs
from essor.jobs.ask import opened
from essor.jobs.judge import judge
from essor.jobs.market import refuse_other_market
from essor.jobs.recover import recover_and_refresh
from essor.jobs.refresh import Refreshed
from essor.model.apps import all_apps
from essor.model.errors import SettingsError
from essor.model.observation import Status
from essor.model.shards import WHOLE, Shard
from essor.model.signals import SignalSubject, all_subjects
from essor.settings import Settings
from warehouse.reads.signals import last_looks

Progress = Callable[[int, int], None]
PLANNED_RUN, PLANNER = "ESSOR_PLANNED_RUN", "ESSOR_PLANNER"
"""How the schedule tells a crawl that it starts its name and its own process id."""
_LOG = logs.logger(__name__)
EARLY = timedelta(hours=2)
"""So much before its time a source is asked again: the daily crawl does not come to the minute."""


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
    """The loads that took it in; none when another process, that loaded at the same time, did."""

    @property
    def in_vain(self) -> bool:
        """Whether something was asked for and nothing usable came."""
        return not self.usable and (bool(self.statuses) or self.result != "complete")

    def summary(self) -> str:
        """The readings by status in words, as in ``"10 complete, 2 refused"``."""
        return ", ".join(f"{number} {status}" for status, number in sorted(self.statuses.items())) or "no readings"

    def __str__(self) -> str:
        return f"Run {self.run_id} is {self.result}: {self.summary()}."


def crawl_charts(settings: Settings, progress: Progress, shard: Shard = WHOLE) -> Crawled:
    """Ask for every chart of the settings. For a process of its own: a reactor does not start twice."""

    def crawl(run_id: str) -> run.Crawled:
        return run.crawl_charts(settings, run.chart_targets(settings), run_id, progress, shard)

    return _crawled(settings, "charts", crawl, shard)


def crawl_listings(settings: Settings, progress: Progress, shard: Shard = WHOLE) -> Crawled:
    """Ask for the listing of every followed app, then bring estimates and verdicts up to date.

    For a process of its own: a reactor does not start twice.
    """

    def crawl(run_id: str) -> run.Crawled:
        return run.crawl_listings(settings, all_apps(), run_id, progress, shard)

    done = _crawled(settings, "listings", crawl, shard)
    if done.usable:
        with _one_at_a_time(settings, "judge.lock"):  # two at once would state the same things twice
            judge(settings)
    return done


def crawl_reviews(settings: Settings, progress: Progress, shard: Shard = WHOLE) -> Crawled:
    """Ask for the newest reviews of every followed app. For a process of its own: a reactor does not start twice."""

    def crawl(run_id: str) -> run.Crawled:
        return run.crawl_reviews(settings, all_apps(), run_id, progress, shard)

    return _crawled(settings, "reviews", crawl, shard)


def crawl_signals(settings: Settings, progress: Progress, shard: Shard = WHOLE) -> Crawled:
    """Ask each signal source whose time has come. For a process of its own: a reactor does not start twice."""

    def crawl(run_id: str) -> run.Crawled:
        return run.crawl_signals(settings, due_subjects(settings, shard), run_id, progress, shard)

    return _crawled(settings, "signals", crawl, shard)


def due_subjects(settings: Settings, shard: Shard = WHOLE) -> list[SignalSubject]:
    """The followed subjects of sources that are on and were not asked with success within their own step.

    Of a shard its own ones, by how they were asked themselves: what another shard has had meanwhile says nothing.
    """
    now = datetime.now(UTC)
    subjects = run.shard_subjects(_subjects(settings), shard, now.date())
    with opened(settings) as cursor:
        looks = last_looks(cursor)
    mine = looks if shard.whole else _looks_at(looks, subjects)
    last = dict(mine.group_by("source").agg(pl.col("last_usable_at").max()).iter_rows())
    due = {
        source.name
        for source in signal_sources()
        if (at := last.get(source.name)) is None or now - at > timedelta(hours=source.every_hours) - EARLY
    }
    return [subject for subject in subjects if subject.source in due]


def _looks_at(looks: pl.DataFrame, subjects: list[SignalSubject]) -> pl.DataFrame:
    """The looks at these subjects, and at what is below them."""
    keys = pl.DataFrame(
        [(one.source, one.key) for one in subjects], {"source": pl.String, "key": pl.String}, orient="row"
    )
    below = (pl.col("subject") == pl.col("key")) | (pl.col("subject").str.split("/").list.first() == pl.col("key"))
    return looks.join(keys, on="source").filter(below)


def expected(settings: Settings, what: str) -> list[Expected]:
    """What a crawl of this name would bring now; of signals those that are asked for every day."""
    today = datetime.now(UTC).date()
    if what == "charts":
        return run.expected_of((ChartTarget(one, settings.depth) for one in run.chart_targets(settings)), settings)
    if what == "listings":
        apps = all_apps()
        pages = run.page_targets(settings, apps, today)
        return run.expected_of([*run.listing_targets(settings, apps, today), *pages], settings)
    if what == "reviews":
        return run.expected_of(run.review_targets(settings, all_apps(), today), settings)
    if what == "probes":
        return []
    daily = {source.name for source in signal_sources() if source.every_hours <= 24}  # noqa: PLR2004 - a day
    subjects = [subject for subject in _subjects(settings) if subject.source in daily]
    return run.expected_of(run.signal_targets(subjects, today), settings)


@contextmanager
def crawls_in_turn(
    settings: Settings, stopped: Callable[[], bool] = lambda: False, crowd: str | None = None
) -> Iterator[bool]:
    """Hold the data folder's turn to crawl, so that no two crawls ask one host at once; waits for the crawl before.

    Those of one `crowd`, the shards of one crawl, have the turn together. Gives False, without the turn, when
    `stopped` says so meanwhile.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with (settings.data_dir / "crawl.lock").open("a+") as file:
        while not (taken := _joined(file, crowd)) and not stopped():
            time.sleep(0.1)
        yield taken


def _joined(file: IO[str], crowd: str | None) -> bool:
    """Whether the turn is ours now, or our crowd's. The file names whose it is while more than one may have it."""
    if _taken(file, fcntl.LOCK_EX):
        file.truncate(0)
        if crowd is None:
            return True
        file.write(crowd)
        file.flush()
    elif crowd is None:
        return False
    # to share what was ours alone is to let go of it for a moment, in which another may come first
    if not _taken(file, fcntl.LOCK_SH):
        return False
    file.seek(0)
    if file.read() == crowd:
        return True
    fcntl.flock(file, fcntl.LOCK_UN)
    return False


def _crawled(settings: Settings, what: str, crawl: Callable[[str], run.Crawled], shard: Shard) -> Crawled:
    alone = f"crawl-{shard.number}.lock"  # a shard has its place once, however often it is started
    crowd = None if shard.whole else f"{what} {shard.of}"
    with crawls_in_turn(settings, crowd=crowd), _one_at_a_time(settings, alone):
        run_id = planned_run(what, shard)
        recover_and_refresh(settings)
        refuse_other_market(settings)
        with logs.about(job=what, run_id=run_id, **({} if shard.whole else {"shard": str(shard)})):
            _LOG.info("crawl begun")
            done = crawl(run_id)
            _LOG.info(
                "crawl ended",
                result=done.result,
                readings={str(status): number for status, number in done.statuses.items()},
            )
            usable = sum(number for status, number in done.statuses.items() if Status(status).usable)
            return Crawled(done.run_id, done.result, done.statuses, usable, recover_and_refresh(settings))


@contextmanager
def _one_at_a_time(settings: Settings, name: str) -> Iterator[None]:
    """Hold a lock of the data folder, waiting for whoever has it."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with (settings.data_dir / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def planned_run(what: str, shard: Shard = WHOLE) -> str:
    """The name that the schedule gave, else one that sorts by time and that no other process takes.

    Raises SettingsError when the schedule that gave it is gone: it records such a run as missed when it is back.
    """
    planned, planner = os.environ.get(PLANNED_RUN), os.environ.get(PLANNER)
    if not planned:
        part = "" if shard.whole else f"-{shard.number}of{shard.of}"
        return f"{what}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}{part}-{os.getpid()}"
    if planner != str(os.getppid()):
        raise SettingsError(f"The schedule that planned {planned} is gone: nothing was asked.")
    return planned


def _subjects(settings: Settings) -> list[SignalSubject]:
    """The followed subjects of sources that are on."""
    on = {source.name: source.enabled_by_default for source in signal_sources()}
    on |= {name: said.enabled for name, said in settings.sources.items() if name in on and said.enabled is not None}
    return [subject for subject in all_subjects() if on[subject.source]]


def _taken(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
