"""Reads archived answers again with today's parsers and loads what is new, without any network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from itertools import count
from pathlib import Path

from crawlers import replay as archives
from crawlers.archive import require_warc
from crawlers.landing import Landing
from crawlers.sources import all_sources, asked_for_signals
from essor.jobs.recover import recover_and_refresh
from essor.jobs.refresh import Refreshed
from essor.model.notes import noted
from essor.model.observation import stable_id
from essor.settings import Settings
from warehouse.loads import run_results

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What one archive gave."""

    file: str
    """The archive, as it was named."""
    answers: int
    """Whole HTTP answers in it; 0 when it had been replayed before."""
    readings: int
    """Readings in them."""
    note: str | None
    """What a person should know of it."""
    loads: list[Refreshed]
    """What the warehouse took in."""

    def __str__(self) -> str:
        if not self.answers and not self.loads:
            return f"{self.file}: {self.note}."
        new = sum(load.readings for load in self.loads)
        rows = sum(load.entries for load in self.loads)
        said = (
            f"{self.file}: {self.answers:,} answers, {self.readings:,} readings; {new:,} new, {rows:,} chart entries."
        )
        return f"{said} {self.note.rstrip('.')}." if self.note else said


def replay(settings: Settings, files: Sequence[Path], progress: Progress) -> list[Replayed]:
    """Replay each archive and load it; one that these parsers have read before is passed over.

    Raises ArchiveError for a file that is no WARC file; those before it are loaded.
    """
    recover_and_refresh(settings)
    done = []
    for number, path in enumerate(files):
        done.append(_replay(settings, path))
        progress(number + 1, len(files))
    return done


def _replay(settings: Settings, path: Path) -> Replayed:
    require_warc(path)
    run_id = _free_run_id(settings, path)
    if run_id is None:
        return Replayed(str(path), 0, 0, "nothing new, because today's parsers have read it before", [])
    begun = datetime.now(UTC)
    with Landing.begin(settings.data_dir, run_id, "replay", begun, note=path.name) as landing:
        found = archives.replay(path, settings.data_dir, landing)
        landing.finish("complete", datetime.now(UTC), note=noted(found.notes))
    return Replayed(str(path), found.answers, found.readings, found.note, recover_and_refresh(settings))


def _free_run_id(settings: Settings, path: Path) -> str | None:
    """The name of a run that reads these bytes with these parsers; None when such a run is complete already."""
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()[:12]
    sources = (*all_sources(), *asked_for_signals())
    parsers = stable_id(*((source.name, source.parser_version) for source in sources))[:4]
    return free_run_id(settings, f"replay-{digest}-{parsers}")


def free_run_id(settings: Settings, name: str) -> str | None:
    """The name, or the next one like it, for a run; None when a run of such a name is complete already.

    A run that was killed half-way has its name for good, so the next one takes another.
    """
    results = run_results(settings.data_dir)
    for attempt in count(1):
        run_id = name + (f"-{attempt}" if attempt > 1 else "")
        if results.get(run_id) == "complete":
            return None
        if run_id not in results:
            return run_id
    return None
