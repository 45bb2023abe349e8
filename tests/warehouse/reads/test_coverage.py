"""Expected against had: every reading that was due is accounted for, and the sum is right."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from crawlers.landing import Expected, land_missed
from crawlers.sources import Reading
from essor.jobs.ask import opened
from essor.jobs.doctor import examine
from essor.jobs.refresh import refresh
from essor.model.charts import Chart, Collection
from essor.model.observation import Status
from essor.model.signals import SignalPoint
from essor.model.stores import StoreName
from essor.settings import Settings
from tests.landed import LE_CHAT, at, chart_reading, evidence, land, listing_reading, signal_reading
from warehouse.reads.coverage import OUTCOMES, by_kind, by_run, coverage

BEGUN = at("2026-10-08 15:00")
SOURCE = "apple_legacy_rss"
ENDS = {
    Status.COMPLETE: "had",
    Status.PARTIAL: "had",
    Status.EMPTY: "nothing",
    Status.NOT_AVAILABLE: "nothing",
    Status.REFUSED: "refused",
    Status.BLOCKED: "blocked",
    Status.FAILED: "failed",
    Status.LAYOUT_CHANGED: "failed",
    Status.WRONG_STOREFRONT: "wrong",
    Status.WRONG_CHART: "wrong",
}


def chart(category: int, status: Status, minute: int = 0, run_id: str = "run") -> Reading:
    """A look at one French chart."""
    ids = [LE_CHAT] if status.usable else []
    moment = BEGUN + timedelta(minutes=minute, seconds=category)
    which = Chart(StoreName.APPLE, "fr", Collection.TOP_FREE, str(category))
    return chart_reading(moment, ids, chart=which, status=status, said=evidence(moment, run_id=run_id))


def asked(settings: Settings, as_of: datetime | None = None) -> pl.DataFrame:
    """The coverage, which must add up."""
    with opened(settings, as_of) as cursor:
        found = coverage(cursor)
    assert found.select(OUTCOMES).sum_horizontal().to_list() == found["expected"].to_list()
    return found


def test_each_status_has_its_column(settings: Settings) -> None:
    """Every way in which a look can end is counted once, and what nobody asked for is not asked."""
    readings = [chart(number, status) for number, status in enumerate(ENDS)]
    land(settings.data_dir, readings, expected=[Expected(SOURCE, "fr", None, len(ENDS) + 3)], begun=BEGUN)
    refresh(settings)
    (row,) = asked(settings).to_dicts()
    assert (row["day"], row["kind"], row["source"], row["country"]) == (date(2026, 10, 8), "crawl charts", SOURCE, "fr")
    assert {name: row[name] for name in OUTCOMES} == {
        "had": 2, "nothing": 2, "refused": 1, "blocked": 1, "failed": 2, "wrong": 2, "set_aside": 0,
        "missed": 0, "not_asked": 3,
    }  # fmt: skip
    assert set(ENDS) == set(Status)


def test_of_several_attempts_the_good_one_counts_else_the_last(settings: Settings) -> None:
    """Two failures and a success are one reading had; a block after a failure is blocked."""
    readings = [
        chart(1, Status.FAILED, 0),
        chart(1, Status.BLOCKED, 1),
        chart(1, Status.COMPLETE, 2),
        chart(2, Status.FAILED, 0),
        chart(2, Status.BLOCKED, 1),
    ]
    land(settings.data_dir, readings, expected=[Expected(SOURCE, "fr", None, 2)], begun=BEGUN)
    refresh(settings)
    (row,) = asked(settings).to_dicts()
    assert (row["expected"], row["had"], row["blocked"], row["failed"]) == (2, 1, 1, 0)


def test_missed_runs_are_expected_and_missed(settings: Settings) -> None:
    """Runs that never began count with what they would have brought, each on its day."""
    due = [(f"charts-missed-{day}", at(f"2026-10-{day} 23:30")) for day in ("08", "09")]
    land_missed(settings.data_dir, "crawl charts", due, [Expected(SOURCE, "fr", None, 4)], note="off")
    refresh(settings)
    rows = asked(settings).select("day", "expected", "missed").rows()
    assert rows == [(date(2026, 10, 9), 4, 4), (date(2026, 10, 8), 4, 4)]
    with opened(settings) as cursor:
        runs = cursor.frame("SELECT run_id, result, asked, readings, note FROM runs ORDER BY run_id").rows()
        assert by_run(cursor)["missed"].to_list() == [4, 4]
    assert runs == [("charts-missed-08", "missed", 4, 0, "off"), ("charts-missed-09", "missed", 4, 0, "off")]


def test_listings_and_signals_count_by_app_and_figure(settings: Settings) -> None:
    """A storefront's apps and a subject's figures are told apart; a maker's key stands for what is below it."""
    apps = [listing_reading(BEGUN, app_id, 5) for app_id in ("1", "2")]
    said = [Expected(SOURCE, "no", None, 3)]
    land(settings.data_dir, apps, kind="crawl listings", expected=said, begun=BEGUN)
    found = replace(evidence(BEGUN, run_id="s"), source="github")
    below = [signal_reading(BEGUN, [SignalPoint(1)], subject=f"openai/{name}", said=found) for name in ("a", "b")]
    keys = [Expected("github", None, key, 1) for key in ("openai", "openai/a", "openai/c")]
    land(settings.data_dir, below, "s", kind="crawl signals", expected=keys, begun=BEGUN)
    refresh(settings)
    rows = asked(settings).select("kind", "country", "expected", "had", "not_asked").rows()
    assert rows == [("crawl listings", "no", 3, 2, 1), ("crawl signals", None, 3, 2, 1)]


