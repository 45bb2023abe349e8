"""Takes in somebody's tables and archives, by a mapping file; what was taken in before changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from crawlers.archive import Archive
from crawlers.imports import Imported as Found
from crawlers.imports import adopt_table, columns_of, import_answer, import_table
from crawlers.landing import Landing
from crawlers.mapping import MappedAnswer, Mapping, read_mapping
from essor.jobs.recover import recover_and_refresh
from essor.jobs.refresh import Refreshed
from essor.jobs.replay import Progress, Replayed, free_run_id, replay
from essor.model.errors import SettingsError
from essor.model.notes import note, noted
from essor.model.stores import Market
from essor.settings import Settings
from pipeline.tables import as_json_lines

_WARC = (".warc", ".warc.gz")


@dataclass(frozen=True, slots=True)
class Imported:
    """What one file gave."""

    file: str
    """The file, as it was named."""
    readings: int
    """Readings in it; 0 when it had been imported before with this mapping."""
    rejects: list[str]
    """What was set aside on reading, each with its place and the reason; the tables' own rules come after."""
    note: str | None
    """What a person should know of it."""
    loads: list[Refreshed]
    """What the warehouse took in."""

    @property
    def new(self) -> int:
        """Readings that the warehouse had not held."""
        return sum(load.readings for load in self.loads)

    @property
    def aside(self) -> int:
        """Facts that were set aside, on reading or by the tables' rules."""
        return len(self.rejects) + sum(load.rejects for load in self.loads)

    @property
    def in_vain(self) -> bool:
        """Whether nothing came of the file, neither new nor known, but facts set aside."""
        return bool(self.aside) and not self.new and not any(load.known for load in self.loads)

    def __str__(self) -> str:
        if self.note:
            return f"{self.file}: {self.note}."
        example = f", as {self.rejects[0]}" if self.rejects else ""
        told = f" {self.aside:,} facts set aside{example}." if self.aside else ""
        return f"{self.file}: {self.readings:,} readings, {self.new:,} new.{told}"


def import_files(
    settings: Settings, paths: Sequence[Path], mapping: str | None, progress: Progress
) -> list[Imported | Replayed]:
    """Import each file: tables by their mapping, WARC files through today's parsers.

    `mapping` is a file, or the name of one that comes with essor. Raises SettingsError when a table has none.
    """
    recover_and_refresh(settings)
    done: list[Imported | Replayed] = []
    for number, path in enumerate(paths):
        if path.name.endswith(_WARC):
            done += replay(settings, [path], lambda *_: None)
        else:
            done.append(_import(settings, path, *_mapping(mapping, path)))
        progress(number + 1, len(paths))
    return done


def mappings() -> list[str]:
    """The names of the mappings that come with essor."""
    found = (files("essor") / "mappings").iterdir()
    return sorted(one.name.removesuffix(".toml") for one in found if one.name.endswith(".toml"))


def _mapping(said: str | None, path: Path) -> tuple[Mapping, bytes]:
    """The mapping and its text."""
    if said is None:
        raise SettingsError(f"{path} needs a mapping: give --mapping FILE, or one of {', '.join(mappings())}.")
    if said in mappings():
        text = (files("essor") / "mappings" / f"{said}.toml").read_bytes()
    elif Path(said).is_file():
        text = Path(said).read_bytes()
    else:
        raise SettingsError(f"There is no mapping {said}: give a file, or one of {', '.join(mappings())}.")
    return read_mapping(said, text), text


def _import(settings: Settings, path: Path, mapping: Mapping, text: bytes) -> Imported:
    digest = hashlib.sha256(path.read_bytes() + text).hexdigest()[:12]
    run_id = free_run_id(settings, f"import-{path.name.split('.')[0]}-{digest}")
    if run_id is None:
        return Imported(str(path), 0, [], "nothing new, because it was imported before with this mapping", [])
    begun, origin = datetime.now(UTC), note("from", origin=mapping.origin)
    said = _answer(mapping, path) if mapping.kind == "answers" else None
    table = _table(settings.data_dir, path, mapping, run_id) if said is None else None
    with Landing.begin(
        settings.data_dir, run_id, "import", begun, note=origin.line, imported=said is None, market=Market.REAL
    ) as landing:
        found = _archived(settings.data_dir, path, said, run_id) if said else table or Found()
        for reading in found.readings:
            landing.add(reading)
        rejects = [row.note(_called(path, row.file)) for row in found.rejects]
        landing.finish("complete", datetime.now(UTC), note=noted(rejects[:5]))
    return Imported(str(path), len(found.readings), list(map(str, rejects)), None, recover_and_refresh(settings))


def _table(data_dir: Path, path: Path, mapping: Mapping, run_id: str) -> Found:
    if not mapping.reader and path.name.removesuffix(".gz").endswith(".json"):
        raise SettingsError(f"{path} is one JSON document: give a table of JSON lines, one object a line, as .jsonl.")
    file = adopt_table(data_dir, path)
    if file.endswith(".parquet"):
        file = as_json_lines(data_dir / file, str(path)).relative_to(data_dir).as_posix()
    if file.endswith(".csv") and mapping.kind != "signals":
        _check_columns(data_dir / file, path, mapping)
    return import_table(data_dir, file, mapping, run_id, _called(path, file))


def _called(path: Path, kept: str) -> str:
    """What to call a table in what is said of it; of Parquet the bytes are those of the lines that were kept of it."""
    return f"{path} ({kept})" if path.suffix == ".parquet" else str(path)


_NEEDED = ("observed_at", "country", "rank", "app_id")


def _check_columns(table: Path, path: Path, mapping: Mapping) -> None:
    """Raises SettingsError when a table lacks a column without which none of its rows says anything."""
    columns = columns_of(table, str(path))
    lacking = [column for name in _NEEDED if (column := mapping.columns.get(name)) and column not in columns]
    if lacking:
        raise SettingsError(
            f"{path} has no column {lacking[0]!r}, but {', '.join(map(repr, columns)) or 'none'}:"
            " name its columns in the mapping, and separate its cells with commas."
        )


def _answer(mapping: Mapping, path: Path) -> MappedAnswer:
    said = next((one for one in mapping.answers if one.file == path.name), None)
    if said is None:
        raise SettingsError(f"The mapping does not say which address {path.name} answers: add it under [[answers]].")
    return said


def _archived(data_dir: Path, path: Path, said: MappedAnswer, run_id: str) -> Found:
    with Archive(data_dir, run_id, {"description": f"import of {path.name}"}) as archive:
        return import_answer(path.read_bytes(), said, archive, run_id)
