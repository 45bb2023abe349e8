"""Runs the benchmarks whose names are given, or all of them (`python -m benchmarks load`)."""

from __future__ import annotations

import importlib
import sys

from rich.console import Console
from rich.table import Table

ALL = ("parse", "crawl", "sweep", "load", "read", "metrics", "pages", "probe")


def main() -> None:
    """Print one table of figures; exit with 1 when a target is missed."""
    names = sys.argv[1:] or ALL
    if unknown := sorted(set(names) - set(ALL)):
        sys.exit(f"There is no benchmark {unknown[0]!r}. There are: {', '.join(ALL)}.")
    table = Table("benchmark", "figure", "target", "", title="essor, on this machine")
    missed = False
    for name in names:
        for figure in importlib.import_module(f"benchmarks.{name}").figures():
            missed |= figure.missed
            table.add_row(name, str(figure), figure.goal, "missed" if figure.missed else "")
    Console(soft_wrap=True).print(table)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
