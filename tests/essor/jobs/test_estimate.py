"""Estimating, restating and re-fitting, with every earlier statement kept."""

from __future__ import annotations

import json
import math
import random
from datetime import date, timedelta

import polars as pl
import pytest

from essor.jobs.ask import answer, opened
from essor.jobs.claims import _claim_row
from essor.jobs.estimate import backtest, calibrate, estimate, publish_methods
from essor.jobs.metrics import land_rows
from essor.jobs.refresh import refresh
from essor.model.charts import OVERALL, Chart, ChartReading, Collection
from essor.model.claims import read_claim
from essor.model.listings import Listing, ListingReading
from essor.model.observation import Status
from essor.model.stores import StoreName
from essor.model.tables import CLAIMS, METHODS
from essor.settings import Settings
from pipeline.schemas import SCHEMAS
from tests.landed import CLAUDE, LE_CHAT, at, chart_reading, evidence, land, listing_reading
from warehouse.loads import last_complete
from warehouse.reads import estimates as reads
from warehouse.reads import launches

US = Chart(StoreName.APPLE, "us", Collection.TOP_FREE, OVERALL[StoreName.APPLE])
FIRST = date(2026, 3, 2)
FILL = [f"{7_000_000_000 + n}" for n in range(99)]


def look(day: int, rank: int | None, *, parser: int = 1, status: Status = Status.COMPLETE) -> ChartReading:
    """Claude at `rank` of the overall US chart on the n-th day."""
    ids = list(FILL)
    if rank is not None:
        ids.insert(rank - 1, CLAUDE)
    moment = at(f"{FIRST + timedelta(days=day)} 12:00")
    return chart_reading(moment, ids, chart=US, status=status, said=evidence(moment, parser=parser))


def a_week(settings: Settings) -> None:
    """Load a week in which Claude fell by a rank a day."""
    land(settings.data_dir, [look(day, 1 + day) for day in range(7)], "week")
    refresh(settings)


def test_estimating_twice_states_nothing_twice(settings: Settings) -> None:
    """The second run finds every figure as it was, and makes no load."""
    a_week(settings)
    first = estimate(settings)
    assert first.stated == answer(settings, "SELECT count(*) FROM lake.estimates").item() >= 7
    snapshot = last_complete(settings.data_dir)
    again = estimate(settings)
    assert (again.stated, again.restated, again.withdrawn) == (0, 0, 0)
    assert again.unchanged == first.stated
    assert last_complete(settings.data_dir) == snapshot


def test_an_unobserved_day_has_no_estimate_and_an_absent_one_a_bound(settings: Settings) -> None:
    """Ranked, failed, absent: a figure, nothing, an upper bound."""
    land(settings.data_dir, [look(0, 3), look(1, None, status=Status.FAILED), look(2, None)])
    refresh(settings)
    estimate(settings)
    with opened(settings) as cursor:
        rows = reads.daily(cursor, "claude").select("day", "kind", "central").rows()
    assert [(day, kind) for day, kind, _ in rows] == [(FIRST, "estimated"), (FIRST + timedelta(days=2), "upper_bound")]
    assert rows[1][2] is None


def test_a_restated_figure_stays_visible_beside_the_first(settings: Settings) -> None:
    """A better parser moves a rank: the figure is restated, the first statement is still there, and as of then."""
    a_week(settings)
    estimate(settings)
    before = last_complete(settings.data_dir)
    land(settings.data_dir, [look(0, 10, parser=2)], "again")
    refresh(settings)
    assert estimate(settings).restated == 1
    with opened(settings) as cursor:
        told = reads.statements(cursor, "claude", FIRST, FIRST + timedelta(days=1), store="apple", country="us")
    assert told.select("first", pl.col("central").round()).rows() == [(True, 119_120), (False, 52_000)]
    now, then = (answer(settings, _CENTRAL, moment).item() for moment in (None, before))
    assert (round(now), round(then)) == (52_000, 119_120)


_CENTRAL = f"SELECT central FROM estimates WHERE app = 'claude' AND day = DATE '{FIRST}' AND country = 'us'"


def claimed(settings: Settings, downloads: int, number: int = 0) -> None:
    """File a vendor's figure for Claude's first week."""
    rows = [claim_row(number, FIRST, downloads)]
    land_rows(
        settings.data_dir, "claims", {CLAIMS: _typed(rows)}, at("2026-11-02 00:00") + timedelta(seconds=number), ""
    )
    refresh(settings)


