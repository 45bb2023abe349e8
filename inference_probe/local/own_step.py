"""A decode step of one sequence made of our own kernels, each matrix with the tile that is fastest on this device."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import NamedTuple

import torch
import triton

from inference_probe.local import kernels
from inference_probe.local.forward import Store, Tables
from inference_probe.local.rates import device_times
from inference_probe.local.weights import Feed, Grouped, Layer, Mixture, Weights


class Tile(NamedTuple):
    """How a program goes through a matrix."""

    rows: int
    """Rows it multiplies at once."""
    part: int
    """Columns it reads at once, a power of two."""
    warps: int
    """Warps it runs in."""


TILES = tuple(
    Tile(*sizes)
    for sizes in (
        (2, 1024, 4),
        (1, 1024, 2),
        (1, 2048, 4),
        (2, 2048, 4),
        (4, 1024, 4),
        (8, 512, 4),
        (4, 2048, 8),
        (1, 4096, 8),
    )
)
"""The tiles that are tried; the first one where nothing is timed."""
QUERIES = 16
"""Most query heads that share a key head."""
PROGRAMS = 264
"""Parts of the cache at work at once: two for each processor of a large device."""
MOST_PARTS = 64
"""Parts of one head's cache that are put together."""
SHORT, LONG = 32, 64
"""Slots a program reads at once: where that is all it reads, and elsewhere."""

Launch = Callable[[Tile], None]
"""Starts one kernel with a tile."""
_FASTEST: dict[tuple[object, ...], Tile] = {}
"""The tile chosen for each kind of product in this process."""


