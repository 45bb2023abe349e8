"""Measures the latency of models and loads what came; compares targets that were measured."""

from __future__ import annotations

import hashlib
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from crawlers.archive import FOLDER
from crawlers.landing import Landing
from essor.jobs.ask import opened
from essor.jobs.crawl import planned_run
from essor.jobs.recover import recover_and_refresh
from essor.jobs.refresh import Refreshed
from essor.model.errors import SettingsError
from essor.model.probes import Load, ProbeRun, ProbeSample, ProbeTarget
from essor.model.stores import Market
from essor.settings import Settings
from inference_probe.backend import backend_names
from inference_probe.landing import RawLine, run_line, sample_line
from inference_probe.lines import Word, line_of
from inference_probe.plan import Plan
from inference_probe.run import interrupted, run_probe, run_sweep
from inference_probe.targets import known_targets
from inference_probe.workloads import workload
from pipeline.clean.probes import COMPARED, as_samples
from pipeline.metrics import latency
from warehouse.reads import latency as reads

Progress = Callable[[int, int], None]
FIGURES = ("ttft_ms", "tpot_ms", "icl_ms", "e2e_ms")
"""The figures that every answer in JSON has, null where nothing was measured."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asks to be measured; None leaves it to the settings."""

    targets: Sequence[str] = ()
    """Names of targets."""
    model: str | None = None
    """Another model than the target's own."""
    base_url: str | None = None
    """Another address than the target's own; its key is then not sent unless `key_variable` says so."""
    backend: str | None = None
    """Another backend than the target's own."""
    key_variable: str | None = None
    """The environment variable with the key."""
    weights: str | None = None
    """The weights of the local engine."""
    workload: str | None = None
    """What is asked."""
    requests: int | None = None
    """Requests to each target."""
    concurrency: int | None = None
    """Users at once."""
    rate: float | None = None
    """Arrivals a second: an open loop."""
    sweep: bool = False
    """Whether to double the users up to the knee."""
    repetitions: int | None = None
    """Interleaved parts."""
    warmup: int | None = None
    """Requests before."""
    timeout: float | None = None
    """Longest wait for one answer, seconds."""
    seconds: float | None = None
    """Longest time for everything, seconds."""
    max_cost: float | None = None
    """Most that it may cost."""
    seed: int = 0
    """Changes every prompt and every arrival."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What a measurement brought."""

    run_id: str
    """The run that landed it."""
    runs: list[dict[str, Any]]
    """Each target's run as `latency.run_json` gives it, with every figure of `FIGURES`."""
    comparisons: list[dict[str, Any]]
    """Targets measured side by side: first, second, what `latency.compare` gives, and the sentence as `text`."""
    loads: list[Refreshed]
    """The loads that took it in."""

    def __str__(self) -> str:
        ends: dict[str, int] = {}
        for run in self.runs:
            ends[run["outcome"]] = ends.get(run["outcome"], 0) + 1
        return f"Probe {self.run_id}: {', '.join(f'{number} {end}' for end, number in ends.items()) or 'nothing'}."


def measure(settings: Settings, order: Order, progress: Progress, *, kind: str = "probe") -> Probed:
    """Measure the targets, keep every sample as it comes, and load it.

    A target that cannot be reached is a result. Raises SettingsError for an order that cannot be understood.
    """
    targets, plan = targets_of(settings, order), plan_of(settings, order)
    if order.sweep and len(targets) > 1:
        raise SettingsError("A sweep takes one target: give --target once.")
    recover_and_refresh(settings)
    run_id, begun = planned_run("probes" if kind == "crawl probes" else "probe"), datetime.now(UTC)
    told = _told(progress, len(targets))
    asked = len(targets)
    with (
        Landing.begin(
            settings.data_dir, run_id, kind, begun, asked=asked, note=plan.workload.name, market=Market.REAL
        ) as landing,
        Kept(settings.data_dir, landing) as kept,
        _stopped_politely(),
    ):
        result = "failed"
        try:
            if order.sweep:
                run_sweep(targets[0], plan, kept.keep, told)
            else:
                run_probe(targets, plan, kept.keep, told)
            result = "complete"
        except KeyboardInterrupt:
            result = "stopped"
            raise
        finally:
            kept.settle()
            landing.finish(result, datetime.now(UTC))
    loads = recover_and_refresh(settings)
    runs = [_shown(run, kept.samples) for run in kept.runs]
    return Probed(run_id, runs, [] if order.sweep else _comparisons(kept.runs, kept.samples), loads)


