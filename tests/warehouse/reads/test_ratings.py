"""Ratings, versions and installs: counters that fall, reset, or were not looked at for a month."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from essor.jobs.ask import opened
from essor.jobs.history import import_history
from essor.jobs.refresh import refresh
from essor.model.listings import ListingReading
from essor.settings import Settings, read_settings
from tests.essor.jobs.test_estimate import on_play
from tests.landed import CHATGPT, CLAUDE, LE_CHAT, at, land, listing_reading
from warehouse.loads import last_complete
from warehouse.reads import launches, ratings
from warehouse.reads.events import median_band


def looks(counts: list[int | None], app_id: str = LE_CHAT) -> list[ListingReading]:
    """Daily looks at a count; None for a day without one."""
    return [
        listing_reading(at(f"2026-09-{day:02d} 12:00"), app_id, count)
        for day, count in enumerate(counts, 1)
        if count is not None
    ]


def counted(settings: Settings, counts: list[int | None], run: str = "run") -> list[dict[str, Any]]:
    """The steps of a count that was read daily."""
    land(settings.data_dir, looks(counts), run)
    refresh(settings)
    with opened(settings) as cursor:
        return ratings.steps(cursor, "le-chat").to_dicts()


def test_a_fall_and_its_recovery_add_nothing(settings: Settings) -> None:
    """Growth counts above the highest count; the fall is shown with how far it went."""
    rows = counted(settings, [100, 98, 103])
    assert [(r["change"], r["new_ratings"], r["fell_by"], r["days"]) for r in rows] == [
        ("first", None, 0, None), ("fell", None, 2, None), ("grew", 3, 0, 2.0),
    ]  # fmt: skip


def test_a_reset_starts_again(settings: Settings) -> None:
    """A count below half of the one before is a reset: what came in then is unknown, and growth goes on from there."""
    rows = counted(settings, [1000, 20, 50])
    assert [(r["change"], r["new_ratings"]) for r in rows] == [("first", None), ("reset", None), ("grew", 30)]


def test_the_score_is_that_of_the_last_look_and_of_what_came_in_between(settings: Settings) -> None:
    """A mean that is missing tells nothing of the period; a count of nought has no score, whatever it had before."""
    days = [listing_reading(at(f"2026-09-0{day} 12:00"), LE_CHAT, count, average=mean)
            for day, count, mean in ((1, 100, None), (2, 200, 4.0), (3, 400, 4.5), (4, 0, None))]  # fmt: skip
    land(settings.data_dir, days)
    refresh(settings)
    ends = (at("2026-09-04 00:00"), at("2026-09-05 00:00"))
    with opened(settings) as cursor:
        found = [ratings.scores(cursor, "le-chat", until=end).row(0, named=True) for end in ends]
        later = ratings.scores(cursor, "le-chat", at("2026-09-02 00:00"), ends[0]).row(0, named=True)
    assert [(row["score"], row["rating_count"], row["score_in_period"]) for row in found] == [
        (4.5, 400, None), (None, 0, None),
    ]  # fmt: skip
    assert later["score_in_period"] == 5.0


def test_a_gap_is_spread_over_its_days(settings: Settings) -> None:
    """Thirty new ratings over three days without a look are ten a day."""
    assert [row["per_day"] for row in counted(settings, [100, None, None, 130])] == [None, 10.0]


def changes(rows: list[dict[str, Any]]) -> list[tuple[str, int | None]]:
    """The change and the new ratings of each step."""
    return [(row["change"], row["new_ratings"]) for row in rows]


def test_a_spike_that_comes_back_is_set_aside_and_not_what_follows(settings: Settings) -> None:
    """184, 9,000, 186: two new ratings over two days, and the next ones count as they come."""
    rows = counted(settings, [180, 184, 9_000, 186, 190])
    assert changes(rows) == [("first", None), ("grew", 4), ("spike", None), ("grew", 2), ("grew", 4)]
    assert (rows[2]["fell_by"], rows[2]["days"], rows[3]["days"]) == (8_814, None, 2.0)
    with opened(settings) as cursor:
        (score,) = ratings.scores(cursor, "le-chat").iter_rows(named=True)
    assert (score["new_ratings"], score["spikes"], score["falls"], score["resets"]) == (10, 1, 0, 0)


def test_a_spike_is_one_only_once_the_count_came_back(settings: Settings) -> None:
    """As long as nothing later is known the count grew; as of then it stays so."""
    before = changes(counted(settings, [180, 184, 9_000]))
    then = last_complete(settings.data_dir)
    land(settings.data_dir, [listing_reading(at("2026-09-04 12:00"), LE_CHAT, 186)], "later")
    refresh(settings)
    with opened(settings) as cursor:
        now = changes(ratings.steps(cursor, "le-chat").to_dicts())
    with opened(settings, then) as cursor:
        assert changes(ratings.steps(cursor, "le-chat").to_dicts()) == before
    assert before[2] == ("grew", 8_816)
    assert now[2:] == [("spike", None), ("grew", 2)]


def test_a_count_far_too_low_that_comes_back_is_no_reset(settings: Settings) -> None:
    """1,000, 20, 1,010: ten new ratings; had it stayed low it would have been a reset."""
    assert changes(counted(settings, [990, 1_000, 20, 1_010])) == [
        ("first", None), ("grew", 10), ("fell", None), ("grew", 10),
    ]  # fmt: skip


def test_a_misread_that_two_looks_show_is_a_spike_too(settings: Settings) -> None:
    """Looks that lie within two days may all be too high, and differ."""
    moments = ("08-30 12:00", "09-01 12:00", "09-02 00:00", "09-02 12:00", "09-03 12:00", "09-09 12:00")
    read = [listing_reading(at(f"2026-{moment}"), LE_CHAT, count)
            for moment, count in zip(moments, (180, 184, 9_000, 9_010, 186, 187), strict=True)]  # fmt: skip
    land(settings.data_dir, read)
    refresh(settings)
    with opened(settings) as cursor:
        found = changes(ratings.steps(cursor, "le-chat").to_dicts())
    assert found == [("first", None), ("grew", 4), ("spike", None), ("spike", None), ("grew", 2), ("grew", 1)]


def test_a_spike_of_the_installs_is_set_aside_and_not_what_follows(settings: Settings) -> None:
    """A page that shows ninety times as many once: the growth is that of the others, and a milestone is not reached."""
    counts = (1_000_000, 90_000_000, 1_000_500, 1_000_400, 1_001_000)
    land(settings.data_dir, [on_play(f"2026-10-0{day} 12:00", 40_000, count) for day, count in enumerate(counts, 1)])
    refresh(settings)
    with opened(settings) as cursor:
        rows = ratings.install_steps(cursor, "chatgpt")
        reached = launches.race(cursor).filter(pl.col("kind") == "measured")["central"].max()
    assert rows.select("change", "new_installs", "fell_by").rows() == [
        ("first", None, None), ("spike", None, 88_999_500), ("grew", 500, None), ("fell", None, 100),
        ("grew", 500, None),
    ]  # fmt: skip
    assert reached == 1_001_000


grown = st.lists(st.integers(0, 30), min_size=3, max_size=9)
misread = st.tuples(grown, st.integers(1, 7), st.sampled_from([0.0, 0.2, 6.0, 50.0]))


@hypothesis_settings(max_examples=4, deadline=None, phases=[Phase.generate])
@given(found=st.tuples(misread, misread, misread), pieces=st.integers(1, 3))
def test_one_misread_count_changes_no_total(
    tmp_path_factory: pytest.TempPathFactory, found: tuple[tuple[list[int], int, float], ...], pieces: int
) -> None:
    """Too high or too low, in whatever order the looks arrive: what came in is the rise from the first to the last."""
    settings = read_settings(data_dir=tmp_path_factory.mktemp("counts"))
    apps = {"le-chat": LE_CHAT, "chatgpt": CHATGPT, "claude": CLAUDE}
    totals = {}
    for (app, key), (growth, place, times) in zip(apps.items(), found, strict=True):
        true = [100 + sum(growth[:n]) for n in range(len(growth) + 1)]
        at_place = min(place, len(true) - 2)  # neither the first nor the last look
        seen = [round(count * times) if n == at_place else count for n, count in enumerate(true)]
        totals[app], read = true[-1] - true[0], looks(list(seen), key)[::-1]
        for piece in range(pieces):
            land(settings.data_dir, read[piece::pieces], f"{app}-{piece}")
    refresh(settings)
    with opened(settings) as cursor:
        for app, total in totals.items():
            rows = ratings.steps(cursor, app).to_dicts()
            assert sum(row["new_ratings"] or 0 for row in rows) == total
            kinds = [row["change"] for row in rows if row["change"] not in ("first", "grew", "same")]
            assert kinds in (["spike"], ["fell"]), "the misread look is set aside and no other"


@pytest.fixture(scope="module")
def norway(tmp_path_factory: pytest.TempPathFactory, real: Path) -> Settings:
    """Three years of listings in Norway."""
    assert real.exists()
    settings = read_settings(data_dir=tmp_path_factory.mktemp("norway"))
    import_history(settings)
    return settings


def test_chatgpt_in_norway_over_three_years(norway: Settings) -> None:
    """184 looks from a first count of 0 to 115,214; one fall, of one rating, and the sum leaves it out."""
    with opened(norway) as cursor:
        rows = ratings.steps(cursor, "chatgpt")
        (score,) = ratings.scores(cursor, "chatgpt").iter_rows(named=True)
    assert rows.height == 184
    assert rows["rating_count"][0] == 0
    assert dict(rows["change"].value_counts().iter_rows())["fell"] == 1
    falls = rows.filter(change="fell")
    assert falls.select("previous_count", "rating_count", "fell_by").rows() == [(55, 54, 1)]
    assert falls["observed_at"][0].date() == date(2023, 8, 22)
    assert rows["new_ratings"].sum() == 115_214 == score["new_ratings"]
    assert (score["rating_count"], score["falls"], score["resets"], score["looks"]) == (115_214, 1, 0, 184)
    assert score["score_in_period"] is None, "with a fall in between the mean of the new ones cannot be told"
    assert rows["days"].max() > 28, "the month-long gaps are there"


def test_deepseek_and_gemini_in_norway(norway: Settings) -> None:
    """89 and 53 looks; DeepSeek rose by one and came back, and fell by one; Gemini's mean follows from two means."""
    with opened(norway) as cursor:
        deepseek = ratings.steps(cursor, "deepseek")
        gemini = ratings.scores(cursor, "gemini", datetime(2025, 9, 1, tzinfo=UTC)).row(0, named=True)
    assert deepseek.height == 89
    aside = deepseek.filter(pl.col("change").is_in(["fell", "spike"]))
    assert aside.select("change", "rating_count", "fell_by").rows() == [("spike", 124, 1), ("fell", 124, 1)]
    assert deepseek["new_ratings"].sum() == 126 - 95
    assert (gemini["looks"], gemini["new_ratings"]) == (53, 12_162 - 2_513)
    assert 4 < gemini["score_in_period"] < 5


