"""Answer requests one by one over standard input and output, each token with its time: the local model as a target."""

from __future__ import annotations

import json
import time
from typing import TextIO

import torch

from inference_probe.architecture import Architecture
from inference_probe.local.engine import Engine
from inference_probe.local.measure import Case, Plan, built, fastest
from inference_probe.local.rates import wait


def answer_requests(shape: Architecture, plan: Plan, slots: int, asked: TextIO, said: TextIO) -> None:
    """Build and check `shape`, say that it is ready, then answer each line asked until the last.

    A request is ``{"prompt_tokens", "output_tokens", "seed"}``. Its answer is one line a token, ``{"at_ns", "token"}``,
    and a last line ``{"end": true, "at_ns"}``; times are of this machine's monotonic clock.
    """
    engine, _, _ = fastest(*built(shape, plan), Case(1, slots - plan.new_tokens), plan)
    _say(said, {"ready": True, "model": shape.slug, "captured": engine.captured, "slots": engine.slots})
    for line in asked:
        _answer(engine, json.loads(line), plan.device, said)


def _answer(engine: Engine, request: dict[str, int], device: str, said: TextIO) -> None:
    room = engine.slots - request["output_tokens"]
    length = max(1, min(request["prompt_tokens"], room))
    generator = torch.Generator().manual_seed(request.get("seed", 0))
    ids = torch.randint(3, engine.weights.shape.vocabulary, (1, length), generator=generator).to(device)
    engine.prefill(ids, plain=True)
    _tell_token(engine, device, said)
    for _ in range(request["output_tokens"] - 1):
        engine.step()
        _tell_token(engine, device, said)
    _say(said, {"end": True, "at_ns": time.perf_counter_ns(), "prompt_tokens": length})


def _tell_token(engine: Engine, device: str, said: TextIO) -> None:
    wait(device)
    token = int(engine.token[0])
    _say(said, {"at_ns": time.perf_counter_ns(), "token": token})


def _say(said: TextIO, words: dict[str, object]) -> None:
    said.write(json.dumps(words) + "\n")
    said.flush()
