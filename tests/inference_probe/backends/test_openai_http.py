"""Chat completions: what each way of streaming says, and the manner that each server takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from essor.model.errors import BackendUnavailable
from essor.model.probes import Chunk, CountSource, Outcome, ProbeRequest, ProbeSample, ProbeTarget, Quirks
from inference_probe.backend import TargetFailed, open_session
from inference_probe.backends.openai_http import MANNERS, body_of, model_rows, parse
from inference_probe.replica import Replica, scripted_server
from inference_probe.script import Script, frames, text_of
from inference_probe.transcript import Transcript, merged, sample_of
from inference_probe.wire import Ending, Exchange, Piece

REQUEST = ProbeRequest(index=0, prompt="hello", prompt_tokens=7, output_tokens=10)


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[Replica]:
    with scripted_server() as server:
        yield server


@pytest.mark.parametrize("split", ["no", "utf8", "frame"])
def test_the_text_is_whole_and_each_token_has_its_time(split: str) -> None:
    """Whatever the cutting, the text is the script's and the times are those of the tokens' last bytes."""
    said = _said(Script(ttft=30, gap=7, split=split))
    assert "".join(chunk.text for chunk in said.chunks) == text_of(0, 10)
    times = [chunk.at_ns for chunk in said.chunks if chunk.text]
    assert times == [round((30 + 7 * index) * 1e6) for index in range(10)]


@pytest.mark.parametrize("chunk", ['{"choices": [null]}', '{"choices": [{"delta": {"content": 5}}]}', '{"choices": 3}'])
def test_a_stream_that_cannot_be_read_is_an_error_of_the_server(server: Replica, chunk: str) -> None:
    """JSON of another shape ends that sample with what is wrong, and nothing else."""
    exchange = Exchange(None, 0, 0, 200, {}, (Piece(1, f"data: {chunk}\n\n".encode()),), 1, Ending.WHOLE)

    async def read() -> ProbeSample:
        target = ProbeTarget("t", "openai_http", Script().model, f"{server.address}/v1")
        session = await open_session(target, time.perf_counter_ns, 2)
        sample = sample_of("r", REQUEST, 0, exchange, session.read(exchange))
        await session.close()
        return sample

    sample = asyncio.run(read())
    assert sample.outcome is Outcome.SERVER_ERROR
    assert "cannot be read" in str(sample.message)


def test_a_chunk_with_only_a_role_is_no_token() -> None:
    """The first token comes with the first text, the first event with the role."""
    said = _said(Script(ttft=30))
    sample = sample_of("r", REQUEST, 0, _exchange(Script(ttft=30)), said)
    assert (said.first_event_ns, sample.first_token_ns) == (0, 30_000_000)
    assert said.quirks.role_chunk is True


def test_reasoning_is_told_from_the_answer() -> None:
    """Reasoning counts as first token and not as first answer."""
    sample = sample_of(
        "r", REQUEST, 0, _exchange(Script(ttft=30, gap=7, reasoning=3)), _said(Script(ttft=30, gap=7, reasoning=3))
    )
    assert (sample.first_token_ns, sample.first_answer_ns) == (30_000_000, 51_000_000)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_both_names_of_reasoning_are_read(field: str) -> None:
    """`reasoning_content` and `reasoning` mean the same, and the one seen is told."""
    said = _read(f'data: {{"choices": [{{"delta": {{"{field}": "hm"}}}}]}}\n\n')
    assert said.chunks == (Chunk(1, "hm", reasoning=True),)
    assert said.quirks.reasoning_field == field


def test_typed_parts_are_read_as_text_and_reasoning() -> None:
    """Content may come as a list of parts: text, and thinking that holds parts again."""
    said = _read(
        'data: {"choices": [{"delta": {"content": [{"type": "thinking", "thinking": '
        '[{"type": "text", "text": "hm"}]}, {"type": "text", "text": "yes"}]}}]}\n\n'
    )
    assert said.chunks == (Chunk(1, "hm", reasoning=True), Chunk(1, "yes"))
    assert said.quirks.typed_parts is True


@pytest.mark.parametrize(
    ("script", "place", "count", "source"),
    [
        (Script(usage="own"), "own_chunk", 10, CountSource.USAGE),
        (Script(usage="choices", done=0), "with_choices", 10, CountSource.USAGE),
        (Script(usage="every"), "every_chunk", 10, CountSource.USAGE),
        (Script(usage="none", per_chunk=3), "none", 4, CountSource.CHUNKS),
    ],
)
def test_tokens_are_counted_where_the_server_says_them(script: Script, place: str, count: int, source: str) -> None:
    """Usage is found anywhere; without it a chunk is taken for a token, and the source of the count says so."""
    sample = sample_of("r", REQUEST, 0, _exchange(script), _said(script))
    assert _said(script).quirks.usage_at == place
    assert (sample.completion_tokens, sample.count_source) == (count, source)
    assert sample.outcome is Outcome.COMPLETE


def test_comments_empty_chunks_and_the_missing_end_are_quirks() -> None:
    """Keep-alives, empty chunks and a missing ``[DONE]`` are detected and change no token."""
    said = _said(Script(ttft=30, keepalive=10, empty=1, done=0))
    quirks = said.quirks
    assert (quirks.keep_alives, quirks.empty_chunks, quirks.done_marker) == (True, True, False)
    assert sum(1 for chunk in said.chunks if chunk.text) == 10


def test_an_error_after_200_fails_the_sample_and_keeps_its_tokens() -> None:
    """An error event in a stream is the outcome; what had come is kept."""
    script = Script(fault="error", at=3)
    sample = sample_of("r", REQUEST, 0, _exchange(script), _said(script))
    assert (sample.outcome, sample.message) == (Outcome.SERVER_ERROR, "scripted failure")
    assert sum(1 for chunk in sample.chunks if chunk.text) == 3


def test_an_end_without_marker_or_reason_is_a_cut() -> None:
    """A stream that stops between two tokens is not complete, even when its framing ends properly."""
    body = b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n'
    exchange = Exchange(None, 0, 0, 200, {}, (Piece(1, body),), 1, Ending.WHOLE)
    assert sample_of("r", REQUEST, 0, exchange, parse(exchange)).outcome is Outcome.CUT


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (307, Outcome.REJECTED),
        (400, Outcome.REJECTED),
        (429, Outcome.RATE_LIMITED),
        (529, Outcome.RATE_LIMITED),
        (503, Outcome.SERVER_ERROR),
    ],
)
def test_a_refusal_has_its_status_and_its_words(status: int, outcome: Outcome) -> None:
    """HTTP errors are outcomes with the body's beginning."""
    pieces = (Piece(1, b'{"error": "no"}'),)
    exchange = Exchange(None, 0, 0, status, {"retry-after": "2.5"}, pieces, 1, Ending.WHOLE)
    sample = sample_of("r", REQUEST, 0, exchange, Transcript())
    assert (sample.outcome, sample.retry_after_s) == (outcome, 2.5)
    assert str(status) in str(sample.message)


