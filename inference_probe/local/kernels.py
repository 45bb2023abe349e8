"""The kernels of a decode step for one sequence: each matrix is read once, what stands between two is done on the way.

A kernel with `CHAINED` may be started while the one before it still runs: it waits for it only after its first
weights are on their way. Needs Triton, which comes with torch where there is a GPU.
"""

# Triton's own rules: arguments are pointers and numbers it types itself, constants of the compilation are in capitals
# ruff: noqa: ANN001, ANN201, ANN202, C901, N803, PLR0912, PLR0915, PLR0917
# mypy: disable-error-code="no-untyped-def, untyped-decorator"

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def product(
    out,
    x,
    matrix,
    norm,
    bias,
    chosen,
    rows,
    epsilon,
    WIDTH: tl.constexpr,
    NORM: tl.constexpr,
    BIAS: tl.constexpr,
    RESIDUAL: tl.constexpr,
    GATE: tl.constexpr,
    EXPERTS: tl.constexpr,
    CHAINED: tl.constexpr,
    ROWS: tl.constexpr,
    PART: tl.constexpr,
):
    """A matrix [rows, WIDTH] times x [WIDTH], normed on the way; with a gate, gate above up [2 * rows, WIDTH].

    With `EXPERTS` the second axis of the grid goes through the chosen experts' matrices. `RESIDUAL` adds to `out`.
    """
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    column = tl.arange(0, PART)
    here = row < rows
    if CHAINED:
        tl.extra.cuda.gdc_launch_dependents()
        if EXPERTS:
            tl.extra.cuda.gdc_wait()
    if EXPERTS:
        expert = tl.load(chosen + tl.program_id(1)).to(tl.int64)
        above = 1 if GATE == "none" else 2
        matrix += expert * above * rows * WIDTH
        if BIAS:
            bias += expert * above * rows
        out += tl.program_id(1) * rows
    lower = matrix + row[:, None] * WIDTH + column[None, :]
    upper = lower + rows * WIDTH
    within = here[:, None] & (column < WIDTH)[None, :]
    first = tl.load(lower, mask=within, other=0.0, eviction_policy="evict_first")
    if GATE != "none":
        second = tl.load(upper, mask=within, other=0.0, eviction_policy="evict_first")
    if CHAINED and not EXPERTS:
        tl.extra.cuda.gdc_wait()
    values = tl.load(x + column, mask=column < WIDTH, other=0.0).to(tl.float32)
    squares = values * values
    if NORM:
        values *= tl.load(norm + column, mask=column < WIDTH, other=0.0)
    total = first.to(tl.float32) * values[None, :]
    if GATE != "none":
        total_up = second.to(tl.float32) * values[None, :]
    for start in tl.range(PART, WIDTH, PART, loop_unroll_factor=2):
        inside = column + start < WIDTH
        within = here[:, None] & inside[None, :]
        first = tl.load(lower + start, mask=within, other=0.0, eviction_policy="evict_first")
        values = tl.load(x + start + column, mask=inside, other=0.0).to(tl.float32)
        if NORM:
            squares += values * values
            values *= tl.load(norm + start + column, mask=inside, other=0.0)
        total += first.to(tl.float32) * values[None, :]
        if GATE != "none":
            second = tl.load(upper + start, mask=within, other=0.0, eviction_policy="evict_first")
            total_up += second.to(tl.float32) * values[None, :]
    scale = 1.0
    if NORM:
        scale = tl.rsqrt(tl.sum(squares, 0) / WIDTH + epsilon)
    result = tl.sum(total, 1) * scale
    if BIAS:
        result += tl.load(bias + row, mask=here, other=0.0).to(tl.float32)
    if GATE != "none":
        up = tl.sum(total_up, 1) * scale
        if BIAS:
            up += tl.load(bias + rows + row, mask=here, other=0.0).to(tl.float32)
        result = _gated(result, up, GATE)
    if RESIDUAL:
        result += tl.load(out + row, mask=here, other=0.0).to(tl.float32)
    tl.store(out + row, result, mask=here)


