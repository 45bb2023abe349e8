"""Landed probe lines to rows of probe_runs, probe_samples, engine_readings and rejects, with their figures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from pipeline.clean.readings import moments, news, set_aside
from pipeline.metrics import latency
from pipeline.quality import reading_rules, reason
from pipeline.schemas import SCHEMAS


@dataclass(frozen=True, slots=True)
class CleanProbes:
    """What one load adds about probes; each frame has its table's schema."""

    runs: pl.DataFrame
    samples: pl.DataFrame
    figures: pl.DataFrame
    comparisons: pl.DataFrame
    engine: pl.DataFrame
    rejects: pl.DataFrame
    superseded: pl.DataFrame
    known: int
    """Lines left out because the same was there."""


def clean_probes(landed: pl.DataFrame, known: pl.DataFrame, recorded_at: datetime) -> CleanProbes:
    """Rows for the tables from landed lines.

    `landed` is `LANDED_PROBES`, `known` is `readings.KNOWN` of all three tables, `recorded_at` the time of the load.
    """
    typed = moments(landed).with_columns(
        pl.col("http_status", "parser_version").cast(pl.Int16), recorded_at=pl.lit(recorded_at)
    )
    judged = typed.with_columns(broken=reason(reading_rules(recorded_at) | probe_rules()))
    against = news(judged.filter(pl.col("broken").is_null()).drop("broken"), known)
    runs, samples = _of_kind(against.fresh, "run"), _of_kind(against.fresh, "sample")
    measured = runs.join(samples.select(reading_id="probe").unique(), "reading_id", "semi")
    raw = as_samples(samples)
    return CleanProbes(
        runs=_as("probe_runs", runs).sort("target", "workload", "observed_at"),
        samples=_as("probe_samples", samples).sort("probe", "repetition", "request", "warmup"),
        figures=_of_probes(probe_figures(raw), measured, "probe_figures"),
        comparisons=_of_probes(probe_comparisons(measured, raw), measured, "probe_comparisons"),
        engine=_as("engine_readings", _of_kind(against.fresh, "engine")).sort("model", "batch", "context"),
        rejects=pl.concat(
            [
                _rejects(judged.filter(pl.col("broken").is_not_null()), pl.col("broken"), recorded_at),
                _rejects(against.conflicts, pl.lit("other_bytes_of_the_same_look"), recorded_at),
            ]
        ),
        superseded=against.superseded.with_columns(superseded_at=pl.lit(recorded_at)),
        known=against.known,
    )


def probe_rules() -> dict[str, pl.Expr]:
    """The rules for probe lines, by the reason they give."""
    sample = pl.col("sample").struct
    backwards = sample.field("ended_ns") < sample.field("sent_ns")
    return {"ended_before_it_was_sent": backwards.fill_null(value=False)}


def as_samples(rows: pl.DataFrame) -> pl.DataFrame:
    """Samples as `latency.SAMPLES` from rows with lists in them, or with JSON lists as the table has them."""
    named = rows.drop("run_id").rename({"probe": "run_id", "request": "index"})
    return named.select(_sample_column(named, name, kind) for name, kind in latency.SAMPLES.items())


def probe_figures(samples: pl.DataFrame) -> pl.DataFrame:
    """The figures of every run in these samples, as the table has them but for recorded_at and month."""
    if samples.is_empty():
        return pl.DataFrame(schema={"probe": pl.String, "figure": pl.String})
    requests = latency.request_figures(samples.lazy()).collect()
    means = requests.group_by("run_id").agg(
        pl.len().alias("samples"), pl.col("tokens_per_chunk").mean(), pl.col("length_kept").mean()
    )
    rates = latency.run_rates(samples).rename({"tokens_per_s": "system_tokens_per_s", "complete": "samples"})
    whole = [_long(means, ("tokens_per_chunk", "length_kept"))]
    whole += [_long(rates, ("requests_per_s", "system_tokens_per_s", "goodput_per_s"))]
    return pl.concat([latency.run_summary(samples), *whole], how="diagonal_relaxed").rename({"run_id": "probe"})


