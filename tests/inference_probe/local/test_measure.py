"""Timing the cases of one model: what fails is recorded, and what follows goes on where it can."""

from __future__ import annotations

from typing import Any

import pytest

from essor.model.probes import EngineReading, Machine, Outcome
from inference_probe.architecture import architecture

torch = pytest.importorskip("torch", reason="torch is not installed: the local engine cannot run")
pytest.importorskip("transformers", reason="transformers is not installed: the local engine cannot be judged")

from inference_probe.local import measure  # noqa: E402 - after the skips
from inference_probe.local.measure import Case, Plan, measure_model  # noqa: E402
from inference_probe.local.tiny import tiny  # noqa: E402

PLAN = Plan(device="cpu", dtype="float32", compiled="none", new_tokens=2, windows=1, prefills=1)
TWO = (Case(1, 16), Case(2, 16))


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def measured() -> tuple[list[EngineReading], bool]:
    """The readings of a small model in two cases, and whether it was gone through whole."""
    readings: list[EngineReading] = []
    whole = measure_model(tiny(architecture("mistral-7b-v0.3")), TWO, PLAN, Machine("Linux x86_64", 1), readings.append)
    return readings, whole


def failing(monkeypatch: pytest.MonkeyPatch, *kinds: str) -> None:
    """Engines with these decode attentions cannot be made."""
    made = measure.ready_engine

    def ready(weights: Any, case: Case, plan: Plan, attention: str) -> Any:
        if attention in kinds:
            raise RuntimeError("no kernel for this width")
        return made(weights, case, plan, attention)

    monkeypatch.setattr(measure, "ready_engine", ready)


def test_an_attention_that_fails_is_passed_over_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one decode attention does not run the other is timed, and the line says why."""
    failing(monkeypatch, "packed")
    readings, whole = measured()
    assert whole
    assert [(r.outcome, r.attention) for r in readings] == [(Outcome.COMPLETE, "split")] * 2
    assert str(readings[0].message).startswith("packed failed: no kernel for this width; split ")


def test_a_failure_leaves_the_next_case_to_be_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case without any attention that runs is a crash, and the case after it is measured on its own."""
    failing(monkeypatch, "packed", "split")
    readings, whole = measured()
    assert whole
    assert [(r.outcome, r.message) for r in readings] == [
        (Outcome.CRASHED, "RuntimeError: no kernel for this width")
    ] * 2


def test_a_device_that_is_lost_ends_the_model_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failure that leaves the device unusable nothing more is tried in this process."""
    failing(monkeypatch, "packed", "split")
    monkeypatch.setattr(measure, "_usable", lambda device: False)
    readings, whole = measured()
    assert not whole
    assert len(readings) == 1
