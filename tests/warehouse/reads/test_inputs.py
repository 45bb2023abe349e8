"""What figures made of many things stand on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from essor.jobs.ask import opened
from essor.jobs.claims import check_claims
from essor.jobs.probe import Order, measure
from essor.jobs.refresh import refresh
from essor.model.charts import Chart, Collection
from essor.model.listings import ListingReading
from essor.model.stores import StoreName
from essor.settings import Settings, read_settings
from tests.landed import CHATGPT, CLAUDE, at, chart_reading, evidence, land, listing_reading
from tests.warehouse.reads.test_estimates import FIRST, rows_of, stored
from warehouse.reads import inputs
from warehouse.reads.trace import trace

OVERALL = Chart(StoreName.APPLE, "us", Collection.TOP_FREE, "36")
NUMBER_1 = "2026-02-28-claude-number-1-us"
MISDATED = "2025-02-chatgpt-500k-november-2023"
LAUNCH = "2023-05-18-chatgpt-ios-launch"


def listed(moment: str, ratings: int, released: str) -> ListingReading:
    """A look at ChatGPT's listing in Norway that carries a release date."""
    reading = listing_reading(at(moment), CHATGPT, ratings)
    assert reading.listing is not None
    return replace(reading, listing=replace(reading.listing, released_at=released))


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A chart that Claude leads on the day it is said to have led, and two looks at ChatGPT's listing."""
    settings = read_settings(data_dir=tmp_path_factory.mktemp("inputs"))
    readings = [
        chart_reading(at("2026-02-28 09:00"), [CHATGPT, CLAUDE], chart=OVERALL),
        chart_reading(at("2026-02-28 12:00"), [CLAUDE, CHATGPT], chart=OVERALL, said=evidence(at("2026-02-28 12:00"))),
        listed("2023-06-08 01:00", 20, "2023-05-18T07:00:00Z"),
        listed("2023-07-08 01:00", 90, "2023-05-30T07:00:00Z"),
    ]
    land(settings.data_dir, readings)
    refresh(settings)
    check_claims(settings)
    return settings


def test_a_verdict_leads_to_the_readings_it_was_weighed_with(looked: Settings) -> None:
    """A launch to the earliest release date, a count from the launch to the first ratings, a rank to its best look."""
    with opened(looked) as cursor:
        found = inputs.of_claims(cursor, [NUMBER_1, MISDATED, LAUNCH])
        read = found.filter(~found["role"].is_in(["claim", "method"]))
        seen = {row["role"]: row for row in read.iter_rows(named=True)}
        assert all(trace(cursor, row["reading_id"]).height == 1 for row in seen.values())
    moments = {role: (row["about"], row["observed_at"]) for role, row in seen.items()}
    assert moments == {
        "release": (LAUNCH, at("2023-06-08 01:00")),
        "ratings": (MISDATED, at("2023-06-08 01:00")),
        "rank": (NUMBER_1, at("2026-02-28 12:00")),
    }


def test_a_claim_names_its_file(looked: Settings) -> None:
    """The registry's file is what a claim was read from; no reading stands behind it."""
    with opened(looked) as cursor:
        (row,) = inputs.of_claims(cursor, [LAUNCH]).filter(role="claim").iter_rows(named=True)
    assert (row["capture_file"], row["reading_id"]) == (f"essor/claims/{LAUNCH}.toml", None)


def test_a_sum_of_estimates_leads_to_the_charts_it_was_made_of(settings: Settings) -> None:
    """The looks of the days that were estimated, and no others; an app that is not drawn brings none."""
    days = [FIRST, FIRST + timedelta(days=1)]
    land(settings.data_dir, [
        chart_reading(at(f"{day} 12:00"), [CLAUDE], chart=OVERALL) for day in (*days, date(2020, 1, 1))
    ])  # fmt: skip
    refresh(settings)
    stored(settings, rows_of("claude", ["us"], 2))
    with opened(settings) as cursor:
        found = inputs.of_race(cursor, [], ["claude"])
        assert inputs.of_race(cursor, [], ["gemini"]).is_empty()
        first_day = inputs.of_estimates(cursor, ["claude"], ["us"], until=FIRST)
        assert inputs.of_estimates(cursor, ["claude"], ["fr"]).is_empty()
    assert set(found["role"]) == {"rank"}
    assert sorted(moment.date() for moment in found["observed_at"]) == days
    assert [moment.date() for moment in first_day["observed_at"]] == [FIRST]


def test_a_probe_leads_to_each_request_of_it(settings: Settings) -> None:
    """The run's line and those of its samples, each in the archive."""
    measure(settings, Order(targets=("fake",), requests=2, repetitions=1, warmup=0), lambda *_: None)
    with opened(settings) as cursor:
        found = inputs.of_latency(cursor)
    assert found["role"].to_list() == ["probe", "sample", "sample"]
    assert found["capture_file"].str.ends_with(".jsonl").all()


def test_collecting_leads_to_the_archive_of_each_run(looked: Settings) -> None:
    """One row a run and source with how many looks it holds, from a moment on."""
    with opened(looked) as cursor:
        found = inputs.of_health(cursor, at("2026-01-01 00:00"))
    assert found.select("role", "looks", "capture_file").rows() == [("runs", 2, "archive/run.warc.gz")]
