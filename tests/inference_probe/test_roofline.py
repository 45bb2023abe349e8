"""The floors against the reference's table."""

from __future__ import annotations

import pytest

from essor.model.errors import SettingsError
from essor.model.probes import EngineReading, Machine, Outcome
from inference_probe.architecture import architecture
from inference_probe.roofline import Datasheet, datasheet, decode_bytes, floor, prefill_flop, shares

TABLE = {
    "mistral-7b-v0.3": ((2.96, 3.31), ("9.1", "37.6", "167")),
    "ministral-8b-2410": ((3.12, 3.48), ("9.1", "37.6", "169")),
    "mistral-nemo-12b": ((4.82, 5.39), ("14.3", "58.3", "254")),
    "mistral-small-24b": ((9.54, 10.65), ("28.9", "117", "489")),
    "llama-3.1-8b": ((3.13, 3.49), ("9.1", "37.6", "167")),
    "qwen2.5-7b": ((2.95, 3.29), ("8.5", "34.9", "152")),
    "qwen3-8b": ((3.15, 3.52), ("9.1", "37.6", "169")),
    "gemma-2-9b": ((3.85, 4.30), ("10.9", "45", None)),
    "gpt-oss-20b": ((1.50, 1.68), ("9.5", "16.3", "71")),
    "deepseek-v2-lite": ((1.02, 1.14), ("7.2", "12.4", "58")),
}
"""The table for one H200, bf16, batch 1; Gemma's 8,192 stands in a test of its own.

Nemo was rounded twice there: 5.3845 stands as 5.39 and 14.246 as 14.3.
"""


@pytest.fixture(name="h200")
def _h200() -> Datasheet:
    return datasheet("h200")


@pytest.mark.parametrize("slug", TABLE)
def test_decode_floors_equal_the_table(slug: str, h200: Datasheet) -> None:
    """Milliseconds a token at the datasheet's and at the copy's bandwidth equal the table within its rounding."""
    found = floor(architecture(slug), h200)
    assert (found.decode_ms_datasheet, found.decode_ms_copy) == pytest.approx(TABLE[slug][0], abs=0.006)


@pytest.mark.parametrize("slug", TABLE)
def test_prefill_floors_equal_the_table(slug: str, h200: Datasheet) -> None:
    """Prefill milliseconds at 512, 2,048 and 8,192 tokens equal the table within one of its last digits."""
    for context, said in zip((512, 2048, 8192), TABLE[slug][1], strict=True):
        if said is not None:
            digit = 0.1 if "." in said else 1.0
            assert floor(architecture(slug), h200, context=context).prefill_ms == pytest.approx(float(said), abs=digit)


def test_gemmas_long_prompt_counts_its_window(h200: Datasheet) -> None:
    """At 8,192 tokens Gemma-2's windowed layers see 4,096: 198 ms. The table's 202 is the same without the window."""
    shape = architecture("gemma-2-9b")
    assert floor(shape, h200, context=8192).prefill_ms == pytest.approx(198.2, abs=0.1)
    extra = 21 * 4 * shape.heads * shape.head_dim * (8192**2 / 2 - (4096 * 8192 - 4096**2 / 2))
    assert (prefill_flop(shape, 1, 8192) + extra) / 790e12 * 1e3 == pytest.approx(202, abs=0.5)


def test_a_floor_is_always_a_prediction(h200: Datasheet) -> None:
    """A floor says of itself that it is computed."""
    assert floor(architecture("qwen3-8b"), h200).basis == "predicted"


def test_a_filled_cache_is_read_too() -> None:
    """With its cache, a step reads two numbers a position, layer, key head and width more for each sequence."""
    shape = architecture("llama-3.1-8b")
    more = decode_bytes(shape, 4, 1000) - decode_bytes(shape, 4, 1000, cache=False)
    assert more == 4 * 1000 * 32 * 2 * 8 * 128 * 2


def test_many_sequences_reach_nearly_all_experts() -> None:
    """At batch 64 a step of gpt-oss reads nearly all its experts, at batch 1 four of 32."""
    shape = architecture("gpt-oss-20b")
    one, many = (decode_bytes(shape, batch, cache=False) for batch in (1, 64))
    assert one / 2e9 == pytest.approx(3.608, abs=0.001)
    assert many / 2e9 == pytest.approx(20.33, abs=0.02)


def test_a_device_is_found_by_the_drivers_name() -> None:
    """The name that a driver gives leads to the datasheet."""
    assert datasheet("NVIDIA H200").slug == "h200"
    assert datasheet("NVIDIA H100 80GB HBM3").slug == "h100"


def test_an_unknown_device_is_refused_with_the_known_ones() -> None:
    """A device without a datasheet is refused with a text that lists those there are."""
    with pytest.raises(SettingsError, match="h200"):
        datasheet("abacus")


def test_a_measured_case_has_its_share_of_each_floor() -> None:
    """A step of 4 ms that reads 14.4 GB is 75% of an H200's datasheet and 84% of 4.3 TB/s measured."""
    found = shares(_reading("NVIDIA H200"))
    assert found.basis == "measured"
    assert found.decode_of_datasheet == pytest.approx(14.4 / 4.8 / 4.0)
    assert found.decode_of_measured == pytest.approx(14.4 / 4.3 / 4.0)
    assert found.prefill_of_measured == pytest.approx(7.9 / 790 * 1e3 / 12)


def test_a_device_without_a_datasheet_has_no_share_of_one() -> None:
    """On an unknown device the share of the datasheet is missing, and that of the measured bandwidth is there."""
    found = shares(_reading(None))
    assert found.decode_of_datasheet is None
    assert found.decode_of_measured is not None


def _reading(gpu: str | None) -> EngineReading:
    return EngineReading(
        model="mistral-7b-v0.3",
        weights="random",
        dtype="bfloat16",
        batch=1,
        context=512,
        new_tokens=128,
        observed_at="2026-11-20T12:00:00+00:00",
        outcome=Outcome.COMPLETE,
        message=None,
        machine=Machine("Linux x86_64", 16, gpu),
        prefill_device_ms=(12.0,),
        decode_device_ms=(4.0,),
        bytes_per_token=14.4e9,
        measured_bandwidth_gb_s=4300.0,
        measured_tflop_s=790.0,
        prefill_flop=7.9e12,
    )
