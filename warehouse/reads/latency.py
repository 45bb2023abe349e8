"""Questions about latency: what was measured of services and of the local engine.

All of it is measured. What is computed stands in `warehouse.reads.floors`: measured and predicted never share a column.
For the Latency page: `engine` has the local engine's cases (show "predicted" alone while it has no complete row),
`latest` and `history` the probes of services, `comparisons` the targets measured side by side, `quirks` what a server
does its own way.
"""

from __future__ import annotations

import polars as pl

from warehouse.connection import Cursor

_LOAD = "workload, load, users, rate"


def latest(cursor: Cursor) -> pl.DataFrame:
    """The newest probe of each target under each load, whatever came of it, with its main figures.

    Columns: target, backend, model, weights, engine, workload, load (closed or open), users, rate, observed_at (UTC),
    outcome (`Outcome`), message, requests, answered, count_source (usage, local_tokenizer, chunks, mixed), rtt_ms,
    gpu, cost, currency, probe (its reading id, for `essor trace`), then for each of ttft_ms, ttft_sched_ms, tpot_ms,
    icl_ms, e2e_ms, e2e_sched_ms, tokens_per_s, chars_per_s: NAME (the median), NAME_low, NAME_high (95% interval) and
    NAME_samples, and the run's own tokens_per_chunk, length_kept (share of 1), requests_per_s, system_tokens_per_s and
    goodput_per_s. What was not measured is null, never 0.
    """
    return cursor.frame(f"""
        WITH newest AS (
            FROM probe_runs
            QUALIFY row_number() OVER (PARTITION BY target, {_LOAD} ORDER BY observed_at DESC, recorded_at DESC) = 1
        ), figures AS (
            SELECT probe, {_medians()}, {_means()} FROM probe_figures GROUP BY probe
        )
        SELECT n.target, n.backend, n.model, n.weights, n.engine, n.workload, n.load, n.users, n.rate, n.observed_at,
               n.outcome, n.message, n.requests, n.answered, n.count_source, n.rtt_ms, n.gpu, n.cost, n.currency,
               n.reading_id AS probe, f.* EXCLUDE (probe)
        FROM newest AS n LEFT JOIN figures AS f ON f.probe = n.reading_id
        ORDER BY n.workload, n.load, n.users, n.rate, n.target
    """)  # noqa: S608 - the names are ours


def figures(cursor: Cursor, probe: str) -> pl.DataFrame:
    """Every figure of one probe.

    Columns: figure, samples, mean, p50, p50_low, p50_high, p95, p95_low, p95_high, p99, p99_low, p99_high (null where
    the samples are too few: below 200 no p95, below 1,000 no p99), count_source.
    """
    return cursor.frame(
        "SELECT figure, samples, mean, p50, p50_low, p50_high, p95, p95_low, p95_high, p99, p99_low, p99_high,"
        " count_source FROM probe_figures WHERE probe = $probe ORDER BY figure",
        probe=probe,
    )


def history(cursor: Cursor, workload: str, figure: str) -> pl.DataFrame:
    """A figure of every target over time, under one workload; a probe that measured nothing keeps its row.

    Columns: target, model, load, users, rate, observed_at (UTC), outcome, message, samples, p50, p50_low, p50_high (all
    four null without a figure), probe.
    """
    return cursor.frame(
        """
        SELECT r.target, r.model, r.load, r.users, r.rate, r.observed_at, r.outcome, r.message,
               f.samples, f.p50, f.p50_low, f.p50_high, r.reading_id AS probe
        FROM probe_runs AS r LEFT JOIN probe_figures AS f ON f.probe = r.reading_id AND f.figure = $figure
        WHERE r.workload = $workload
        ORDER BY r.target, r.load, r.users, r.rate, r.observed_at
        """,
        workload=workload,
        figure=figure,
    )


def comparisons(cursor: Cursor) -> pl.DataFrame:
    """The newest comparison of every two targets that were measured side by side, figure by figure.

    Columns: target, other_target, workload, load, users, rate, observed_at (UTC), figure (ttft_ms, tpot_ms, e2e_ms,
    chars_per_s), pairs (requests that both answered), ratio (how many times as fast target is as other_target; null
    without a pair), low, high (95% interval), probe, other (reading ids).
    """
    return cursor.frame("""
        SELECT target, other_target, workload, load, users, rate, observed_at, figure, pairs, ratio, low, high,
               probe, other
        FROM probe_comparisons
        QUALIFY row_number() OVER (
            PARTITION BY target, other_target, workload, load, users, rate, figure
            ORDER BY observed_at DESC, recorded_at DESC
        ) = 1
        ORDER BY workload, load, users, rate, target, other_target, figure
    """)


