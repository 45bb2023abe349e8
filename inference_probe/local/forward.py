"""The forward pass: a prompt into the cache, and one step from the cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional

from inference_probe.architecture import Architecture
from inference_probe.local.attention import Scores, attend_packed, attend_prompt, attend_split, splits_for
from inference_probe.local.experts import feed_forward, mixture
from inference_probe.local.weights import Feed, Grouped, LatentHeads, Layer, Weights


@dataclass(slots=True)
class Store:
    """The static cache of one layer: a ring of slots where the layer has a window."""

    keys: torch.Tensor
    """[batch, kv_heads, slots, head_dim]; for latent attention the compressed vector with its rotated key."""
    values: torch.Tensor
    """[batch, kv_heads, slots, head_dim]; for latent attention a view of `keys`."""


@dataclass(slots=True)
class Pass:
    """What all layers of one pass share."""

    shape: Architecture
    """The architecture."""
    position: torch.Tensor
    """The positions treated, int64 [length]."""
    cos: torch.Tensor
    """Rotary cosines, float32 [length, rotated / 2]."""
    sin: torch.Tensor
    """Rotary sines, float32 [length, rotated / 2]."""
    epsilon: float
    """Added to the variance in norms."""
    attention: str = "packed"
    """The attention of a decode step: ``"packed"`` or ``"split"``."""


Block = Callable[[torch.Tensor, Layer, Store, Pass], torch.Tensor]
"""One layer, over a prompt or of a decode step."""
Head = Callable[[torch.Tensor, Weights], torch.Tensor]
"""What comes after the layers: `last_logits`, plain or compiled."""
Tables = tuple[torch.Tensor, torch.Tensor]
"""Rotary cosines and sines by position."""


def new_stores(weights: Weights, batch: int, slots: int) -> list[Store]:
    """An empty cache for `batch` sequences of at most `slots` positions."""
    return [_new_store(weights, layer, batch, slots) for layer in weights.layers]


def rotary_tables(weights: Weights, length: int) -> Tables:
    """Cosines and sines for positions 0 to `length`, float32 [length, rotated / 2]."""
    at = torch.arange(length, device=weights.frequencies.device, dtype=torch.float32)
    angles = at[:, None] * weights.frequencies[None, :]
    return angles.cos() * weights.rotary_scale, angles.sin() * weights.rotary_scale


def prompt_forward(
    weights: Weights, stores: list[Store], ids: torch.Tensor, tables: Tables, block: Block
) -> torch.Tensor:
    """Fill the cache with a prompt. ids [B, T] -> logits of the last position, [B, vocabulary]."""
    length = ids.shape[1]
    positions = torch.arange(length, device=ids.device)
    now = Pass(weights.shape, positions, tables[0][:length], tables[1][:length], weights.epsilon)
    x = functional.embedding(ids, weights.embedding) * weights.embedding_scale
    for layer, store in zip(weights.layers, stores, strict=True):
        x = block(x, layer, store, now)
    return last_logits(x[:, -1], weights)


def step_forward(
    weights: Weights, stores: list[Store], token: torch.Tensor, now: Pass, *, block: Block, head: Head
) -> torch.Tensor:
    """One step. token [B] -> logits [B, vocabulary]."""
    x = functional.embedding(token, weights.embedding) * weights.embedding_scale
    for layer, store in zip(weights.layers, stores, strict=True):
        x = block(x, layer, store, now)
    return head(x, weights)


def step_pass(weights: Weights, position: torch.Tensor, tables: Tables, attention: str) -> Pass:
    """The pass of one step at `position` [1]."""
    cos, sin = (table.index_select(0, position) for table in tables)
    return Pass(weights.shape, position, cos, sin, weights.epsilon, attention)


def prompt_block(x: torch.Tensor, layer: Layer, store: Store, now: Pass) -> torch.Tensor:
    """One layer over a prompt. x [B, T, hidden]."""
    h = _norm(x, layer.before_attention, now.epsilon)
    if isinstance(layer.attention, LatentHeads):
        h = _prompt_latent(h, layer.attention, layer.scale, store, now)
    else:
        h = _prompt_grouped(h, layer.attention, layer, store, now)
    return _rest(x, h, layer, now)


def step_block(x: torch.Tensor, layer: Layer, store: Store, now: Pass) -> torch.Tensor:
    """One layer of a decode step. x [B, hidden]."""
    h = _norm(x, layer.before_attention, now.epsilon)
    if isinstance(layer.attention, LatentHeads):
        h = _step_latent(h, layer.attention, layer.scale, store, now)
    else:
        h = _step_grouped(h, layer.attention, layer.scale, store, now)
    return _rest(x, h, layer, now)


def _rest(x: torch.Tensor, h: torch.Tensor, layer: Layer, now: Pass) -> torch.Tensor:
    """The layer after its attention: x is the residual stream, h what attention gave."""
    x = x + (h if layer.after_attention is None else _norm(h, layer.after_attention, now.epsilon))
    h = _norm(x, layer.before_feed, now.epsilon).flatten(0, -2)
    family = now.shape.family
    h = feed_forward(h, layer.feed, family) if isinstance(layer.feed, Feed) else mixture(h, layer.feed, family)
    h = h.view(x.shape)
    return x + (h if layer.after_feed is None else _norm(h, layer.after_feed, now.epsilon))


def _prompt_grouped(h: torch.Tensor, part: Grouped, layer: Layer, store: Store, now: Pass) -> torch.Tensor:
    q, k, v = _queries_keys_values(h, part, now)
    _fill(store.keys, k)
    _fill(store.values, v)
    out = attend_prompt(q, k, v, Scores(layer.scale, layer.window, now.shape.softcap, part.sinks))
    return functional.linear(out.transpose(1, 2).flatten(2), part.out, part.out_bias)


def _step_grouped(h: torch.Tensor, part: Grouped, scale: float, store: Store, now: Pass) -> torch.Tensor:
    q, k, v = _queries_keys_values(h[:, None], part, now)
    visible = _remember(store, k, v, now.position)
    out = _attend_one(q[:, :, 0], store, visible, Scores(scale, None, now.shape.softcap, part.sinks), now.attention)
    return functional.linear(out.flatten(1), part.out, part.out_bias)


def _prompt_latent(h: torch.Tensor, part: LatentHeads, scale: float, store: Store, now: Pass) -> torch.Tensor:
    nope, rotated, squeezed = _latent_parts(h, part, now)
    _fill(store.keys, squeezed)
    rank = part.norm.shape[0]
    latent, shared = squeezed[..., :rank], squeezed[..., rank:]
    keys = torch.einsum("botr,hnr->bhtn", latent, part.key_up)
    values = torch.einsum("botr,hvr->bhtv", latent, part.value_up)
    q = torch.cat([nope, rotated], dim=-1)
    k = torch.cat([keys, shared.expand(-1, now.shape.heads, -1, -1)], dim=-1)
    out = attend_prompt(q, k, values, Scores(scale))
    return functional.linear(out.transpose(1, 2).flatten(2), part.out)


def _step_latent(h: torch.Tensor, part: LatentHeads, scale: float, store: Store, now: Pass) -> torch.Tensor:
    """The key's matrix is applied to the query, so all heads read the one compressed vector."""
    nope, rotated, squeezed = _latent_parts(h[:, None], part, now)
    visible = _remember(store, squeezed, None, now.position)
    q = torch.cat([torch.einsum("bhn,hnr->bhr", nope[:, :, 0], part.key_up), rotated[:, :, 0]], dim=-1)
    out = _attend_one(q, store, visible, Scores(scale), now.attention)
    return functional.linear(torch.einsum("bhr,hvr->bhv", out, part.value_up).flatten(1), part.out)


