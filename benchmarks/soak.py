"""A simulated day of the whole sweep, compressed in time, with faults of every kind: what became of each reading.

``python -m benchmarks.soak`` runs the service against the replica for 24 scheduled sweeps of 175 storefronts, three
charts and two devices; with ``--kill`` it is killed at random moments and started again. The figures go to
docs/soak.md. A small day of the same kind is a test (tests/soak).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from urllib.request import Request, urlopen

import polars as pl

from crawlers.answers import followed
from crawlers.archive import FOLDER, read_archive
from crawlers.fakes.apple import SPOILS
from crawlers.faults import TRANSPORT
from crawlers.sources import recognise
from essor.jobs.ask import opened
from essor.model.charts import Collection
from essor.model.stores import STOREFRONTS
from essor.settings import Settings, read_settings
from warehouse.reads.coverage import OUTCOMES, by_kind, by_run

FAULTS = (*TRANSPORT, *sorted(SPOILS))
SHARE = 0.10
"""Share of all answers that go wrong, the kinds alike."""


@dataclass(frozen=True)
class Day:
    """A day to live through."""

    countries: Sequence[str]
    """Storefronts; each has three charts on two devices."""
    sweeps: int
    """How many scheduled sweeps the day has."""
    every: int
    """Seconds from one to the next: an hour of the day."""
    kill: bool = False
    """Whether the service is killed at random moments."""
    seed: int = 1
    """Of the market and of the kills."""

    @property
    def charts(self) -> int:
        """Charts of one sweep."""
        return len(self.countries) * len(Collection) * 2


@dataclass
class Lived:
    """What a day came to."""

    seconds: float = 0.0
    """How long it took."""
    kills: int = 0
    """How often the service was killed."""
    runs: dict[str, int] = field(default_factory=dict)
    """Runs by result."""
    sums: dict[str, int] = field(default_factory=dict)
    """Readings expected, and what became of them."""
    readings: int = 0
    """Looks in the warehouse, every attempt counted."""
    entries: int = 0
    """Chart entries."""
    archived: int = 0
    """Answers in the archive that give a reading."""
    service_mib: tuple[float, float] = (0.0, 0.0)
    """Memory of the service in the second and the last quarter, MiB."""
    crawl_mib: tuple[float, float] = (0.0, 0.0)
    """Most memory of a crawl in the second and the last quarter, MiB."""
    wrong: list[str] = field(default_factory=list)
    """What does not hold; nothing, if all is well."""


def live(day: Day, folder: Path) -> Lived:
    """Lives through a day in an empty folder, and looks over what it left."""
    with replica(day) as port:
        _set_faults(port)
        configure(day, folder, port)
        settings = read_settings(data_dir=folder / "data", charts=_groups(day))
        lived, memory, began = Lived(), _Memory(), time.monotonic()
        _run_service(day, folder, settings, lived, memory)
        lived.seconds = time.monotonic() - began
    lived.service_mib, lived.crawl_mib = memory.quarters()
    _look_over(day, settings, lived)
    return lived


@contextmanager
def replica(day: Day) -> Iterator[int]:
    """The port of a simulated market in a process of its own, in which an hour goes by from sweep to sweep."""
    market = ["--simulate", str(day.seed), "--speed", str(3600 / day.every)]
    command = [sys.executable, "-u", "-m", "essor", "replica", *market, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = next(line for line in process.stdout if "127.0.0.1" in line)
        try:
            yield int(said.rsplit(":", 1)[1].strip().strip('"'))
        finally:
            process.terminate()


def _set_faults(port: int) -> None:
    """Each kind strikes alike, so that together they strike `SHARE` of all requests."""
    rate = 1 - (1 - SHARE) ** (1 / len(FAULTS))
    seconds = {"slow": 2.0, "429": 0.05}
    faults = [{"fault": name, "rate": rate, "seconds": seconds.get(name, 1.0)} for name in FAULTS]
    urlopen(Request(f"http://127.0.0.1:{port}/_replica/faults", json.dumps(faults).encode())).close()


def _groups(day: Day) -> list[dict[str, object]]:
    kinds = [kind.value for kind in Collection]
    return [{"countries": list(day.countries), "collections": kinds, "device": device} for device in ("iphone", "ipad")]


def configure(day: Day, folder: Path, port: int) -> None:
    """Writes `essor.toml`: the day's charts, asked of the replica as fast as it goes."""
    groups = "\n".join(
        "[[charts]]\n" + "\n".join(f"{name} = {json.dumps(value)}" for name, value in group.items())
        for group in _groups(day)
    )
    (folder / "essor.toml").write_text(
        f"""
contact = "soak@example.org"
simulated = "http://127.0.0.1:{port}"
{groups}
[pace]
seconds_between_requests = 0
jitter = 0
requests_at_once = 8
timeout = 1
attempts = 3
first_backoff = 0.02
longest_backoff = 1
requests_a_day = 0
[sources.apple_legacy_rss]
enabled = true
obey_robots = false
reason = "our own replica"
[sources.apple_rss]
enabled = false
[schedule.charts]
every = "{day.every}s"
[schedule.listings]
enabled = false
[schedule.signals]
enabled = false
""",
        "utf-8",
    )


