"""Tables of facts become readings."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pytest

import essor.history
from crawlers.imports import Imported, adopt_table, adopt_tables, import_table, import_tables
from crawlers.mapping import read_mapping
from essor.model.charts import ChartReading
from essor.model.errors import SettingsError
from essor.model.listings import ListingReading
from essor.model.observation import Status
from essor.model.signals import SignalReading

READING = (
    "apple_legacy_rss,fr,iphone,top-free,6007,100,99,complete,2026-09-15T15:59:01+00:00,https://x,aa,someone's table"
)
HEAD = "reading,source,country,device,collection,category,asked,depth,status,observed_at,source_url,sha256,origin"


def imported(folder: Path, **tables: str) -> Imported:
    """What these tables give."""
    made = folder / "tables"
    made.mkdir()
    for name, text in tables.items():
        (made / f"{name}.csv").write_text(text, encoding="utf-8")
    return import_tables(folder / "data", adopt_tables(folder / "data", made), "run")


def test_entries_join_their_reading(tmp_path: Path) -> None:
    """A reading holds the rows that are given, in rank order, and the depth of the whole chart."""
    done = imported(
        tmp_path,
        readings=f"{HEAD}\n1,{READING}\n2,{READING.replace('15:59', '16:59')}\n",
        entries='reading,rank,app_id,name,developer\n1,7,20,"B, or\nC",\n1,3,10,A,D\n',
    )
    first, second = done.readings
    assert isinstance(first, ChartReading)
    assert [tuple(entry) for entry in first.entries] == [(3, "10", "A", "D"), (7, "20", "B, or\nC", None)]
    assert (first.depth, first.status, second.entries) == (99, Status.COMPLETE, ())  # type: ignore[union-attr]
    assert done.rejects == []


def test_the_evidence_is_the_row(tmp_path: Path) -> None:
    """File and offset lead to the row of the table, and the hash is that of the answer it was read from."""
    done = imported(tmp_path, readings=f"{HEAD}\n1,{READING}\n2,{READING.replace('15:59', '16:59')}\n")
    for number, reading in enumerate(done.readings, 1):
        assert reading.evidence is not None
        capture = reading.evidence.capture
        with (tmp_path / "data" / str(capture.file)).open("rb") as file:
            file.seek(capture.offset or 0)
            assert file.readline().startswith(b"%d,apple_legacy_rss" % number)
        assert (capture.sha256, capture.http_status, capture.url) == ("aa", None, "https://x")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (READING.replace("top-free", "top-fun"), "column collection says 'top-fun', which is none of top-"),
        (
            READING.replace("+00:00", ""),
            "column observed_at says '2026-09-15T15:59:01', which is no moment with a zone",
        ),
        (READING.replace("apple_legacy_rss", "hearsay"), "'hearsay' is no source of essor"),
        (READING.replace(",100,", ",many,"), "column asked says 'many', which is no whole number"),
        (READING.replace(",fr,", ",zz,"), "there is no storefront 'zz'"),
        (READING.replace(",fr,", ",uk,"), "(the United Kingdom is gb)"),
        ("apple_legacy_rss,fr", "column observed_at is missing"),
    ],
)
def test_a_bad_row_is_set_aside(tmp_path: Path, row: str, reason: str) -> None:
    """A row that breaks a rule is kept with its place and the reason, and costs no other."""
    done = imported(tmp_path, readings=f"{HEAD}\n1,{row}\n2,{READING}\n")
    assert len(done.readings) == 1
    assert [(reject.offset, reason in str(reject.reason)) for reject in done.rejects] == [(len(HEAD) + 1, True)]


def test_entries_must_be_entries_of_a_reading(tmp_path: Path) -> None:
    """An orphan, a rank that is no number, a double rank and an entry without an app are set aside."""
    done = imported(
        tmp_path,
        readings=f"{HEAD}\n1,{READING}\n",
        entries="reading,rank,app_id,name,developer\n1,3,10,,\n1,3,11,,\n9,1,10,,\n1,first,12,,\n1,4,,No id,\n",
    )
    assert done.readings == []
    assert {str(reject.reason) for reject in done.rejects} == {
        "it is no entry: column rank says 'first', which is no whole number that a table can hold",
        "it is no entry: column app_id is empty",
        "its reading is not in readings.csv",
        "a rank or an app comes twice among its entries",
    }


def test_listings_are_read_field_by_field(tmp_path: Path) -> None:
    """Numbers are numbers, empty cells are unknown."""
    head = "source,country,app_id,status,observed_at,source_url,sha256,origin,name,rating_count,rating_average,price"
    row = "apple_lookup,no,42,complete,2023-06-01T01:56:55+00:00,https://y,bb,someone,ChatGPT,0,,0.0"
    (reading,) = imported(tmp_path, listings=f"{head}\n{row}\n").readings
    assert isinstance(reading, ListingReading)
    assert reading.listing is not None
    assert (reading.listing.rating_count, reading.listing.rating_average, reading.listing.price) == (0, None, 0.0)
    assert reading.listing.version is None


RATINGS = """
kind = "ratings"
origin = "somebody"
source = "apple_lookup"
columns = { observed_at = "at", app_id = "id", rating_count = "ratings", stars_5 = "five" }
constants = { country = "fr" }
"""
STARS = """
kind = "signals"
origin = "somebody"
source = "github"
columns = { when = "date", subject = "repo" }
values = { stars = "stars" }
"""


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2026-01-01T00:00Z,42,9,many", "column five says 'many'"),
        (
            "2026-01-01T00:00Z,42,99999999999999999999,7",
            "column ratings says '99999999999999999999', which is no whole",
        ),
        ("2026-01-01T00:00Z,42,-9,7", "column ratings says '-9', which is no whole number"),
        ("0001-01-01T00:00+14:00,42,9,7", "column at says '0001-01-01T00:00+14:00', which is no moment"),
        ("2026-01-01T00:00Z,,9,7", "column id is empty"),
    ],
)
def test_a_cell_that_no_table_can_hold_costs_its_row_alone(tmp_path: Path, row: str, reason: str) -> None:
    """Stars are numbers too; a number beyond 64 bits, or a moment before the calendar, must not stop a load."""
    table = tmp_path / "ratings.csv"
    table.write_text(f"at,id,ratings,five\n{row}\n2026-01-01T00:00Z,43,9,7\n", "utf-8")
    done = import_table(tmp_path, table.name, read_mapping("ratings", RATINGS), "run")
    (sound,) = done.readings
    assert isinstance(sound, ListingReading)
    assert sound.listing is not None
    assert (sound.listing.rating_count, sound.listing.stars_5) == (9, 7)
    assert [reason in str(reject.reason) for reject in done.rejects] == [True]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", b'{"at": "2026-01-01T00:00Z", "id": "42"}\nnot JSON\n', r"a\.jsonl byte 40"),
        ("a.csv", b'at,id\n2026-01-01T00:00Z,"' + 200_000 * b"4", r"a\.csv byte 6.*quotation mark"),
        ("a.csv", b'"' + 200_000 * b"a", r"a\.csv byte 0.*quotation mark"),
        ("a.csv", "at,id,name\n2026-01-01T00:00Z,42,Él\n".encode("latin-1"), r"a\.csv byte 32 is not UTF-8: save"),
        ("a.jsonl", '{"name": "Él"}\n'.encode("latin-1"), r"a\.jsonl byte 10 is not UTF-8: save"),
        ("a.csv", b"\xef\xbb\xbfat,id,at\n2026-01-01T00:00Z,42,2020\n", r"a\.csv has the column 'at' twice"),
    ],
)
@pytest.mark.parametrize("mapping", ["RATINGS", "STARS"])
def test_a_table_that_breaks_off_its_form_is_refused(
    tmp_path: Path, mapping: str, name: str, content: bytes, said: str
) -> None:
    """The error says where; ratings and signals are read alike."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SettingsError, match=said):
        import_table(tmp_path, name, read_mapping(mapping, {"RATINGS": RATINGS, "STARS": STARS}[mapping]), "run")


