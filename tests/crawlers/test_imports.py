"""Tables of facts become readings."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import essor.history
from crawlers.imports import Imported, adopt_tables, import_table, import_tables
from crawlers.mapping import read_mapping
from essor.model.charts import ChartReading
from essor.model.errors import SettingsError
from essor.model.listings import ListingReading
from essor.model.observation import Status

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
        (READING.replace("top-free", "top-fun"), "top-fun"),
        (READING.replace("+00:00", ""), "has no zone"),
        (READING.replace("apple_legacy_rss", "hearsay"), "'hearsay' is no source of essor"),
        (READING.replace(",100,", ",many,"), "many"),
        ("apple_legacy_rss,fr", "is missing"),
    ],
)
def test_a_bad_row_is_set_aside(tmp_path: Path, row: str, reason: str) -> None:
    """A row that breaks a rule is kept with its place and the reason, and costs no other."""
    done = imported(tmp_path, readings=f"{HEAD}\n1,{row}\n2,{READING}\n")
    assert len(done.readings) == 1
    assert [(reject.offset, reason in reject.reason) for reject in done.rejects] == [(len(HEAD) + 1, True)]


def test_entries_must_be_entries_of_a_reading(tmp_path: Path) -> None:
    """An orphan, a rank that is no number and a double rank are set aside."""
    done = imported(
        tmp_path,
        readings=f"{HEAD}\n1,{READING}\n",
        entries="reading,rank,app_id,name,developer\n1,3,10,,\n1,3,11,,\n9,1,10,,\n1,first,12,,\n",
    )
    assert done.readings == []
    assert len(done.rejects) == 3


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


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2026-01-01T00:00Z,42,9,many", "many"),
        ("2026-01-01T00:00Z,42,99999999999999999999,7", "is no count"),
        ("2026-01-01T00:00Z,42,-9,7", "is no count"),
        ("0001-01-01T00:00+14:00,42,9,7", "out of range"),
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
    assert [reason in reject.reason for reject in done.rejects] == [True]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.jsonl", '{"at": "2026-01-01T00:00Z", "id": "42"}\nnot JSON\n', r"a\.jsonl byte 40"),
        ("a.csv", 'at,id\n2026-01-01T00:00Z,"' + 200_000 * "4", r"a\.csv byte 6.*quotation mark"),
    ],
)
def test_a_table_that_breaks_off_its_form_is_refused(tmp_path: Path, name: str, text: str, said: str) -> None:
    """The error says where."""
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=said):
        import_table(tmp_path, name, read_mapping("ratings", RATINGS), "run")


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
