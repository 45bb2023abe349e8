"""Predicts how fast a device would let a model be, from its config and a datasheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from essor.model.floors import PredictedFloor
from inference_probe.architecture import Architecture, all_architectures, architecture, count_parameters
from inference_probe.roofline import BF16, Datasheet, all_datasheets, datasheet, floor

CASES = ((1, 512), (1, 2048), (1, 8192), (8, 512), (64, 512))
"""Batch and context of the committed table: what `python3 -m inference_probe.local` times by default."""


def predicted(
    models: Sequence[str], device: str, cases: Iterable[tuple[int, int]], *, cache: bool = False
) -> list[PredictedFloor]:
    """The floors of these models, or of all, on a device; `cache` counts the reading of a filled KV cache too.

    Raises SettingsError naming the known models or devices.
    """
    shapes = [architecture(name) for name in models] if models else list(all_architectures())
    return [_predicted(shape, datasheet(device), case, cache=cache) for shape in shapes for case in cases]


def committed() -> tuple[PredictedFloor, ...]:
    """The rows of `essor/model/floors.csv`: every model and device at the usual cases."""
    return tuple(row for sheet in all_datasheets() for row in predicted((), sheet.slug, CASES))


def _predicted(shape: Architecture, device: Datasheet, case: tuple[int, int], *, cache: bool) -> PredictedFloor:
    found = floor(shape, device, batch=case[0], context=case[1], cache=cache)
    return PredictedFloor(
        model=shape.slug,
        name=shape.name,
        vendor=shape.vendor,
        parameters=count_parameters(shape).total,
        weights_gb=BF16 * count_parameters(shape).total / 1e9,
        device=device.slug,
        device_name=device.name,
        memory_gb=device.memory_gb,
        batch=found.batch,
        context=found.context,
        decode_ms_datasheet=found.decode_ms_datasheet,
        decode_ms_copy=found.decode_ms_copy,
        prefill_ms=found.prefill_ms,
        bytes_per_token=found.bytes_per_token,
        prefill_flop=found.prefill_flop,
    )
