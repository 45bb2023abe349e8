"""Conformance against two real servers on the processor: `transformers serve` and llama-cpp-python's.

They are in the extras `probe` and `llama`, which `.ci/run` installs; without them the tests say what is missing.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from essor.model.probes import Outcome, ProbeRun, ProbeSample, ProbeTarget
from inference_probe.plan import Plan
from inference_probe.run import run_probe
from inference_probe.workloads import workload
from tests.inference_probe import llama_server
from tests.inference_probe.tiny_server import make_model, serving

pytestmark = pytest.mark.slow

KNOWN = {
    "done_marker": False,
    "usage_at": "with_choices",
    "role_chunk": True,
    "empty_chunks": False,
    "keep_alives": False,
    "strict_fields": True,
    "length_forced_by": "generation_config",
}
"""What the reference says of `transformers serve`."""


@pytest.fixture(name="target", scope="module")
def _target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProbeTarget]:
    for name in ("torch", "transformers", "tokenizers", "uvicorn"):
        pytest.importorskip(name, reason=f"{name} is not installed: `transformers serve` cannot run")
    if not Path(sys.executable).with_name("transformers").exists() and not shutil.which("transformers"):
        pytest.skip("there is no `transformers` command beside this Python")
    folder = make_model(tmp_path_factory.mktemp("mistral"))
    with serving(folder) as base:
        yield ProbeTarget("transformers", "openai_http", str(folder), base, weights="random")


@pytest.fixture(name="measured", scope="module")
def _measured(target: ProbeTarget) -> tuple[ProbeRun, list[ProbeSample]]:
    words: list[ProbeSample | ProbeRun] = []
    plan = Plan(workload("chat-short"), requests=6, repetitions=2, warmup=1, users=2, timeout_s=60)
    (run,) = run_probe([target], plan, words.append)
    return run, [word for word in words if isinstance(word, ProbeSample)]


def test_every_request_is_answered_whole_and_at_the_length_asked(
    measured: tuple[ProbeRun, list[ProbeSample]],
) -> None:
    """All samples are complete, counted by the server, and of exactly the tokens asked for."""
    run, samples = measured
    assert run.outcome is Outcome.COMPLETE, run.message
    assert {sample.outcome for sample in samples} == {Outcome.COMPLETE}
    assert {(sample.completion_tokens, sample.count_source) for sample in samples} == {(64, "usage")}


@pytest.mark.parametrize("name", KNOWN)
def test_the_quirks_found_are_those_known(measured: tuple[ProbeRun, list[ProbeSample]], name: str) -> None:
    """Each quirk of the reference's list is detected."""
    assert getattr(measured[0].quirks, name) == KNOWN[name]


def test_several_tokens_come_in_a_chunk(measured: tuple[ProbeRun, list[ProbeSample]]) -> None:
    """The server packs tokens: counting chunks would be wrong, and the samples show it."""
    sample = measured[1][-1]
    assert sample.completion_tokens is not None
    assert sum(1 for chunk in sample.chunks if chunk.text) < sample.completion_tokens


def test_users_at_once_are_answered_one_after_the_other(measured: tuple[ProbeRun, list[ProbeSample]]) -> None:
    """The server has a real queue: no answer begins while another is being written."""
    spans = sorted((s.first_token_ns or 0, s.last_token_ns or 0) for s in measured[1] if not s.warmup)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_times_stand_in_order(measured: tuple[ProbeRun, list[ProbeSample]]) -> None:
    """Scheduled, sent, headers, first event, first token, last token and end follow one another."""
    for sample in measured[1]:
        marks = (
            sample.scheduled_ns,
            sample.sent_ns,
            sample.headers_ns,
            sample.first_event_ns,
            sample.first_token_ns,
            sample.last_token_ns,
            sample.ended_ns,
        )
        assert list(marks) == sorted(mark or 0 for mark in marks)


def test_a_model_that_is_not_served_is_a_result(target: ProbeTarget) -> None:
    """Another model's name ends the target with the server's own words."""
    other = ProbeTarget("other", "openai_http", "no/such-model", target.base_url)
    (run,) = run_probe([other], Plan(workload("chat-short"), requests=1, timeout_s=30), lambda word: None)
    assert run.outcome is not Outcome.COMPLETE
    assert run.message


KNOWN_OF_LLAMA = {
    "done_marker": True,
    "usage_at": "none",
    "role_chunk": True,
    "empty_chunks": True,
    "strict_fields": False,
}
"""What the reference says of llama-cpp-python's server."""


@pytest.fixture(name="llama", scope="module")
def _llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProbeTarget]:
    for name in ("llama_cpp", "gguf", "uvicorn"):
        pytest.importorskip(name, reason=f"{name} is not installed: llama-cpp-python's server cannot run")
    with llama_server.serving(llama_server.make_gguf(tmp_path_factory.mktemp("llama") / "tiny.gguf")) as base:
        yield ProbeTarget("llama-cpp", "openai_http", None, base, weights="random")


@pytest.fixture(name="of_llama", scope="module")
def _of_llama(llama: ProbeTarget) -> tuple[ProbeRun, list[ProbeSample]]:
    words: list[ProbeSample | ProbeRun] = []
    (run,) = run_probe([llama], Plan(workload("chat-short"), requests=4, repetitions=2, warmup=1), words.append)
    return run, [word for word in words if isinstance(word, ProbeSample)]


@pytest.mark.parametrize("name", KNOWN_OF_LLAMA)
def test_the_quirks_of_llama_cpp_are_those_known(of_llama: tuple[ProbeRun, list[ProbeSample]], name: str) -> None:
    """Each quirk of the reference's list is detected."""
    assert getattr(of_llama[0].quirks, name) == KNOWN_OF_LLAMA[name]


def test_nobody_counts_the_tokens_of_llama_cpp(of_llama: tuple[ProbeRun, list[ProbeSample]]) -> None:
    """Its streams hold no usage: chunks with text are counted, and the samples say so."""
    run, samples = of_llama
    assert (run.outcome, run.count_source) == (Outcome.COMPLETE, "chunks")
    assert all(s.completion_tokens == sum(1 for chunk in s.chunks if chunk.text) for s in samples)


def test_llama_cpp_takes_any_models_name_and_the_probe_does_not(llama: ProbeTarget) -> None:
    """The server answers for a model that it does not have; the probe asks what it has, and measures nothing else."""
    body = {"model": "no/such-model", "prompt": "le vent", "max_tokens": 1}
    assert httpx.post(f"{llama.base_url}/completions", json=body).status_code == 200
    other = replace(llama, model="no/such-model")
    (run,) = run_probe([other], Plan(workload("chat-short"), requests=1, repetitions=1, warmup=0), lambda word: None)
    assert run.outcome is Outcome.SKIPPED
    assert "no/such-model" in str(run.message)


def test_an_over_long_prompt_is_an_empty_answer(llama: ProbeTarget) -> None:
    """llama-cpp answers 200 with a stream that holds nothing; that is no figure."""
    (run,) = run_probe([llama], Plan(workload("summarise"), requests=1, repetitions=1, warmup=0), lambda word: None)
    assert run.outcome is Outcome.EMPTY
