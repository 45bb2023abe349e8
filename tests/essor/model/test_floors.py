"""The committed table of predicted floors."""

from __future__ import annotations

from pathlib import Path

import pytest

import essor.model.floors as module
from essor.jobs.ask import opened
from essor.jobs.floors import committed
from essor.model.floors import all_floors, floors_text
from essor.settings import Settings
from warehouse.reads.floors import floors

REFERENCE = {
    "mistral-7b-v0.3": (2.96, 3.31, 9.1, 37.6, 167),
    "ministral-8b-2410": (3.12, 3.48, 9.1, 37.6, 169),
    "mistral-nemo-12b": (4.82, 5.39, 14.3, 58.3, 254),
    "mistral-small-24b": (9.54, 10.65, 28.9, 117, 489),
    "llama-3.1-8b": (3.13, 3.49, 9.1, 37.6, 167),
    "qwen2.5-7b": (2.95, 3.29, 8.5, 34.9, 152),
    "qwen3-8b": (3.15, 3.52, 9.1, 37.6, 169),
    "gemma-2-9b": (3.85, 4.30, 10.9, 45, 198),
    "gpt-oss-20b": (1.50, 1.68, 9.5, 16.3, 71),
    "deepseek-v2-lite": (1.02, 1.14, 7.2, 12.4, 58),
}
"""On one H200, batch 1: decode at 4.8 and 4.3 TB/s, prefill at 512, 2048 and 8192, ms, as the reference gives them.

Gemma-2's prefill at 8,192 is 202 there, which does not count its windows (docs/methods/latency.md)."""


def test_the_committed_table_is_what_the_code_computes() -> None:
    """`floors.csv` is made of today's architectures and datasheets (`python -m essor.describe` writes it)."""
    path = Path(module.__file__).with_name("floors.csv")
    assert path.read_text("utf-8") == floors_text(committed())


@pytest.mark.parametrize("model", REFERENCE)
def test_the_floors_on_an_h200_are_the_references(model: str) -> None:
    """Decode and prefill floors agree with the reference to its last digit, or by less than 2 %."""
    rows = {row.context: row for row in all_floors() if (row.model, row.device, row.batch) == (model, "h200", 1)}
    found = (
        rows[512].decode_ms_datasheet,
        rows[512].decode_ms_copy,
        *(rows[context].prefill_ms for context in (512, 2048, 8192)),
    )
    assert found == pytest.approx(REFERENCE[model], rel=0.02)


def test_the_read_of_the_pages_is_this_table(settings: Settings) -> None:
    """The frame for the pages has every model, device and context at batch 1; other batches on request."""
    with opened(settings) as cursor:
        frame, larger = floors(cursor), floors(cursor, 64)
    assert set(frame["model"]) == set(REFERENCE)
    assert frame.height == sum(row.batch == 1 for row in all_floors())
    assert larger["context"].unique().to_list() == [512]
    assert all(row.basis == "predicted" for row in all_floors())
