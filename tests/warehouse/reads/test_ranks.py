"""How high an app stood, and for how long: against counting by hand, and against the order in which things came."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import essor.jobs.refresh as job
from essor.jobs.ask import answer, opened
from essor.jobs.refresh import refresh
from essor.model.charts import Chart, ChartReading
from essor.model.observation import Status
from essor.settings import Settings, read_settings
from tests.landed import CHATGPT, CLAUDE, FR, LE_CHAT, at, chart_reading, evidence, land
from warehouse.reads import ranks

FIRST = date(2026, 9, 1)
OTHERS = [f"{7_000_000_000 + n}" for n in range(60)]
CHARTS = [replace(FR, country=country) for country in ("fr", "us", "de", "gb", "jp", "no", "es", "it")]
"""One load brings as many histories as there are storefronts: each in its own."""


def day_of_ranks(
    number: int, rank: int | None, *, status: Status = Status.COMPLETE, depth: int = 60, chart: Chart = FR
) -> ChartReading:
    """A look on the n-th day that has Le Chat at `rank`, or not at all."""
    ids = OTHERS[: depth - (rank is not None)]
    if rank is not None:
        ids.insert(rank - 1, LE_CHAT)
    return chart_reading(at(f"{FIRST + timedelta(days=number)} 15:00"), ids, status=status, chart=chart)


def loaded(folder: Path, readings: Sequence[ChartReading], cuts: Sequence[int] = ()) -> Settings:
    """A warehouse into which these readings came in pieces."""
    settings = read_settings(data_dir=folder)
    bounds = [0, *sorted(cuts), len(readings)]
    for number, (start, end) in enumerate(itertools.pairwise(bounds)):
        if readings[start:end]:
            land(settings.data_dir, readings[start:end], f"run-{number}")
            refresh(settings)
    return settings


def longest(flags: Sequence[bool]) -> tuple[int, int | None]:
    """Length and first index of the longest run of True, by trying every stretch."""
    found = [
        (end - start, -start)
        for start, end in itertools.combinations(range(len(flags) + 1), 2)
        if all(flags[start:end])
    ]
    return (max(found)[0], -max(found)[1]) if found else (0, None)


Day = tuple[str, int]
days = st.lists(
    st.one_of(
        st.tuples(st.just("ranked"), st.integers(1, 15)),
        st.tuples(st.just("absent"), st.sampled_from([5, 60])),
        st.tuples(st.just("partial"), st.just(60)),
        st.tuples(st.just("failed"), st.just(0)),
        st.tuples(st.just("nobody"), st.just(0)),
    ),
    min_size=1,
    max_size=14,
)
histories = st.lists(days, min_size=4, max_size=len(CHARTS))


def readings_of(found: Sequence[Day], chart: Chart = FR) -> list[ChartReading]:
    """A look for each day that had one."""
    made = {
        "ranked": partial(day_of_ranks, chart=chart),
        "absent": lambda n, value: day_of_ranks(n, None, depth=value, chart=chart),
        "partial": lambda n, value: day_of_ranks(n, None, status=Status.PARTIAL, depth=value, chart=chart),
        "failed": lambda n, _: day_of_ranks(n, None, status=Status.FAILED, depth=0, chart=chart),
    }
    return [made[state](number, value) for number, (state, value) in enumerate(found) if state != "nobody"]


def readings_of_all(found: Sequence[Sequence[Day]]) -> list[ChartReading]:
    """The looks of each history, at a chart of its own."""
    return [reading for each, chart in zip(found, CHARTS, strict=False) for reading in readings_of(each, chart)]


@hypothesis_settings(max_examples=5, deadline=None)
@given(found=histories)
def test_peaks_and_streaks_are_what_counting_by_hand_gives(
    tmp_path_factory: pytest.TempPathFactory, found: list[list[Day]]
) -> None:
    """Peak, days in the first N and longest streak, known and possible, by their plain definition."""
    settings = loaded(tmp_path_factory.mktemp("hand"), readings_of_all(found))
    with opened(settings) as cursor:
        for history, chart in zip(found, CHARTS, strict=False):
            counted_by_hand(history, ranks.peaks(cursor, chart), ranks.days_in_top(cursor, chart, (1, 3, 10)))


def counted_by_hand(found: Sequence[Day], peaks: pl.DataFrame, tops: pl.DataFrame) -> None:
    """Compare what the warehouse says of one history with what it plainly is."""
    looked = [n for n, (state, _) in enumerate(found) if state != "nobody"]
    span = found[looked[0] : looked[-1] + 1] if looked else []
    ranked = [(value, n) for n, (state, value) in enumerate(span) if state == "ranked"]
    if not ranked:
        assert peaks.is_empty()
        return
    first = FIRST + timedelta(days=looked[0])
    (row,) = peaks.iter_rows(named=True)
    assert (row["peak_rank"], row["peak_on"]) == (min(ranked)[0], first + timedelta(days=min(ranked)[1]))
    assert row["days"] == len(span) == row["ranked"] + row["absent"] + row["unknown"]
    for row in tops.iter_rows(named=True):
        inside = [state == "ranked" and value <= row["top"] for state, value in span]
        outside = [
            (state == "ranked" and value > row["top"]) or (state == "absent" and value >= row["top"])
            for state, value in span
        ]
        possible = [not out for out in outside]
        assert (row["days_known"], row["days_possible"]) == (sum(inside), sum(possible))
        for kind, flags in (("known", inside), ("possible", possible)):
            length, start = longest(flags)
            assert row[f"streak_{kind}"] == length
            assert row[f"streak_{kind}_from"] == (None if start is None else first + timedelta(days=start))


@pytest.mark.slow
@hypothesis_settings(max_examples=4, deadline=None)
@given(found=histories, seed=st.randoms(use_true_random=False), cuts=st.sets(st.integers(1, 60), max_size=4))
def test_arrival_order_pieces_and_replays_change_no_metric(
    tmp_path_factory: pytest.TempPathFactory, found: list[list[Day]], seed: Any, cuts: set[int]
) -> None:
    """The same looks in any order, in pieces, and all of them once more, give the same figures."""
    readings = readings_of_all(found)
    mixed = [*seed.sample(readings, len(readings)), *readings]
    plain = loaded(tmp_path_factory.mktemp("plain"), readings)
    pieces = loaded(tmp_path_factory.mktemp("pieces"), mixed, [cut for cut in cuts if cut < len(mixed)])
    with opened(plain) as one, opened(pieces) as other:
        for read, chart in itertools.product((ranks.daily, ranks.peaks, ranks.days_in_top), CHARTS[: len(found)]):
            assert read(one, chart).equals(read(other, chart))


@hypothesis_settings(max_examples=4, deadline=None)
@given(found=st.lists(st.tuples(days, st.integers(0, 13)), min_size=2, max_size=len(CHARTS) // 2))
def test_a_gap_only_widens_what_is_possible(
    tmp_path_factory: pytest.TempPathFactory, found: list[tuple[list[Day], int]]
) -> None:
    """A day that nobody looked at takes away what was known of it and adds to what is possible, never the reverse."""
    both = [each for history, hole in found for each in (history, with_a_hole(history, hole))]
    with opened(loaded(tmp_path_factory.mktemp("gap"), readings_of_all(both))) as cursor:
        tops = [ranks.days_in_top(cursor, chart, (1, 3, 10)) for chart in CHARTS[: len(both)]]
    for was, now in zip(tops[::2], tops[1::2], strict=True):
        beside = was.join(now, ["app", "top"], suffix="_holed")
        assert beside.height == now.height
        for kind in ("days", "streak"):
            assert (beside[f"{kind}_known"] >= beside[f"{kind}_known_holed"]).all()
            assert (beside[f"{kind}_possible"] <= beside[f"{kind}_possible_holed"]).all()


def with_a_hole(history: Sequence[Day], hole: int) -> list[Day]:
    """The same history without a look on this day, unless it is the first or the last."""
    inner = 0 < hole < len(history) - 1 and history[0][0] != "nobody" and history[-1][0] != "nobody"
    return [("nobody", 0) if inner and n == hole else day for n, day in enumerate(history)]


@contextmanager
def clock(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> Iterator[None]:
    """Let loads believe that it is `moment`."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return moment.astimezone(tz)

    with monkeypatch.context() as patch:
        patch.setattr(job, "datetime", Clock)
        yield


