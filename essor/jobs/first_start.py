"""Makes a data folder ready to be shown: finishes what was killed, and gives an empty one the starter history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from essor.jobs.ask import opened
from essor.jobs.history import import_history
from essor.jobs.recover import recover_and_refresh
from essor.settings import Settings
from warehouse.loads import last_complete


def prepare(settings: Settings) -> Iterator[str]:
    """Make the data folder ready; a line for each thing done."""
    yield from (str(done) for done in recover_and_refresh(settings))
    if last_complete(settings.data_dir) is None:
        yield str(import_history(settings))


def last_run(settings: Settings, kind: str) -> datetime | None:
    """When the last run of this kind began, UTC; None when there was none."""
    with opened(settings) as cursor:
        found = cursor.frame("SELECT max(started_at) AS at FROM runs WHERE kind = $kind", kind=kind)
    return found["at"][0]  # type: ignore[no-any-return]
