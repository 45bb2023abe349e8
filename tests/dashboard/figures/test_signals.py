"""Tests of dashboard/figures/signals.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl

from dashboard.figures.events import Mark
from dashboard.figures.signals import Line, common_day, indexed, merged, signals_figure
from dashboard.figures.theme import LIGHT
from dashboard.findings import index_finding
from dashboard.language import Language

EN = Language("en")
START = datetime(2026, 9, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def line(name: str, *values: float, start: datetime = START) -> Line:
    """A series of daily figures."""
    days = [start + n * DAY for n in range(len(values))]
    points = pl.DataFrame({"day": days, "value": list(values), "reading_id": [f"{n:016x}" for n in range(len(values))]})
    return Line(name, "#112233", "solid", points)


def test_an_index_begins_at_a_hundred_on_the_common_day() -> None:
    """The day on which the youngest series begins."""
    old, young = line("a", 10, 20, 40), line("b", 5, 6, start=START + DAY)
    base = common_day([old.points, young.points])
    assert base == START + DAY
    assert indexed(old.points, base)["value"].to_list() == [100, 200]


def test_a_point_knows_its_reading_and_events_are_drawn() -> None:
    """A click leads to the bytes; a dated event is a numbered line."""
    mark = Mark(1, (START + DAY).date(), "A launch")
    figure = signals_figure([line("a", 1, 2, 3)], "cumulative", None, EN, LIGHT, marks=[mark])
    assert [told[0] for told in figure.data[0].customdata][:2] == ["0" * 16, f"{1:016x}"]
    assert [shape.x0.day for shape in figure.layout.shapes] == [2]
    assert "1" in [note.text for note in figure.layout.annotations]


def test_one_thing_under_two_names_is_one_series() -> None:
    """Views add up, places take the best, counts the highest."""
    frames = [pl.DataFrame({"period_end": [START], "value": [value], "reading_id": "f" * 16}) for value in (3.0, 5.0)]
    assert [merged(frames, kind)["value"].item() for kind in ("monthly", "rank", "cumulative")] == [8, 3, 5]


def test_a_rank_of_a_list_has_its_first_at_the_top() -> None:
    """The axis runs the other way, by powers of ten."""
    axis = signals_figure([line("a", 5, 900)], "rank_bucket", None, EN, LIGHT).layout.yaxis
    assert axis.type == "log"
    assert axis.range[0] > axis.range[1]


def test_the_finding_of_an_index_speaks_of_the_index() -> None:
    """Who has grown most leads, not who is the largest."""
    large, small = line("large", 1000, 1100), line("small", 2, 6)
    shown = [replace(one, points=indexed(one.points, START)) for one in (large, small)]
    assert index_finding(shown, START, "PyPI", "monthly", EN) == (
        "large stands at 110 on 2 September 2026, from 100 on 1 September 2026 (PyPI); small leads with 300."
    )
