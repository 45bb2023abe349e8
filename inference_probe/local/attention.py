"""Attention: over a whole prompt, and for one position over a static cache that is read and never copied."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch.nn import functional

BLOCK = 1024
"""Query positions treated at once where scores are capped, windowed or have sinks."""


class Scores(NamedTuple):
    """How the scores of queries and keys become shares."""

    scale: float
    """What they are multiplied with."""
    window: int | None = None
    """How many positions a query sees; None for all before it."""
    softcap: float | None = None
    """Their cap; None for none."""
    sinks: torch.Tensor | None = None
    """What takes a share in each head without giving a value, [H]; None for nothing."""


def attend_prompt(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, how: Scores) -> torch.Tensor:
    """Causal attention of a prompt. q [B, H, T, D], k [B, KV, T, D], v [B, KV, T, Dv] -> [B, H, T, Dv]."""
    length = q.shape[2]
    if how.softcap is None and how.sinks is None and (how.window is None or how.window >= length):
        grouped = q.shape[1] != k.shape[1]
        return functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=how.scale, enable_gqa=grouped)
    starts = range(0, length, BLOCK)
    parts = [_attend_block(q, k, v, (start, min(start + BLOCK, length)), how) for start in starts]
    return torch.cat(parts, dim=2)


def attend_packed(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, visible: torch.Tensor, scale: float
) -> torch.Tensor:
    """One position over the cache in one call. q [B, H, D], k [B, KV, S, D], visible [S] -> [B, H, Dv].

    The heads that share a key stand as query rows, so the cache is not repeated for them.
    """
    batch, heads, width = q.shape
    rows = q.view(batch, k.shape[1], heads // k.shape[1], width)
    mask = visible.view(1, 1, 1, -1)
    out = functional.scaled_dot_product_attention(rows, k, v, attn_mask=mask, scale=scale)
    return out.reshape(batch, heads, v.shape[-1])


def attend_split(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, visible: torch.Tensor, how: Scores, *, splits: int = 1
) -> torch.Tensor:
    """The same with the cache's positions cut into `splits`, so that one sequence fills a large device."""
    batch, heads, width = q.shape
    groups = k.shape[1]
    rows = q.view(batch, groups, heads // groups, width)
    scores = _capped(torch.matmul(rows, k.transpose(2, 3)).float() * how.scale, how.softcap)
    scores = scores.masked_fill(~visible, float("-inf"))
    shares = _softmax(scores, how.sinks, groups).to(v.dtype)
    return _weighted(shares, v, splits).reshape(batch, heads, v.shape[-1])


def splits_for(slots: int, sequences: int) -> int:
    """Into how many parts to cut `slots` positions so that about 128 parts are at work, at least 64 positions each."""
    parts = 1
    while parts * 2 * sequences <= 128 and slots % (parts * 2) == 0 and slots // (parts * 2) >= 64:  # noqa: PLR2004
        parts *= 2
    return parts


def _weighted(shares: torch.Tensor, v: torch.Tensor, splits: int) -> torch.Tensor:
    if splits == 1:
        return torch.matmul(shares, v)
    cut = shares.unflatten(3, (splits, -1)).transpose(2, 3)
    return torch.matmul(cut, v.unflatten(2, (splits, -1))).sum(2)


def _attend_block(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, span: tuple[int, int], how: Scores
) -> torch.Tensor:
    """The query positions of `span` over the keys that any of them sees."""
    start, end = span
    first = 0 if how.window is None else max(0, start - how.window + 1)
    groups = k.shape[1]
    rows = q[:, :, start:end].unflatten(1, (groups, -1))
    keys, values = k[:, :, None, first:end], v[:, :, None, first:end]
    scores = _capped(torch.matmul(rows, keys.transpose(3, 4)).float() * how.scale, how.softcap)
    scores = scores.masked_fill(~_sees(span, first, how.window, q.device), float("-inf"))
    return torch.matmul(_softmax(scores, how.sinks, groups).to(v.dtype), values).flatten(1, 2)


def _sees(span: tuple[int, int], first: int, window: int | None, device: torch.device) -> torch.Tensor:
    asking = torch.arange(*span, device=device)[:, None]
    asked = torch.arange(first, span[1], device=device)[None, :]
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