def test_versions_and_prices_have_their_window(norway: Settings) -> None:
    """148 versions of ChatGPT were seen; each change lies between two looks, and the price never changed."""
    with opened(norway) as cursor:
        lines = ratings.timeline(cursor, "chatgpt", "no")
    versions = lines.filter(what="version")
    assert versions["value"].n_unique() == 148
    assert (versions["after"].drop_nulls() < versions["observed_at"].tail(-1)).all()
    assert lines.filter(what="price").height == 1


@given(values=st.lists(st.floats(0, 100), min_size=4, max_size=25))
def test_the_band_of_a_median_holds_it_and_is_made_of_values(values: list[float]) -> None:
    """Low, middle and high are in order, and the ends are values that were seen."""
    low, middle, high = median_band(values)
    assert low <= middle <= high
    assert {low, high} <= set(values)


def test_the_band_of_a_median_is_wide_enough() -> None:
    """For n values the chance that the median lies outside is at most 20 %, by the binomial law."""
    for n in range(4, 30):
        low, _, high = median_band([float(value) for value in range(n)])
        left_out = int(low)
        assert int(high) == n - 1 - left_out
        assert 2 * sum(math.comb(n, k) for k in range(left_out + 1)) / 2**n <= 0.2
    with pytest.raises(ValueError, match="3 values"):
        median_band([1.0, 2.0, 3.0])
