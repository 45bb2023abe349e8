"""What this device really does: copy bandwidth and matrix rate, measured in the same run as the models."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import torch


@dataclass(frozen=True, slots=True)
class Rates:
    """What a device reaches."""

    bandwidth_gb_s: float
    """A plain copy, bytes read and bytes written, GB/s."""
    tflop_s: float
    """A large matrix product in the models' number format, TFLOP/s."""


def measured_rates(device: str, dtype: torch.dtype) -> Rates:
    """The rates of `device`, medians of repeated runs."""
    on_gpu = device.startswith("cuda")
    size, side = (2**31, 8192) if on_gpu else (2**25, 512)
    source = torch.empty(size, dtype=torch.uint8, device=device).fill_(1)
    target = torch.empty_like(source)
    copy = median(device_times(lambda: target.copy_(source), device, repeats=20))
    a, b = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    product = median(device_times(lambda: torch.matmul(a, b), device, repeats=20))
    return Rates(2 * size / copy / 1e6, 2 * side**3 / product / 1e9)


def device_times(work: Callable[[], object], device: str, *, repeats: int, warm_up: int = 3) -> list[float]:
    """How long `work` takes, ms a time: by device events on a GPU, by the clock elsewhere."""
    for _ in range(warm_up):
        work()
    return [_device_time(work) if device.startswith("cuda") else wall_time(work, device) for _ in range(repeats)]


def wall_time(work: Callable[[], object], device: str) -> float:
    """How long `work` takes by the wall clock, the device waited for, ms."""
    wait(device)
    start = time.perf_counter_ns()
    work()
    wait(device)
    return (time.perf_counter_ns() - start) / 1e6


def wait(device: str) -> None:
    """Wait until the device has done all that was asked."""
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def _device_time(work: Callable[[], object]) -> float:
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    work()
    end.record()
    end.synchronize()
    return float(start.elapsed_time(end))
