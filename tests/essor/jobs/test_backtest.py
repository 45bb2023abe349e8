"""The backtest against series that were imported, every figure worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from essor.jobs.ask import answer
from essor.jobs.estimate import Backtested, backtest
from essor.jobs.imports import import_files
from essor.jobs.metrics import land_rows
from essor.jobs.refresh import refresh
from essor.model.tables import CLAIMS
from essor.settings import Settings
from pipeline.metrics.calibration import AT_PLAY
from pipeline.schemas import SCHEMAS
from tests.essor.jobs.test_estimate import FIRST, claim_row
from tests.landed import CLAUDE, at

RANKS = """
kind = "ranks"
source = "apple_legacy_rss"
origin = "ranks made by hand"
zone = "Z"
columns = { observed_at = "time", rank = "rank", app_id = "id" }
constants = { country = "us", collection = "top-free", category = "36" }
"""
PLAY = """
kind = "ratings"
source = "google_play_details"
origin = "installs made by hand"
zone = "Z"
columns = { observed_at = "time", app_id = "id", rating_count = "ratings", installs_exact = "installs" }
constants = { country = "us" }
"""
WEEK = 52_000 * 7.14
"""A week at rank 10 by the published curve: five days of which one has the factor 0.94, and 1.09 and 1.11."""


def imported(settings: Settings, folder: Path, name: str, mapping: str, rows: pl.DataFrame) -> None:
    """Import these rows as a table."""
    table, said = folder / f"{name}.csv", folder / f"{name}.toml"
    rows.write_csv(table)
    said.write_text(mapping, "utf-8")
    import_files(settings, [table], str(said), lambda *_: None)


def claimed(settings: Settings, weeks: list[float]) -> None:
    """A vendor's figure for each week from the first on."""
    rows = [claim_row(n, FIRST + timedelta(days=7 * n), round(downloads)) for n, downloads in enumerate(weeks)]
    schema = {name: kind for name, kind in SCHEMAS["claims"].items() if name != "recorded_at"}
    land_rows(settings.data_dir, "claims", {CLAIMS: pl.DataFrame(rows, schema)}, at("2026-11-02 00:00"), "")
    refresh(settings)


def by_method(told: Backtested, name: str) -> dict[str, float]:
    """What is told of one method."""
    return next(method for method in told.methods if method["method"] == name)


def test_coverage_and_median_error_of_the_curve_are_those_worked_out_by_hand(
    settings: Settings, tmp_path: Path
) -> None:
    """Twelve weeks at rank 10: eight sold half as much again as the curve says, two thrice as much, two a quarter less.

    A week is held out, the others move the level by s = sum(m / 0.35^2) / (1 / 0.3^2 + 11 / 0.35^2), m = ln(truth /
    curve): 0.3608 for a plain week (centre 1.4345 of the curve), 0.3048 for a high one (1.3563), 0.4169 for a low one
    (1.5173). The band of a week is then about 0.15 to either side in ln: it holds 1.5, and neither 3 nor 0.75.
    """
    days = [FIRST + timedelta(days=n) for n in range(84)]
    ranks = pl.DataFrame({"time": [f"{day} 12:00:00" for day in days], "rank": 10, "id": CLAUDE})
    imported(settings, tmp_path, "ranks", RANKS, ranks)
    claimed(settings, [factor * WEEK for factor in (*[1.5] * 8, 3, 3, 0.75, 0.75)])
    assert answer(settings, "SELECT bool_and(imported), count(*) FROM chart_readings").row(0) == (True, 84)
    told = backtest(settings)
    curve = by_method(told, "rank_curve")
    assert (curve["points"], curve["inside"], curve["verdict"]) == (12, 8, "told")
    assert curve["coverage"] == curve["coverage_with_noise"] == pytest.approx(8 / 12)
    assert curve["median_error"] == pytest.approx(1 - 1.4345 / 1.5, abs=0.01)
    centres = [
        row["central"] / WEEK for row in sorted(told.points, key=lambda row: int(row["point"].rpartition("-")[2]))
    ]
    assert centres == pytest.approx([1.4345] * 8 + [1.3563] * 2 + [1.5173] * 2, rel=0.01)
    assert "rank_curve: 8 of 12 points inside the 80 % band (67%)" in str(told)


def test_play_s_imported_installs_are_held_against_the_common_rate(settings: Settings, tmp_path: Path) -> None:
    """1,630 new ratings at 0.0163 a download are 100,000; with its spread of 0.8 the band is a factor of 2.79 wide.

    Installs of 250,000 are inside and of 300,000 outside. A count that fell and came back adds nothing of its own, and
    two apps are too few to speak of coverage.
    """
    rows = [
        *_growth("com.anthropic.claude", [1_000, 1_815, 2_630], [0, 100_000, 250_000]),
        *_growth("com.openai.chatgpt", [1_000, 40, 2_630], [0, 150_000, 300_000]),
    ]
    table = pl.DataFrame(rows, ["time", "id", "ratings", "installs"], orient="row")
    imported(settings, tmp_path, "installs", PLAY, table)
    told = backtest(settings)
    points = {row["point"]: row for row in told.points}
    assert {app: (row["downloads"], row["inside"]) for app, row in points.items()} == {
        "chatgpt": (300_000, False), "claude": (250_000, True),
    }  # fmt: skip
    for row in points.values():
        assert row["central"] == pytest.approx(100_000, rel=0.001)
        assert row["high"] / row["central"] == pytest.approx(2.79, rel=0.005)
    assert (by_method(told, AT_PLAY)["points"], by_method(told, AT_PLAY)["coverage"]) == (2, None)


def _growth(app_id: str, ratings: list[int], installs: list[int]) -> list[tuple[str, str, int, int]]:
    """Three looks a month apart."""
    months = (date(2026, month, 1) for month in (6, 7, 8))
    return [
        (f"{day} 12:00:00", app_id, count, 5_000_000 + more)
        for day, count, more in zip(months, ratings, installs, strict=True)
    ]