def _run_service(day: Day, folder: Path, settings: Settings, lived: Lived, memory: _Memory) -> None:
    chance, service = random.Random(day.seed), _Service(folder)
    kill_at = _next_kill(day, chance)
    while (left := _left(day, settings)) != "nothing":
        memory.watch(service, until=min(time.monotonic() + 2, max(kill_at, time.monotonic() + 0.5)))
        if left == "sweeps" and time.monotonic() >= kill_at:
            service.kill(crawl_too=chance.random() < 0.5)
            lived.kills += 1
            time.sleep(chance.uniform(0, 1.2) * day.every)
            service, kill_at = _Service(folder), _next_kill(day, chance)
    service.stop()
    essor = [sys.executable, "-m", "essor", "refresh", "--data-dir", str(settings.data_dir)]
    subprocess.run(essor, check=True, env=service.environment, stdout=subprocess.DEVNULL)


def _next_kill(day: Day, chance: random.Random) -> float:
    return time.monotonic() + chance.uniform(0.4, 1.6) * day.every if day.kill else math.inf


class _Service:
    """`essor up` without its dashboard, in a session of its own."""

    def __init__(self, folder: Path) -> None:
        self.environment = os.environ | {"ESSOR_CONFIG": str(folder / "essor.toml")}
        command = [sys.executable, "-m", "essor", "up", "--no-dashboard", "--data-dir", str(folder / "data")]
        self._log = folder / "service.log"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.pid = self._process.pid

    def check(self) -> None:
        """Ends the soak when the service has ended by itself."""
        if self._process.poll() is not None:
            raise SystemExit(f"the service ended with {self._process.returncode}: {self._log.read_text()[-2000:]}")

    def kill(self, *, crawl_too: bool) -> None:
        """SIGKILL, to the service alone or to its crawl as well, as when the power goes."""
        if crawl_too:
            os.killpg(self.pid, signal.SIGKILL)
        else:
            self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """SIGTERM, and it must end by itself."""
        self._process.terminate()
        self._process.wait(120)


def _left(day: Day, settings: Settings) -> str:
    """What is left to do: the sweeps, made or missed; then one that brings something, when none has; or nothing."""
    with opened(settings) as cursor:
        runs = cursor.frame("SELECT usable FROM runs WHERE kind = 'crawl charts'")
    if runs.height < day.sweeps:
        return "sweeps"
    return "nothing" if runs["usable"].sum() else "one to bring something"


