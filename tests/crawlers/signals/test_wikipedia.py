"""Wikimedia's answers: the recorded months of ChatGPT, and the recorded text of a 429."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from crawlers.signals.wikipedia import WikipediaDaily, WikipediaMonthly
from essor.model.errors import Blocked, FetchError, LayoutChanged, SettingsError
from essor.model.observation import Status

SOURCE = WikipediaMonthly()
URL = (
    "https://wikimedia.org/api/rest_v1/metrics/pageviews/per-article/en.wikipedia/all-access/user/ChatGPT/monthly"
    "/20221201/20260930"
)
DAY = (
    b'{"items":[{"article":"Le_Chat_(AI)","granularity":"daily","timestamp":"2026100700","agent":"user","views":9},'
    b'{"article":"Le_Chat_(AI)","granularity":"daily","timestamp":"2026100800","agent":"user","views":4}]}'
)


def test_recorded_months(real: Path) -> None:
    """Each month is what another collection of the same figures holds."""
    target = SOURCE.recognise(URL)
    assert target is not None
    (reading,) = SOURCE.parse((real / "adoption" / "wikimedia_pageviews_ChatGPT_monthly.json").read_bytes(), target)
    with (real / "adoption" / "enwiki_pageviews_monthly_user.csv").open(encoding="utf-8") as file:
        want = {row["month"]: int(row["views"]) for row in csv.DictReader(file) if row["article"] == "ChatGPT"}
    assert {(point.start or "")[:7]: point.value for point in reading.points} == want
    assert len(want) == 46


def test_month_that_was_not_over_is_left_out(real: Path) -> None:
    """The running month comes back partial: what is asked for up to the 29th has no September."""
    target = SOURCE.recognise(URL)
    assert target is not None
    body = (real / "adoption" / "wikimedia_pageviews_ChatGPT_monthly.json").read_bytes()
    (reading,) = SOURCE.parse(body, replace(target, until=date(2026, 9, 29)))
    assert reading.points[-1].start == "2026-08-01"
    (reading,) = SOURCE.parse(body, replace(target, until=date(2022, 12, 30)))
    assert (reading.status, reading.message) == (Status.EMPTY, "no period was over by 2022-12-30")


def test_recorded_text_of_a_429(real: Path) -> None:
    """The text is a block, with whatever code it comes."""
    target = SOURCE.recognise(URL)
    assert target is not None
    with pytest.raises(Blocked):
        SOURCE.parse((real / "adoption" / "wikimedia_429_body.txt").read_bytes(), target)


def test_days() -> None:
    """The same answer by day; made by hand in the recorded shape."""
    source = WikipediaDaily()
    target = source.recognise(
        "https://wikimedia.org/api/rest_v1/metrics/pageviews/per-article/en.wikipedia/all-access/user/Le_Chat_%28AI%29"
        "/daily/2026100700/2026100800"
    )
    assert target is not None
    assert target.subjects == ("Le_Chat_(AI)",)
    assert [tuple(point)[:3] for point in source.parse(DAY, target)[0].points] == [
        (9, "2026-10-07", "2026-10-08"),
        (4, "2026-10-08", "2026-10-09"),
    ]
    with pytest.raises(LayoutChanged, match="asked for article Mistral_Vibe"):
        source.parse(DAY, replace(target, subjects=("Mistral_Vibe",)))
    with pytest.raises(FetchError):
        source.parse(b'{"items": []}', target)


def test_titles_are_quoted_and_a_range_is_needed() -> None:
    """A slash in a title is no part of the path; an open range cannot be asked for."""
    target = SOURCE.recognise(URL)
    assert target is not None
    odd = replace(target, subjects=("AC/DC & é",))
    assert "/user/AC%2FDC_%26_%C3%A9/monthly/" in SOURCE.url(odd)
    assert SOURCE.recognise(SOURCE.url(odd)) == replace(odd, subjects=("AC/DC_&_é",))
    with pytest.raises(SettingsError, match="first and last day"):
        SOURCE.url(replace(target, until=None))
