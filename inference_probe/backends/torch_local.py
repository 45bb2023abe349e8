"""The local engine as a target: a child process that answers over pipes and stamps each token itself."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from essor.model.errors import BackendUnavailable
from essor.model.probes import Chunk, CountSource, ProbeRequest, ProbeTarget, Quirks
from inference_probe.architecture import architecture
from inference_probe.http_session import decoded
from inference_probe.sse import lines
from inference_probe.transcript import Transcript
from inference_probe.wire import Clock, Ending, Exchange, Piece

PYTHON = "ESSOR_PROBE_PYTHON"
"""The variable that names a Python with torch and transformers; this one without it."""
ARGUMENTS = "ESSOR_PROBE_LOCAL"
"""The variable with more arguments of the engine, as in ``--device cpu --tiny``."""
BUILDING_S = 900.0
"""How long building, checking and compiling may take, seconds."""


@dataclass(slots=True)
class LocalSession:
    """A child process with a model."""

    model: str
    """The architecture's slug."""
    engine: str | None
    """Always essor's own."""
    quirks: Quirks
    """How it answers."""
    child: Process
    """The process."""
    errors: Path
    """Where its complaints go."""
    clock: Clock
    """The run's clock."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One request at a time: the others wait, and their waiting counts."""
    dead: bool = False
    """Whether it was killed in the middle of an answer, whose rest may still stand in the pipe."""

    async def ask(self, request: ProbeRequest, timeout: float) -> Exchange:
        """Ask once; the child's stamps are moved to the run's clock."""
        sent = self.clock()
        pieces: list[Piece] = []
        try:
            async with asyncio.timeout(timeout), self.turn:
                ending = await self._answer(request, pieces)
        except TimeoutError:
            self._kill()  # a child in the middle of an answer cannot be asked again
            ending = Ending.TIMED_OUT
        message = None if ending is Ending.WHOLE else f"the engine's process: {ending}. {_last_words(self.errors)}"
        return Exchange(None, sent, None, None, {}, tuple(pieces), self.clock(), ending, message)

    def read(self, exchange: Exchange) -> Transcript:
        """What the engine's lines say."""
        return parse(exchange)

    async def rtt(self) -> tuple[int, ...]:
        """Nothing: there is no network between."""
        return ()

    async def close(self) -> None:
        """End the child."""
        self._kill()
        await self.child.wait()
        self.errors.unlink(missing_ok=True)

    def _kill(self) -> None:
        self.dead = True
        if self.child.returncode is None:
            self.child.kill()

    async def _answer(self, request: ProbeRequest, pieces: list[Piece]) -> Ending:
        assert self.child.stdin is not None  # noqa: S101 - made with pipes
        assert self.child.stdout is not None  # noqa: S101 - made with pipes
        if self.dead or self.child.returncode is not None:
            return Ending.LOST
        shift = self.clock() - perf_counter_ns()
        asked = {"prompt_tokens": request.prompt_tokens, "output_tokens": request.output_tokens, "seed": request.seed}
        self.child.stdin.write(json.dumps(asked).encode() + b"\n")
        while line := await self.child.stdout.readline():
            said = json.loads(line)
            pieces.append(Piece(said["at_ns"] + shift, line))
            if said.get("end"):
                return Ending.WHOLE
        return Ending.CUT if pieces else Ending.LOST


async def open_session(target: ProbeTarget, clock: Clock, patience: float) -> LocalSession:
    """Start the engine with `target.model` and wait until it is built, checked and compiled."""
    del patience  # building and compiling take their own time
    slug = architecture(target.model or "mistral-7b-v0.3").slug
    with tempfile.NamedTemporaryFile(prefix="essor-probe-", delete=False) as errors:
        command = _command(slug, target.weights)
        child = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=errors)
    try:
        ready = await _ready(child, slug, Path(errors.name))
    except BackendUnavailable:
        Path(errors.name).unlink(missing_ok=True)
        raise
    quirks = Quirks(done_marker=True, usage_at="last_line", length_forced_by="engine", stamped_at="engine")
    captured = "captured graphs" if ready.get("captured") else "no graphs"
    return LocalSession(str(ready["model"]), f"essor torch ({captured})", quirks, child, Path(errors.name), clock)


def parse(exchange: Exchange) -> Transcript:
    """What the engine's lines say: each token a chunk, its number for its text."""
    chunks: list[Chunk] = []
    end: dict[str, Any] | None = None
    for at_ns, line in lines(exchange.pieces):
        said = decoded(line) or {}
        if said.get("end"):
            end = said
        elif "token" in said:
            chunks.append(Chunk(at_ns, f"{said['token']} ", tokens=1))
    return Transcript(
        chunks=tuple(chunks),
        first_event_ns=chunks[0].at_ns if chunks else None,
        prompt_tokens=end["prompt_tokens"] if end else None,
        completion_tokens=len(chunks) if chunks else None,
        counted_by=CountSource.LOCAL_TOKENIZER,
        finish="length" if end else None,
        ended=end is not None,
    )


async def _ready(child: Process, slug: str, errors: Path) -> dict[str, Any]:
    try:
        async with asyncio.timeout(BUILDING_S):
            ready = await _first_words(child)
    except TimeoutError:
        child.kill()
        raise BackendUnavailable(f"The engine did not build {slug} within {BUILDING_S:.0f} s.") from None
    if ready is None:
        await child.wait()
        raise BackendUnavailable(f"The local engine did not start: {_last_words(errors)}")
    return ready


async def _first_words(child: Process) -> dict[str, Any] | None:
    assert child.stdout is not None  # noqa: S101 - made with pipes
    while line := await child.stdout.readline():
        said = decoded(line.decode("utf-8", "replace"))
        if said and said.get("ready"):
            return said
    return None


def _last_words(errors: Path) -> str:
    said = errors.read_text("utf-8", "replace").strip().splitlines()
    return said[-1][:300] if said else "it said nothing"


def _command(slug: str, weights: str | None) -> list[str]:
    real = ["--weights", weights] if weights and weights != "random" else []
    more = os.environ.get(ARGUMENTS, "").split()
    return [os.environ.get(PYTHON, sys.executable), "-m", "inference_probe.local", "--answer", slug, *real, *more]
