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
from dashboard.figures.panels import arranged
from dashboard.figures.rank_history import Front, height_of, rank_history_figure
from dashboard.figures.theme import DARK, LIGHT, Theme
from dashboard.language import Language
from tests.dashboard.frames import START, Seen, apps, history

EN = Language("en")
DAY = timedelta(days=1)


def figure(seen: list[tuple[float, Seen]], depth: int = 98) -> go.Figure:
    """The figure of a history of Le Chat."""
    return drawn_of(history("le-chat", seen, depth))


def drawn_of(frame: pl.DataFrame, *slugs: str, theme: Theme = LIGHT, **drawn: Any) -> go.Figure:
    """The figure of one storefront."""
    return rank_history_figure([Front(frame, DAY)], apps(*slugs or ("le-chat",)), EN, theme, **drawn)


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
    drawn = drawn_of(frame, "le-chat", "chatgpt", theme=DARK)
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
        drawn = drawn_of(frame, "le-chat", "chatgpt", theme=theme)
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
    plain = drawn_of(history("le-chat", seen))
    joined = drawn_of(history("le-chat", seen), bridged=True)
    dotted = [
        trace for trace in joined.data if trace.type == "scatter" and trace.mode == "lines" and trace.line.dash == "dot"
    ]
    assert len(joined.data) == len(plain.data) + 1
    assert [list(trace.y) for trace in dotted] == [[59, 28, None]]


def test_events_are_numbered_lines_that_can_be_left_out() -> None:
    """A thin line and a number; the words stand below the figure."""
    happened = [Mark(1, START.date(), "A launch")]
    drawn = drawn_of(history("le-chat", [(0, 60), (1, 59)]), marks=happened)
    assert [shape.type for shape in drawn.layout.shapes] == ["line"]
    assert "1" in [note.text for note in drawn.layout.annotations]


def test_absence_says_how_deep_each_look_went() -> None:
    """Looks of different depth are not made to seem alike."""
    seen = pl.concat([history("le-chat", [(0, None)], depth=50), history("le-chat", [(1, None)], depth=98)])
    notes = drawn_of(seen).layout.annotations
    assert "outside the first 50 to 98" in [note.text for note in notes]


def test_the_axis_is_as_long_as_the_looks() -> None:
    """Looks of two minutes fill the figure; a lone one has hours around it."""
    minutes = figure([(0, 60), (1 / 1440, 59), (2 / 1440, 58)]).layout.xaxis.range
    assert minutes[1] - minutes[0] < timedelta(minutes=3)
    lone = figure([(0, 60)]).layout.xaxis.range
    assert lone[1] - lone[0] > timedelta(hours=6)


FRANCE = pl.concat([history("le-chat", [(0, 60), (1, 59), (4, 28)]), history("chatgpt", [(0, 2), (1, 2), (4, 1)])])
GERMANY = history("le-chat", [(2, 41), (3, None)], depth=200)
HAPPENED = [Mark(1, START.date(), "A launch")]


def several() -> go.Figure:
    """Le Chat and ChatGPT in France, in Germany and in Japan, where nobody looked."""
    fronts = [Front(FRANCE, DAY, "France"), Front(GERMANY, DAY, "Germany"), Front(FRANCE.clear(), None, "Japan")]
    return rank_history_figure(fronts, apps("le-chat", "chatgpt"), EN, LIGHT, marks=HAPPENED)


def test_storefronts_are_panels_with_one_scale_and_the_same_days() -> None:
    """They can be compared: the deepest look and the first and last day of all are those of each."""
    layout = several().layout
    ranks, days = [layout.yaxis, layout.yaxis4, layout.yaxis7], [layout.xaxis, layout.xaxis2, layout.xaxis3]
    assert len({tuple(axis.range) for axis in ranks}) == 1
    assert list(ranks[0].tickvals)[-1] == 200
    assert len({tuple(axis.range) for axis in days}) == 1
    assert [axis.domain[0] > 0 for axis in days] == [False, True, False]
    assert ranks[2].domain[1] < ranks[0].domain[0]


def test_each_panel_bears_its_storefront_its_lines_and_its_gaps() -> None:
    """Nothing of one storefront is drawn in the panel of another."""
    drawn = several()
    names = {note.text: note for note in drawn.layout.annotations}
    assert {"<b>France</b>", "<b>Germany</b>", "<b>Japan</b>"} <= set(names)
    scatters = [trace for trace in drawn.data if trace.type == "scatter" and trace.mode == "lines+markers"]
    assert {(trace.xaxis or "x", trace.name): list(trace.y) for trace in scatters} == {
        ("x", "Le Chat"): [60, 59, None, 28],
        ("x", "ChatGPT"): [2, 2, None, 1],
        ("x2", "Le Chat"): [41, None],
    }
    ends = [(note.xref, note.text) for note in drawn.layout.annotations if note.name == "end"]
    assert ends == [
        ("x", "<b>Le Chat</b> <b>28</b>"),
        ("x", "ChatGPT <b>1</b>"),
        ("x2", "<b>Le Chat</b> <b>absent</b>"),
    ]


def test_a_storefront_that_nobody_looked_at_is_a_panel_that_says_so() -> None:
    """It is never missing; its strip is hatched from end to end, and so are the ends of one seen for fewer days."""
    drawn = several()
    assert [note.text for note in drawn.layout.annotations].count("not observed") == 1
    hatched = [trace for trace in drawn.data if trace.type == "bar" and trace.marker.pattern.shape]
    stretches = [sum(trace.x) / DAY.total_seconds() / 1000 for trace in hatched if trace.xaxis in ("x2", "x3")]
    assert stretches == [2, 4]


def test_events_are_drawn_once_in_each_panel() -> None:
    """A line and a number in each."""
    layout = several().layout
    assert [shape.xref for shape in layout.shapes if shape.type == "line"] == ["x", "x2", "x3"]
    assert [note.xref for note in layout.annotations if note.name == "event"] == ["x", "x2", "x3"]


def test_narrow_panels_are_stacked() -> None:
    """Where it is too narrow the same panels stand in one column, each as high as before."""
    layout = several().layout.to_plotly_json()
    assert arranged(layout, 1100, height_of(3)) == (layout, height_of(3))
    narrow, high = arranged(layout, 400, height_of(3))
    assert {narrow[axis]["domain"] for axis in ("xaxis", "xaxis2", "xaxis3")} == {(0.0, 1.0)}
    tops = [narrow[axis]["domain"][1] for axis in ("yaxis", "yaxis4", "yaxis7")]
    assert tops == sorted(tops, reverse=True)
    assert high == height_of(3) * 3 / 2


def test_no_storefront_observed_is_still_a_panel_each() -> None:
    """Both say so."""
    fronts = [Front(FRANCE.clear(), None, "Japan"), Front(FRANCE.clear(), None, "Chile")]
    layout = rank_history_figure(fronts, apps("le-chat"), EN, LIGHT).layout
    assert [note.text for note in layout.annotations].count("not observed") == 2
