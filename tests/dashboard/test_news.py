"""What happened, in words, as a feed and as rows, over real HTTP."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from urllib.request import urlopen
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from dashboard.app import make_app
from dashboard.desk import arriving, desk, make_desk
from dashboard.language import LOCALES, Language
from dashboard.news import News, about, tell, told_since
from dashboard.selection import Selection
from essor.model.news import NewsKind
from essor.settings import read_settings
from tests.dashboard.serving import dashboard_on
from tests.dashboard.small_lake import Run, write_lake
from tests.dashboard.test_api import small_history
from warehouse.connection import Warehouse
from warehouse.reads.news import EVER, news, reach

ATOM = "{http://www.w3.org/2005/Atom}"
AT = "snapshot=2026-10-08T00:00:00Z"
"""The clock of an address stands where its snapshot does."""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six days: Le Chat 60th, 58th, a failed look, out, back at 28th; ChatGPT second, then first."""
    folder = tmp_path_factory.mktemp("news")
    looks = small_history(folder)
    write_lake(folder, looks, [Run("crawl charts", looks[-1].at, readings=1, usable=1)])
    return folder


@pytest.fixture(scope="module")
def address(data_dir: Path) -> Iterator[str]:
    """A dashboard over it."""
    with dashboard_on(data_dir) as served:
        yield served


def fetched(address: str) -> bytes:
    """The body of an answer."""
    with urlopen(address, timeout=60) as answer:
        body: bytes = answer.read()
        return body


def test_the_feed_tells_each_thing_once_in_the_readers_language(address: str) -> None:
    """Entries with their own ids, the newest first, each with a link to a page that opens."""
    root = ET.fromstring(fetched(f"{address}/feed.atom?lang=fr&{AT}"))
    entries = root.findall(f"{ATOM}entry")
    titles = [entry.findtext(f"{ATOM}title") for entry in entries]
    assert [(title or "").replace("\N{NO-BREAK SPACE}", " ") for title in titles] == [
        "Le Chat entre dans le classement : désormais 28e (absent le 5 oct.).",
        "ChatGPT prend la première place (avant : 2e, le 2 oct.).",
        "Le Chat sort du classement (avant : 58e, le 2 oct.).",
    ]
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids)
    for entry in entries:
        link = entry.find(f"{ATOM}link")
        assert link is not None
        assert b"_dash" in fetched(link.attrib["href"])
    assert root.findtext(f"{ATOM}updated") == "2026-10-06T15:00:00Z"


def test_the_feed_keeps_its_ids_in_every_language(address: str) -> None:
    """So that a feed reader shows a thing once."""
    found = [ET.fromstring(fetched(f"{address}/feed.atom?lang={code}&{AT}")) for code in LOCALES]
    ids = [[entry.findtext(f"{ATOM}id") for entry in root.findall(f"{ATOM}entry")] for root in found]
    assert ids[0] == ids[1]
    assert ids[0]


def test_the_feed_takes_apps_kinds_and_places(address: str) -> None:
    """Only what is asked for; what cannot be used is left out, and a bad number is refused."""

    def kinds(query: str) -> list[str]:
        root = ET.fromstring(fetched(f"{address}/feed.atom?{AT}&{query}"))
        return [category.attrib["term"] for category in root.iter(f"{ATOM}category")]

    assert kinds("apps=chatgpt") == ["first"]
    assert kinds("kinds=left,first") == ["first", "left"]
    assert kinds("country=us") == []
    assert kinds("top=60&apps=le-chat") == ["into_top", "out_of_top"]


def test_rows_for_programs(address: str) -> None:
    """JSON and CSV of the same, with the evidence's id and the sentence."""
    rows = json.loads(fetched(f"{address}/api/v1/news?lang=en&{AT}"))["rows"]
    assert [(row["kind"], row["before"], row["now"]) for row in rows] == [
        ("entered", None, 28), ("first", 2, 1), ("left", 58, None),
    ]  # fmt: skip
    assert all(row["reading_id"] and row["text"] and row["place"] for row in rows)
    table = list(csv.DictReader(io.StringIO(fetched(f"{address}/api/v1/news?format=csv&lang=en&{AT}").decode())))
    assert [row["text"] for row in table] == [row["text"] for row in rows]


