"""Says how far long work has come: a bar in a terminal, the log elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from essor import logs

Progress = Callable[[int, int], None]
"""Told (done, total) as a job goes on."""
SECONDS_BETWEEN_LINES = 5.0
_LOG = logs.logger(__name__)


@contextmanager
def progress(what: str, console: Console) -> Iterator[Progress]:
    """A `Progress` that shows itself on `console`."""
    if not console.is_terminal:
        yield _lines(what)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _lines(what: str) -> Progress:
    last = time.monotonic()

    def told(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES:
            last = now
            _LOG.info(what, done=done, total=total)

    return told
