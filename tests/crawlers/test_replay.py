"""Archived answers through today's parsers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crawlers.archive import read_capture
from crawlers.landing import Landing
from crawlers.replay import Replayed, adopt, replay
from essor.model.errors import ArchiveError
from tests.crawlers.bodies import NOON, answer, archive_of, gzipped, legacy_feed, legacy_url, market

Lines = Callable[[Path], list[dict[str, Any]]]


def replayed(path: Path, data_dir: Path, run_id: str = "replay") -> tuple[Replayed, Path]:
    """What a replay gives, and where it landed."""
    with Landing.begin(data_dir, run_id, "replay", NOON) as landing:
        return replay(path, data_dir, landing), landing.finish("complete", NOON)


def test_every_answer_of_an_archive_is_read(tmp_path: Path, lines: Lines) -> None:
    """Charts and listings land, and each leads back to its bytes in the adopted copy."""
    data = tmp_path / "data"
    found, place = replayed(market(tmp_path, ("fr", "us")), data)
    assert (found.answers, found.readings, found.note) == (12, 16, None)
    for line in lines(place / "charts.jsonl") + lines(place / "listings.jsonl"):
        one = read_capture(data / line["capture_file"], line["capture_offset"], line["sha256"])
        assert one.url == line["source_url"]


def test_the_same_bytes_give_the_same_readings(tmp_path: Path, lines: Lines) -> None:
    """A second replay has the same ids and the same copy, so that nothing new comes of it."""
    path, data = market(tmp_path, ("fr",)), tmp_path / "data"
    places = [replayed(path, data, run_id)[1] for run_id in ("one", "two")]
    first, second = ([line["reading_id"] for line in lines(place / "charts.jsonl")] for place in places)
    assert first == second
    assert len(list((data / "archive" / "adopted").iterdir())) == 1


def test_an_archive_of_ours_stays_where_it_is(tmp_path: Path) -> None:
    """A file below data/archive is not copied."""
    path = market(tmp_path, ("fr",))
    assert adopt(path, tmp_path) == "archive/market.warc.gz"
    assert adopt(path, tmp_path / "data").startswith("archive/adopted/market-")


def test_answers_of_no_source_are_counted(tmp_path: Path) -> None:
    """An unknown address is told; robots.txt is nothing to tell."""
    path = archive_of(
        tmp_path,
        answer("https://itunes.apple.com/robots.txt", b"#"),
        answer("https://example.org/", b"x"),
        gzipped(legacy_url(), legacy_feed()),
    )
    found, _ = replayed(path, tmp_path / "data")
    assert (found.answers, found.readings) == (3, 1)
    assert found.note == "1 answers are of no known source, as https://example.org/"


def test_a_cut_archive_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """The whole records land, and the note says what is missing."""
    path = market(tmp_path, ("fr",))
    path.write_bytes(path.read_bytes()[:-9])
    found, _ = replayed(path, tmp_path / "data")
    assert found.answers == 5
    assert "cut short" in str(found.note)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    """The error names the file and what to give."""
    with pytest.raises(ArchiveError, match="is no file: give a WARC file"):
        adopt(tmp_path / "nothing.warc.gz", tmp_path)


def test_the_real_captures_are_replayed(tmp_path: Path, real: Path, lines: Lines) -> None:
    """All real chart and lookup captures land usable, to the row."""
    with Landing.begin(tmp_path, "replay", "replay", NOON) as landing:
        found = [replay(path, tmp_path, landing) for path in sorted((real / "apple").glob("*.warc.gz"))]
        place = landing.finish("complete", NOON)
    assert [(one.answers, one.readings, one.note) for one in found] == [(n, n, None) for n in (4, 24, 326, 6, 368)]
    charts = lines(place / "charts.jsonl")
    french = [line for line in charts if (line["country"], line["category"]) == ("fr", "6007") and line["asked"] == 100]
    assert sum(len(line["ranks"]) for line in french) == 2360
    assert {line["status"] for line in charts} == {"complete"}
