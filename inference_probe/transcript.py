"""From an exchange to a sample: what a dialect reads in the bytes, and how the request ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from essor.model.probes import Chunk, CountSource, Outcome, ProbeRequest, ProbeSample, Quirks
from inference_probe.wire import Ending, Exchange

_OVERLOADED = {429, 529}
_FIRST_REFUSAL, _FIRST_SERVER_ERROR = 300, 500  # nothing is asked again elsewhere, so a redirection is no answer


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a dialect reads in an exchange."""

    chunks: tuple[Chunk, ...] = ()
    """Every chunk with its time."""
    first_event_ns: int | None = None
    """When the first event of any kind had come."""
    prompt_tokens: int | None = None
    """Tokens of the prompt, as the server counts."""
    completion_tokens: int | None = None
    """Tokens of the answer, as the server counts."""
    counted_by: CountSource = CountSource.USAGE
    """Who counted them, if anyone did."""
    finish: str | None = None
    """Why the answer ended, in the server's word."""
    ended: bool = False
    """Whether the dialect's own end was seen."""
    error: str | None = None
    """An error that came inside the answer."""
    server_ns: tuple[tuple[str, int], ...] = ()
    """Durations the server reports, ns."""
    quirks: Quirks = field(default_factory=Quirks)
    """What this answer shows of the server's ways."""


def sample_of(
    run_id: str, request: ProbeRequest, scheduled_ns: int, exchange: Exchange, said: Transcript
) -> ProbeSample:
    """The sample of one request: its raw time stamps, and how it ended."""
    outcome, message = _ending(exchange, said)
    source = said.counted_by if said.completion_tokens is not None else None
    written = sum(1 for chunk in said.chunks if chunk.text)
    if source is None and written:
        source = CountSource.CHUNKS
    return ProbeSample(
        run_id=run_id,
        index=request.index,
        repetition=request.repetition,
        warmup=request.warmup,
        outcome=outcome,
        message=message,
        http_status=exchange.status,
        retry_after_s=_seconds(exchange.headers.get("retry-after")),
        asked_tokens=request.output_tokens,
        scheduled_ns=scheduled_ns,
        connect_ns=exchange.connect_ns,
        sent_ns=exchange.sent_ns,
        headers_ns=exchange.headers_ns,
        first_event_ns=said.first_event_ns,
        ended_ns=exchange.ended_ns,
        chunks=said.chunks,
        prompt_tokens=said.prompt_tokens,
        completion_tokens=written if source is CountSource.CHUNKS else said.completion_tokens,
        count_source=source,
        finish=said.finish,
        server_ns=said.server_ns,
    )


def merged(quirks: Iterable[Quirks]) -> Quirks:
    """What several answers show together: a thing seen once is seen, and the first word said stands."""
    together: dict[str, Any] = {}
    for one in quirks:
        for name in (one_field.name for one_field in fields(Quirks)):
            seen = getattr(one, name)
            if seen is not None and not together.get(name):
                together[name] = seen
    return Quirks(**together)


def _ending(exchange: Exchange, said: Transcript) -> tuple[Outcome, str | None]:
    wire = _wire_failure(exchange)
    if wire is not None:
        return wire
    if said.error is not None:
        return Outcome.SERVER_ERROR, said.error
    if exchange.ending is not Ending.WHOLE and not said.ended:
        return Outcome(exchange.ending.value), exchange.message
    if not any(chunk.text for chunk in said.chunks):
        kind = exchange.headers.get("content-encoding") or exchange.headers.get("content-type", "")
        return Outcome.EMPTY, f"the answer holds no text{f' ({kind})' if kind else ''}"
    if not said.ended and said.finish is None:
        return Outcome.CUT, "the stream ended without its end marker or a finish reason"
    return Outcome.COMPLETE, None


def _wire_failure(exchange: Exchange) -> tuple[Outcome, str | None] | None:
    """What went wrong before any dialect could be spoken; None for nothing."""
    if exchange.message and "out of memory" in exchange.message.lower():
        return Outcome.OUT_OF_MEMORY, exchange.message
    if exchange.ending is Ending.LOST:
        return Outcome.LOST, exchange.message
    if exchange.status is not None and exchange.status >= _FIRST_REFUSAL:
        return _refusal(exchange.status), f"HTTP {exchange.status}: {_excerpt(exchange.body)}"
    return None


def _refusal(status: int) -> Outcome:
    if status in _OVERLOADED:
        return Outcome.RATE_LIMITED
    return Outcome.SERVER_ERROR if status >= _FIRST_SERVER_ERROR else Outcome.REJECTED


def _excerpt(body: bytes) -> str:
    return body[:300].decode("utf-8", "replace").replace("\n", " ").strip()


def _seconds(text: str | None) -> float | None:
    """Seconds of a Retry-After; its date form is not used by any of the services measured."""
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None
