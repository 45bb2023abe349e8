"""Scripted answers: what a fake server sends and when, written as a model's name that any client can ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from essor.model.errors import SettingsError

PREFIX = "script:"
WORDS = ("Le ", "vent ", "se ", "lève, ", "il ", "faut ", "tenter ", "de ", "vivre ", "🙂 ")
"""Texts of the tokens, one byte to four a character."""
HEAD_START_NS = 2_000_000
"""How long before its time the first part of a split token is sent: the token is there when the rest has come."""


@dataclass(frozen=True, slots=True)
class Script:
    """One scripted answer. Times are ms, counted from the moment the server has read the request."""

    ttft: float = 20.0
    """Until the first token."""
    gap: float = 5.0
    """Between two sends of tokens."""
    tokens: int = 10
    """Tokens of the answer."""
    per_chunk: int = 1
    """Tokens in one send."""
    reasoning: int = 0
    """How many of them are reasoning."""
    usage: str = "own"
    """Where token counts stand: ``"own"`` chunk, with ``"choices"``, on ``"every"`` chunk or ``"none"``."""
    done: int = 1
    """Whether ``[DONE]`` comes."""
    role: int = 1
    """Whether a chunk with only a role comes first, at once."""
    empty: int = 0
    """Whether an empty chunk follows each token."""
    typed: int = 0
    """Whether content comes as typed parts."""
    keepalive: float = 0.0
    """Send a comment each so many ms until the first token; 0 for none."""
    split: str = "no"
    """``"utf8"``: cut in the middle of a character; ``"frame"``: cut in the middle of a frame."""
    fault: str = "none"
    """``"401" "429" "500" "error" "reset" "eof" "hang" "crash"``, or ``"none"``."""
    at: int = 0
    """After how many sends of tokens the fault comes, for those that come in mid-answer."""
    retry: float = 0.0
    """Seconds of Retry-After with 429; 0 for none."""
    strict: int = 0
    """Whether unknown fields are refused with 422."""
    calm: int = 0
    """How many requests are answered without the fault before it sets in."""

    @property
    def model(self) -> str:
        """The model's name that asks for this script."""
        default = Script()
        said = [
            f"{f.name}={getattr(self, f.name)}"
            for f in fields(self)
            if getattr(self, f.name) != getattr(default, f.name)
        ]
        return PREFIX + ",".join(said)


class Frame(NamedTuple):
    """Bytes to send at a time."""

    after_ns: int
    """When, after the request was read."""
    data: bytes
    """The bytes, without the transfer's framing."""
    tokens: int
    """How many tokens are whole with these bytes."""


def read_script(model: str) -> Script:
    """The script that a model's name asks for; the default for a name that is none."""
    if not model.startswith(PREFIX):
        return Script()
    default = Script()
    kinds = {field.name: type(getattr(default, field.name)) for field in fields(Script)}
    pairs = [part.split("=", 1) for part in re.split("[,;]", model.removeprefix(PREFIX)) if part]
    try:
        return Script(**{name: kinds[name](value) for name, value in pairs})
    except (KeyError, TypeError, ValueError) as error:
        raise SettingsError(
            f"{model!r} is not a script: {error!r}. It looks like {Script(ttft=50, gap=10).model}."
        ) from error


def frames(script: Script, dialect: str) -> list[Frame]:
    """What to send and when, in the dialect ``"openai"``, ``"anthropic"`` or ``"ollama"``."""
    write = _DIALECTS[dialect](script)
    out = list(_before(script, write))
    for index, count in enumerate(_counts(script)):
        if script.fault in MIDWAY and index == script.at:
            break
        at = _ns(script.ttft + index * script.gap)
        out += _sent(script, at, write.token(index * script.per_chunk, count), count)
        if script.empty:
            out.append(Frame(at, write.empty(), 0))
    if script.fault == "error":
        out.append(Frame(_ns(script.ttft + script.at * script.gap), write.error(), 0))
    if script.fault not in MIDWAY:
        out += [Frame(out[-1].after_ns, data, 0) for data in write.end()]
    return sorted(out, key=lambda frame: frame.after_ns)


MIDWAY = ("error", "reset", "eof", "hang")
"""Faults that come in mid-answer."""


class _OpenAI:
    def __init__(self, script: Script) -> None:
        self.script = script

    def role(self) -> bytes:
        return self._chunk([{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}])

    def token(self, first: int, count: int) -> bytes:
        text = text_of(first, count)
        name = "reasoning_content" if first < self.script.reasoning else "content"
        content: Any = [{"type": "text", "text": text}] if self.script.typed and name == "content" else text
        more = {"usage": self._usage(first + count)} if self.script.usage == "every" else {}
        return self._chunk([{"index": 0, "delta": {name: content}, "finish_reason": None}], **more)

    def empty(self) -> bytes:
        return self._chunk([{"index": 0, "delta": {"content": ""}, "finish_reason": None}])

    def error(self) -> bytes:
        return b'data: {"error": {"message": "scripted failure", "code": 500}}\n\n'

    def end(self) -> Iterator[bytes]:
        last = [{"index": 0, "delta": {}, "finish_reason": "length"}]
        with_choices = self.script.usage in ("choices", "every")
        yield self._chunk(last, **({"usage": self._usage(self.script.tokens)} if with_choices else {}))
        if self.script.usage == "own":
            yield self._chunk([], usage=self._usage(self.script.tokens))
        if self.script.done:
            yield b"data: [DONE]\n\n"

    def _chunk(self, choices: list[dict[str, Any]], **more: Any) -> bytes:  # noqa: ANN401 - JSON
        data = {
            "id": "scripted",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "scripted",
            "choices": choices,
        }
        return b"data: " + json.dumps({**data, **more}, ensure_ascii=False).encode() + b"\n\n"

    def _usage(self, tokens: int) -> dict[str, int]:
        return {"prompt_tokens": 7, "completion_tokens": tokens, "total_tokens": 7 + tokens}