def probe_comparisons(runs: pl.DataFrame, samples: pl.DataFrame) -> pl.DataFrame:
    """Every two runs that were measured side by side, compared by `COMPARED`: probe, other and what `compare` gives."""
    rows = []
    for _, beside in runs.sort("target").group_by(*_SIDE_BY_SIDE, maintain_order=True):
        ids = beside["reading_id"].to_list()
        parts = {one: samples.filter(pl.col("run_id") == one) for one in ids}
        rows += [
            {"probe": one, "other": other, **latency.compare(parts[one], parts[other], figure)}
            for number, one in enumerate(ids)
            for other in ids[number + 1 :]
            for figure in COMPARED
        ]
    return pl.DataFrame(rows, schema=_COMPARISON)


COMPARED = ("ttft_ms", "tpot_ms", "e2e_ms", "chars_per_s")
"""The figures by which targets are compared."""
_SIDE_BY_SIDE = ("observed_at", "workload", "load", "users", "rate")
_COMPARISON = pl.Schema(
    {
        **dict.fromkeys(("probe", "other", "figure"), pl.String()),
        "pairs": pl.Int64(),
        **dict.fromkeys(("ratio", "low", "high"), pl.Float64()),
    }
)
_CHUNKS = ("chunk_at_ns", "chunk_text", "chunk_reasoning", "chunk_tokens", "server_names", "server_ns")


def _of_kind(fresh: pl.DataFrame, kind: str) -> pl.DataFrame:
    """The lines of one kind, its own fields beside the shared ones."""
    others = [name for name in ("run", "sample", "engine") if name != kind]
    rows = fresh.filter(pl.col("kind") == kind).drop(*others).unnest(kind)
    return rows.rename({"status": "outcome"}).with_columns(
        pl.col(name).str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
        for name in ("finished_at",)
        if name in rows.columns
    )


def _sample_column(rows: pl.DataFrame, name: str, kind: pl.DataType) -> pl.Expr:
    if isinstance(kind, pl.List) and rows.schema[name] == pl.String:
        return pl.col(name).str.json_decode(kind)
    return pl.col(name).cast(kind)


def _long(frame: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """One row a run and figure that has no percentiles."""
    return frame.with_columns(pl.col(names).cast(pl.Float64)).unpivot(
        names, index=["run_id", "samples"], variable_name="figure", value_name="mean"
    )


def _of_probes(rows: pl.DataFrame, runs: pl.DataFrame, table: str) -> pl.DataFrame:
    """Derived rows with the load and the month of their run, as a table has them; a run that is not there has none."""
    own = rows.join(runs.select("recorded_at", "month", probe="reading_id"), "probe", "inner")
    missing = [pl.lit(None).alias(name) for name in SCHEMAS[table] if name not in own.columns]
    return _as(table, own.with_columns(missing)).sort("probe", "figure")


def _rejects(lines: pl.DataFrame, reasons: pl.Expr, recorded_at: datetime) -> pl.DataFrame:
    observed = pl.col("observed_at").cast(pl.String).fill_null("unreadable")
    text = pl.format("{} {} byte {} observed_at={}", "kind", "capture_file", "capture_offset", observed)
    return _as("rejects", set_aside(lines, "probes", reasons, text, recorded_at))


def _as(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(_table_column(frame, name, kind) for name, kind in SCHEMAS[table].items())


def _table_column(frame: pl.DataFrame, name: str, kind: pl.DataType) -> pl.Expr:
    if name in _CHUNKS and frame.schema[name] != pl.String:
        return pl.col(name).map_elements(_json, return_dtype=pl.String)
    return pl.col(name).cast(kind)


def _json(values: pl.Series) -> str:
    return json.dumps(values.to_list(), ensure_ascii=False)
