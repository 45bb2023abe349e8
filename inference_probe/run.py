"""Measure targets under a load: interleaved repetitions, bounded time and cost, every failure a recorded result."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

from essor.model.errors import BackendUnavailable, SettingsError
from essor.model.probes import (
    Load,
    Machine,
    Outcome,
    ProbeRequest,
    ProbeRun,
    ProbeSample,
    ProbeTarget,
    Quirks,
    probe_run_id,
)
from inference_probe.backend import Session, TargetFailed, open_session
from inference_probe.device import this_machine
from inference_probe.plan import Budget, Plan, arrivals, highest_cost, past_knee, real_cost, tokens_per_second
from inference_probe.transcript import merged, sample_of
from inference_probe.wire import Clock, Ending, Exchange
from inference_probe.workloads import request_of

Keep = Callable[[ProbeSample | ProbeRun], None]
"""Where samples go as they come, and each run: as interrupted when it begins, and again, as it was, when it ends."""
Progress = Callable[[str, int, int], None]
"""Told the target's name, requests done and requests planned."""

ENDED_EARLY = "the probe was ended before this run was"
"""What there is to say of a run whose end nobody wrote down."""
PATIENCE_WITH_FAILURES = 3
"""So many failures in a row end a target's part; the other targets go on."""
OVERLOADED = {429, 529}
USUAL_PAUSE_S = 5.0
"""How long to hold back after a 429 that does not say."""


@dataclass(slots=True)
class Reached:
    """A target and how far it was reached."""

    target: ProbeTarget
    """The target."""
    session: Session | None
    """The way to it; None when it was not reached."""
    outcome: Outcome = Outcome.COMPLETE
    """How reaching it ended."""
    message: str | None = None
    """Why, when it was not reached."""
    rtt_ns: tuple[int, ...] = ()
    """Times of opening a TCP connection."""


class _Asked(NamedTuple):
    """A request that was sent, and what came back: an exchange, or why there is none."""

    request: ProbeRequest
    scheduled: int
    answer: Exchange | str


@dataclass(slots=True)
class _Part:
    """One target's part of a load, in the making."""

    reached: Reached
    run_id: str
    asked: list[_Asked] = field(default_factory=list)
    samples: list[ProbeSample] = field(default_factory=list)
    quirks: list[Quirks] = field(default_factory=list)
    failures: int = 0
    cost: float = 0.0
    outcome: Outcome = Outcome.COMPLETE
    message: str | None = None

    @property
    def open(self) -> bool:
        return self.outcome is Outcome.COMPLETE and self.message is None

    def stop(self, outcome: Outcome, message: str) -> None:
        if self.open:
            self.outcome, self.message = outcome, message


@dataclass(frozen=True, slots=True)
class _Course:
    """What all parts of a load share."""

    plan: Plan
    clock: Clock
    deadline_ns: int
    budget: Budget
    started_at: str
    machine: Machine
    keep: Keep
    progress: Progress


def run_probe(
    targets: Sequence[ProbeTarget],
    plan: Plan,
    keep: Keep,
    progress: Progress | None = None,
    machine: Machine | None = None,
) -> list[ProbeRun]:
    """Measure `targets` side by side under one load; samples and runs go to `keep` as they come."""
    return asyncio.run(probe(targets, plan, keep, progress, machine))


def run_sweep(
    target: ProbeTarget, plan: Plan, keep: Keep, progress: Progress | None = None, *, most_users: int = 256
) -> list[ProbeRun]:
    """Measure one target with 1, 2, 4 … users, one run a level, up to the knee: where more users gain nothing."""
    return asyncio.run(sweep(target, plan, keep, progress, most_users=most_users))


async def probe(
    targets: Sequence[ProbeTarget],
    plan: Plan,
    keep: Keep,
    progress: Progress | None = None,
    machine: Machine | None = None,
) -> list[ProbeRun]:
    """As `run_probe`, inside a loop that runs already."""
    course = _new_course(targets, plan, keep, progress, machine)
    async with reached(targets, course.clock, plan.timeout_s) as open_targets:
        return await _run_load(open_targets, course)


