"""A model's weights as the engine reads them: projections fused, biases and norms beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from inference_probe.architecture import Architecture


@dataclass(slots=True)
class Feed:
    """A gated feed-forward layer."""

    gate_up: torch.Tensor
    """Gate above up, [2 * width, hidden]."""
    down: torch.Tensor
    """[hidden, width]."""


@dataclass(slots=True)
class Mixture:
    """A mixture of experts."""

    router: torch.Tensor
    """[experts, hidden]."""
    router_bias: torch.Tensor | None
    """[experts]."""
    gate_up: torch.Tensor
    """Gate above up, [experts, 2 * width, hidden]."""
    gate_up_bias: torch.Tensor | None
    """[experts, 2 * width]."""
    down: torch.Tensor
    """[experts, hidden, width]."""
    down_bias: torch.Tensor | None
    """[experts, hidden]."""
    shared: Feed | None
    """What every token passes."""
    chosen: int
    """Experts a token is sent to."""


@dataclass(slots=True)
class Grouped:
    """Grouped-query attention."""

    qkv: torch.Tensor
    """Queries above keys above values, [(heads + 2 * kv_heads) * head_dim, hidden]."""
    qkv_bias: torch.Tensor | None
    """The same rows."""
    out: torch.Tensor
    """[hidden, heads * head_dim]."""
    out_bias: torch.Tensor | None
    """[hidden]."""
    q_norm: torch.Tensor | None
    """[head_dim]."""
    k_norm: torch.Tensor | None
    """[head_dim]."""
    sinks: torch.Tensor | None
    """[heads]."""


@dataclass(slots=True)
class LatentHeads:
    """Latent attention, in the form that decodes from the compressed cache."""

    down: torch.Tensor
    """Queries above the compressed vector above the shared rotated key, [.., hidden]."""
    norm: torch.Tensor
    """[rank]."""
    key_up: torch.Tensor
    """[heads, nope, rank]."""
    value_up: torch.Tensor
    """[heads, value, rank]."""
    out: torch.Tensor
    """[hidden, heads * value]."""


@dataclass(slots=True)
class Layer:
    """One layer."""

    attention: Grouped | LatentHeads
    """Its attention."""
    feed: Feed | Mixture
    """Its feed-forward part."""
    scale: float
    """What attention scores are multiplied with."""
    window: int | None
    """How many positions it sees; None for all."""
    before_attention: torch.Tensor
    """Norm, float32 [hidden]."""
    after_attention: torch.Tensor | None
    """Norm, float32 [hidden]."""
    before_feed: torch.Tensor
    """Norm, float32 [hidden]."""
    after_feed: torch.Tensor | None
    """Norm, float32 [hidden]."""


@dataclass(slots=True)
class Weights:
    """A whole model."""

    shape: Architecture
    """Its architecture."""
    embedding: torch.Tensor
    """[vocabulary, hidden]."""
    embedding_scale: float
    """What an embedded token is multiplied with."""
    layers: list[Layer]
    """Its layers."""
    norm: torch.Tensor
    """Last norm, float32 [hidden]."""
    output: torch.Tensor
    """[vocabulary, hidden]."""
    frequencies: torch.Tensor
    """Rotary frequencies, float32 [rotated / 2]."""
    rotary_scale: float
    """What the rotary cosines and sines are multiplied with."""
    epsilon: float
    """Added to the variance in norms."""


def take_over(model: Any, shape: Architecture, *, keep: bool = False) -> Weights:  # noqa: ANN401 - a library model
    """The weights of the library's `model`, fused; unless `keep`, each of its layers is let go once it is copied."""
    body = model.model
    shift = 1.0 if shape.family == "gemma2" else 0.0
    layers = []
    for index, source in enumerate(body.layers):
        layers.append(_layer(source, shape, index, shift))
        if not keep:
            source.self_attn = source.mlp = None
    return Weights(
        shape=shape,
        embedding=body.embed_tokens.weight.detach(),
        embedding_scale=_embedding_scale(shape, body.embed_tokens.weight),
        layers=layers,
        norm=_norm(body.norm, shift),
        output=model.lm_head.weight.detach(),
        frequencies=body.rotary_emb.inv_freq.detach().float().clone(),
        rotary_scale=float(body.rotary_emb.attention_scaling),
        epsilon=float(model.config.rms_norm_eps),
    )


