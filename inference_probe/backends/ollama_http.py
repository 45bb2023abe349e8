"""Ollama's own API: one JSON object a line, and its own durations at the end, the server's side of the truth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from essor.model.probes import Chunk, ProbeRequest, ProbeTarget, Quirks
from inference_probe.backend import base_url_of, key_of
from inference_probe.client_wire import wire_for
from inference_probe.http_session import HttpSession, chosen_model, decoded, error_text, offered, stamped_at
from inference_probe.sse import lines
from inference_probe.transcript import Transcript
from inference_probe.wire import Clock, Exchange

BASE = "http://127.0.0.1:11434"
DURATIONS = ("total_duration", "load_duration", "prompt_eval_duration", "eval_duration")


async def open_session(target: ProbeTarget, clock: Clock, patience: float) -> HttpSession:
    """Reach `target`, learn its model's name and its version."""
    base, key = base_url_of(target, BASE), key_of(target)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    tags = decoded((await offered(target, f"{base}/api/tags", headers, patience)).text) or {}
    version = decoded((await offered(target, f"{base}/api/version", headers, patience)).text) or {}
    wire = wire_for(base, clock)
    model = chosen_model(target, [str(row["name"]) for row in tags.get("models", ())])
    return HttpSession(
        url=f"{base}/api/chat",
        headers=headers,
        model=model,
        engine=f"ollama {version.get('version', '')}".strip(),
        quirks=Quirks(stamped_at=stamped_at(wire), length_forced_by="none", limit_field="num_predict"),
        wire=wire,
        body=lambda request: body_of(model, request),
        parse=parse,
    )


def body_of(model: str, request: ProbeRequest) -> dict[str, Any]:
    """A request in this dialect."""
    messages = [{"role": "user", "content": request.prompt}]
    options = {"num_predict": request.output_tokens, "seed": request.seed}
    return {"model": model, "messages": messages, "stream": True, "options": options}


def parse(exchange: Exchange) -> Transcript:
    """What a stream of lines says."""
    said = Transcript(quirks=Quirks(done_marker=False, usage_at="none"))
    for at_ns, line in lines(exchange.pieces):
        data = decoded(line)
        if data is not None:
            first = said.first_event_ns if said.first_event_ns is not None else at_ns
            said = _heard(replace(said, first_event_ns=first), data, at_ns)
    return said


def _heard(said: Transcript, data: dict[str, Any], at_ns: int) -> Transcript:
    if data.get("error"):
        return replace(said, error=error_text(data["error"]), quirks=replace(said.quirks, error_in_stream=True))
    message = data.get("message") or {}
    said = replace(said, chunks=said.chunks + _chunks(message, at_ns))
    if message.get("thinking"):
        said = replace(said, quirks=replace(said.quirks, reasoning_field="thinking"))
    return _ended(said, data) if data.get("done") else said


def _chunks(message: dict[str, Any], at_ns: int) -> tuple[Chunk, ...]:
    thought = (Chunk(at_ns, message["thinking"], reasoning=True),) if message.get("thinking") else ()
    return thought + ((Chunk(at_ns, message["content"]),) if message.get("content") else ())


def _ended(said: Transcript, data: dict[str, Any]) -> Transcript:
    return replace(
        said,
        ended=True,
        finish=data.get("done_reason"),
        prompt_tokens=data.get("prompt_eval_count"),
        completion_tokens=data.get("eval_count"),
        server_ns=tuple((name, int(data[name])) for name in DURATIONS if name in data),
        quirks=replace(said.quirks, done_marker=True, usage_at="last_line"),
    )
