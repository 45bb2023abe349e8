"""Downloads by days since launch, and when each milestone was reached."""

from __future__ import annotations

from datetime import date

import polars as pl

from essor.jobs.ask import opened
from essor.jobs.claims import check_claims, take_in
from essor.settings import Settings
from tests.warehouse.reads.test_estimates import rows_of, stored
from warehouse.reads import launches


def test_the_race_has_the_dates_and_figures_of_the_registry(settings: Settings) -> None:
    """ChatGPT, DeepSeek, Le Chat and Sora, by days since launch, each point with its kind and source."""
    take_in(settings)
    with opened(settings) as cursor:
        race = launches.race(cursor)
        days = launches.launch_days(cursor)
    assert (days["chatgpt"], days["le-chat"], days["sora"]) == (date(2023, 5, 18), date(2025, 2, 5), date(2025, 9, 30))
    shown = {
        row["source"]: (row["days_since_launch"], row["kind"], row["central"]) for row in race.iter_rows(named=True)
    }
    assert shown["2023-05-chatgpt-606k-7-days-appfigures"] == (7, "vendor_estimate", 606_000)
    assert shown["2025-01-27-deepseek-2-6m"] == (17, "vendor_estimate", 2_600_000)
    assert shown["2025-02-le-chat-1m-14-days"] == (14, "company", 1_000_000)


def test_a_milestone_has_a_window_and_contradicted_claims_have_no_say(settings: Settings) -> None:
    """DeepSeek's million: centre on day 14, surely by day 17; the article's day 21 does not count."""
    check_claims(settings)
    with opened(settings) as cursor:
        found = launches.milestones(cursor).filter(app="deepseek")
    row = found.filter(milestone=1_000_000).row(0, named=True)
    assert (row["reached_by"], row["surely_by"], row["source"]) == (14, 17, "2025-01-24-deepseek-1m")
    assert (row["low"] < 1_000_000, row["stores"], row["countries"]) == (True, "apple,google_play", None)
    assert found.filter(milestone=10_000_000).row(0, named=True)["not_before"] == 17


def test_estimates_are_added_up_from_the_launch_with_what_they_lack(settings: Settings) -> None:
    """Cumulative centres rise, bands hold them, and the days without a figure are counted, not taken as zero."""
    rows = rows_of("claude", ["us"], 5)
    stored(settings, rows.filter(pl.col("day") != date(2026, 3, 4)))
    with opened(settings) as cursor:
        race = launches.race(cursor, {"claude": date(2026, 3, 1)})
    assert race["days_since_launch"].to_list() == [1, 2, 4, 5]
    assert race["missing"].to_list() == [1, 1, 2, 2]
    assert race["central"].is_sorted()
    assert (race["low"] < race["central"]).all()
    assert (race["central"] < race["high"]).all()
    assert not race["whole"].any()
