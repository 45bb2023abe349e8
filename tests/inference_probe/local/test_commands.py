"""``python3 -m inference_probe.local`` from start to end, on the processor."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from essor.model.errors import EssorError
from essor.model.probes import EngineReading, Machine, Outcome
from inference_probe.architecture import Architecture, architecture
from inference_probe.lines import line_of, word_of, words_of
from inference_probe.local import commands
from inference_probe.local.commands import main, table_of

QUICK = ["--device", "cpu", "--dtype", "float32", "--tiny", "--compile", "none"]
FEW = ["--new-tokens", "4", "--windows", "2", "--prefills", "2"]
NO_TORCH = "torch is not installed: the local engine cannot run"


@pytest.mark.slow
def test_every_case_is_a_line_with_its_times_and_checks(tmp_path: Path) -> None:
    """Two models in two cases give four complete readings, checked against the library and labelled as random."""
    pytest.importorskip("torch", reason=NO_TORCH)
    readings = _run(tmp_path, "--models", "mistral-7b-v0.3,gpt-oss-20b", "--cases", "1x32,2x32")
    assert [(r.model, r.batch) for r in readings] == [
        ("tiny-mistral-7b-v0.3", 1),
        ("tiny-mistral-7b-v0.3", 2),
        ("tiny-gpt-oss-20b", 1),
        ("tiny-gpt-oss-20b", 2),
    ]
    for reading in readings:
        assert (reading.outcome, reading.weights, reading.captured) == (Outcome.COMPLETE, "random", False)
        assert reading.prefill_ms
        assert reading.decode_ms_per_token
        assert reading.measured_bandwidth_gb_s
        assert reading.logits_error is not None
        assert reading.logits_error < 1e-5
        assert reading.tokens_agree == 1.0
        assert reading.joules_per_token is None
        assert reading.decode_device_ms == ()


@pytest.mark.slow
def test_real_weights_are_read_from_their_folder(tmp_path: Path) -> None:
    """Safetensors in a folder run through the same engine and checks, and the reading names the folder."""
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    from inference_probe.local.reference import random_model
    from inference_probe.local.tiny import tiny

    folder = tmp_path / "weights"
    random_model(tiny(architecture("qwen3-8b")), "cpu", torch.float32).save_pretrained(folder)
    (reading,) = _run(tmp_path, "--models", "qwen3-8b", "--cases", "1x32", "--weights", str(folder))
    assert (reading.outcome, reading.weights) == (Outcome.COMPLETE, str(folder))


@pytest.mark.slow
def test_weights_of_another_model_are_a_recorded_crash(tmp_path: Path) -> None:
    """A folder with another model's weights ends as a crash with the two parameter counts."""
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    from inference_probe.local.reference import random_model
    from inference_probe.local.tiny import tiny

    folder = tmp_path / "weights"
    random_model(tiny(architecture("gemma-2-9b")), "cpu", torch.float32).save_pretrained(folder)
    (reading,) = _run(tmp_path, "--models", "qwen3-8b", "--cases", "1x32", "--weights", str(folder))
    assert reading.outcome is Outcome.CRASHED
    assert "parameters" in str(reading.message)


@pytest.mark.slow
def test_without_a_gpu_every_case_is_skipped_with_the_reason(tmp_path: Path) -> None:
    """On a machine with torch and no GPU each case is a recorded result that says so."""
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    (reading,) = _run(tmp_path, "--models", "qwen3-8b", "--cases", "1x32", "--device", "cuda")
    assert reading.outcome is Outcome.SKIPPED
    assert "no GPU" in str(reading.message)


@pytest.mark.parametrize(
    ("body", "outcome", "said"),
    [
        ("import sys; sys.exit('boom')", Outcome.CRASHED, "boom"),
        ("import sys; sys.exit('torch.OutOfMemoryError: CUDA out of memory')", Outcome.OUT_OF_MEMORY, "memory"),
        ("import os; os.kill(os.getpid(), 9)", Outcome.OUT_OF_MEMORY, "exit -9"),
        ("import time; time.sleep(60)", Outcome.TIMED_OUT, "no result within 5 s"),
    ],
    ids=["crash", "out-of-memory", "killed", "hang"],
)
def test_a_childs_end_is_the_result_of_what_it_did_not_come_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, outcome: Outcome, said: str
) -> None:
    """A child that crashes, starves or hangs leaves its finished cases, and the others are recorded with its end."""
    done = line_of(_reading())
    child = tmp_path / "child.py"
    child.write_text(f"print({done!r}, flush=True)\nprint('chatter of a library', flush=True)\n{body}\n")
    _children(monkeypatch, child)
    readings = _run(tmp_path, "--models", "qwen3-8b", "--cases", "1x512,8x512", "--seconds", "5")
    assert [(r.batch, r.outcome) for r in readings] == [(1, Outcome.COMPLETE), (8, outcome)]
    assert said in str(readings[1].message)


@pytest.mark.parametrize(
    ("end", "outcome"),
    [("sys.exit('boom')", Outcome.CRASHED), ("print(lines['broken'], flush=True); sys.exit(4)", Outcome.OUT_OF_MEMORY)],
    ids=["crash", "broken-device"],
)
def test_the_cases_after_one_that_ended_its_child_get_a_new_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str, outcome: Outcome
) -> None:
    """A case that takes its process down, or leaves the device unusable, is one failure and not that of all others."""
    lines = {str(batch): line_of(replace(_reading(), batch=batch)) for batch in (1, 64)}
    lines["broken"] = line_of(replace(_reading(), batch=8, outcome=outcome))
    body = f"if batch == '8': {end}\n    print(lines[batch], flush=True)"
    child = tmp_path / "child.py"
    child.write_text(f"import sys\nlines = {lines!r}\nfor batch in sys.argv[1:]:\n    {body}\n")
    _children(monkeypatch, child)
    readings = _run(tmp_path, "--models", "qwen3-8b", "--cases", "1x512,8x512,64x512")
    assert [(r.batch, r.outcome) for r in readings] == [(1, "complete"), (8, outcome), (64, "complete")]


