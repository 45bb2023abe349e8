"""Tranco's answers: the recorded ranks of chatgpt.com, and the recorded empty answer for a subdomain."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawlers.signals.tranco import Tranco
from essor.model.errors import LayoutChanged
from essor.model.observation import Status
from essor.model.signals import SignalPoint

SOURCE = Tranco()


def test_recorded_ranks(real: Path) -> None:
    """Every recorded day, oldest first, as of its list's day."""
    body = (real / "adoption" / "tranco_ranks_domain_chatgpt.com.json").read_bytes()
    target = SOURCE.recognise("https://tranco-list.eu/api/ranks/domain/chatgpt.com")
    assert target is not None
    (reading,) = SOURCE.parse(body, target)
    rows = json.loads(body)["ranks"]
    assert reading.points == tuple(SignalPoint(row["rank"], None, row["date"]) for row in reversed(rows))
    assert reading.points[-1] == SignalPoint(87, None, "2026-10-07")


def test_recorded_empty_answer(real: Path) -> None:
    """An empty list is a status of its own, and no rank."""
    body = (real / "adoption" / "tranco_ranks_domain_EMPTY_subdomain.json").read_bytes()
    target = SOURCE.recognise("https://tranco-list.eu/api/ranks/domain/gemini.google.com")
    assert target is not None
    (reading,) = SOURCE.parse(body, target)
    assert (reading.status, reading.points) == (Status.EMPTY, ())
    assert "subdomain" in (reading.message or "")


def test_another_domain_is_not_taken() -> None:
    """The answer says whose ranks they are."""
    target = SOURCE.recognise("https://tranco-list.eu/api/ranks/domain/claude.ai")
    assert target is not None
    with pytest.raises(LayoutChanged):
        SOURCE.parse(b'{"ranks": [], "domain": "claude.com"}', target)
