"""Finishes what was killed: runs that did not land, and loads that were not completed."""

from __future__ import annotations

from crawlers.recovery import recover
from essor.jobs.refresh import Refreshed, refresh
from essor.settings import Settings


def recover_and_refresh(settings: Settings) -> list[Refreshed]:
    """Land the runs whose process is gone, then load everything that has landed."""
    recover(settings.data_dir)
    return refresh(settings)