@triton.jit
def _gated(gate, up, GATE: tl.constexpr):
    if GATE == "gelu":
        inner = 0.7978845608028654 * (gate + 0.044715 * gate * gate * gate)
        return gate * tl.sigmoid(2.0 * inner) * up
    if GATE == "clamped":
        gate = tl.minimum(gate, 7.0)
        up = tl.minimum(tl.maximum(up, -7.0), 7.0)
        return (up + 1.0) * gate * tl.sigmoid(gate * 1.702)
    return gate * tl.sigmoid(gate) * up


@triton.jit
def mix(
    out,
    x,
    matrix,
    bias,
    chosen,
    shares,
    rows,
    WIDTH: tl.constexpr,
    CHOSEN: tl.constexpr,
    BIAS: tl.constexpr,
    CHAINED: tl.constexpr,
    ROWS: tl.constexpr,
    PART: tl.constexpr,
):
    """Add to `out` what the chosen experts make of their inner values x [CHOSEN, WIDTH], each by its share."""
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    column = tl.arange(0, PART)
    here = row < rows
    if CHAINED:
        tl.extra.cuda.gdc_launch_dependents()
        tl.extra.cuda.gdc_wait()
    result = tl.load(out + row, mask=here, other=0.0).to(tl.float32)
    total = tl.zeros([ROWS, PART], tl.float32)
    for slot in range(CHOSEN):
        expert = tl.load(chosen + slot).to(tl.int64)
        share = tl.load(shares + slot)
        lower = matrix + expert * rows * WIDTH + row[:, None] * WIDTH + column[None, :]
        for start in range(0, WIDTH, PART):
            inside = column + start < WIDTH
            values = tl.load(x + slot * WIDTH + start + column, mask=inside, other=0.0).to(tl.float32)
            read = tl.load(lower + start, mask=here[:, None] & inside[None, :], other=0.0)
            total += read.to(tl.float32) * (share * values)[None, :]
        if BIAS:
            result += share * tl.load(bias + expert * rows + row, mask=here, other=0.0).to(tl.float32)
    tl.store(out + row, result + tl.sum(total, 1), mask=here)


@triton.jit
def choose(
    chosen,
    shares,
    scores,
    ROUTED: tl.constexpr,
    CHOSEN: tl.constexpr,
    CHAINED: tl.constexpr,
    SIZE: tl.constexpr,
):
    """The `CHOSEN` experts with the highest scores [ROUTED], and their shares: a softmax among them."""
    if CHAINED:
        tl.extra.cuda.gdc_launch_dependents()
        tl.extra.cuda.gdc_wait()
    expert = tl.arange(0, SIZE)
    left = tl.load(scores + expert, mask=expert < ROUTED, other=float("-inf"))
    weight = tl.exp(left - tl.max(left, 0))
    taken = tl.zeros([SIZE], tl.int32)
    for _ in range(CHOSEN):
        best = tl.argmax(left, 0)
        taken = tl.where(expert == best, 1, taken)
        left = tl.where(expert == best, float("-inf"), left)
    whole = tl.sum(tl.where(taken == 1, weight, 0.0), 0)
    place = tl.cumsum(taken, 0) - 1
    tl.store(chosen + place, expert, mask=taken == 1)
    tl.store(shares + place, weight / whole, mask=taken == 1)


