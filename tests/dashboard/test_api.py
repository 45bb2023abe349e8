"""Tests of dashboard/api: the same answers for programs, over real HTTP."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from essor.model.charts import Chart, Collection
from essor.model.observation import Status
from essor.model.stores import StoreName
from tests.dashboard.serving import dashboard_on
from tests.dashboard.small_lake import Look, Run, reading_id, write_lake

CHART = Chart(StoreName.APPLE, "fr", Collection.TOP_FREE, "6007")
START = datetime(2026, 10, 1, 15, tzinfo=UTC)
BODY = b'{"feed": "<script>alert(1)</script>"}'
LE_CHAT, CHATGPT = "6740410176", "6448311069"


def archive(data_dir: Path) -> tuple[str, int, str]:
    """One archived answer: file, offset, hash."""
    (data_dir / "archive").mkdir(parents=True)
    path = data_dir / "archive" / "run-0.warc.gz"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
        record = writer.create_warc_record(
            "https://example.org/", "response", payload=io.BytesIO(BODY), http_headers=head
        )
        writer.write_record(record)
    return "archive/run-0.warc.gz", 0, hashlib.sha256(BODY).hexdigest()


def small_history(data_dir: Path) -> list[Look]:
    """Six days: a climb, a gap, a failed look, an absence; the newest with its bytes."""
    day = timedelta(days=1)
    return [
        Look(CHART, START, {LE_CHAT: 60, CHATGPT: 2}),
        Look(CHART, START + day, {LE_CHAT: 58, CHATGPT: 2}),
        Look(CHART, START + 2 * day, status=Status.FAILED, message="No answer within 30 s."),
        Look(CHART, START + 4 * day, {CHATGPT: 1}),
        Look(CHART, START + 5 * day, {LE_CHAT: 28, CHATGPT: 1}, capture=archive(data_dir)),
    ]


@pytest.fixture(scope="module")
def looks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Look]]:
    """A data folder with the small history, and its looks."""
    data_dir = tmp_path_factory.mktemp("api")
    seen = small_history(data_dir)
    run = Run("crawl charts", START + timedelta(days=6), readings=1, usable=0, note="no connection")
    write_lake(data_dir, seen, [run], {LE_CHAT: "Vibe by Mistral (ex-Le Chat)", CHATGPT: "ChatGPT"})
    return data_dir, seen


@pytest.fixture(scope="module")
def address(looks: tuple[Path, list[Look]]) -> Iterator[str]:
    """A dashboard over it."""
    with dashboard_on(looks[0]) as served:
        yield served


def fetched(address: str, path: str) -> tuple[bytes, dict[str, str]]:
    """The body and the headers of an answer."""
    with urlopen(address + path, timeout=60) as answer:
        return answer.read(), {name.lower(): value for name, value in answer.headers.items()}


def rows_of(address: str, path: str) -> list[dict[str, Any]]:
    """The rows of a JSON answer."""
    rows: list[dict[str, Any]] = json.loads(fetched(address, path)[0])["rows"]
    return rows


def test_rank_history_tells_the_states_apart(address: str) -> None:
    """Ranked, failed and absent, and no row at all for the day nobody looked."""
    rows = rows_of(address, "/api/v1/rank-history?apps=le-chat&country=fr&category=6007")
    assert [(row["state"], row["rank"]) for row in rows] == [
        ("ranked", 60), ("ranked", 58), ("failed", None), ("absent", None), ("ranked", 28),
    ]  # fmt: skip


def test_the_last_day_of_a_period_is_in_it(address: str) -> None:
    """`to` names a day, not its midnight."""
    rows = rows_of(address, "/api/v1/rank-history?apps=le-chat&from=2026-10-02&to=2026-10-02")
    assert [row["rank"] for row in rows] == [58]


def test_csv_is_a_file_with_the_same_rows(address: str) -> None:
    """It can be opened anywhere."""
    body, headers = fetched(address, "/api/v1/rank-history?apps=le-chat,chatgpt&format=csv")
    assert "attachment" in headers["content-disposition"]
    table = list(csv.DictReader(io.StringIO(body.decode())))
    assert len(table) == 10
    assert table[0]["observed_at"].endswith("Z")


def test_a_chart_never_observed_is_not_found(address: str) -> None:
    """Another chart is never given in its place."""
    with pytest.raises(HTTPError, match="404"):
        fetched(address, "/api/v1/rank-history?country=jp")


def test_several_storefronts_are_one_answer_with_their_country(address: str) -> None:
    """Look for look what each gives alone; where nobody looked each app has a row that says so."""
    query = "apps=le-chat,chatgpt&country=fr,jp&category=6007"
    for path in ("rank-history", "figures/rankings"):
        rows = rows_of(address, f"/api/v1/{path}?{query}")
        french = [{**row} for row in rows if row.pop("country") == "fr"]
        assert french == rows_of(address, f"/api/v1/{path}?{query.replace(',jp', '')}")
        assert [(row["app"], row["state"], row["observed_at"]) for row in rows[len(french) :]] == [
            ("le-chat", "not_observed", None), ("chatgpt", "not_observed", None),
        ]  # fmt: skip


def test_more_storefronts_than_are_drawn_are_named_as_left_out(address: str) -> None:
    """Six are drawn, the seventh is named in the figure's foot; the look by look answer refuses."""
    query = "country=fr,jp,de,us,gb,it,es&lang=en"
    assert (
        "At most 6 storefronts are drawn; left out: Spain" in fetched(address, f"/embed/rankings?{query}")[0].decode()
    )
    with pytest.raises(HTTPError, match="422"):
        fetched(address, f"/api/v1/rank-history?{query}")


