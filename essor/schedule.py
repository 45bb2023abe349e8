"""The table of jobs and times, handed to APScheduler; `essor up` runs it beside the dashboard."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import IO, Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from essor import logs
from essor.jobs.crawl import PLANNED_RUN, PLANNER, crawls_in_turn
from essor.jobs.first_start import last_run, prepare
from essor.jobs.plans import ENGINE_OPTIONS, Plan, Plans, plans_and_next_runs, record_missed, settle
from essor.jobs.recover import recover_and_refresh
from essor.jobs.serve import check_port, start_dashboard
from essor.model.errors import EssorError, SettingsError
from essor.model.notes import Note, note
from essor.settings import Settings

Say = Callable[[str], None]
_LOG = logs.logger(__name__)
STOP_WITHIN = 30
"""Seconds a crawl may take to land what it has after it was told to stop."""
_APART = timedelta(milliseconds=200)
"""Two times of one job are farther apart; its own clock and the database's may differ by less."""
_BESIDE = "beside"
LATE = timedelta(minutes=5)
"""A run that was due so long before the schedule came up was missed, and not merely late."""


@dataclass(frozen=True, slots=True)
class Job:
    """One thing that is done again and again."""

    name: str
    """Its name in the settings, as in ``"charts"``; the command is `essor crawl` and this."""
    when: str
    """At what times, as a person reads it."""
    every: timedelta | None
    """How often; None for a cron line."""
    cron: str | None
    """The cron line, UTC; None when it is done every so often."""

    @property
    def kind(self) -> str:
        """What its runs are called."""
        return f"crawl {self.name}"

    @property
    def late(self) -> timedelta:
        """How late a run may begin after the schedule was away before it counts as missed."""
        return min(LATE, self.every / 2) if self.every else LATE


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A row of the table that a person reads."""

    job: str
    """Its name."""
    when: str
    """At what times, UTC."""
    next_run: datetime | None
    """When it is done next; None while nothing is scheduled: `essor up` was never run, or the job is off."""
    last_run: datetime | None
    """When the last run began; None when there was none."""
    result: str
    """How it ended: a run's result, running, or none."""
    said: str | None
    """The last line that it said."""
    held_by: str | None
    """The process that runs the schedule now; None when nobody does."""


def jobs(settings: Settings) -> list[Job]:
    """What is done, and when; what is switched off is left out. Raises SettingsError for a cron line that is none."""
    found = [Job(name, str(job), job.step, job.cron) for name, job in settings.schedule.items() if job.enabled]
    for job in found:
        _trigger(job, datetime.now(UTC))
    return found


def table(settings: Settings) -> list[Scheduled]:
    """The jobs with their next run, last run and result, also when no schedule runs."""
    plans, coming = plans_and_next_runs(settings)
    holder = _holder(settings)
    return [_row(settings, job, plans.get(job.name), coming.get(job.name), holder) for job in jobs(settings)]


def _row(settings: Settings, job: Job, plan: Plan | None, coming: datetime | None, holder: str | None) -> Scheduled:
    last = last_run(settings, job.kind)
    begun, result = (last.started_at, last.result) if last else (None, "none")
    if plan is not None and plan.ended_at is None and (begun is None or plan.begun_at > begun):
        begun, result = plan.begun_at, "running" if holder else "cut off"
    said = plan.said if plan else None
    return Scheduled(job.name, job.when, coming, begun, result, said, holder)


def run(settings: Settings, say: Say, *, crawling: bool = True, serving: bool = True) -> None:
    """Prepare the warehouse, serve the dashboard and crawl on schedule, until a signal comes.

    Raises SettingsError when another essor runs on this data folder, the port is taken, or the schedule's times or its
    database cannot be used.
    """
    with _only_one(settings):
        stop = _stop_signal()
        if serving:
            check_port(settings)
        if crawling:
            jobs(settings)
            Plans(settings).close()
        for line in prepare(settings):
            say(line)
        with _dashboard(settings, say) if serving else nullcontext() as dashboard:
            crawls = Crawls(settings) if crawling else None
            try:
                _wait_for(stop, dashboard)
            finally:
                say("Stopping.")
                if crawls is not None:
                    crawls.stop()


@contextmanager
def _dashboard(settings: Settings, say: Say) -> Iterator[subprocess.Popen[bytes]]:
    """The dashboard's process, ended with what is done meanwhile."""
    dashboard = start_dashboard(settings)
    say(f"The dashboard is at http://{settings.host}:{settings.port}  (Ctrl-C stops it)")
    try:
        yield dashboard
    finally:
        dashboard.terminate()
        dashboard.wait(STOP_WITHIN)


