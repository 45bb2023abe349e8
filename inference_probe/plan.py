"""How to measure: the load, the limits, what a request may cost, and where a sweep ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from essor.model.errors import SettingsError
from essor.model.probes import Load, Outcome, ProbeRequest, ProbeSample, ProbeTarget
from inference_probe.workloads import Workload

CAUTION = 1.5
"""Factor on the prompt's estimated tokens when a cost is reserved."""
GAIN = 1.1
"""The knee: where doubling the users gains less than this factor in tokens a second."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to measure."""

    workload: Workload
    """What is asked."""
    load: Load = Load.CLOSED
    """How requests are spread in time."""
    users: int = 1
    """Users at once, closed loop."""
    rate: float | None = None
    """Arrivals a second, open loop."""
    requests: int = 25
    """Requests to each target, warm-up not counted."""
    repetitions: int = 5
    """Into how many interleaved parts they fall at most, so that drift hits all targets alike."""
    warmup: int = 2
    """Requests before, kept and marked."""
    timeout_s: float = 120.0
    """Longest wait for one answer."""
    seconds: float = 1800.0
    """Longest time for everything."""
    max_cost: float | None = None
    """Most that may be spent on all targets together, in their currency; None for no limit."""
    seed: int = 0
    """Changes every prompt and every arrival."""

    def __post_init__(self) -> None:
        """Refuse what cannot be measured."""
        if self.load is Load.OPEN and not (self.rate and self.rate > 0):
            raise SettingsError("An open loop needs a rate above 0, in requests a second.")
        if min(self.users, self.requests, self.repetitions) < 1:
            raise SettingsError("users, requests and repetitions start at 1.")
        if min(self.timeout_s, self.seconds) <= 0:
            raise SettingsError("The longest wait and the longest time are above 0 seconds.")
        if self.load is Load.CLOSED and self.requests < self.users:
            raise SettingsError(
                f"{self.requests} requests cannot keep {self.users} users busy: give each one at least."
            )

    @property
    def parts(self) -> int:
        """Into how many interleaved parts the requests fall: each has one for every user, else fewer would ask."""
        return min(self.repetitions, self.requests // (self.users if self.load is Load.CLOSED else 1))

    @property
    def shape(self) -> str:
        """The load in a word, as in ``"closed-8"``."""
        return f"open-{self.rate:g}" if self.load is Load.OPEN else f"closed-{self.users}"


@dataclass(slots=True)
class Budget:
    """What may still be spent: an upper bound is reserved before a request, and settled after."""

    limit: float | None
    """The most, or None."""
    spent: float = 0.0
    """Settled and reserved."""

    def allows(self, amount: float) -> bool:
        """Whether `amount` may still be spent."""
        return self.limit is None or self.spent + amount <= self.limit

    def reserve(self, amount: float) -> bool:
        """Take `amount`; False when that would pass the limit."""
        if not self.allows(amount):
            return False
        self.spent += amount
        return True

    def settle(self, reserved: float, real: float) -> None:
        """Give back what was reserved beyond the real cost."""
        self.spent += real - reserved


def arrivals(plan: Plan, repetition: int) -> Iterator[int]:
    """Moments of arrival at the plan's rate, ns from the start: a Poisson process, the same for every target."""
    random = Random(plan.seed * 7919 + repetition)  # noqa: S311 - arrivals, not secrets
    at = 0.0
    while True:
        at += random.expovariate(plan.rate or 1.0)
        yield round(at * 1e9)


def highest_cost(target: ProbeTarget, request: ProbeRequest) -> float:
    """The most that `request` can cost, in the target's currency."""
    return (CAUTION * request.prompt_tokens * target.price_in + request.output_tokens * target.price_out) / 1e6


def real_cost(target: ProbeTarget, sample: ProbeSample) -> float:
    """What a sample cost by the counted tokens."""
    return ((sample.prompt_tokens or 0) * target.price_in + (sample.completion_tokens or 0) * target.price_out) / 1e6


def past_knee(rates: Sequence[float]) -> bool:
    """Whether the last doubling of users gained less than a tenth in tokens a second."""
    return len(rates) > 1 and rates[-1] < GAIN * max(rates[:-1])


def tokens_per_second(samples: Sequence[ProbeSample]) -> float:
    """Tokens of complete answers by the time from the first request to the last answer; 0 when none is complete."""
    whole = [s for s in samples if s.outcome is Outcome.COMPLETE and not s.warmup and s.sent_ns is not None]
    if not whole:
        return 0.0
    start = min(s.sent_ns for s in whole if s.sent_ns is not None)
    end = max(s.ended_ns for s in whole if s.ended_ns is not None)
    return sum(s.completion_tokens or 0 for s in whole) / max(1e-9, (end - start) / 1e9)
