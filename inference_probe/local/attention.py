"""Attention: over a whole prompt, and for one position over a static cache that is read and never copied."""

from __future__ import annotations

import torch
from torch.nn import functional

BLOCK = 1024
"""Query positions treated at once where scores are capped, windowed or have sinks."""


def attend_prompt(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    *,
    scale: float,
    window: int | None,
    softcap: float | None,
    sinks: torch.Tensor | None,
) -> torch.Tensor:
    """Causal attention of a prompt. q [B, H, T, D], k [B, KV, T, D], v [B, KV, T, Dv] -> [B, H, T, Dv]."""
    length = q.shape[2]
    if softcap is None and sinks is None and (window is None or window >= length):
        grouped = q.shape[1] != k.shape[1]
        return functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale, enable_gqa=grouped)
    parts = [
        _attend_block(q, k, v, start, min(start + BLOCK, length), scale, window, softcap, sinks)
        for start in range(0, length, BLOCK)
    ]
    return torch.cat(parts, dim=2)


def attend_packed(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, visible: torch.Tensor, *, scale: float) -> torch.Tensor:
    """One position over the cache in one call. q [B, H, D], k [B, KV, S, D], visible [S] -> [B, H, Dv].

    The heads that share a key stand as query rows, so the cache is not repeated for them.
    """
    batch, heads, width = q.shape
    rows = q.view(batch, k.shape[1], heads // k.shape[1], width)
    mask = visible.view(1, 1, 1, -1)
    out = functional.scaled_dot_product_attention(rows, k, v, attn_mask=mask, scale=scale)
    return out.reshape(batch, heads, v.shape[-1])


def attend_split(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    visible: torch.Tensor,
    *,
    scale: float,
    softcap: float | None = None,
    sinks: torch.Tensor | None = None,
    splits: int = 1,
) -> torch.Tensor:
    """The same with the cache's positions cut into `splits`, so that one sequence fills a large device."""
    batch, heads, width = q.shape
    groups = k.shape[1]
    rows = q.view(batch, groups, heads // groups, width)
    scores = _capped(torch.matmul(rows, k.transpose(2, 3)).float() * scale, softcap)
    scores = scores.masked_fill(~visible, float("-inf"))
    chances = _softmax(scores, sinks, groups).to(v.dtype)
    out = _weighted(chances, v, splits)
    return out.reshape(batch, heads, v.shape[-1])


def splits_for(slots: int, sequences: int) -> int:
    """Into how many parts to cut `slots` positions so that about 128 parts are at work, at least 64 positions each."""
    parts = 1
    while parts * 2 * sequences <= 128 and slots % (parts * 2) == 0 and slots // (parts * 2) >= 64:  # noqa: PLR2004
        parts *= 2
    return parts


def _weighted(chances: torch.Tensor, v: torch.Tensor, splits: int) -> torch.Tensor:
    if splits == 1:
        return torch.matmul(chances, v)
    cut = chances.unflatten(3, (splits, -1)).transpose(2, 3)
    return torch.matmul(cut, v.unflatten(2, (splits, -1))).sum(2)


def _attend_block(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    start: int,
    end: int,
    scale: float,
    window: int | None,
    softcap: float | None,
    sinks: torch.Tensor | None,
) -> torch.Tensor:
    """Query positions `start` to `end` over the keys that any of them sees."""
    first = 0 if window is None else max(0, start - window + 1)
    groups = k.shape[1]
    rows = q[:, :, start:end].unflatten(1, (groups, -1))
    keys, values = k[:, :, None, first:end], v[:, :, None, first:end]
    scores = _capped(torch.matmul(rows, keys.transpose(3, 4)).float() * scale, softcap)
    scores = scores.masked_fill(~_sees(start, end, first, window, q.device), float("-inf"))
    chances = _softmax(scores, None if sinks is None else sinks, groups).to(v.dtype)
    return torch.matmul(chances, values).flatten(1, 2)


def _sees(start: int, end: int, first: int, window: int | None, device: torch.device) -> torch.Tensor:
    asking = torch.arange(start, end, device=device)[:, None]
    asked = torch.arange(first, end, device=device)[None, :]
    seen = asked <= asking
    return seen if window is None else seen & (asked > asking - window)


def _capped(scores: torch.Tensor, softcap: float | None) -> torch.Tensor:
    return scores if softcap is None else torch.tanh(scores / softcap) * softcap


def _softmax(scores: torch.Tensor, sinks: torch.Tensor | None, groups: int) -> torch.Tensor:
    """Softmax over the last dimension, a sink taking its share without giving a value."""
    if sinks is None:
        return torch.softmax(scores, dim=-1)
    sink = sinks.view(groups, -1, *[1] * (scores.dim() - 3))
    top = torch.maximum(scores.amax(-1, keepdim=True), sink)
    weight = torch.exp(scores - top)
    return weight / (weight.sum(-1, keepdim=True) + torch.exp(sink - top))
