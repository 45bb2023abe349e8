"""Damaged answers of every signal source: readings or declared errors, nothing else."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawlers.signals._series import read_series
from crawlers.signals._source import SignalTarget, signal_sources
from crawlers.signals.openrouter import read_page_copy
from essor.model.errors import FetchError, LayoutChanged
from essor.model.observation import Status
from essor.model.signals import SignalReading

REAL = Path(__file__).resolve().parents[4] / "shared" / "real" / "adoption"
MADE = {
    "github": b'{"full_name":"a/b","stargazers_count":7,"forks_count":3}',
    "dockerhub": b'{"namespace":"a","name":"b","pull_count":398,"star_count":1}',
    "huggingface": b'{"id":"a/b","downloads":5,"downloadsAllTime":9,"likes":4}',
    "pypi_overall": b'{"data":[{"category":"without_mirrors","date":"2020-05-01","downloads":2}],"package":"a/b"}',
    "pypi_recent": b'{"data":{"last_day":1,"last_week":7,"last_month":30},"package":"a/b"}',
    "tranco": b'{"ranks":[{"date":"2026-10-07","rank":87},{"date":"2026-10-06","rank":88}],"domain":"a/b"}',
    "wikipedia_monthly": b'{"items":[{"article":"a/b","granularity":"monthly","timestamp":"2026080100",'
    b'"agent":"user","views":5}]}',
    "wikipedia_daily": b'{"items":[{"article":"a/b","granularity":"daily","timestamp":"2026080100",'
    b'"agent":"user","views":5}]}',
    "crux": b"origin,rank\nhttps://a/b,5000\nhttps://www.a/b,1000\n",
    "statcounter": b'"Date","a/b","Other"\n2026-08,80,20\n2026-09,79.5,0\n2023-01,0,0\n',
    "openrouter": b"date,model_permaslug,rank,total_tokens,share_of_daily_tokens\r\n2026-08-08,a/b,1,75,0.9\r\n"
    b"2026-08-08,other,,10,0.1\r\n",
    "ollama": b'<html><a href="/library/c"></a><a href="/library/a"><span>1.2M</span><span>&nbsp;Pulls</span></html>',
}
"""A small answer a source, made by hand."""
TOKENS = [
    b"null",
    b"[]",
    b"{}",
    b'"',
    b"-1",
    b"1e999",
    b"NaN",
    b"9999-12-31",
    b"9999123100",
    b"0001-01-01",
    b"99999999999999999999",
    b"\xff",
    b"\0",
    b"[" * 3000,
]
HISTORIES = {"github": "date,repo,stars,forks\n2026-01-01,a/b,5,1\n2026-01-02,a/b,4,2\n"}


def parsers() -> dict[str, tuple[bytes, Callable[[bytes], tuple[SignalReading, ...]]]]:
    """Each parser with a body to damage."""
    found: dict[str, tuple[bytes, Callable[[bytes], tuple[SignalReading, ...]]]] = {}
    for source in signal_sources():
        subject = "a" if source.name in ("openrouter", "ollama") else "a/b"
        target = SignalTarget(source.name, (subject,), source.metrics, date(2026, 8, 1), date(2026, 10, 31))
        found[source.name] = (MADE[source.name], lambda body, s=source, t=target: s.parse(body, t))
        if source.history is not None and source.name in HISTORIES:
            packed = gzip.compress(HISTORIES[source.name].encode(), mtime=0)
            found[f"{source.name} table"] = (
                packed,
                lambda body, s=source: read_series(body, s.name, s.history),
            )
    found["openrouter copy"] = (small_copy(), read_page_copy)
    return found


@cache
def small_copy() -> bytes:
    """The beginning and the makers of a copy of OpenRouter's page."""
    return (
        b'{"meta":{"source_url":"https://openrouter.ai/rankings","fetched_at":"2026-05-16T07:58:20+00:00"},'
        b'"market_share":[{"rank":1,"author":"anthropic","tokens":3497431147344,"share_pct":16.5}]}'
    )


PARSERS = parsers()


@pytest.mark.parametrize("name", PARSERS)
def test_undamaged_bodies_are_read(name: str) -> None:
    """What is damaged below is, whole, an answer with figures."""
    body, parse = PARSERS[name]
    assert all(reading.status.usable for reading in parse(body))


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damaged_bodies_give_model_words_or_declared_errors(name: str, data: st.DataObject) -> None:
    """Bytes replaced, cut out, repeated or lost at the end: a reading, Blocked, FetchError or LayoutChanged."""
    body, parse = PARSERS[name]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body)))
        end = min(len(body), start + data.draw(st.integers(0, 30)))
        put = data.draw(st.one_of(st.sampled_from(TOKENS), st.binary(max_size=6), st.just(body[start:end] * 2)))
        body = body[:start] + put + body[end:]
    with suppress(FetchError, LayoutChanged):
        for reading in parse(body):
            assert reading.status in Status
            assert bool(reading.points) == reading.status.usable
            assert all(point.value >= 0 for point in reading.points)


@pytest.mark.skipif(not REAL.exists(), reason=f"the real captures are not here ({REAL})")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damaged_recorded_bodies(data: st.DataObject) -> None:
    """The same with the recorded answers, by every parser."""
    path = data.draw(st.sampled_from(sorted(REAL.glob("*.json")) + sorted(REAL.glob("statcounter*.csv"))))
    body = path.read_bytes()
    start = data.draw(st.integers(0, len(body)))
    body = body[:start] + data.draw(st.sampled_from(TOKENS)) + body[start + data.draw(st.integers(0, 30)) :]
    for _, parse in PARSERS.values():
        with suppress(FetchError, LayoutChanged):
            assert all(reading.status in Status for reading in parse(body))