class Crawls:
    """The crawls on their schedule, each a child process whose crash is a recorded result and not the end of it all."""

    def __init__(self, settings: Settings) -> None:
        """Starts the schedule."""
        self._settings = settings
        self._up_since = datetime.now(UTC)
        self._plans = Plans(settings)
        self._jobs = {job.name: job for job in jobs(settings)}
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._scheduler = _scheduler(settings)
        _AT_WORK[_key(settings)] = self
        self._scheduler.start(paused=True)
        for job in self._jobs.values():
            self._schedule(job)
        for known in self._scheduler.get_jobs("default"):
            if known.id not in self._jobs:
                known.remove()
        self._scheduler.resume()

    def begin(self, name: str) -> None:
        """Run one job to its end and say how it ended; what was missed before it is recorded first."""
        try:
            with logs.about(job=name):
                if not self._stopping.is_set():
                    self._begin(self._jobs[name])
        except (EssorError, OSError) as error:
            _LOG.error(f"crawl {name}: {error}", job=name)

    def stop(self) -> None:
        """Tell the crawl under way to land what it has, wait for it, and end the schedule."""
        self._stopping.set()
        child = self._child
        if child is not None:
            child.terminate()
            try:
                child.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                child.kill()
        self._scheduler.shutdown(wait=True)
        self._plans.close()
        _AT_WORK.pop(_key(self._settings), None)

    def _begin(self, job: Job) -> None:
        trigger = self._scheduler.get_job(job.name).trigger
        due = self._accounted(job, trigger)
        if due is None:
            return
        begun = datetime.now(UTC)
        plan = Plan(job.name, f"{job.name}-{begun:%Y%m%dT%H%M%S%fZ}", due, begun)
        self._plans.keep(plan)
        with logs.about(run_id=plan.run_id):
            _LOG.info(f"{job.kind}: begun")
            code, said = self._run(plan)
            _LOG.log(logging.ERROR if code else logging.INFO, f"{job.kind}: {said}", code=code)
        if code:
            settle(self._settings, plan, "failed", _why_not(code, said))
        self._plans.keep(replace(plan, ended_at=datetime.now(UTC), code=code, said=said))

    def _accounted(self, job: Job, trigger: Any) -> datetime | None:  # noqa: ANN401 - APScheduler has no types
        """The time for which a run begins now, when every earlier one is accounted for; None when essor is to stop."""
        last = self._plans.of(job.name)
        with crawls_in_turn(self._settings, self._stopping.is_set) as taken:
            if not taken:
                return None
            now = datetime.now(UTC)
            due = list(_due(trigger, last.due_at, now)) if last else []
            if last is not None and last.ended_at is None:
                lost = settle(self._settings, last, "missed", note("schedule_killed"))
                if not lost and not due:  # the crawl came to its end without the schedule
                    self._plans.keep(replace(last, ended_at=now, said="ended while no schedule was there"))
                    return None
            missed = due[:-1] + [at for at in due[-1:] if at < self._up_since - job.late]
            self._tell_missed(job, [at for at in missed if at < self._up_since], note("not_running"))
            self._tell_missed(job, [at for at in missed if at >= self._up_since], note("another_crawl"))
        return due[-1] if due else now

    def _tell_missed(self, job: Job, missed: list[datetime], why: Note) -> None:
        if missed and (news := record_missed(self._settings, job.name, missed, why)):
            _LOG.warning(f"{job.kind}: {news} missed since {missed[0]:%Y-%m-%d %H:%M}Z, because {why}", missed=news)

    def _run(self, plan: Plan) -> tuple[int, str]:
        """The exit code of a crawl and the last line that it said."""
        command = [sys.executable, "-m", "essor", "crawl", plan.job, "--data-dir", str(self._settings.data_dir)]
        with tempfile.TemporaryFile() as said, _log_of_a_child() as log:  # no pipe: a crawl outlives a killed schedule
            told = os.environ | {PLANNED_RUN: plan.run_id, PLANNER: str(os.getpid()), logs.LOG_FD: str(log)}
            self._child = subprocess.Popen(  # noqa: S603 - our own command
                command, stdout=said, stderr=subprocess.STDOUT, env=told, pass_fds=[log]
            )
            if self._stopping.is_set():
                self._child.terminate()
            code = self._child.wait()
            self._child = None
            recover_and_refresh(self._settings)
            return code, _last_line(said) or f"{_ended(code)}, and said nothing"

    def _schedule(self, job: Job) -> None:
        """Put a job on the schedule, or leave it there as it is when its times have not changed."""
        known, first = self._scheduler.get_job(job.name), self._first_time(job)
        wanted = _trigger(job, first)
        last, now = self._plans.of(job.name), datetime.now(UTC)
        due = list(_due(known.trigger, last.due_at, now)) if known is not None and last is not None else []
        if known is not None and _same(known.trigger, wanted):
            if known.next_run_time > now and (due or (last is not None and last.ended_at is None)):
                self._at_once(job)
            return
        if due and last is not None:
            record_missed(self._settings, job.name, [at for at in due if at < now - job.late], note("not_running"))
            self._plans.keep(replace(last, due_at=now))
        self._scheduler.add_job(
            begin, wanted, args=[_key(self._settings), job.name], id=job.name, replace_existing=True,
            next_run_time=first, coalesce=True, max_instances=1, misfire_grace_time=None,
        )  # fmt: skip

    def _at_once(self, job: Job) -> None:
        """Begin a job beside its times, which stay as they are: what the schedule before this one left undone."""
        self._scheduler.add_job(begin, args=[_key(self._settings), job.name], jobstore=_BESIDE, misfire_grace_time=None)

    def _first_time(self, job: Job) -> datetime:
        """At once when there was no run within the job's step, else when the step is over; a cron line says itself."""
        now, last = datetime.now(UTC), last_run(self._settings, job.kind)
        if last is None or last.result == "missed":
            return now
        due = last.started_at + job.every if job.every else next(_due(_trigger(job, now), last.started_at, None))
        return max(now, due)