def test_the_query_of_several_storefronts_names_them(address: str) -> None:
    """One storefront is asked for as ever."""
    several = fetched(address, "/api/v1/figures/rankings?country=fr,jp&format=sql")[0].decode()
    assert "l.country IN ('fr', 'jp')" in several
    assert "SELECT l.country, l.observed_at" in several
    assert "l.country = 'fr'" in fetched(address, "/api/v1/figures/rankings?country=fr&format=sql")[0].decode()


def test_a_page_of_one_storefront_takes_the_first(address: str) -> None:
    """Its own address names no other."""
    one, several = (fetched(address, f"/embed/top_chart?country={front}")[0].decode() for front in ("fr", "fr,jp"))
    assert one == several


def test_top_chart_has_movement(address: str) -> None:
    """Against the look before."""
    rows = rows_of(address, "/api/v1/top-chart?country=fr")
    assert [(row["app"], row["change"]) for row in rows] == [("chatgpt", "same"), ("le-chat", "back")]


def test_health_answers_with_the_snapshot(address: str) -> None:
    """A monitor can ask it."""
    answer = json.loads(fetched(address, "/api/v1/health")[0])
    assert answer["snapshot"]
    assert answer["rows"][0]["country"] == "fr"


def test_archived_bytes_come_as_they_were_and_never_as_a_page(address: str, looks: tuple[Path, list[Look]]) -> None:
    """A stranger's HTML is a file to keep, whatever type it claimed."""
    body, headers = fetched(address, f"/evidence/{reading_id(looks[1][-1])}/body")
    assert body == BODY
    assert headers["content-type"].startswith("text/plain")
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert headers["x-archived-sha256"] == hashlib.sha256(BODY).hexdigest()


def test_evidence_is_told_as_json(address: str, looks: tuple[Path, list[Look]]) -> None:
    """The way from a reading to its file and offset."""
    row = rows_of(address, f"/api/v1/evidence/{reading_id(looks[1][-1])}")[0]
    assert (row["capture_file"], row["capture_offset"]) == ("archive/run-0.warc.gz", 0)


@pytest.mark.parametrize("path", ["/evidence/0000000000000000/body", "/api/v1/evidence/0000000000000000"])
def test_an_unknown_reading_is_not_found(address: str, path: str) -> None:
    """With a sentence, not a trace."""
    with pytest.raises(HTTPError, match="404"):
        fetched(address, path)


def test_a_reading_without_bytes_says_so(address: str, looks: tuple[Path, list[Look]]) -> None:
    """A failed look has none."""
    with pytest.raises(HTTPError, match="404"):
        fetched(address, f"/evidence/{reading_id(looks[1][2])}/body")


def test_nothing_served_names_a_foreign_host(address: str) -> None:
    """The page is whole without a CDN."""
    page = fetched(address, "/rankings")[0].decode()
    assert "cdn" not in page.lower()
    assert "https://" not in page


def test_a_bundle_known_to_the_browser_is_not_sent_again(address: str) -> None:
    """Plotly's 4.8 MB are zipped once and then answered by their tag."""
    request = Request(
        f"{address}/_dash-component-suites/plotly/package_data/plotly.min.js", headers={"Accept-Encoding": "gzip"}
    )
    with urlopen(request, timeout=60) as first:
        body, tag = first.read(), first.headers["ETag"]
        assert first.headers["Content-Encoding"] == "gzip"
    assert b"plotly" in gzip.decompress(body)[:2000].lower()
    request.add_header("If-None-Match", tag)
    with pytest.raises(HTTPError, match="304"):
        urlopen(request, timeout=60)


def test_only_pages_with_a_figure_fetch_plotly_at_once(address: str) -> None:
    """The others begin without it."""
    assert b'rel="preload"' in fetched(address, "/rankings")[0]
    assert b'rel="preload"' not in fetched(address, "/top-chart")[0]


def test_a_figure_of_many_things_lists_what_it_stands_on(address: str, looks: tuple[Path, list[Look]]) -> None:
    """The archives behind the looks that Health counts, each with a reading; a figure of one reading has no list."""
    body, _ = fetched(address, "/api/v1/figures/health/inputs?format=csv")
    (with_bytes,) = [row for row in csv.DictReader(io.StringIO(body.decode())) if row["capture_file"]]
    assert (with_bytes["capture_file"], with_bytes["looks"]) == ("archive/run-0.warc.gz", "1")
    assert with_bytes["reading_id"] == reading_id(looks[1][-1])
    with pytest.raises(HTTPError, match="404"):
        fetched(address, "/api/v1/figures/rankings/inputs")
    with pytest.raises(HTTPError) as nothing:
        fetched(address, "/api/v1/figures/claims/inputs?snapshot=2000-01-01")
    assert "Nothing was observed yet" in nothing.value.read().decode()
