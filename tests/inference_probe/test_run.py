"""A load from start to end: every failure recorded, time and cost bounded, targets in turn."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from itertools import pairwise

import pytest

from essor.model.errors import SettingsError
from essor.model.probes import Load, Outcome, ProbeRun, ProbeSample, ProbeTarget
from inference_probe.lines import line_of, word_of
from inference_probe.plan import Budget, Plan, arrivals, past_knee, tokens_per_second
from inference_probe.replica import Replica, scripted_server
from inference_probe.run import run_probe, run_sweep
from inference_probe.script import Script
from inference_probe.workloads import workload

SHORT = workload("chat-short")
QUICK = Script(ttft=2, gap=1, tokens=4)


@pytest.fixture(scope="module", autouse=True)
def _light_collections() -> None:
    """A probe collects garbage before it measures: what other tests have loaded is not gone through each time."""
    gc.freeze()


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[Replica]:
    with scripted_server() as server:
        yield server


def test_a_run_keeps_every_sample_and_ends_with_its_run(server: Replica) -> None:
    """Warm-up and measured samples are kept as they come, and the run after them."""
    words, runs = _probe([_http(server, QUICK)], Plan(SHORT, requests=6, repetitions=3, warmup=2))
    assert [sample.warmup for sample in _samples(words)] == [True] * 2 + [False] * 6
    assert words[-1] == runs[0]
    assert runs[0].outcome is Outcome.COMPLETE
    assert (runs[0].count_source, runs[0].quirks.length_forced_by) == ("usage", "ignore_eos")
    assert len(runs[0].rtt_ns) == 5


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        (Script(fault="hang", at=1, calm=2, ttft=1), Outcome.TIMED_OUT),
        (Script(fault="reset", at=1, calm=2, ttft=1), Outcome.CUT),
        (Script(fault="eof", at=1, calm=2, ttft=1), Outcome.CUT),
        (Script(fault="error", at=1, calm=2, ttft=1), Outcome.SERVER_ERROR),
        (Script(fault="500", calm=2), Outcome.SERVER_ERROR),
        (Script(tokens=0, calm=2), Outcome.EMPTY),
    ],
    ids=lambda value: getattr(value, "fault", str(value)),
)
def test_a_failure_is_a_result_and_the_other_targets_go_on(server: Replica, script: Script, outcome: Outcome) -> None:
    """A target that fails has that outcome, and its neighbour has its figures."""
    patience = 1.0 if outcome is Outcome.TIMED_OUT else 60.0
    plan = Plan(SHORT, requests=4, repetitions=2, warmup=1, timeout_s=patience)
    _, (failed, healthy) = _probe([_http(server, script, "bad"), _http(server, QUICK, "good")], plan)
    assert failed.outcome is outcome
    assert failed.message
    assert healthy.outcome is Outcome.COMPLETE


def test_a_server_that_is_lost_in_mid_run_is_a_result() -> None:
    """A server that goes away ends its target as lost, after three failures."""

    def gone(name: str, done: int, planned: int) -> None:
        if done == 3:
            server.stop()

    with scripted_server() as server, scripted_server() as other:
        words: list[ProbeSample | ProbeRun] = []
        targets = [_http(server, QUICK, "lost"), _http(other, QUICK, "there")]
        lost, there = run_probe(targets, Plan(SHORT, requests=20, repetitions=1, warmup=0), words.append, gone)
    assert lost.outcome is Outcome.LOST
    assert there.outcome is Outcome.COMPLETE


def test_a_crash_of_a_backend_is_a_result(server: Replica) -> None:
    """A backend that raises ends its own target as crashed."""
    crash = ProbeTarget("crash", "fake", Script(fault="crash").model)
    words, (crashed, fine) = _probe([crash, _http(server, QUICK)], Plan(SHORT, requests=5, repetitions=1))
    assert (crashed.outcome, fine.outcome) == (Outcome.CRASHED, Outcome.COMPLETE)
    assert any(sample.outcome is Outcome.CRASHED for sample in _samples(words))


def test_a_missing_key_and_a_missing_server_are_skipped_with_the_reason(server: Replica) -> None:
    """What cannot be asked is skipped, and says what to do."""
    keyless = ProbeTarget("keyless", "openai_http", "m", server.address, key_variable="ESSOR_TEST_NO_KEY")
    absent = ProbeTarget("absent", "openai_http", "m", "http://127.0.0.1:1/v1")
    words, runs = _probe([keyless, absent], Plan(SHORT, requests=2))
    assert [run.outcome for run in runs] == [Outcome.SKIPPED] * 2
    assert "ESSOR_TEST_NO_KEY" in str(runs[0].message)
    assert "127.0.0.1:1" in str(runs[1].message)
    assert not _samples(words)


def test_a_service_that_asks_for_a_pause_gets_it(server: Replica) -> None:
    """After 429 the run holds back as long as asked, and records the request as rate limited."""
    target = _http(server, Script(fault="429", retry=0.05, calm=2, ttft=1))
    words, (run,) = _probe([target], Plan(SHORT, requests=3, repetitions=1, warmup=1))
    assert run.outcome is Outcome.RATE_LIMITED
    limited = [sample for sample in _samples(words) if sample.outcome is Outcome.RATE_LIMITED]
    assert [sample.retry_after_s for sample in limited] == [0.05] * 3
    sent = [sample.sent_ns or 0 for sample in limited]
    assert min(b - a for a, b in pairwise(sent)) >= 50_000_000


def test_a_pause_longer_than_the_time_left_ends_the_target(server: Replica) -> None:
    """A Retry-After beyond the time limit is not waited for."""
    target = _http(server, Script(fault="429", retry=3600, calm=1))
    _, (run,) = _probe([target], Plan(SHORT, requests=3, repetitions=1, warmup=0, seconds=30))
    assert run.outcome is Outcome.RATE_LIMITED
    assert "3600 s" in str(run.message)


def test_the_cost_stays_below_its_limit(server: Replica) -> None:
    """No request is sent that could pass the limit; the run says that it stopped there."""
    target = _http(server, QUICK, price_out=1e6)  # 1 EUR a token; 64 are asked for, 4 come
    _, (run,) = _probe([target], Plan(SHORT, requests=100, repetitions=1, warmup=0, max_cost=100))
    assert "cost limit" in str(run.message)
    assert 32 <= run.cost <= 100
    assert run.outcome is Outcome.COMPLETE


def test_a_cost_limit_over_two_currencies_is_refused(server: Replica) -> None:
    """One limit cannot bound two currencies."""
    targets = [_http(server, QUICK, "a", price_in=1.0), _http(server, QUICK, "b", price_in=1.0, currency="USD")]
    with pytest.raises(SettingsError, match="EUR, USD"):
        _probe(targets, Plan(SHORT, max_cost=1))


def test_two_targets_of_one_name_are_refused(server: Replica) -> None:
    """A name stands for one target, so that its samples are its own."""
    with pytest.raises(SettingsError, match="one name"):
        _probe([_http(server, QUICK, "a"), _http(server, QUICK, "a")], Plan(SHORT))


def test_the_time_stays_below_its_limit(server: Replica) -> None:
    """After the time limit no request is sent; the run says so."""
    _, (run,) = _probe([_http(server, Script(ttft=50))], Plan(SHORT, requests=100, repetitions=1, seconds=0.6))
    assert "time limit" in str(run.message)


def test_repetitions_are_interleaved_and_another_target_begins_each(server: Replica) -> None:
    """Targets take turns part by part, each part begun by another."""
    order: list[str] = []

    def heard(name: str, done: int, planned: int) -> None:
        if not order or order[-1] != name:
            order.append(name)

    targets = [_http(server, QUICK, "a"), _http(server, QUICK, "b")]
    run_probe(targets, Plan(SHORT, requests=3, repetitions=3, warmup=0), lambda word: None, heard)
    assert order == ["a", "b", "a", "b"]  # a b, b a, a b: neighbours run together


def test_users_at_once_are_as_many_as_asked(server: Replica) -> None:
    """In a closed loop of 4 users four requests are under way together, never five; 12 requests fall into 3 parts."""
    plan = Plan(SHORT, requests=12, repetitions=5, warmup=0, users=4)
    words, (run,) = _probe([_http(server, Script(ttft=200))], plan)
    assert run.repetitions == 3
    spans = [(sample.sent_ns or 0, sample.ended_ns or 0) for sample in _samples(words)]
    together = [sum(a < end and at < b for a, b in spans) for at, end in spans]
    assert max(sum(a <= at < b for a, b in spans) for at, _ in spans) == 4
    assert min(together) > 1


def test_open_arrivals_do_not_wait_for_answers(server: Replica) -> None:
    """In an open loop requests go out on schedule although none is answered yet."""
    plan = Plan(SHORT, load=Load.OPEN, rate=200, requests=20, repetitions=1, warmup=0)
    words, (run,) = _probe([_http(server, Script(ttft=1500, gap=0))], plan)
    samples = sorted(_samples(words), key=lambda sample: sample.scheduled_ns)
    assert run.rate == 200
    assert max(s.sent_ns or 0 for s in samples) < min(s.first_token_ns or 0 for s in samples)
    assert all((sample.sent_ns or 0) >= sample.scheduled_ns for sample in samples)


def test_arrivals_are_the_same_for_every_target_and_at_the_rate() -> None:
    """Arrivals repeat for a repetition, differ between two, and keep the rate on average."""
    plan = Plan(SHORT, load=Load.OPEN, rate=10)
    first = [at for at, _ in zip(arrivals(plan, 0), range(2000), strict=False)]
    assert first == [at for at, _ in zip(arrivals(plan, 0), range(2000), strict=False)]
    assert first[:5] != [at for at, _ in zip(arrivals(plan, 1), range(5), strict=False)]
    assert 2000 / (first[-1] / 1e9) == pytest.approx(10, rel=0.1)


def test_a_sweep_doubles_its_users_and_gives_a_run_a_level(server: Replica) -> None:
    """A sweep gives one run for 1, 2 and 4 users, each with its own id."""
    runs = run_sweep(_http(server, QUICK), Plan(SHORT, requests=4, repetitions=1), lambda word: None, most_users=4)
    assert [run.users for run in runs][:2] == [1, 2]
    assert len({run.run_id for run in runs}) == len(runs)


def test_the_knee_is_where_more_users_gain_nothing() -> None:
    """The knee is passed when the last doubling gained less than a tenth."""
    assert not past_knee([100.0])
    assert not past_knee([100.0, 190.0])
    assert past_knee([100.0, 190.0, 200.0])


def test_the_systems_rate_needs_a_complete_answer() -> None:
    """Without a complete answer no tokens came a second."""
    assert tokens_per_second([]) == 0.0


def test_a_budget_gives_back_what_was_not_spent() -> None:
    """What is reserved and not spent may be reserved again."""
    budget = Budget(10)
    assert budget.reserve(8)
    assert not budget.reserve(8)
    budget.settle(8, 1)
    assert budget.reserve(8)


def test_a_plan_that_cannot_be_measured_is_refused() -> None:
    """An open loop without a rate and a load without users are refused with what to give."""
    with pytest.raises(SettingsError, match="rate"):
        Plan(SHORT, load=Load.OPEN)
    with pytest.raises(SettingsError, match="start at 1"):
        Plan(SHORT, users=0)
    with pytest.raises(SettingsError, match="4 requests cannot keep 16 users busy"):
        Plan(SHORT, requests=4, users=16)
    with pytest.raises(SettingsError, match="above 0"):
        Plan(SHORT, timeout_s=0)


def test_an_unknown_backend_is_refused_with_the_known_ones() -> None:
    """An unknown backend is a mistake of the caller, not a result."""
    with pytest.raises(SettingsError, match="openai_http"):
        _probe([ProbeTarget("x", "telepathy")], Plan(SHORT))


def test_words_come_back_from_their_lines(server: Replica) -> None:
    """Every sample and run is the same after being written as a line and read again."""
    words, _ = _probe([_http(server, Script(reasoning=2))], Plan(SHORT, requests=2, repetitions=1))
    assert [word_of(line_of(word)) for word in words] == words


def test_a_run_can_be_cancelled(server: Replica) -> None:
    """Cancelling a probe ends it at once."""
    from inference_probe.run import probe

    async def cancelled() -> None:
        target = _http(server, Script(ttft=5000))
        plan = Plan(SHORT, warmup=0)
        await asyncio.wait_for(probe([target], plan, lambda word: None), timeout=0.3)

    with pytest.raises(TimeoutError):
        asyncio.run(cancelled())


def _http(server: Replica, script: Script, name: str = "target", **more: object) -> ProbeTarget:
    return ProbeTarget(name, "openai_http", script.model, f"{server.address}/v1", **more)  # type: ignore[arg-type]


def _probe(targets: list[ProbeTarget], plan: Plan) -> tuple[list[ProbeSample | ProbeRun], list[ProbeRun]]:
    words: list[ProbeSample | ProbeRun] = []
    return words, run_probe(targets, plan, words.append)


def _samples(words: list[ProbeSample | ProbeRun]) -> list[ProbeSample]:
    return [word for word in words if isinstance(word, ProbeSample)]
