"""StatCounter's answers: the recorded table, whose last rows are zeros before its time."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from crawlers.signals._source import SignalTarget
from crawlers.signals.statcounter import SHARE, StatCounter
from essor.model.errors import FetchError, LayoutChanged, SettingsError
from essor.model.observation import Status
from essor.model.signals import SignalPoint

SOURCE = StatCounter()
TARGET = SignalTarget("statcounter", (), SOURCE.metrics, date(2025, 4, 1), date(2026, 9, 30))
CHATBOTS = ["ChatGPT", "Perplexity", "Google Gemini", "Microsoft Copilot", "Claude", "Deepseek", "Other"]


@pytest.mark.parametrize("chatbot", CHATBOTS)
def test_recorded_shares(real: Path, chatbot: str) -> None:
    """Eighteen months a chatbot, in order; the months of zeros are not there."""
    path = real / "adoption" / "statcounter_ai_chatbot_ww_monthly.csv"
    (reading,) = SOURCE.parse(path.read_bytes(), replace(TARGET, subjects=(chatbot,)))
    with path.open(encoding="utf-8") as file:
        want = {row["Date"]: float(row[chatbot]) for row in csv.DictReader(file) if row["ChatGPT"] != "0"}
    assert reading.metric is SHARE
    assert {(point.start or "")[:7]: point.value for point in reading.points} == want
    assert [point.start for point in reading.points] == sorted(point.start or "" for point in reading.points)
    assert len(reading.points) == 18


def test_known_shares(real: Path) -> None:
    """ChatGPT's first and last recorded share, as the source writes them."""
    body = (real / "adoption" / "statcounter_ai_chatbot_ww_monthly.csv").read_bytes()
    (reading,) = SOURCE.parse(body, replace(TARGET, subjects=("ChatGPT",)))
    assert reading.points[0] == SignalPoint(84.21, "2025-04-01", "2025-05-01", "84.21")
    assert reading.points[-1] == SignalPoint(80.47, "2026-09-01", "2026-10-01", "80.47")


def test_columns_are_read_by_name_and_missing_ones_are_not_zero() -> None:
    """Their order changes with the range; Le Chat has no column."""
    body = b'"Date","Claude","ChatGPT"\n2026-08,2,80\n2026-09,3,79\n'
    found = SOURCE.parse(body, replace(TARGET, subjects=("ChatGPT", "Le Chat")))
    assert [point.value for point in found[0].points] == [80, 79]
    assert (found[1].status, found[1].points) == (Status.NOT_AVAILABLE, ())
    assert {reading.subject for reading in SOURCE.parse(body, TARGET)} == {"ChatGPT", "Claude"}


def test_tables_without_shares() -> None:
    """Zeros alone are a failure; the form of a single month is another layout."""
    with pytest.raises(FetchError, match="every share"):
        SOURCE.parse(b'"Date","ChatGPT"\n2023-01,0\n2023-02,0\n', TARGET)
    with pytest.raises(FetchError, match="without a single month"):
        SOURCE.parse(b'"Date","ChatGPT"\n', TARGET)
    with pytest.raises(LayoutChanged):
        SOURCE.parse(b'"AI Chatbot","Market Share Perc."\n"ChatGPT",80\n', TARGET)


def test_address_asks_for_whole_months_and_never_for_one() -> None:
    """The running month is not asked for; a single month would come in another form."""
    url = SOURCE.url(replace(TARGET, until=date(2026, 10, 12), subjects=("Google Gemini",)))
    assert SOURCE.recognise(url) == replace(TARGET, subjects=("Google Gemini",))
    with pytest.raises(SettingsError, match="two whole months"):
        SOURCE.url(replace(TARGET, since=date(2026, 9, 1), until=date(2026, 10, 12)))