def test_an_empty_line_is_no_row(tmp_path: Path) -> None:
    """As many a program leaves one at the end of a table."""
    (tmp_path / "a.csv").write_text("at,id,ratings,five\n\n2026-01-01T00:00Z,43,9,7\n\n", "utf-8")
    done = import_table(tmp_path, "a.csv", read_mapping("ratings", RATINGS), "run")
    assert (len(done.readings), done.rejects) == (1, [])


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_series_leads_to_the_row_of_its_newest_figure(tmp_path: Path, name: str) -> None:
    """Whatever the order of the rows; a row without the figure is not that row."""
    rows = [
        ("x/y", "2026-01-02", "7"),
        ("x/y", "2026-01-01", "6"),
        ("x/y", "2026-01-03", ""),
        ("z/w", "2026-01-01", "9"),
    ]
    if name == "a.csv":
        text = "".join(f"{','.join(row)}\n" for row in [("repo", "date", "stars"), *rows])
    else:
        text = "".join(json.dumps(dict(zip(("repo", "date", "stars"), row, strict=True))) + "\n" for row in rows)
    (tmp_path / name).write_text(text, "utf-8")
    places = {}
    for reading in import_table(tmp_path, name, read_mapping("stars", STARS), "run").readings:
        assert isinstance(reading, SignalReading)
        assert reading.evidence is not None
        line = text.encode()[reading.evidence.capture.offset :].splitlines()[0].decode()
        places[reading.subject] = ("2026-01-02" in line and "7" in line, "z/w" in line)
    assert places == {"x/y": (True, False), "z/w": (False, True)}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("http_status = 99", r"Expected `int` >= 100 - at `\$\.answers\[0\]\.http_status`"),
        ("http_status = 32768", r"Expected `int` <= 999 - at `\$\.answers\[0\]\.http_status`"),
        ("observed_at = 2026-10-08T00:00:00", r"`datetime` with a timezone component - at `\$\.answers\[0\]"),
        ("# Él", "'utf-8' codec can't decode"),
    ],
)
def test_what_no_answer_can_have_is_refused_with_its_mapping(wrong: str, said: str) -> None:
    """Before anything is archived or landed, which no load could hold."""
    facts = {"file": '"x"', "url": '"https://x"', "observed_at": "2026-10-08T00:00:00Z"}
    facts.pop(wrong.partition(" ")[0], None)
    lines = ['kind = "answers"', 'origin = "x"', "[[answers]]", *(f"{k} = {v}" for k, v in facts.items()), wrong]
    with pytest.raises(SettingsError, match=f"Mapping m cannot be read: .*{said}"):
        read_mapping("m", "\n".join(lines).encode("latin-1"))


