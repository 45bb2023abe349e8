"""The embeds that were asked for, so that an exported site still answers them."""

from __future__ import annotations

import threading
from pathlib import Path

FILE = "embeds.txt"
MOST = 5_000
"""So many are remembered; a stranger who asks for more fills no disk."""


class AskedEmbeds:
    """A list in the data folder, one address a line; each is written once."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FILE
        self._lock = threading.Lock()
        self._known: set[str] | None = None

    def all(self) -> list[tuple[str, str]]:
        """Every embed asked for: the figure's name and the query of its address."""
        if not self._path.exists():
            return []
        lines = self._path.read_text("utf-8").splitlines()
        return [(name, query) for name, _, query in (line.partition("?") for line in lines) if name]

    def note(self, name: str, query: str) -> None:
        """Remember an embed. Raises OSError when the folder cannot be written to."""
        line = f"{name}?{query.removeprefix('?')}"
        with self._lock:
            if self._known is None:
                self._known = {f"{known}?{asked}" for known, asked in self.all()}
            if line in self._known or len(self._known) >= MOST or not self._path.parent.exists():
                return
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
            self._known.add(line)