@triton.jit
def attend(
    partial,
    tops,
    sums,
    qkv,
    keys,
    values,
    cosines,
    sines,
    position,
    q_norm,
    k_norm,
    slots,
    scale,
    cap,
    epsilon,
    KV_HEADS: tl.constexpr,
    SHARING: tl.constexpr,
    HALF: tl.constexpr,
    NORM: tl.constexpr,
    CAPPED: tl.constexpr,
    CHAINED: tl.constexpr,
    QUERIES: tl.constexpr,
    TILE: tl.constexpr,
    TURNS: tl.constexpr,
):
    """One position over `TURNS` tiles of one key head's cache: rotates, keeps the new key and value, and sums up.

    Grid: key heads, parts. The first part takes the new position from `qkv`, so that none waits for its being kept.
    What the cache held before this step is read before the kernel ahead has ended: that one does not write there.
    """
    group = tl.program_id(0)
    part = tl.program_id(1)
    half = tl.arange(0, HALF)
    whole = tl.arange(0, 2 * HALF)
    query = tl.arange(0, QUERIES)
    asked = query < SHARING
    at = tl.load(position).to(tl.int32)
    cos = tl.load(cosines + at * HALF + half)
    sin = tl.load(sines + at * HALF + half)
    slot = at % slots
    end = tl.minimum(tl.minimum(slots, at), (part + 1) * TURNS * TILE)
    spot = part * TURNS * TILE + tl.arange(0, TILE)
    seen = (spot < end) & (spot != slot)
    place = (group * slots + spot) * (2 * HALF)
    old_low = tl.load(keys + place[:, None] + half[None, :], mask=seen[:, None], other=0.0)
    old_high = tl.load(keys + place[:, None] + HALF + half[None, :], mask=seen[:, None], other=0.0)
    old_value = tl.load(values + place[:, None] + whole[None, :], mask=seen[:, None], other=0.0)
    if CHAINED:
        tl.extra.cuda.gdc_launch_dependents()
        tl.extra.cuda.gdc_wait()

    kind = keys.dtype.element_ty
    head = group * SHARING + query
    rows = qkv + head[:, None] * (2 * HALF) + half[None, :]
    low = tl.load(rows, mask=asked[:, None], other=0.0).to(tl.float32)
    high = tl.load(rows + HALF, mask=asked[:, None], other=0.0).to(tl.float32)
    new = qkv + (KV_HEADS * SHARING + group) * (2 * HALF)
    new_low = tl.load(new + half).to(tl.float32)
    new_high = tl.load(new + HALF + half).to(tl.float32)
    if NORM:
        both = tl.rsqrt((tl.sum(low * low, 1) + tl.sum(high * high, 1)) / (2 * HALF) + epsilon)[:, None]
        low = (low * both * tl.load(q_norm + half)[None, :]).to(kind).to(tl.float32)
        high = (high * both * tl.load(q_norm + HALF + half)[None, :]).to(kind).to(tl.float32)
        one = tl.rsqrt((tl.sum(new_low * new_low, 0) + tl.sum(new_high * new_high, 0)) / (2 * HALF) + epsilon)
        new_low = (new_low * one * tl.load(k_norm + half)).to(kind).to(tl.float32)
        new_high = (new_high * one * tl.load(k_norm + HALF + half)).to(kind).to(tl.float32)
    q_low = (low * cos[None, :] - high * sin[None, :]).to(kind)
    q_high = (high * cos[None, :] + low * sin[None, :]).to(kind)
    k_low = (new_low * cos - new_high * sin).to(kind)
    k_high = (new_high * cos + new_low * sin).to(kind)
    new_value = tl.load(new + KV_HEADS * (2 * HALF) + whole)

    if part == 0:
        kept = (group * slots + slot) * (2 * HALF)
        tl.store(keys + kept + half, k_low)
        tl.store(keys + kept + HALF + half, k_high)
        tl.store(values + kept + whole, new_value)
    own = tl.sum(q_low.to(tl.float32) * k_low.to(tl.float32)[None, :], 1)
    own = (own + tl.sum(q_high.to(tl.float32) * k_high.to(tl.float32)[None, :], 1)) * scale
    if CAPPED:
        own = cap * (2.0 * tl.sigmoid(2.0 * own / cap) - 1.0)
    mine = part == 0
    top = tl.where(mine, own, -1e30)
    total = tl.zeros([QUERIES], tl.float32) + tl.where(mine, 1.0, 0.0)
    answer = tl.zeros([QUERIES, 2 * HALF], tl.float32) + tl.where(mine, new_value.to(tl.float32), 0.0)[None, :]

    for _ in range(TURNS):
        score = (tl.dot(q_low, tl.trans(old_low)) + tl.dot(q_high, tl.trans(old_high))) * scale
        if CAPPED:
            score = cap * (2.0 * tl.sigmoid(2.0 * score / cap) - 1.0)
        best = tl.maximum(top, tl.max(tl.where(seen[None, :], score, -1e30), 1))
        weight = tl.where(seen[None, :], tl.exp(score - best[:, None]), 0.0)
        shrink = tl.exp(top - best)
        total = total * shrink + tl.sum(weight, 1)
        answer = answer * shrink[:, None] + tl.dot(weight.to(kind), old_value)
        top = best
        if TURNS > 1:
            spot += TILE
            seen = (spot < end) & (spot != slot)
            place += TILE * 2 * HALF
            old_low = tl.load(keys + place[:, None] + half[None, :], mask=seen[:, None], other=0.0)
            old_high = tl.load(keys + place[:, None] + HALF + half[None, :], mask=seen[:, None], other=0.0)
            old_value = tl.load(values + place[:, None] + whole[None, :], mask=seen[:, None], other=0.0)

    row = part * (KV_HEADS * SHARING) + head
    tl.store(tops + row, top, mask=asked)
    tl.store(sums + row, total, mask=asked)
    tl.store(partial + row[:, None] * (2 * HALF) + whole[None, :], answer, mask=asked[:, None])


