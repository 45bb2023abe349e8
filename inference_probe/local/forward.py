"""The forward pass: a prompt into the cache, and one step from the cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional

from inference_probe.architecture import Architecture
from inference_probe.local.attention import attend_packed, attend_prompt, attend_split, splits_for
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
class Place:
    """Where a step stands."""

    position: torch.Tensor
    """Its position, int64 [1]."""
    cos: torch.Tensor
    """Rotary cosines, float32 [length, rotated / 2]."""
    sin: torch.Tensor
    """Rotary sines, float32 [length, rotated / 2]."""


Block = Callable[[torch.Tensor, Layer, Store, Place, Architecture, str, float], torch.Tensor]
"""One layer of a decode step."""
PromptBlock = Callable[[torch.Tensor, Layer, Store, Place, Architecture, float], torch.Tensor]
"""One layer over a prompt."""


def new_stores(weights: Weights, batch: int, slots: int) -> list[Store]:
    """An empty cache for `batch` sequences of at most `slots` positions."""
    return [_new_store(weights, layer, batch, slots) for layer in weights.layers]


def rotary_tables(weights: Weights, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosines and sines for positions 0 to `length`, float32 [length, rotated / 2]."""
    at = torch.arange(length, device=weights.frequencies.device, dtype=torch.float32)
    angles = at[:, None] * weights.frequencies[None, :]
    return angles.cos() * weights.rotary_scale, angles.sin() * weights.rotary_scale


def prompt_forward(
    weights: Weights,
    stores: list[Store],
    ids: torch.Tensor,
    tables: tuple[torch.Tensor, torch.Tensor],
    block: PromptBlock,
) -> torch.Tensor:
    """Fill the cache with a prompt. ids [B, T] -> logits of the last position, [B, vocabulary]."""
    length = ids.shape[1]
    place = Place(torch.arange(length, device=ids.device), tables[0][:length], tables[1][:length])
    x = functional.embedding(ids, weights.embedding) * weights.embedding_scale
    for layer, store in zip(weights.layers, stores, strict=True):
        x = block(x, layer, store, place, weights.shape, weights.epsilon)
    return _logits(x[:, -1], weights)


def step_forward(
    weights: Weights,
    stores: list[Store],
    token: torch.Tensor,
    position: torch.Tensor,
    tables: tuple[torch.Tensor, torch.Tensor],
    attention: str,
    block: Block,
) -> torch.Tensor:
    """One step. token [B], position [1] -> logits [B, vocabulary]."""
    place = Place(position, tables[0].index_select(0, position), tables[1].index_select(0, position))
    x = functional.embedding(token, weights.embedding) * weights.embedding_scale
    for layer, store in zip(weights.layers, stores, strict=True):
        x = block(x, layer, store, place, weights.shape, attention, weights.epsilon)
    return _logits(x, weights)


def prompt_block(x: torch.Tensor, layer: Layer, store: Store, place: Place, shape: Architecture, epsilon: float) -> torch.Tensor:
    """One layer over a prompt. x [B, T, hidden]."""
    h = _norm(x, layer.before_attention, epsilon)
    if isinstance(layer.attention, LatentHeads):
        h = _prompt_latent(h, layer.attention, layer, store, place, shape, epsilon)
    else:
        h = _prompt_grouped(h, layer.attention, layer, store, place, shape, epsilon)
    return _rest(x, h, layer, shape, epsilon)


def step_block(
    x: torch.Tensor, layer: Layer, store: Store, place: Place, shape: Architecture, attention: str, epsilon: float
) -> torch.Tensor:
    """One layer of a decode step. x [B, hidden]."""
    h = _norm(x, layer.before_attention, epsilon)
    if isinstance(layer.attention, LatentHeads):
        h = _step_latent(h, layer.attention, layer, store, place, shape, attention, epsilon)
    else:
        h = _step_grouped(h, layer.attention, layer, store, place, shape, attention, epsilon)
    return _rest(x, h, layer, shape, epsilon)


def _rest(x: torch.Tensor, h: torch.Tensor, layer: Layer, shape: Architecture, epsilon: float) -> torch.Tensor:
    x = x + (h if layer.after_attention is None else _norm(h, layer.after_attention, epsilon))
    h = _norm(x, layer.before_feed, epsilon).flatten(0, -2)
    h = feed_forward(h, layer.feed, shape.family) if isinstance(layer.feed, Feed) else mixture(h, layer.feed, shape.family)
    h = h.view(x.shape)
    return x + (h if layer.after_feed is None else _norm(h, layer.after_feed, epsilon))


def _prompt_grouped(
    h: torch.Tensor, part: Grouped, layer: Layer, store: Store, place: Place, shape: Architecture, epsilon: float
) -> torch.Tensor:
    q, k, v = _queries_keys_values(h, part, shape, place, epsilon)
    _fill(store.keys, k)
    _fill(store.values, v)
    out = attend_prompt(q, k, v, scale=layer.scale, window=layer.window, softcap=shape.softcap, sinks=part.sinks)
    return functional.linear(out.transpose(1, 2).flatten(2), part.out, part.out_bias)