BY_HAND = """
    SELECT (observed_at AT TIME ZONE 'UTC')::DATE AS day, country, app_id, app, min(rank) AS best_rank,
           max(rank) AS worst_rank, avg(rank) AS mean_rank, arg_max(rank, observed_at) AS last_rank,
           count(*) AS readings
    FROM chart_entries GROUP BY ALL ORDER BY ALL
"""
ROLLED = """
    SELECT day, country, app_id, app, best_rank, worst_rank, mean_rank, last_rank, readings::BIGINT AS readings
    FROM chart_days ORDER BY ALL
"""
load = st.tuples(
    st.integers(0, 40),  # hours since the load before
    st.lists(st.tuples(st.integers(0, 71), st.permutations([LE_CHAT, CLAUDE, CHATGPT])), max_size=4),
    st.booleans(),  # read with a newer parser
)


@hypothesis_settings(max_examples=4, deadline=None)
@given(loads=st.lists(load, min_size=1, max_size=5))
def test_the_roll_up_is_the_aggregate_of_the_entries_in_every_snapshot(
    tmp_path_factory: pytest.TempPathFactory, loads: list[Any]
) -> None:
    """Open days, late readings, replaced readings: what is stored is what the entries give, then and ever after."""
    settings, now, first = read_settings(data_dir=tmp_path_factory.mktemp("snapshots")), at("2026-10-01 06:00"), {}
    monkeypatch = pytest.MonkeyPatch()
    for number, (hours, looks, newer) in enumerate(loads):
        now += timedelta(hours=hours)
        readings = [
            chart_reading(moment, ids, said=evidence(moment, parser=1 + newer))
            for back, ids in dict(looks).items()
            if (moment := now.replace(minute=0) - timedelta(hours=back)) is not None
        ]
        if not readings:
            continue
        land(settings.data_dir, readings, f"run-{number}")
        with clock(monkeypatch, now):
            (done,) = refresh(settings)
        first[done.recorded_at] = answer(settings, ROLLED)
    for moment, rolled in first.items():
        assert answer(settings, ROLLED, as_of=moment).equals(rolled)
        assert answer(settings, BY_HAND, as_of=moment).rows() == rolled.rows()