def test_a_replay_improves_the_run_that_took_the_look(settings: Settings) -> None:
    """A better parser makes had of what had failed, and as of the earlier snapshot it had failed."""
    land(settings.data_dir, [chart(1, Status.LAYOUT_CHANGED)], expected=[Expected(SOURCE, "fr", None, 1)], begun=BEGUN)
    (first,) = refresh(settings)
    moment = BEGUN + timedelta(seconds=1)
    which = Chart(StoreName.APPLE, "fr", Collection.TOP_FREE, "1")
    better = chart_reading(moment, [LE_CHAT], chart=which, said=evidence(moment, run_id="replay", parser=2))
    land(settings.data_dir, [better], "replay", kind="replay")
    refresh(settings)
    assert asked(settings)["had"].to_list() == [1]
    assert asked(settings, first.recorded_at)["failed"].to_list() == [1]


@pytest.mark.parametrize(("status", "verdict"), [(Status.COMPLETE, "ok"), (Status.BLOCKED, "note")])
def test_doctor_says_what_became_of_what_was_due(settings: Settings, status: Status, verdict: str) -> None:
    """All had is well; anything else is worth knowing, with the number of each."""
    now = datetime.now(UTC) - timedelta(hours=1)
    reading = chart_reading(now, [LE_CHAT] if status.usable else [], status=status, said=evidence(now))
    land(settings.data_dir, [reading], expected=[Expected(SOURCE, "fr", None, 1)], begun=now)
    refresh(settings)
    (finding,) = [one for one in examine(settings) if one.subject == "coverage"]
    assert finding.verdict == verdict
    assert "1 readings were due in 7 days" in finding.text


def test_nothing_due_is_no_row(settings: Settings) -> None:
    """An import expects nothing."""
    land(settings.data_dir, [chart(1, Status.COMPLETE)], imported=True, kind="import")
    refresh(settings)
    assert asked(settings).is_empty()
    with opened(settings) as cursor:
        assert by_kind(cursor).is_empty()


def test_a_reading_that_broke_a_rule_was_set_aside(settings: Settings) -> None:
    """A look from the future and a listing with nine stars came and are no data; a good second attempt is had."""
    ahead = datetime.now(UTC) + timedelta(days=30)
    category = Chart(StoreName.APPLE, "fr", Collection.TOP_FREE, "1")
    readings: list[Reading] = [
        chart_reading(ahead, [LE_CHAT], chart=category),
        chart_reading(ahead, [LE_CHAT], chart=replace(category, category="2")),
        chart(2, Status.COMPLETE),
        replace(listing_reading(BEGUN, LE_CHAT, 5, average=9.0), evidence=evidence(BEGUN)),
    ]
    expected = [Expected(SOURCE, "fr", None, 3), Expected(SOURCE, "no", None, 1)]
    land(settings.data_dir, readings, expected=expected, begun=BEGUN)
    refresh(settings)
    rows = {row["country"]: row for row in asked(settings).to_dicts()}
    assert {name: rows["fr"][name] for name in ("had", "set_aside", "not_asked")} == {
        "had": 1,
        "set_aside": 1,
        "not_asked": 1,
    }
    assert (rows["no"]["set_aside"], rows["no"]["not_asked"]) == (1, 0)