async def sweep(
    target: ProbeTarget, plan: Plan, keep: Keep, progress: Progress | None = None, *, most_users: int = 256
) -> list[ProbeRun]:
    """As `run_sweep`, inside a loop that runs already."""
    runs: list[ProbeRun] = []
    rates: list[float] = []
    course = _new_course([target], plan, keep, progress, None)
    async with reached([target], course.clock, plan.timeout_s) as open_targets:
        users = 1
        while users <= most_users and not past_knee(rates):
            level = replace(plan, load=Load.CLOSED, users=users, requests=max(plan.requests, 2 * users))
            kept: list[ProbeSample] = []
            runs += await _run_load(open_targets, replace(course, plan=level, keep=_both(keep, kept)))
            rates.append(tokens_per_second(kept))
            users *= 2
            if runs[-1].outcome is not Outcome.COMPLETE or runs[-1].message:
                break
    return runs


@asynccontextmanager
async def reached(targets: Sequence[ProbeTarget], clock: Clock, patience: float) -> AsyncIterator[list[Reached]]:
    """Every target, as far as it can be reached; all are let go at the end."""
    found = [await _reach(target, clock, patience) for target in targets]
    try:
        yield found
    finally:
        for one in found:
            if one.session is not None:
                await one.session.close()


async def _reach(target: ProbeTarget, clock: Clock, patience: float) -> Reached:
    try:
        session = await open_session(target, clock, patience)
        return Reached(target, session, rtt_ns=await session.rtt())
    except BackendUnavailable as error:
        return Reached(target, None, Outcome.SKIPPED, str(error))
    except TargetFailed as error:
        return Reached(target, None, error.outcome, str(error))
    except SettingsError:
        raise
    except Exception as error:  # noqa: BLE001 - a target's edge: its failure is its result, the others go on
        return Reached(target, None, Outcome.CRASHED, f"{type(error).__name__}: {error}"[:500])


def interrupted(run: ProbeRun, samples: Sequence[ProbeSample]) -> ProbeRun:
    """`run` as it was written down when it began, with what its samples tell of it."""
    cost = sum(real_cost(run.target, sample) for sample in samples)
    return replace(run, count_source=_counted_by(samples), cost=cost)


async def _run_load(open_targets: Sequence[Reached], course: _Course) -> list[ProbeRun]:
    plan = course.plan
    parts = [
        _Part(one, probe_run_id(one.target.name, plan.workload.name, plan.shape, course.started_at))
        for one in open_targets
    ]
    for part in parts:
        if part.reached.session is None:
            part.stop(part.reached.outcome, part.reached.message or "not reached")
    begun = [_begun(part, course) for part in parts]
    for run in begun:
        course.keep(run)
    for part in parts:
        if plan.warmup:
            await _block(part, _requests(plan, 0, plan.warmup, warmup=True), course)
    for repetition in range(plan.parts):
        count = plan.requests // plan.parts + (repetition < plan.requests % plan.parts)
        for part in _in_turn(parts, repetition):
            await _block(part, _requests(plan, repetition, count), course)
    runs = [_run_of(part, course) if run.finished_at is None else run for part, run in zip(parts, begun, strict=True)]
    for run in runs:
        if run not in begun:
            course.keep(run)
    return runs


async def _block(part: _Part, requests: list[ProbeRequest], course: _Course) -> None:
    """Ask `requests` of one target; read and keep the answers once all have come."""
    session = part.reached.session
    while part.open and session is not None and requests:
        requests = await _stretch(part, session, requests, course)


async def _stretch(part: _Part, session: Session, requests: list[ProbeRequest], course: _Course) -> list[ProbeRequest]:
    """Ask as many of `requests` as the budget can reserve for; those left, once the real costs are settled."""
    try:
        with _no_collections():
            if course.plan.load is Load.OPEN and not requests[0].warmup:
                await _open_loop(part, session, requests, course)
            else:
                await _closed_loop(part, session, requests, course)
    finally:  # also when the probe is stopped: what has come is kept
        _take_in_all(part, session, course)
    block = (requests[0].repetition, requests[0].warmup)
    done = {sample.index for sample in part.samples if (sample.repetition, sample.warmup) == block}
    left = [request for request in requests if request.index not in done]
    if left and not course.budget.allows(highest_cost(part.reached.target, left[0])):
        part.stop(
            Outcome.COMPLETE, f"stopped at the cost limit of {course.budget.limit:g} {part.reached.target.currency}"
        )
    return left


