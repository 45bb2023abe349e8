"""The doctor names what is wrong, and comes to its end over a broken data folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from essor.jobs.doctor import examine
from essor.jobs.history import import_history
from essor.jobs.refresh import refresh
from essor.model.tables import CHART_ENTRIES
from essor.settings import Settings, read_settings
from tests.landed import LE_CHAT, at, chart_reading, land
from warehouse.tables import table_folder


def wrong(settings: Settings) -> dict[str, str]:
    """What must be done something about, by subject."""
    return {found.subject: found.text for found in examine(settings) if found.verdict == "wrong"}


@pytest.fixture
def entries(settings: Settings) -> Path:
    """The folder of a table with one load."""
    land(settings.data_dir, [chart_reading(at("2026-10-08 15:12"), [LE_CHAT])])
    refresh(settings)
    return table_folder(settings.data_dir, CHART_ENTRIES)


def test_a_broken_file_of_a_table_is_named(settings: Settings, entries: Path) -> None:
    """In one line, with what to do."""
    (file,) = entries.rglob("*.parquet")
    file.write_bytes(b"no Parquet")
    told = wrong(settings)["tables"]
    assert file.name in told
    assert "Restore data/lake" in told
    assert "\n" not in told


def test_a_broken_log_of_a_table_is_named(settings: Settings, entries: Path) -> None:
    """Delta's own error is one of the warehouse."""
    newest = max((entries / "_delta_log").glob("*.json"))
    newest.write_text("no JSON", "utf-8")
    assert str(entries) in wrong(settings)["load"]


def test_a_source_that_there_is_not_is_named(settings: Settings) -> None:
    """A misspelt name switches nothing on, and would go unseen."""
    read = read_settings(data_dir=settings.data_dir, sources={"apple_legacy": {"enabled": True}})
    assert "apple_legacy_rss" in wrong(read)["source"]


def test_a_file_of_settings_that_is_not_there_is_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The defaults would hold unseen; without the variable there need be no file."""
    monkeypatch.setenv("ESSOR_CONFIG", str(tmp_path / "none.toml"))
    assert "none.toml" in wrong(settings)["settings"]
    monkeypatch.delenv("ESSOR_CONFIG")
    assert "settings" not in wrong(settings)


def test_a_variable_that_sets_nothing_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the setting that it may stand for; those that a setting names hold secrets, and are none of these."""
    monkeypatch.delenv("ESSOR_CONFIG", raising=False)
    meant = {
        "ESSOR_DATADIR": "ESSOR_DATA_DIR",
        "ESSOR_DATA_DIR__X": "ESSOR_DATA_DIR",
        "ESSOR_PACE_TIMEOUT": "ESSOR_PACE__TIMEOUT",
        "ESSOR_CONFIG_FILE": "ESSOR_CONFIG",
    }
    for name, known in meant.items():
        monkeypatch.setenv(name, "elsewhere")
        assert wrong(settings)["settings"] == f"{name} sets nothing: there is no such setting. Do you mean {known}?"
        monkeypatch.delenv(name)
    monkeypatch.setenv("ESSOR_HOOK", "https://chat.example/x")
    assert "ESSOR_HOOK sets nothing" in wrong(settings)["settings"]
    hooked = read_settings(data_dir=settings.data_dir, alerts=[{"name": "a", "webhook_variable": "ESSOR_HOOK"}])
    assert "settings" not in wrong(hooked)


def test_a_file_of_a_table_that_no_question_reads_is_named_too(settings: Settings, entries: Path) -> None:
    """A file that is gone, or cut, would go unseen until a page asks for its month."""
    assert "tables" not in wrong(settings)
    land(settings.data_dir, [chart_reading(at("2026-09-08 15:12"), [LE_CHAT])], "earlier")
    refresh(settings)
    (file,) = (path for path in entries.rglob("*.parquet") if "2026-09" in str(path))
    file.write_bytes(file.read_bytes()[:-1])
    assert file.name in wrong(settings)["tables"]


def test_a_file_of_the_archive_that_is_gone_is_named(settings: Settings, tmp_path: Path) -> None:
    """Also one of an import, whose bytes have no hash of a store."""
    import_history(settings)
    assert "archive" not in wrong(settings)
    (kept,) = (settings.data_dir / "archive" / "imported").glob("*/readings.csv")
    kept.rename(tmp_path / "readings.csv")
    assert str(kept) in wrong(settings)["archive"]
