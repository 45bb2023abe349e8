"""Anthropic's and Ollama's dialects, and the fake: the same truth in other words."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from essor.model.errors import BackendUnavailable, ProbeError
from essor.model.probes import CountSource, Outcome, ProbeRequest, ProbeSample, ProbeTarget, Quirks
from inference_probe.backend import backend_names, open_session
from inference_probe.backends import anthropic_http, ollama_http
from inference_probe.replica import Replica, scripted_server
from inference_probe.script import Script, text_of
from inference_probe.transcript import sample_of

REQUEST = ProbeRequest(index=0, prompt="hello", prompt_tokens=7, output_tokens=10)


ATTEMPTS = 50
"""So often a time is taken: the best is held against the truth, because a busy machine delays single ones."""


@dataclass(frozen=True)
class Answer:
    """What one question to a target gave."""

    sample: ProbeSample
    quirks: Quirks
    engine: str | None


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[Replica]:
    with scripted_server() as server:
        yield server


def test_every_file_of_the_folder_is_a_backend() -> None:
    """The folder is the registry."""
    assert set(backend_names()) == {"anthropic_http", "fake", "ollama_http", "openai_http", "torch_local"}


@pytest.mark.parametrize("backend", ["anthropic_http", "ollama_http", "fake", "openai_http"])
def test_every_dialect_tells_the_same_truth(server: Replica, backend: str) -> None:
    """The same script has the same text, count and times within milliseconds through every backend."""
    off: list[float] = []
    while not off or (min(off) >= 15 and len(off) < ATTEMPTS):
        sample = _ask(server, backend, Script(ttft=30, gap=7, reasoning=2)).sample
        first, last = _ms(sample.first_token_ns, sample.sent_ns), _ms(sample.last_token_ns, sample.first_token_ns)
        off.append(max(abs(first - 30), abs(last - 63)))
        assert sample.outcome is Outcome.COMPLETE
        assert (sample.completion_tokens, sample.count_source) == (10, CountSource.USAGE)
        assert "".join(chunk.text for chunk in sample.chunks) == text_of(0, 10)
        assert sum(chunk.reasoning for chunk in sample.chunks) == 2
    assert min(off) < 15


@pytest.mark.parametrize("backend", ["anthropic_http", "ollama_http"])
def test_an_error_in_the_stream_is_the_outcome(server: Replica, backend: str) -> None:
    """An error event or line after 200 fails the sample."""
    answer = _ask(server, backend, Script(fault="error", at=2))
    assert answer.sample.outcome is Outcome.SERVER_ERROR
    assert "scripted failure" in str(answer.sample.message)


def test_ollama_tells_its_own_durations(server: Replica) -> None:
    """The server's own durations are kept beside ours, and its version with the engine."""
    answer = _ask(server, "ollama_http", Script(ttft=30, gap=7))
    durations = dict(answer.sample.server_ns)
    assert (durations["prompt_eval_duration"], durations["eval_duration"]) == (30_000_000, 63_000_000)
    assert answer.engine == "ollama 0.0-scripted"


def test_anthropic_counts_at_both_ends(server: Replica) -> None:
    """Prompt tokens come with the start, answer tokens with the end."""
    sample = _ask(server, "anthropic_http", Script()).sample
    assert (sample.prompt_tokens, sample.completion_tokens, sample.finish) == (7, 10, "max_tokens")


def test_each_dialect_limits_the_length_in_its_own_field() -> None:
    """Anthropic and Ollama are told the same limit under their names."""
    assert anthropic_http.body_of("m", REQUEST)["max_tokens"] == 10
    assert ollama_http.body_of("m", REQUEST)["options"]["num_predict"] == 10


def test_the_fake_is_exact(server: Replica) -> None:
    """The fake's stamps are the script's own, to the nanosecond."""
    sample = _ask(server, "fake", Script(ttft=20, gap=5)).sample
    assert sample.sent_ns is not None
    found = [chunk.at_ns - sample.sent_ns for chunk in sample.chunks if chunk.text]
    assert found == [20_000_000 + 5_000_000 * index for index in range(10)]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("429", Outcome.RATE_LIMITED),
        ("500", Outcome.SERVER_ERROR),
        ("reset", Outcome.CUT),
        ("hang", Outcome.TIMED_OUT),
    ],
)
def test_the_fake_fails_as_told(server: Replica, fault: str, outcome: Outcome) -> None:
    """Every fault of a script has its outcome without a network too."""
    assert _ask(server, "fake", Script(fault=fault, at=2, ttft=1)).sample.outcome is outcome


def test_the_fake_waits_no_longer_than_asked(server: Replica) -> None:
    """A script that takes longer than the patience ends as timed out, without what would have come later."""
    sample = _ask(server, "fake", Script(ttft=990, gap=20)).sample
    assert sample.outcome is Outcome.TIMED_OUT
    assert sum(1 for chunk in sample.chunks if chunk.text) == 1


def test_the_fake_refuses_and_crashes_as_told(server: Replica) -> None:
    """A refused key makes the fake unavailable; a crash is an error of its own."""
    with pytest.raises(BackendUnavailable):
        _ask(server, "fake", Script(fault="401"))
    with pytest.raises(ProbeError, match="scripted crash"):
        _ask(server, "fake", Script(fault="crash"))


def test_no_ollama_makes_the_target_unavailable() -> None:
    """Without a server Ollama is skipped with its address."""
    target = ProbeTarget("t", "ollama_http", "m", "http://127.0.0.1:1")
    with pytest.raises(BackendUnavailable, match=r"127\.0\.0\.1:1"):
        asyncio.run(open_session(target, time.perf_counter_ns, 2))


def _ask(server: Replica, backend: str, script: Script) -> Answer:
    base = server.address if backend == "ollama_http" else f"{server.address}/v1"

    async def once() -> Answer:
        session = await open_session(ProbeTarget("t", backend, script.model, base), time.perf_counter_ns, 2)
        exchange = await session.ask(REQUEST, 1)
        sample = sample_of("r", REQUEST, 0, exchange, session.read(exchange))
        await session.close()
        return Answer(sample, session.quirks, session.engine)

    return asyncio.run(once())


def _ms(later: int | None, earlier: int | None) -> float:
    assert later is not None
    assert earlier is not None
    return (later - earlier) / 1e6