class _Memory:
    """The memory of the service and of its crawls, over time."""

    def __init__(self) -> None:
        self._service: list[float] = []
        self._crawls: dict[int, float] = {}

    def watch(self, service: _Service, until: float) -> None:
        """Looks again and again until a time of the monotonic clock."""
        while time.monotonic() < until:
            service.check()
            self._service += [size for size in [_mib(service.pid, "VmRSS")] if size]
            for child in _children(service.pid):
                self._crawls[child] = max(self._crawls.get(child, 0.0), _mib(child, "VmHWM"))
            time.sleep(0.2)

    def quarters(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Early and late, of both."""
        return _ends(self._service), _ends(list(self._crawls.values()))


def _ends(sizes: list[float]) -> tuple[float, float]:
    """The medians of the second and of the last quarter: the first is the start."""
    quarter = max(1, len(sizes) // 4)
    return (median(sizes[quarter : 2 * quarter] or sizes), median(sizes[-quarter:])) if sizes else (0.0, 0.0)


def _mib(pid: int, what: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(what)), 0.0)


def _children(pid: int) -> list[int]:
    """Processes that this one has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def _look_over(day: Day, settings: Settings, lived: Lived) -> None:
    with opened(settings) as cursor:
        lived.runs = dict(
            cursor.frame("SELECT result, count(*) FROM runs WHERE kind = 'crawl charts' GROUP BY 1 ORDER BY 1").rows()
        )
        (sums,) = by_kind(cursor).to_dicts()
        lived.sums = {name: sums[name] for name in ("expected", *OUTCOMES)}
        counts = cursor.frame("""
            SELECT count(*) AS readings, count(DISTINCT reading_id) AS looks, coalesce(sum(entries), 0)::BIGINT AS kept,
                   count(capture_file) AS archived
            FROM chart_readings WHERE NOT imported
        """).to_dicts()[0]
        entries = cursor.frame("""
            SELECT count(*) AS rows, count(DISTINCT (e.reading_id, e.rank)) AS ranks
            FROM chart_entries AS e SEMI JOIN chart_readings AS r ON r.reading_id = e.reading_id AND NOT r.imported
        """).to_dicts()[0]
        runs, seen = by_run(cursor), _seen(cursor.frame(_OUTCOMES_AGAIN))
    lived.readings, lived.entries, lived.archived = counts["readings"], entries["rows"], _archived(settings)
    total, dues = sum(lived.sums[name] for name in OUTCOMES), sum(lived.runs.values())
    claims = {
        f"expected {lived.sums['expected']} is not the sum of what became of it, {total}": lived.sums["expected"]
        == total,
        f"{dues} sweeps of {day.charts} charts are not {lived.sums['expected']} expected": dues * day.charts
        == lived.sums["expected"],
        f"{counts['readings']} readings have {counts['looks']} ids": counts["readings"] == counts["looks"],
        f"{entries['rows']} entries have {entries['ranks']} ranks": entries["rows"] == entries["ranks"],
        f"the readings tell of {counts['kept']} entries": entries["rows"] == counts["kept"],
        f"{lived.archived} archived answers are not {counts['archived']} readings": lived.archived
        == counts["archived"],
        f"counted again, {seen} was had": seen == lived.sums["had"],
        "a figure is below 0": not any((runs[name] < 0).any() for name in OUTCOMES),
        f"{dues} of {day.sweeps} sweeps are accounted for": dues >= day.sweeps,
    }
    lived.wrong = [what for what, holds in claims.items() if not holds]


_OUTCOMES_AGAIN = """
    SELECT run_id, country, device, collection, bool_or(status IN ('complete', 'partial')) AS had
    FROM chart_readings WHERE NOT imported GROUP BY ALL
"""


def _seen(targets: pl.DataFrame) -> int:
    """The same by another way: targets with a usable look."""
    return int(targets["had"].sum())


def _archived(settings: Settings) -> int:
    """Answers in the archive that a reading must come of."""
    files = sorted((settings.data_dir / FOLDER).glob("charts-*.warc.gz"))
    answers = (answer for path in files for answer, _ in read_archive(path))
    return sum(1 for answer in answers if recognise(answer.url) and followed(answer) is None)


def main(arguments: list[str]) -> int:
    """Live through a day and print what it came to; 1 when something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sweeps", type=int, default=24)
    parser.add_argument("--every", type=int, default=15)
    parser.add_argument("--storefronts", type=int, default=175)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", help="an empty folder for everything, which is then kept")
    given = parser.parse_args(arguments)
    day = Day(STOREFRONTS[: given.storefronts], given.sweeps, given.every, given.kill, given.seed)
    with tempfile.TemporaryDirectory() as folder:
        lived = live(day, Path(given.keep or folder))
    print(json.dumps({"charts": day.charts, "kill": day.kill, **asdict(lived)}, indent=1))
    return int(bool(lived.wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
