"""Time one model: prefill and decode apart, by device events and by the wall clock, case by case."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import median

import torch

from essor.model.errors import ProbeError
from essor.model.probes import EngineReading, Machine, Outcome
from inference_probe.architecture import Architecture
from inference_probe.energy import energy_meter, per_token
from inference_probe.local.checks import Check, check, limit_of, refuse_wrong
from inference_probe.local.engine import Engine, Options, attention_kinds, forget_compilations, out_of_memory, own_kinds
from inference_probe.local.rates import Rates, device_times, measured_rates, wait, wall_time
from inference_probe.local.reference import Expected, expected_answer, loaded_model, random_model
from inference_probe.local.weights import Weights, take_over
from inference_probe.roofline import decode_bytes, prefill_flop

CHECK_PROMPT, CHECK_NEW = 48, 16
"""Tokens of the prompt and of the answer in the self-check."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to time."""

    batch: int
    """Sequences at once."""
    context: int
    """Tokens of the prompt."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to time."""

    device: str = "cuda"
    """Where: ``"cuda"`` or ``"cpu"``."""
    dtype: str = "bfloat16"
    """The number format."""
    weights: str | None = None
    """A folder with real weights; None for random ones."""
    new_tokens: int = 128
    """Steps in one timed window."""
    windows: int = 20
    """Timed windows of decode."""
    prefills: int = 10
    """Timed prefills."""
    wall_steps: int = 64
    """Steps timed one by one with the wall clock."""
    energy_s: float = 6.0
    """Length of the window in which energy is read; 0 for none."""
    attention: str = "auto"
    """How a decode step is made; ``"auto"`` for the fastest of our own kernels', ``"library"`` for the fastest of the
    others, ``"all"`` for the fastest of all that fit.
    """
    compiled: str = "layer"
    """What is compiled: ``"layer"``, ``"model"`` or ``"none"``."""

    @property
    def torch_dtype(self) -> torch.dtype:
        """The number format as torch has it."""
        return getattr(torch, self.dtype)  # type: ignore[no-any-return, unused-ignore]


def measure_model(
    shape: Architecture, cases: Iterable[Case], plan: Plan, machine: Machine, emit: Callable[[EngineReading], None]
) -> bool:
    """Build `shape`, check it, time every case and `emit` each as it ends; a case that fails is emitted too.

    False when a failure left the device unusable for this process: what follows would fail whatever it is.
    """
    rates = measured_rates(plan.device, plan.torch_dtype)
    weights, expected = built(shape, plan)
    for case in cases:
        _tidy(plan.device)
        blank = _blank(shape, case, plan, machine, rates)
        reading = _guarded(lambda case=case, blank=blank: _timed(weights, expected, case, plan, blank), blank)  # type: ignore[misc]
        emit(reading)
        if reading.outcome is not Outcome.COMPLETE and not _usable(plan.device):
            return False
    return True


def built(shape: Architecture, plan: Plan) -> tuple[Weights, Expected]:
    """The engine's weights, and what the library's model answered with them before it was taken apart."""
    if plan.weights is None:
        model = random_model(shape, plan.device, plan.torch_dtype)
    else:
        model = loaded_model(shape, plan.weights, plan.device, plan.torch_dtype)
    expected = expected_answer(model, shape.vocabulary, batch=1, length=CHECK_PROMPT, new=CHECK_NEW)
    return take_over(model, shape), expected


def ready_engine(weights: Weights, case: Case, plan: Plan, attention: str) -> Engine:
    """An engine for `case`, compiled and, on a GPU, captured."""
    forget_compilations()
    options = Options(attention=attention, compiled=plan.compiled)
    slots = max(case.context + plan.new_tokens, CHECK_PROMPT + CHECK_NEW)
    engine = Engine(weights, case.batch, slots, options)
    engine.warm_up(case.context)
    if plan.device.startswith("cuda") and not engine.captured:
        raise ProbeError("Decode was not captured as a device graph: its times would be those of eager.")
    return engine


def _timed(weights: Weights, expected: Expected, case: Case, plan: Plan, blank: EngineReading) -> EngineReading:
    engine, result, told = fastest(weights, expected, case, plan)
    ids = _prompt(weights.shape, case, plan.device)
    _refuse_wrong_prefill(engine, ids, limit_of(expected, plan.torch_dtype))
    reading = _with_prefill(blank, engine, ids, plan)
    reading = _with_decode(reading, engine, case, plan)
    return replace(
        _described(reading, engine, result),
        outcome=Outcome.COMPLETE,
        message=told,
        joules_per_token=_energy(engine, case, plan),
        peak_memory_bytes=torch.cuda.max_memory_allocated() if plan.device.startswith("cuda") else None,
    )


def _described(reading: EngineReading, engine: Engine, result: Check) -> EngineReading:
    return replace(
        reading,
        captured=engine.captured,
        attention=engine.options.attention,
        compiled=engine.options.compiled,
        logits_error=result.logits_error,
        tokens_agree=result.tokens_agree,
    )