async def _closed_loop(part: _Part, session: Session, requests: list[ProbeRequest], course: _Course) -> None:
    waiting = iter(requests)

    async def user() -> None:
        for request in waiting:
            if not _may_go_on(part, request, course):
                return
            await _ask(part, session, request, course.clock(), course)
            if course.plan.users == 1:  # nobody else is waiting whom the reading could disturb
                _take_in_all(part, session, course)

    await asyncio.gather(*(user() for _ in range(min(course.plan.users, len(requests)))))


async def _open_loop(part: _Part, session: Session, requests: list[ProbeRequest], course: _Course) -> None:
    start = course.clock()
    tasks = []
    for request, after in zip(requests, arrivals(course.plan, requests[0].repetition), strict=False):
        at = start + after
        await _sleep_until(at, course.clock)
        if not _may_go_on(part, request, course):
            break
        tasks.append(asyncio.create_task(_ask(part, session, request, at, course)))
    await asyncio.gather(*tasks)


async def _ask(part: _Part, session: Session, request: ProbeRequest, scheduled: int, course: _Course) -> None:
    answer: Exchange | str
    try:
        async with asyncio.timeout(course.plan.timeout_s + 5):  # a backend that does not keep its own time
            answer = await session.ask(request, course.plan.timeout_s)
    except TimeoutError:
        answer = "the backend did not come back in time"
    except Exception as error:  # noqa: BLE001 - a request's edge: its failure is its result
        answer = f"{type(error).__name__}: {error}"[:500]
    part.asked.append(_Asked(request, scheduled, answer))
    course.progress(
        part.reached.target.name, len(part.samples) + len(part.asked), course.plan.requests + course.plan.warmup
    )
    await _mind(part, answer, course)


async def _mind(part: _Part, answer: Exchange | str, course: _Course) -> None:
    """Give up after failures in a row; hold back as long as a service asks for."""
    if isinstance(answer, str) or answer.ending in (Ending.LOST, Ending.TIMED_OUT):
        part.failures += 1
        if part.failures >= PATIENCE_WITH_FAILURES:
            outcome = Outcome.CRASHED if isinstance(answer, str) else Outcome(answer.ending.value)
            why = answer if isinstance(answer, str) else answer.message
            part.stop(outcome, f"given up after {part.failures} failures in a row: {why}")
        return
    part.failures = 0
    if answer.status in OVERLOADED:
        pause = _pause(answer)
        if course.clock() + pause * 1e9 > course.deadline_ns:
            part.stop(Outcome.RATE_LIMITED, f"the service asked for a pause of {pause:g} s, longer than the time left")
            return
        await asyncio.sleep(pause)


def _pause(answer: Exchange) -> float:
    try:
        return max(0.0, float(answer.headers.get("retry-after", USUAL_PAUSE_S)))
    except ValueError:
        return USUAL_PAUSE_S


def _may_go_on(part: _Part, request: ProbeRequest, course: _Course) -> bool:
    if not part.open:
        return False
    if course.clock() > course.deadline_ns:
        part.stop(Outcome.COMPLETE, f"stopped at the time limit of {course.plan.seconds:g} s")
        return False
    return course.budget.reserve(highest_cost(part.reached.target, request))


def _take_in_all(part: _Part, session: Session, course: _Course) -> None:
    while part.asked:
        _take_in(part, session, part.asked.pop(0), course)


def _take_in(part: _Part, session: Session, one: _Asked, course: _Course) -> None:
    request, scheduled, answer = one
    if isinstance(answer, str):
        sample = _crashed(part.run_id, request, scheduled, answer, course.clock())
    else:
        said = session.read(answer)
        part.quirks.append(said.quirks)
        sample = sample_of(part.run_id, request, scheduled, answer, said)
    cost = real_cost(part.reached.target, sample)
    course.budget.settle(highest_cost(part.reached.target, request), cost)
    part.cost += cost
    part.samples.append(sample)
    course.keep(sample)


def _crashed(run_id: str, request: ProbeRequest, scheduled: int, why: str, now: int) -> ProbeSample:
    outcome = Outcome.TIMED_OUT if "in time" in why else Outcome.CRASHED
    return ProbeSample(
        run_id=run_id,
        index=request.index,
        repetition=request.repetition,
        warmup=request.warmup,
        outcome=outcome,
        message=why,
        http_status=None,
        retry_after_s=None,
        asked_tokens=request.output_tokens,
        scheduled_ns=scheduled,
        connect_ns=None,
        sent_ns=None,
        headers_ns=None,
        first_event_ns=None,
        ended_ns=now,
        chunks=(),
        prompt_tokens=None,
        completion_tokens=None,
        count_source=None,
        finish=None,
    )