def _attend_one(q: torch.Tensor, store: Store, visible: torch.Tensor, how: Scores, attention: str) -> torch.Tensor:
    if attention == "packed" and how.softcap is None and how.sinks is None:
        return attend_packed(q, store.keys, store.values, visible, how.scale)
    splits = splits_for(store.keys.shape[2], store.keys.shape[0] * store.keys.shape[1])
    return attend_split(q, store.keys, store.values, visible, how, splits=splits)


def _queries_keys_values(h: torch.Tensor, part: Grouped, now: Pass) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """H [B, T, hidden] -> q [B, H, T, D], k and v [B, KV, T, D], rotated."""
    shape = now.shape
    rows = functional.linear(h, part.qkv, part.qkv_bias).unflatten(-1, (-1, shape.head_dim)).transpose(1, 2)
    q, k, v = rows.split([shape.heads, shape.kv_heads, shape.kv_heads], dim=1)
    if part.q_norm is not None and part.k_norm is not None:
        q, k = _norm(q, part.q_norm, now.epsilon), _norm(k, part.k_norm, now.epsilon)
    return _rotated(q, now), _rotated(k, now), v


def _latent_parts(h: torch.Tensor, part: LatentHeads, now: Pass) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """H [B, T, hidden] -> q without and with position [B, H, T, ·], the compressed vector with its key [B, 1, T, ·]."""
    heads, nope, rank = part.key_up.shape

    rope = 2 * now.cos.shape[-1]
    rows = functional.linear(h, part.down)
    q, squeezed, shared = rows.split([heads * (nope + rope), rank, rope], dim=-1)
    plain, turned = q.unflatten(-1, (heads, nope + rope)).transpose(1, 2).split([nope, rope], dim=-1)
    squeezed = _norm(squeezed, part.norm, _LATENT_EPSILON)[:, None]
    kept = torch.cat([squeezed, _rotated(shared[:, None], now)], dim=-1)
    return plain, _rotated(turned, now), kept