def test_a_day_is_stored_once_it_is_over(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The day of the load is counted as it stands; the first load of the next day writes it down, once."""
    for hour in ("10:00", "14:00"):
        land(settings.data_dir, [chart_reading(at(f"2026-10-08 {hour}"), [LE_CHAT])], f"run-{hour}")
        with clock(monkeypatch, at(f"2026-10-08 {hour}") + timedelta(minutes=5)):
            refresh(settings)
    assert answer(settings, "SELECT readings FROM chart_days").item() == 2
    assert answer(settings, "SELECT count(*) FROM lake.chart_days").item() == 0
    land(settings.data_dir, [chart_reading(at("2026-10-09 01:00"), [CLAUDE])], "next")
    with clock(monkeypatch, at("2026-10-09 01:05")):
        refresh(settings)
    assert answer(settings, "SELECT readings FROM lake.chart_days").to_series().to_list() == [2]
    assert answer(settings, "SELECT readings FROM chart_days ORDER BY day").to_series().to_list() == [2, 1]


def test_a_warehouse_older_than_the_roll_up_is_rolled_up_whole(settings: Settings) -> None:
    """Where the tables of the roll-up are not there yet, the next load makes them of every day that is over."""
    loaded(settings.data_dir, [day_of_ranks(n, n + 1) for n in range(3)])
    rolled = answer(settings, ROLLED)
    for name in ("look_days", "chart_days"):
        shutil.rmtree(settings.data_dir / "lake" / name)
    assert answer(settings, "SELECT count(*) FROM chart_days").item() == 0
    land(settings.data_dir, [day_of_ranks(40, 9)], "next")
    refresh(settings)
    assert answer(settings, ROLLED).filter(pl.col("day") < date(2026, 10, 1)).equals(rolled)


def test_storefronts_not_looked_at_lately_are_possible_not_known(settings: Settings) -> None:
    """#1 in one storefront, outside in another, and one that nobody looked at this week."""
    german, american = (type(FR)(FR.store, country, FR.collection, FR.category) for country in ("de", "us"))
    readings = [
        day_of_ranks(9, 1),
        chart_reading(at("2026-09-10 12:00"), [CLAUDE, LE_CHAT], chart=german),
        chart_reading(at("2026-09-01 12:00"), [LE_CHAT], chart=american),
    ]
    land(settings.data_dir, readings)
    refresh(settings)
    with opened(settings) as cursor:
        tops = ranks.storefronts_in_top(cursor, FR, "le-chat", date(2026, 9, 10))
        fronts = ranks.by_storefront(cursor, FR, "le-chat", date(2026, 9, 10))
    assert tops.rows() == [(1, 1, 2, ["fr"]), (10, 2, 3, ["fr", "de"])]
    assert dict(fronts.select("country", "state").rows()) == {"fr": "ranked", "de": "ranked", "us": "not_observed"}


def test_days_are_counted_from_the_launch(settings: Settings) -> None:
    """Day 0 is the day of launch; the days before it are left out, unobserved ones are there."""
    settings = loaded(settings.data_dir, [day_of_ranks(n, rank) for n, rank in ((0, 9), (2, 5), (4, 3))])
    with opened(settings) as cursor:
        aligned = ranks.since_launch(cursor, FR, {"le-chat": FIRST + timedelta(days=2)})
    rows = aligned.select("days_since_launch", "state", "best_rank").rows()
    assert rows == [(0, "ranked", 5), (1, "not_observed", None), (2, "ranked", 3)]


@pytest.fixture(scope="module")
def replayed(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The real captures of charts, replayed."""
    from essor.jobs.replay import replay

    settings = read_settings(data_dir=tmp_path_factory.mktemp("real"))
    files = [real / "apple" / name for name in (
        "fr-productivity-top-free-2026-09-16..10-10.warc.gz", "photo-video-fr-us-2026-02-20..08-22.warc.gz",
    )]  # fmt: skip
    list(replay(settings, files, lambda *_: None))
    return settings


def test_le_chat_in_france(replayed: Settings) -> None:
    """24 readings over 25 UTC days, five of them without a look: what is known, and what the gaps leave open."""
    with opened(replayed) as cursor:
        (peak,) = ranks.peaks(cursor, FR).filter(app="le-chat").iter_rows(named=True)
        top = ranks.days_in_top(cursor, FR, (10, 30, 50, 60)).filter(app="le-chat")
        days = ranks.daily(cursor, FR).filter(app="le-chat")
    assert (peak["peak_rank"], peak["peak_on"]) == (28, date(2026, 10, 8))
    assert (peak["days"], peak["ranked"], peak["absent"], peak["unknown"]) == (25, 20, 0, 5)
    assert top.select("top", "days_known", "days_possible", "streak_known", "streak_possible").rows() == [
        (10, 0, 5, 0, 1), (30, 2, 7, 2, 3), (50, 6, 11, 2, 3), (60, 14, 19, 4, 6),
    ]  # fmt: skip
    assert days.filter(pl.col("day") == date(2026, 10, 7))["state"].item() == "not_observed"
    assert days["looks"].sum() == 24


@pytest.mark.parametrize("country", ["fr", "us"])
def test_half_a_year_of_daily_charts(replayed: Settings, country: str) -> None:
    """184 daily charts of Photo & Video: each day's roll-up is the day's only chart, and Meta AI left on 9 April."""
    chart = type(FR)(FR.store, country, FR.collection, "6008")
    query = f"""
        SELECT count(DISTINCT day), count(*), sum(readings)::BIGINT,
               bool_and(best_rank = worst_rank AND best_rank = last_rank)
        FROM chart_days WHERE country = '{country}' AND category = '6008'
    """
    entries = answer(replayed, f"SELECT count(*) FROM chart_entries WHERE country = '{country}' AND category = '6008'")
    assert answer(replayed, query).row(0) == (184, entries.item(), entries.item(), True)
    with opened(replayed) as cursor:
        (peak,) = ranks.peaks(cursor, chart).filter(app="meta-ai").iter_rows(named=True)
    assert (peak["ranked"], peak["absent"], peak["unknown"]) == (48, 136, 0)
