"""One signal of several subjects over time: the values, or an index of a common day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import log10
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard.figures import events
from dashboard.figures.amounts import amount_axis, log_ticks
from dashboard.figures.events import Mark
from dashboard.figures.labels import EndLabel, placed, room
from dashboard.figures.theme import Theme, time_range
from dashboard.language import Language

HEIGHT = 520
MARGIN = {"l": 60, "t": 26, "b": 44}
RANKS = ("rank", "rank_bucket")
"""Kinds of which the smaller figure is the better one."""
ADDED = ("daily", "monthly")
"""Kinds whose figures of one thing under several names add up."""
DASHES = ("solid", "dot", "dash", "dashdot", "longdash")
LONGEST = 14
"""Letters of a name beside its line; hovering and the table tell it whole."""
LATE = 3
"""Two figures further apart than so many usual steps have a gap between them."""


@dataclass(frozen=True, slots=True)
class Line:
    """One subject's figures."""

    name: str
    """What it is called."""
    colour: str
    """Its maker's colour."""
    dash: str
    """Its line style."""
    points: pl.DataFrame
    """day (UTC), value, reading_id; one row a figure, by day."""


def signals_figure(
    lines: Sequence[Line],
    kind: str,
    base: datetime | None,
    say: Language,
    theme: Theme,
    *,
    marks: Sequence[Mark] = (),
) -> go.Figure:
    """The figure of some `warehouse.reads.signals.series` of one kind; `base`: the index's day, None for values."""
    shown = [line for line in lines if line.points.height]
    if not shown:
        return go.Figure(layout={**theme.layout(), "height": HEIGHT})
    figure = go.Figure(layout=_layout(shown, kind, base, say, theme))
    figure.add_traces([_trace(line, base, say, focus=row == 0) for row, line in enumerate(shown)])
    days = pl.concat([line.points["day"] for line in shown])
    events.add(figure, marks, days.max() - days.min(), theme)  # type: ignore[operator, arg-type]
    return figure


def common_day(lines: Sequence[pl.DataFrame]) -> datetime | None:
    """The first day on which every series has begun; None without series."""
    firsts = (frame["day"].min() for frame in lines if frame.height)
    return max((first for first in firsts if isinstance(first, datetime)), default=None)


def indexed(points: pl.DataFrame, base: datetime) -> pl.DataFrame:
    """The values with 100 for the first one at or after `base`; earlier ones are left out. Empty without any."""
    later = points.filter(pl.col("day") >= base).sort("day")
    if later.is_empty() or not later["value"][0]:
        return later.clear()
    return later.with_columns(value=pl.col("value") / later["value"][0] * 100)


def merged(series: Sequence[pl.DataFrame], kind: str) -> pl.DataFrame:
    """One thing under several names as one series: added where figures add up, else the best rank or highest count."""
    rows = pl.concat([frame.select(pl.col("period_end").alias("day"), "value", "reading_id") for frame in series])
    value = pl.col("value")
    joined = value.sum() if kind in ADDED else value.min() if kind in RANKS else value.max()
    return rows.group_by("day").agg(joined, pl.col("reading_id").last()).sort("day")


def _trace(line: Line, base: datetime | None, say: Language, *, focus: bool) -> go.Scatter:
    x: list[Any] = []
    y: list[float | None] = []
    told: list[list[Any]] = []
    for day, value, reading, ends in _points(line.points):
        x.append(day)
        y.append(value)
        told.append([reading, _told(value, base, say)])
        if ends:
            x.append(day)
            y.append(None)
            told.append([None, ""])
    return go.Scatter(
        x=x, y=y, customdata=told, name=line.name, mode="lines+markers" if len(x) < 80 else "lines",  # noqa: PLR2004 - dots while they can be told apart
        line={"color": line.colour, "width": 2.75 if focus else 1.75, "dash": line.dash},
        marker={"size": 5, "color": line.colour}, connectgaps=False,
        hovertemplate="<b>%{fullData.name}</b>  %{customdata[1]}<extra></extra>",
    )  # fmt: skip


def _points(points: pl.DataFrame) -> list[tuple[datetime, float, str, bool]]:
    """Each figure with its reading, and whether a gap follows it."""
    steps = points["day"].diff().drop_nulls()
    usual = steps.median()
    limit = usual * LATE if isinstance(usual, timedelta) else None
    rows = list(points.select("day", "value", "reading_id").iter_rows())
    after = [*(later[0] - row[0] for row, later in pairwise(rows)), timedelta()]
    return [
        (_plain(day), value, reading, limit is not None and gap > limit)
        for (day, value, reading), gap in zip(rows, after, strict=True)
    ]


def _told(value: float, base: datetime | None, say: Language) -> str:
    return say("developers.hover_index", n=say.number(round(value))) if base else say.compact(value)


def _layout(lines: Sequence[Line], kind: str, base: datetime | None, say: Language, theme: Theme) -> dict[str, Any]:
    axis = _axis(lines, kind, say, theme)
    labels = [_label(line, axis, base, say, focus=row == 0) for row, line in enumerate(lines)]
    days = pl.concat([line.points["day"] for line in lines]).sort()
    hundred = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 100, "y1": 100, "layer": "below",
               "line": {"color": theme.covered, "width": 1}}  # fmt: skip
    return {
        **theme.layout(),
        "height": HEIGHT,
        "margin": {**MARGIN, "r": room(labels)},
        "hovermode": "x unified",
        "xaxis": {**theme.time_axis(), "range": time_range(days[0], days[-1]), "hoverformat": "%-d %b %Y"},
        "yaxis": axis,
        "shapes": [hundred] if base else [],
        "annotations": placed(labels, _plain(days[-1]), HEIGHT - MARGIN["t"] - MARGIN["b"], theme),
    }  # fmt: skip


def _axis(lines: Sequence[Line], kind: str, say: Language, theme: Theme) -> dict[str, Any]:
    values = [float(value) for line in lines for value in line.points["value"]]
    if kind not in RANKS:
        return amount_axis(0, max(values), say, theme)
    ticks = log_ticks(min(values), max(values))
    axis = amount_axis(min(values), max(values), say, theme, log=True)
    return axis | {"range": [log10(ticks[-1]), log10(ticks[0])]}


def _label(line: Line, axis: dict[str, Any], base: datetime | None, say: Language, *, focus: bool) -> EndLabel:
    value = float(line.points["value"][-1])
    low, high = axis["range"]
    place = log10(value) if axis["type"] == "log" else value
    told = say.number(round(value)) if base else say.compact(value)
    name = line.name if len(line.name) <= LONGEST else f"{line.name[: LONGEST - 1]}…"
    return EndLabel(name, told, (place - low) / (high - low), line.colour, focus=focus, whole=line.name)


def _plain(moment: Any) -> datetime:  # noqa: ANN401 - polars gives its extremes no narrower type
    """The moment as Plotly takes it: UTC without a zone."""
    plain: datetime = moment.replace(tzinfo=None)
    return plain
