"""Chat completions, as OpenAI, Mistral, DeepSeek, Gemini, vLLM, SGLang and `transformers serve` speak them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from essor.model.errors import BackendUnavailable
from essor.model.probes import Chunk, Outcome, ProbeRequest, ProbeSample, ProbeTarget, Quirks
from inference_probe.backend import TargetFailed, base_url_of, key_of
from inference_probe.client_wire import wire_for
from inference_probe.http_session import (
    UNAUTHORISED,
    HttpSession,
    chosen_model,
    decoded,
    error_text,
    offered,
    stamped_at,
)
from inference_probe.sse import Event, events
from inference_probe.transcript import Transcript, merged, sample_of
from inference_probe.wire import Clock, Exchange

REASONING = ("reasoning_content", "reasoning")
"""Fields that carry reasoning: DeepSeek's and vLLM's, OpenRouter's and newer vLLM's."""
USAGE = {"stream_options": {"include_usage": True}}


@dataclass(frozen=True, slots=True)
class Manner:
    """A way to write a request that some servers take and others refuse."""

    forced_by: str
    """How it fixes the length; ``"none"`` when it only limits it."""
    limit_field: str
    """The field that limits the length."""
    fields: Callable[[int], Mapping[str, Any]]
    """Its fields for a number of tokens."""


MANNERS = (
    Manner("ignore_eos", "max_tokens", lambda n: {"max_tokens": n, "min_tokens": n, "ignore_eos": True, **USAGE}),
    Manner("generation_config", "generation_config", lambda n: {"generation_config": _generation(n)}),
    Manner("none", "max_tokens", lambda n: {"max_tokens": n, **USAGE}),
    Manner("none", "max_completion_tokens", lambda n: {"max_completion_tokens": n, **USAGE}),
    Manner("none", "max_tokens", lambda n: {"max_tokens": n}),
)
"""From the one that tells most to the one that every server takes."""


async def open_session(target: ProbeTarget, clock: Clock, patience: float) -> HttpSession:
    """Reach `target`, learn its model's name and the fullest manner of asking that it takes."""
    base, key = base_url_of(target), key_of(target)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    answer = await offered(target, f"{base}/models", headers, patience)
    rows = model_rows(answer.text) if answer.is_success else []
    wire = wire_for(base, clock)
    session = HttpSession(
        url=f"{base}/chat/completions",
        headers=headers,
        model=chosen_model(target, [str(row.get("id", "")).removeprefix("models/") for row in rows]),
        engine=_engine(answer.headers.get("server"), rows),
        quirks=Quirks(stamped_at=stamped_at(wire)),
        wire=wire,
        body=lambda request: {},
        parse=parse,
    )
    return await _settled(session, target, patience)


def model_rows(text: str) -> list[dict[str, Any]]:
    """The rows of an answer to ``GET /models``; empty for an answer of another kind."""
    listing = decoded(text) or {}
    return [row for row in listing.get("data", ()) if isinstance(row, dict)]


def body_of(model: str, manner: Manner, request: ProbeRequest) -> dict[str, Any]:
    """A request in `manner`."""
    messages = [{"role": "user", "content": request.prompt}]
    return {"model": model, "messages": messages, "stream": True, **manner.fields(request.output_tokens)}


def parse(exchange: Exchange) -> Transcript:
    """What a stream of chat completion chunks says."""
    said = Transcript(quirks=Quirks(done_marker=False, usage_at="none", keep_alives=False))
    for event in events(exchange.pieces):
        said = _heard(said, event)
    empty = any(not chunk.text for chunk in said.chunks[1:-1]) if said.chunks else None
    return replace(said, quirks=replace(said.quirks, empty_chunks=empty))


def _heard(said: Transcript, event: Event) -> Transcript:
    first = said.first_event_ns if said.first_event_ns is not None else event.at_ns
    if event.name == "comment":
        return replace(said, first_event_ns=first, quirks=replace(said.quirks, keep_alives=True))
    if event.data.strip() == "[DONE]":
        return replace(said, first_event_ns=first, ended=True, quirks=replace(said.quirks, done_marker=True))
    data = decoded(event.data)
    if data is None:
        return replace(said, first_event_ns=first, error=f"not JSON: {event.data[:100]}")
    if data.get("error"):
        quirks = replace(said.quirks, error_in_stream=True)
        return replace(said, first_event_ns=first, error=error_text(data["error"]), quirks=quirks)
    return _with_choice(_with_usage(replace(said, first_event_ns=first), data), data, event.at_ns)