@triton.jit
def gather(
    out,
    partial,
    tops,
    sums,
    sinks,
    parts,
    HEADS: tl.constexpr,
    WIDTH: tl.constexpr,
    SINKS: tl.constexpr,
    CHAINED: tl.constexpr,
    SIZE: tl.constexpr,
):
    """The parts of attention put together, a program a head; a sink takes its share without giving a value."""
    if CHAINED:
        tl.extra.cuda.gdc_launch_dependents()
        tl.extra.cuda.gdc_wait()
    head = tl.program_id(0)
    part = tl.arange(0, SIZE)
    column = tl.arange(0, WIDTH)
    there = part < parts
    row = part * HEADS + head
    top = tl.load(tops + row, mask=there, other=-1e30)
    best = tl.max(top, 0)
    if SINKS:
        sink = tl.load(sinks + head)
        best = tl.maximum(best, sink)
    weight = tl.where(there, tl.exp(top - best), 0.0)
    whole = tl.sum(weight * tl.load(sums + row, mask=there, other=0.0), 0)
    if SINKS:
        whole += tl.exp(sink - best)
    read = tl.load(partial + row[:, None] * WIDTH + column[None, :], mask=there[:, None], other=0.0)
    tl.store(out + head * WIDTH + column, tl.sum(read * weight[:, None], 0) / whole)


@triton.jit
def add_normed(
    x,
    h,
    norm,
    epsilon,
    WIDTH: tl.constexpr,
    CHAINED: tl.constexpr,
    SIZE: tl.constexpr,
):
    """Add h [WIDTH], normed, to x: for the models that norm after attention and feed-forward too."""
    if CHAINED:
        tl.extra.cuda.gdc_launch_dependents()
        tl.extra.cuda.gdc_wait()
    column = tl.arange(0, SIZE)
    inside = column < WIDTH
    new = tl.load(h + column, mask=inside, other=0.0).to(tl.float32)
    new *= tl.rsqrt(tl.sum(new * new, 0) / WIDTH + epsilon) * tl.load(norm + column, mask=inside, other=0.0)
    tl.store(x + column, tl.load(x + column, mask=inside, other=0.0).to(tl.float32) + new, mask=inside)
