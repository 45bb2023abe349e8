"""Processes that begin with what they import already there: importing takes longer than most of what they do."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["crawlers.run", "deltalake", "duckdb", "httpx", "polars", "pyarrow", "typer"])
_PATIENCE = 240
"""Seconds that a command may take."""


def essor(arguments: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """What `essor` says to these arguments in this environment, and how it ends."""
    with TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = FORKS.Process(target=_essor, args=(arguments, dict(environment), out, err), daemon=True)
        process.start()
        process.join(_PATIENCE)
        assert process.exitcode is not None, f"essor {' '.join(arguments)} has not ended"
        return subprocess.CompletedProcess(arguments, process.exitcode, out.read_text("utf-8"), err.read_text("utf-8"))


def _essor(arguments: list[str], environment: Mapping[str, str], out: Path, err: Path) -> None:
    for path, number in ((out, 1), (err, 2)):
        with path.open("wb") as file:
            os.dup2(file.fileno(), number)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["essor", *arguments]
    from essor.cli import main

    main()
