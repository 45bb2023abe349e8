"""Anthropic's messages: named events, token counts at the start and at the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from essor.model.probes import Chunk, ProbeRequest, ProbeTarget, Quirks
from inference_probe.backend import base_url_of, key_of
from inference_probe.client_wire import wire_for
from inference_probe.http_session import HttpSession, chosen_model, decoded, error_text, offered, stamped_at
from inference_probe.sse import Event, events
from inference_probe.transcript import Transcript
from inference_probe.wire import Clock, Exchange

BASE = "https://api.anthropic.com/v1"
VERSION = "2023-06-01"


async def open_session(target: ProbeTarget, clock: Clock, patience: float) -> HttpSession:
    """Reach `target` and learn its model's name."""
    base, key = base_url_of(target, BASE), key_of(target)
    headers = {"anthropic-version": VERSION, **({"x-api-key": key} if key else {})}
    answer = await offered(target, f"{base}/models?limit=1000", headers, patience)
    rows = (decoded(answer.text) or {}).get("data", ()) if answer.is_success else ()
    wire = wire_for(base, clock)
    model = chosen_model(target, [str(row["id"]) for row in rows])
    return HttpSession(
        url=f"{base}/messages",
        headers=headers,
        model=model,
        engine=answer.headers.get("server"),
        quirks=Quirks(stamped_at=stamped_at(wire), length_forced_by="none", limit_field="max_tokens"),
        wire=wire,
        body=lambda request: body_of(model, request),
        parse=parse,
    )


def body_of(model: str, request: ProbeRequest) -> dict[str, Any]:
    """A request in this dialect."""
    messages = [{"role": "user", "content": request.prompt}]
    return {"model": model, "messages": messages, "stream": True, "max_tokens": request.output_tokens}


def parse(exchange: Exchange) -> Transcript:
    """What a stream of message events says."""
    said = Transcript(quirks=Quirks(done_marker=False, usage_at="none", keep_alives=False))
    for event in events(exchange.pieces):
        first = said.first_event_ns if said.first_event_ns is not None else event.at_ns
        said = _heard(replace(said, first_event_ns=first), event)
    return said


def _heard(said: Transcript, event: Event) -> Transcript:
    data = decoded(event.data) or {}
    match data.get("type", event.name):
        case "message_start":
            said = _with_usage(said, data.get("message", {}).get("usage"))
        case "content_block_delta":
            said = replace(said, chunks=(*said.chunks, *_chunks(data.get("delta", {}), event.at_ns)))
        case "message_delta":
            finish = data.get("delta", {}).get("stop_reason") or said.finish
            said = replace(_with_usage(said, data.get("usage")), finish=finish)
        case "message_stop":
            said = replace(said, ended=True, quirks=replace(said.quirks, done_marker=True))
        case "error":
            quirks = replace(said.quirks, error_in_stream=True)
            said = replace(said, error=error_text(data.get("error")), quirks=quirks)
        case "ping" | "comment":
            said = replace(said, quirks=replace(said.quirks, keep_alives=True))
    return said


def _chunks(delta: dict[str, Any], at_ns: int) -> list[Chunk]:
    if "thinking" in delta:
        return [Chunk(at_ns, delta["thinking"], reasoning=True)]
    return [Chunk(at_ns, delta["text"])] if "text" in delta else []


def _with_usage(said: Transcript, usage: dict[str, Any] | None) -> Transcript:
    if not usage:
        return said
    return replace(
        said,
        prompt_tokens=usage.get("input_tokens", said.prompt_tokens),
        completion_tokens=usage.get("output_tokens", said.completion_tokens),
        quirks=replace(said.quirks, usage_at="named_events"),
    )
