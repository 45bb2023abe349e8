"""The commands that measure latency."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from essor.progress import progress
from essor.terminal import AsJson, DataDir, err, out, print_json, say, settings_of

probe = typer.Typer(help="Measure how fast models answer.", no_args_is_help=True)

Model = Annotated[str | None, typer.Option("--model", help="Its model; without it the server's only one.")]
Seconds = Annotated[float | None, typer.Option("--seconds", help="Longest time for everything.")]


@probe.command("run")
def run(
    *,
    target: Annotated[
        list[str] | None, typer.Option("--target", help="What to measure; give it again for more.")
    ] = None,
    base_url: Annotated[str | None, typer.Option("--base-url", help="Where its server is.")] = None,
    model: Model = None,
    backend: Annotated[str | None, typer.Option("--backend", help="How it is reached: openai_http …")] = None,
    key_variable: Annotated[str | None, typer.Option("--key-variable", help="The variable that holds its key.")] = None,
    weights: Annotated[str | None, typer.Option("--weights", help="random, or a folder, for the local engine.")] = None,
    workload: Annotated[
        str | None, typer.Option("--workload", help="chat-short, chat-long, summarise or code.")
    ] = None,
    requests: Annotated[int | None, typer.Option("--requests", help="Requests to each target.", min=1)] = None,
    concurrency: Annotated[int | None, typer.Option("--concurrency", help="Users at once.", min=1)] = None,
    rate: Annotated[float | None, typer.Option("--rate", help="Arrivals a second, at random: an open loop.")] = None,
    repetitions: Annotated[int | None, typer.Option("--repetitions", help="Interleaved parts.", min=1)] = None,
    warmup: Annotated[int | None, typer.Option("--warmup", help="Requests before, not counted.", min=0)] = None,
    timeout: Annotated[float | None, typer.Option("--timeout", help="Longest wait for an answer, seconds.")] = None,
    seconds: Seconds = None,
    max_cost: Annotated[float | None, typer.Option("--max-cost", help="Most that it may cost.", min=0)] = None,
    seed: Annotated[int, typer.Option("--seed", help="Changes every prompt and arrival.")] = 0,
    data_dir: DataDir = None,
    sweep: Annotated[bool, typer.Option("--sweep", help="1, 2, 4 … users, up to the knee.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure targets side by side. One that has no key or no server is skipped, and says why."""
    from essor.jobs.probe import Order, measure, unpriced

    order = Order(
        targets=target or (), model=model, base_url=base_url, backend=backend, key_variable=key_variable,
        weights=weights, workload=workload, requests=requests, concurrency=concurrency, rate=rate, sweep=sweep,
        repetitions=repetitions, warmup=warmup, timeout=timeout, seconds=seconds, max_cost=max_cost, seed=seed,
    )  # fmt: skip
    settings = settings_of(data_dir)
    for name in unpriced(settings, order):
        err.print(f"{name} has no prices in the settings: what it costs is not limited.", markup=False)
    with progress("measuring", err) as told:
        probed = measure(settings, order, told)
    if as_json:
        print_json(probed.runs[0] if len(probed.runs) == 1 else asdict(probed))
    else:
        _show_runs(probed.runs)
        say("\n".join(f"{row['figure']}: {row['text']}." for row in probed.comparisons) or str(probed))


@probe.command("compare")
def compare(
    first: Annotated[str, typer.Argument(help="A target, or a probe's reading id.")],
    second: Annotated[str, typer.Argument(help="The one to compare it with.")],
    figure: Annotated[str, typer.Option("--figure", help="ttft_ms, tpot_ms, e2e_ms, chars_per_s …")] = "e2e_ms",
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say how many times as fast one target is as another, from the same requests of their newest measurement."""
    from essor.jobs.probe import compare as job

    found = job(settings_of(data_dir), first, second, figure)
    if as_json:
        print_json(found)
    else:
        say(f"{found['text']} ({found['figure']}, {found['workload']}, {found['pairs']} pairs).")


@probe.command("floor")
def floor(
    model: Annotated[list[str] | None, typer.Option("--model", help="An open model's slug; without it all.")] = None,
    gpu: Annotated[str, typer.Option("--gpu", help="A device: h200, h100, a100 …")] = "h200",
    batch: Annotated[int, typer.Option("--batch", help="Sequences at once.", min=1)] = 1,
    context: Annotated[list[int] | None, typer.Option("--context", help="Tokens of the prompt.", min=1)] = None,
    *,
    cache: Annotated[bool, typer.Option("--cache", help="Count the reading of a filled KV cache too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Predict the least times that a device allows, from the model's config and the datasheet. Measures nothing."""
    from essor.jobs.floors import predicted

    floors = predicted(model or (), gpu, [(batch, tokens) for tokens in context or (512, 2048, 8192)], cache=cache)
    if as_json:
        print_json([asdict(one) for one in floors])
        return
    shown = Table("model", "batch", "context", "decode ms", "at copy rate", "prefill ms", title="predicted, bf16")
    for one in floors:
        times = (one.decode_ms_datasheet, one.decode_ms_copy, one.prefill_ms)
        shown.add_row(one.model, str(one.batch), str(one.context), *(f"{time:.2f}" for time in times))
    out.print(shown)


@probe.command("load")
def load(
    files: Annotated[list[Path], typer.Argument(help="JSON lines.", exists=True, dir_okay=False, readable=True)],
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Take in JSON lines of the GPU script (python3 -m inference_probe.local --out FILE) or of another machine."""
    from essor.jobs.probe_load import load as job

    done = job(settings_of(data_dir), files)
    if as_json:
        print_json([asdict(one) for one in done])
    else:
        say("\n".join(map(str, done)))


def _show_runs(runs: Iterable[dict[str, Any]]) -> None:
    figures = {"TTFT ms": "ttft_ms", "scheduled": "ttft_sched_ms", "TPOT ms": "tpot_ms", "ICL ms": "icl_ms",
               "E2E ms": "e2e_ms"}  # fmt: skip
    shown = Table("target\nload", *figures, "tok/s", "done", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    said: list[str] = []
    for one in runs:
        medians = (_median(one.get(name)) for name in figures.values())
        answered = f"{one['requests'].get('complete', 0)} of {sum(one['requests'].values())}"
        rate = one.get("system_tokens_per_s")
        named = f"{one['target']['name']}\n{_load(one)}"
        shown.add_row(named, *medians, f"{rate:.1f}" if rate else "-", answered)
        said += list(_said(one))
    out.print(shown)
    say("\n".join(dict.fromkeys(said)))  # a sweep says the same of each load


def _load(run: dict[str, Any]) -> str:
    if run["users"]:
        return f"{run['users']} user{'s' if run['users'] > 1 else ''}"
    return f"{run['rate']:g} a second"


def _said(run: dict[str, Any]) -> Iterator[str]:
    """What a reader must know of a run beside its figures."""
    name = run["target"]["name"]
    if run["message"]:
        yield f"{name}: {run['outcome']}. {run['message']}"
    if run["count_source"]:
        yield f"{name}: {run['model']}, tokens counted by {run['count_source']}; medians with their 95% intervals."


def _median(figure: dict[str, Any] | None) -> str:
    """A median with its interval; a dash where nothing was measured."""
    if not figure or figure["p50"] is None:
        return "-"
    return f"{figure['p50']:.4g}\n{figure['p50_low']:.3g}–{figure['p50_high']:.3g}"
