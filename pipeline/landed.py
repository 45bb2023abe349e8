"""Reads landed runs: folders of JSON lines to frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from essor.model.stores import Market
from pipeline.schemas import (
    LANDED_CHARTS,
    LANDED_EXPECTED,
    LANDED_LISTINGS,
    LANDED_NAMES,
    LANDED_PAUSES,
    LANDED_PROBES,
    LANDED_REVIEWS,
    LANDED_RUN,
    LANDED_SIGNALS,
)


def landed_charts(runs: Sequence[Path]) -> pl.DataFrame:
    """Every line of charts.jsonl in these run folders, as `LANDED_CHARTS`."""
    return _lines(runs, "charts.jsonl")


def landed_names(runs: Sequence[Path]) -> pl.DataFrame:
    """Every line of names.jsonl in these run folders, as `LANDED_NAMES`."""
    return _lines(runs, "names.jsonl")


def landed_listings(runs: Sequence[Path]) -> pl.DataFrame:
    """Every line of listings.jsonl in these run folders, as `LANDED_LISTINGS`."""
    return _lines(runs, "listings.jsonl")


def landed_reviews(runs: Sequence[Path]) -> pl.DataFrame:
    """Every line of reviews.jsonl in these run folders, as `LANDED_REVIEWS`."""
    return _lines(runs, "reviews.jsonl")


def landed_pauses(runs: Sequence[Path]) -> pl.DataFrame:
    """Every line of pauses.jsonl in these run folders, as `LANDED_PAUSES`."""
    return _lines(runs, "pauses.jsonl")


def landed_signals(runs: Sequence[Path]) -> pl.DataFrame:
    """Every line of signals.jsonl in these run folders, as `LANDED_SIGNALS`."""
    return _lines(runs, "signals.jsonl")


def landed_probes(runs: Sequence[Path]) -> pl.DataFrame:
    """Every line of probes.jsonl in these run folders, as `LANDED_PROBES`."""
    return _lines(runs, "probes.jsonl")


def landed_expected(runs: Sequence[Path]) -> pl.DataFrame:
    """Every line of expected.jsonl in these run folders, as `LANDED_EXPECTED`."""
    return _lines(runs, "expected.jsonl")


def landed_runs(runs: Sequence[Path]) -> pl.DataFrame:
    """Every line of run.json in these run folders, as `LANDED_RUN`."""
    return _lines(runs, "run.json")


def markets_of(run: Path) -> frozenset[Market]:
    """Which markets the facts of a run folder are of; none for one without facts, or without a record."""
    records = landed_runs([run])
    return frozenset(Market(name) for names in records["markets"].to_list() for name in names or ())


def incomplete(run: Path) -> str | None:
    """Why a run folder is not whole: no run.json that can be read, or a file whose last line is cut; None if it is."""
    if not (run / "run.json").exists():
        return "it has no run.json"
    cut = next((path.name for path in sorted(run.glob("*.jsonl")) if _is_cut(path)), None)
    return f"the last line of {cut} is cut" if cut else _fault(run, "run.json")


def unreadable(run: Path) -> str | None:
    """Why a run folder cannot be loaded: it is not whole, or has a line that cannot be read; None when it can.

    It reads every line, which a load does as well: ask it of runs that a load failed on.
    """
    return incomplete(run) or next(filter(None, (_fault(run, name) for name in _FORMS)), None)


def _fault(run: Path, name: str) -> str | None:
    try:
        _lines([run], name)
    except pl.exceptions.PolarsError as error:
        return f"a line of {name} cannot be read: {error}"
    return None


def _is_cut(path: Path) -> bool:
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 2))
        return size > 0 and file.read() != b"}\n"


_FORMS = {
    "charts.jsonl": LANDED_CHARTS,
    "names.jsonl": LANDED_NAMES,
    "listings.jsonl": LANDED_LISTINGS,
    "reviews.jsonl": LANDED_REVIEWS,
    "pauses.jsonl": LANDED_PAUSES,
    "signals.jsonl": LANDED_SIGNALS,
    "probes.jsonl": LANDED_PROBES,
    "expected.jsonl": LANDED_EXPECTED,
    "run.json": LANDED_RUN,
}
"""Each file of a run folder, and what its lines hold."""


def _lines(runs: Sequence[Path], name: str) -> pl.DataFrame:
    schema = _FORMS[name]
    paths = [run / name for run in runs if (run / name).exists() and (run / name).stat().st_size]
    return pl.read_ndjson(paths, schema=schema) if paths else pl.DataFrame(schema=schema)