@pytest.mark.parametrize("code", LOCALES)
def test_every_kind_has_its_sentence_in_every_language(data_dir: Path, code: str) -> None:
    """Ranks, counts, stars, prices, versions, sources; with and without what was before."""
    warehouse = Warehouse(data_dir)
    with warehouse.cursor() as cursor:
        empty = news(cursor, datetime(2026, 10, 1, tzinfo=UTC)).clear()
    warehouse.close()
    base = {
        "observed_at": datetime(2026, 10, 6, 15, tzinfo=UTC), "previous_at": datetime(2026, 10, 6, 14, tzinfo=UTC),
        "store": "apple", "country": "fr", "device": "iphone", "collection": "top-free", "category": "6007",
        "app": "le-chat", "source": "apple_legacy_rss", "reading_id": "r",
    }  # fmt: skip
    ends = {
        "version": ("1.0", "1.1", None, None), "price": ("EUR", "EUR", 0.0, 2.99),
        "source_lost": ("blocked", "x", 1, 0),
        "source_back": ("blocked", None, 0, 3), "entered": (None, None, None, 7), "left": (None, None, 7, None),
    }  # fmt: skip
    names = ("text_before", "text", "before", "now")
    rows = [
        {**base, "kind": kind.value, **dict(zip(names, ends.get(kind, (None, None, 4000.0, 2000.0)), strict=True))}
        for kind in NewsKind
    ]
    items = tell(pl.DataFrame(rows, schema=empty.schema), {"le-chat": "Le Chat"}, 10, Language(code))
    assert len({item.text for item in items}) == len(NewsKind)
    assert len({item.key for item in items}) == len(NewsKind)
    assert not [item.text for item in items if "{" in item.text or "None" in item.text]


def test_what_holds_everywhere_concerns_every_storefront() -> None:
    """A version and a lost source stay whatever the storefront; a rank of elsewhere does not."""
    rows = pl.DataFrame({
        "kind": ["version", "source_lost", "first", "first"], "app": ["le-chat", None, "le-chat", "grok"],
        "country": ["us", None, "us", "fr"],
    })  # fmt: skip
    assert about(rows, ["le-chat"], ["fr"])["kind"].to_list() == ["version", "source_lost"]
    assert about(rows, [], ["fr"], ["first"])["app"].to_list() == ["grok"]


def test_more_looks_than_a_page_reads_are_told_from_later_on(data_dir: Path) -> None:
    """The newest so many; where there are no more than that, from when on it was asked."""
    at, since = make_desk(read_settings(data_dir=data_dir)), datetime(2026, 10, 1, tzinfo=UTC)
    with at.cursor(Selection()) as cursor:
        assert told_since(at, cursor, since, EVER, country=None, looks=1_000) == since
        looks = at.ask(cursor, reach, 2)["since"][0]
        assert since < looks == told_since(at, cursor, since, EVER, country=None, looks=2)
        later = looks + timedelta(hours=1)
        assert told_since(at, cursor, later, EVER, country=None, looks=2) == later


@pytest.mark.parametrize("lately", [9, 36, 9_000])
def test_a_page_that_reads_the_newest_first_shows_what_all_shows(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, lately: int
) -> None:
    """However few looks are read first, the finding, the sources and the sentences are those of the whole."""
    make_app(read_settings(data_dir=data_dir))
    page = import_module("dashboard.pages.news")
    selection, reader = arriving({"from": "2026-10-01"}, {}, {})
    with desk().cursor(selection) as cursor:
        whole = page.draw(cursor, selection, reader)
        shown = range(1, whole.rows.height + 2)
        for most in shown:
            monkeypatch.setattr(page, "MOST", most)
            monkeypatch.setattr(page, "LATELY", lately)
            full = page.draw(cursor, selection, reader)
            part = page._drawn(cursor, full.selection, reader, whole=False)
            assert (part.ledger, part.finding, part.sources) == (full.ledger, full.finding, full.sources)
            assert (part.rows.height > most) == (full.rows.height > most)
    assert len(shown) > 3


def test_a_sentence_goes_on_small_after_a_colon(data_dir: Path) -> None:
    """A name keeps its capital; a word of the language has none there."""
    make_app(read_settings(data_dir=data_dir))
    page, seen = import_module("dashboard.pages.news"), datetime(2026, 10, 9, tzinfo=UTC)
    for text, expected in (
        ("Le nombre de notes de Le Chat baisse.", "le nombre de notes de Le Chat baisse."),
        ("Le Chat sort du classement.", "Le Chat sort du classement."),
    ):
        item = News("key", "subject", NewsKind.LEFT, "le-chat", "fr", seen, text, "–", "France", "/")
        assert page._after_colon(item) == expected
