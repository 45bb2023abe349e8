"""What the tests of the crawlers share: landed lines, and crawls in processes of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.crawlers.child import Child


@pytest.fixture
def lines() -> Callable[[Path], list[dict[str, Any]]]:
    """The lines of a landed file."""

    def read(path: Path) -> list[dict[str, Any]]:
        return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]

    return read


@pytest.fixture
def child() -> Callable[..., Child]:
    """Starts a crawl in a process of its own."""

    def start(what: str, run_id: str, **settings: Any) -> Child:
        return Child(what, run_id, settings)

    return start


@pytest.fixture
def crawl(child: Callable[..., Child]) -> Callable[..., dict[str, Any]]:
    """Runs a crawl to its end and gives its `run.json`."""

    def run(what: str, run_id: str, **settings: Any) -> dict[str, Any]:
        child(what, run_id, **settings).ended()
        landed = Path(settings["data_dir"]) / "landing" / run_id / "run.json"
        record: dict[str, Any] = json.loads(landed.read_text())
        return record

    return run
