"""Figures from raw samples (pipeline.metrics.latency), on samples whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import polars as pl
import pytest

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
from pipeline.metrics.latency import (
    SAMPLES,
    SUMMARY,
    chunk_gaps,
    compare,
    comparison_text,
    percentiles,
    percentiles_of_lists,
    request_figures,
    run_json,
    run_rates,
    run_summary,
    samples_frame,
)

MS = 1_000_000
MACHINE = Machine("Linux x86_64", 2)


def test_the_figures_of_a_request_follow_their_definitions() -> None:
    """TTFT, TTFA, TPOT and E2E count from the sending; the scheduled ones from the schedule."""
    row = _figures(_sample(sent=10, first=110, gap=20, tokens=5, reasoning=2))
    assert (row["ttft_ms"], row["ttft_sched_ms"]) == (100, 110)
    assert row["ttfa_ms"] == 140
    assert row["tpot_ms"] == 20
    assert (row["e2e_ms"], row["e2e_sched_ms"]) == (180, 190)
    assert row["tokens_per_s"] == 50


def test_a_role_is_no_token() -> None:
    """An empty first chunk changes no figure."""
    sample = _sample()
    with_role = replace(sample, chunks=(Chunk(sample.sent_ns or 0, ""), *sample.chunks))
    assert _figures(with_role) == _figures(sample)


def test_tokens_packed_in_the_first_chunk_are_not_waited_for() -> None:
    """Of 20 tokens in 5 equal chunks, 4 came with the first: 16 tokens took the time after it."""
    sample = replace(_sample(tokens=5, gap=20), completion_tokens=20)
    assert _figures(sample)["tpot_ms"] == pytest.approx(80 / 16)
    assert _figures(sample)["tokens_per_chunk"] == 4


def test_tokens_said_chunk_by_chunk_are_taken_as_said() -> None:
    """Where the source says how many tokens the first chunk holds, that is the number."""
    sample = _sample(tokens=5, gap=20)
    chunks = tuple(chunk._replace(tokens=3 if index == 0 else 1) for index, chunk in enumerate(sample.chunks))
    assert _figures(replace(sample, chunks=chunks, completion_tokens=7))["tpot_ms"] == pytest.approx(80 / 4)


def test_one_token_has_no_time_between_tokens() -> None:
    """An answer of one token has a TTFT and no TPOT."""
    row = _figures(_sample(tokens=1))
    assert row["ttft_ms"] is not None
    assert row["tpot_ms"] is None


def test_only_complete_counted_requests_have_figures() -> None:
    """Warm-up and failures give no figures."""
    samples = [_sample(), replace(_sample(), warmup=True), replace(_sample(), outcome=Outcome.CUT)]
    assert request_figures(samples_frame(samples).lazy()).collect().height == 1


def test_gaps_are_those_between_chunks_with_text() -> None:
    """A request of 5 chunks has 4 gaps."""
    gaps = chunk_gaps(samples_frame([_sample(tokens=5, gap=20)]).lazy()).collect()
    assert gaps["icl_ms"].to_list() == [[20.0] * 4]


@pytest.mark.parametrize(
    ("count", "given"), [(1, {"p50"}), (199, {"p50"}), (200, {"p50", "p95"}), (1000, {"p50", "p95", "p99"})]
)
def test_no_percentile_that_the_sample_is_too_small_for(count: int, given: set[str]) -> None:
    """No p95 below 200 samples, no p99 below 1,000."""
    found = percentiles(pl.Series([float(value) for value in range(count)]))
    assert {name for name in ("p50", "p95", "p99") if found.get(name) is not None} == given


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Of 60 intervals of 95% for a median that is known, nearly all hold it."""
    random = Random(7)
    held = 0
    for trial in range(60):
        values = pl.Series([random.expovariate(1) for _ in range(100)])
        found = percentiles(values, seed=trial)
        held += float(found["p50_low"] or 0) <= 0.6931 <= float(found["p50_high"] or 0)
    assert held >= 53


