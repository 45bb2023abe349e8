"""One Polars schema for each table, and one for each kind of landed line."""

from __future__ import annotations

import polars as pl

from essor.model.tables import TABLES, Kind, Table

TYPES: dict[Kind, pl.DataType] = {
    "text": pl.String(),
    "short": pl.Int16(),
    "int": pl.Int64(),
    "real": pl.Float64(),
    "flag": pl.Boolean(),
    "time": pl.Datetime("us", "UTC"),
    "day": pl.Date(),
}


def schema(table: Table) -> pl.Schema:
    """The Polars schema of a table, its columns in their order."""
    return pl.Schema({column.name: TYPES[column.kind] for column in table.columns})


SCHEMAS = {table.name: schema(table) for table in TABLES}

_LANDED_EVIDENCE: dict[str, type[pl.DataType] | pl.DataType] = {
    "reading_id": pl.String,
    "source": pl.String,
    "store": pl.String,
    "country": pl.String,
    "status": pl.String,
    "message": pl.String,
    "observed_at": pl.String,
    "source_url": pl.String,
    "http_status": pl.Int64,
    "capture_file": pl.String,
    "capture_offset": pl.Int64,
    "sha256": pl.String,
    "parser_version": pl.Int64,
    "run_id": pl.String,
    "imported": pl.Boolean,
}
LANDED_CHARTS = pl.Schema(
    {
        **_LANDED_EVIDENCE,
        "device": pl.String,
        "collection": pl.String,
        "category": pl.String,
        "asked": pl.Int64,
        "depth": pl.Int64,
        "ranks": pl.List(pl.Int64()),
        "name_ids": pl.List(pl.Int64()),
        "rejects": pl.List(pl.Struct({"position": pl.Int64, "reason": pl.String, "text": pl.String})),
    }
)
"""A line of charts.jsonl, as `crawlers/landing.py` writes it (64-bit integers: the reader takes no smaller ones)."""
LANDED_NAMES = pl.Schema(
    {"name_id": pl.Int64, "store": pl.String, "app_id": pl.String, "name": pl.String, "developer": pl.String}
)
"""A line of names.jsonl."""
LANDED_LISTINGS = pl.Schema(
    {
        **_LANDED_EVIDENCE,
        "app_id": pl.String,
        "name": pl.String,
        "developer": pl.String,
        "version": pl.String,
        "rating_count": pl.Int64,
        "rating_average": pl.Float64,
        "price": pl.Float64,
        "currency": pl.String,
        "installs_exact": pl.Int64,
        "installs_bucket": pl.Int64,
        "released_at": pl.String,
        "version_released_at": pl.String,
        "release_notes": pl.String,
        "category": pl.String,
        "bundle_id": pl.String,
        **{f"stars_{stars}": pl.Int64 for stars in range(1, 6)},
    }
)
"""A line of listings.jsonl."""
LANDED_REVIEWS = pl.Schema(
    {
        **_LANDED_EVIDENCE,
        "language": pl.String,
        "app_id": pl.String,
        "page": pl.Int64,
        "reviews": pl.List(
            pl.Struct(
                {
                    "key": pl.String,
                    "rating": pl.Int64,
                    "title": pl.String,
                    "text": pl.String,
                    "version": pl.String,
                    "written_at": pl.String,
                }
            )
        ),
    }
)
"""A line of reviews.jsonl."""
LANDED_PAUSES = pl.Schema(dict.fromkeys(("host", "reason", "message", "began_at", "until", "run_id"), pl.String))
"""A line of pauses.jsonl."""
LANDED_SIGNALS = pl.Schema(
    {
        **{name: kind for name, kind in _LANDED_EVIDENCE.items() if name not in ("store", "country")},
        "subject": pl.String,
        "metric": pl.String,
        "unit": pl.String,
        "kind": pl.String,
        "precision": pl.String,
        "points": pl.List(pl.Struct({"value": pl.Float64, "start": pl.String, "end": pl.String, "text": pl.String})),
    }
)
"""A line of signals.jsonl; a point without an end is as of the observation."""
_LANDED_PROBE = pl.Struct(
    {
        **dict.fromkeys(("target", "backend", "model", "weights", "engine", "workload", "load"), pl.String()),
        "users": pl.Int64(),
        "rate": pl.Float64(),
        "repetitions": pl.Int64(),
        "finished_at": pl.String(),
        **dict.fromkeys(("count_source", "quirks", "rtt_ns", "gpu", "driver", "software", "machine"), pl.String()),
        **dict.fromkeys(("rtt_ms", "price_in", "price_out", "cost"), pl.Float64()),
        "currency": pl.String(),
    }
)
_LANDED_SAMPLE = pl.Struct(
    {
        "probe": pl.String(),
        "repetition": pl.Int64(),
        "request": pl.Int64(),
        "warmup": pl.Boolean(),
        "retry_after_s": pl.Float64(),
        "asked_tokens": pl.Int64(),
        **{f"{name}_ns": pl.Int64() for name in ("scheduled", "connect", "sent", "headers", "first_event", "ended")},
        "prompt_tokens": pl.Int64(),
        "completion_tokens": pl.Int64(),
        "count_source": pl.String(),
        "finish": pl.String(),
        "chunk_at_ns": pl.List(pl.Int64()),
        "chunk_text": pl.List(pl.String()),
        "chunk_reasoning": pl.List(pl.Boolean()),
        "chunk_tokens": pl.List(pl.Int64()),
        "server_names": pl.List(pl.String()),
        "server_ns": pl.List(pl.Int64()),
    }
)
_LANDED_ENGINE = pl.Struct(
    {
        **dict.fromkeys(("model", "weights", "dtype"), pl.String()),
        **dict.fromkeys(("batch", "context", "new_tokens", "parameters", "peak_memory_bytes"), pl.Int64()),
        **dict.fromkeys(("gpu", "driver", "software", "machine", "attention", "compiled"), pl.String()),
        "captured": pl.Boolean(),
        **{f"{part}_{clock}_ms": pl.String() for part in ("prefill", "decode") for clock in ("device", "wall")},
        **dict.fromkeys(
            (
                "prefill_ms",
                "decode_ms_per_token",
                "bytes_per_token",
                "prefill_flop",
                "measured_bandwidth_gb_s",
                "measured_tflop_s",
                "fraction_of_measured_bandwidth",
                "fraction_of_datasheet_bandwidth",
                "fraction_of_measured_flop",
                "logits_error",
                "tokens_agree",
                "joules_per_token",
            ),
            pl.Float64(),
        ),
    }
)
LANDED_PROBES = pl.Schema(
    {
        **{name: kind for name, kind in _LANDED_EVIDENCE.items() if name not in ("source", "store", "country")},
        "kind": pl.String,
        "run": _LANDED_PROBE,
        "sample": _LANDED_SAMPLE,
        "engine": _LANDED_ENGINE,
    }
)
"""A line of probes.jsonl: a run, sample or engine reading in the field that `kind` names; status is its outcome."""
LANDED_EXPECTED = pl.Schema(
    {
        "run_id": pl.String,
        "kind": pl.String,
        "source": pl.String,
        "country": pl.String,
        "subject": pl.String,
        "expected": pl.Int64,
        "due_at": pl.String,
    }
)
"""A line of expected.jsonl."""
LANDED_RUN = pl.Schema(
    {
        "run_id": pl.String(),
        "kind": pl.String(),
        "started_at": pl.String(),
        "finished_at": pl.String(),
        "result": pl.String(),
        "asked": pl.Int64(),
        "note": pl.String(),
        "markets": pl.List(pl.String()),
    }
)
"""A line of run.json: one, or for missed runs one each."""
