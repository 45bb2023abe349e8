"""The real captures, from their bytes to the answers of SQL."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from essor.jobs.ask import answer, as_text, opened, trace
from essor.jobs.history import import_history
from essor.jobs.replay import replay
from essor.model.tables import TABLES
from essor.settings import Settings, read_settings
from tests.landed import CHATGPT, FR, LE_CHAT, at
from warehouse import lake
from warehouse.reads.charts import day_states, drop_outs, rank_history, reading_at, top_chart
from warehouse.reads.overview import standings


@pytest.fixture(scope="module")
def replayed(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A warehouse with the starter history and, over it, every App Store capture."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ESSOR_CONFIG", "/nowhere/essor.toml")
        settings = read_settings(data_dir=tmp_path_factory.mktemp("replayed"))
        import_history(settings)
        replay(settings, archives(real), lambda *_: None)
        yield settings


def archives(real: Path) -> list[Path]:
    """The App Store's WARC files."""
    return sorted((real / "apple").glob("*.warc.gz"))


def rows_of(settings: Settings) -> dict[str, int]:
    """How many rows each table has, every version counted."""
    return {table.name: lake.scan(settings.data_dir, table).collect().height for table in TABLES}


def test_every_expected_rank_is_what_sql_gives(replayed: Settings, real: Path) -> None:
    """2,360 of 2,360 rows of Productivity in France equal the file of expected values, names included."""
    query = """
        SELECT observed_at, country, rank, app_id, name FROM chart_entries
        WHERE country = 'fr' AND category = '6007' AND collection = 'top-free' AND observed_at >= '2026-01-01'
    """
    expected = list(csv.DictReader((real / "apple" / "fr-productivity-top-free.expected.csv").open(encoding="utf-8")))
    seen = list(csv.DictReader(io.StringIO(as_text(answer(replayed, query), "csv"))))
    assert len(expected) == 2360
    assert sorted(map(_row, seen)) == sorted(map(_row, expected))


def _row(row: dict[str, str]) -> tuple[Any, ...]:
    """A row to compare; the archive's moments are whole seconds."""
    second = datetime.fromisoformat(row["observed_at"]).replace(microsecond=0)
    return (second, row["country"], int(row["rank"]), row["app_id"], row["name"])


def test_a_second_replay_adds_no_row(replayed: Settings, real: Path) -> None:
    """The same archives again leave every table as it was."""
    before = rows_of(replayed)
    replay(replayed, archives(real), lambda *_: None)
    import_history(replayed)
    assert rows_of(replayed) == before


def test_bytes_have_replaced_the_starter_history(replayed: Settings) -> None:
    """Every imported reading has given way to its archived answer, and none is there twice."""
    found = answer(
        replayed, "SELECT count(*) FILTER (imported), count(*), count(DISTINCT reading_id) FROM chart_readings"
    )
    assert found.row(0) == (0, 401, 401)


def test_the_missing_day_is_not_observed(replayed: Settings) -> None:
    """Le Chat on 2026-10-08, a day by the collector's clock in Seoul, is not observed, and not absent."""
    with opened(replayed) as cursor:
        days = day_states(cursor, FR, [LE_CHAT], at("2026-10-05 15:00"), at("2026-10-09 15:30"), zone="Asia/Seoul")
    states = {str(row["day"]): (row["state"], row["rank"]) for row in days.iter_rows(named=True)}
    assert states["2026-10-07"] == ("ranked", 63)
    assert states["2026-10-08"] == ("not_observed", None)
    assert states["2026-10-09"] == ("ranked", 28)


def test_in_utc_the_missing_day_is_the_seventh(replayed: Settings) -> None:
    """Counted in UTC, no look was had on 2026-10-07; the one of 2026-10-08 at 15:12 found Le Chat 28th."""
    with opened(replayed) as cursor:
        days = day_states(cursor, FR, [LE_CHAT], at("2026-10-06 00:00"), at("2026-10-10 00:00"))
        looks = rank_history(cursor, FR, [LE_CHAT], at("2026-10-06 15:12"), at("2026-10-08 15:12"))
    assert days["state"].to_list() == ["ranked", "not_observed", "ranked", "ranked"]
    assert days["rank"].to_list() == [63, None, 28, 30]
    assert looks.is_empty()


