"""What the schedule has promised: which run it begins, how that ended, and the runs that never began."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Engine,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from crawlers.landing import incoming, land_missed
from essor.jobs.crawl import expected
from essor.jobs.recover import recover_and_refresh
from essor.model.errors import SettingsError
from essor.model.notes import Note
from essor.settings import Settings
from warehouse.loads import run_results

ENGINE_OPTIONS: dict[str, Any] = {"pool_pre_ping": True}
"""A database that was restarted meanwhile is reached again."""
_TABLES = MetaData()
_PLANS = Table(
    "essor_plans",
    _TABLES,
    Column("job", String, primary_key=True),
    Column("run_id", String, nullable=False),
    Column("due_at", String, nullable=False),
    Column("begun_at", String, nullable=False),
    Column("ended_at", String),
    Column("code", Integer),
    Column("said", String),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The last run of a job that the schedule set out to begin."""

    job: str
    """The job, as in ``"charts"``."""
    run_id: str
    """The run's name."""
    due_at: datetime
    """The last time of the schedule that is accounted for, by this run or as missed."""
    begun_at: datetime
    """When the run was begun."""
    ended_at: datetime | None = None
    """When it ended; None while it goes on, or when the schedule was killed meanwhile."""
    code: int | None = None
    """The exit code of its process; below 0 for a signal."""
    said: str | None = None
    """The last line that it said."""


class Plans:
    """The plans of every job, in the schedule's database."""

    def __init__(self, settings: Settings) -> None:
        """Raises SettingsError when the database cannot be used, and so does every method."""
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self._engine = engine_of(settings)
        with _usable(self._engine):
            _TABLES.create_all(self._engine)

    def keep(self, plan: Plan) -> None:
        """Write a plan down in place of its job's last one."""
        row = {name: _text(getattr(plan, name)) for name in Plan.__slots__}
        with _usable(self._engine), self._engine.begin() as connection:
            connection.execute(delete(_PLANS).where(_PLANS.c.job == plan.job))
            connection.execute(insert(_PLANS).values(**row))

    def of(self, job: str) -> Plan | None:
        """The last plan of a job."""
        with _usable(self._engine), self._engine.connect() as connection:
            row = connection.execute(select(_PLANS).where(_PLANS.c.job == job)).mappings().first()
        return _plan(dict(row)) if row else None

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


def engine_of(settings: Settings) -> Engine:
    """The schedule's database. Raises SettingsError when its address or its driver is no good."""
    try:
        return create_engine(settings.schedule_database, **ENGINE_OPTIONS)
    except ImportError as error:
        raise SettingsError(
            f"schedule_url needs a driver that is not installed ({error})."
            " For postgresql+psycopg://… run: pip install 'essor[postgresql]'"
        ) from error
    except SQLAlchemyError as error:
        raise SettingsError(
            f"schedule_url cannot be used: {error}. Write sqlite:///FILE, or postgresql+psycopg://USER@HOST/DATABASE"
        ) from error


@contextmanager
def _usable(engine: Engine) -> Iterator[None]:
    """Raises SettingsError, without the address's password, when the database cannot be reached, read or written."""
    try:
        yield
    except SQLAlchemyError as error:
        why = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()[0]
        where = engine.url.render_as_string(hide_password=True)
        raise SettingsError(f"The schedule's database {where} cannot be used: {why}. Look at: schedule_url") from error


def plans_and_next_runs(settings: Settings) -> tuple[dict[str, Plan], dict[str, datetime]]:
    """The last plan and the next run of each job as they are on file; nothing is created when there is no file."""
    if not settings.schedule_url and not (settings.data_dir / "schedule.sqlite").exists():
        return {}, {}
    engine = engine_of(settings)
    try:
        with _usable(engine), engine.connect() as connection:
            known = inspect(connection).get_table_names()
            rows = connection.execute(select(_PLANS)).mappings().all() if _PLANS.name in known else []
            jobs = Table("apscheduler_jobs", MetaData(), Column("id", String), Column("next_run_time", Float))
            due = connection.execute(select(jobs)).all() if jobs.name in known else []
    finally:
        engine.dispose()
    coming = {str(job): datetime.fromtimestamp(float(at), UTC) for job, at in due if at is not None}
    return {row["job"]: _plan(dict(row)) for row in rows}, coming


def record_missed(settings: Settings, job: str, due: Sequence[datetime], why: Note) -> int:
    """Record runs of a job that never began, each with what it would have brought; how many were news."""
    return _record(settings, job, [(f"{job}-missed-{at:%Y%m%dT%H%M%S%fZ}", at) for at in due], why)


def settle(settings: Settings, plan: Plan, result: str, why: Note) -> int:
    """Record a run that was planned and never began; nothing is done for one that has left a trace."""
    return _record(settings, plan.job, [(plan.run_id, plan.begun_at)], why, result)


def _record(
    settings: Settings, job: str, due: Sequence[tuple[str, datetime]], why: Note, result: str = "missed"
) -> int:
    recover_and_refresh(settings)
    known = run_results(settings.data_dir)
    under_way = incoming(settings.data_dir)
    news = [(name, at) for name, at in due if name not in known and not (under_way / name).exists()]
    if news:
        land_missed(settings.data_dir, f"crawl {job}", news, expected(settings, job), note=why.line, result=result)
        recover_and_refresh(settings)
    return len(news)


def _text(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _plan(row: dict[str, Any]) -> Plan:
    times = {
        name: datetime.fromisoformat(row[name]) if row[name] else None for name in ("due_at", "begun_at", "ended_at")
    }
    return Plan(**{**row, **times})
