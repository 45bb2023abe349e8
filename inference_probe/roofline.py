"""The floor: the least time that a model can take on a device, from its config and a datasheet."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files

from essor.model.errors import SettingsError
from essor.model.probes import EngineReading
from inference_probe.architecture import Architecture, Experts, cache_values, count_parameters

BF16 = 2
"""Bytes of a bf16 number."""


@dataclass(frozen=True, slots=True)
class Datasheet:
    """A device as its maker describes it, and as it is known to do."""

    slug: str
    """Its short name, as in ``"h200"``."""
    name: str
    """Its name in text."""
    matches: str
    """What the driver's name for it contains."""
    bandwidth_gb_s: float
    """Memory bandwidth by the datasheet, GB/s."""
    bf16_tflop_s: float
    """Dense bf16 rate by the datasheet, TFLOP/s."""
    memory_gb: float
    """Memory, GB."""
    copy_gb_s: float
    """Bandwidth that a plain copy reaches, GB/s."""
    reached_tflop_s: float
    """bf16 rate that a large matrix product reaches, TFLOP/s."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The least times of one model on one device."""

    model: str
    """The architecture's slug."""
    device: str
    """The datasheet's slug."""
    batch: int
    """Sequences at once."""
    context: int
    """Tokens of the prompt."""
    decode_ms_datasheet: float
    """Least time of a decode step at the datasheet's bandwidth, ms."""
    decode_ms_copy: float
    """The same at the bandwidth that a copy reaches, ms."""
    prefill_ms: float
    """Least time of the prefill at the rates really reached, ms."""
    bytes_per_token: float
    """Bytes that a decode step must read."""
    prefill_flop: float
    """Floating-point operations of the prefill."""
    basis: str = "predicted"
    """Always ``"predicted"``: a floor is computed, never measured."""


@dataclass(frozen=True, slots=True)
class Shares:
    """A measured case's share of its floors: 1 is as fast as the device allows."""

    decode_of_datasheet: float | None
    """Decode, at the datasheet's bandwidth."""
    decode_of_measured: float | None
    """Decode, at the bandwidth that a copy reached in the same run."""
    prefill_of_measured: float | None
    """Prefill, at the matrix rate reached in the same run."""
    basis: str = "measured"
    """Always ``"measured"``."""


def floor(shape: Architecture, device: Datasheet, *, batch: int = 1, context: int = 512, cache: bool = False) -> Floor:
    """The floor of `shape` on `device` in bf16; `cache` counts the reading of a filled KV cache too.

    Decode is bound by bytes, prefill by the greater of operations and bytes.
    """
    size = decode_bytes(shape, batch, context, cache=cache)
    work = prefill_flop(shape, batch, context)
    reading = prefill_bytes(shape, batch * context) / (device.copy_gb_s * 1e9)
    return Floor(
        model=shape.slug,
        device=device.slug,
        batch=batch,
        context=context,
        decode_ms_datasheet=size / (device.bandwidth_gb_s * 1e9) * 1e3,
        decode_ms_copy=size / (device.copy_gb_s * 1e9) * 1e3,
        prefill_ms=max(work / (device.reached_tflop_s * 1e12), reading) * 1e3,
        bytes_per_token=size,
        prefill_flop=work,
    )


def shares(reading: EngineReading) -> Shares:
    """How near a measured case is to its floors; None where a time, a rate or a datasheet is missing."""
    decode, prefill = reading.decode_ms_per_token, reading.prefill_ms
    sheet = next((one for one in all_datasheets() if one.matches in (reading.machine.gpu or "")), None)
    by_sheet = reading.bytes_per_token / sheet.bandwidth_gb_s / 1e6 if sheet and reading.bytes_per_token else None
    compute = None
    if reading.prefill_flop and reading.measured_tflop_s:
        compute = reading.prefill_flop / reading.measured_tflop_s / 1e9
    return Shares(
        decode_of_datasheet=by_sheet / decode if by_sheet and decode else None,
        decode_of_measured=reading.fraction_of_measured_bandwidth,
        prefill_of_measured=compute / prefill if compute and prefill else None,
    )


def decode_bytes(
    shape: Architecture, batch: int = 1, context: int = 0, *, cache: bool = True, number_bytes: int = BF16
) -> float:
    """Bytes that one decode step must read: the weights once and, with `cache`, every sequence's filled cache."""
    kept = sum(cache_values(shape, layer, context) for layer in range(shape.layers)) if cache else 0
    return number_bytes * (_read_weights(shape, batch) + batch * kept)


def prefill_flop(shape: Architecture, batch: int, context: int) -> float:
    """Operations of a prefill: two a weight and token in the layers, attention over what each position sees,
    the logits of the last position alone.
    """
    tokens = 2.0 * count_parameters(shape).matrices * batch * context
    pairs = sum(_visible_pairs(context, window) for window in shape.windows)
    logits = 2.0 * shape.vocabulary * shape.hidden * batch
    return tokens + 2.0 * batch * pairs * _attention_width(shape) + logits


def prefill_bytes(shape: Architecture, tokens: int) -> float:
    """Bytes of weights that a prefill of `tokens` must read; a mixture's experts as far as tokens reach them."""
    return BF16 * _read_weights(shape, tokens)


def all_datasheets() -> tuple[Datasheet, ...]:
    """Every device of `datasheets.toml`."""
    text = (files("inference_probe") / "datasheets.toml").read_text("utf-8")
    return tuple(_datasheet(slug, row) for slug, row in tomllib.loads(text).items())


def datasheet(name: str) -> Datasheet:
    """The datasheet called `name`, or the one that fits a driver's name for a device."""
    known = all_datasheets()
    for device in known:
        if name.lower() == device.slug or device.matches in name:
            return device
    raise SettingsError(f"No datasheet for {name!r}. Known: {', '.join(device.slug for device in known)}.")


def _datasheet(slug: str, row: dict[str, str | float]) -> Datasheet:
    bandwidth, rate = float(row["bandwidth_gb_s"]), float(row["bf16_tflop_s"])
    return Datasheet(
        slug=slug,
        name=str(row["name"]),
        matches=str(row["matches"]),
        bandwidth_gb_s=bandwidth,
        bf16_tflop_s=rate,
        memory_gb=float(row["memory_gb"]),
        copy_gb_s=float(row.get("copy_gb_s", 0.9 * bandwidth)),
        reached_tflop_s=float(row.get("reached_tflop_s", 0.8 * rate)),
    )


def _read_weights(shape: Architecture, tokens: int) -> float:
    counted = count_parameters(shape)
    if shape.experts is None:
        return counted.active
    idle = counted.stored - counted.active
    return counted.active + idle * _more_experts(shape.experts, tokens)


def _more_experts(experts: Experts, tokens: int) -> float:
    """Share of the experts beyond one token's choice that `tokens` reach, if each chooses evenly at random."""
    missed = 1 - experts.chosen / experts.routed
    return 1 - missed ** max(0, tokens - 1)


def _visible_pairs(context: int, window: int | None) -> float:
    if window is None or window >= context:
        return context * context / 2
    return window * context - window * window / 2


def _attention_width(shape: Architecture) -> int:
    """Products that one pair of positions costs in one layer, keys and values together."""
    if shape.latent:
        return shape.heads * (shape.latent.nope + shape.latent.rope + shape.latent.value)
    return 2 * shape.heads * shape.head_dim
