"""OpenRouter's answers: the export made by hand in its documented shape, and the two recorded copies of its page."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from crawlers.signals._source import SignalTarget
from crawlers.signals.openrouter import SHARE, SHOWN_SHARE, SHOWN_TOKENS, TOKENS, OpenRouter, read_page_copy
from essor.model.errors import FetchError, LayoutChanged
from essor.model.observation import Status
from essor.model.signals import SignalPoint

SOURCE = OpenRouter()
TARGET = SignalTarget("openrouter", ("mistralai",), SOURCE.metrics, None, date(2026, 10, 9))
HEADER = "date,model_permaslug,rank,total_tokens,share_of_daily_tokens\r\n"
DAY = (
    "2026-10-08,openai/gpt-5.5-20260423,1,7500000000000,0.75\r\n"
    "2026-10-08,mistralai/devstral-2,2,1000000000000,0.1\r\n"
    "2026-10-08,mistralai/devstral-2:free,3,500000000000,0.05\r\n"
    "2026-10-08,other,,1000000000000,0.1\r\n"
)


def test_makers_sum_of_a_day() -> None:
    """A maker's models are summed, variants included; other has no rank and is its own."""
    tokens, share = SOURCE.parse((HEADER + DAY).encode(), TARGET)
    assert (tokens.metric, tokens.points) == (TOKENS, (SignalPoint(1.5e12, "2026-10-08", "2026-10-09"),))
    assert (share.metric, share.points) == (SHARE, (SignalPoint(0.15, "2026-10-08", "2026-10-09"),))
    everything = SOURCE.parse((HEADER + DAY).encode(), replace(TARGET, subjects=()))
    assert {reading.subject for reading in everything} == {"openai", "mistralai", "other"}


def test_maker_below_the_cut_is_not_zero() -> None:
    """Who is not among the first 50 has no figure."""
    found = SOURCE.parse((HEADER + DAY).encode(), replace(TARGET, subjects=("x-ai",)))
    assert {(reading.status, reading.points) for reading in found} == {(Status.EMPTY, ())}


def test_day_that_is_not_whole_is_left_out() -> None:
    """A day whose shares do not sum to 1 lacks rows: the others stand, and the reading is partial."""
    lost = "2026-10-07,mistralai/devstral-2,2,1000000000000,0.1\r\n"
    tokens, _ = SOURCE.parse((HEADER + DAY + lost).encode(), TARGET)
    assert (tokens.status, len(tokens.points)) == (Status.PARTIAL, 1)
    assert tokens.message == "1 days are not whole and 0 rows cannot be read"


def test_answers_that_are_no_data() -> None:
    """200 without rows is a failure; so is a file cut short; HTML is another layout."""
    with pytest.raises(FetchError, match="without a single row"):
        SOURCE.parse(HEADER.encode(), TARGET)
    with pytest.raises(FetchError, match="cut short"):
        SOURCE.parse((HEADER + DAY)[:-5].encode(), TARGET)
    with pytest.raises(LayoutChanged):
        SOURCE.parse(b"<!doctype html>\n", TARGET)


def test_dated_file_is_asked_for() -> None:
    """Latest can mix dates; the dated file never changes."""
    url = SOURCE.url(TARGET)
    assert url.endswith("/rankings-daily/2026-10-09.csv#mistralai")
    assert SOURCE.recognise(url) == TARGET


def test_recorded_copy_of_the_page(real: Path) -> None:
    """Every maker of the copy, with tokens and share, as of the moment it was fetched."""
    body = (real / "adoption" / "sample_rankings_2026-05-16.json").read_bytes()
    rows = json.loads(body)["market_share"]
    found = {(reading.subject, reading.metric): reading.points for reading in read_page_copy(body)}
    moment = "2026-05-16T07:58:20Z"
    for row in rows:
        assert found[row["author"], SHOWN_TOKENS] == (SignalPoint(row["tokens"], None, moment),)
        assert found[row["author"], SHOWN_SHARE] == (SignalPoint(row["share_pct"], None, moment),)
    assert len(found) == 2 * len(rows)
    assert found["anthropic", SHOWN_TOKENS][0].value == 3_497_431_147_344


def test_recorded_empty_copy_is_a_failure(real: Path) -> None:
    """A 200 without a maker is no day without use."""
    with pytest.raises(FetchError, match="not one maker"):
        read_page_copy((real / "adoption" / "sample_rankings_EMPTY_2026-08-22.json").read_bytes())
