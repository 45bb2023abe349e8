"""Whole answers of every source, ways of damaging them, and what may come out: model words or declared errors."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from crawlers.answers import body_of
from crawlers.archive import read_archive
from crawlers.signals._source import SignalTarget
from crawlers.sources import (
    ChartTarget,
    ListingTarget,
    Redacting,
    ReviewsTarget,
    Source,
    Target,
    all_sources,
    asked_for_signals,
    recognise,
    source_named,
)
from essor.model.errors import FetchError, LayoutChanged
from essor.model.observation import Status
from essor.model.stores import StoreName
from tests.crawlers import pages
from tests.crawlers.bodies import chart, ids, legacy_feed, lookup_body, lookup_result, v2_feed
from tests.crawlers.signals.test_damaged import MADE

REAL = Path(__file__).resolve().parents[3] / "shared" / "real"
LONGEST = 120_000
"""Real bodies are cut down to about so many bytes where their form allows it, so that many can be tried."""
ODD = (
    b"null", b"true", b"-1", b"0", b"1e999", b"1e-320", b"0.5", b"9" * 30, b"-9223372036854775809", b"40000", b"[]",
    b"{}", b'""', b'"\\ud800"', b'"\\u0000"', b'"9999-12-31T23:59:59-23:59"', b'"0001-01-01"', b'"1e5"',
    '"٣"'.encode(), '"²"'.encode(), b'"https://[::1"', b'"https://apps.apple.com/us/app/id1"', b"[[[[{}]]]]",
    b'{"label":1}', b'{"label":"https://itunes.apple.com/fr/rss/topfreeapplications/limit=x/genre=\xc2\xb2/json"}',
)  # fmt: skip
"""Values of JSON that no answer should hold, and some that one may."""
TOKENS = (
    *ODD, b'"', b"\\", b",", b"}", b"]", b"<", b"</script>", b"</html>", b"<li", b"\xff", b"\0", b"\xef\xbb\xbf",
    b"[" * 3000, b'{"a":' * 3000, b"AF_initDataCallback({key: 'ds:5'", b'[["wrb.fr"', b"data:", b"\xe2\x80\xa8",
)  # fmt: skip
"""Bytes to put anywhere."""
_TEXT = rb'\\?"(?:[^"\\]|\\[^"])*\\?"'
_VALUE = re.compile(_TEXT + rb"\s*:|(" + _TEXT + rb"|-?\d+(?:\.\d+)?|null|true|false|\[\]|\{\})")


class Case(NamedTuple):
    """A whole answer, and what it was asked for."""

    name: str
    """The source, and which of its answers."""
    source: Source[Any]
    target: Target
    body: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """One change of a body; a test shrinks it, a long run draws it."""

    kind: str
    """replace, insert, cut, drop, repeat or flip."""
    place: float
    """Where, as a share of the body."""
    what: int
    """Which token, how many bytes, which bit."""


KINDS = ("replace", "replace", "replace", "insert", "cut", "drop", "repeat", "flip")


@cache
def cases() -> tuple[Case, ...]:
    """A made answer for every source, and the real ones that are to hand."""
    return (*_made(), *_made_signals(), *(_real() if REAL.exists() else ()))


def damaged(body: bytes, damages: Sequence[Damage]) -> bytes:
    """A body with some things wrong: first values replaced, so that the answer stays JSON, then bytes changed."""
    values, parts = _values(body), {}
    for damage in damages:
        if damage.kind == "replace" and values:
            parts[values[int(damage.place * len(values))]] = ODD[damage.what % len(ODD)]
    for (start, end), value in sorted(parts.items(), reverse=True):
        body = body[:start] + value + body[end:]
    for damage in damages:
        body = _changed(body, damage) if damage.kind != "replace" else body
    return body


@lru_cache(maxsize=128)
def _values(body: bytes) -> list[tuple[int, int]]:
    """Where the values of its JSON stand, those of JSON within a text included."""
    return [found.span(1) for found in _VALUE.finditer(body) if found[1] is not None]


def _changed(body: bytes, damage: Damage) -> bytes:
    at, some = min(int(damage.place * len(body)), max(0, len(body) - 1)), 1 + damage.what % 60
    changes = {
        "insert": lambda: body[:at] + TOKENS[damage.what % len(TOKENS)] + body[at:],
        "cut": lambda: body[:at],
        "drop": lambda: body[:at] + body[at + some :],
        "repeat": lambda: body[:at] + body[at : at + some * 20] * 2 + body[at + some * 20 :],
        "flip": lambda: body[:at] + bytes([body[at] ^ (1 << damage.what % 8)]) + body[at + 1 :] if body else body,
    }
    return changes[damage.kind]()


def drawn(chance: random.Random) -> list[Damage]:
    """One to four changes by chance; half the time values alone, so that the answer stays JSON and is read further."""
    kinds = chance.choice((KINDS, KINDS[:1]))
    return [
        Damage(chance.choice(kinds), chance.random(), chance.randrange(1 << 16)) for _ in range(chance.randint(1, 4))
    ]


def judge(case: Case, body: bytes) -> str:
    """Reads a damaged answer; ``"readings"`` or the declared error's name. Anything else that comes out is raised."""
    if isinstance(case.source, Redacting):
        _redact(case, body)
    try:
        found = case.source.parse(body, case.target)
    except (FetchError, LayoutChanged) as error:
        return type(error).__name__
    for reading in found:
        assert reading.status in Status
        assert msgspec.json.encode(asdict(reading))
        assert _plain(asdict(reading))
    assert found
    return "readings"


