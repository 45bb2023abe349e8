"""Predicted floors of the open models on usual devices, from `floors.csv` (`python -m essor.describe` writes it)."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.resources import files
from io import StringIO


@dataclass(frozen=True, slots=True)
class PredictedFloor:
    """The least times of one model on one device in bf16, computed from its config and a datasheet."""

    model: str
    """The architecture's slug, as in ``"mistral-7b-v0.3"``."""
    name: str
    """The model's usual name."""
    vendor: str
    """Who published it."""
    parameters: int
    """Its parameters."""
    weights_gb: float
    """Its weights in bf16, GB."""
    device: str
    """The datasheet's slug, as in ``"h200"``."""
    device_name: str
    """The device's name."""
    memory_gb: float
    """The device's memory, GB; larger weights do not fit."""
    batch: int
    """Sequences at once."""
    context: int
    """Tokens of the prompt."""
    decode_ms_datasheet: float
    """Least time of a decode step at the datasheet's bandwidth, ms; the KV cache is not counted."""
    decode_ms_copy: float
    """The same at the bandwidth that a copy reaches, ms."""
    prefill_ms: float
    """Least time of the prefill at the rates that are really reached, ms."""
    bytes_per_token: float
    """Bytes of weights that a decode step must read."""
    prefill_flop: float
    """Floating-point operations of the prefill."""
    basis: str = "predicted"
    """Always ``"predicted"``."""


@lru_cache(maxsize=1)
def all_floors() -> tuple[PredictedFloor, ...]:
    """Every row of `floors.csv`."""
    return tuple(
        _row(line) for line in csv.DictReader(StringIO((files("essor.model") / "floors.csv").read_text("utf-8")))
    )


def floors_text(floors: tuple[PredictedFloor, ...]) -> str:
    """`floors` as the file has them."""
    out = StringIO()
    writer = csv.DictWriter(out, [field.name for field in fields(PredictedFloor)], lineterminator="\n")
    writer.writeheader()
    writer.writerows({field.name: _cell(getattr(floor, field.name)) for field in fields(floor)} for floor in floors)
    return out.getvalue()


def _cell(value: str | float) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _row(line: dict[str, str]) -> PredictedFloor:
    kinds = {"str": str, "int": int, "float": float}
    return PredictedFloor(**{field.name: kinds[str(field.type)](line[field.name]) for field in fields(PredictedFloor)})