_AT_WORK: dict[str, Crawls] = {}
"""The schedules of this process, by their data folder: a job is kept in the database as a name and its arguments."""


def begin(where: str, name: str) -> None:
    """Run one job of the schedule at work on this data folder."""
    _AT_WORK[where].begin(name)


def _key(settings: Settings) -> str:
    return str(settings.data_dir.resolve())


def _scheduler(settings: Settings) -> BackgroundScheduler:
    one_at_a_time = ThreadPoolExecutor(1)  # two crawls at once would each keep their own pace with the same host
    stores = {"default": _jobs_kept(settings), _BESIDE: MemoryJobStore()}
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a run that was skipped is recorded as missed
    return BackgroundScheduler(timezone=UTC, executors={"default": one_at_a_time}, jobstores=stores)


def _jobs_kept(settings: Settings) -> SQLAlchemyJobStore:
    return SQLAlchemyJobStore(url=settings.schedule_database, engine_options=ENGINE_OPTIONS)


def _trigger(job: Job, first: datetime) -> Any:  # noqa: ANN401 - APScheduler has no types
    if job.cron is not None:
        try:
            return CronTrigger.from_crontab(job.cron, timezone=UTC)
        except ValueError as error:
            raise SettingsError(f"Setting schedule.{job.name}: {job.cron!r} is no time: {error}.") from error
    seconds = int(job.every.total_seconds()) if job.every else 0
    return IntervalTrigger(seconds=seconds, start_date=first, timezone=UTC)


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - APScheduler has no types
    """Whether two triggers fire at the same steps, wherever they are counted from."""
    if isinstance(one, IntervalTrigger) and isinstance(other, IntervalTrigger):
        return bool(one.interval == other.interval)
    return type(one) is type(other) and str(one) == str(other)


def _due(trigger: Any, after: datetime, until: datetime | None) -> Iterator[datetime]:  # noqa: ANN401 - no types
    """The times of a trigger after one moment and up to another, or on and on."""
    at = trigger.get_next_fire_time(None, after + _APART)
    while at is not None and (until is None or at <= until + _APART):
        yield at.astimezone(UTC)
        at = trigger.get_next_fire_time(at, at)


@contextmanager
def _log_of_a_child() -> Iterator[int]:
    """Our stderr under a number of its own, so that a crawl's log is told apart from what it says."""
    number = os.dup(sys.stderr.fileno())
    try:
        yield number
    finally:
        os.close(number)


def _why_not(code: int, said: str) -> Note:
    """Why a process that ended with this exit code left no run."""
    return note("ended_with_code", code=code, said=said) if code > 0 else note("ended_by_signal", signal=_signal(code))


def _ended(code: int) -> str:
    return f"ended by {_signal(code)}" if code < 0 else f"ended with code {code}"


def _signal(code: int) -> str:
    """The signal that ended a process, by its exit code: ``-15`` is SIGTERM."""
    known = {number.value: number.name for number in signal.Signals}
    return known.get(-code, f"signal {-code}")


def _last_line(said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""


def _stop_signal() -> threading.Event:
    """What SIGINT and SIGTERM set."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _wait_for(stop: threading.Event, dashboard: subprocess.Popen[bytes] | None) -> None:
    """Wait for the signal. Raises SettingsError when the dashboard ends by itself."""
    while not stop.wait(0.5):
        if dashboard is not None and dashboard.poll() is not None:
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


def _holder(settings: Settings) -> str | None:
    """The process that holds the lock; None when nobody does."""
    path = settings.data_dir / "schedule.lock"
    if not path.exists():
        return None
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return file.read().strip() or "unknown"
    return None
