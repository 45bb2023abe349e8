"""A mixture's experts: read where they lie for a token or two, multiplied in groups for many."""

from __future__ import annotations

import torch
from torch.nn import functional

from inference_probe.local.weights import Feed, Mixture

LIMIT, ALPHA = 7.0, 1.702
"""Clamp and slope of gpt-oss's gate."""
GATHERED_ROWS = 2
"""Tokens up to which the chosen experts are read in place; above, many tokens share an expert."""


def feed_forward(x: torch.Tensor, feed: Feed, family: str) -> torch.Tensor:
    """A gated feed-forward layer. x [N, hidden] -> [N, hidden]."""
    gate, up = functional.linear(x, feed.gate_up).chunk(2, dim=-1)
    approximate = functional.gelu(gate, approximate="tanh") if family == "gemma2" else functional.silu(gate)
    return functional.linear(approximate * up, feed.down)


def mixture(x: torch.Tensor, part: Mixture, family: str) -> torch.Tensor:
    """A mixture of experts. x [N, hidden] -> [N, hidden]."""
    weights, chosen = _route(x, part)
    mixed = _in_place(x, part, weights, chosen) if x.shape[0] <= GATHERED_ROWS else _in_groups(x, part, weights, chosen)
    return mixed if part.shared is None else mixed + feed_forward(x, part.shared, family)


def _route(x: torch.Tensor, part: Mixture) -> tuple[torch.Tensor, torch.Tensor]:
    """Each token's experts and what they count for. gpt-oss weighs among the chosen, DeepSeek among all."""
    if part.router_bias is not None:
        values, chosen = torch.topk(functional.linear(x, part.router, part.router_bias), part.chosen, dim=-1)
        return torch.softmax(values.float(), dim=-1), chosen
    scores = functional.linear(x.float(), part.router.float()).softmax(dim=-1)
    weights, chosen = torch.topk(scores, part.chosen, dim=-1)
    return weights, chosen


def _in_place(x: torch.Tensor, part: Mixture, weights: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """Written as products and sums, which the compiler reads straight from the chosen experts without copying them."""
    wide = (part.gate_up[chosen] * x[:, None, None, :]).sum(-1)
    inner = _gate(wide if part.gate_up_bias is None else wide + part.gate_up_bias[chosen], part)
    out = (part.down[chosen] * inner[:, :, None, :]).sum(-1)
    out = out if part.down_bias is None else out + part.down_bias[chosen]
    return (out * weights[..., None].to(out.dtype)).sum(1)


def _in_groups(x: torch.Tensor, part: Mixture, weights: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """Tokens sorted by expert, one product an expert, and put back."""
    order = torch.argsort(chosen.flatten(), stable=True)
    token, expert = order // part.chosen, chosen.flatten()[order]
    ends = torch.searchsorted(expert, torch.arange(part.router.shape[0], device=x.device), right=True).to(torch.int32)
    wide = _grouped_product(x[token], part.gate_up, ends)
    inner = _gate(wide if part.gate_up_bias is None else wide + part.gate_up_bias[expert], part)
    out = _grouped_product(inner, part.down, ends)
    out = out if part.down_bias is None else out + part.down_bias[expert]
    out = out * weights.flatten()[order, None].to(out.dtype)
    return torch.zeros_like(x).index_add_(0, token, out)


def _grouped_product(rows: torch.Tensor, matrices: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
    """Rows up to `ends[e]` times expert e's matrix [out, in]: one kernel on a GPU, a loop on a processor."""
    if rows.is_cuda:
        product = getattr(functional, "grouped_mm", None) or torch._grouped_mm  # noqa: SLF001 - its name before 2.10
        return product(rows, matrices.transpose(1, 2), offs=ends)
    starts = [0, *ends.tolist()]
    pieces = [functional.linear(rows[a:b], matrix) for a, b, matrix in zip(starts, starts[1:], matrices, strict=False)]
    return torch.cat(pieces)


def _gate(wide: torch.Tensor, part: Mixture) -> torch.Tensor:
    gate, up = wide.chunk(2, dim=-1)
    if part.router_bias is None:
        return functional.silu(gate) * up
    gate, up = gate.clamp(max=LIMIT), up.clamp(-LIMIT, LIMIT)
    return (up + 1) * gate * torch.sigmoid(gate * ALPHA)
