"""What tests of several folders share, and which of them run in one process."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling

from essor.settings import Settings, read_settings

BROWSER = "tests/browser/"
REAL = Path(__file__).resolve().parents[2] / "shared" / "real"
PARALLEL = "PYTEST_XDIST_WORKER" in os.environ

if PARALLEL:
    os.environ.setdefault("POLARS_MAX_THREADS", "1")  # the processes share the cores: more threads would only wait

hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)  # how long an example takes tells of the machine, not of the code
hypothesis.settings.load_profile("untimed")


class FilesTogether(LoadFileScheduling):
    """With `pytest -n`, tests of one file share a process, and so do all that share a browser."""

    def _split_scope(self, nodeid: str) -> str:
        """What a test must stay together with."""
        file = str(super()._split_scope(nodeid))
        return BROWSER if file.startswith(BROWSER) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesTogether:
    """How the processes of `pytest -n` share the tests."""
    return FilesTogether(config, log)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """How many processes `pytest -n auto` starts: one more than cores, since tests also wait; at most four."""
    return min((os.cpu_count() or 1) + 1, 4)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In such a process files with slow tests begin first, so that none ends long after the others."""
    if PARALLEL:
        items.sort(key=lambda item: not (item.get_closest_marker("browser") or item.get_closest_marker("slow")))


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end, so that no collection of garbage need go through it."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Some libraries complain of what is not collected at the very end."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of real captures; tests that read it are skipped where it is not."""
    if not REAL.exists():
        pytest.skip(f"the real captures are not here ({REAL}): a user's clone does not hold them")
    return REAL


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings for an empty data folder, whatever the machine's own settings are."""
    monkeypatch.setenv("ESSOR_CONFIG", str(tmp_path / "essor.toml"))
    return read_settings(data_dir=tmp_path / "data")
