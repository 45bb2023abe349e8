"""Energy from NVML's cumulative counter; None where NVML does not answer, never 0."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SHORTEST_WINDOW_S = 5.0
"""A window shorter than this is not read: the counter moves in steps of up to 100 ms."""


@dataclass(frozen=True, slots=True)
class Meter:
    """A device's energy counter."""

    library: ctypes.CDLL
    """NVML."""
    handle: ctypes.c_void_p
    """The device."""

    def joules(self) -> float | None:
        """Energy used since the driver was loaded, J; None when the device does not count it."""
        total = ctypes.c_ulonglong()
        code = self.library.nvmlDeviceGetTotalEnergyConsumption(self.handle, ctypes.byref(total))
        return total.value / 1e3 if code == 0 else None

    def watts(self) -> float | None:
        """Power now, W; None when the device does not say."""
        power = ctypes.c_uint()
        code = self.library.nvmlDeviceGetPowerUsage(self.handle, ctypes.byref(power))
        return power.value / 1e3 if code == 0 else None


@contextmanager
def energy_meter(index: int = 0, library: str = "libnvidia-ml.so.1") -> Iterator[Meter | None]:
    """The counter of device `index`, or None where there is no NVML or no such device."""
    nvml = _load(library)
    if nvml is None or nvml.nvmlInit_v2() != 0:
        yield None
        return
    try:
        handle = ctypes.c_void_p()
        code = nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(index), ctypes.byref(handle))
        yield Meter(nvml, handle) if code == 0 else None
    finally:
        nvml.nvmlShutdown()


def per_token(before: float | None, after: float | None, seconds: float, tokens: int) -> float | None:
    """Joules a token between two readings; None when one is missing or the window is too short to trust."""
    if before is None or after is None or seconds < SHORTEST_WINDOW_S or tokens <= 0 or after <= before:
        return None
    return (after - before) / tokens


def _load(name: str) -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None
