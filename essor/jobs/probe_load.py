"""Takes in JSON lines of probes: of the GPU script, of another machine, or the records that come with essor."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from crawlers.landing import Landing
from crawlers.replay import adopt
from essor.jobs.recover import recover_and_refresh
from essor.jobs.refresh import Refreshed
from essor.jobs.replay import free_run_id
from essor.model.errors import ProbeError
from essor.model.probes import EngineReading, ProbeRun, ProbeSample
from essor.model.stores import Market
from essor.settings import Settings
from inference_probe.landing import PARSER_VERSION, RawLine, engine_line, run_line, sample_line
from inference_probe.lines import Word, word_of


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
        aside = f" {len(self.rejects)} lines set aside, as {self.rejects[0]}." if self.rejects else ""
        held = f"{self.runs} runs of {self.samples:,} requests and {self.cases} engine cases; {new} new."
        return f"{self.file}: {held}{aside}"


@dataclass(slots=True)
class _Read:
    """The words of a file, each with its place."""

    runs: dict[str, tuple[ProbeRun, RawLine]] = field(default_factory=dict)
    samples: list[tuple[ProbeSample, RawLine]] = field(default_factory=list)
    cases: list[tuple[EngineReading, RawLine]] = field(default_factory=list)
    rejects: list[str] = field(default_factory=list)


def load(settings: Settings, paths: Sequence[Path]) -> list[Loaded]:
    """Load each file of lines; one that was loaded before changes nothing.

    The file is kept in the archive, so that every row leads back to its line.
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
    read = _read(settings.data_dir, place, run_id)
    lines = list(_lines(read))
    begun, note = datetime.now(UTC), "; ".join([path.name, *read.rejects[:5]])
    with Landing.begin(
        settings.data_dir, run_id, "probe load", begun, asked=len(lines), note=note, market=Market.REAL
    ) as landing:
        for line in lines:
            landing.add_probe(line)
        landing.finish("complete", datetime.now(UTC))
    counts = (len(read.runs), sum(line["kind"] == "sample" for line in lines), len(read.cases))
    return Loaded(str(path), *counts, read.rejects, recover_and_refresh(settings))


def _read(data_dir: Path, place: str, run_id: str) -> _Read:
    read = _Read()
    offset = 0
    with (data_dir / place).open("rb") as file:
        for number, line in enumerate(file, 1):
            raw = RawLine(place, offset, hashlib.sha256(line).hexdigest(), run_id)
            offset += len(line)
            try:
                if line.strip():
                    _sort_in(read, word_of(line.decode()), raw)
            except (ProbeError, UnicodeDecodeError) as error:
                read.rejects.append(f"line {number}: {error}")
    return read


def _sort_in(read: _Read, word: Word, raw: RawLine) -> None:
    if isinstance(word, ProbeRun):
        read.runs[word.run_id] = (word, raw)
    elif isinstance(word, ProbeSample):
        read.samples.append((word, raw))
    else:
        read.cases.append((word, raw))


def _lines(read: _Read) -> Iterator[dict[str, Any]]:
    """The landing lines; a sample whose run is not in the file is set aside, for nobody knows what it is of."""
    lost = 0
    for sample, raw in read.samples:
        if sample.run_id in read.runs:
            yield sample_line(sample, read.runs[sample.run_id][0], raw)
        else:
            lost += 1
    if lost:
        read.rejects.append(f"{lost} samples whose run never ended: the probe was killed")
    yield from (run_line(run, raw) for run, raw in read.runs.values())
    yield from (engine_line(case, raw) for case, raw in read.cases)
