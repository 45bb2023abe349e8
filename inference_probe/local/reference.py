"""The library's own model: where the weights come from, and the judge of the engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from essor.model.errors import ProbeError
from inference_probe.architecture import Architecture

PLAIN = {"attn_implementation": "eager", "experts_implementation": "eager"}
"""The library's plainest ways: whatever kernels it prefers elsewhere are not the judge."""
SPREAD = 0.02
"""Standard deviation of random weights: never zeros, which run faster than real numbers."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the library's model answers to a prompt."""

    prompt: torch.Tensor
    """Token ids, [batch, length]."""
    tokens: torch.Tensor
    """Greedy tokens of `generate()`, [batch, new]."""
    logits: torch.Tensor
    """Logits of plain eager from the prompt's last position on, float32 [batch, new, vocabulary]."""
    rounding: float
    """Relative error of these logits against the same weights in float32: what the number format alone costs."""


def random_model(shape: Architecture, device: str, dtype: torch.dtype, *, seed: int = 0, spread: float = SPREAD) -> Any:  # noqa: ANN401
    """The library's model of `shape` with every weight drawn from N(0, spread), norms around 1."""
    values = dict(shape.config)
    config = AutoConfig.for_model(values.pop("model_type"), **values)
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=dtype, **PLAIN)
    _fill(model, seed, spread)
    return checked(model, shape)


def loaded_model(shape: Architecture, folder: str, device: str, dtype: torch.dtype) -> Any:  # noqa: ANN401 - a library model
    """The library's model of `shape` with the real weights (safetensors) of `folder`."""
    with torch.device(device):
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, local_files_only=True, use_safetensors=True, **PLAIN
        )
    return checked(model, shape)


def checked(model: Any, shape: Architecture) -> Any:  # noqa: ANN401 - a library model
    """`model`, ready to answer. Raises ProbeError when it has not exactly the parameters of `shape`."""
    built = sum(parameter.numel() for parameter in model.parameters())
    if built != shape.published:
        raise ProbeError(
            f"{shape.slug}: the built model has {built:,} parameters, its config says {shape.published:,}."
        )
    return model.eval()


def expected_answer(model: Any, vocabulary: int, *, batch: int, length: int, new: int, seed: int = 1) -> Expected:  # noqa: ANN401
    """What `model` answers to a random prompt, greedily, and with what logits."""
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    prompt = torch.randint(3, vocabulary, (batch, length), generator=generator).to(device)
    with torch.inference_mode():
        model.generation_config.eos_token_id = None
        whole = model.generate(
            prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=new, do_sample=False, pad_token_id=0
        )
        logits = model(whole[:, :-1], use_cache=False).logits[:, length - 1 :].float()
        with _in_float32(model):
            exact = model(whole[:, :-1], use_cache=False).logits[:, length - 1 :]
    return Expected(prompt, whole[:, length:], logits, float((logits - exact).norm() / exact.norm()))


@contextmanager
def _in_float32(model: Any) -> Iterator[None]:  # noqa: ANN401 - a library model
    """While it holds, each part of `model` computes in float32, widened when its turn comes and then put back.

    One layer is wide at a time, so that a model fits that would not as a whole.
    """
    body = model.model
    parts = [body.embed_tokens, *body.layers, body.norm, model.lm_head]
    kinds = {id(tensor): tensor.dtype for part in parts for tensor in part.parameters()}

    def narrow(part: Any) -> None:  # noqa: ANN401 - a library module
        for tensor in part.parameters():
            tensor.data = tensor.data.to(kinds[id(tensor)])

    hooks = [part.register_forward_pre_hook(lambda part, _: _widen(part)) for part in parts]
    hooks += [part.register_forward_hook(lambda part, *_: narrow(part)) for part in parts]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _widen(part: Any) -> None:  # noqa: ANN401 - a library module
    for tensor in part.parameters():
        tensor.data = tensor.data.float()


def _fill(model: Any, seed: int, spread: float) -> None:  # noqa: ANN401 - a library model
    generator = torch.Generator(device=next(model.parameters()).device).manual_seed(seed)
    around_one = {"gemma2"}.isdisjoint({model.config.model_type})
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(0.0, spread, generator=generator)
            if "norm" in name and around_one:
                parameter.add_(1.0)