def quirks(cursor: Cursor) -> pl.DataFrame:
    """What each server does its own way, by its newest probe that reached it.

    Columns: target, engine, observed_at (UTC), then done_marker, usage_at, role_chunk, empty_chunks, keep_alives,
    reasoning_field, typed_parts, strict_fields, length_forced_by, limit_field, error_in_stream, stamped_at, each as
    text; null: not seen yet.
    """
    return cursor.frame(f"""
        SELECT target, engine, observed_at, {", ".join(f"quirks ->> '{name}' AS {name}" for name in _QUIRKS)}
        FROM probe_runs WHERE model IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY target ORDER BY observed_at DESC, recorded_at DESC) = 1
        ORDER BY target
    """)  # noqa: S608 - the names are ours


def samples(cursor: Cursor, probe: str) -> pl.DataFrame:
    """Every request of one probe with its raw time stamps, as the table probe_samples has them (lists are JSON)."""
    return cursor.frame(
        "SELECT * FROM probe_samples WHERE probe = $probe ORDER BY warmup DESC, repetition, request", probe=probe
    )


def newest_pair(cursor: Cursor, first: str, second: str) -> pl.DataFrame:
    """The newest two measured probes of two targets (or reading ids) under one load; one row, or none.

    Columns: first, second (targets), workload, load, users, rate, observed_at, other_observed_at (UTC), side_by_side
    (whether in one measurement, which comes first), probe, other (reading ids).
    """
    return cursor.frame(
        """
        SELECT a.target AS first, b.target AS second, a.workload, a.load, a.users, a.rate,
               a.observed_at, b.observed_at AS other_observed_at, a.observed_at = b.observed_at AS side_by_side,
               a.reading_id AS probe, b.reading_id AS other
        FROM probe_runs AS a
        JOIN probe_runs AS b
          ON a.workload = b.workload AND a.load = b.load AND a.reading_id <> b.reading_id
         AND a.users IS NOT DISTINCT FROM b.users AND a.rate IS NOT DISTINCT FROM b.rate
        WHERE $first IN (a.target, a.reading_id) AND $second IN (b.target, b.reading_id)
          AND a.answered > 0 AND b.answered > 0
        ORDER BY side_by_side DESC, a.observed_at DESC, b.observed_at DESC LIMIT 1
        """,
        first=first,
        second=second,
    )


def engine(cursor: Cursor) -> pl.DataFrame:
    """The newest case of the local engine for each model, batch, context and device, whatever came of it. Measured.

    Columns: model, weights (random or a folder), dtype, batch, context, gpu, driver, software, observed_at (UTC),
    outcome (`Outcome`), message, prefill_ms, decode_ms_per_token (medians; null unless complete), bytes_per_token,
    measured_bandwidth_gb_s, fraction_of_measured_bandwidth, fraction_of_datasheet_bandwidth, fraction_of_measured_flop,
    captured, attention, compiled, logits_error, tokens_agree, joules_per_token, peak_memory_bytes, reading_id.
    """
    return cursor.frame("""
        SELECT model, weights, dtype, batch, context, gpu, driver, software, observed_at, outcome, message, prefill_ms,
               decode_ms_per_token, bytes_per_token, measured_bandwidth_gb_s, fraction_of_measured_bandwidth,
               fraction_of_datasheet_bandwidth, fraction_of_measured_flop, captured, attention, compiled, logits_error,
               tokens_agree, joules_per_token, peak_memory_bytes, reading_id
        FROM engine_readings
        QUALIFY row_number() OVER (
            PARTITION BY model, weights, dtype, batch, context, gpu ORDER BY observed_at DESC, recorded_at DESC
        ) = 1
        ORDER BY model, batch, context, gpu
    """)


_MEDIANS = (
    *("ttft_ms", "ttft_sched_ms", "tpot_ms", "icl_ms", "e2e_ms", "e2e_sched_ms", "tokens_per_s", "chars_per_s"),
)
_MEANS = ("tokens_per_chunk", "length_kept", "requests_per_s", "system_tokens_per_s", "goodput_per_s")
_QUIRKS = (
    *("done_marker", "usage_at", "role_chunk", "empty_chunks", "keep_alives", "reasoning_field", "typed_parts"),
    *("strict_fields", "length_forced_by", "limit_field", "error_in_stream", "stamped_at"),
)


def _medians() -> str:
    """For each figure its median, interval and number of values as columns."""
    parts = {"": "p50", "_low": "p50_low", "_high": "p50_high", "_samples": "samples"}
    return ", ".join(
        f"any_value({column}) FILTER (figure = '{name}') AS {name}{end}"
        for name in _MEDIANS
        for end, column in parts.items()
    )


def _means() -> str:
    return ", ".join(f"any_value(mean) FILTER (figure = '{name}') AS {name}" for name in _MEANS)