_LATENT_EPSILON = 1e-6
"""The library norms the compressed vector with its own default, whatever the config says."""


def _rotated(x: torch.Tensor, now: Pass) -> torch.Tensor:
    """X [B, ·, T, D] turned by its position, in float32."""
    first, second = x.float().chunk(2, dim=-1)
    cos, sin = now.cos, now.sin
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1).to(x.dtype)


def _norm(x: torch.Tensor, weight: torch.Tensor, epsilon: float) -> torch.Tensor:
    wide = x.float()
    return (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + epsilon) * weight).to(x.dtype)


def last_logits(x: torch.Tensor, weights: Weights) -> torch.Tensor:
    """The last norm and the output matrix. x [B, hidden] -> logits [B, vocabulary]."""
    logits = functional.linear(_norm(x, weights.norm, weights.epsilon), weights.output)
    cap = weights.shape.final_softcap
    return logits if cap is None else torch.tanh(logits / cap) * cap


def _fill(kept: torch.Tensor, new: torch.Tensor) -> None:
    """Keep a prompt's last positions, each at its slot of the ring."""
    slots, length = kept.shape[2], new.shape[2]
    last = new[:, :, -slots:]
    first = length - last.shape[2]
    if first == 0:
        kept[:, :, :length] = last
        return
    turn = first % slots
    kept[:, :, turn:] = last[:, :, : slots - turn]
    kept[:, :, :turn] = last[:, :, slots - turn :]


def _remember(store: Store, keys: torch.Tensor, values: torch.Tensor | None, position: torch.Tensor) -> torch.Tensor:
    """Keep one position and say which slots are filled, [slots]."""
    slots = store.keys.shape[2]
    slot = position % slots
    store.keys.index_copy_(2, slot, keys)
    if values is not None:
        store.values.index_copy_(2, slot, values)
    return torch.arange(slots, device=position.device) <= position


def _new_store(weights: Weights, layer: Layer, batch: int, slots: int) -> Store:
    shape, like = weights.shape, weights.embedding
    kept = slots if layer.window is None else min(slots, layer.window)
    if shape.latent:
        keys = like.new_zeros(batch, 1, kept, shape.latent.rank + shape.latent.rope)
        return Store(keys, keys[..., : shape.latent.rank])
    size = (batch, shape.kv_heads, kept, shape.head_dim)
    return Store(like.new_zeros(size), like.new_zeros(size))
