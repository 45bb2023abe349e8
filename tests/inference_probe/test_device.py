"""The machine as found."""

from __future__ import annotations

from inference_probe.device import read_smi, this_machine
from inference_probe.energy import energy_meter, per_token


def test_a_line_of_nvidia_smi_is_read() -> None:
    """Each field of nvidia-smi's line has its name."""
    found = read_smi("NVIDIA H200, 570.86.15, 1980, 3201, 700.00, 75.41, 31, 143771")
    assert found["gpu"] == "NVIDIA H200"
    assert (found["sm_mhz"], found["memory_mhz"], found["idle_w"]) == ("1980", "3201", "75.41")


def test_what_the_driver_does_not_know_is_left_out() -> None:
    """A field in brackets is not a value."""
    assert "power_limit_w" not in read_smi("Tesla T4, 535, 300, 405, [N/A], 9.5, 40, 15360")


def test_no_device_is_none_and_not_zero() -> None:
    """Without a line there is no device, and no number stands for it."""
    assert read_smi(None) == {}


def test_this_machine_names_its_versions() -> None:
    """The versions of installed packages are told; one that is not installed is left out."""
    software = dict(this_machine("httpx", "no-such-package").software)
    assert "httpx" in software
    assert "no-such-package" not in software


def test_without_nvml_there_is_no_meter() -> None:
    """Where the library cannot be loaded the meter is None, never one that says 0."""
    with energy_meter(library="libno-such-nvml.so") as meter:
        assert meter is None


def test_energy_needs_two_readings_and_a_long_window() -> None:
    """Energy a token is null when a reading is missing, the counter stood still or the window was short."""
    assert per_token(100.0, 700.0, 6.0, 300) == 2.0
    assert per_token(None, 700.0, 6.0, 300) is None
    assert per_token(100.0, 100.0, 6.0, 300) is None
    assert per_token(100.0, 700.0, 1.0, 300) is None
