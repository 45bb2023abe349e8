"""The library's own model: where the weights come from, and the judge of the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from essor.model.errors import ProbeError
from inference_probe.architecture import Architecture

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


def random_model(shape: Architecture, device: str, dtype: torch.dtype, *, seed: int = 0, spread: float = SPREAD) -> Any:  # noqa: ANN401
    """The library's model of `shape` with every weight drawn from N(0, spread), norms around 1."""
    values = dict(shape.config)
    config = AutoConfig.for_model(values.pop("model_type"), **values)
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=dtype, attn_implementation="eager")
    _fill(model, seed, spread)
    return checked(model, shape)


def loaded_model(shape: Architecture, folder: str, device: str, dtype: torch.dtype) -> Any:  # noqa: ANN401 - a library model
    """The library's model of `shape` with the real weights (safetensors) of `folder`."""
    with torch.device(device):
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, attn_implementation="eager", local_files_only=True, use_safetensors=True
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
    return Expected(prompt, whole[:, length:], logits)


def _fill(model: Any, seed: int, spread: float) -> None:  # noqa: ANN401 - a library model
    generator = torch.Generator(device=next(model.parameters()).device).manual_seed(seed)
    around_one = {"gemma2"}.isdisjoint({model.config.model_type})
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(0.0, spread, generator=generator)
            if "norm" in name and around_one:
                parameter.add_(1.0)
