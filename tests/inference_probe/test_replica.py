"""The scripted server: what it says, when, and that it tells the truth about it."""

from __future__ import annotations

import asyncio
import json
from statistics import median
from urllib.request import urlopen

import pytest

from essor.model.errors import SettingsError
from inference_probe.replica import scripted_server, take_request
from inference_probe.script import Script, frames, read_script
from inference_probe.wire import Wire


def test_a_script_and_its_model_name_are_the_same_thing() -> None:
    """The model's name holds the whole script."""
    script = Script(ttft=12.5, tokens=3, usage="choices", fault="reset", at=2)
    assert read_script(script.model) == script


def test_semicolons_serve_clients_that_split_at_commas() -> None:
    """A script may be written with semicolons."""
    assert read_script("script:ttft=5;gap=2") == Script(ttft=5, gap=2)


def test_a_script_with_an_unknown_word_is_refused() -> None:
    """A word that is none is refused with an example."""
    with pytest.raises(SettingsError, match="script:ttft=50"):
        read_script("script:speed=3")


def test_tokens_come_when_the_script_says() -> None:
    """The k-th token stands at the first token's time and k gaps."""
    found = [frame.after_ns for frame in frames(Script(ttft=30, gap=7, tokens=4), "openai") if frame.tokens]
    assert found == [30_000_000, 37_000_000, 44_000_000, 51_000_000]


@pytest.mark.parametrize("split", ["utf8", "frame"])
def test_a_split_token_is_there_with_its_second_part(split: str) -> None:
    """Of a cut token only the rest counts, and the rest comes at the token's time."""
    script = Script(ttft=30, gap=7, tokens=10, split=split)
    whole = frames(Script(ttft=30, gap=7, tokens=10), "openai")
    cut = frames(script, "openai")
    assert len(cut) > len(whole)
    assert b"".join(frame.data for frame in cut) == b"".join(frame.data for frame in whole)
    assert [f.after_ns for f in cut if f.tokens] == [f.after_ns for f in whole if f.tokens]


def test_the_truth_is_told_afterwards() -> None:
    """The server says when it received each request and when each send happened."""
    script, tries = Script(ttft=20, gap=5, tokens=4), []
    while not tries or (min(tries) > 5 and len(tries) < 50):  # a busy machine is late now and then
        tries.append(_lateness(script))
    assert min(tries) <= 5


def _lateness(script: Script) -> float:
    """How many milliseconds late the sends were, in the median; none is early."""
    with scripted_server() as server:
        body = json.dumps({"model": script.model, "messages": [{"content": "who?"}]}).encode()
        exchange = asyncio.run(Wire().post(f"{server.address}/v1/chat/completions", {}, body, 60))
        with urlopen(f"{server.address}/truth") as answer:
            (told,) = json.load(answer)["truth"]
    assert told["prompt"] == "who?"
    sends = [at for at, tokens in told["sends"] if tokens]
    assert len(sends) == 4
    assert exchange.sent_ns is not None
    assert exchange.sent_ns <= told["received_ns"] <= sends[0]
    late = [(at - told["received_ns"]) / 1e6 - 20 - 5 * k for k, at in enumerate(sends)]
    assert min(late) >= 0
    return median(late)


def test_a_request_may_come_in_parts() -> None:
    """A request is taken when it is whole, and what follows it is left."""
    data = b"POST /x HTTP/1.1\r\nContent-Length: 2\r\n\r\nabGET"
    assert take_request(data[:20]) == (None, data[:20])
    assert take_request(data) == (("POST", "/x", b"ab"), b"GET")
