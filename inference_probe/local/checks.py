"""The engine judged by the library's own model before anything is timed."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from essor.model.errors import ProbeError
from inference_probe.local.engine import Engine
from inference_probe.local.reference import Expected

TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 2e-2, torch.float16: 1e-2}
"""Relative error of the logits that is always allowed, by number format."""
ROUNDINGS = 3.0
"""How many times the error that the number format alone makes is allowed: two ways to round differ by about 1.4."""


@dataclass(frozen=True, slots=True)
class Check:
    """How near the engine is to the library's model."""

    logits_error: float
    """Norm of the difference by norm of the logits."""
    tokens_agree: float
    """Share of the greedy tokens that are the same, ties within the logits' error counted as the same."""


def check(engine: Engine, expected: Expected) -> Check:
    """Compare the engine's steps, as they will be timed, with what the library's model answered to one prompt."""
    batch = engine.token.shape[0]
    prompt, tokens = expected.prompt[:1].expand(batch, -1), expected.tokens[:1].expand(batch, -1)
    ours = engine.follow(prompt.contiguous(), tokens.contiguous())
    theirs = expected.logits[:1].to(ours.device)
    error = float((ours - theirs).norm() / theirs.expand_as(ours).norm())
    return Check(error, _agreement(ours, theirs, expected.tokens[:1].to(ours.device)))


def limit_of(expected: Expected, dtype: torch.dtype) -> float:
    """The largest relative error of the logits that is allowed: rounding in many layers moves them far."""
    return max(TOLERANCE[dtype], ROUNDINGS * expected.rounding)


def refuse_wrong(result: Check, limit: float) -> None:
    """Raise ProbeError when the engine does not compute what the library's model computes, within `limit`."""
    if not result.logits_error <= limit:
        raise ProbeError(
            f"The engine's logits differ from plain eager by {result.logits_error:.2e} (limit {limit:.1e})."
        )
    if result.tokens_agree < 1:
        raise ProbeError(f"Only {result.tokens_agree:.1%} of the engine's tokens are those of generate().")


def _agreement(ours: torch.Tensor, theirs: torch.Tensor, tokens: torch.Tensor) -> float:
    """A token may differ only where the library's own logits hold the two nearer than twice the largest error seen."""
    slack = 2 * (ours - theirs).abs().max()
    chosen = ours.argmax(-1)
    best = theirs.gather(2, tokens[..., None])[..., 0]
    taken = theirs.expand_as(ours).gather(2, chosen[..., None])[..., 0]
    return float(((chosen == tokens) | (best - taken <= slack)).float().mean())
