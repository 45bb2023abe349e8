"""Makes a data folder ready to be shown: finishes what was killed, and loads the history and records of essor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from essor.jobs.ask import opened
from essor.jobs.history import import_history
from essor.jobs.judge import judge
from essor.jobs.market import refuse_other_market
from essor.jobs.probe_load import load_records
from essor.jobs.recover import recover_and_refresh
from essor.settings import Settings
from warehouse.loads import last_complete


@dataclass(frozen=True, slots=True)
class LastRun:
    """When a run began, or was to begin, and how it ended."""

    started_at: datetime
    """UTC."""
    result: str
    """As the table `runs` has it."""


def prepare(settings: Settings) -> Iterator[str]:
    """Make the data folder ready; a line for each thing done. A simulated one gets neither history nor records.

    Raises SettingsError when it holds another market than the settings ask.
    """
    yield from (str(done) for done in recover_and_refresh(settings))
    refuse_other_market(settings)
    if settings.simulated:
        yield f"This is a simulated market, asked at {settings.simulated}: nothing in it is true of the stores."
    else:
        if last_complete(settings.data_dir) is None:
            yield str(import_history(settings))
        yield from (str(done) for done in load_records(settings))
    yield from judge(settings)


def last_run(settings: Settings, kind: str) -> LastRun | None:
    """The last run of this kind; None when there was none."""
    with opened(settings) as cursor:
        found = cursor.frame(
            "SELECT started_at, result FROM runs WHERE kind = $kind ORDER BY started_at DESC LIMIT 1", kind=kind
        )
    return LastRun(*found.row(0)) if found.height else None
