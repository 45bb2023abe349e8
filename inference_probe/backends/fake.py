"""Scripted truth without a network: each stamp is exactly what the script says, in real time or faster."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from essor.model.errors import BackendUnavailable, ProbeError
from essor.model.probes import ProbeRequest, ProbeTarget, Quirks
from inference_probe.backends.openai_http import parse
from inference_probe.script import Script, frames, read_script
from inference_probe.transcript import Transcript
from inference_probe.wire import Clock, Ending, Exchange, Piece

ENDINGS = {"reset": Ending.CUT, "eof": Ending.CUT, "hang": Ending.TIMED_OUT}
REFUSALS = {"401": 401, "429": 429, "500": 500}


@dataclass(slots=True)
class FakeSession:
    """A script that answers."""

    script: Script
    """What it says and when."""
    clock: Clock
    """The run's clock."""
    model: str
    """The script as a model's name."""
    engine: str | None = "essor script"
    """Always the same."""
    quirks: Quirks = field(default_factory=lambda: Quirks(stamped_at="engine", length_forced_by="ignore_eos"))
    """Nothing to detect."""

    async def ask(self, request: ProbeRequest, timeout: float) -> Exchange:
        """Wait as long as the script takes; the stamps are the script's own."""
        del request
        if self.script.fault == "crash":
            raise ProbeError("scripted crash")
        sent = self.clock()
        if self.script.fault in REFUSALS:
            return self._refused(sent)
        pieces = tuple(Piece(sent + frame.after_ns, frame.data) for frame in frames(self.script, "openai"))
        last, end = pieces[-1].at_ns if pieces else sent, sent + round(timeout * 1e9)
        ending = ENDINGS.get(self.script.fault, Ending.WHOLE) if last <= end else Ending.TIMED_OUT
        pieces = tuple(piece for piece in pieces if piece.at_ns <= end)
        ended = end if ending is Ending.TIMED_OUT else last
        await asyncio.sleep(min(timeout, max(0.0, (ended - self.clock()) / 1e9)))
        return Exchange(
            None, sent, sent, 200, {}, pieces, ended, ending, None if ending is Ending.WHOLE else "scripted"
        )

    def read(self, exchange: Exchange) -> Transcript:
        """What the script said."""
        return parse(exchange)

    async def rtt(self) -> tuple[int, ...]:
        """Nothing: there is no network."""
        return ()

    async def close(self) -> None:
        """Nothing to let go."""

    def _refused(self, sent: int) -> Exchange:
        status = REFUSALS[self.script.fault]
        headers = {"retry-after": f"{self.script.retry:g}"} if self.script.retry else {}
        return Exchange(None, sent, sent, status, headers, (Piece(sent, b"scripted"),), sent, Ending.WHOLE)


async def open_session(target: ProbeTarget, clock: Clock, patience: float) -> FakeSession:
    """The script in the target's model name. A key variable named is looked up, as elsewhere; 401 refuses it."""
    del patience
    script = read_script(target.model or "")
    if script.fault == "401":
        raise BackendUnavailable("scripted: the key is refused")
    return FakeSession(script, clock, script.model)