def test_a_retry_after_that_is_a_date_is_left_out() -> None:
    """A Retry-After that is no number is None, not an error."""
    headers = {"retry-after": "Fri, 20 Nov 2026 10:00:00 GMT"}
    exchange = Exchange(None, 0, 0, 429, headers, (), 1, Ending.WHOLE)
    assert sample_of("r", REQUEST, 0, exchange, Transcript()).retry_after_s is None


def test_quirks_seen_once_are_seen() -> None:
    """What one of several answers shows, they show together."""
    found = merged([Quirks(done_marker=False), Quirks(done_marker=True, usage_at="none"), Quirks(usage_at="own_chunk")])
    assert (found.done_marker, found.usage_at) == (True, "none")


def test_a_lenient_server_is_asked_for_a_fixed_length(server: Replica) -> None:
    """A server that takes `ignore_eos` is asked with it."""
    quirks, sample = _asked(server, Script())
    assert (quirks.strict_fields, quirks.length_forced_by, quirks.limit_field) == (False, "ignore_eos", "max_tokens")
    assert sample.outcome is Outcome.COMPLETE


def test_a_strict_server_is_asked_in_a_manner_it_takes(server: Replica) -> None:
    """A server that refuses unknown fields is asked without them, and told as strict."""
    quirks, sample = _asked(server, Script(strict=1))
    assert (quirks.strict_fields, quirks.length_forced_by) == (True, "generation_config")
    assert sample.outcome is Outcome.COMPLETE


@pytest.mark.parametrize("fault", ["429", "reset", "eof", "500"])
def test_a_target_that_fails_while_being_opened_has_an_outcome(server: Replica, fault: str) -> None:
    """A failure while learning the server's manner is a failure of the target with its outcome."""
    with pytest.raises(TargetFailed) as caught:
        _asked(server, Script(fault=fault))
    assert caught.value.outcome is not Outcome.COMPLETE


def test_a_refused_key_makes_a_target_unavailable(server: Replica) -> None:
    """401 is no failure of the measurement: the target is skipped with the reason."""
    with pytest.raises(BackendUnavailable, match="refuses the key"):
        _asked(server, Script(fault="401"))


def test_a_missing_key_makes_a_target_unavailable(server: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is empty is a missing key."""
    monkeypatch.setenv("ESSOR_TEST_KEY", " ")
    with pytest.raises(BackendUnavailable, match="ESSOR_TEST_KEY is not set"):
        _asked(server, Script(), key_variable="ESSOR_TEST_KEY")


def test_bodies_name_the_model_and_stream() -> None:
    """Every manner streams, and the one that only limits says nothing of a least length."""
    bodies = [body_of("m", manner, REQUEST) for manner in MANNERS]
    assert all(body["stream"] is True and body["model"] == "m" for body in bodies)
    assert bodies[0]["min_tokens"] == 10
    assert "min_tokens" not in bodies[2]


def test_an_answer_that_is_no_listing_has_no_models() -> None:
    """Anything but a listing of models is an empty one."""
    assert model_rows("<html>") == []
    assert model_rows('{"data": [{"id": "a"}, 3]}') == [{"id": "a"}]


def _asked(server: Replica, script: Script, key_variable: str | None = None) -> tuple[Quirks, ProbeSample]:
    async def once() -> tuple[Quirks, ProbeSample]:
        target = ProbeTarget("t", "openai_http", script.model, f"{server.address}/v1", key_variable)
        session = await open_session(target, time.perf_counter_ns, 2)
        exchange = await session.ask(REQUEST, 2)
        await session.close()
        return session.quirks, sample_of("r", REQUEST, 0, exchange, session.read(exchange))

    return asyncio.run(once())


def _exchange(script: Script) -> Exchange:
    pieces = tuple(Piece(frame.after_ns, frame.data) for frame in frames(script, "openai"))
    return Exchange(None, 0, 0, 200, {}, pieces, pieces[-1].at_ns, Ending.WHOLE)


def _said(script: Script) -> Transcript:
    return parse(_exchange(script))


def _read(body: str) -> Transcript:
    return parse(Exchange(None, 0, 0, 200, {}, (Piece(1, body.encode()),), 1, Ending.WHOLE))
