"""Tables of past figures: the recorded ones, whole; gaps, falls and cut files."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from crawlers.signals._series import Columns, read_series, unpacked
from crawlers.signals._source import signal_sources
from crawlers.signals.github import STARS
from essor.model.errors import FetchError, LayoutChanged
from essor.model.observation import Status
from essor.model.signals import SignalPoint

TABLES = {
    "github": "github_stars_daily.csv.gz",
    "ollama": "ollama_pulls_daily_tracked.csv.gz",
    "pypi_recent": "pypi_30d_downloads_tracked.csv",
    "wikipedia_monthly": "enwiki_pageviews_monthly_user.csv",
    "crux": "crux_rank_bucket_monthly.csv",
}
COLUMNS = Columns("date", "repo", {"stars": STARS})


def columns_of(source: str) -> Columns:
    """The columns that a source knows of a table of its past."""
    found = next(one.history for one in signal_sources() if one.name == source)
    assert found is not None
    return found


def test_every_source_with_a_history_has_its_table() -> None:
    """No columns are declared that no recorded table has been read by."""
    assert {source.name for source in signal_sources() if source.history} == set(TABLES)


@pytest.mark.parametrize("source", TABLES)
def test_recorded_table_is_read_whole(real: Path, source: str) -> None:
    """Every figure of the table is a point of its subject, in order, and nothing is added."""
    body, columns = (real / "adoption" / TABLES[source]).read_bytes(), columns_of(source)
    readings = read_series(body, source, columns)
    rows = list(csv.DictReader(unpacked(body).decode().splitlines()))
    for name, metric in columns.values.items():
        points = [point for reading in readings if reading.metric is metric for point in reading.points]
        assert sorted(point.value for point in points) == sorted(float(row[name]) for row in rows if row[name])
    assert all(reading.status is Status.COMPLETE for reading in readings)
    assert all(list(r.points) == sorted(r.points, key=lambda point: point.end or "") for r in readings)


@pytest.mark.parametrize(
    ("source", "subject", "point"),
    [
        ("github", "openai/gym", SignalPoint(14_772, None, "2018-12-18")),
        ("ollama", "deepseek-r1", SignalPoint(53_400_000, None, "2025-07-17T00:01:57Z", "53.4M")),
        ("pypi_recent", "torch", SignalPoint(9_455, None, "2018-02-10T09:21:55Z")),
        ("wikipedia_monthly", "ChatGPT", SignalPoint(1_882_964, "2022-12-01", "2023-01-01")),
        ("crux", "chat.openai.com", SignalPoint(5_000, "2022-12-01", "2023-01-01")),
    ],
)
def test_first_recorded_figure(real: Path, source: str, subject: str, point: SignalPoint) -> None:
    """The first figure of each table stands in its month, on its day or at its moment."""
    readings = read_series((real / "adoption" / TABLES[source]).read_bytes(), source, columns_of(source))
    series = next(reading for reading in readings if reading.subject == subject)
    assert series.points[0] == point


def test_falling_counters_are_said(real: Path) -> None:
    """Recorded star totals fall at times: they are kept, and the reading says how often."""
    readings = read_series((real / "adoption" / TABLES["github"]).read_bytes(), "github", columns_of("github"))
    fallen = [reading for reading in readings if "lower than the one before" in (reading.message or "")]
    assert fallen
    made = read_series(b"date,repo,stars\n2026-01-01,a/b,5\n2026-01-02,a/b,4\n", "github", COLUMNS)[0]
    assert made.message == "1 of 2 figures are lower than the one before"
    assert [point.value for point in made.points] == [5, 4]


def test_rows_without_a_figure_are_counted_and_not_zero() -> None:
    """An empty cell is no row at all; an odd one makes the series partial."""
    body = b"date,repo,stars\n2026-01-01,a/b,\n2026-01-02,a/b,-1\n2026-01-03,a/b,7\nsoon,a/b,8\n"
    (reading,) = read_series(body, "github", COLUMNS)
    assert (reading.status, reading.message) == (Status.PARTIAL, "2 rows have no figure or no date")
    assert reading.points == (SignalPoint(7, None, "2026-01-03"),)


def test_tables_that_cannot_be_read() -> None:
    """Cut, empty and foreign tables are told apart."""
    with pytest.raises(FetchError, match="cut short"):
        read_series(b"date,repo,stars\n2026-01-01,a/b,12", "github", COLUMNS)
    with pytest.raises(FetchError, match="cut short"):
        read_series(gzip.compress(b"date,repo,stars\n")[:-8], "github", COLUMNS)
    with pytest.raises(FetchError, match="no figure"):
        read_series(b"date,repo,stars\n", "github", COLUMNS)
    with pytest.raises(LayoutChanged, match="no column 'stars'"):
        read_series(b"date,repo,forks\n2026-01-01,a/b,1\n", "github", COLUMNS)


@pytest.mark.parametrize(
    ("when", "end"),
    [
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31 23:30:00", "2026-01-31T23:30:00Z"),
        ("2026-01-31T23:30:00-02:00", "2026-02-01T01:30:00Z"),
        ("2026-01", "2026-02-01"),
        ("9999-12", None),
        ("0001-01-01T00:00:00+23:00", None),
    ],
)
def test_dates_are_utc_and_possible(when: str, end: str | None) -> None:
    """A moment comes out in UTC; a date on which nobody counted anything is none."""
    body = f"date,repo,stars\n{when},a/b,5\n".encode()
    assert [point.end for point in read_series(body, "github", COLUMNS)[0].points] == ([end] if end else [])
