"""Taking in the claims on file, and checking them against a warehouse."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from essor.jobs.ask import answer, opened
from essor.jobs.claims import check_claims, take_in
from essor.jobs.history import import_history
from essor.model.claims import Verdict
from essor.settings import Settings
from warehouse.loads import last_complete
from warehouse.reads import claims as reads
from warehouse.reads import events


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the claims that come with essor, to be changed."""
    copy = tmp_path / "claims"
    shutil.copytree(str(files("essor") / "claims"), copy)
    return copy


def test_claims_and_events_are_taken_in_once(settings: Settings) -> None:
    """The same files again add no row and make no load."""
    (first,) = take_in(settings)
    assert take_in(settings) == []
    with opened(settings) as cursor:
        assert reads.claims(cursor).height == answer(settings, "SELECT count(*) FROM lake.claims").item() > 30
        assert events.events(cursor, "le-chat").height == 3
        assert reads.claims(cursor)["verdict"].null_count() == reads.claims(cursor).height
    assert first.readings == 0


def test_a_corrected_file_is_a_new_row_and_the_old_one_stays(settings: Settings, folder: Path) -> None:
    """As of the earlier snapshot the earlier wording is the answer; a removed file is no longer on file."""
    take_in(settings, folder)
    before = last_complete(settings.data_dir)
    path = folder / "2025-10-sora-627k-7-days.toml"
    path.write_text(path.read_text("utf-8").replace("627_000", "630_000"), "utf-8")
    (folder / "2025-01-28-deepseek-171k-korea.toml").unlink()
    take_in(settings, folder)
    query = "SELECT value FROM claims WHERE claim = '2025-10-sora-627k-7-days'"
    gone = "SELECT count(*) FROM claims WHERE claim LIKE '%korea'"
    assert (answer(settings, query).item(), answer(settings, query, before).item()) == (630_000, 627_000)
    assert (answer(settings, gone).item(), answer(settings, gone, before).item()) == (0, 1)


def test_the_starter_history_is_enough_to_find_the_wrong_date(settings: Settings) -> None:
    """With nothing but the starter history, the check finds the contradictions, and its reasons name our readings."""
    import_history(settings)
    found = {checked.claim: checked for checked in check_claims(settings)}
    wrong = found["2025-02-chatgpt-500k-november-2023"]
    assert wrong.verdict is Verdict.CONTRADICTED
    assert "18 mai 2023" in wrong.reason["fr"]
    assert "8 June 2023" in wrong.reason["en"], "the ratings seen in Norway are evidence"
    assert found["2025-01-10-deepseek-ios-launch"].verdict is Verdict.SUPPORTED
    assert found["2025-02-deepseek-1m-31-january"].verdict is Verdict.CONTRADICTED
    assert "contradicted" in str(wrong)


def test_a_verdict_changes_with_the_evidence_and_the_old_one_stays(settings: Settings, folder: Path) -> None:
    """A second check of the same evidence adds nothing; without its rival the claim is judged anew, beside the old."""
    check_claims(settings, folder)
    first = last_complete(settings.data_dir)
    check_claims(settings, folder)
    assert last_complete(settings.data_dir) == first
    (folder / "2025-10-sora-1m-5-days.toml").unlink()
    path = folder / "2025-10-sora-627k-7-days.toml"
    path.write_text(path.read_text("utf-8").replace('contradicts = ["2025-10-sora-1m-5-days"]', ""), "utf-8")
    check_claims(settings, folder)
    with opened(settings) as cursor:
        history = reads.verdict_history(cursor, "2025-10-sora-627k-7-days")
    assert history["verdict"].to_list() == ["contradicted", "plausible"]
    with opened(settings, first) as cursor:
        assert reads.verdict_history(cursor, "2025-10-sora-627k-7-days").height == 1
