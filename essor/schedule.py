"""The table of jobs and times, handed to APScheduler; `essor up` runs it beside the dashboard."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from essor.jobs.first_start import last_run, prepare
from essor.jobs.recover import recover_and_refresh
from essor.jobs.serve import check_port, start_dashboard
from essor.model.errors import EssorError, SettingsError
from essor.settings import Settings

Say = Callable[[str], None]
STOP_WITHIN = 30
"""Seconds a crawl may take to land what it has after it was told to stop."""


@dataclass(frozen=True, slots=True)
class Job:
    """One thing that is done again and again."""

    name: str
    """As the run's kind has it, which is also the command."""
    every: timedelta
    """How often."""


def jobs(settings: Settings) -> list[Job]:
    """What is done, and how often."""
    return [
        Job("crawl charts", timedelta(minutes=settings.charts_every_minutes)),
        Job("crawl listings", timedelta(hours=settings.listings_every_hours)),
    ]


def run(settings: Settings, say: Say, *, crawling: bool = True) -> None:
    """Prepare the warehouse, serve the dashboard and crawl on schedule, until a signal comes.

    Raises SettingsError when another essor runs on this data folder or the port is taken.
    """
    with _only_one(settings):
        check_port(settings)
        for line in prepare(settings):
            say(line)
        dashboard = start_dashboard(settings)
        say(f"The dashboard is at http://{settings.host}:{settings.port}  (Ctrl-C stops it)")
        crawls = Crawls(settings, say)
        scheduler = _scheduler(settings, crawls) if crawling else None
        try:
            _wait_for_stop(dashboard)
        finally:
            say("Stopping.")
            if scheduler is not None:
                scheduler.shutdown(wait=False)
            crawls.stop()
            dashboard.terminate()
            dashboard.wait(STOP_WITHIN)


class Crawls:
    """The crawls under way, each a child process whose crash is a recorded result and not the end of the service."""

    def __init__(self, settings: Settings, say: Say) -> None:
        self._settings = settings
        self._say = say
        self._running: set[subprocess.Popen[str]] = set()
        self._stopping = False

    def start(self, name: str) -> None:
        """Run one job to its end and say how it ended; whatever it left behind is recovered and loaded."""
        if self._stopping:
            return
        self._say(f"{_clock()}  {name}: begun")
        command = [sys.executable, "-m", "essor", *name.split(), "--data-dir", str(self._settings.data_dir)]
        child = subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._running.add(child)
        said, _ = child.communicate()
        self._running.discard(child)
        last = said.strip().splitlines()[-1] if said.strip() else f"ended with {child.returncode} and no word"
        self._say(f"{_clock()}  {name}: {last}")
        if child.returncode < 0:
            self._recover(name)

    def stop(self) -> None:
        """Tell the crawls under way to land what they have, and wait for them."""
        self._stopping = True
        for child in list(self._running):
            child.terminate()
        for child in list(self._running):
            try:
                child.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                child.kill()

    def _recover(self, name: str) -> None:
        try:
            recover_and_refresh(self._settings)
        except EssorError as error:
            self._say(f"{_clock()}  {name}: {error}")


def _scheduler(settings: Settings, crawls: Crawls) -> BackgroundScheduler:
    one_at_a_time = ThreadPoolExecutor(1)  # two crawls at once would each keep their own pace with the same host
    scheduler = BackgroundScheduler(timezone=UTC, executors={"default": one_at_a_time})
    for job in jobs(settings):
        scheduler.add_job(
            crawls.start,
            "interval",
            args=[job.name],
            id=job.name,
            seconds=job.every.total_seconds(),
            next_run_time=_first_time(settings, job),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    scheduler.start()
    return scheduler


def _first_time(settings: Settings, job: Job) -> datetime:
    """At once when the last run is older than the job's step, else when the step is over."""
    now, last = datetime.now(UTC), last_run(settings, job.name)
    return now if last is None else max(now, last + job.every)


def _wait_for_stop(dashboard: subprocess.Popen[bytes]) -> None:
    """Wait for SIGINT or SIGTERM. Raises SettingsError when the dashboard ends by itself."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    while not stop.wait(0.5):
        if dashboard.poll() is not None:
            raise SettingsError("The dashboard has ended. Run: essor serve, and read what it says.")


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """Hold the data folder's one place for a scheduler. Raises SettingsError naming who holds it."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with (settings.data_dir / "schedule.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise SettingsError(
                f"Another essor runs on {settings.data_dir} (process {file.read().strip() or 'unknown'})."
                " Stop it, or give another --data-dir."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _clock() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}Z"