class OwnStep:
    """One decode step: `token` goes in at `position`, the logits and the next token come out in place."""

    def __init__(
        self,
        weights: Weights,
        stores: list[Store],
        tables: Tables,
        place: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
        *,
        chained: bool,
    ) -> None:
        shape, like = weights.shape, weights.embedding
        self.weights, self.stores, self.tables = weights, stores, tables
        self.token, self.position, self.logits = place
        self.chained = chained
        self.x = like.new_zeros(1, shape.hidden)
        self.h = like.new_zeros(1, shape.hidden)
        self.qkv = like.new_zeros((shape.heads + 2 * shape.kv_heads) * shape.head_dim)
        self.attended = like.new_zeros(shape.heads * shape.head_dim)
        experts = shape.experts
        width = max(shape.intermediate, experts.chosen * experts.width if experts else 0)
        self.inner = like.new_zeros(width)
        self.partial = like.new_zeros(MOST_PARTS * shape.heads * shape.head_dim, dtype=torch.float32)
        self.tops, self.sums = like.new_zeros(2, MOST_PARTS * shape.heads, dtype=torch.float32)
        self.scores = like.new_zeros(experts.routed if experts else 1, dtype=torch.float32)
        self.chosen = like.new_zeros(experts.chosen if experts else 1, dtype=torch.int32)
        self.shares = like.new_zeros(experts.chosen if experts else 1, dtype=torch.float32)
        self._launches: dict[tuple[object, ...], list[Launch]] = {}

    def __call__(self) -> None:
        """Do the step; nothing is waited for."""
        weights = self.weights
        self._launches.clear()
        torch.index_select(weights.embedding, 0, self.token, out=self.x)
        if weights.embedding_scale != 1.0:
            self.x.mul_(weights.embedding_scale)
        for layer, store in zip(weights.layers, self.stores, strict=True):
            self._attention(layer, store)
            self._feed(layer)
        self._product(self.logits, self.x, weights.output, norm=weights.norm)
        cap = weights.shape.final_softcap
        if cap is not None:
            self.logits.copy_(torch.tanh(self.logits / cap) * cap)
        self.token.copy_(self.logits.argmax(-1))
        self.position.add_(1)

    def tune(self) -> None:
        """Keep the fastest tile of each kind of product: timed over all layers, which no cache of the device holds."""
        self()
        for kind, launches in list(self._launches.items()):
            if kind not in _FASTEST:
                times = {median(_graph_times(launches, tile)): tile for tile in TILES}
                _FASTEST[kind] = times[min(times)]

    def _attention(self, layer: Layer, store: Store) -> None:
        part = layer.attention
        assert isinstance(part, Grouped)  # noqa: S101 - `own_kinds` says so
        self._product(self.qkv, self.x, part.qkv, norm=layer.before_attention, bias=part.qkv_bias)
        self._read_cache(part, layer.scale, store)
        self._join(part.out, self.attended, layer.after_attention, bias=part.out_bias)

    def _feed(self, layer: Layer) -> None:
        feed, norm = layer.feed, layer.before_feed
        if isinstance(feed, Feed):
            gate = "gelu" if self.weights.shape.family == "gemma2" else "silu"
            self._product(self.inner, self.x, feed.gate_up, norm=norm, gate=gate)
            self._join(feed.down, self.inner, layer.after_feed)
        else:
            self._mixture(feed, norm)

    def _mixture(self, part: Mixture, norm: torch.Tensor) -> None:
        """gpt-oss's experts: no shared one, and no norm behind them."""
        self._product(self.scores, self.x, part.router, norm=norm, bias=part.router_bias)
        kernels.choose[(1,)](
            self.chosen,
            self.shares,
            self.scores,
            ROUTED=part.router.shape[0],
            CHOSEN=part.chosen,
            SIZE=triton.next_power_of_2(part.router.shape[0]),
            **self._starting(),
        )
        self._product(
            self.inner, self.x, part.gate_up, norm=norm, bias=part.gate_up_bias, gate="clamped", experts=part.chosen
        )
        _, rows, width = part.down.shape

        def launch(tile: Tile) -> None:
            kernels.mix[(triton.cdiv(rows, tile.rows),)](
                self.x,
                self.inner,
                part.down,
                part.down_bias,
                self.chosen,
                self.shares,
                rows,
                WIDTH=width,
                CHOSEN=part.chosen,
                BIAS=part.down_bias is not None,
                **self._starting(),
                **_shape(tile, width),
            )

        self._start(("mix", rows, width), launch)

    def _join(
        self, matrix: torch.Tensor, values: torch.Tensor, norm: torch.Tensor | None, bias: torch.Tensor | None = None
    ) -> None:
        """Add a product to the residual stream, normed first where the model does so."""
        if norm is None:
            self._product(self.x, values, matrix, bias=bias, residual=True)
            return
        self._product(self.h, values, matrix, bias=bias)
        width = self.x.shape[1]
        size = triton.next_power_of_2(width)
        kernels.add_normed[(1,)](
            self.x, self.h, norm, self.weights.epsilon, WIDTH=width, SIZE=size, num_warps=16, **self._starting()
        )

    def _product(
        self,
        out: torch.Tensor,
        values: torch.Tensor,
        matrix: torch.Tensor,
        *,
        norm: torch.Tensor | None = None,
        bias: torch.Tensor | None = None,
        gate: str = "none",
        residual: bool = False,
        experts: int = 0,
    ) -> None:
        rows, width = matrix.shape[-2] // (1 if gate == "none" else 2), matrix.shape[-1]

        def launch(tile: Tile) -> None:
            kernels.product[(triton.cdiv(rows, tile.rows), max(1, experts))](
                out,
                values,
                matrix,
                norm,
                bias,
                self.chosen,
                rows,
                self.weights.epsilon,
                WIDTH=width,
                NORM=norm is not None,
                BIAS=bias is not None,
                RESIDUAL=residual,
                GATE=gate,
                EXPERTS=experts > 0,
                **self._starting(),
                **_shape(tile, width),
            )

        self._start((rows, width, gate, norm is None, bias is None, residual, experts), launch)

    def _read_cache(self, part: Grouped, scale: float, store: Store) -> None:
        shape = self.weights.shape
        slots = store.keys.shape[2]
        tile, turns = _cut(slots, shape.kv_heads)
        parts = triton.cdiv(slots, tile * turns)
        kernels.attend[(shape.kv_heads, parts)](
            self.partial,
            self.tops,
            self.sums,
            self.qkv,
            store.keys,
            store.values,
            *self.tables,
            self.position,
            part.q_norm,
            part.k_norm,
            slots,
            scale,
            shape.softcap or 0.0,
            self.weights.epsilon,
            KV_HEADS=shape.kv_heads,
            SHARING=shape.heads // shape.kv_heads,
            HALF=shape.head_dim // 2,
            NORM=part.q_norm is not None,
            CAPPED=shape.softcap is not None,
            QUERIES=QUERIES,
            TILE=tile,
            TURNS=turns,
            num_warps=8 if shape.head_dim > 128 else 4,  # noqa: PLR2004 - wider heads would not fit the registers
            **self._starting(),
        )
        kernels.gather[(shape.heads,)](
            self.attended,
            self.partial,
            self.tops,
            self.sums,
            part.sinks,
            parts,
            HEADS=shape.heads,
            WIDTH=shape.head_dim,
            SINKS=part.sinks is not None,
            SIZE=triton.next_power_of_2(parts),
            **self._starting(),
        )

    def _start(self, kind: tuple[object, ...], launch: Launch) -> None:
        self._launches.setdefault(kind, []).append(launch)
        launch(_FASTEST.get(kind, TILES[0]))

    def _starting(self) -> dict[str, bool]:
        """How a kernel is started: `launch_pdl` lets it begin before the one before it has ended."""
        return {"CHAINED": True, "launch_pdl": True} if self.chained else {"CHAINED": False}


def _shape(tile: Tile, width: int) -> dict[str, int]:
    part = min(tile.part, triton.next_power_of_2(width))
    return {"ROWS": tile.rows, "PART": part, "num_warps": tile.warps}


def _cut(slots: int, groups: int) -> tuple[int, int]:
    """How many slots of the cache a program reads at once, and how many times."""
    parts = min(MOST_PARTS, max(1, PROGRAMS // groups))
    tile = SHORT if slots <= parts * SHORT else LONG
    return tile, triton.cdiv(slots, parts * tile)


def _graph_times(launches: list[Launch], tile: Tile) -> list[float]:
    """How long all `launches` take one after the other, ms; captured, because starting them one by one takes longer."""

    def work() -> None:
        for launch in launches:
            launch(tile)

    work()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.stream(torch.cuda.Stream()):
        graph.capture_begin()
        work()
        graph.capture_end()
    return device_times(graph.replay, "cuda", repeats=5)
