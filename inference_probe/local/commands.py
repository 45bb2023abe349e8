"""The local engine's own commands: each model in a process of its own, so that none can take the others down."""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from subprocess import PIPE
from typing import IO, TYPE_CHECKING

from essor.model.errors import BackendUnavailable, EssorError
from essor.model.probes import EngineReading, Machine, Outcome
from inference_probe.architecture import Architecture, all_architectures, architecture
from inference_probe.device import this_machine
from inference_probe.lines import line_of, word_of

if TYPE_CHECKING:
    from inference_probe.local.measure import Plan  # needs torch, which only a child has

PACKAGES = ("torch", "transformers", "triton")
DEFAULT_CASES = "1x512,1x2048,1x8192,8x512,64x512"
OUT_OF_MEMORY_SIGNALS = (-9, 137)
UNAVAILABLE = 3
"""The exit code of a child that has no device."""
Ending = tuple[Outcome, str]
"""How a case without a result ended, and why."""


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when every case ended as a recorded result, whatever the result."""
    given = _parser().parse_args(arguments)
    try:
        if given.answer:
            return _answer(given)
        return _child(given) if given.child else _parent(given)
    except BackendUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return UNAVAILABLE
    except EssorError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def table_of(readings: Iterable[EngineReading]) -> Iterator[str]:
    """The readings as lines of a table for a terminal."""
    yield f"{'model':<20}{'batch':>6}{'context':>8}{'prefill ms':>12}{'decode ms':>11}{'of bandwidth':>14}  outcome"
    for reading in readings:
        share = reading.fraction_of_measured_bandwidth
        cells = (
            f"{reading.model:<20}{reading.batch:>6}{reading.context:>8}",
            f"{_shown(reading.prefill_ms, '.2f'):>12}{_shown(reading.decode_ms_per_token, '.3f'):>11}",
            f"{_shown(share, '.1%'):>14}  {reading.outcome}{': ' + reading.message[:90] if reading.message else ''}",
        )
        yield "".join(cells)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m inference_probe.local", description=__doc__)
    parser.add_argument("--models", default="all", help="slugs separated by commas, or all")
    parser.add_argument("--cases", default=DEFAULT_CASES, help="BATCHxCONTEXT, separated by commas")
    parser.add_argument("--weights", help="a folder with real weights (safetensors), for one model")
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--dtype", default="bfloat16", choices=["bfloat16", "float16", "float32"])
    parser.add_argument("--attention", default="auto", choices=["auto", "packed", "split"])
    parser.add_argument("--compile", dest="compiled", default="layer", choices=["layer", "model", "none"])
    parser.add_argument("--new-tokens", type=int, default=128)
    parser.add_argument("--windows", type=int, default=20)
    parser.add_argument("--prefills", type=int, default=10)
    parser.add_argument("--energy", type=float, default=6.0, help="seconds of the energy window, 0 for none")
    parser.add_argument("--seconds", type=float, default=600, help="longest time for one model")
    parser.add_argument("--tiny", action="store_true", help="small widths, to try everything out on a processor")
    parser.add_argument("--out", help="a file the lines are added to; standard output without it")
    parser.add_argument("--slots", type=int, default=4096, help="with --answer: the longest prompt and answer together")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--answer", metavar="MODEL", help="answer requests from standard input with this model")
    return parser


def _parent(given: argparse.Namespace) -> int:
    machine = this_machine(*PACKAGES)
    readings: list[EngineReading] = []
    out = open(given.out, "a", encoding="utf-8") if given.out else sys.stdout  # noqa: PTH123, SIM115 - closed below
    try:
        for shape in _shapes(given.models):
            for reading in _readings_of(shape, given, machine):
                readings.append(reading)
                out.write(line_of(reading) + "\n")
                out.flush()
    finally:
        if out is not sys.stdout:
            out.close()
    sys.stderr.writelines(f"{line}\n" for line in table_of(readings))
    return 0


def _readings_of(shape: Architecture, given: argparse.Namespace, machine: Machine) -> Iterator[EngineReading]:
    """What a child says of `shape`, and for each case that it did not come to, how it ended."""
    missing = _missing_packages()
    waiting = list(_cases(given.cases))
    if missing:
        for case in waiting:
            yield _without_result(shape, case, given, machine, (Outcome.SKIPPED, missing))
        return
    lines, ending = _run_child(shape, given)
    for line in lines:
        if not line.startswith('{"kind"') or not line.endswith("\n"):
            continue  # a library's chatter, or a line that a killed child did not finish
        word = word_of(line)
        if isinstance(word, EngineReading):
            waiting.remove((word.batch, word.context))
            yield word
    for case in waiting:
        yield _without_result(shape, case, given, machine, ending)


def _run_child(shape: Architecture, given: argparse.Namespace) -> tuple[list[str], Ending]:
    command = _child_command(shape, given)
    with subprocess.Popen(command, stdout=PIPE, stderr=PIPE, text=True, env=_offline()) as child:  # noqa: S603 - ourselves
        lines: list[str] = []
        errors: list[str] = []
        readers = [_collector(child.stdout, lines), _collector(child.stderr, errors)]
        try:
            code = child.wait(timeout=given.seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            _join(readers)
            return lines, (Outcome.TIMED_OUT, f"no result within {given.seconds:.0f} s")
        _join(readers)
    return lines, _ending(code, errors)


def _child_command(shape: Architecture, given: argparse.Namespace) -> list[str]:
    return [sys.executable, "-m", "inference_probe.local", "--child", shape.slug, *_passed_on(given)]


def _ending(code: int, errors: list[str]) -> Ending:
    last = next((line.strip() for line in reversed(errors) if line.strip()), "nothing said")
    if code == UNAVAILABLE:
        return Outcome.SKIPPED, last
    starved = code in OUT_OF_MEMORY_SIGNALS or "out of memory" in last.lower()
    return (Outcome.OUT_OF_MEMORY if starved else Outcome.CRASHED), f"exit {code}: {last}"[:500]


def _collector(stream: IO[str] | None, into: list[str]) -> threading.Thread:
    reader = threading.Thread(target=lambda: into.extend(stream or ()), daemon=True)
    reader.start()
    return reader


def _join(readers: list[threading.Thread]) -> None:
    for reader in readers:
        reader.join(timeout=10)


def _child(given: argparse.Namespace) -> int:
    from inference_probe.local.measure import Case, measure_model

    _refuse_missing_device(given.device)
    cases = [Case(batch, context) for batch, context in _cases(given.cases)]

    def emit(reading: EngineReading) -> None:
        sys.stdout.write(line_of(reading) + "\n")
        sys.stdout.flush()

    measure_model(_shape(given.child, tiny=given.tiny), cases, _plan(given), this_machine(*PACKAGES), emit)
    return 0


def _answer(given: argparse.Namespace) -> int:
    from inference_probe.local.answer import answer_requests

    _refuse_missing_device(given.device)
    answer_requests(_shape(given.answer, tiny=given.tiny), _plan(given), given.slots, sys.stdin, sys.stdout)
    return 0


def _plan(given: argparse.Namespace) -> Plan:
    from inference_probe.local.measure import Plan

    return Plan(
        device=given.device,
        dtype=given.dtype,
        weights=given.weights,
        new_tokens=given.new_tokens,
        windows=given.windows,
        prefills=given.prefills,
        energy_s=given.energy,
        attention=given.attention,
        compiled=given.compiled,
    )


def _passed_on(given: argparse.Namespace) -> list[str]:
    names = ("cases", "device", "dtype", "attention", "new_tokens", "windows", "prefills", "energy")
    flags = [part for name in names for part in (f"--{name.replace('_', '-')}", str(getattr(given, name)))]
    flags += ["--compile", given.compiled, *(["--weights", given.weights] if given.weights else [])]
    return [*flags, *(["--tiny"] if given.tiny else [])]


def _without_result(
    shape: Architecture, case: tuple[int, int], given: argparse.Namespace, machine: Machine, ending: Ending
) -> EngineReading:
    batch, context = case
    outcome, why = ending
    return EngineReading(
        model=f"tiny-{shape.slug}" if given.tiny else shape.slug,
        weights=given.weights or "random",
        dtype=given.dtype,
        batch=batch,
        context=context,
        new_tokens=given.new_tokens,
        observed_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        outcome=outcome,
        message=why,
        machine=machine,
    )


def _shapes(names: str) -> list[Architecture]:
    return list(all_architectures()) if names == "all" else [architecture(name) for name in names.split(",")]


def _shape(name: str, *, tiny: bool) -> Architecture:
    from inference_probe.local.tiny import tiny as small

    return small(architecture(name)) if tiny else architecture(name)


def _cases(text: str) -> list[tuple[int, int]]:
    try:
        pairs = [part.split("x") for part in text.split(",")]
        return [(int(batch), int(context)) for batch, context in pairs]
    except ValueError as error:
        raise EssorError(f"--cases {text!r}: give BATCHxCONTEXT, separated by commas, as in 1x512,8x2048.") from error


def _refuse_missing_device(device: str) -> None:
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise BackendUnavailable(
            "This machine has no GPU that torch can use; --device cpu --tiny tries the engine out."
        )


def _missing_packages() -> str | None:
    missing = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
    return f"not installed: {', '.join(missing)}" if missing else None


def _offline() -> dict[str, str]:
    return {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


def _shown(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
