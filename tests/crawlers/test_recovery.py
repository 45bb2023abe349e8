"""What a killed run leaves is completed, once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crawlers.answers import readings
from crawlers.archive import Archive, read_archive
from crawlers.landing import Landing, incoming
from crawlers.recovery import recover
from essor.model.notes import spoken
from tests.crawlers.bodies import (
    NOON,
    answer,
    gzipped,
    legacy_feed,
    legacy_url,
    lookup_body,
    lookup_result,
    lookup_url,
)

Lines = Callable[[Path], list[dict[str, Any]]]
COUNTRIES = ("fr", "us", "de", "gb")


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A data folder with a run of four charts and a lookup, killed after two charts and half the lookup had landed."""
    landing = Landing.begin(tmp_path, "run", "crawl charts", NOON, asked=6, note="begun so")
    with Archive(tmp_path, "run") as archive:
        for number, country in enumerate(COUNTRIES):
            one = gzipped(legacy_url(country), legacy_feed(country=country))
            for reading in readings(one, archive.keep(one), "run")[: number < 2]:
                landing.add(reading)
        one = answer(lookup_url("10", "20"), lookup_body(lookup_result("10"), lookup_result("20")))
        landing.add(readings(one, archive.keep(one), "run")[0])
        archive.keep(answer("https://itunes.apple.com/robots.txt", b"# nothing"))
    landing.close()
    return tmp_path


def test_the_archive_gives_what_had_not_landed(killed: Path, lines: Lines) -> None:
    """Every archived answer has its readings, each once, and the run says what happened."""
    (place,) = recover(killed)
    assert [line["country"] for line in lines(place / "charts.jsonl")] == list(COUNTRIES)
    assert [line["app_id"] for line in lines(place / "listings.jsonl")] == ["10", "20"]
    record = json.loads((place / "run.json").read_text())
    assert (record["result"], record["finished_at"], record["asked"]) == ("recovered", None, 6)
    assert spoken(record["note"]) == "begun so; the run was killed; 3 readings recovered from its archive"


def test_recovering_twice_changes_nothing(killed: Path) -> None:
    """The second time there is nothing to do."""
    (place,) = recover(killed)
    before = (place / "charts.jsonl").read_bytes()
    assert recover(killed) == []
    assert (place / "charts.jsonl").read_bytes() == before


def test_a_living_run_is_left_alone(killed: Path) -> None:
    """A run whose process holds its lock is nobody else's."""
    alive = Landing.resume(killed, "run")
    assert alive is not None
    assert recover(killed) == []
    alive.close()
    assert len(recover(killed)) == 1


def test_a_cut_line_and_a_cut_record_are_dropped_and_told(killed: Path, lines: Lines) -> None:
    """Half a line is read again from the archive; half a record is lost, counted, and cut off."""
    folder, archive = incoming(killed) / "run", killed / "archive" / "run.warc.gz"
    content = (folder / "charts.jsonl").read_bytes()
    (folder / "charts.jsonl").write_bytes(content[: len(content) - 100])
    with archive.open("r+b") as file:
        file.truncate(archive.stat().st_size - 10)
    (place,) = recover(killed)
    assert sorted(line["country"] for line in lines(place / "charts.jsonl")) == sorted(COUNTRIES)
    note = spoken(json.loads((place / "run.json").read_text())["note"])
    assert "4 readings recovered from its archive" in note
    assert "bytes of a cut record dropped" in note
    assert len(list(read_archive(archive))) == 5


def test_a_recovery_that_was_killed_is_completed(killed: Path, lines: Lines) -> None:
    """A run that was decided and not shown is shown as it was decided."""
    landing = Landing.resume(killed, "run")
    assert landing is not None
    landing.settle("complete", NOON)
    landing.close()
    (place,) = recover(killed)
    assert json.loads((place / "run.json").read_text())["result"] == "complete"
    assert len(lines(place / "charts.jsonl")) == 2


def test_a_run_without_an_archive_keeps_its_lines(tmp_path: Path, lines: Lines) -> None:
    """A run that was refused everything has no archive, and is completed all the same."""
    one = answer(legacy_url(), status=403)
    landing = Landing.begin(tmp_path, "run", "crawl charts", NOON)
    with Archive(tmp_path, "other") as archive:
        landing.add(readings(one, archive.keep(one), "run")[0])
    landing.close()
    (place,) = recover(tmp_path)
    assert len(lines(place / "charts.jsonl")) == 1


def test_there_may_be_nothing_to_recover(tmp_path: Path) -> None:
    """An empty data folder is fine."""
    assert recover(tmp_path) == []
