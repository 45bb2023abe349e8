"""Plays archived answers as the stores gave them, on this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from crawlers.faults import Fault
from crawlers.replica import Running, serve
from essor.model.errors import SettingsError


def replica(
    archives: Sequence[Path], at: datetime | None, port: int, faults: Sequence[str], *, say: Callable[[str], None]
) -> None:
    """Serve until it is stopped; `faults` are written as ``429=0.1``, a name and its share.

    Raises SettingsError for a fault that is not known, ArchiveError for a file that cannot be read whole.
    """
    wanted = [_fault(text) for text in faults]

    def ready(running: Running) -> None:
        running.playback.faults.set(wanted)
        say(f'[hosts]\n"*" = "http://127.0.0.1:{running.port}"')
        say("Put these lines into essor.toml to crawl here. Ctrl-C stops it.")

    serve(archives, at, port, ready)


def _fault(text: str) -> Fault:
    name, _, share = text.partition("=")
    try:
        return Fault(name, rate=float(share or 1))
    except ValueError as error:
        raise SettingsError(f"{text!r} is no fault: write a name and its share, as in 429=0.1.") from error