def _with_usage(said: Transcript, data: dict[str, Any]) -> Transcript:
    usage = data.get("usage")
    if not isinstance(usage, dict):
        return said
    place = "with_choices" if data.get("choices") else "own_chunk"
    if said.completion_tokens is not None:
        place = "every_chunk"
    return replace(
        said,
        prompt_tokens=usage.get("prompt_tokens"),
        completion_tokens=usage.get("completion_tokens"),
        quirks=replace(said.quirks, usage_at=place),
    )


def _with_choice(said: Transcript, data: dict[str, Any], at_ns: int) -> Transcript:
    choices = data.get("choices")
    if not choices:
        return said
    delta = choices[0].get("delta") or {}
    chunks = tuple(_chunks(delta, at_ns))
    return replace(
        said,
        chunks=said.chunks + chunks,
        finish=choices[0].get("finish_reason") or said.finish,
        quirks=_quirks(said, delta, chunks),
    )


def _chunks(delta: dict[str, Any], at_ns: int) -> Iterator[Chunk]:
    for name in REASONING:
        if delta.get(name):
            yield Chunk(at_ns, str(delta[name]), reasoning=True)
    content = delta.get("content")
    parts = content if isinstance(content, list) else [content]
    texts = [_part(part, at_ns) for part in parts if part]
    yield from texts
    if not texts and not any(delta.get(name) for name in REASONING):
        yield Chunk(at_ns, "")


def _part(part: Any, at_ns: int) -> Chunk:  # noqa: ANN401 - what a service sends
    if isinstance(part, str):
        return Chunk(at_ns, part)
    if part.get("type") == "thinking":
        inner = part.get("thinking")
        text = inner if isinstance(inner, str) else "".join(str(one.get("text", "")) for one in inner or ())
        return Chunk(at_ns, text, reasoning=True)
    return Chunk(at_ns, str(part.get("text", "")))


def _quirks(said: Transcript, delta: dict[str, Any], chunks: tuple[Chunk, ...]) -> Quirks:
    quirks = said.quirks
    if not said.chunks:
        quirks = replace(quirks, role_chunk="role" in delta and not any(chunk.text for chunk in chunks))
    field = next((name for name in REASONING if delta.get(name)), quirks.reasoning_field)
    typed = True if isinstance(delta.get("content"), list) else quirks.typed_parts
    return replace(quirks, reasoning_field=field, typed_parts=typed)


async def _settled(session: HttpSession, target: ProbeTarget, patience: float) -> HttpSession:
    """`session` with the first manner that the server takes; each try is one short question."""
    refused = False
    for manner in MANNERS:
        session.body = lambda request, manner=manner: body_of(session.model, manner, request)  # type: ignore[misc]
        sample, said = await _tried(session, patience)
        if sample.outcome in (Outcome.COMPLETE, Outcome.EMPTY):
            found = Quirks(strict_fields=refused, length_forced_by=manner.forced_by, limit_field=manner.limit_field)
            session.quirks = merged([found, session.quirks, said.quirks])
            return session
        refused = True
        if sample.outcome not in (Outcome.REJECTED, Outcome.SERVER_ERROR):
            break
    session.wire.close()
    if sample.http_status in UNAUTHORISED:
        raise BackendUnavailable(f"{session.url} refuses the key of {target.name}: {sample.message}")
    raise TargetFailed(sample.outcome, f"{target.name} takes no request: {sample.message}")


async def _tried(session: HttpSession, patience: float) -> tuple[ProbeSample, Transcript]:
    request = ProbeRequest(index=0, prompt="Count from one to five.", prompt_tokens=8, output_tokens=8, warmup=True)
    exchange = await session.ask(request, patience)
    said = session.read(exchange)
    return sample_of("", request, 0, exchange, said), said


def _generation(tokens: int) -> str:
    """`transformers serve` takes its generation settings as a JSON string, and no other field for the length."""
    return json.dumps({"max_new_tokens": tokens, "min_new_tokens": tokens, "do_sample": False})


def _engine(server: str | None, rows: list[dict[str, Any]]) -> str | None:
    owners = {str(row["owned_by"]) for row in rows if row.get("owned_by")}
    named = [server] if server else []
    return " / ".join([*named, *sorted(owners)[:1]]) or None
