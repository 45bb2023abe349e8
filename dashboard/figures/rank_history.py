"""Ranks over time: 1 at the top, gaps as gaps, absence below, coverage under the axis."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import log10
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard.figures import events
from dashboard.figures.events import Mark
from dashboard.figures.labels import EndLabel, placed, room
from dashboard.figures.theme import Theme, time_range
from dashboard.history import by_app, gaps, looks, of_app
from dashboard.language import Language
from essor.model.apps import App
from essor.model.observation import State

HEIGHT = 560
"""Height of the figure, pixels."""
MARGIN = {"l": 34, "t": 26, "b": 44}
TICKS = (1, 3, 10, 30, 100, 200)
BAND = (0.12, 0.19)
"""Where the band of absence is, as a share of the height."""
TOP, BELOW = -0.05, 1.04
"""Room above rank 1 (a power of ten) and below the deepest tick (a factor)."""
MANY = 150
"""From this many looks on the dots are drawn small."""


def rank_history_figure(
    frame: pl.DataFrame,
    apps: Sequence[App],
    say: Language,
    theme: Theme,
    cadence: timedelta | None,
    *,
    marks: Sequence[Mark] = (),
    bridged: bool = False,
) -> go.Figure:
    """The figure of `warehouse.reads.charts.rank_history`'s frame; the first of `apps` is in focus.

    `marks` are drawn as numbered lines; `bridged` joins the ends of each gap by a faint dotted line.
    """
    series, seen = by_app(frame), looks(frame)
    drawn = [app for app in apps if app.slug in set(series["app"])]
    figure = go.Figure(layout=_layout(drawn, series, seen, say, theme))
    _add_marks(figure, marks, seen, theme)
    for row, app in reversed(list(enumerate(drawn))):
        rows = of_app(series, app.slug)
        if bridged:
            figure.add_trace(_bridges(app, rows, cadence, theme))
        figure.add_trace(_line(app, _with_gaps(rows, cadence), say, theme, focus=row == 0))
        figure.add_trace(_absences(app, rows, say, theme, row=row))
    figure.add_traces(_coverage(seen, cadence, say, theme))
    return figure


def _layout(
    apps: Sequence[App], series: pl.DataFrame, seen: pl.DataFrame, say: Language, theme: Theme
) -> dict[str, Any]:
    labels = _end_labels(apps, series, _depth(seen), say, theme)
    plot, last = HEIGHT - MARGIN["t"] - MARGIN["b"], _plain(seen["observed_at"][-1])
    return {
        **theme.layout(),
        "height": HEIGHT,
        "margin": {**MARGIN, "r": room(labels)},
        "hovermode": "x unified",
        "hoversort": "value ascending",
        "barmode": "overlay",
        "bargap": 0,
        "xaxis": _time_axis(seen, theme),
        "yaxis": _rank_axis(_depth(seen), theme, _rank_domain(series)),
        "yaxis2": _strip_axis(BAND, len(apps)),
        "yaxis3": _strip_axis((0.0, 0.03), 1),
        "annotations": placed(labels, last, plot, theme) + _captions(seen, say, theme, absent=_any_absent(series)),
        "shapes": [_band(theme)] if _any_absent(series) else [],
    }


def _add_marks(figure: go.Figure, marks: Sequence[Mark], seen: pl.DataFrame, theme: Theme) -> None:
    span = seen["observed_at"][-1] - seen["observed_at"][0]
    figure.layout.shapes += tuple(go.layout.Shape(line) for line in events.lines(marks, theme, bottom=0.03))
    figure.layout.annotations += tuple(go.layout.Annotation(number) for number in events.numbers(marks, span, theme))


def _bridges(app: App, rows: pl.DataFrame, cadence: timedelta | None, theme: Theme) -> go.Scatter:
    """The faint dotted line over the gaps between two ranks; it joins, and says nothing of what lies between."""
    holes = set(gaps(rows["observed_at"].to_list(), cadence))
    pairs = [
        (a, b)
        for a, b in pairwise(rows.iter_rows(named=True))
        if (a["observed_at"], b["observed_at"]) in holes and a["rank"] is not None and b["rank"] is not None
    ]
    return go.Scatter(
        x=[x for a, b in pairs for x in (_plain(a["observed_at"]), _plain(b["observed_at"]), None)],
        y=[y for a, b in pairs for y in (a["rank"], b["rank"], None)],
        name=app.name,
        mode="lines",
        line={"color": theme.of(app), "width": 1.25, "dash": "dot"},
        opacity=0.55,
        hoverinfo="skip",
    )


def _time_axis(seen: pl.DataFrame, theme: Theme) -> dict[str, Any]:
    return {
        **theme.time_axis(),
        "anchor": "y3",
        "range": time_range(seen["observed_at"][0], seen["observed_at"][-1]),
        "hoverformat": "%-d %b %Y, %H:%M UTC",
        "showspikes": True,
        "spikemode": "across",
        "spikethickness": 1,
        "spikedash": "solid",
        "spikecolor": theme.quiet,
    }


def _any_absent(series: pl.DataFrame) -> bool:
    return not series.filter(pl.col("state") == State.ABSENT.value).is_empty()


def _rank_domain(series: pl.DataFrame) -> tuple[float, float]:
    """The share of the height that the ranks have; the band of absence is given room only where it is needed."""
    return (0.25, 1.0) if _any_absent(series) else (0.11, 1.0)


def _depth(seen: pl.DataFrame) -> int:
    """The lowest rank that the axis shows: the tick below the deepest look."""
    return next((tick for tick in TICKS if tick >= max(_deepest(seen), 10)), _deepest(seen))


def _deepest(seen: pl.DataFrame) -> int:
    return max(seen["depth"].drop_nulls().to_list(), default=TICKS[-2])


def _rank_axis(depth: int, theme: Theme, domain: tuple[float, float]) -> dict[str, Any]:
    ticks = [tick for tick in TICKS if tick <= depth]
    return {
        "type": "log",
        "range": [log10(depth * BELOW), TOP],
        "domain": domain,
        "tickvals": ticks,
        "ticktext": [str(tick) for tick in ticks],
        "gridcolor": theme.rule,
        "tickfont": {"color": theme.quiet},
        "zeroline": False,
        "fixedrange": True,
    }


def _strip_axis(domain: tuple[float, float], rows: int) -> dict[str, Any]:
    return {"domain": domain, "range": [rows - 0.5, -0.5], "visible": False, "fixedrange": True, "anchor": "x"}


def _band(theme: Theme) -> dict[str, Any]:
    return {
        "type": "rect", "xref": "paper", "yref": "paper", "x0": 0, "x1": 1,
        "y0": BAND[0], "y1": BAND[1], "fillcolor": theme.band, "line": {"width": 0}, "layer": "below",
    }  # fmt: skip


def _line(app: App, points: Sequence[dict[str, Any]], say: Language, theme: Theme, *, focus: bool) -> go.Scatter:
    return go.Scatter(
        x=[_plain(point["observed_at"]) for point in points],
        y=[point["rank"] for point in points],
        customdata=[[point["reading_id"], _told(point, say)] for point in points],
        name=app.name,
        mode="lines+markers",
        line={"shape": "hv", "color": theme.of(app), "width": 3 if focus else 1.75, "dash": app.dash},
        marker={"size": _dot(len(points), focus=focus), "color": theme.of(app)},
        opacity=1 if focus else 0.9,
        connectgaps=False,
        hovertemplate="<b>%{fullData.name}</b>  %{customdata[1]}<extra></extra>",
    )


def _dot(points: int, *, focus: bool) -> int:
    return (4 if focus else 3) if points > MANY else (8 if focus else 6)


def _told(point: dict[str, Any], say: Language) -> str:
    if point["rank"] is None:
        return ""
    return say(
        "hover.ranked",
        rank=say.ordinal(point["rank"]),
        source=say.optional(f"source.{point['source']}", point["source"]),
    )


def _with_gaps(rows: pl.DataFrame, cadence: timedelta | None) -> list[dict[str, Any]]:
    """The points of a line, with an empty one wherever the line must break."""
    breaks = {start for start, _ in gaps(rows["observed_at"].to_list(), cadence)}
    points: list[dict[str, Any]] = []
    for row in rows.iter_rows(named=True):
        points.append(row)
        if row["observed_at"] in breaks:
            points.append({**row, "rank": None})
    return points


def _absences(app: App, rows: pl.DataFrame, say: Language, theme: Theme, *, row: int) -> go.Scatter:
    absent = rows.filter(pl.col("state") == State.ABSENT.value)
    return go.Scatter(
        x=[_plain(moment) for moment in absent["observed_at"]],
        y=[row] * absent.height,
        yaxis="y2",
        customdata=[
            [point["reading_id"], say.count("state.absent", point["depth"])] for point in absent.iter_rows(named=True)
        ],
        name=app.name,
        mode="markers",
        marker={"symbol": "line-ns", "size": 8, "line": {"width": 2, "color": theme.of(app)}},
        hovertemplate="<b>%{fullData.name}</b>  %{customdata[1]}<extra></extra>",
    )


def _coverage(seen: pl.DataFrame, cadence: timedelta | None, say: Language, theme: Theme) -> list[Any]:
    moments = seen.filter("usable")["observed_at"].to_list()
    holes = gaps(moments, cadence)
    solid = [(a, b) for a, b in pairwise(moments) if (a, b) not in holes]
    missed = seen.filter(~pl.col("usable"))
    return [
        _bars(solid, {"color": theme.covered, "line": {"width": 0}}),
        _bars(holes, {"color": "rgba(0,0,0,0)", "line": {"width": 0}, "pattern": _hatch(theme)}),
        _missed(missed, say, theme),
    ]


def _hatch(theme: Theme) -> dict[str, Any]:
    return {"shape": "/", "fgcolor": theme.quiet, "bgcolor": "rgba(0,0,0,0)", "size": 5, "solidity": 0.25}


def _bars(stretches: Sequence[tuple[datetime, datetime]], marker: dict[str, Any]) -> go.Bar:
    return go.Bar(
        orientation="h",
        yaxis="y3",
        y=[0] * len(stretches),
        base=[_plain(start) for start, _ in stretches],
        x=[(end - start).total_seconds() * 1000 for start, end in stretches],
        width=1,
        marker=marker,
        hoverinfo="skip",
    )


def _missed(missed: pl.DataFrame, say: Language, theme: Theme) -> go.Scatter:
    refused = [status == "refused" for status in missed["status"]]
    return go.Scatter(
        x=[_plain(moment) for moment in missed["observed_at"]],
        y=[0] * missed.height,
        yaxis="y3",
        mode="markers",
        name=say("coverage.name"),
        customdata=[[row["reading_id"], say(f"status.{row['status']}")] for row in missed.iter_rows(named=True)],
        marker={
            "symbol": ["diamond-open" if no else "x-thin" for no in refused],
            "size": 9,
            "color": [theme.refused if no else theme.trouble for no in refused],
            "line": {"width": 2, "color": [theme.refused if no else theme.trouble for no in refused]},
        },
        hovertemplate="%{customdata[1]}<extra></extra>",
    )


def _end_labels(apps: Sequence[App], series: pl.DataFrame, depth: int, say: Language, theme: Theme) -> list[EndLabel]:
    """What stands at the end of each app's line."""
    ranks = _rank_domain(series)
    labels = []
    for row, app in enumerate(apps):
        for end in of_app(series, app.slug).tail(1).iter_rows(named=True):
            value = say("label.absent") if end["rank"] is None else say.number(end["rank"])
            height = _height(end["rank"], depth, ranks) if end["rank"] is not None else _row_height(row, len(apps))
            labels.append(EndLabel(app.name, value, height, theme.of(app), focus=row == 0))
    return labels