class _Anthropic:
    def __init__(self, script: Script) -> None:
        self.script = script

    def role(self) -> bytes:
        usage = {"input_tokens": 7, "output_tokens": 1}
        return self._event("message_start", message={"id": "scripted", "role": "assistant", "usage": usage})

    def token(self, first: int, count: int) -> bytes:
        text = text_of(first, count)
        thought = first < self.script.reasoning
        delta = {"type": "thinking_delta", "thinking": text} if thought else {"type": "text_delta", "text": text}
        return self._event("content_block_delta", index=0, delta=delta)

    def empty(self) -> bytes:
        return self._event("ping")

    def error(self) -> bytes:
        return self._event("error", error={"type": "overloaded_error", "message": "scripted failure"})

    def end(self) -> Iterator[bytes]:
        yield self._event(
            "message_delta", delta={"stop_reason": "max_tokens"}, usage={"output_tokens": self.script.tokens}
        )
        yield self._event("message_stop")

    def _event(self, name: str, **data: Any) -> bytes:  # noqa: ANN401 - JSON
        body = json.dumps({"type": name, **data}, ensure_ascii=False).encode()
        return b"event: " + name.encode() + b"\ndata: " + body + b"\n\n"


class _Ollama:
    def __init__(self, script: Script) -> None:
        self.script = script

    def role(self) -> bytes:
        return self._line(message={"role": "assistant", "content": ""}, done=False)

    def token(self, first: int, count: int) -> bytes:
        name = "thinking" if first < self.script.reasoning else "content"
        return self._line(message={"role": "assistant", "content": "", name: text_of(first, count)}, done=False)

    def empty(self) -> bytes:
        return self.role()

    def error(self) -> bytes:
        return self._line(error="scripted failure")

    def end(self) -> Iterator[bytes]:
        decode = round((self.script.tokens - 1) * self.script.gap * 1e6)
        times = {"prompt_eval_duration": _ns(self.script.ttft), "eval_duration": decode, "load_duration": 0}
        counts = {"prompt_eval_count": 7, "eval_count": self.script.tokens}
        total = times["prompt_eval_duration"] + decode
        yield self._line(
            message={"role": "assistant", "content": ""},
            done=True,
            done_reason="length",
            total_duration=total,
            **times,
            **counts,
        )

    def _line(self, **data: Any) -> bytes:  # noqa: ANN401 - JSON
        return json.dumps({"model": "scripted", **data}, ensure_ascii=False).encode() + b"\n"


_Writer = _OpenAI | _Anthropic | _Ollama
_DIALECTS: dict[str, type[_OpenAI] | type[_Anthropic] | type[_Ollama]] = {
    "openai": _OpenAI,
    "anthropic": _Anthropic,
    "ollama": _Ollama,
}


def text_of(first: int, count: int) -> str:
    """The text of `count` tokens from the `first` one on."""
    return "".join(WORDS[(first + index) % len(WORDS)] for index in range(count))


def _before(script: Script, write: _Writer) -> Iterator[Frame]:
    if script.role:
        yield Frame(0, write.role(), 0)
    if script.keepalive > 0:
        beats = int(script.ttft / script.keepalive)
        yield from (Frame(_ns((beat + 1) * script.keepalive), b": keep-alive\n\n", 0) for beat in range(beats))


def _counts(script: Script) -> list[int]:
    whole, rest = divmod(script.tokens, script.per_chunk)
    return [script.per_chunk] * whole + ([rest] if rest else [])


def _sent(script: Script, at: int, data: bytes, count: int) -> list[Frame]:
    cut = _cut(script.split, data)
    if not 0 < cut < len(data):
        return [Frame(at, data, count)]
    return [Frame(max(0, at - HEAD_START_NS), data[:cut], 0), Frame(at, data[cut:], count)]


def _cut(split: str, data: bytes) -> int:
    """Where to cut: inside the first character of several bytes, or in the middle; 0 for nowhere."""
    if split == "utf8":
        return next((index + 1 for index, byte in enumerate(data) if byte >= 0xC0), 0)  # noqa: PLR2004 - a first byte
    return len(data) // 2 if split == "frame" else 0


def _ns(ms: float) -> int:
    return round(ms * 1e6)
