"""Takes in JSON lines of probes: of the GPU script, of another machine, or the records that come with essor."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path

from crawlers.landing import Landing
from crawlers.replay import adopt
from essor.jobs.probe_lines import read_lines
from essor.jobs.recover import recover_and_refresh
from essor.jobs.refresh import Refreshed
from essor.jobs.replay import free_run_id
from essor.model.errors import SettingsError
from essor.model.stores import Market
from essor.settings import Settings
from inference_probe.landing import PARSER_VERSION


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one file gave."""

    file: str
    """The file, as it was named."""
    runs: int
    """Targets' runs in it."""
    samples: int
    """Requests of those runs."""
    cases: int
    """Cases of the local engine."""
    rejects: list[str]
    """Lines that could not be taken in, each with its place and the reason."""
    loads: list[Refreshed]
    """What the warehouse took in; nothing for a file that was loaded before."""

    def __str__(self) -> str:
        if not self.loads and not self.rejects:
            return f"{self.file}: nothing new, because it was loaded before."
        new = sum(load.readings for load in self.loads)
        aside = f" {len(self.rejects)} lines set aside, as {self.rejects[0].rstrip('.')}." if self.rejects else ""
        held = f"{self.runs} runs of {self.samples:,} requests and {self.cases} engine cases; {new} new."
        return f"{self.file}: {held}{aside}"


def load(settings: Settings, paths: Sequence[Path]) -> list[Loaded]:
    """Load each file of lines; one that was loaded before changes nothing.

    The file is kept in the archive, so that every row leads back to its line. Raises SettingsError for one without any.
    """
    recover_and_refresh(settings)
    return [_load(settings, path) for path in paths]


def load_records(settings: Settings) -> list[Loaded]:
    """Load the recorded measurements that come with essor and are not loaded yet."""
    folder = files("inference_probe") / "records"
    if not folder.is_dir():
        return []
    with as_file(folder) as records:
        return [done for path in sorted(records.glob("*.jsonl")) if (done := _load(settings, path)).loads]


def _load(settings: Settings, path: Path) -> Loaded:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
    run_id = free_run_id(settings, f"probe-{digest}-{PARSER_VERSION}")
    if run_id is None:
        return Loaded(str(path), 0, 0, 0, [], [])
    place = adopt(path, settings.data_dir)
    read = read_lines(settings.data_dir, place, run_id)
    lines = list(read.landing_lines())
    if not lines and not read.samples:
        raise SettingsError(f"{path} holds no line of a probe{': ' + read.rejects[0] if read.rejects else '.'}")
    begun, note = datetime.now(UTC), "; ".join([path.name, *read.rejects[:5]])
    with Landing.begin(
        settings.data_dir, run_id, "probe load", begun, asked=len(lines), note=note, market=Market.REAL
    ) as landing:
        for line in lines:
            landing.add_probe(line)
        landing.finish("complete", datetime.now(UTC))
    counts = (len(read.runs), sum(line["kind"] == "sample" for line in lines), len(read.cases))
    return Loaded(str(path), *counts, read.rejects, recover_and_refresh(settings))
