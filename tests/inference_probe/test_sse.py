"""Events from bytes that come in any pieces."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from inference_probe.sse import events, lines
from inference_probe.wire import Piece

TEXT = 'event: ping\ndata: {}\n\n: keep-alive\n\ndata: {"text": "lève 🙂"}\n\ndata: one\ndata: two\n\ndata: [DONE]\n\n'
BODY = TEXT.encode()
SAID = [("ping", "{}"), ("comment", "keep-alive"), ("message", '{"text": "lève 🙂"}'), ("message", "one\ntwo")]


@given(st.lists(st.integers(0, len(BODY)), max_size=20))
def test_events_are_the_same_however_the_bytes_are_cut(cuts: list[int]) -> None:
    """Any cutting of a stream, in a character or a frame, gives the same events."""
    assert _said(_cut(BODY, cuts))[:4] == SAID


@given(st.lists(st.integers(0, 200), max_size=10))
def test_all_three_line_ends_mean_the_same(cuts: list[int]) -> None:
    """CR LF and CR end lines as LF does, also when a cut falls between the two."""
    assert _said(_cut(BODY.replace(b"\n", b"\r\n"), cuts))[:4] == SAID
    assert _said([Piece(0, BODY.replace(b"\n", b"\r"))])[:4] == SAID


def test_an_event_has_the_time_of_the_piece_that_completed_it() -> None:
    """An event in two pieces came when the second did."""
    found = list(events([Piece(10, b"data: a\n\ndata: "), Piece(20, b"b\n"), Piece(30, b"\n")]))
    assert [(event.at_ns, event.data) for event in found] == [(10, "a"), (30, "b")]


def test_an_event_cut_off_by_the_end_is_given() -> None:
    """A last event without its empty line is not lost."""
    assert [event.data for event in events([Piece(1, b"data: a\n\ndata: b")])] == ["a", "b"]


def test_unknown_fields_are_passed_over() -> None:
    """`id` and `retry` are not data."""
    assert [event.data for event in events([Piece(1, b"id: 7\nretry: 5\ndata:x\n\n")])] == ["x"]


def test_lines_of_json_are_split_too() -> None:
    """A body of JSON lines is given line by line, with each line's time."""
    found = list(lines([Piece(1, b'{"a": 1}\n{"b'), Piece(2, b'": 2}\n')]))
    assert found == [(1, '{"a": 1}'), (2, '{"b": 2}')]


def _cut(body: bytes, cuts: list[int]) -> list[Piece]:
    places = sorted({0, *(cut for cut in cuts if cut < len(body)), len(body)})
    return [Piece(number, body[a:b]) for number, (a, b) in enumerate(pairwise(places))]


def _said(pieces: list[Piece]) -> list[tuple[str, str]]:
    return [(event.name, event.data) for event in events(pieces)]
