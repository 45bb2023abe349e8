"""The same architectures small enough for a processor: every mechanism kept, every width cut."""

from __future__ import annotations

from typing import Any

from inference_probe.architecture import Architecture, architecture_from, count_parameters

_SMALL = {
    "hidden_size": 64,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "intermediate_size": 96,
    "vocab_size": 160,
    "sliding_window": 8,
    "num_local_experts": 8,
    "num_experts_per_tok": 2,
    "kv_lora_rank": 32,
    "qk_nope_head_dim": 16,
    "qk_rope_head_dim": 8,
    "v_head_dim": 12,
    "n_routed_experts": 8,
    "moe_intermediate_size": 24,
    "query_pre_attn_scalar": 16,
}
"""Widths that still differ from one another, so that a transposed matrix cannot pass."""


def tiny(shape: Architecture) -> Architecture:
    """`shape` with small widths and few layers; its mechanisms, patterns and position scaling as they are."""
    config: dict[str, Any] = {
        name: _SMALL.get(name, value) if value is not None else None for name, value in shape.config.items()
    }
    if shape.latent:
        config["num_key_value_heads"] = config["num_attention_heads"]
    kinds = shape.config.get("layer_types")
    if kinds:
        config["layer_types"] = kinds[: _SMALL["num_hidden_layers"]]
    small = architecture_from(f"tiny-{shape.slug}", _file(shape, config, 0))
    return architecture_from(small.slug, _file(shape, config, count_parameters(small).total))


def _file(shape: Architecture, config: dict[str, Any], parameters: int) -> dict[str, Any]:
    return {
        "name": f"tiny {shape.name}",
        "vendor": shape.vendor,
        "repository": shape.repository,
        "parameters": parameters,
        "config": config,
    }
