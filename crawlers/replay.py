"""Archived answers through today's parsers, without a network."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from crawlers.answers import readings
from crawlers.archive import FOLDER, capture_at, read_archive
from crawlers.landing import Landing
from crawlers.sources import recognise
from essor.model.errors import ArchiveError
from essor.model.notes import Note, note

ADOPTED = f"{FOLDER}/adopted"
"""Where archives from elsewhere are kept, below the data folder."""


@dataclass(slots=True)
class Replayed:
    """What an archive gave."""

    file: str
    """Where it is kept, relative to the data folder."""
    answers: int = 0
    """Whole HTTP answers in it."""
    readings: int = 0
    """Readings landed."""
    unknown: list[str] = field(default_factory=list)
    """Addresses of no source, robots.txt apart."""
    trouble: str | None = None
    """What is wrong with the file, when something is."""

    @property
    def notes(self) -> list[Note | str]:
        """What a person should know of it."""
        trouble = [self.trouble] if self.trouble else []
        unknown = self.unknown
        return [*trouble, *([note("unknown_answers", number=len(unknown), address=unknown[0])] if unknown else [])]

    @property
    def note(self) -> str | None:
        """The same in words."""
        return "; ".join(map(str, self.notes)) or None


def replay(path: Path, data_dir: Path, landing: Landing, progress: Callable[[int], None] | None = None) -> Replayed:
    """Reads every whole answer of a WARC file again and lands the readings.

    An archive from elsewhere is copied into the data folder first, so that its readings lead back to its bytes. A
    damaged one is read as far as it is whole, and says so. Raises ArchiveError when there is no such file.
    """
    replayed = Replayed(adopt(path, data_dir))
    try:
        for answer, offset in read_archive(data_dir / replayed.file):
            replayed.answers += 1
            landing.saw(answer.market)
            if recognise(answer.url) is None and not answer.url.endswith("/robots.txt"):
                replayed.unknown.append(answer.url)
            for reading in readings(answer, capture_at(answer, replayed.file, offset), landing.run_id):
                landing.add(reading)
                replayed.readings += 1
            if progress:
                progress(replayed.answers)
    except ArchiveError as error:
        replayed.trouble = str(error)
    return replayed


def adopt(path: Path, data_dir: Path) -> str:
    """Where an archive is kept, relative to the data folder; one from elsewhere is copied in, once."""
    if not path.is_file():
        raise ArchiveError(f"{path} is no file: give a WARC file, such as data/archive/*.warc.gz.")
    inside = (data_dir / FOLDER).resolve()
    if path.resolve().is_relative_to(inside):
        return f"{FOLDER}/{path.resolve().relative_to(inside).as_posix()}"
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:8]
    adopted = f"{ADOPTED}/{_stem(path)}-{digest}{path.name.removeprefix(_stem(path))}"
    if not (data_dir / adopted).exists():
        (data_dir / ADOPTED).mkdir(parents=True, exist_ok=True)
        part = data_dir / f"{adopted}.part"
        shutil.copyfile(path, part)
        part.rename(data_dir / adopted)
    return adopted


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".warc").removesuffix(".jsonl")