def _redact(case: Case, body: bytes) -> None:
    try:
        kept = case.source.redacted(body)
        case.source.parse(kept, case.target)
    except (FetchError, LayoutChanged):
        return


def _plain(value: object) -> bool:
    """Whether the tables can hold it: whole numbers of 64 bits, finite numbers."""
    if isinstance(value, dict):
        return all(map(_plain, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_plain, value))
    if isinstance(value, int):
        return -(1 << 63) <= value < 1 << 63
    return not isinstance(value, float) or math.isfinite(value)


def _made() -> Iterator[Case]:
    apple, play = StoreName.APPLE, StoreName.GOOGLE_PLAY
    productivity, overall = ChartTarget(chart(), 100), ChartTarget(chart(category="36"), 100)
    page = ListingTarget(apple, "fr", ("7001",), page=True)
    mine = [pages.review_entry(number) for number in range(5)]
    for name, target, body in (
        ("apple_rss", overall, v2_feed(ids(20))),
        ("apple_legacy_rss", productivity, legacy_feed(ids(20))),
        ("apple_lookup", ListingTarget(apple, "fr", ("7", "8")), lookup_body(lookup_result("7"), lookup_result("8"))),
        ("apple_ids", productivity, pages.id_list(ids(20))),
        ("apple_web", productivity, pages.chart_page(ids(10))),
        ("apple_web", productivity, pages.shoebox_page(ids(10))),
        ("apple_web", productivity, pages.visible_page(ids(10))),
        ("apple_app_page", page, pages.app_page()),
        ("apple_reviews", ReviewsTarget(apple, "fr", "7001"), pages.reviews_feed(mine)),
        ("google_play_reviews", ReviewsTarget(play, "ww", "a.b", "fr"), pages.play_reviews([pages.play_review(1)])),
    ):
        yield Case(f"{name} made", source_named(name), target, body)


def _made_signals() -> Iterator[Case]:
    for source in asked_for_signals():
        subject = "a" if source.name in ("openrouter", "ollama") else "a/b"
        metrics: Any = source.metrics  # type: ignore[attr-defined] # a signal source has them
        target = SignalTarget(source.name, (subject,), metrics, date(2026, 8, 1), date(2026, 10, 31))
        yield Case(f"{source.name} made", source, target, MADE[source.name])


def _real() -> Iterator[Case]:
    """The first, the middle and the last answer of each kind and archive."""
    for path in sorted([*REAL.glob("apple/*.warc.gz"), *REAL.glob("google_play/*.warc.gz")]):
        answers = [answer for answer, _ in read_archive(path)]
        for answer in {id(one): one for one in (answers[0], answers[len(answers) // 2], *answers[-3:])}.values():
            known, body = recognise(answer.url), body_of(answer)
            if known is None and "UsvDTd" in answer.url:
                reviews = ReviewsTarget(StoreName.GOOGLE_PLAY, "ww", "a.b", "en")
                known = source_named("google_play_reviews"), reviews
            if known is not None:
                yield Case(f"{known[0].name} {path.stem[:20]}", *known, _shorter(body))


def _shorter(body: bytes) -> bytes:
    """The Play chart's 850 kB without most of its rows; all others are short."""
    if len(body) < LONGEST or b"wrb.fr" not in body:
        return body
    head, line = next((body[: body.index(line)], line) for line in body.split(b"\n") if line.startswith(b"[["))
    frames = msgspec.json.decode(line)
    data = msgspec.json.decode(frames[0][2])
    rows = data[0][1][0][28][0]
    del rows[8:]
    frames[0][2] = msgspec.json.encode(data).decode()
    return head + msgspec.json.encode(frames) + b'\n[["e",4,null,null,9]]\n'


def sources_tried() -> set[str]:
    """The sources that have an answer here."""
    return {case.source.name for case in cases()}


def sources_known() -> set[str]:
    """Every source there is."""
    return {source.name for source in (*all_sources(), *asked_for_signals())}
