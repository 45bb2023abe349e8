"""Damaged answers that atheris chooses by the branches they reach.

`python -m tests.crawlers.guided FOLDER SECONDS SEED` is a process of its own, for libFuzzer ends the one it runs in. An
input is the number of a case and a body; the inputs in which a new branch was reached are kept in FOLDER. It ends with
0 when all went well, else it says what came out and leaves the input in FOLDER.
"""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from re import findall

LONGEST = 200_000
"""Bytes that a body may have."""
SLOWEST = 10
"""Seconds that no answer may take; the branches are counted, which slows everything down."""


@dataclass(frozen=True, slots=True)
class Guided:
    """How a guided run ended."""

    tried: int
    """Bodies tried."""
    branches: int
    """Branches reached."""
    kept: dict[str, int]
    """By source: bodies beyond the whole ones in which a new branch was reached."""


def guided(folder: Path, seconds: int, seed: int) -> Guided:
    """Run it for so long. Raises AssertionError with its last words when something else came out."""
    command = [sys.executable, "-m", __name__, str(folder), str(seconds), str(seed)]
    ended = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    assert ended.returncode == 0, f"{ended.stdout[-2000:]}\n{ended.stderr[-6000:]}\nThe input is in {folder}."
    (tried,) = findall(r"stat::number_of_executed_units:\s*(\d+)", ended.stderr)
    return Guided(int(tried), max(map(int, findall(r"cov: (\d+)", ended.stderr))), _kept(folder))


def _kept(folder: Path) -> dict[str, int]:
    from tests.crawlers.fuzzing import cases

    kept = dict.fromkeys((case.source.name for case in cases()), 0)
    for path in folder.glob("[!s]*"):
        kept[cases()[path.read_bytes()[0] % len(cases())].source.name] += 1
    return kept


def main(place: str, seconds: str, seed: str) -> None:
    """Write the whole answers down to begin with, and let libFuzzer go on from there."""
    import atheris

    with atheris.instrument_imports(include=["crawlers", "essor.model"]):
        from tests.crawlers.fuzzing import cases, damaged, drawn, judge

        known = cases()  # the sources are imported here
    folder = Path(place)
    assert len(known) < 1 << 8, "the number of a case is one byte"
    for number, case in enumerate(known):
        (folder / f"seed-{number}").write_bytes(bytes([number]) + case.body)

    def tried(data: bytes) -> None:
        if data:
            judge(known[data[0] % len(known)], data[1:])

    def changed(data: bytes, longest: int, drawing: int) -> bytes:
        chance = random.Random(drawing)
        if not data or chance.random() < 0.5:
            return atheris.Mutate(data, longest)  # type: ignore[no-any-return] # atheris has no types
        return (data[:1] + damaged(data[1:], drawn(chance)))[:longest]

    flags = [f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={LONGEST}", f"-timeout={SLOWEST}",
             "-len_control=0", "-print_final_stats=1", "-verbosity=1", f"-artifact_prefix={folder}/wrong-"]  # fmt: skip
    atheris.Setup([sys.argv[0], str(folder), *flags], tried, custom_mutator=changed)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
