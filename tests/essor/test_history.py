"""The starter history: tables that are exactly what the captures say."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

import essor.history
from essor.history.build import main, tables
from essor.model.apps import all_apps
from essor.model.stores import StoreName

HISTORY = Path(essor.history.__file__).parent
REAL = Path(__file__).parents[3] / "shared" / "real"
needs_captures = pytest.mark.skipif(not REAL.exists(), reason="the real captures (../shared/real) are not here")
FOLLOWED = {key.app_id for app in all_apps() for key in app.store_ids if key.store is StoreName.APPLE}
LE_CHAT = "6740410176"


def rows(name: str, folder: Path = HISTORY) -> list[dict[str, str]]:
    """The rows of a committed table."""
    with (folder / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


READINGS = {row["reading"]: row for row in rows("readings.csv")}
ENTRIES = rows("entries.csv")
LISTINGS = rows("listings.csv")


@needs_captures
@pytest.mark.parametrize("name", ["readings.csv", "entries.csv", "listings.csv"])
def test_rebuilding_gives_the_committed_bytes(name: str) -> None:
    """The tables are what today's script reads out of the captures, byte for byte."""
    assert tables(REAL)[name] == (HISTORY / name).read_bytes()


@needs_captures
def test_every_expected_rank_of_a_followed_app_is_there() -> None:
    """The ranks that came with the French captures, and no others, are in the table."""
    expected = {
        (row["observed_at"][:19], row["rank"], row["app_id"], row["name"])
        for row in rows("fr-productivity-top-free.expected.csv", REAL / "apple")
        if row["app_id"] in FOLLOWED
    }
    found = {
        (READINGS[row["reading"]]["observed_at"][:19], row["rank"], row["app_id"], row["name"])
        for row in ENTRIES
        if READINGS[row["reading"]]["category"] == "6007"
    }
    assert found == expected
    assert len(found) == 24 * 9


def test_every_look_is_kept_also_without_a_followed_app() -> None:
    """All 398 chart captures are readings: 24 of Productivity, 6 overall, 368 of Photo & Video."""
    categories = [row["category"] for row in READINGS.values()]
    assert {category: categories.count(category) for category in set(categories)} == {"6007": 24, "36": 6, "6008": 368}
    assert {row["status"] for row in READINGS.values()} == {"complete"}


def test_entries_belong_to_a_reading_and_to_a_followed_app() -> None:
    """No entry stands without its reading, beyond its depth, or for an app that nobody follows."""
    for row in ENTRIES:
        assert 1 <= int(row["rank"]) <= int(READINGS[row["reading"]]["depth"])
        assert row["app_id"] in FOLLOWED


def test_the_day_without_a_look_has_no_row() -> None:
    """UTC day 2026-10-07 (the Korean 8 October) was not observed, and Le Chat moved from 63 to 28 across it."""
    french = [row for row in READINGS.values() if row["category"] == "6007"]
    days = {datetime.fromisoformat(row["observed_at"]).date() for row in french}
    span = {min(days) + timedelta(days=n) for n in range((max(days) - min(days)).days + 1)}
    assert span - days == {
        date(2026, 9, 19),
        date(2026, 9, 22),
        date(2026, 9, 26),
        date(2026, 9, 29),
        date(2026, 10, 7),
    }
    ranks = {READINGS[row["reading"]]["observed_at"][:10]: row["rank"] for row in ENTRIES if row["app_id"] == LE_CHAT}
    assert (ranks["2026-10-06"], ranks["2026-10-08"]) == ("63", "28")


def test_listings_hold_facts_alone() -> None:
    """326 lookups of Norway, three apps, no text by a publisher but the name."""
    assert len(LISTINGS) == 326
    apps = [row["app_id"] for row in LISTINGS]
    assert {app: apps.count(app) for app in set(apps)} == {"6448311069": 184, "6737597349": 89, "6477489729": 53}
    assert {row["country"] for row in LISTINGS} == {"no"}
    assert not {"description", "release_notes"} & set(LISTINGS[0])


def test_no_rating_has_no_average() -> None:
    """ChatGPT's first count in Norway was 0: the average is left empty, not 0."""
    first = LISTINGS[0]
    assert (first["rating_count"], first["rating_average"]) == ("0", "")
    assert all(row["rating_average"] for row in LISTINGS if row["rating_count"] != "0")


@pytest.mark.parametrize("row", [*READINGS.values(), *LISTINGS][::100], ids=lambda row: row["origin"])
def test_every_row_says_where_it_comes_from(row: dict[str, str]) -> None:
    """A moment in UTC, the public address, the hash of the body, who kept it."""
    assert datetime.fromisoformat(row["observed_at"]).utcoffset() == timedelta(0)
    assert row["source_url"].startswith("https://")
    assert len(bytes.fromhex(row["sha256"])) == 32
    assert row["origin"].endswith(("(envelope-rebuilt)", "(record-verbatim)"))


def test_missing_captures_are_one_clear_line(tmp_path: Path) -> None:
    """Without the captures the script says what is missing and writes nothing."""
    with pytest.raises(SystemExit, match="is missing: give the folder"):
        main([str(tmp_path)])