def fastest(weights: Weights, expected: Expected, case: Case, plan: Plan) -> tuple[Engine, Check, str]:
    """The fastest of the steps to be tried that run and pass the check, and in words how each did."""
    best: tuple[float, Engine, Check] | None = None
    told: list[str] = []
    failed: list[Exception] = []
    for kinds in _rounds(weights.shape, case, plan):
        for kind in kinds:
            try:
                engine = ready_engine(weights, case, plan, kind)
                result = check(engine, expected)
                refuse_wrong(result, limit_of(expected, plan.torch_dtype))
                took = median(_decode_windows(engine, case, plan, windows=3))
            except Exception as error:  # noqa: BLE001 - the edge of a trial: its failure is told, the next one is tried
                failed.append(error.with_traceback(None))  # its frames would hold the device's memory
                told.append(f"{kind} failed: {error}"[:200])
                continue
            told.append(f"{kind} {took:.3f} ms")
            if best is None or took < best[0]:
                best = took, engine, result
        if best is not None:
            return best[1], best[2], f"{'; '.join(told)}; rounding alone {expected.rounding:.1e}"
    raise failed[0]


def _rounds(shape: Architecture, case: Case, plan: Plan) -> list[tuple[str, ...]]:
    """The steps to try together; those of a later round only where none of the rounds before it ran."""
    own, others = own_kinds(shape, case.batch, plan.device), attention_kinds(shape)
    if plan.attention == "all":
        return [(*own, *others)]
    if plan.attention == "library":
        return [others]
    asked = [kind for kind in (*own, *others) if kind == plan.attention]
    return [tuple(asked)] if asked else [kinds for kinds in (own, others) if kinds]


def _with_prefill(reading: EngineReading, engine: Engine, ids: torch.Tensor, plan: Plan) -> EngineReading:
    device = plan.device
    by_device = device_times(lambda: engine.prefill(ids), device, repeats=plan.prefills)
    by_clock = [wall_time(lambda: engine.prefill(ids), device) for _ in range(plan.prefills)]
    on_gpu = device.startswith("cuda")
    return replace(reading, prefill_device_ms=tuple(by_device) if on_gpu else (), prefill_wall_ms=tuple(by_clock))


def _with_decode(reading: EngineReading, engine: Engine, case: Case, plan: Plan) -> EngineReading:
    windows = tuple(_decode_windows(engine, case, plan, windows=plan.windows))
    engine.rewind(case.context)
    steps = tuple(wall_time(engine.step, plan.device) for _ in range(min(plan.wall_steps, plan.new_tokens)))
    on_gpu = plan.device.startswith("cuda")
    return replace(reading, decode_device_ms=windows if on_gpu else (), decode_wall_ms=steps)


def _decode_windows(engine: Engine, case: Case, plan: Plan, *, windows: int) -> list[float]:
    """Time of a step in each window of `new_tokens` steps from the same context, ms."""

    def window() -> None:
        engine.rewind(case.context)
        for _ in range(plan.new_tokens):
            engine.step()

    return [total / plan.new_tokens for total in device_times(window, plan.device, repeats=windows, warm_up=1)]


def _energy(engine: Engine, case: Case, plan: Plan) -> float | None:
    """Energy of a decoded token (all sequences together decode `batch` of them a step) at a steady state."""
    if plan.energy_s <= 0 or not plan.device.startswith("cuda"):
        return None
    with energy_meter() as meter:
        if meter is None:
            return None
        before, start, steps = meter.joules(), time.monotonic(), 0
        while time.monotonic() - start < plan.energy_s:
            engine.rewind(case.context)
            for _ in range(plan.new_tokens):
                engine.step()
            wait(plan.device)
            steps += plan.new_tokens
        return per_token(before, meter.joules(), time.monotonic() - start, steps * case.batch)


def _refuse_wrong_prefill(engine: Engine, ids: torch.Tensor, limit: float) -> None:
    """The compiled prefill, as it will be timed, against the plain one on the same prompt."""
    fast, plain = engine.prefill(ids).float().clone(), engine.prefill(ids, plain=True).float()
    refuse_wrong(Check(float((fast - plain).norm() / plain.norm()), 1.0), limit)


def _guarded(work: Callable[[], EngineReading], blank: EngineReading) -> EngineReading:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - a case's edge: the failure is its result, the next case goes on
        outcome = Outcome.OUT_OF_MEMORY if out_of_memory(error) else Outcome.CRASHED
        return replace(blank, outcome=outcome, message=f"{type(error).__name__}: {error}"[:500])


def _blank(shape: Architecture, case: Case, plan: Plan, machine: Machine, rates: Rates) -> EngineReading:
    return EngineReading(
        model=shape.slug,
        weights=plan.weights or "random",
        dtype=plan.dtype,
        batch=case.batch,
        context=case.context,
        new_tokens=plan.new_tokens,
        observed_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        outcome=Outcome.CRASHED,
        message="not finished",
        machine=machine,
        parameters=shape.published,
        bytes_per_token=decode_bytes(
            shape, case.batch, case.context + plan.new_tokens // 2, number_bytes=plan.torch_dtype.itemsize
        ),
        prefill_flop=prefill_flop(shape, case.batch, case.context),
        measured_bandwidth_gb_s=rates.bandwidth_gb_s,
        measured_tflop_s=rates.tflop_s,
    )


def _prompt(shape: Architecture, case: Case, device: str) -> torch.Tensor:
    generator = torch.Generator().manual_seed(case.context)
    return torch.randint(3, shape.vocabulary, (case.batch, case.context), generator=generator).to(device)


def _usable(device: str) -> bool:
    """Whether the device still computes; after an illegal access a process has lost it."""
    try:
        return float(torch.ones(2, device=device).sum()) == 2.0  # noqa: PLR2004 - one and one
    except RuntimeError:
        return False


def _tidy(device: str) -> None:
    gc.collect()
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
