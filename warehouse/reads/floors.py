"""The least time that a model can take on a device: computed from its config and a datasheet, never measured."""

from __future__ import annotations

from dataclasses import asdict

import polars as pl

from essor.model.floors import all_floors
from warehouse.connection import Cursor


def floors(_: Cursor, batch: int = 1) -> pl.DataFrame:
    """The predicted floors in bf16 of every known model on every known device; there are some at batch 1, 8 and 64.

    Columns: model (slug), name, vendor, parameters, weights_gb, device (slug), device_name, memory_gb (the device's),
    context (tokens of the prompt), decode_ms (a token, at the bandwidth that a copy reaches), decode_ms_datasheet (at
    the datasheet's), prefill_ms. The same in every snapshot: they follow from published numbers alone
    (`essor/model/floors.csv`, which `python -m essor.describe` writes anew; docs/methods/latency.md). What was measured
    on a device stands in `warehouse.reads.latency.engine`, by the same model and context.
    """
    rows = [asdict(floor) for floor in all_floors() if floor.batch == batch]
    return pl.DataFrame(rows).select(
        *("model", "name", "vendor", "parameters", "weights_gb", "device", "device_name", "memory_gb", "context"),
        *(pl.col("decode_ms_copy").alias("decode_ms"), "decode_ms_datasheet", "prefill_ms"),
    )
