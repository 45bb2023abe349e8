"""The local engine's own commands: each model in a process of its own, so that none can take the others down."""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import math
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from subprocess import PIPE
from typing import IO, TYPE_CHECKING, Self, TextIO

from essor.model.errors import BackendUnavailable, EssorError
from essor.model.probes import EngineReading, Machine, Outcome
from inference_probe.architecture import Architecture, all_architectures, architecture
from inference_probe.device import this_machine
from inference_probe.lines import line_of, word_of

if TYPE_CHECKING:
    from inference_probe.local.measure import Plan  # needs torch, which only a child has

PACKAGES = ("torch", "transformers", "triton")
OWN_KERNELS = ("auto", "all", "chained", "own")
"""Ways to make a decode step that try kernels of our own, at batch 1."""
ATTENTIONS = (*OWN_KERNELS, "library", "packed", "split")
DEFAULT_CASES = "1x512,1x2048,1x8192,8x512,64x512"
OUT_OF_MEMORY_SIGNALS = (-9, 137)
PR_SET_PDEATHSIG = 1
UNAVAILABLE = 3
"""The exit code of a child that has no device."""
BROKEN = 4
"""The exit code of a child that recorded a failure after which its device cannot be used any more."""
Ending = tuple[Outcome, str]
"""How a case without a result ended, and why."""
AGAIN: Ending = (Outcome.CRASHED, "the device could not be used any more after the case before")
"""The ending of such a child: the next cases get a new one."""
POLL_S = 0.5
"""How often a parent that waits for its child looks at the time."""


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
    parser.add_argument("--attention", default="auto", choices=ATTENTIONS)
    parser.add_argument("--compile", dest="compiled", default="layer", choices=["layer", "model", "none"])
    parser.add_argument("--new-tokens", type=int, default=128)
    parser.add_argument("--windows", type=int, default=20)
    parser.add_argument("--prefills", type=int, default=10)
    parser.add_argument("--energy", type=float, default=6.0, help="seconds of the energy window, 0 for none")
    parser.add_argument("--seconds", type=float, default=240, help="longest time for one case, its building included")
    parser.add_argument("--within", type=float, help="longest time for everything; what is not begun is skipped")
    parser.add_argument("--tiny", action="store_true", help="small widths, to try everything out on a processor")
    parser.add_argument("--out", help="a file the lines are added to; standard output without it")
    parser.add_argument("--slots", type=int, default=4096, help="with --answer: the longest prompt and answer together")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--answer", metavar="MODEL", help="answer requests from standard input with this model")
    return parser


def _parent(given: argparse.Namespace) -> int:
    limit = _Limit(given.within)
    before = [(number, signal.signal(number, limit.stopped)) for number in (signal.SIGTERM, signal.SIGINT)]
    machine = this_machine(*PACKAGES)
    readings = (one for shape in _shapes(given.models) for one in _readings_of(shape, given, machine, limit))
    out = open(given.out, "a", encoding="utf-8") if given.out else sys.stdout  # noqa: PTH123, SIM115 - closed below
    try:
        for line in table_of(_written(readings, out)):
            sys.stderr.write(f"{line}\n")
    finally:
        for number, handler in before:
            signal.signal(number, handler)
        if out is not sys.stdout:
            out.close()
    return 0


class _Limit:
    """When everything must be over, and why."""

    def __init__(self, seconds: float | None) -> None:
        self.at = math.inf if seconds is None else time.monotonic() + seconds
        self.why = "" if seconds is None else f"the {seconds:.0f} s for everything are over"

    @property
    def left(self) -> float:
        """Seconds left; below 0 when it is over."""
        return self.at - time.monotonic()

    def stopped(self, *_: object) -> None:
        """It is over now: a signal says so."""
        self.at, self.why = time.monotonic(), "it was stopped"


def _written(readings: Iterable[EngineReading], out: TextIO) -> Iterator[EngineReading]:
    """Each reading once its line is out of our hands: a kill loses the case under way and no other."""
    for reading in readings:
        out.write(line_of(reading) + "\n")
        out.flush()
        yield reading