def test_a_case_that_lost_the_device_is_tried_again_without_our_own_kernels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both results are kept: what our kernels did, and the figure without them; the other cases go on like that."""
    lost, found = (line_of(replace(_reading(), outcome=outcome)) for outcome in (Outcome.CRASHED, Outcome.COMPLETE))
    eight = line_of(replace(_reading(), batch=8))
    child = tmp_path / "child.py"
    child.write_text(f"""import sys
if sys.argv[1] != "library":
    print({lost!r}, flush=True)
    sys.exit(4)
print({found!r}, flush=True)
print({eight!r}, flush=True)
""")
    _children(monkeypatch, child)
    monkeypatch.setattr(
        commands, "_child_command", lambda _, given, cases: [sys.executable, str(child), given.attention]
    )
    readings = _run(tmp_path, "--models", "qwen3-8b", "--cases", "1x512,8x512")
    assert [(r.batch, r.outcome) for r in readings] == [(1, "crashed"), (1, "complete"), (8, "complete")]


def test_a_child_that_says_nothing_of_a_broken_device_gets_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reading was lost, and the next child would lose it again: every case ends as a crash."""
    child = tmp_path / "child.py"
    child.write_text("import sys\nsys.exit(4)\n")
    _children(monkeypatch, child)
    readings = _run(tmp_path, "--models", "qwen3-8b", "--cases", "1x512,8x512")
    assert [(r.batch, r.outcome) for r in readings] == [(1, "crashed"), (8, "crashed")]


def test_the_time_for_everything_is_kept_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the time is over the case under way is interrupted, and the models not begun are skipped."""
    child = tmp_path / "child.py"
    child.write_text(f"import time\nprint({line_of(_reading())!r}, flush=True)\ntime.sleep(60)\n")
    _children(monkeypatch, child)
    monkeypatch.setattr(commands, "POLL_S", 0.05)
    readings = _run(tmp_path, "--models", "qwen3-8b,gemma-2-9b", "--cases", "1x512,8x512", "--within", "5")
    assert [reading.outcome for reading in readings] == ["complete", "interrupted", "skipped", "skipped"]
    assert readings[-1].message == "not begun: the 5 s for everything are over"


def test_a_case_is_told_while_the_next_one_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reading is there as soon as its child says it: who is killed now has lost the case under way alone."""
    child = tmp_path / "child.py"
    child.write_text(f"import time\nprint({line_of(_reading())!r}, flush=True)\ntime.sleep(60)\n")
    _children(monkeypatch, child)
    given = commands._parser().parse_args(["--cases", "1x512,8x512"])
    limit = commands._Limit(None)
    readings = commands._readings_of(architecture("qwen3-8b"), given, Machine("Linux x86_64", 2), limit)
    assert next(readings).outcome is Outcome.COMPLETE
    limit.stopped()
    assert next(readings).outcome is Outcome.INTERRUPTED


def test_cases_that_cannot_be_read_are_refused() -> None:
    """A case is BATCHxCONTEXT; anything else is said with an example."""
    assert main(["--cases", "12", "--models", "qwen3-8b"]) == 2


def test_a_line_of_something_else_is_refused() -> None:
    """A line that is no word of a probe is refused with its beginning."""
    with pytest.raises(EssorError, match=r"unknown: 'weather'"):
        word_of('{"kind": "weather"}')
    with pytest.raises(EssorError, match=r"it is no JSON .* 'warm'"):
        word_of("warm")


def test_readings_come_back_from_their_lines() -> None:
    """A reading is the same after being written and read, and its line has the derived figures beside the raw ones."""
    reading = _reading()
    line = line_of(reading)
    assert list(words_of([line, "", "\n"])) == [reading]
    for name in ("prefill_ms", "decode_ms_per_token", "fraction_of_measured_bandwidth", "bytes_per_token"):
        assert f'"{name}"' in line


def test_the_table_shows_what_is_missing_as_missing() -> None:
    """A case without times has dashes, never zeros."""
    lines = list(table_of([_reading(outcome=Outcome.OUT_OF_MEMORY, message="too large")]))
    assert "-" in lines[1].split()
    assert "out_of_memory: too large" in lines[1]


def _children(monkeypatch: pytest.MonkeyPatch, script: Path) -> None:
    """Every child runs `script`, with the batches of its cases as arguments."""

    def command(shape: Architecture, given: object, cases: Iterable[tuple[int, int]]) -> list[str]:
        return [sys.executable, str(script), *(str(batch) for batch, _ in cases)]

    monkeypatch.setattr(commands, "_child_command", command)
    monkeypatch.setattr(commands, "_missing_packages", lambda: None)


def _run(folder: Path, *arguments: str) -> list[EngineReading]:
    out = folder / "lines.jsonl"
    assert main([*QUICK, *FEW, *arguments, "--out", str(out)]) == 0
    words = list(words_of(out.read_text("utf-8").splitlines()))
    return [word for word in words if isinstance(word, EngineReading)]


def _reading(outcome: Outcome = Outcome.COMPLETE, message: str | None = None) -> EngineReading:
    return EngineReading(
        model="qwen3-8b",
        weights="random",
        dtype="bfloat16",
        batch=1,
        context=512,
        new_tokens=4,
        observed_at="2026-11-20T12:00:00+00:00",
        outcome=outcome,
        message=message,
        machine=Machine("Linux x86_64", 2, software=(("torch", "2.11.0"),)),
    )
