"""Tests of dashboard/components/looks_table.py."""

from __future__ import annotations

from datetime import timedelta

from dashboard.components.looks_table import columns, of_places, rows
from dashboard.language import Language
from tests.dashboard.frames import apps, history

EN = Language("en")
DAY = timedelta(days=1)


def test_the_table_says_what_the_figure_shows() -> None:
    """Ranked, absent, failed and not observed each in its word, the newest first."""
    frame = history("le-chat", [(0, 60), (1, None), (2, "failed"), (4, 28)])
    told = [row["rank_le-chat_told"] for row in rows(frame, apps("le-chat"), EN, DAY)]
    assert told == ["28", "not observed", "failed", "absent", "60"]


def test_a_day_without_a_look_has_no_evidence() -> None:
    """There is nothing to trace there."""
    unseen = [
        row for row in rows(history("le-chat", [(0, 60), (2, 28)]), apps("le-chat"), EN, DAY) if "reading_id" not in row
    ]
    assert [row["moment_told"] for row in unseen] == ["17 Sept 2026"]


def test_there_is_a_column_for_each_app() -> None:
    """In the order in which they were picked."""
    names = [column["headerName"] for column in columns(apps("chatgpt", "le-chat"), EN)]
    assert names[1:3] == ["ChatGPT", "Le Chat"]


def test_an_empty_history_has_no_rows() -> None:
    """Nothing seen, nothing told."""
    assert rows(history("le-chat", []), apps("le-chat"), EN, None) == []


def test_several_storefronts_are_told_look_by_look_with_their_names() -> None:
    """The newest first; one that nobody looked at has a row that says so."""
    seen = apps("le-chat")
    france = rows(history("le-chat", [(0, 60), (2, 28)]), seen, EN, DAY)
    germany = rows(history("le-chat", [(2.1, 41)]), seen, EN, DAY)
    told = of_places({"France": france, "Germany": germany, "Japan": []}, seen, EN)
    assert [(row["place"], row["rank_le-chat_told"]) for row in told] == [
        ("Germany", "41"), ("France", "28"), ("France", "not observed"), ("France", "60"), ("Japan", "not observed"),
    ]  # fmt: skip
    assert [column["field"] for column in columns(seen, EN, places=True)][:3] == ["moment", "place", "rank_le-chat"]
    assert "place" not in [column["field"] for column in columns(seen, EN)]
