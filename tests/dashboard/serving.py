"""The dashboard as a process of its own, as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.ports import free_port

READY_WITHIN = 180.0


@contextmanager
def dashboard_on(data_dir: Path) -> Iterator[str]:
    """The address of a dashboard over `data_dir`, on a free port of the loopback."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "dashboard.app:asgi", "--factory", "--port", str(port)]
    environment = {**os.environ, "ESSOR_DATA_DIR": str(data_dir), "ESSOR_CONFIG": str(data_dir / "none.toml")}
    child = subprocess.Popen([*command, "--log-level", "warning"], env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address, child)
        yield address
    finally:
        child.terminate()
        child.wait(60)


def _wait(address: str, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and child.poll() is None:
        try:
            with urlopen(f"{address}/api/v1/health", timeout=20):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("The dashboard did not come up.")