def test_whole_requests_are_drawn_for_gaps() -> None:
    """Gaps of one slow and many quick requests: the interval is that of requests, wider than that of single gaps."""
    lists = [[1.0] * 50] * 5 + [[9.0] * 50] * 5
    together = percentiles_of_lists(pl.Series(lists))
    single = percentiles(pl.Series([value for one in lists for value in one]))
    assert _width(together) >= _width(single)
    assert (together["samples"], together["p50_low"], together["p50_high"]) == (500, 1.0, 9.0)


def test_the_same_seed_gives_the_same_interval() -> None:
    """Intervals can be had again."""
    values = pl.Series([float(value % 17) for value in range(300)])
    assert percentiles(values, seed=3) == percentiles(values, seed=3)


def test_no_values_have_no_percentiles() -> None:
    """Nothing measured is nothing, not zero."""
    assert percentiles(pl.Series([], dtype=pl.Float64)) == {"samples": 0, "mean": None}


def test_a_summary_has_a_row_a_run_and_figure() -> None:
    """Every run has every figure, in the declared schema."""
    samples = [_sample(index=i, run_id=run) for run in ("a", "b") for i in range(5)]
    found = run_summary(samples_frame(samples))
    assert found.schema == SUMMARY
    assert found.height == 2 * 9
    assert found.filter(pl.col("figure") == "ttft_ms")["p50"].to_list() == [100.0, 100.0]


def test_a_summary_of_nothing_is_empty() -> None:
    """Runs without a complete sample have no row."""
    assert run_summary(samples_frame([])).is_empty()
    assert samples_frame([]).schema == SAMPLES


def test_goodput_counts_the_requests_that_meet_both_targets() -> None:
    """Of two requests in a second, one too late for its TTFT: goodput is one a second."""
    good = replace(_sample(index=0, sent=0, first=400, gap=20, tokens=3), ended_ns=1000 * MS)
    late = replace(_sample(index=1, sent=0, first=600, gap=20, tokens=3), ended_ns=1000 * MS)
    (row,) = run_rates(samples_frame([good, late])).to_dicts()
    assert (row["requests_per_s"], row["goodput_per_s"], row["tokens_per_s"]) == (2, 1, 6)


def test_failed_requests_take_time_and_give_no_rate() -> None:
    """A run whose requests all failed has rates of 0 over its real time, and not no row."""
    failed = replace(_sample(sent=0), outcome=Outcome.CUT, ended_ns=500 * MS)
    (row,) = run_rates(samples_frame([failed])).to_dicts()
    assert (row["seconds"], row["goodput_per_s"]) == (0.5, 0)


def test_the_time_between_repetitions_is_not_counted() -> None:
    """A run's time is the sum of its repetitions, for another target runs in between."""
    first = replace(_sample(sent=0), ended_ns=500 * MS)
    second = replace(_sample(sent=9000, first=9100, repetition=1), ended_ns=9500 * MS)
    assert run_rates(samples_frame([first, second]))["seconds"].to_list() == [1.0]


def test_a_comparison_is_of_the_same_requests() -> None:
    """A target twice as fast is 2 times as fast with an interval around it, whatever differs between requests."""
    random = Random(1)
    slow, fast = [], []
    for index in range(60):
        size = random.uniform(50, 400)
        slow.append(_sample(index=index, sent=0, first=2 * size * random.uniform(0.95, 1.05), tokens=1))
        fast.append(_sample(index=index, sent=0, first=size * random.uniform(0.95, 1.05), tokens=1))
    found = compare(samples_frame(fast), samples_frame(slow), "ttft_ms")
    assert found["pairs"] == 60
    assert found["ratio"] == pytest.approx(2, rel=0.03)
    assert float(found["low"] or 0) < float(found["ratio"] or 0) < float(found["high"] or 0)
    assert float(found["high"] or 0) - float(found["low"] or 0) < 0.1


def test_a_rate_compares_the_other_way_round() -> None:
    """Twice the tokens a second is twice as fast, as half the time is."""
    slow, fast = (samples_frame([_sample(gap=gap, tokens=9)]) for gap in (20, 10))
    assert compare(fast, slow, "tokens_per_s")["ratio"] == pytest.approx(2)
    assert compare(fast, slow, "tpot_ms")["ratio"] == pytest.approx(2)


def test_nothing_in_common_is_said() -> None:
    """Two targets without a common request are not compared."""
    empty = compare(samples_frame([]), samples_frame([_sample()]))
    assert empty["ratio"] is None
    assert "no request in common" in comparison_text("A", "B", empty)