def claim_row(number: int, first: date, downloads: int) -> dict[str, object]:
    """A vendor's figure for the seven days of Claude from `first` on."""
    text = f"""
        app = "claude"
        quantity = "downloads"
        value = {downloads}
        stores = ["apple"]
        countries = ["us"]
        since = {first}
        until = {first + timedelta(days=6)}
        kind = "vendor_estimate"
        said_by = "A vendor"
        origin = "Vendor {number}"
        fr = "Un chiffre."
        en = "A figure."
        sources = [{{ title = "A page", publisher = "A site" }}]
    """
    return _claim_row(read_claim(f"made-up-{number}", text))


def _typed(rows: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(rows, {name: kind for name, kind in SCHEMAS["claims"].items() if name != "recorded_at"})


def test_a_calibration_writes_a_version_beside_the_old_and_changes_no_earlier_snapshot(settings: Settings) -> None:
    """Twice what the curve says moves its level up; as of before, figures, sums and methods are what they were."""
    a_week(settings)
    estimate(settings)
    with opened(settings) as cursor:
        week = (FIRST, FIRST + timedelta(days=7))
        sums = reads.sums(cursor, "claude", *week, countries=["us"])
        race = launches.race(cursor)
    before = last_complete(settings.data_dir)
    claimed(settings, round(2 * sums["central"].item()))
    done = calibrate(settings)
    assert done.versions == {"rank_curve": 2}
    with opened(settings) as cursor:
        assert reads.sums(cursor, "claude", *week, countries=["us"])["central"].item() > 1.2 * sums["central"].item()
        assert reads.methods(cursor).filter(method="rank_curve")["version"].to_list() == [1, 2]
    with opened(settings, before) as cursor:
        assert reads.sums(cursor, "claude", *week, countries=["us"]).equals(sums)
        assert reads.methods(cursor).filter(method="rank_curve")["version"].to_list() == [1]
        assert launches.race(cursor).equals(race)
    assert calibrate(settings).versions == {}, "the same ground truth gives no further version"


def test_without_ground_truth_nothing_is_fitted_and_it_is_said(settings: Settings) -> None:
    """An empty warehouse, and one whose claims no estimate covers, say that there is too little."""
    assert "No ground truth" in str(calibrate(settings))
    told = backtest(settings)
    assert {method["coverage"] for method in told.methods} == {None}
    assert "too little ground truth" in str(told)


def test_a_backtest_lists_what_was_held_out(settings: Settings) -> None:
    """One covered claim is one tested point, and too few to speak of coverage."""
    a_week(settings)
    claimed(settings, 500_000)
    told = backtest(settings)
    (row,) = told.points
    assert (row["point"], row["method"], row["downloads"]) == ("made-up-0", "rank_curve", 500_000)
    assert row["low"] < row["central"] < row["high"]
    counts = {method["method"]: method["points"] for method in told.methods}
    assert counts == {"rating_velocity": 0, "rank_curve": 1, "rating_velocity at Google Play": 0}


def test_ratings_become_estimates(settings: Settings) -> None:
    """Two looks at a listing a week apart give six whole days, flagged as interpolated."""
    land(
        settings.data_dir,
        [listing_reading(at("2026-10-01 12:00"), LE_CHAT, 100), listing_reading(at("2026-10-08 12:00"), LE_CHAT, 240)],
    )
    refresh(settings)
    estimate(settings)
    with opened(settings) as cursor:
        rows = reads.daily(cursor, "le-chat")
        total = reads.sums(cursor, "le-chat", date(2026, 10, 1), date(2026, 10, 9), countries=["no"])
    assert rows.height == 6
    assert rows["interpolated"].all()
    assert rows["central"].to_list() == pytest.approx([20 / 0.0163] * 6, rel=1e-3)
    assert total.select("covered", "bounded", "missing").row(0) == (6, 0, 2)


def test_more_downloads_than_people_are_restated_by_a_version_of_their_own(settings: Settings) -> None:
    """900,000 ratings among 5.6 million Norwegians: the published version is flagged, the next is not, both stay."""
    looks = [(f"2026-10-0{day} 00:00", day * 100_000) for day in range(1, 10)]
    land(settings.data_dir, [listing_reading(at(moment), LE_CHAT, count) for moment, count in looks])
    refresh(settings)
    estimate(settings)
    days = (date(2026, 10, 1), date(2026, 10, 9))
    with opened(settings) as cursor:
        first = reads.sums(cursor, "le-chat", *days)
    before = last_complete(settings.data_dir)
    assert first["exceeds_population"].to_list() == [["no"]]
    assert calibrate(settings).bounded == 1
    with opened(settings) as cursor:
        (second,) = reads.sums(cursor, "le-chat", *days).iter_rows(named=True)
        told = reads.statements(cursor, "le-chat", *days, store="apple", country="no")
    assert (second["method_version"], second["exceeds_population"]) == (3, [])
    assert sorted(told["method_version"].unique()) == [2, 3]
    with opened(settings, before) as cursor:
        assert reads.sums(cursor, "le-chat", *days).equals(first)


def test_with_enough_ground_truth_the_fit_finds_it_and_the_backtest_tells_how_well(settings: Settings) -> None:
    """Twelve weeks, each half as much again as the curve: the level follows, and coverage and error are told."""
    weeks, chance = range(12), random.Random(6)
    land(settings.data_dir, [look(day, 1 + day % 30) for day in range(7 * len(weeks))], "weeks")
    refresh(settings)
    estimate(settings)
    starts = [FIRST + timedelta(days=7 * week) for week in weeks]
    with opened(settings) as cursor:
        days = reads.daily(cursor, "claude", store="apple", countries=["us"])
    truth = [
        1.5 * days.filter(pl.col("day").is_between(start, start + timedelta(days=6)))["central"].sum()
        * math.exp(chance.gauss(0, 0.1))
        for start in starts
    ]  # fmt: skip
    rows = [claim_row(week, starts[week], round(truth[week])) for week in weeks]
    land_rows(settings.data_dir, "claims", {CLAIMS: _typed(rows)}, at("2026-11-02 00:00"), "")
    refresh(settings)
    told = {method["method"]: method for method in backtest(settings).methods}
    curve = told["rank_curve"]
    assert (curve["points"], curve["verdict"], curve["coverage_with_noise"]) == (12, "told", 1.0)
    assert curve["coverage"] == curve["inside"] / 12 > 0.5
    assert curve["median_error"] < 0.2, "the published curve alone is a third off"
    assert f"{curve['inside']} of 12 points inside the 80 % band" in str(backtest(settings))
    assert calibrate(settings).versions == {"rank_curve": 2}
    with opened(settings) as cursor:
        fitted = json.loads(reads.methods(cursor).filter(method="rank_curve", version=2)["parameters"].item())
    assert fitted["base"]["apple"] / 52_000 == pytest.approx(1.5, rel=0.1)
    assert fitted["sigma_level"] < 0.15


def test_play_s_own_installs_are_ground_truth_for_the_rate_of_rating(settings: Settings) -> None:
    """Ratings and exact installs on two pages fit the app's rate, and are a point that the common rate is tested on."""
    land(
        settings.data_dir,
        [on_play("2026-10-01 12:00", 40_000, 1_000_000), on_play("2026-10-08 12:00", 45_000, 1_100_000)],
    )
    refresh(settings)
    told = backtest(settings)
    (row,) = told.points
    assert (row["point"], row["method"], row["downloads"]) == ("chatgpt", "rating_velocity at Google Play", 100_000)
    assert row["central"] == pytest.approx(5_000 / 0.0163, rel=0.01)
    assert not row["inside"], "at the common rate so many ratings would mean three times as many installs"
    assert (calibrate(settings).rates, calibrate(settings).versions) == (1, {})
    with opened(settings) as cursor:
        fitted = json.loads(reads.methods(cursor).filter(method="rating_velocity", version=3)["parameters"].item())
    assert math.exp(fitted["apps"]["chatgpt"]["ln_c"]) == pytest.approx(0.036, abs=0.002)


def test_a_warehouse_of_before_gets_a_version_beside_what_it_holds(settings: Settings) -> None:
    """Coefficients that its newest version lacks are added to it under the next number; fitted ones are kept."""
    first = {"ln_c": -4.1166, "sigma_c": 0.8, "apps": {}}
    fitted = {**first, "apps": {"chatgpt": {"ln_c": -3.3, "sigma_c": 0.4}}}
    old = [("rating_velocity", n, json.dumps(own), 0, "Before") for n, own in enumerate((first, fitted), 1)]
    rows = pl.DataFrame(old, ["method", "version", "parameters", "points", "basis"], orient="row")
    land_rows(settings.data_dir, "methods", {METHODS: rows}, at("2026-11-01 00:00"), "as they were")
    refresh(settings)
    for _ in range(2):
        publish_methods(settings)
    with opened(settings) as cursor:
        held = reads.methods(cursor).filter(method="rating_velocity")
    assert held["version"].to_list() == [1, 2, 3]
    assert json.loads(held["parameters"][2]) == {**fitted, "prior_count": 0.5}
    assert json.loads(held["parameters"][1]) == fitted


def on_play(moment: str, ratings: int, installs: int) -> ListingReading:
    """ChatGPT's page at Google Play."""
    listing = Listing(name="ChatGPT", rating_count=ratings, installs_exact=installs)
    said = evidence(at(moment))
    return ListingReading(StoreName.GOOGLE_PLAY, "us", "com.openai.chatgpt", Status.COMPLETE, None, listing, said)
