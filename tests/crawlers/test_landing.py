"""Readings as lines, and runs as folders."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crawlers.answers import Answer, readings
from crawlers.archive import capture_at
from crawlers.landing import Landing, incoming, moment, name_id
from crawlers.sources import Reading
from essor.model.charts import chart_reading_id
from essor.model.errors import SettingsError
from essor.model.listings import Listing, listing_reading_id
from tests.crawlers.bodies import (
    NOON,
    answer,
    chart,
    gzipped,
    ids,
    legacy_feed,
    legacy_url,
    lookup_body,
    lookup_result,
    lookup_url,
)

Lines = Callable[[Path], list[dict[str, Any]]]


def judge(one: Answer) -> tuple[Reading, ...]:
    """Its readings."""
    return readings(one, capture_at(one, "archive/run.warc.gz", 7), "run")


def test_a_chart_reading_is_a_line_that_keeps_everything(tmp_path: Path, lines: Lines) -> None:
    """Ranks and names are parallel, the rest stands by name, and the id is that of the look."""
    with Landing.begin(tmp_path, "run", "crawl charts", NOON) as landing:
        landing.add(judge(gzipped(legacy_url(), legacy_feed([*ids(99), "1000"])))[0])
        place = landing.finish("complete", NOON)
    (line,) = lines(place / "charts.jsonl")
    assert line["reading_id"] == chart_reading_id("apple_legacy_rss", chart(), "2026-10-09T12:00:00.123456+00:00")
    assert line["ranks"] == list(range(1, 100))
    assert line["rejects"][0]["reason"] == "duplicate_id"
    assert (line["observed_at"], line["capture_offset"], line["imported"]) == (
        "2026-10-09T12:00:00.123456+00:00",
        7,
        False,
    )
    names = {name["name_id"]: name for name in lines(place / "names.jsonl")}
    assert [names[key]["app_id"] for key in line["name_ids"]] == ids(99)


def test_a_full_disk_leaves_no_line_in_part(tmp_path: Path, lines: Lines) -> None:
    """The reading that no longer fits is told and taken back; one that fits later stands on a line of its own."""
    first, second = (judge(gzipped(legacy_url(front), legacy_feed(ids(5))))[0] for front in ("fr", "us"))
    with Landing.begin(tmp_path, "run", "crawl charts", NOON) as landing:
        landing.add(first)
        held, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        written = (incoming(tmp_path) / "run" / "charts.jsonl").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (written + 100, most))
        try:
            with pytest.raises(OSError, match="No space left"):
                landing.add(second)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (held, most))
        landing.add(second)
        place = landing.finish("complete", NOON)
    assert [line["country"] for line in lines(place / "charts.jsonl")] == ["fr", "us"]


def test_a_name_lands_once_a_run(tmp_path: Path, lines: Lines) -> None:
    """Two readings with the same apps share their names."""
    with Landing.begin(tmp_path, "run", "crawl charts", NOON) as landing:
        for day in (0, 1):
            landing.add(judge(gzipped(legacy_url(), legacy_feed(), NOON + timedelta(days=day)))[0])
        place = landing.finish("complete", NOON)
    assert len(lines(place / "names.jsonl")) == 100


def test_name_ids_are_the_same_on_every_host() -> None:
    """The key is a hash of store, id, name and developer, and fits a signed 64-bit integer."""
    assert name_id("apple", "1", "A", "B") == 7556854399917898217
    assert name_id("apple", "1", None, None) == name_id("apple", "1", "", "")
    assert all(name_id("apple", str(number), None, None) < 2**63 for number in range(100))


def test_listing_lines_have_the_evidence_and_then_the_listing(tmp_path: Path, lines: Lines) -> None:
    """The order of a line's fields is fixed; an app that is not offered has a line too."""
    one = answer(lookup_url("10", "20"), lookup_body(lookup_result("10")))
    with Landing.begin(tmp_path, "run", "crawl listings", NOON) as landing:
        for reading in judge(one):
            landing.add(reading)
        place = landing.finish("complete", NOON)
    first, second = lines(place / "listings.jsonl")
    evidence = (
        "reading_id source store country app_id status message observed_at source_url http_status capture_file "
        "capture_offset sha256 parser_version run_id imported"
    )
    assert list(first) == [*evidence.split(), *(field.name for field in fields(Listing))]
    assert first["reading_id"] == listing_reading_id("apple_lookup", "apple", "fr", "10", moment(NOON))
    assert (first["rating_count"], second["rating_count"], second["status"]) == (10, None, "not_available")


def test_a_run_is_invisible_until_it_is_whole(tmp_path: Path) -> None:
    """Its folder is below .incoming, its lines are in the file at once, and it moves when it is finished."""
    with Landing.begin(tmp_path, "run", "crawl charts", NOON) as landing:
        landing.add(judge(gzipped(legacy_url(), legacy_feed()))[0])
        assert (incoming(tmp_path) / "run" / "charts.jsonl").stat().st_size > 0
        assert [path.name for path in (tmp_path / "landing").iterdir()] == [".incoming"]
        landing.finish("complete", NOON)
    assert sorted(path.name for path in (tmp_path / "landing" / "run").iterdir()) == [
        "charts.jsonl",
        "expected.jsonl",
        "listings.jsonl",
        "names.jsonl",
        "pauses.jsonl",
        "probes.jsonl",
        "reviews.jsonl",
        "run.json",
        "signals.jsonl",
    ]
    assert not list(incoming(tmp_path).iterdir())


def test_a_run_without_readings_lands_its_record(tmp_path: Path) -> None:
    """That a run was made is a fact, whatever it brought."""
    with Landing.begin(tmp_path, "run", "crawl charts", NOON, asked=3, note="begun so") as landing:
        place = landing.finish("stopped", NOON, note="ended so")
    assert json.loads((place / "run.json").read_text()) == {
        "run_id": "run",
        "kind": "crawl charts",
        "started_at": "2026-10-09T12:00:00.123456+00:00",
        "finished_at": "2026-10-09T12:00:00.123456+00:00",
        "result": "stopped",
        "asked": 3,
        "note": "begun so; ended so",
        "markets": [],
    }


def test_an_import_is_marked_as_one(tmp_path: Path, lines: Lines) -> None:
    """Facts from a table say so in every line."""
    with Landing.begin(tmp_path, "run", "import", NOON, imported=True) as landing:
        landing.add(judge(gzipped(legacy_url(), legacy_feed()))[0])
        place = landing.finish("complete", NOON)
    assert lines(place / "charts.jsonl")[0]["imported"] is True


def test_a_run_name_is_taken_once(tmp_path: Path) -> None:
    """A second run of the same name is refused in words, while the first lives and after it has landed."""
    with Landing.begin(tmp_path, "run", "import", NOON) as landing:
        with pytest.raises(SettingsError, match="give another name"):
            Landing.begin(tmp_path, "run", "import", NOON)
        landing.finish("complete", NOON)
    with pytest.raises(SettingsError, match="give another name"):
        Landing.begin(tmp_path, "run", "import", NOON)
