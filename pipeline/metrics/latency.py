"""Latency figures from raw time stamps: per request, per run with intervals, and between two targets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from math import exp
from statistics import median

import polars as pl

from essor.model.probes import Outcome, ProbeRun, ProbeSample

SAMPLES = pl.Schema(
    {
        "run_id": pl.String(),
        "index": pl.Int32(),
        "repetition": pl.Int32(),
        "warmup": pl.Boolean(),
        "outcome": pl.String(),
        "message": pl.String(),
        "http_status": pl.Int16(),
        "retry_after_s": pl.Float64(),
        "asked_tokens": pl.Int32(),
        "scheduled_ns": pl.Int64(),
        "connect_ns": pl.Int64(),
        "sent_ns": pl.Int64(),
        "headers_ns": pl.Int64(),
        "first_event_ns": pl.Int64(),
        "ended_ns": pl.Int64(),
        "prompt_tokens": pl.Int32(),
        "completion_tokens": pl.Int32(),
        "count_source": pl.String(),
        "finish": pl.String(),
        "chunk_at_ns": pl.List(pl.Int64()),
        "chunk_text": pl.List(pl.String()),
        "chunk_reasoning": pl.List(pl.Boolean()),
        "chunk_tokens": pl.List(pl.Int32()),
        "server_names": pl.List(pl.String()),
        "server_ns": pl.List(pl.Int64()),
    }
)
"""One row a request, raw."""

FIGURES = ("ttft_ms", "ttft_sched_ms", "ttfa_ms", "tpot_ms", "e2e_ms", "e2e_sched_ms", "tokens_per_s", "chars_per_s")
"""The figures of one request."""
PERCENTILES = ((0.50, 1), (0.95, 200), (0.99, 1000))
"""Each percentile, and the fewest samples it is given for."""
INTERVAL = (0.025, 0.975)
"""The bootstrap interval: 95%."""
RESAMPLES = 1000
MOST_DRAWN = 5_000_000
"""Values drawn for one interval at most; very many values get fewer resamples, at least 100."""
ONE_TOKEN_A_CHUNK = 1.05
"""Up to so many tokens a chunk, a chunk is taken for a token."""
GOOD_TTFT_MS, GOOD_TPOT_MS = 500.0, 30.0
"""MLPerf's interactive limits for models of 8 billion parameters."""
SUMMARY = pl.Schema(
    {
        "run_id": pl.String(),
        "figure": pl.String(),
        "samples": pl.Int64(),
        "mean": pl.Float64(),
        **{f"p{round(q * 100)}{end}": pl.Float64() for q, _ in PERCENTILES for end in ("", "_low", "_high")},
    }
)
"""One row a run and figure; a percentile is null where the samples are too few for it."""


def samples_frame(samples: Iterable[ProbeSample]) -> pl.DataFrame:
    """Samples as rows of `SAMPLES`."""
    return pl.DataFrame([_row(sample) for sample in samples], schema=SAMPLES)


def request_figures(samples: pl.LazyFrame) -> pl.LazyFrame:
    """One row a complete, counted request with `FIGURES` and the tokens of a chunk; `samples` as `SAMPLES`.

    Service time counts from the sending, ``_sched`` from the time the request should have been sent.
    """
    usable = samples.filter(~pl.col("warmup"), pl.col("outcome") == Outcome.COMPLETE.value)
    return usable.with_columns(*_chunk_marks()).with_columns(_first_chunk_tokens()).select(*_figure_columns())


def chunk_gaps(samples: pl.LazyFrame) -> pl.LazyFrame:
    """The gaps between chunks with text, ms, one list a complete request: run_id, repetition, index, icl_ms."""
    usable = samples.filter(~pl.col("warmup"), pl.col("outcome") == Outcome.COMPLETE.value)
    gaps = pl.col("written_at").list.eval(pl.element().diff().drop_nulls() / 1e6).alias("icl_ms")
    return usable.with_columns(*_chunk_marks()).select("run_id", "repetition", "index", gaps)


def run_summary(samples: pl.DataFrame, *, seed: int = 0) -> pl.DataFrame:
    """Percentiles with bootstrap intervals of every figure of every run, as `SUMMARY`."""
    figures = request_figures(samples.lazy()).collect()
    gaps = chunk_gaps(samples.lazy()).collect()
    rows = []
    for (run_id,), part in figures.group_by("run_id", maintain_order=True):
        rows += [{"run_id": run_id, "figure": name, **percentiles(part[name], seed=seed)} for name in FIGURES]
        own = gaps.filter(pl.col("run_id") == run_id)["icl_ms"]
        rows.append({"run_id": run_id, "figure": "icl_ms", **percentiles_of_lists(own, seed=seed)})
    return pl.DataFrame(rows, schema=SUMMARY)


def percentiles(values: pl.Series, *, seed: int = 0) -> dict[str, float | int | None]:
    """Percentiles of independent values with their bootstrap intervals; None where the values are too few."""
    return percentiles_of_lists(
        values.drop_nulls().reshape((-1, 1)).arr.to_list() if len(values) else _no_lists(), seed=seed
    )


