"""What tests of several folders share."""

from __future__ import annotations

from pathlib import Path

import pytest

from essor.settings import Settings, read_settings

REAL = Path(__file__).resolve().parents[2] / "shared" / "real"


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
