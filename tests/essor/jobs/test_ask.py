"""A person's question is answered, or one clear error says why not."""

from __future__ import annotations

import json

import pytest

from essor.jobs.ask import answer, as_text, opened, show
from essor.jobs.refresh import refresh
from essor.model.errors import WarehouseError
from essor.settings import Settings
from tests.landed import LE_CHAT, at, chart_reading, land


@pytest.mark.parametrize("query", ["", "-- only a remark"])
def test_a_question_without_words_is_told_what_to_write(settings: Settings, query: str) -> None:
    """An empty query is no fault of essor."""
    with pytest.raises(WarehouseError, match="FROM chart_entries"):
        show(settings, query, None, 80)


def test_a_query_that_fails_half_way_is_told_in_duckdbs_words(settings: Settings) -> None:
    """A table is computed while it is shown."""
    with pytest.raises(WarehouseError, match="too deep"):
        show(settings, "SELECT error('too deep') FROM range(2)", None, 80)


def test_json_is_json_whatever_the_numbers(settings: Settings) -> None:
    """What is no finite number is null, which every program can read."""
    frame = answer(settings, "SELECT 'nan'::DOUBLE AS a, 'inf'::DOUBLE AS b, 1.5::DOUBLE AS c, 2 AS d")
    told = json.loads(as_text(frame, "json"), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert told == [{"a": None, "b": None, "c": 1.5, "d": 2}]


def test_bytes_are_no_text(settings: Settings) -> None:
    """A column of bytes in CSV is named, with how to cast it."""
    with pytest.raises(WarehouseError, match=r"hex\(body\)"):
        as_text(answer(settings, "SELECT 'x'::BLOB AS body"), "csv")


def test_a_query_that_is_stopped_is_stopped(settings: Settings) -> None:
    """DuckDB tells of Ctrl-C in an error of its own; any other error of that kind is not hidden."""
    with pytest.raises(KeyboardInterrupt), opened(settings):
        raise RuntimeError("Query interrupted")
    with pytest.raises(RuntimeError, match="else"), opened(settings):
        raise RuntimeError("something else")


def test_a_snapshot_from_before_the_first_load_says_so(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """It is empty, which could be taken for an answer."""
    land(settings.data_dir, [chart_reading(at("2026-10-08 15:12"), [LE_CHAT])])
    (done,) = refresh(settings)
    assert answer(settings, "FROM chart_entries", done.recorded_at).height == 1
    assert not caplog.records
    assert answer(settings, "FROM chart_entries", at("2026-10-09 00:00")).is_empty()
    assert "nothing had been loaded by 2026-10-09 00:00 UTC" in caplog.text
