"""Archived lines of probes as landing lines: of a file that is loaded, and of a probe that was killed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crawlers.archive import FOLDER
from crawlers.landing import Landing
from essor.model.errors import ProbeError
from essor.model.notes import note, noted
from essor.model.probes import EngineReading, ProbeRun, ProbeSample
from inference_probe.landing import RawLine, engine_line, run_line, sample_line
from inference_probe.lines import Word, word_of
from inference_probe.run import interrupted


@dataclass(slots=True)
class ReadLines:
    """The words of a file, each with its place."""

    runs: dict[str, tuple[ProbeRun, RawLine]] = field(default_factory=dict)
    """Each target's run as it was last written down."""
    samples: dict[str, list[tuple[ProbeSample, RawLine]]] = field(default_factory=dict)
    """The samples of each run."""
    cases: list[tuple[EngineReading, RawLine]] = field(default_factory=list)
    """Cases of the local engine."""
    rejects: list[str] = field(default_factory=list)
    """What cannot be taken in, with its place and the reason."""

    def landing_lines(self) -> Iterator[dict[str, Any]]:
        """The landing lines; a run without an end is interrupted, a sample of no run is set aside."""
        for run_id, (run, raw) in self.runs.items():
            samples = self.samples.get(run_id, [])
            ended = interrupted(run, [sample for sample, _ in samples]) if run.finished_at is None else run
            yield from (sample_line(sample, ended, at) for sample, at in samples)
            yield run_line(ended, raw)
        yield from (engine_line(case, raw) for case, raw in self.cases)
        if lost := sum(len(samples) for run_id, samples in self.samples.items() if run_id not in self.runs):
            self.rejects.append(f"{lost} samples of runs that are not in the file")


def read_lines(data_dir: Path, place: str, run_id: str) -> ReadLines:
    """The words of the archived file `place`, for a run that lands them."""
    read = ReadLines()
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


def recover_probe(data_dir: Path, run_id: str) -> Path | None:
    """Land a probe whose process is gone from its archived lines, and give the folder; None while it lives.

    Killed itself at any point, it is completed by the next call.
    """
    landing = Landing.resume(data_dir, run_id)
    if landing is None:
        return None
    with landing:
        if not landing.settled:
            landing.settle("recovered", None, note=_land_missing(data_dir, landing))
        return landing.show()


def _land_missing(data_dir: Path, landing: Landing) -> str | None:
    landed = landing.landed()
    read = read_lines(data_dir, f"{FOLDER}/{landing.run_id}.jsonl", landing.run_id)
    missing = [line for line in read.landing_lines() if line["reading_id"] not in landed]
    for line in missing:
        landing.add_probe(line)
    return noted([note("probe_killed", found=len(missing)), *read.rejects[:5]])


def _sort_in(read: ReadLines, word: Word, raw: RawLine) -> None:
    if isinstance(word, ProbeRun):
        read.runs[word.run_id] = (word, raw)
    elif isinstance(word, ProbeSample):
        read.samples.setdefault(word.run_id, []).append((word, raw))
    else:
        read.cases.append((word, raw))
