"""What happened, told once, and only where two looks tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from essor.jobs.ask import opened
from essor.jobs.refresh import refresh
from essor.model.listings import Listing, ListingReading
from essor.model.news import NewsKind
from essor.model.observation import Status
from essor.model.stores import StoreName
from essor.settings import Settings, read_settings
from tests.landed import CHATGPT, CLAUDE, FR, LE_CHAT, at, chart_reading, evidence, land
from warehouse.reads.news import EVER, news, reach

SINCE = at("2026-10-01 00:00")
US = replace(FR, country="us")
OTHERS = [f"70000000{number:02}" for number in range(40)]


def rows(settings: Settings, *readings: object, **asked: int) -> pl.DataFrame:
    """The news after these readings."""
    land(settings.data_dir, readings)  # type: ignore[arg-type]
    refresh(settings)
    with opened(settings) as cursor:
        return news(cursor, SINCE, **asked)


def told(found: pl.DataFrame) -> list[tuple[object, ...]]:
    """Kind, app, before, now; the oldest first."""
    return found.select("kind", "app", "before", "now").reverse().rows()


def chart(when: str, le_chat: int | None, *, depth: int = 40, status: Status = Status.COMPLETE) -> object:
    """A chart of so many rows, with Le Chat at this place."""
    ids = OTHERS[:depth]
    if le_chat:
        ids = [*OTHERS[: le_chat - 1], LE_CHAT, *OTHERS[le_chat - 1 : depth - 1]]
    return chart_reading(at(when), ids, status=status)


def test_a_course_through_the_chart_is_told_step_by_step(settings: Settings) -> None:
    """In, into the first ten, first, no longer first, out of the first ten, out: each once, none for small steps."""
    places = [None, 30, 29, 9, 1, 1, 2, 12, None]
    found = rows(settings, *(chart(f"2026-10-{day:02} 12:00", place) for day, place in enumerate(places, 2)), places=25)
    assert told(found) == [
        ("entered", "le-chat", None, 30), ("into_top", "le-chat", 29, 9), ("first", "le-chat", 9, 1),
        ("lost_first", "le-chat", 1, 2), ("out_of_top", "le-chat", 2, 12), ("left", "le-chat", 12, None),
    ]  # fmt: skip


def test_a_partial_look_and_a_shorter_one_tell_of_no_absence(settings: Settings) -> None:
    """Missing from a partial answer, or 30th before and not among 20 now: nobody left, and nobody came back."""
    found = rows(
        settings,
        chart("2026-10-02 12:00", 30),
        chart("2026-10-02 13:00", None, status=Status.PARTIAL),
        chart("2026-10-02 14:00", None, depth=20),
        chart("2026-10-02 15:00", 31),
    )
    assert told(found) == []


def test_a_long_gap_is_not_compared(settings: Settings) -> None:
    """A look eight days before says nothing of what happened when."""
    assert told(rows(settings, chart("2026-10-02 12:00", 30), chart("2026-10-10 12:01", 3))) == []


def test_a_move_within_a_day_is_told_when_it_is_first_seen(settings: Settings) -> None:
    """Hour by hour down by one place: told once, when ten places lie between it and the look a day before."""
    start = at("2026-10-02 00:00")
    looks = (chart(f"{start + timedelta(hours=hour):%Y-%m-%d %H:%M}", 15 + hour // 2) for hour in range(40))
    found = rows(settings, *looks)
    assert found.select("kind", "before", "now").rows() == [("moved", 15, 26)]


def test_the_same_news_whenever_it_is_asked_for(settings: Settings) -> None:
    """What is told from a later day on is the end of what is told from an earlier one on."""
    places = [None, 30, 9, 1, 2, 25, 12, None, 5]
    every = rows(settings, *(chart(f"2026-10-{day:02} 12:00", place) for day, place in enumerate(places, 2)))
    for day in range(2, 11):
        since = at(f"2026-10-{day:02} 00:00")
        with opened(settings) as cursor:
            late = news(cursor, since)
            early = news(cursor, SINCE, since)
        assert late.equals(every.filter(pl.col("observed_at") >= since))
        assert early.equals(every.filter(pl.col("observed_at") < since))


HOURS = st.lists(st.integers(0, 24 * 12), min_size=2, max_size=30, unique=True).map(sorted)


@hypothesis_settings(max_examples=5)
@given(hours=HOURS, data=st.data())
def test_news_read_in_pieces_are_the_news(
    tmp_path_factory: pytest.TempPathFactory, hours: list[int], data: st.DataObject
) -> None:
    """Looks near and far apart, whole and partial, deep and shallow, and a listing whose facts are missing at times."""
    settings = read_settings(data_dir=tmp_path_factory.mktemp("lake"))
    moments = [f"{SINCE + timedelta(hours=hour):%Y-%m-%d %H:%M}" for hour in hours]
    ranks, statuses = st.none() | st.integers(1, 40), st.sampled_from([Status.COMPLETE, Status.PARTIAL])
    versions = st.none() | st.sampled_from(["1.0", "1.1", "1.2"])
    looks = [
        chart(when, data.draw(ranks), depth=data.draw(st.sampled_from([20, 40])), status=data.draw(statuses))
        for when in moments
    ]
    counts = st.none() | st.integers(900, 5_000)
    stages = [listing(when, "fr", version=data.draw(versions), rating_count=data.draw(counts)) for when in moments[::3]]
    every = rows(settings, *looks, *stages)
    cuts = sorted(SINCE + timedelta(hours=hour) for hour in data.draw(st.sets(st.integers(1, 24 * 12), max_size=3)))
    with opened(settings) as cursor:
        pieces = [news(cursor, since, until) for since, until in pairwise([SINCE, *cuts, EVER])]
    assert pl.concat(reversed(pieces)).equals(every)


def test_only_what_is_wanted_is_looked_for(settings: Settings) -> None:
    """Asked for one kind or app, what comes of it is the same."""
    readings = [
        chart("2026-10-02 12:00", 30),
        chart("2026-10-03 12:00", 3),
        listing("2026-10-02 12:00", "fr", version="1"),
        listing("2026-10-03 12:00", "fr", version="2"),
    ]
    every = rows(settings, *readings)
    assert every.height == 2
    with opened(settings) as cursor:
        for kind in ("into_top", "version", "source_lost"):
            found = news(cursor, SINCE, kinds=(NewsKind(kind),))
            assert found.equals(every.filter(kind=kind))
        assert news(cursor, SINCE, apps=("le-chat",)).equals(every)
        assert news(cursor, SINCE, apps=("claude",)).is_empty()


def listing(when: str, country: str, app_id: str = LE_CHAT, **facts: object) -> ListingReading:
    """A look at a listing."""
    said = replace(evidence(at(when)), source="apple_lookup")
    return ListingReading(StoreName.APPLE, country, app_id, Status.COMPLETE, None, Listing(**facts), said)  # type: ignore[arg-type]


def test_a_version_is_told_by_the_first_storefront_that_shows_it(settings: Settings) -> None:
    """Two storefronts, one a day late, and one look that lags behind: one piece of news a version."""
    found = rows(
        settings,
        listing("2026-10-02 12:00", "fr", version="1.0"), listing("2026-10-02 12:00", "us", version="1.0"),
        listing("2026-10-03 12:00", "fr", version="1.1"), listing("2026-10-03 12:00", "us", version="1.0"),
        listing("2026-10-04 12:00", "fr", version="1.0"), listing("2026-10-04 12:00", "us", version="1.1"),
        listing("2026-10-05 12:00", "fr", version="1.1"), listing("2026-10-05 12:00", "us", version="1.1"),
    )  # fmt: skip
    assert found.select("kind", "country", "text_before", "text").rows() == [("version", "fr", "1.0", "1.1")]


def test_counts_scores_and_prices(settings: Settings) -> None:
    """A round count passed, one taken away, a fall of the mean, a price; a fact that is missing once is no change."""
    found = rows(
        settings,
        listing("2026-10-02 12:00", "fr", rating_count=950, rating_average=4.7, price=0.0, currency="EUR"),
        listing("2026-10-03 12:00", "fr", rating_count=None, rating_average=None, price=0.0, currency="EUR"),
        listing("2026-10-04 12:00", "fr", rating_count=2_100, rating_average=4.65, price=0.0, currency="EUR"),
        listing("2026-10-05 12:00", "fr", rating_count=2_050, rating_average=4.4, price=2.99, currency="EUR"),
    )
    assert sorted(told(found)) == [
        ("count_fell", "le-chat", 2_100, 2_050), ("price", "le-chat", 0.0, 2.99), ("ratings", "le-chat", 950, 2_000),
        ("score_fell", "le-chat", 4.65, 4.4),
    ]  # fmt: skip


@pytest.mark.parametrize("status", [Status.REFUSED, Status.BLOCKED, Status.FAILED, Status.LAYOUT_CHANGED])
def test_a_source_that_stops_and_returns(settings: Settings, status: Status) -> None:
    """A run without any answer after one with some is told, and the first with answers again; no app has moved."""
    looks = [("2026-10-02 12:00", Status.COMPLETE), ("2026-10-03 12:00", status), ("2026-10-04 12:00", status),
             ("2026-10-05 12:00", Status.COMPLETE)]  # fmt: skip
    for number, (when, ended) in enumerate(looks):
        said = evidence(at(when), run_id=f"run-{number}")
        ids = [CHATGPT, CLAUDE] if ended.usable else []
        land(settings.data_dir, [chart_reading(at(when), ids, status=ended, said=said)], f"run-{number}")
    refresh(settings)
    with opened(settings) as cursor:
        found = news(cursor, SINCE)
    assert found.select("kind", "source", "text_before").reverse().rows() == [
        ("source_lost", "apple_legacy_rss", status.value),
        ("source_back", "apple_legacy_rss", None),
    ]


def test_a_storefront_alone_has_the_news_of_its_charts(settings: Settings) -> None:
    """What is asked of one storefront is what all of them tell, less the others' charts."""
    places = [None, 30, 9, 1, 2, 25]
    looks = [chart(f"2026-10-{day:02} 12:00", place) for day, place in enumerate(places, 2)]
    ids = [CLAUDE, *OTHERS[:20]]
    days = {day: at(f"2026-10-{day:02} 12:00") for day in (2, 3, 4)}
    american = [chart_reading(days[day], ids if day % 2 else ids[1:], chart=US) for day in days]
    every = rows(settings, *looks, *american)
    with opened(settings) as cursor:
        assert news(cursor, SINCE, country="us").equals(every.filter(pl.col("country") == "us"))
        assert every.filter(pl.col("country") == "us").height == 2
        assert reach(cursor, 3)["since"].item() == days[4]
        assert reach(cursor, 1, country="us")["since"].item() == days[3]
        assert reach(cursor, 1, at("2026-10-04 00:00"), country="us")["since"].item() == days[2]
        assert reach(cursor, 9)["since"].item() is None