def _run_of(part: _Part, course: _Course) -> ProbeRun:
    plan, session = course.plan, part.reached.session
    outcome, message = _ending(part)
    opened = [session.quirks] if session else []
    return ProbeRun(
        run_id=part.run_id,
        target=part.reached.target,
        model=session.model if session else None,
        workload=plan.workload.name,
        load=plan.load,
        users=plan.users if plan.load is Load.CLOSED else None,
        rate=plan.rate if plan.load is Load.OPEN else None,
        started_at=course.started_at,
        finished_at=_now(),
        outcome=outcome,
        message=message,
        count_source=_counted_by(part.samples),
        quirks=merged([*opened, *part.quirks]),
        rtt_ns=part.reached.rtt_ns,
        engine=session.engine if session else None,
        machine=course.machine,
        repetitions=plan.parts,
        cost=part.cost,
    )


def _begun(part: _Part, course: _Course) -> ProbeRun:
    """A run as it is written down at its beginning: interrupted until it ends, over already if it was not reached."""
    run = _run_of(part, course)
    return replace(run, outcome=Outcome.INTERRUPTED, message=ENDED_EARLY, finished_at=None) if part.open else run


def _counted_by(samples: Sequence[ProbeSample]) -> str | None:
    sources = {str(sample.count_source) for sample in samples if sample.outcome is Outcome.COMPLETE}
    return None if not sources else sources.pop() if len(sources) == 1 else "mixed"


def _ending(part: _Part) -> tuple[Outcome, str | None]:
    """A run is complete when it has a figure to give; one without says what its requests died of."""
    measured = [sample for sample in part.samples if not sample.warmup]
    if part.outcome is not Outcome.COMPLETE:
        return part.outcome, part.message
    if any(sample.outcome is Outcome.COMPLETE for sample in measured):
        return Outcome.COMPLETE, part.message
    if part.samples:
        last = part.samples[-1]
        return (last.outcome, last.message) if last.outcome is not Outcome.COMPLETE else (Outcome.SKIPPED, part.message)
    return Outcome.SKIPPED, part.message or "nothing was asked"


def _new_course(
    targets: Sequence[ProbeTarget], plan: Plan, keep: Keep, progress: Progress | None, machine: Machine | None
) -> _Course:
    currencies = {target.currency for target in targets if target.price_in or target.price_out}
    if plan.max_cost is not None and len(currencies) > 1:
        raise SettingsError(f"One cost limit needs one currency; the targets have {', '.join(sorted(currencies))}.")
    names = [target.name for target in targets]
    if len(set(names)) < len(names):
        raise SettingsError(f"Two targets have one name among {', '.join(names)}: give each its own.")
    zero = time.perf_counter_ns()
    return _Course(
        plan=plan,
        clock=lambda: time.perf_counter_ns() - zero,
        deadline_ns=round(plan.seconds * 1e9),
        budget=Budget(plan.max_cost),
        started_at=_now(),
        machine=machine or this_machine("httpx"),
        keep=keep,
        progress=progress or (lambda name, done, planned: None),
    )


def _requests(plan: Plan, repetition: int, count: int, *, warmup: bool = False) -> list[ProbeRequest]:
    indices = range(max(0, count))
    return [request_of(plan.workload, i, repetition=repetition, warmup=warmup, seed=plan.seed) for i in indices]


def _in_turn(parts: list[_Part], repetition: int) -> list[_Part]:
    """Another target first each time, so that none always follows the same one."""
    first = repetition % len(parts) if parts else 0
    return parts[first:] + parts[:first]


def _both(keep: Keep, kept: list[ProbeSample]) -> Keep:
    def both(word: ProbeSample | ProbeRun) -> None:
        keep(word)
        if isinstance(word, ProbeSample):
            kept.append(word)

    return both


async def _sleep_until(at_ns: int, clock: Clock) -> None:
    """Sleep, and stay awake for the last two milliseconds: a loop's timer wakes up to one late."""
    left = at_ns - clock()
    if left > 2_000_000:  # noqa: PLR2004 - two milliseconds
        await asyncio.sleep((left - 2_000_000) / 1e9)
    while clock() < at_ns:
        await asyncio.sleep(0)


@contextmanager
def _no_collections() -> Iterator[None]:
    """No garbage collection while times are taken: a full one stops everything for milliseconds."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
