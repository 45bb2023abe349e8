"""The local engine as a target."""

from __future__ import annotations

import asyncio
import time

import pytest

from essor.model.errors import BackendUnavailable
from essor.model.probes import CountSource, Outcome, ProbeRequest, ProbeRun, ProbeSample, ProbeTarget
from inference_probe.backend import open_session
from inference_probe.backends.torch_local import parse
from inference_probe.plan import Plan
from inference_probe.run import run_probe
from inference_probe.wire import Ending, Exchange, Piece
from inference_probe.workloads import workload

TINY = "--device cpu --dtype float32 --tiny --compile none --slots 256 --new-tokens 8"


def test_each_line_is_a_token_with_the_childs_time() -> None:
    """Tokens are chunks of one, counted by the engine itself."""
    body = b'{"at_ns": 5, "token": 17}\n{"at_ns": 7, "token": 4}\n{"end": true, "at_ns": 7, "prompt_tokens": 9}\n'
    pieces = tuple(Piece(at, line + b"\n") for at, line in zip((5, 7, 7), body.splitlines(), strict=True))
    said = parse(Exchange(None, 0, None, None, {}, pieces, 7, Ending.WHOLE))
    assert [(chunk.at_ns, chunk.tokens) for chunk in said.chunks] == [(5, 1), (7, 1)]
    assert (said.completion_tokens, said.counted_by, said.prompt_tokens) == (2, CountSource.LOCAL_TOKENIZER, 9)


def test_a_machine_without_torch_or_gpu_makes_the_target_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that cannot start is skipped with its last words."""
    monkeypatch.setenv("ESSOR_PROBE_LOCAL", "--device abacus")
    with pytest.raises(BackendUnavailable, match="did not start"):
        asyncio.run(open_session(ProbeTarget("gpu", "torch_local", "mistral-7b-v0.3"), time.perf_counter_ns, 2))


@pytest.mark.slow
def test_the_engine_answers_requests_like_any_target(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run against a tiny engine has complete samples with a time for every token."""
    pytest.importorskip("torch", reason="torch is not installed: the local engine cannot run")
    monkeypatch.setenv("ESSOR_PROBE_LOCAL", TINY)
    words: list[ProbeSample | ProbeRun] = []
    target = ProbeTarget("tiny", "torch_local", "mistral-7b-v0.3", weights="random")
    (run,) = run_probe([target], Plan(workload("chat-short"), requests=3, repetitions=1, users=2), words.append)
    assert (run.outcome, run.model, run.count_source) == (Outcome.COMPLETE, "tiny-mistral-7b-v0.3", "local_tokenizer")
    samples = [word for word in words if isinstance(word, ProbeSample)]
    assert all(len(sample.chunks) == sample.completion_tokens == 64 for sample in samples)


@pytest.mark.slow
def test_an_engine_that_hangs_is_killed_and_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that takes too long ends as timed out, and the child is gone."""
    pytest.importorskip("torch", reason="torch is not installed: the local engine cannot run")
    monkeypatch.setenv("ESSOR_PROBE_LOCAL", TINY.replace("256", "4096"))

    async def hung() -> tuple[Exchange, Exchange]:
        target = ProbeTarget("tiny", "torch_local", "mistral-7b-v0.3")
        session = await open_session(target, time.perf_counter_ns, 2)
        request = ProbeRequest(0, "", 64, 4000)
        found = [await session.ask(request, 0.05) for _ in range(2)]
        await session.close()
        return found[0], found[1]

    first, second = asyncio.run(hung())
    assert first.ending is Ending.TIMED_OUT
    assert second.ending is Ending.LOST