def percentiles_of_lists(lists: pl.Series, *, seed: int = 0) -> dict[str, float | int | None]:
    """The same for values that belong together request by request: whole requests are drawn, never single values."""
    lists = lists.drop_nulls().filter(lists.drop_nulls().list.len() > 0)
    values = lists.explode().drop_nulls().cast(pl.Float64)
    out: dict[str, float | int | None] = {"samples": len(values), "mean": _number(values.mean())}
    wanted = [q for q, fewest in PERCENTILES if len(values) >= fewest]
    drawn = _resampled(lists, wanted, seed)
    for q in wanted:
        name = f"p{round(q * 100)}"
        low, high = (drawn[name].quantile(end, "linear") for end in INTERVAL)
        out |= {name: values.quantile(q, "linear"), f"{name}_low": low, f"{name}_high": high}
    return out


def run_rates(samples: pl.DataFrame, *, ttft_ms: float = GOOD_TTFT_MS, tpot_ms: float = GOOD_TPOT_MS) -> pl.DataFrame:
    """Requests and tokens a second of the system, and goodput: the requests a second that meet both targets.

    A run's time is that of its repetitions, from the first sending to the last end in each, without the pauses between.
    """
    spans = _spans(samples)
    good = (pl.col("ttft_ms") <= ttft_ms) & (pl.col("tpot_ms").fill_null(0) <= tpot_ms)
    counted = (
        request_figures(samples.lazy())
        .group_by("run_id")
        .agg(complete=pl.len(), tokens=pl.col("tokens").sum(), good=good.sum())
        .collect()
    )
    rates = {"requests_per_s": "complete", "tokens_per_s": "tokens", "goodput_per_s": "good"}
    return spans.join(counted, on="run_id", how="left").with_columns(
        **{name: pl.col(source).fill_null(0) / pl.col("seconds") for name, source in rates.items()}
    )


def compare(
    first: pl.DataFrame, second: pl.DataFrame, figure: str = "e2e_ms", *, seed: int = 0
) -> dict[str, str | float | None]:
    """How many times as fast the first target is as the second, from pairs of the same request.

    Both frames are rows of `SAMPLES`, each of one run. Half the time is a ratio of 2, half the rate a ratio of a half.
    """
    pairs = _pairs(first, second, figure)
    if pairs.is_empty():
        return {"figure": figure, "pairs": 0, "ratio": None, "low": None, "high": None}
    sign = -1.0 if figure.endswith("_per_s") else 1.0
    logs = (sign * (pairs["second"].log() - pairs["first"].log())).rename("log")
    drawn = _drawn(logs.to_frame(), len(logs), seed).group_by("draw").agg(pl.col("log").mean())["log"]
    low, high = (drawn.quantile(end, "linear") for end in INTERVAL)
    ratio = exp(_number(logs.mean()) or 0.0)
    return {"figure": figure, "pairs": len(pairs), "ratio": ratio, "low": _exp(low), "high": _exp(high)}


def comparison_text(first: str, second: str, result: dict[str, str | float | None]) -> str:
    """A comparison as a sentence, as in ``"A is 1.18 times as fast as B, 1.15 to 1.21"``."""
    if not result["pairs"]:
        return f"{first} and {second} have no request in common that both answered."
    return f"{first} is {result['ratio']:.2f} times as fast as {second}, {result['low']:.2f} to {result['high']:.2f}"


def run_json(run: ProbeRun, samples: Iterable[ProbeSample], *, seed: int = 0) -> dict[str, object]:
    """One run as `essor probe run --json` prints it: each figure with its percentiles and their intervals."""
    frame = samples_frame(sample for sample in samples if sample.run_id == run.run_id)
    summary = run_summary(frame, seed=seed).drop("run_id").to_dicts()
    rates = run_rates(frame).drop("run_id").rename({"tokens_per_s": "system_tokens_per_s"}).to_dicts()
    outcomes = frame.filter(~pl.col("warmup"))["outcome"].value_counts(sort=True).iter_rows()
    head = {name: value for name, value in asdict(run).items() if name not in {"rtt_ns"}}
    return {
        **head,
        "rtt_ms": median(run.rtt_ns) / 1e6 if run.rtt_ns else None,
        "requests": dict(outcomes),
        **{str(row.pop("figure")): row for row in summary},
        **(rates[0] if rates else {}),
    }


def _row(sample: ProbeSample) -> dict[str, object]:
    row = {name: getattr(sample, name) for name in SAMPLES if hasattr(sample, name) and name != "server_ns"}
    return {
        **row,
        "outcome": sample.outcome.value,
        "count_source": sample.count_source.value if sample.count_source else None,
        "chunk_at_ns": [chunk.at_ns for chunk in sample.chunks],
        "chunk_text": [chunk.text for chunk in sample.chunks],
        "chunk_reasoning": [chunk.reasoning for chunk in sample.chunks],
        "chunk_tokens": [chunk.tokens for chunk in sample.chunks],
        "server_names": [name for name, _ in sample.server_ns],
        "server_ns": [value for _, value in sample.server_ns],
    }