def targets_of(settings: Settings, order: Order) -> list[ProbeTarget]:
    """The targets that an order means. Raises SettingsError with what is known."""
    names = list(order.targets) or list(settings.probe.targets)
    if not names:
        raise SettingsError(f"Name a target: --target NAME, or targets under [probe]. {_known(settings)}")
    if len(names) > 1 and (order.base_url or order.model or order.backend):
        raise SettingsError("--base-url, --model and --backend go with one --target.")
    if len(set(names)) < len(names):
        raise SettingsError(f"A target is named twice among {', '.join(names)}.")
    return [_target(settings, name, order) for name in names]


def plan_of(settings: Settings, order: Order) -> Plan:
    """How to measure: what the order says, else the settings."""
    said = settings.probe.model_dump() | {name: value for name, value in asdict(order).items() if value is not None}
    if order.sweep and not (order.rate is None and order.concurrency is None):
        raise SettingsError("A sweep chooses its users: leave out --rate and --concurrency.")
    if order.rate is not None and order.concurrency is not None:
        raise SettingsError("--rate sends whether or not there is an answer: it has no --concurrency.")
    users = said["concurrency"] if order.rate is None and not order.sweep else 1
    return Plan(
        workload=workload(said["workload"]),
        load=Load.CLOSED if order.rate is None else Load.OPEN,
        users=users,
        rate=order.rate,
        requests=order.requests or max(said["requests"], users),
        repetitions=said["repetitions"],
        warmup=said["warmup"],
        timeout_s=said["timeout"],
        seconds=said["seconds"],
        max_cost=said["max_cost"],
        seed=order.seed,
    )


def unpriced(settings: Settings, order: Order) -> list[str]:
    """The targets that ask for a key and have no prices: a limit of cost cannot hold for them."""
    targets = targets_of(settings, order)
    return [one.name for one in targets if one.key_variable and not (one.price_in or one.price_out)]


def compare(settings: Settings, first: str, second: str, figure: str = "e2e_ms") -> dict[str, Any]:
    """Two targets (or probes, by their reading ids) compared on the same requests of their newest common measurement.

    Raises SettingsError when there is none.
    """
    if figure not in latency.FIGURES:
        raise SettingsError(f"No figure {figure!r}. Known: {', '.join(latency.FIGURES)}.")
    with opened(settings) as cursor:
        pair = reads.newest_pair(cursor, first, second)
        if pair.is_empty():
            raise SettingsError(
                f"{first} and {second} have no measurement of one workload and load in common."
                f" Run: essor probe run --target {first} --target {second}"
            )
        one, other = (as_samples(reads.samples(cursor, pair[name][0])) for name in ("probe", "other"))
    found = latency.compare(one, other, figure)
    facts = pair.to_dicts()[0]
    text = latency.comparison_text(facts["first"], facts["second"], found)
    return {**facts, **found, "text": text if facts["side_by_side"] else f"{text} (not measured side by side)"}


