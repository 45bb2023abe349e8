"""What the tests of the crawlers share: landed lines, and crawls in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest


@pytest.fixture
def lines() -> Callable[[Path], list[dict[str, Any]]]:
    """The lines of a landed file."""

    def read(path: Path) -> list[dict[str, Any]]:
        return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]

    return read


@pytest.fixture
def child() -> Callable[..., subprocess.Popen[str]]:
    """Starts a crawl in a process of its own: a reactor starts only once."""

    def start(what: str, run_id: str, **settings: Any) -> subprocess.Popen[str]:
        script = Path(__file__).with_name("child.py")
        arguments = [sys.executable, str(script), what, run_id, json.dumps(settings)]
        return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)

    return start


@pytest.fixture
def crawl(child: Callable[..., subprocess.Popen[str]]) -> Callable[..., dict[str, Any]]:
    """Runs a crawl to its end and gives its `run.json`."""

    def run(what: str, run_id: str, **settings: Any) -> dict[str, Any]:
        process = child(what, run_id, **settings)
        process.communicate(timeout=60)
        landed = Path(settings["data_dir"]) / "landing" / run_id / "run.json"
        record: dict[str, Any] = json.loads(landed.read_text())
        return record

    return run
