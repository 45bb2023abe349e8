"""Words of the model as JSON lines and back: what `essor probe load` takes in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, fields
from typing import Any

from essor.model.errors import ProbeError
from essor.model.probes import (
    Chunk,
    CountSource,
    EngineReading,
    Load,
    Machine,
    Outcome,
    ProbeRun,
    ProbeSample,
    ProbeTarget,
    Quirks,
)

Word = ProbeRun | ProbeSample | EngineReading
"""What a line can hold."""

_DERIVED = {
    EngineReading: ("prefill_ms", "decode_ms_per_token", "fraction_of_measured_bandwidth"),
    ProbeSample: ("first_token_ns", "first_answer_ns", "last_token_ns"),
    ProbeRun: (),
}
"""Properties written beside the raw values for readers of the file; they are not read back."""


_READ = Callable[[dict[str, Any]], Word]


def line_of(word: Word) -> str:
    """`word` as one line of JSON, its ``kind`` first."""
    derived = {name: getattr(word, name) for name in _DERIVED[type(word)]}
    return json.dumps({"kind": _KINDS[type(word)], **asdict(word), **derived}, ensure_ascii=False)


def word_of(line: str) -> Word:
    """The word that a line holds. Raises ProbeError for a line of another kind."""
    try:
        data = json.loads(line)
        return _READERS[data["kind"]](data)
    except json.JSONDecodeError as error:
        raise _no_word(line, f"it is no JSON ({error})") from error
    except KeyError as error:
        raise _no_word(line, f"its kind or a field of it is missing or unknown: {error}") from error
    except (TypeError, ValueError) as error:
        raise _no_word(line, str(error)) from error


def _no_word(line: str, why: str) -> ProbeError:
    return ProbeError(f"Not a line of a probe: {why} in {line[:80]!r}.")


def words_of(lines: Iterable[str]) -> Iterator[Word]:
    """The words of many lines; empty lines are passed over."""
    return (word_of(line) for line in lines if line.strip())


def _engine(data: dict[str, Any]) -> EngineReading:
    times = ("prefill_device_ms", "prefill_wall_ms", "decode_device_ms", "decode_wall_ms")
    given = {**data, "machine": _machine(data["machine"]), "outcome": Outcome(data["outcome"])}
    return EngineReading(**_only(EngineReading, {**given, **{name: tuple(data[name]) for name in times}}))


def _sample(data: dict[str, Any]) -> ProbeSample:
    source = data["count_source"]
    given = {
        **data,
        "outcome": Outcome(data["outcome"]),
        "count_source": None if source is None else CountSource(source),
        "chunks": tuple(Chunk(*chunk) for chunk in data["chunks"]),
        "server_ns": tuple((name, value) for name, value in data["server_ns"]),
    }
    return ProbeSample(**_only(ProbeSample, given))


def _run(data: dict[str, Any]) -> ProbeRun:
    given = {
        **data,
        "target": ProbeTarget(**data["target"]),
        "load": Load(data["load"]),
        "outcome": Outcome(data["outcome"]),
        "quirks": Quirks(**data["quirks"]),
        "machine": _machine(data["machine"]),
        "rtt_ns": tuple(data["rtt_ns"]),
    }
    return ProbeRun(**_only(ProbeRun, given))


def _machine(data: dict[str, Any]) -> Machine:
    return Machine(**{**data, "software": tuple((name, version) for name, version in data["software"])})


def _only(kind: type, data: dict[str, Any]) -> dict[str, Any]:
    known = {field.name for field in fields(kind)}
    return {name: value for name, value in data.items() if name in known}


_KINDS = {ProbeRun: "run", ProbeSample: "sample", EngineReading: "engine"}
_READERS: dict[str, _READ] = {"run": _run, "sample": _sample, "engine": _engine}
