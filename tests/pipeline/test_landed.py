"""Which landed runs can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.landed import unreadable
from tests.landed import CLAUDE, at, chart_reading, land, listing_reading


def landed(folder: Path) -> Path:
    """A run of one look at a chart and one at a listing."""
    moment = at("2026-10-08 15:12")
    land(folder, [chart_reading(moment, [CLAUDE]), listing_reading(moment, CLAUDE, 7)])
    return folder / "landing" / "run"


def test_a_whole_run_can_be_read(tmp_path: Path) -> None:
    """Nothing is said of it, nor of one with a field that is not known here."""
    run = landed(tmp_path)
    assert unreadable(run) is None
    lines = run / "charts.jsonl"
    lines.write_text(lines.read_text("utf-8").replace('{"reading_id"', '{"of_tomorrow":[1],"reading_id"'), "utf-8")
    assert unreadable(run) is None


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        ("listings.jsonl", '"rating_count":7', '"rating_count":9223372036854775808', "a line of listings.jsonl"),
        ("listings.jsonl", '"stars_1":null', '"stars_1":"many"', "a line of listings.jsonl"),
        ("charts.jsonl", '"status"', "\0\0\0\0", "a line of charts.jsonl"),
        ("charts.jsonl", '"rejects":[]}\n', "", "the last line of charts.jsonl is cut"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, file: str, before: str, after: str, said: str) -> None:
    """A number that no table holds, another type, bytes lost to a failing disk, a cut line: the file is named."""
    run = landed(tmp_path)
    text = (run / file).read_text("utf-8")
    assert before in text
    (run / file).write_text(text.replace(before, after), "utf-8")
    assert said in str(unreadable(run))