def test_every_app_at_every_look_has_its_state(replayed: Settings) -> None:
    """An app that no look found is absent at each of the 24, outside the first 98 or 99."""
    with opened(replayed) as cursor:
        found = rank_history(cursor, FR, [LE_CHAT, "0000000000"], at("2026-09-01 00:00"))
    assert found.filter(pl.col("app_id") == LE_CHAT)["state"].to_list() == ["ranked"] * 24
    unknown = found.filter(pl.col("app_id") == "0000000000")
    assert unknown["state"].to_list() == ["absent"] * 24
    assert set(unknown["depth"]) == {98, 99}


def test_the_top_chart_tells_movement(replayed: Settings) -> None:
    """The chart of 8 October set against the look before it, two days earlier."""
    with opened(replayed) as cursor:
        pair = reading_at(cursor, FR, at("2026-10-08 16:00")).row(0, named=True)
        chart = top_chart(cursor, FR, at("2026-10-08 16:00"))
        gone = drop_outs(cursor, FR, at("2026-10-08 16:00"))
        before = top_chart(cursor, FR, at("2026-10-06 16:00"))
    assert (pair["observed_at"], pair["previous_observed_at"]) == (at("2026-10-08 15:12"), at("2026-10-06 15:11:50"))
    le_chat = chart.filter(pl.col("app") == "le-chat").row(0, named=True)
    assert (le_chat["rank"], le_chat["previous_rank"], le_chat["movement"], le_chat["change"]) == (28, 63, 35, "up")
    assert chart["rank"].to_list() == list(range(1, 99))
    assert set(gone["app_id"]) == set(before["app_id"]) - set(chart["app_id"])
    came = set(chart.filter(pl.col("change").is_in(["new", "back"]))["app_id"])
    assert came == set(chart["app_id"]) - set(before["app_id"])


def test_standings_compare_a_day_and_a_week_before(replayed: Settings) -> None:
    """On 9 October Le Chat is 30th, 28th a day before; the look of a week before is named."""
    with opened(replayed) as cursor:
        le_chat = standings(cursor, FR).filter(pl.col("app") == "le-chat").row(0, named=True)
    assert (le_chat["rank"], le_chat["rank_1d"], le_chat["at_1d"]) == (30, 28, at("2026-10-08 15:12"))
    assert le_chat["at_7d"] == at("2026-10-02 15:11:43")


def test_a_rank_leads_back_to_its_bytes(replayed: Settings) -> None:
    """From an entry to the WARC record: its hash is right, and the body names the app at that place."""
    query = "SELECT reading_id, rank, name FROM chart_entries WHERE app = 'le-chat' ORDER BY observed_at DESC LIMIT 1"
    reading_id, rank, name = answer(replayed, query).row(0)
    traced = trace(replayed, f"{reading_id}:{rank}")
    assert traced.body is not None
    assert traced.body.matches
    assert traced.body.sha256 == traced.reading["sha256"]
    assert name.encode() in traced.body.decoded
    assert traced.entries[0]["app_id"] == LE_CHAT
    assert traced.reading["source_url"].startswith("https://itunes.apple.com/fr/rss/topfreeapplications/")


def test_rating_counts_of_three_years(replayed: Settings) -> None:
    """184 looks at ChatGPT in Norway, from a first count of 0; a count that fell is kept as it was."""
    query = (
        f"SELECT rating_count FROM listing_readings WHERE app_id = '{CHATGPT}' AND country = 'no' ORDER BY observed_at"
    )
    counts = answer(replayed, query)["rating_count"].to_list()
    assert (len(counts), counts[0]) == (184, 0)
    assert any(later < earlier for earlier, later in pairwise(counts))


def test_as_of_the_starter_history_only_followed_apps_are_there(replayed: Settings) -> None:
    """The first snapshot still gives the imported facts, after bytes have replaced them."""
    with opened(replayed) as cursor:
        first = cursor.frame("SELECT min(recorded_at) AS at FROM loads")["at"][0]
    assert first.tzinfo is not None
    frame = answer(
        replayed, "SELECT count(*) AS n, count(app) AS followed FROM chart_entries", as_of=first.astimezone(UTC)
    )
    assert frame.row(0) == (322, 322)