def _chunk_marks() -> tuple[pl.Expr, ...]:
    """Times and lengths of the chunks that hold text; a chunk with only a role is none."""
    chars = pl.col("chunk_text").list.eval(pl.element().str.len_chars())
    written = pl.col("chunk_text").list.eval(pl.element().str.len_chars() > 0)
    answer = pl.col("chunk_reasoning").list.eval(~pl.element())
    return (
        _where(pl.col("chunk_at_ns"), written).alias("written_at"),
        _where(chars, written).alias("written_chars"),
        _where(pl.col("chunk_tokens"), written).alias("written_tokens"),
        _where(_where(pl.col("chunk_at_ns"), written), _where(answer, written)).list.first().alias("first_answer_ns"),
    )


def _where(lists: pl.Expr, mask: pl.Expr) -> pl.Expr:
    """The elements of each list at which the list `mask` holds."""
    return lists.list.gather(mask.list.eval(pl.element().arg_true()))


def _first_chunk_tokens() -> pl.Expr:
    """Tokens of the first chunk: as its source says, one where a chunk is a token, else its share of the characters."""
    chars = pl.col("written_chars")
    share = (pl.col("completion_tokens") * chars.list.first() / chars.list.sum()).round().clip(lower_bound=1)
    per_chunk = pl.col("completion_tokens") / chars.list.len()
    guessed = pl.when(per_chunk <= ONE_TOKEN_A_CHUNK).then(pl.lit(1.0)).otherwise(share)
    return pl.coalesce(pl.col("written_tokens").list.first().cast(pl.Float64), guessed).alias("first_tokens")


def _figure_columns() -> tuple[pl.Expr | str, ...]:
    first, last = pl.col("written_at").list.first(), pl.col("written_at").list.last()
    later = pl.col("completion_tokens") - pl.col("first_tokens")
    tpot = pl.when(later > 0).then((last - first) / 1e6 / later)
    seconds = (last - pl.col("sent_ns")) / 1e9
    return (
        "run_id",
        "repetition",
        "index",
        ((first - pl.col("sent_ns")) / 1e6).alias("ttft_ms"),
        ((first - pl.col("scheduled_ns")) / 1e6).alias("ttft_sched_ms"),
        ((pl.col("first_answer_ns") - pl.col("sent_ns")) / 1e6).alias("ttfa_ms"),
        tpot.alias("tpot_ms"),
        ((last - pl.col("sent_ns")) / 1e6).alias("e2e_ms"),
        ((last - pl.col("scheduled_ns")) / 1e6).alias("e2e_sched_ms"),
        pl.when(tpot > 0).then(1e3 / tpot).alias("tokens_per_s"),
        pl.when(seconds > 0).then(pl.col("written_chars").list.sum() / seconds).alias("chars_per_s"),
        pl.col("completion_tokens").alias("tokens"),
        (pl.col("completion_tokens") / pl.col("written_at").list.len()).alias("tokens_per_chunk"),
        (pl.col("completion_tokens") == pl.col("asked_tokens")).alias("length_kept"),
        "count_source",
        "sent_ns",
        "ended_ns",
    )


def _spans(samples: pl.DataFrame) -> pl.DataFrame:
    sent = samples.filter(~pl.col("warmup"), pl.col("sent_ns").is_not_null())
    each = sent.group_by("run_id", "repetition").agg(ns=pl.col("ended_ns").max() - pl.col("sent_ns").min())
    return each.group_by("run_id").agg(seconds=pl.col("ns").sum() / 1e9)


def _pairs(first: pl.DataFrame, second: pl.DataFrame, figure: str) -> pl.DataFrame:
    keys = ["repetition", "index"]
    one, other = (
        request_figures(frame.lazy()).select(*keys, pl.col(figure).alias(name))
        for frame, name in ((first, "first"), (second, "second"))
    )
    return one.join(other, on=keys).filter(pl.col("first") > 0, pl.col("second") > 0).sort(keys).collect()


def _resampled(lists: pl.Series, wanted: list[float], seed: int) -> pl.DataFrame:
    """The wanted percentiles of each resample, one row a resample."""
    if not wanted:
        return pl.DataFrame()
    size = _number(lists.list.len().sum()) or 1.0
    drawn = _drawn(lists.rename("values").to_frame(), round(size), seed).explode("values")
    quantiles = [pl.col("values").quantile(q, "linear").alias(f"p{round(q * 100)}") for q in wanted]
    return drawn.group_by("draw").agg(quantiles)


def _drawn(rows: pl.DataFrame, values: int, seed: int) -> pl.DataFrame:
    """Rows drawn with replacement, as many as there are for each resample; `draw` numbers the resamples."""
    count = max(100, min(RESAMPLES, MOST_DRAWN // max(1, values)))
    drawn = rows.sample(len(rows) * count, with_replacement=True, seed=seed)
    return drawn.with_columns(draw=pl.int_range(pl.len()) // len(rows))


def _no_lists() -> pl.Series:
    return pl.Series([], dtype=pl.List(pl.Float64))


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _exp(value: float | None) -> float | None:
    return None if value is None else exp(value)
