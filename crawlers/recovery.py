"""What a killed run left: its landed lines, and the readings that its archive still holds."""

from __future__ import annotations

import os
from pathlib import Path

from crawlers.answers import readings
from crawlers.archive import FOLDER, capture_at, read_archive, whole_length
from crawlers.landing import Landing, incoming, reading_id_of
from essor.model.errors import ArchiveError
from essor.model.notes import note, noted


def recover(data_dir: Path) -> list[Path]:
    """Completes every run whose process is gone, and gives their landed folders. Doing it twice changes nothing.

    Killed itself at any point, it is completed by the next call.
    """
    folder = incoming(data_dir)
    found = sorted(path.name for path in folder.iterdir() if path.name[0] != ".") if folder.exists() else []
    return [place for run_id in found if (place := _recover_run(data_dir, run_id))]


def _recover_run(data_dir: Path, run_id: str) -> Path | None:
    landing = Landing.resume(data_dir, run_id)
    if landing is None:
        return None
    with landing:
        path = data_dir / FOLDER / f"{run_id}.warc.gz"
        if not landing.settled:
            found, cut = _read_again(landing, path)
            notes = [note("killed", found=found), *([note("cut", bytes=cut)] if cut else [])]
            landing.settle("recovered", None, note=noted(notes))
        _drop_cut_tail(path)
        return landing.show()


def _read_again(landing: Landing, path: Path) -> tuple[int, int]:
    """Lands the archived readings that have no line yet; how many, and how many bytes of the archive are cut."""
    if not path.exists():
        return 0, 0
    landed, before = landing.landed(), landing.landed()
    try:
        for answer, offset in read_archive(path):
            landing.saw(answer.market)
            for reading in readings(answer, capture_at(answer, f"{FOLDER}/{path.name}", offset), landing.run_id):
                if (reading_id := reading_id_of(reading)) not in landed:
                    landing.add(reading)
                    landed.add(reading_id)
    except ArchiveError:
        pass  # the cut tail: it is measured below and told in the run's note
    return len(landed) - len(before), path.stat().st_size - whole_length(path)


def _drop_cut_tail(path: Path) -> None:
    if path.exists() and (end := whole_length(path)) < path.stat().st_size:
        os.truncate(path, end)
