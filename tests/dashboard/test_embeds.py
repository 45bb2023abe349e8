"""Tests of dashboard/embeds.py, dashboard/asked_embeds.py and dashboard/api/embeds.py, over real HTTP."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote

import polars as pl
import pytest
from hypothesis import given

from dashboard.asked_embeds import AskedEmbeds
from dashboard.embeds import choices_path, read_choices, safe_json
from dashboard.selection import Selection, read_selection
from tests.dashboard.serving import dashboard_on
from tests.dashboard.small_lake import Look, write_lake
from tests.dashboard.test_api import CHART, CHATGPT, LE_CHAT, START, fetched, small_history
from tests.dashboard.test_selection import selections

EVIL = '=HYPERLINK("http://evil.example","Claude")</script><script>alert(1)</script>'


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small history, and a load a week later in which Le Chat is first."""
    folder = tmp_path_factory.mktemp("embeds")
    write_lake(folder, small_history(folder), names={LE_CHAT: EVIL, CHATGPT: "ChatGPT"})
    write_lake(folder, [Look(CHART, START + timedelta(days=12), {LE_CHAT: 1})], load=2)
    return folder


@pytest.fixture(scope="module")
def address(data_dir: Path) -> Iterator[str]:
    """A dashboard over it."""
    with dashboard_on(data_dir) as served:
        yield served


def first_snapshot(address: str) -> str:
    """The snapshot of the first load."""
    return "2026-10-06T16:00:00Z" if fetched(address, "/api/v1/health") else ""


@given(selections)
def test_choices_in_a_path_read_back_as_they_were(selection: Selection) -> None:
    """A plain file can stand where the server answered."""
    assert read_selection(read_choices(choices_path(selection.query()))) == selection


def test_an_embed_stands_in_any_page_and_a_page_in_none(address: str) -> None:
    """Framing is allowed there alone, and the embed runs no script but ours."""
    body, headers = fetched(address, "/embed/rankings?apps=le-chat&lang=en")
    assert "frame-ancestors" not in headers["content-security-policy"]
    assert "script-src 'self'" in headers["content-security-policy"]
    assert b"Le Chat" in body
    assert fetched(address, "/rankings")[1]["content-security-policy"] == "frame-ancestors 'none'"


def test_an_embed_of_a_snapshot_never_changes(address: str) -> None:
    """The live one follows the new load; the kept one still says what it said."""
    kept = fetched(address, f"/embed/rankings?apps=le-chat&lang=en&snapshot={first_snapshot(address)}")[0].decode()
    live = fetched(address, "/embed/rankings?apps=le-chat&lang=en")[0].decode()
    assert "<h1>Le Chat climbed from 60th on 1 October to 28th on 6 October 2026" in kept
    assert "<h1>Le Chat climbed from 60th on 1 October to 1st on 13 October 2026" in live


def test_a_live_embed_rolls_and_a_kept_one_stays(address: str) -> None:
    """The last seven days are counted from the newest look; the way to the page and to the rows rolls as well."""
    rolls = fetched(address, "/embed/rankings?apps=le-chat&lang=en&last=7d")[0].decode()
    assert "<h1>Le Chat climbed from 28th on 6 October to 1st on 13 October 2026" in rolls
    assert "last=7d" in rolls
    assert "from=" not in rolls.partition('id="drawn"')[0]
    fixed = f"/embed/rankings?apps=le-chat&lang=en&last=7d&snapshot={first_snapshot(address)}"
    assert "to 28th on 6 October 2026" in fetched(address, fixed)[0].decode()


def test_a_name_from_a_store_is_never_markup(address: str) -> None:
    """Neither in an embed, nor in an image."""
    paths = (f"/embed/top_chart?lang=en&snapshot={first_snapshot(address)}", "/embed/top_chart/lang=en/figure.svg")
    assert not any(b"<script>alert" in fetched(address, path)[0] for path in paths)


def test_the_still_image_says_its_source_and_date(address: str) -> None:
    """As SVG, with the choices in its path, and kept by caches only when its snapshot is named."""
    body, headers = fetched(address, "/embed/rankings/apps=le-chat/lang=en/figure.svg")
    assert headers["content-type"].startswith("image/svg+xml")
    assert b"Data of 13 Oct 2026" in body
    assert headers["cache-control"] == "no-cache"
    kept = f"/embed/rankings/apps=le-chat/snapshot={quote(first_snapshot(address), safe=':')}/lang=en/figure.svg"
    assert "max-age" in fetched(address, kept)[1]["cache-control"]


def test_a_figure_of_whole_days_names_no_time_of_day(address: str) -> None:
    """The map is of a day; the ranks are of moments."""
    assert b"<span>Data of 13 Oct 2026</span>" in fetched(address, "/embed/world?lang=en&apps=le-chat")[0]
    assert b"<span>Data of 13 Oct 2026, " in fetched(address, "/embed/rankings?lang=en&apps=le-chat")[0]


def test_csv_and_parquet_hold_the_same_rows(address: str) -> None:
    """With every type kept in the one, and readable anywhere in the other."""
    table = pl.read_parquet(io.BytesIO(fetched(address, "/api/v1/figures/rankings?apps=le-chat&format=parquet")[0]))
    lines = list(
        csv.DictReader(io.StringIO(fetched(address, "/api/v1/figures/rankings?apps=le-chat&format=csv")[0].decode()))
    )
    assert table.height == len(lines) == 6
    assert table["rank"].to_list() == [int(line["rank"]) if line["rank"] else None for line in lines]


def test_a_spreadsheet_is_given_no_formula(address: str) -> None:
    """A name that a store's stranger chose stays text."""
    path = f"/api/v1/figures/top_chart?format=csv&snapshot={first_snapshot(address)}"
    names = [line["name"] for line in csv.DictReader(io.StringIO(fetched(address, path)[0].decode()))]
    assert f"'{EVIL}" in names
    assert not any(name.startswith(("=", "+", "-", "@")) for name in names)


def test_the_query_answers_in_the_terminal(address: str, data_dir: Path) -> None:
    """What `essor sql` is given brings the same ranks."""
    from essor.jobs import ask
    from essor.settings import read_settings

    said = fetched(address, "/api/v1/figures/rankings?apps=le-chat&format=sql")[0].decode()
    query = said.partition('"')[2].rpartition('"')[0]
    found = ask.answer(read_settings(data_dir=data_dir), query).unique(maintain_order=True)
    assert found.filter(pl.col("app") == "le-chat")["rank"].to_list() == [60, 58, 28, 1]


@pytest.mark.parametrize("path", ["/embed/nothing", "/api/v1/figures/nothing", "/embed-assets/secrets.txt"])
def test_what_there_is_not_is_not_found(address: str, path: str) -> None:
    """With a sentence."""
    with pytest.raises(HTTPError, match="404"):
        fetched(address, path)


def test_an_embed_that_was_asked_for_is_remembered_once(tmp_path: Path) -> None:
    """So that an exported site still answers it."""
    embeds = AskedEmbeds(tmp_path)
    for _ in range(2):
        embeds.note("rankings", "?apps=le-chat")
    assert embeds.all() == AskedEmbeds(tmp_path).all() == [("rankings", "apps=le-chat")]


def test_json_cannot_end_its_script() -> None:
    """Whatever a name holds."""
    text = safe_json(json.dumps({"name": EVIL}))
    assert "<" not in text
    assert json.loads(text) == {"name": EVIL}
