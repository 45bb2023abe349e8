"""Writes the dashboard's figures as files that need no server."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from essor.model.errors import SettingsError
from essor.settings import Settings

if TYPE_CHECKING:
    from dashboard.site import Written


def export_site(settings: Settings, folder: Path, asked: Sequence[str] = (), as_of: datetime | None = None) -> Written:
    """Write every embed and its data below `folder`, as of a snapshot; `asked` adds addresses.

    Raises SettingsError for a file there.
    """
    from dashboard.site import write_site

    if folder.exists() and not folder.is_dir():
        raise SettingsError(f"{folder} is a file. Name a folder that is empty or holds an earlier export.")
    return write_site(settings, folder, asked, as_of)