def _layer(source: Any, shape: Architecture, index: int, shift: float) -> Layer:  # noqa: ANN401 - a library layer
    sandwich = shape.sandwich_norms
    before_feed = source.pre_feedforward_layernorm if sandwich else source.post_attention_layernorm
    return Layer(
        attention=_latent(source.self_attn, shape) if shape.latent else _grouped(source.self_attn, shape, shift),
        feed=_mixture(source.mlp, shape) if hasattr(source.mlp, "experts") else _feed(source.mlp),
        scale=float(source.self_attn.scaling),
        window=shape.windows[index],
        before_attention=_norm(source.input_layernorm, shift),
        after_attention=_norm(source.post_attention_layernorm, shift) if sandwich else None,
        before_feed=_norm(before_feed, shift),
        after_feed=_norm(source.post_feedforward_layernorm, shift) if sandwich else None,
    )


def _grouped(source: Any, shape: Architecture, shift: float) -> Grouped:  # noqa: ANN401
    parts = (source.q_proj, source.k_proj, source.v_proj)
    return Grouped(
        qkv=torch.cat([part.weight.detach() for part in parts]),
        qkv_bias=torch.cat([part.bias.detach() for part in parts]) if parts[0].bias is not None else None,
        out=source.o_proj.weight.detach(),
        out_bias=source.o_proj.bias.detach() if source.o_proj.bias is not None else None,
        q_norm=_norm(source.q_norm, shift) if shape.qk_norm else None,
        k_norm=_norm(source.k_norm, shift) if shape.qk_norm else None,
        sinks=source.sinks.detach().float() if shape.sinks else None,
    )


def _latent(source: Any, shape: Architecture) -> LatentHeads:  # noqa: ANN401
    latent = shape.latent
    assert latent is not None  # noqa: S101 - only called for latent attention
    queries = source.q_proj.weight.detach().view(shape.heads, latent.nope + latent.rope, shape.hidden)
    queries = torch.cat([queries[:, : latent.nope], _halves(queries[:, latent.nope :], 1)], dim=1)
    squeezed = source.kv_a_proj_with_mqa.weight.detach()
    rotated = _halves(squeezed[latent.rank :], 0)
    up = source.kv_b_proj.weight.detach().view(shape.heads, latent.nope + latent.value, latent.rank)
    return LatentHeads(
        down=torch.cat([queries.reshape(-1, shape.hidden), squeezed[: latent.rank], rotated]),
        norm=_norm(source.kv_a_layernorm, 0.0),
        key_up=up[:, : latent.nope].contiguous(),
        value_up=up[:, latent.nope :].contiguous(),
        out=source.o_proj.weight.detach(),
    )


def _halves(rows: torch.Tensor, dim: int) -> torch.Tensor:
    """Rotated pairs (0, 1), (2, 3) … put as first and second half, so that one rotation fits all families."""
    count = rows.shape[dim]
    order = torch.cat([torch.arange(0, count, 2), torch.arange(1, count, 2)]).to(rows.device)
    return rows.index_select(dim, order)


def _feed(source: Any) -> Feed:  # noqa: ANN401
    fused = torch.cat([source.gate_proj.weight.detach(), source.up_proj.weight.detach()])
    return Feed(fused, source.down_proj.weight.detach())


def _mixture(source: Any, shape: Architecture) -> Mixture:  # noqa: ANN401
    assert shape.experts is not None  # noqa: S101 - only called for mixtures
    return (
        _biased_mixture(source, shape.experts.chosen)
        if shape.experts.biased
        else _plain_mixture(source, shape.experts.chosen)
    )


def _plain_mixture(source: Any, chosen: int) -> Mixture:  # noqa: ANN401
    experts = source.experts
    gate_up, down = experts.gate_up_proj.detach(), experts.down_proj.detach()
    return Mixture(source.gate.weight.detach(), None, gate_up, None, down, None, _feed(source.shared_experts), chosen)


def _biased_mixture(source: Any, chosen: int) -> Mixture:  # noqa: ANN401
    """gpt-oss keeps [experts, hidden, 2 * width] with gate and up in turns."""
    experts = source.experts
    wide, bias = experts.gate_up_proj.detach(), experts.gate_up_proj_bias.detach()
    return Mixture(
        router=source.router.weight.detach(),
        router_bias=source.router.bias.detach(),
        gate_up=_halves(wide, 2).transpose(1, 2).contiguous(),
        gate_up_bias=_halves(bias, 1),
        down=experts.down_proj.detach().transpose(1, 2).contiguous(),
        down_bias=experts.down_proj_bias.detach(),
        shared=None,
        chosen=chosen,
    )


def _norm(source: Any, shift: float) -> torch.Tensor:  # noqa: ANN401
    return (source.weight.detach().float() + shift).contiguous()


def _embedding_scale(shape: Architecture, table: torch.Tensor) -> float:
    """Gemma multiplies with the root of the width, rounded to the table's number format."""
    return float(torch.tensor(shape.hidden**0.5, dtype=table.dtype)) if shape.family == "gemma2" else 1.0