def _step_grouped(
    h: torch.Tensor,
    part: Grouped,
    layer: Layer,
    store: Store,
    place: Place,
    shape: Architecture,
    attention: str,
    epsilon: float,
) -> torch.Tensor:
    q, k, v = _queries_keys_values(h[:, None], part, shape, place, epsilon)
    visible = _remember(store, k, v, place.position)
    out = _attend_one(q[:, :, 0], store, visible, layer.scale, shape.softcap, part.sinks, attention)
    return functional.linear(out.flatten(1), part.out, part.out_bias)


def _prompt_latent(
    h: torch.Tensor, part: LatentHeads, layer: Layer, store: Store, place: Place, shape: Architecture, epsilon: float
) -> torch.Tensor:
    nope, rotated, squeezed = _latent_parts(h, part, shape, place, epsilon)
    _fill(store.keys, squeezed)
    rank = part.norm.shape[0]
    latent, shared = squeezed[..., :rank], squeezed[..., rank:]
    keys = torch.einsum("botr,hnr->bhtn", latent, part.key_up)
    values = torch.einsum("botr,hvr->bhtv", latent, part.value_up)
    q = torch.cat([nope, rotated], dim=-1)
    k = torch.cat([keys, shared.expand(-1, shape.heads, -1, -1)], dim=-1)
    out = attend_prompt(q, k, values, scale=layer.scale, window=None, softcap=None, sinks=None)
    return functional.linear(out.transpose(1, 2).flatten(2), part.out)


def _step_latent(
    h: torch.Tensor,
    part: LatentHeads,
    layer: Layer,
    store: Store,
    place: Place,
    shape: Architecture,
    attention: str,
    epsilon: float,
) -> torch.Tensor:
    """The key's matrix is applied to the query, so all heads read the one compressed vector."""
    nope, rotated, squeezed = _latent_parts(h[:, None], part, shape, place, epsilon)
    visible = _remember(store, squeezed, None, place.position)
    q = torch.cat([torch.einsum("bhn,hnr->bhr", nope[:, :, 0], part.key_up), rotated[:, :, 0]], dim=-1)
    out = _attend_one(q, store, visible, layer.scale, None, None, attention)
    return functional.linear(torch.einsum("bhr,hvr->bhv", out, part.value_up).flatten(1), part.out)


def _attend_one(
    q: torch.Tensor,
    store: Store,
    visible: torch.Tensor,
    scale: float,
    softcap: float | None,
    sinks: torch.Tensor | None,
    attention: str,
) -> torch.Tensor:
    if attention == "packed" and softcap is None and sinks is None:
        return attend_packed(q, store.keys, store.values, visible, scale=scale)
    splits = splits_for(store.keys.shape[2], store.keys.shape[0] * store.keys.shape[1])
    return attend_split(q, store.keys, store.values, visible, scale=scale, softcap=softcap, sinks=sinks, splits=splits)


def _queries_keys_values(
    h: torch.Tensor, part: Grouped, shape: Architecture, place: Place, epsilon: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """h [B, T, hidden] -> q [B, H, T, D], k and v [B, KV, T, D], rotated."""
    rows = functional.linear(h, part.qkv, part.qkv_bias).unflatten(-1, (-1, shape.head_dim)).transpose(1, 2)
    q, k, v = rows.split([shape.heads, shape.kv_heads, shape.kv_heads], dim=1)
    if part.q_norm is not None and part.k_norm is not None:
        q, k = _norm(q, part.q_norm, epsilon), _norm(k, part.k_norm, epsilon)
    return _rotated(q, place), _rotated(k, place), v


def _latent_parts(
    h: torch.Tensor, part: LatentHeads, shape: Architecture, place: Place, epsilon: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """h [B, T, hidden] -> q without and with position [B, H, T, ·], the compressed vector with its key [B, 1, T, ·]."""
    nope, rank = part.key_up.shape[1], part.norm.shape[0]
    rope = 2 * place.cos.shape[-1]
    rows = functional.linear(h, part.down)
    q, squeezed, shared = rows.split([shape.heads * (nope + rope), rank, rope], dim=-1)
    q = q.unflatten(-1, (shape.heads, nope + rope)).transpose(1, 2)
    plain, turned = q.split([nope, rope], dim=-1)
    squeezed = _norm(squeezed, part.norm, _LATENT_EPSILON)[:, None]
    kept = torch.cat([squeezed, _rotated(shared[:, None], place)], dim=-1)
    return plain, _rotated(turned, place), kept


_LATENT_EPSILON = 1e-6
"""The library norms the compressed vector with its own default, whatever the config says."""


def _rotated(x: torch.Tensor, place: Place) -> torch.Tensor:
    """x [B, ·, T, D] turned by its position, in float32."""
    first, second = x.float().chunk(2, dim=-1)
    cos, sin = place.cos, place.sin
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1).to(x.dtype)


def _norm(x: torch.Tensor, weight: torch.Tensor, epsilon: float) -> torch.Tensor:
    wide = x.float()
    return (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + epsilon) * weight).to(x.dtype)


def _logits(x: torch.Tensor, weights: Weights) -> torch.Tensor:
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