def test_a_comparison_reads_as_a_sentence() -> None:
    """The sentence has the ratio and its interval."""
    result: dict[str, str | float | None] = {"pairs": 9, "ratio": 1.18, "low": 1.15, "high": 1.21}
    assert comparison_text("A", "B", result) == "A is 1.18 times as fast as B, 1.15 to 1.21"


def test_an_engine_reading_has_its_times_and_fractions() -> None:
    """A reading gives medians and the fraction of the bandwidth."""
    reading = EngineReading(
        model="mistral-7b-v0.3",
        weights="random",
        dtype="bfloat16",
        batch=1,
        context=512,
        new_tokens=128,
        observed_at="2026-11-20T12:00:00+00:00",
        outcome=Outcome.COMPLETE,
        message=None,
        machine=MACHINE,
        prefill_device_ms=(10.0, 12.0, 11.0),
        decode_device_ms=(4.0, 3.9, 4.1),
        bytes_per_token=14.4e9,
        measured_bandwidth_gb_s=4300.0,
        measured_tflop_s=790.0,
        prefill_flop=7.2e12,
    )
    assert (reading.prefill_ms, reading.decode_ms_per_token) == (11.0, 4.0)
    assert reading.fraction_of_measured_bandwidth == pytest.approx(14.4e9 / 4e-3 / 4.3e12)


def test_a_run_as_json_has_every_figure_with_its_interval() -> None:
    """The JSON of a run has p50 and its interval for each figure, and how many requests ended how."""
    samples = [_sample(index=index) for index in range(4)] + [replace(_sample(index=4), outcome=Outcome.CUT)]
    found = run_json(_run(), samples)
    for name in ("ttft_ms", "tpot_ms", "icl_ms", "e2e_ms"):
        figure = found[name]
        assert isinstance(figure, dict)
        assert {"p50", "p50_low", "p50_high", "p95", "p99", "samples"} <= set(figure)
    assert found["requests"] == {"complete": 4, "cut": 1}
    assert found["rtt_ms"] == 0.2
    assert isinstance(found["tokens_per_s"], dict)
    assert isinstance(found["system_tokens_per_s"], float)


def _sample(  # noqa: PLR0917 - a builder for tests, called with names
    index: int = 0,
    run_id: str = "run",
    sent: float = 10,
    first: float = 110,
    gap: float = 20,
    tokens: int = 5,
    reasoning: int = 0,
    repetition: int = 0,
) -> ProbeSample:
    chunks = tuple(Chunk(round((first + k * gap) * MS), "word ", k < reasoning) for k in range(tokens))
    return ProbeSample(
        run_id=run_id,
        index=index,
        repetition=repetition,
        warmup=False,
        outcome=Outcome.COMPLETE,
        message=None,
        http_status=200,
        retry_after_s=None,
        asked_tokens=tokens,
        scheduled_ns=0,
        connect_ns=None,
        sent_ns=round(sent * MS),
        headers_ns=round(sent * MS) + 1,
        first_event_ns=chunks[0].at_ns,
        ended_ns=chunks[-1].at_ns,
        chunks=chunks,
        prompt_tokens=7,
        completion_tokens=tokens,
        count_source=CountSource.USAGE,
        finish="length",
    )


def _figures(sample: ProbeSample) -> dict[str, float | None]:
    (row,) = request_figures(samples_frame([sample]).lazy()).collect().to_dicts()
    return row


def _width(found: dict[str, float | int | None]) -> float:
    return float(found["p50_high"] or 0) - float(found["p50_low"] or 0)


def _run() -> ProbeRun:
    return ProbeRun(
        run_id="run",
        target=ProbeTarget("t", "fake"),
        model="m",
        workload="chat-short",
        load=Load.CLOSED,
        users=1,
        rate=None,
        started_at="2026-11-20T12:00:00+00:00",
        finished_at="2026-11-20T12:00:01+00:00",
        outcome=Outcome.COMPLETE,
        message=None,
        count_source="usage",
        quirks=Quirks(),
        rtt_ns=(100_000, 200_000, 300_000),
        engine=None,
        machine=MACHINE,
        repetitions=1,
        cost=0.0,
    )
