"""Words of a probe as landing lines: raw times as lists, the server's ways and the machine as JSON texts."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from essor.model.observation import stable_id
from essor.model.probes import EngineReading, Machine, ProbeRun, ProbeSample
from inference_probe.roofline import shares

PARSER_VERSION = 1
"""Raised when the same line is read otherwise."""
_TIMES = ("prefill_device_ms", "prefill_wall_ms", "decode_device_ms", "decode_wall_ms")
_SAME = (
    *("model", "weights", "dtype", "batch", "context", "new_tokens", "parameters", "captured", "attention", "compiled"),
    *("bytes_per_token", "measured_bandwidth_gb_s", "measured_tflop_s", "prefill_flop", "logits_error"),
    *("tokens_agree", "joules_per_token", "peak_memory_bytes"),
    *("prefill_ms", "decode_ms_per_token", "fraction_of_measured_bandwidth"),
)
"""Fields of an engine reading that a landing line holds as they are."""


@dataclass(frozen=True, slots=True)
class RawLine:
    """Where a word's own line is kept."""

    file: str
    """The file below the data folder."""
    offset: int
    """Where the line begins, bytes."""
    sha256: str
    """SHA-256 of the line with its end, hex."""
    run_id: str
    """The run that lands it."""


def run_line(run: ProbeRun, raw: RawLine) -> dict[str, Any]:
    """A target's run as a line of probes.jsonl."""
    target = run.target
    fields = {
        "target": target.name,
        "backend": target.backend,
        **{name: getattr(target, name) for name in ("weights", "price_in", "price_out", "currency")},
        **{name: getattr(run, name) for name in ("model", "engine", "workload", "load", "users", "rate")},
        **{name: getattr(run, name) for name in ("repetitions", "finished_at", "count_source", "cost")},
        "quirks": _json(asdict(run.quirks)),
        "rtt_ms": median(run.rtt_ns) / 1e6 if run.rtt_ns else None,
        "rtt_ns": _json(run.rtt_ns),
        **_machine(run.machine),
    }
    head = _head("run", run.run_id, run.started_at, raw)
    return {**head, "status": run.outcome, "message": run.message, "source_url": target.base_url, "run": fields}


def sample_line(sample: ProbeSample, run: ProbeRun, raw: RawLine) -> dict[str, Any]:
    """A request of `run` as a line of probes.jsonl, observed when its answer ended."""
    names = ("repetition", "warmup", "retry_after_s", "asked_tokens", "scheduled_ns", "connect_ns", "sent_ns")
    more = ("headers_ns", "first_event_ns", "ended_ns", "prompt_tokens", "completion_tokens", "count_source", "finish")
    fields = {
        "probe": run.run_id,
        "request": sample.index,
        **{name: getattr(sample, name) for name in (*names, *more)},
        "chunk_at_ns": [chunk.at_ns for chunk in sample.chunks],
        "chunk_text": [chunk.text for chunk in sample.chunks],
        "chunk_reasoning": [chunk.reasoning for chunk in sample.chunks],
        "chunk_tokens": [chunk.tokens for chunk in sample.chunks],
        "server_names": [name for name, _ in sample.server_ns],
        "server_ns": [value for _, value in sample.server_ns],
    }
    key = stable_id("sample", run.run_id, sample.repetition, sample.index, sample.warmup)
    ended = sample.ended_ns if sample.ended_ns is not None else sample.scheduled_ns
    observed = datetime.fromisoformat(run.started_at) + timedelta(microseconds=ended // 1000)
    head = _head("sample", key, observed.isoformat(timespec="microseconds"), raw)
    said = {"status": sample.outcome, "message": sample.message, "http_status": sample.http_status}
    return {**head, **said, "source_url": run.target.base_url, "sample": fields}


def engine_line(reading: EngineReading, raw: RawLine) -> dict[str, Any]:
    """A case of the local engine as a line of probes.jsonl, with its shares of the device's floors."""
    share = shares(reading)
    fields = {
        **{name: getattr(reading, name) for name in _SAME},
        **{name: _json(getattr(reading, name)) for name in _TIMES},
        "fraction_of_datasheet_bandwidth": share.decode_of_datasheet,
        "fraction_of_measured_flop": share.prefill_of_measured,
        **_machine(reading.machine),
    }
    case = (reading.weights, reading.dtype, reading.batch, reading.context, reading.new_tokens, reading.machine.gpu)
    key = stable_id("engine", reading.model, *case, reading.observed_at)
    head = _head("engine", key, reading.observed_at, raw)
    return {**head, "status": reading.outcome, "message": reading.message, "engine": fields}


def _head(kind: str, reading_id: str, observed_at: str, raw: RawLine) -> dict[str, Any]:
    return {
        "reading_id": reading_id,
        "kind": kind,
        "observed_at": observed_at,
        "capture_file": raw.file,
        "capture_offset": raw.offset,
        "sha256": raw.sha256,
        "parser_version": PARSER_VERSION,
        "run_id": raw.run_id,
        "imported": False,
    }


def _machine(machine: Machine) -> dict[str, Any]:
    found = {name: value for name, value in asdict(machine).items() if name not in ("gpu", "driver", "software")}
    software = ", ".join(f"{name} {version}" for name, version in machine.software)
    return {"gpu": machine.gpu, "driver": machine.driver, "software": software or None, "machine": _json(found)}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