class Kept:
    """Where a measurement's words go: each to the archive as it comes, and a run with its samples to the landing.

    Samples land when their run ends, or when `settle` says that it will not.
    """

    def __init__(self, data_dir: Path, landing: Landing) -> None:
        self.runs: list[ProbeRun] = []
        """The runs that landed."""
        self.samples: list[ProbeSample] = []
        """Every sample."""
        self._landing = landing
        self._place = f"{FOLDER}/{landing.run_id}.jsonl"
        self._open: dict[str, tuple[ProbeRun, RawLine]] = {}
        self._raw: dict[str, list[tuple[ProbeSample, RawLine]]] = {}
        (data_dir / FOLDER).mkdir(parents=True, exist_ok=True)
        self._file = (data_dir / self._place).open("xb", buffering=0)

    def keep(self, word: ProbeSample | ProbeRun) -> None:
        """Write a word down."""
        raw = self._written(word)
        if isinstance(word, ProbeSample):
            self.samples.append(word)
            self._raw.setdefault(word.run_id, []).append((word, raw))
        elif word.finished_at is None:
            self._open[word.run_id] = (word, raw)
        else:
            self._open.pop(word.run_id, None)
            self._land(word, raw)

    def settle(self) -> None:
        """Land the runs that have not ended, as interrupted, with the samples that came."""
        for run, raw in self._open.values():
            samples = [sample for sample, _ in self._raw.get(run.run_id, [])]
            self._land(interrupted(run, samples), raw)
        self._open.clear()

    def _land(self, run: ProbeRun, raw: RawLine) -> None:
        self.runs.append(run)
        for sample, at in self._raw.pop(run.run_id, []):
            self._landing.add_probe(sample_line(sample, run, at))
        self._landing.add_probe(run_line(run, raw))

    def _written(self, word: Word) -> RawLine:
        line, offset = f"{line_of(word)}\n".encode(), self._file.tell()
        self._file.write(line)
        return RawLine(self._place, offset, hashlib.sha256(line).hexdigest(), self._landing.run_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()


def _target(settings: Settings, name: str, order: Order) -> ProbeTarget:
    own = settings.targets.get(name)
    known = ProbeTarget(name, **own.model_dump()) if own else known_targets().get(name)
    if known is None and name in backend_names():
        known = ProbeTarget(name, name)
    if known is None and (order.base_url or order.backend):
        known = ProbeTarget(name, order.backend or "openai_http")
    if known is None:
        raise SettingsError(f"No target {name!r}: give its --base-url, or write [targets.{name}]. {_known(settings)}")
    if order.base_url and order.base_url != known.base_url:
        known = replace(known, base_url=order.base_url, key_variable=None)
    said = {key: getattr(order, key) for key in ("model", "backend", "key_variable", "weights")}
    target = replace(known, **{key: value for key, value in said.items() if value is not None})
    if target.backend not in backend_names():
        raise SettingsError(f"No backend {target.backend!r} ({name}). Known: {', '.join(backend_names())}.")
    return target


def _known(settings: Settings) -> str:
    return f"Known: {', '.join({**settings.targets, **known_targets()})}."


def _told(progress: Progress, targets: int) -> Callable[[str, int, int], None]:
    """Progress over all targets together."""
    done: dict[str, int] = {}

    def told(name: str, number: int, planned: int) -> None:
        done[name] = number
        progress(sum(done.values()), planned * targets)

    return told


def _shown(run: ProbeRun, samples: list[ProbeSample]) -> dict[str, Any]:
    return {**dict.fromkeys(FIGURES), **latency.run_json(run, samples)}


def _comparisons(runs: list[ProbeRun], samples: list[ProbeSample]) -> list[dict[str, Any]]:
    """The first target against each other one, by every figure of `COMPARED`."""
    frames = {
        run.run_id: latency.samples_frame(sample for sample in samples if sample.run_id == run.run_id) for run in runs
    }
    measured = [run for run in runs if frames[run.run_id].height]
    return [
        _compared(measured[0].target.name, other.target.name, found)
        for other in measured[1:]
        for figure in COMPARED
        if (found := latency.compare(frames[measured[0].run_id], frames[other.run_id], figure))["pairs"]
    ]


def _compared(first: str, second: str, found: dict[str, Any]) -> dict[str, Any]:
    return {"first": first, "second": second, **found, "text": latency.comparison_text(first, second, found)}


@contextmanager
def _stopped_politely() -> Iterator[None]:
    """Take SIGTERM as Ctrl-C, so that what was measured is landed; the schedule ends its children with it.

    The first of them cancels a probe where it waits (`asyncio.Runner` does so), and no answer is lost half read.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
