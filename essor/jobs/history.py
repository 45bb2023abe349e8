"""Loads the starter history that comes with essor, through the import of anybody's tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path

from crawlers.imports import adopt_tables, import_tables
from crawlers.landing import Landing
from essor.jobs.recover import recover_and_refresh
from essor.jobs.refresh import Refreshed
from essor.model.notes import noted
from essor.model.stores import Market
from essor.settings import Settings
from warehouse.loads import run_results


@dataclass(frozen=True, slots=True)
class Imported:
    """What some tables gave."""

    tables: str
    """Where they are kept, below the data folder."""
    readings: int
    """Readings in them; 0 when they had been imported before."""
    rejects: list[str]
    """The rows set aside, each with its place and the reason."""
    loads: list[Refreshed]
    """What the warehouse took in."""

    def __str__(self) -> str:
        if not self.readings:
            return f"{self.tables} was imported before."
        rows = sum(load.entries for load in self.loads)
        aside = f" {len(self.rejects)} rows set aside, as {self.rejects[0]}." if self.rejects else ""
        return f"Imported {self.readings:,} readings and {rows:,} chart entries from {self.tables}.{aside}"


def import_history(settings: Settings) -> Imported:
    """Import the starter history; a second time it changes nothing."""
    with as_file(files("essor") / "history") as folder:
        return import_folder(settings, folder)


def import_folder(settings: Settings, folder: Path) -> Imported:
    """Import `readings.csv`, `entries.csv` and `listings.csv` of a folder, marked as imported.

    Raises SettingsError when the folder has none of them.
    """
    recover_and_refresh(settings)
    place = adopt_tables(settings.data_dir, folder)
    run_id = f"import-{Path(place).name}"
    if run_id in run_results(settings.data_dir):
        return Imported(place, 0, [], [])
    found = import_tables(settings.data_dir, place, run_id)
    rejects = [row.note(str(folder / Path(row.file).name)) for row in found.rejects]
    begun, note = datetime.now(UTC), noted(rejects[:5])
    asked = len(found.readings) + len(found.rejects)
    with Landing.begin(
        settings.data_dir, run_id, "import", begun, asked=asked, note=note, imported=True, market=Market.REAL
    ) as landing:
        for reading in found.readings:
            landing.add(reading)
        landing.finish("complete", datetime.now(UTC))
    return Imported(place, len(found.readings), list(map(str, rejects)), recover_and_refresh(settings))
