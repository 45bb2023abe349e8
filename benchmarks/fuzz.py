"""Many damaged answers by every parser (`make fuzz`, `python -m benchmarks.fuzz 100000 SEED SECONDS`).

The test of the same name tries a few thousand, shrunk by hypothesis. This tries as many as it is told and says how
each ended; the first that ends in anything but words of the model or a declared error is written to a file and raised.
Then atheris, where it is installed, goes on for so many seconds, choosing its damages by the branches they reach.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

from tests.crawlers.fuzzing import Case, cases, damaged, drawn, judge
from tests.crawlers.guided import guided

MANY, SEED, SECONDS = 100_000, 20261121, 300


def main() -> None:
    """Try them and print how they ended."""
    given = [int(text) for text in sys.argv[1:4]]
    number, seed, seconds = given + [MANY, SEED, SECONDS][len(given) :]
    by_chance(number, seed)
    if find_spec("atheris") is None:
        print("atheris is not installed: nothing was chosen by its branches.")
    elif seconds:
        by_branches(seconds, seed)


def by_chance(number: int, seed: int) -> None:
    """Damages drawn by chance, the answers in turn."""
    chance, ends, slowest, begun = random.Random(seed), Counter[str](), (0.0, ""), time.perf_counter()
    known = cases()
    for count in range(number):
        case = known[count % len(known)]
        took, end = _tried(case, chance, count)
        ends[end] += 1
        slowest = max(slowest, (took, case.name))
    total = time.perf_counter() - begun
    print(f"{number:,} damaged answers of {len(known)} in {total:.0f} s, seed {seed}: {dict(ends)}")
    print(f"The slowest took {slowest[0]:.2f} s: {slowest[1]}.")


def by_branches(seconds: int, seed: int) -> None:
    """Damages chosen by the branches of our own modules that they reach; the inputs are kept when one goes wrong."""
    folder = Path(tempfile.mkdtemp(prefix="essor-fuzz-"))
    found = guided(folder, seconds, seed)
    print(f"{found.tried:,} answers chosen by atheris in {seconds} s, seed {seed}: {found.branches:,} branches.")
    print("Bodies that reached a new one: " + ", ".join(f"{name} {number}" for name, number in found.kept.items()))
    shutil.rmtree(folder)


def _tried(case: Case, chance: random.Random, count: int) -> tuple[float, str]:
    body = damaged(case.body, drawn(chance))
    begun = time.perf_counter()
    try:
        end = judge(case, body)
    except BaseException:
        place = Path(f"fuzz-{case.source.name}-{count}.body")
        place.write_bytes(body)
        print(f"{case.name}: something else came out; the body is in {place}")
        raise
    return time.perf_counter() - begun, end


if __name__ == "__main__":
    main()
