"""The machine as found: processor, device, driver and clocks, asked of the system without torch."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version

from essor.model.probes import Machine

_FIELDS = {
    "gpu": "name",
    "driver": "driver_version",
    "sm_mhz": "clocks.sm",
    "memory_mhz": "clocks.mem",
    "power_limit_w": "power.limit",
    "idle_w": "power.draw",
    "temperature_c": "temperature.gpu",
    "memory_mib": "memory.total",
}


def this_machine(*packages: str) -> Machine:
    """The machine as it is now, with the versions of `packages` that are installed."""
    found = read_smi(_ask_smi())
    return Machine(
        platform=f"{platform.system()} {platform.machine()}",
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        gpu=found.get("gpu"),
        driver=found.get("driver"),
        sm_mhz=_whole(found.get("sm_mhz")),
        memory_mhz=_whole(found.get("memory_mhz")),
        power_limit_w=_number(found.get("power_limit_w")),
        idle_w=_number(found.get("idle_w")),
        temperature_c=_whole(found.get("temperature_c")),
        memory_bytes=_mebibytes(found.get("memory_mib")),
        software=(("python", platform.python_version()), *_versions(packages)),
    )


def read_smi(line: str | None) -> dict[str, str]:
    """The fields of one line of nvidia-smi's CSV; those it does not know (``[N/A]``) are left out."""
    if not line:
        return {}
    values = [value.strip() for value in line.split(",")]
    return {name: value for name, value in zip(_FIELDS, values, strict=False) if value and not value.startswith("[")}


def _ask_smi() -> str | None:
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    query = [program, f"--query-gpu={','.join(_FIELDS.values())}", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)  # noqa: S603 - a fixed command
    except (subprocess.SubprocessError, OSError):
        return None
    return next(iter(answer.stdout.splitlines()), None)


def _versions(packages: tuple[str, ...]) -> list[tuple[str, str]]:
    found = []
    for package in packages:
        try:
            found.append((package, version(package)))
        except PackageNotFoundError:
            continue
    return found


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _whole(text: str | None) -> int | None:
    number = _number(text)
    return None if number is None else round(number)


def _mebibytes(text: str | None) -> int | None:
    number = _number(text)
    return None if number is None else round(number * 2**20)
