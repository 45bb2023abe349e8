"""Many damaged answers by every parser (`make fuzz`, `python -m benchmarks.fuzz 100000 SEED`).

The test of the same name tries a few thousand, shrunk by hypothesis. This tries as many as it is told and says how
each ended; the first that ends in anything but words of the model or a declared error is written to a file and raised.
atheris, which would choose its damages by the branches they reach, has no wheel for the Python here and is not needed.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from pathlib import Path

from tests.crawlers.fuzzing import Case, cases, damaged, drawn, judge

MANY = 100_000


def main() -> None:
    """Try them and print how they ended."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20261121
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
