"""Tests of dashboard/figures/rank_history.py."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from math import log10
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import polars as pl
import pytest

from dashboard.figures.events import Mark
from dashboard.figures.rank_history import rank_history_figure
from dashboard.figures.theme import DARK, LIGHT
from dashboard.language import Language
from tests.dashboard.frames import START, Seen, apps, history

EN = Language("en")
DAY = timedelta(days=1)


def figure(seen: list[tuple[float, Seen]], depth: int = 98) -> go.Figure:
    """The figure of a history of Le Chat."""
    return rank_history_figure(history("le-chat", seen, depth), apps("le-chat"), EN, LIGHT, DAY)


def line(drawn: go.Figure, name: str = "Le Chat") -> Any:
    """The app's line."""
    return next(trace for trace in drawn.data if trace.name == name and "lines" in trace.mode)


def test_rank_one_is_at_the_top_and_the_first_ten_have_half_the_height() -> None:
    """The axis is stretched, with the ticks that the design names."""
    axis = figure([(0, 60), (1, 59)]).layout.yaxis
    bottom, top = axis.range
    assert bottom > top
    assert (log10(10) - top) / (bottom - top) == pytest.approx(0.5, abs=0.02)
    assert list(axis.tickvals) == [1, 3, 10, 30, 100]


def test_a_line_breaks_where_nobody_looked() -> None:
    """A gap is drawn as a gap: an empty point stands between, and nothing is joined over it."""
    trace = line(figure([(0, 60), (1, 59), (3, 28), (4, 30)]))
    assert list(trace.y) == [60, 59, None, 28, 30]
    assert trace.connectgaps is False
    assert trace.line.shape == "hv"


def test_absence_is_a_tick_in_the_band_and_breaks_the_line() -> None:
    """Absent is neither a rank nor a gap."""
    drawn = figure([(0, 90), (1, None), (2, 95)])
    assert list(line(drawn).y) == [90, None, 95]
    ticks = next(trace for trace in drawn.data if trace.mode == "markers" and trace.name == "Le Chat")
    assert list(ticks.x) == [(START + DAY).replace(tzinfo=None)]
    assert len(drawn.layout.shapes) == 1
    assert "outside the first 98" in [note.text for note in drawn.layout.annotations]


def test_without_absence_there_is_no_band() -> None:
    """Room is given to what is there."""
    assert len(figure([(0, 90), (1, 95)]).layout.shapes) == 0


def test_a_failed_look_is_a_mark_on_the_strip_and_no_point_of_the_line() -> None:
    """It is not a rank, not an absence and not silence."""
    drawn = figure([(0, 60), (1, "failed"), (2, "refused"), (3, 61)])
    marks = next(trace for trace in drawn.data if trace.name == "Looks")
    assert list(marks.marker.symbol) == ["x-thin", "diamond-open"]
    assert list(line(drawn).y) == [60, None, 61]


def test_what_was_not_observed_is_hatched_on_the_strip() -> None:
    """The strip says where the gaps are."""
    bars = [trace for trace in figure([(0, 1), (1, 1), (3, 1), (4, 1)]).data if trace.type == "bar"]
    solid, hatched = bars
    assert len(solid.base) == 2
    assert list(hatched.base) == [(START + DAY).replace(tzinfo=None)]
    assert hatched.marker.pattern.shape == "/"


def test_each_line_ends_in_its_name_and_rank() -> None:
    """Direct labels, no legend."""
    frame = pl.concat([history("le-chat", [(0, 60), (1, 28)]), history("chatgpt", [(0, 2), (1, None)])])
    drawn = rank_history_figure(frame, apps("le-chat", "chatgpt"), EN, DARK, DAY)
    texts = [note.text for note in drawn.layout.annotations]
    assert "<b>Le Chat</b> <b>28</b>" in texts
    assert "ChatGPT <b>absent</b>" in texts
    assert drawn.layout.showlegend is False


def test_every_point_leads_to_its_reading() -> None:
    """A click knows which reading to open."""
    trace = line(figure([(0, 60), (1, 59)]))
    assert [point[0] for point in trace.customdata] == history("le-chat", [(0, 60), (1, 59)])["reading_id"].to_list()


def test_each_app_has_its_colour_and_its_dash_in_both_themes() -> None:
    """Colour is never the only cue."""
    frame = pl.concat([history("le-chat", [(0, 60)]), history("chatgpt", [(0, 2)])])
    for theme in (LIGHT, DARK):
        drawn = rank_history_figure(frame, apps("le-chat", "chatgpt"), EN, theme, DAY)
        lines = [line(drawn, "Le Chat"), line(drawn, "ChatGPT")]
        assert len({trace.line.color for trace in lines}) == 2
        assert len({trace.line.dash for trace in lines}) == 2


def test_the_real_september_is_drawn_rank_by_rank(real: Path) -> None:
    """Each of Le Chat's 24 real ranks is a point; 7 October (UTC) has none."""
    with (real / "apple" / "fr-productivity-top-free.expected.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["app_id"] == "6740410176"]
    seen = [((datetime.fromisoformat(row["observed_at"]) - START) / DAY, int(row["rank"])) for row in rows]
    trace = line(figure(seen))
    assert [rank for rank in trace.y if rank is not None] == [int(row["rank"]) for row in rows]
    assert not [moment for moment in trace.x if (moment.month, moment.day) == (10, 7)]
    assert sum(rank is None for rank in trace.y) == 5


def test_a_bridge_over_a_gap_is_faint_dotted_and_only_where_asked() -> None:
    """It joins two ranks over a gap and never crosses an absence."""
    seen: list[tuple[float, Seen]] = [(0, 60), (1, 59), (3, 28), (4, 30), (6, None), (8, 20)]
    plain = rank_history_figure(history("le-chat", seen), apps("le-chat"), EN, LIGHT, DAY)
    joined = rank_history_figure(history("le-chat", seen), apps("le-chat"), EN, LIGHT, DAY, bridged=True)
    dotted = [
        trace for trace in joined.data if trace.type == "scatter" and trace.mode == "lines" and trace.line.dash == "dot"
    ]
    assert len(joined.data) == len(plain.data) + 1
    assert [list(trace.y) for trace in dotted] == [[59, 28, None]]


def test_events_are_numbered_lines_that_can_be_left_out() -> None:
    """A thin line and a number; the words stand below the figure."""
    happened = [Mark(1, START.date(), "A launch")]
    drawn = rank_history_figure(history("le-chat", [(0, 60), (1, 59)]), apps("le-chat"), EN, LIGHT, DAY, marks=happened)
    assert [shape.type for shape in drawn.layout.shapes] == ["line"]
    assert "1" in [note.text for note in drawn.layout.annotations]


def test_absence_says_how_deep_each_look_went() -> None:
    """Looks of different depth are not made to seem alike."""
    seen = pl.concat([history("le-chat", [(0, None)], depth=50), history("le-chat", [(1, None)], depth=98)])
    notes = rank_history_figure(seen, apps("le-chat"), EN, LIGHT, DAY).layout.annotations
    assert "outside the first 50 to 98" in [note.text for note in notes]


def test_the_axis_is_as_long_as_the_looks() -> None:
    """Looks of two minutes fill the figure; a lone one has hours around it."""
    minutes = figure([(0, 60), (1 / 1440, 59), (2 / 1440, 58)]).layout.xaxis.range
    assert minutes[1] - minutes[0] < timedelta(minutes=3)
    lone = figure([(0, 60)]).layout.xaxis.range
    assert lone[1] - lone[0] > timedelta(hours=6)
