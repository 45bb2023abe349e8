"""Workloads: sizes, and words that never repeat."""

from __future__ import annotations

import pytest

from essor.model.errors import SettingsError
from inference_probe.workloads import WORDS_A_TOKEN, WORKLOADS, prompt_text, request_of, workload


@pytest.mark.parametrize("kind", WORKLOADS, ids=lambda kind: kind.name)
def test_a_prompt_has_about_its_length(kind) -> None:  # noqa: ANN001 - parametrised
    """The words of a prompt are those of its tokens."""
    words = len(prompt_text(kind, 1).split())
    assert words == pytest.approx(kind.prompt_tokens * WORDS_A_TOKEN, rel=0.1, abs=4)


def test_no_two_requests_begin_alike() -> None:
    """Index, repetition, warm-up and seed each change the first words, so that no cache of prefixes helps."""
    kind = workload("chat-short")
    requests = [
        request_of(kind, index, repetition=repetition, warmup=warmup, seed=seed)
        for index in range(5)
        for repetition in range(3)
        for warmup in (False, True)
        for seed in (0, 1)
    ]
    assert len({" ".join(request.prompt.split()[:2]) for request in requests}) == len(requests)


def test_every_target_is_asked_the_same() -> None:
    """The same index gives the same request each time."""
    kind = workload("code")
    assert request_of(kind, 3, repetition=1) == request_of(kind, 3, repetition=1)


def test_an_unknown_workload_is_refused_with_the_known_ones() -> None:
    """An unknown name is refused with a text that lists what can be typed."""
    with pytest.raises(SettingsError, match="chat-long"):
        workload("poetry")