def _row_height(row: int, rows: int) -> float:
    """Where on the paper a row of the band of absence is."""
    return BAND[1] - (BAND[1] - BAND[0]) * (row + 0.5) / rows


def _height(rank: int, depth: int, ranks: tuple[float, float]) -> float:
    """Where on the paper, 0 to 1, a rank is."""
    top, bottom = TOP, log10(depth * BELOW)
    return ranks[0] + (ranks[1] - ranks[0]) * (bottom - log10(rank)) / (bottom - top)


def _captions(seen: pl.DataFrame, say: Language, theme: Theme, *, absent: bool) -> list[dict[str, Any]]:
    """The names of the two strips under the axis, at their left."""
    texts = [(0.034, say("coverage.name"))]
    if absent:
        texts.append((BAND[1], _outside(seen, say)))
    return [
        {
            "x": 0, "y": y, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom",
            "showarrow": False, "text": text, "font": {"size": 12, "color": theme.quiet}, "borderpad": 0,
        }
        for y, text in texts
    ]  # fmt: skip


def _outside(seen: pl.DataFrame, say: Language) -> str:
    """What absence means in this figure: outside the first N, N being how deep each look went."""
    depths = seen.filter(pl.col("status") == "complete")["depth"].drop_nulls()
    low, high = (min(depths, default=0), max(depths, default=_deepest(seen)))
    return say.count("state.absent", high) if low == high else say("state.absent_range", low=low, high=high)


def _plain(moment: datetime) -> datetime:
    """The moment as Plotly takes it: UTC without a zone."""
    return moment.replace(tzinfo=None)