def _readings_of(
    shape: Architecture, given: argparse.Namespace, machine: Machine, limit: _Limit
) -> Iterator[EngineReading]:
    """What children say of `shape`, and for each case that none came to, how it ended.

    A case that ends its child is that child's result, and the next cases get a new one; not if it was the child's
    first, for then building the model may be at fault. After one that left the device unusable, kernels of our own are
    under suspicion: it is tried again without them.
    """
    waiting = list(_cases(given.cases))
    ending = _no_start(limit)
    while waiting and ending is None:
        begun, last = len(waiting), None
        with _Child(_child_command(shape, given, waiting)) as child:
            for word in child.words(given.seconds, limit):
                last = word.batch, word.context
                waiting.remove(last)
                yield word
        if child.ending == AGAIN and last and last[0] == 1 and given.attention in OWN_KERNELS:
            given = argparse.Namespace(**{**vars(given), "attention": "library"})
            waiting.insert(0, last)
        elif waiting and len(waiting) == begun:
            ending = child.ending
        elif waiting and child.ending != AGAIN:
            yield _without_result(shape, waiting.pop(0), given, machine, child.ending)
        ending = ending or _no_start(limit)
    if ending is not None:
        yield from (_without_result(shape, case, given, machine, ending) for case in waiting)


def _no_start(limit: _Limit) -> Ending | None:
    """Why no child can be started; None when one can."""
    missing = _missing_packages()
    if missing:
        return Outcome.SKIPPED, missing
    return (Outcome.SKIPPED, f"not begun: {limit.why}") if limit.left <= 0 else None


class _Child:
    """A process with one model, and how it ended."""

    def __init__(self, command: list[str]) -> None:
        self.ending: Ending = (Outcome.CRASHED, "nothing said")
        self._process = subprocess.Popen(command, stdout=PIPE, stderr=PIPE, text=True, env=_offline())  # noqa: S603 - ourselves
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._errors: deque[str] = deque(maxlen=50)
        self._readers = [
            _reader(self._process.stdout, self._lines.put, at_end=lambda: self._lines.put(None)),
            _reader(self._process.stderr, self._errors.append),
        ]

    def words(self, patience: float, limit: _Limit) -> Iterator[EngineReading]:
        """Its readings as they come; it is killed when none comes for `patience` seconds, or when all must be over."""
        until = time.monotonic() + patience
        while (line := self._line(min(until - time.monotonic(), limit.left))) is not None:
            if line.startswith('{"kind"') and line.endswith("\n"):  # not a library's chatter, nor a cut line
                word = word_of(line)
                if isinstance(word, EngineReading):
                    yield word
                    until = time.monotonic() + patience
            if limit.left <= 0:
                self.ending = Outcome.INTERRUPTED, limit.why
                return
            if time.monotonic() >= until:
                self.ending = Outcome.TIMED_OUT, f"no result within {patience:.0f} s"
                return
        code = self._process.wait()
        self._readers[1].join(timeout=10)
        stopped = limit.left <= 0  # Ctrl-C ends parent and child together
        self.ending = (Outcome.INTERRUPTED, limit.why) if stopped else _ending(code, list(self._errors))

    def _line(self, seconds: float) -> str | None:
        """The next line; an empty one when none comes within `seconds` or `POLL_S`, None when there are no more."""
        try:
            return self._lines.get(timeout=max(0.0, min(seconds, POLL_S)))
        except queue.Empty:
            return ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def _child_command(shape: Architecture, given: argparse.Namespace, cases: Iterable[tuple[int, int]]) -> list[str]:
    asked = ["--cases", ",".join(f"{batch}x{context}" for batch, context in cases)]
    return [sys.executable, "-m", "inference_probe.local", "--child", shape.slug, *_passed_on(given), *asked]


def _ending(code: int, errors: list[str]) -> Ending:
    last = next((line.strip() for line in reversed(errors) if line.strip()), "nothing said")
    if code == UNAVAILABLE:
        return Outcome.SKIPPED, last
    if code == BROKEN:
        return AGAIN
    starved = code in OUT_OF_MEMORY_SIGNALS or "out of memory" in last.lower()
    return (Outcome.OUT_OF_MEMORY if starved else Outcome.CRASHED), f"exit {code}: {last}"[:500]


def _reader(
    stream: IO[str] | None, take: Callable[[str], object], at_end: Callable[[], object] = lambda: None
) -> threading.Thread:
    def read() -> None:
        for line in stream or ():
            take(line)
        at_end()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    return reader


def _child(given: argparse.Namespace) -> int:
    from inference_probe.local.measure import Case, measure_model

    _die_with_parent()
    _refuse_missing_device(given.device)
    cases = [Case(batch, context) for batch, context in _cases(given.cases)]

    def emit(reading: EngineReading) -> None:
        sys.stdout.write(line_of(reading) + "\n")
        sys.stdout.flush()

    whole = measure_model(_shape(given.child, tiny=given.tiny), cases, _plan(given), this_machine(*PACKAGES), emit)
    return 0 if whole else BROKEN


def _die_with_parent() -> None:
    """A child whose parent was killed would keep the device busy; Linux ends it."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


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
    names = ("device", "dtype", "attention", "new_tokens", "windows", "prefills", "energy")
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