@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"at,id\n")[:-9], b"at,id\n", gzip.compress(b"at")[:10] + b"\xff"],
    ids=["cut", "not packed", "other bytes"],
)
def test_a_table_that_cannot_be_unpacked_is_refused(tmp_path: Path, content: bytes) -> None:
    """A cut gzip file, one that is none, and one with other bytes in it."""
    (tmp_path / "a.csv.gz").write_bytes(content)
    with pytest.raises(SettingsError, match=r"a\.csv\.gz cannot be unpacked"):
        adopt_table(tmp_path, tmp_path / "a.csv.gz")


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    """The error names the tables."""
    with pytest.raises(SettingsError, match=r"readings\.csv, entries\.csv, listings\.csv"):
        adopt_tables(tmp_path, tmp_path)


def test_the_starter_history_is_imported_whole(tmp_path: Path) -> None:
    """Every row of the tables that come with essor becomes a fact."""
    folder = Path(str(essor.history.__file__)).parent
    rows = {name: list(csv.reader((folder / f"{name}.csv").open())) for name in ("readings", "entries", "listings")}
    done = import_tables(tmp_path, adopt_tables(tmp_path, folder), "run")
    charts = [reading for reading in done.readings if isinstance(reading, ChartReading)]
    assert done.rejects == []
    assert len(charts) == len(rows["readings"]) - 1
    assert sum(len(reading.entries) for reading in charts) == len(rows["entries"]) - 1
    assert len(done.readings) - len(charts) == len(rows["listings"]) - 1
