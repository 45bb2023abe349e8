"""Loading lines of probes: of the GPU script, of another machine, of a probe that was killed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from essor.jobs import probe_load
from essor.jobs.ask import answer, opened, trace
from essor.jobs.probe import Order, measure
from essor.model.errors import SettingsError
from essor.model.probes import EngineReading, Machine, Outcome
from essor.settings import Settings
from inference_probe.lines import line_of
from warehouse.reads import latency

MACHINE = Machine("Linux x86_64", 16, gpu="NVIDIA H200", driver="580.1", software=(("torch", "2.11.0"),))
READING = EngineReading(
    model="mistral-7b-v0.3",
    weights="random",
    dtype="bfloat16",
    batch=1,
    context=512,
    new_tokens=128,
    observed_at="2026-11-20T12:00:00.000000+00:00",
    outcome=Outcome.COMPLETE,
    message=None,
    machine=MACHINE,
    prefill_device_ms=(10.0, 11.0, 12.0),
    decode_device_ms=(4.0, 4.0, 5.0),
    decode_wall_ms=(4.5,),
    bytes_per_token=14.23e9,
    measured_bandwidth_gb_s=4300.0,
)
CRASHED = replace(
    READING, batch=64, outcome=Outcome.OUT_OF_MEMORY, message="too little", prefill_device_ms=(), decode_device_ms=(),
    decode_wall_ms=(),
)  # fmt: skip


def written(path: Path, *lines: str) -> Path:
    """A file of these lines."""
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


def test_engine_readings_are_loaded_once(settings: Settings, tmp_path: Path) -> None:
    """Cases have times, shares and outcome; the same file again, or its lines in another, adds none."""
    lines = [line_of(READING), line_of(CRASHED)]
    (done,) = probe_load.load(settings, [written(tmp_path / "h200.jsonl", *lines)])
    assert (done.cases, done.rejects) == (2, [])
    (again,) = probe_load.load(settings, [tmp_path / "h200.jsonl"])
    assert again.loads == []
    (other,) = probe_load.load(settings, [written(tmp_path / "other.jsonl", lines[0])])
    assert [load.readings for load in other.loads] == [0]
    with opened(settings) as cursor:
        small, large = latency.engine(cursor).to_dicts()
    assert (small["decode_ms_per_token"], small["prefill_ms"], small["gpu"]) == (4.0, 11.0, "NVIDIA H200")
    assert small["fraction_of_measured_bandwidth"] == pytest.approx(0.827, abs=1e-3)
    assert small["fraction_of_datasheet_bandwidth"] == pytest.approx(0.741, abs=1e-3)
    assert (large["outcome"], large["message"], large["decode_ms_per_token"]) == ("out_of_memory", "too little", None)


def test_a_case_leads_back_to_its_line(settings: Settings, tmp_path: Path) -> None:
    """A loaded file is kept in the archive, and a case's line there has its SHA-256."""
    probe_load.load(settings, [written(tmp_path / "h200.jsonl", line_of(CRASHED), line_of(READING))])
    (tmp_path / "h200.jsonl").unlink()
    (reading_id,) = answer(settings, "SELECT reading_id FROM engine_readings WHERE batch = 1").row(0)
    traced = trace(settings, reading_id)
    assert traced.body is not None
    assert traced.body.matches
    assert traced.body.raw.decode() == f"{line_of(READING)}\n"


def test_a_line_that_cannot_be_read_is_set_aside(settings: Settings, tmp_path: Path) -> None:
    """A cut or foreign line is told with its number; the others are loaded."""
    path = written(tmp_path / "cut.jsonl", line_of(READING), '{"kind": "poem"}', line_of(CRASHED)[:80])
    (done,) = probe_load.load(settings, [path])
    assert done.cases == 1
    assert [reject.split(":")[0] for reject in done.rejects] == ["line 2", "line 3"]


@pytest.mark.parametrize("text", ["", "observed_at,country\n", '{"kind": "poem"}'])
def test_a_file_without_a_line_of_a_probe_is_refused(settings: Settings, tmp_path: Path, text: str) -> None:
    """Somebody took another file for one; nothing is loaded."""
    with pytest.raises(SettingsError, match=r"other\.jsonl holds no line of a probe"):
        probe_load.load(settings, [written(tmp_path / "other.jsonl", text)])
    assert answer(settings, "FROM runs").is_empty()


def test_a_probe_of_another_machine_is_the_same_here(settings: Settings, tmp_path: Path) -> None:
    """The archived lines of a probe give another data folder the same runs, samples and figures."""
    measure(settings, Order(targets=("fake",), requests=4), lambda done, total: None)
    other = settings.model_copy(update={"data_dir": tmp_path / "other"})
    (path,) = (settings.data_dir / "archive").glob("*.jsonl")
    (done,) = probe_load.load(other, [path])
    assert (done.runs, done.samples) == (1, 6)
    for view in ("probe_runs", "probe_samples", "probe_figures"):
        query = f"SELECT * EXCLUDE (recorded_at) FROM {view} ORDER BY ALL"
        places = [name for name in ("capture_file", "run_id") if name in answer(settings, query).columns]
        assert answer(settings, query).drop(places).equals(answer(other, query).drop(places)), view
    (again,) = probe_load.load(settings, [path])
    assert [load.known for load in again.loads] == [7]


def test_a_killed_probe_of_another_machine_is_interrupted(settings: Settings, tmp_path: Path) -> None:
    """A run without an end in the file is loaded as interrupted; one without its beginning is set aside."""
    measure(settings, Order(targets=("fake",), requests=4), lambda done, total: None)
    (path,) = (settings.data_dir / "archive").glob("*.jsonl")
    begun, *samples, _ = path.read_text("utf-8").splitlines()
    other = settings.model_copy(update={"data_dir": tmp_path / "other"})
    (cut,) = probe_load.load(other, [written(tmp_path / "cut.jsonl", begun, *samples)])
    assert (cut.runs, cut.samples, cut.rejects) == (1, 6, [])
    assert answer(other, "SELECT outcome, answered FROM probe_runs").rows() == [("interrupted", 4)]
    (lost,) = probe_load.load(other, [written(tmp_path / "lost.jsonl", *samples)])
    assert (lost.runs, lost.samples, lost.rejects) == (0, 0, ["6 samples of runs that are not in the file"])


def test_records_that_come_with_essor_are_loaded_once(settings: Settings) -> None:
    """Every committed record is loaded by the first start and not again."""
    first = probe_load.load_records(settings)
    assert all(not done.rejects for done in first)
    assert probe_load.load_records(settings) == []
