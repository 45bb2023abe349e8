"""What is said of runs: codes that land, and the sentences they stand for."""

from __future__ import annotations

import pytest

from essor.model.notes import note, noted, read_notes, spoken


def test_notes_land_as_codes_and_are_read_back() -> None:
    """Whatever their values hold, also what separates notes."""
    said = [note("killed", found=1200), note("from", origin='a "table"; {of} theirs'), note("not_running")]
    assert read_notes(noted(said)) == said
    assert noted([]) is None


def test_a_note_is_spoken_in_english() -> None:
    """Numbers are grouped; a reason within a note is spoken too."""
    assert spoken(note("killed", found=1200).line) == "the run was killed; 1,200 readings recovered from its archive"
    row = note("row", file="mine.csv", byte=40, why=note("column_empty", column="rank"))
    assert str(row) == "mine.csv byte 40: column rank is empty"
    assert read_notes(row.line) == [row]


@pytest.mark.parametrize(
    "old",
    [
        "off; the run was killed; 3 readings recovered from its archive", "from {somebody", "", "killed {}", "x {}",
        'from {"somebody": 1}', 'killed {"found": [1]}', 'killed {"found": {"a": 1}}', 'killed {"found": null}; more',
    ],
)  # fmt: skip
def test_what_landed_before_there_were_codes_is_told_as_it_stands(old: str) -> None:
    """Also a sentence that begins like a code."""
    assert spoken(old) == old
