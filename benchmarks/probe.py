"""The error of the latency measurement itself: a scripted server of known truth, asked by 1 to 256 streams at once.

``python -m benchmarks.probe`` prints, for our wire and for httpx in the same run, the median error of TTFT, TPOT and
E2E against what the script sets, and how long after the server's own sending stamp a chunk was stamped here.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles
from urllib.request import urlopen

from benchmarks.figure import Figure
from essor.model.probes import ProbeRequest, ProbeSample
from inference_probe.backends.openai_http import MANNERS, body_of, parse
from inference_probe.client_wire import ClientWire
from inference_probe.script import Script
from inference_probe.transcript import sample_of
from inference_probe.wire import Wire

STREAMS = (1, 16, 64, 256)
SCRIPT = Script(ttft=200, gap=20, tokens=50)
LENGTH_S = (SCRIPT.ttft + SCRIPT.gap * (SCRIPT.tokens - 1)) / 1e3
CLOCK = time.perf_counter_ns


@dataclass(frozen=True)
class Errors:
    """How far one client was from the truth, ms."""

    client: str
    streams: int
    ttft: float
    tpot: float
    e2e: float
    lag: float
    lag_p99: float


def figures() -> list[Figure]:
    """The errors of our wire; the target is a millisecond at 64 streams."""
    return [_figure(row) for row in errors(STREAMS, ("wire",))]


def errors(streams: tuple[int, ...], clients: tuple[str, ...]) -> list[Errors]:
    """Every client at every number of streams, against one server."""
    with _server() as address:
        return [measure(address, client, count) for count in streams for client in clients]


def measure(address: str, client: str, streams: int) -> Errors:
    """Some rounds of `streams` requests at once; the streams start one by one over the length of an answer."""
    samples = asyncio.run(_load(address, client, streams, rounds=max(3, 16 // streams)))
    times = [_times(sample) for sample in samples]
    lags = _lags(samples, _truth(address))
    return Errors(
        client,
        streams,
        median(abs(ttft - SCRIPT.ttft) for ttft, _, _ in times),
        median(abs(tpot - SCRIPT.gap) for _, tpot, _ in times),
        median(abs(e2e - SCRIPT.ttft - SCRIPT.gap * (SCRIPT.tokens - 1)) for _, _, e2e in times),
        median(lags),
        quantiles(lags, n=100)[98],
    )


def table(rows: list[Errors]) -> str:
    """The errors as a table."""
    head = f"{'client':<8}{'streams':>8}{'TTFT':>9}{'TPOT':>9}{'E2E':>9}{'lag':>9}{'lag p99':>9}   (ms, medians)"
    lines = [
        f"{r.client:<8}{r.streams:>8}{r.ttft:>9.3f}{r.tpot:>9.4f}{r.e2e:>9.3f}{r.lag:>9.3f}{r.lag_p99:>9.3f}"
        for r in rows
    ]
    return "\n".join([head, *lines])


def main(arguments: list[str]) -> int:
    """Print the table; 1 when the wire's median error at 64 streams is above a millisecond."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", default=",".join(map(str, STREAMS)))
    parser.add_argument("--clients", default="wire,httpx")
    given = parser.parse_args(arguments)
    rows = errors(tuple(map(int, given.streams.split(","))), tuple(given.clients.split(",")))
    print(table(rows))
    return int(any(_figure(row).missed for row in rows if row.client == "wire"))


def _figure(row: Errors) -> Figure:
    worst = max(row.ttft, row.tpot, row.e2e)
    what = f"ms median error at {row.streams} streams (TTFT {row.ttft:.3f}, TPOT {row.tpot:.4f}, E2E {row.e2e:.3f})"
    return Figure(what, worst, at_most=1.0 if row.streams <= 64 else None)


@contextmanager
def _server() -> Iterator[str]:
    command = [sys.executable, "-m", "inference_probe.replica"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split()[0]
        server.terminate()


async def _load(address: str, client: str, streams: int, rounds: int) -> list[ProbeSample]:
    wire = Wire(CLOCK) if client == "wire" else ClientWire(CLOCK)
    body = {index: _request(client, streams, index) for index in range(streams * rounds)}

    async def user(number: int) -> list[ProbeSample]:
        await asyncio.sleep(number / streams * LENGTH_S)
        kept = []
        for turn in range(rounds):
            request = body[number + turn * streams]
            data = json.dumps(body_of(SCRIPT.model, MANNERS[2], request)).encode()
            kept.append((request, await wire.post(f"{address}/v1/chat/completions", {}, data, 60)))
        return kept

    gc.collect()
    gc.disable()
    kept = [pair for pairs in await asyncio.gather(*(user(n) for n in range(streams))) for pair in pairs]
    gc.enable()
    wire.close()
    return [sample_of("", request, 0, exchange, parse(exchange)) for request, exchange in kept]


def _request(client: str, streams: int, index: int) -> ProbeRequest:
    return ProbeRequest(index, f"{client}-{streams}-{index}", 7, SCRIPT.tokens)


def _times(sample: ProbeSample) -> tuple[float, float, float]:
    first, last, sent = sample.first_token_ns, sample.last_token_ns, sample.sent_ns
    assert first is not None
    assert last is not None
    assert sent is not None
    return (first - sent) / 1e6, (last - first) / 1e6 / (SCRIPT.tokens - 1), (last - sent) / 1e6


def _truth(address: str) -> dict[str, list[int]]:
    with urlopen(f"{address}/truth") as answer:
        rows = json.load(answer)["truth"]
    return {row["prompt"]: [at for at, tokens in row["sends"] if tokens] for row in rows}


def _lags(samples: list[ProbeSample], truth: dict[str, list[int]]) -> list[float]:
    """From the end of the server's sending call to our stamp, chunk by chunk; below 0 when we stamped first."""
    by_index = {int(prompt.rsplit("-", 1)[1]): sends for prompt, sends in _latest(truth, len(samples)).items()}
    lags = []
    for sample in samples:
        written = [chunk.at_ns for chunk in sample.chunks if chunk.text]
        lags += [(ours - theirs) / 1e6 for ours, theirs in zip(written, by_index[sample.index], strict=True)]
    return lags


def _latest(truth: dict[str, list[int]], count: int) -> dict[str, list[int]]:
    return dict(list(truth.items())[-count:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
