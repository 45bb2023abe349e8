"""Finishes what was killed: runs that did not land, and loads that were not completed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from crawlers.archive import FOLDER
from crawlers.landing import incoming
from crawlers.recovery import recover
from essor import logs
from essor.jobs.refresh import Refreshed, refresh
from essor.settings import Settings

_LOG = logs.logger(__name__)
_TOLD = ("load", "runs", "readings", "entries", "rejects")


def recover_and_refresh(settings: Settings) -> list[Refreshed]:
    """Land the runs whose process is gone, then load everything that has landed."""
    for landed in (*_killed_probes(settings.data_dir), *recover(settings.data_dir)):
        _LOG.warning("a killed run was landed", killed=landed.name)
    loads = refresh(settings)
    for load in loads:
        _LOG.info("loaded", **{name: getattr(load, name) for name in _TOLD})
    return loads


def _killed_probes(data_dir: Path) -> Iterator[Path]:
    """Probes that did not land: their archive is lines, not answers of a store."""
    for path in sorted(incoming(data_dir).glob("*")):
        if (data_dir / FOLDER / f"{path.name}.jsonl").exists():
            from essor.jobs.probe_lines import recover_probe

            if place := recover_probe(data_dir, path.name):
                yield place
