"""GitHub's answers: totals, a rename, a refusal. No body was recorded: these are made by hand from its known fields."""

from __future__ import annotations

import json

import pytest

from crawlers.signals.github import FORKS, STARS, GitHub
from essor.model.errors import Blocked, LayoutChanged
from essor.model.observation import Status
from essor.model.signals import SignalPoint

SOURCE = GitHub()
OLD = "ggerganov/llama.cpp"


def body(**fields: object) -> bytes:
    """An answer."""
    return json.dumps({"full_name": OLD, "stargazers_count": 70_000, "forks_count": 9_000} | fields).encode()


def test_totals_are_read() -> None:
    """One reading a figure, as of the observation."""
    target = SOURCE.recognise(f"https://api.github.com/repos/{OLD}")
    assert target is not None
    stars, forks = SOURCE.parse(body(), target)
    assert (stars.metric, stars.points, stars.status) == (STARS, (SignalPoint(70_000),), Status.COMPLETE)
    assert (forks.metric, forks.points) == (FORKS, (SignalPoint(9_000),))


def test_rename_keeps_the_key_and_says_so() -> None:
    """The number that a rename leads to is the same repository, asked for by its old name."""
    target = SOURCE.recognise(f"https://api.github.com/repositories/612354784#{OLD.replace('/', '%2F')}")
    assert target is not None
    assert target == SOURCE.recognise(SOURCE.url(target))
    reading = SOURCE.parse(body(full_name="ggml-org/llama.cpp"), target)[0]
    assert (reading.subject, reading.status) == (OLD, Status.COMPLETE)
    assert reading.message == "ggerganov/llama.cpp is now ggml-org/llama.cpp"
    assert SOURCE.recognise("https://api.github.com/repositories/612354784") is None


def test_missing_total_is_never_a_zero() -> None:
    """A figure that is not there, or is no count, is a changed layout for that figure alone."""
    target = SOURCE.recognise(f"https://api.github.com/repos/{OLD}")
    assert target is not None
    stars, forks = SOURCE.parse(body(stargazers_count=None), target)
    assert (stars.status, stars.points) == (Status.LAYOUT_CHANGED, ())
    assert forks.status is Status.COMPLETE
    assert SOURCE.parse(body(stargazers_count=-1), target)[0].status is Status.LAYOUT_CHANGED
    assert SOURCE.parse(body(stargazers_count=True), target)[0].status is Status.LAYOUT_CHANGED


def test_refusal_in_the_body_is_a_block() -> None:
    """A rate limit that comes with 200 is still one; any other message is a changed layout."""
    target = SOURCE.recognise(f"https://api.github.com/repos/{OLD}")
    assert target is not None
    with pytest.raises(Blocked):
        SOURCE.parse(b'{"message": "API rate limit exceeded for 192.0.2.1"}', target)
    with pytest.raises(LayoutChanged):
        SOURCE.parse(b'{"message": "Moved Permanently"}', target)
