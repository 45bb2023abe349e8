"""Ranks over time: 1 at the top, gaps as gaps, absence below, coverage under the axis; one panel a storefront."""

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
from dashboard.figures.events import Mark
from dashboard.figures.labels import EndLabel, placed, room
from dashboard.figures.panels import NARROWEST, Grid, grid_of, moved
from dashboard.figures.theme import Theme, time_range
from dashboard.history import DAILY, by_app, gaps, looks, of_app
from dashboard.language import Language
from essor.model.apps import App
from essor.model.observation import State

HEIGHT = 560
"""Height of the figure of one storefront, pixels."""
MARGIN = {"l": 34, "t": 26, "b": 44}
PANEL, TITLE = 320, 26
"""Height of one panel of several, and of the name over it, pixels."""
TICKS = (1, 3, 10, 30, 100, 200)
BAND = (0.12, 0.19)
"""Where the band of absence is, as a share of the height."""
TOP, BELOW = -0.05, 1.04
"""Room above rank 1 (a power of ten) and below the deepest tick (a factor)."""
MANY = 150
"""From this many looks on the dots are drawn small."""


@dataclass(frozen=True, slots=True)
class Front:
    """One storefront's ranks, a panel of the figure."""

    frame: pl.DataFrame
    """The frame of `warehouse.reads.charts.rank_history`; empty where the chart was not observed."""
    cadence: timedelta | None
    """The usual time between two points."""
    name: str = ""
    """The storefront's name, which stands over the panel; none over a lone one."""


@dataclass(frozen=True, slots=True)
class _Panel:
    """A storefront's ranks as they are drawn."""

    number: int
    """Its place among the panels, from 0."""
    front: Front
    series: pl.DataFrame
    seen: pl.DataFrame
    apps: Sequence[App]
    """Those of the apps that were asked for here."""


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all panels have in common, so that they can be compared."""

    depth: int
    """The lowest rank that the axis shows."""
    span: tuple[datetime, datetime] | None
    """The first and the last look of all; None where nobody looked."""
    absent: bool
    """Whether the band of absence is given room."""
    alone: bool
    """Whether there is but one panel."""
    marks: Sequence[Mark]
    say: Language
    theme: Theme


def rank_history_figure(
    fronts: Sequence[Front],
    apps: Sequence[App],
    say: Language,
    theme: Theme,
    *,
    marks: Sequence[Mark] = (),
    bridged: bool = False,
) -> go.Figure:
    """The figure of the ranks in one storefront or in several, one panel each; the first of `apps` is in focus.

    `marks` are drawn as numbered lines; `bridged` joins the ends of each gap by a faint dotted line.
    """
    panels = [_panel(number, front, apps) for number, front in enumerate(fronts)]
    shared = _shared(panels, marks, say, theme)
    traces = (_on(panel, trace) for panel in panels for trace in _traces(panel, shared, bridged=bridged))
    figure = go.Figure(layout=_layout(panels, shared))
    return figure.add_traces(list(traces))


def height_of(fronts: int) -> int:
    """The height of the figure of so many storefronts, pixels."""
    return _grid(fronts, MARGIN).height


def _grid(fronts: int, margin: dict[str, int]) -> Grid:
    if fronts == 1:
        return grid_of(1, margin, HEIGHT - MARGIN["t"] - MARGIN["b"])
    return grid_of(fronts, {**margin, "t": MARGIN["t"] + TITLE}, PANEL)


def _panel(number: int, front: Front, apps: Sequence[App]) -> _Panel:
    series = by_app(front.frame)
    return _Panel(number, front, series, looks(front.frame), [app for app in apps if app.slug in set(series["app"])])


def _shared(panels: Sequence[_Panel], marks: Sequence[Mark], say: Language, theme: Theme) -> _Shared:
    seen = [panel.seen for panel in panels if panel.seen.height]
    ends = [(looked["observed_at"][0], looked["observed_at"][-1]) for looked in seen]
    return _Shared(
        depth=max((_depth(looked) for looked in seen), default=TICKS[-2]),
        span=(min(first for first, _ in ends), max(last for _, last in ends)) if ends else None,
        absent=any(_any_absent(panel.series) for panel in panels),
        alone=len(panels) == 1,
        marks=marks,
        say=say,
        theme=theme,
    )


def _traces(panel: _Panel, shared: _Shared, *, bridged: bool) -> list[Any]:
    cadence, say, theme, traces = panel.front.cadence, shared.say, shared.theme, []
    for row, app in reversed(list(enumerate(panel.apps))):
        rows = of_app(panel.series, app.slug)
        if bridged:
            traces.append(_bridges(app, rows, cadence, theme))
        traces.append(_line(app, _with_gaps(rows, cadence), say, theme, focus=row == 0))
        traces.append(_absences(app, rows, say, theme, row=row))
    held = [] if panel.apps else [go.Scatter(x=[], y=[], hoverinfo="skip")]
    return [*held, *traces, *_coverage(panel.seen, cadence, shared)]


def _on(panel: _Panel, trace: Any) -> Any:  # noqa: ANN401 - one of Plotly's many traces
    """The trace on its own panel's axes; those of the first panel are named already."""
    if panel.number:
        strip = int((trace.yaxis or "y").removeprefix("y") or 1)
        trace.update(xaxis=_x(panel.number), yaxis=_y(panel.number, strip))
    return trace


def _x(panel: int) -> str:
    return f"x{panel + 1}" if panel else "x"


def _y(panel: int, strip: int) -> str:
    """The name of one of a panel's three axes: 1 of the ranks, 2 of the absences, 3 of the looks."""
    number = 3 * panel + strip
    return f"y{number}" if number > 1 else "y"


def _layout(panels: Sequence[_Panel], shared: _Shared) -> dict[str, Any]:
    """The layout with the panels beside each other; `meta` holds what changes where they are stacked.

    Several panels are as high as the place that they are given: it grows where they are stacked.
    """
    labels = [_end_labels(panel, shared) for panel in panels]
    grid = _grid(len(panels), {**MARGIN, "r": room([label for some in labels for label in some])})
    layout = {
        **shared.theme.layout(),
        **({"height": grid.height} if shared.alone else {}),
        "margin": grid.margin,
        "hovermode": "x unified",
        "hoversort": "value ascending",
        "barmode": "overlay",
        "bargap": 0,
        **_axes(panels, grid, shared),
        **_drawn_over(panels, labels, grid, shared),
    }
    if shared.alone:
        return layout
    column = grid.in_one_column()
    domains = {f"{name}.domain": axis["domain"] for name, axis in _axes(panels, column, shared).items()}
    stacked = {**domains, **_drawn_over(panels, labels, column, shared)}
    return {**layout, "meta": {"beside_from": NARROWEST, "stacked_height": column.height, "other": stacked}}


def _axes(panels: Sequence[_Panel], grid: Grid, shared: _Shared) -> dict[str, dict[str, Any]]:
    """The four axes of each panel, by their names in a layout."""
    axes: dict[str, dict[str, Any]] = {}
    ranks = _rank_axis(shared.depth, shared.theme, _rank_domain(absent=shared.absent))
    for panel in panels:
        cell, x = grid.cells[panel.number], _x(panel.number)
        strips = [ranks, _strip_axis(BAND, len(panel.apps)), _strip_axis((0.0, 0.03), 1)]
        time = {**_time_axis(shared.span, shared.theme), "anchor": _y(panel.number, 3)}
        axes[x.replace("x", "xaxis")] = time if shared.alone else {**time, "domain": cell.across}
        for number, strip in enumerate(strips, 1):
            inside = strip if shared.alone else {**strip, "domain": cell.up(strip["domain"]), "anchor": x}
            axes[_y(panel.number, number).replace("y", "yaxis")] = inside
    return axes


def _drawn_over(
    panels: Sequence[_Panel], labels: Sequence[Sequence[EndLabel]], grid: Grid, shared: _Shared
) -> dict[str, Any]:
    """The annotations and shapes of all panels, each in its place."""
    notes, shapes = [], []
    for panel, ends in zip(panels, labels, strict=True):
        band = [_band(shared.theme)] if _any_absent(panel.series) else []
        lines = [*band, *events.lines(shared.marks, shared.theme, bottom=0.03)]
        cell, x = grid.cells[panel.number], _x(panel.number)
        notes += [moved(note, cell, x) for note in _notes(panel, ends, grid, shared)]
        shapes += [moved(line, cell, x) for line in lines]
    return {"annotations": notes, "shapes": shapes}


def _notes(panel: _Panel, labels: Sequence[EndLabel], grid: Grid, shared: _Shared) -> list[dict[str, Any]]:
    """A panel's annotations as if it were the whole figure: ends of lines, captions, name, numbers of events."""
    say, theme = shared.say, shared.theme
    named = [] if shared.alone else [_name(panel.front.name, theme)]
    span = (shared.span[1] - shared.span[0]) * grid.columns if shared.span else timedelta(0)
    numbers = events.numbers(shared.marks, span, theme)
    if panel.seen.is_empty():
        return [*named, _unobserved(say, theme), *numbers]
    ends = placed(labels, _plain(panel.seen["observed_at"][-1]), grid.panel, theme)
    return [*ends, *_captions(panel.seen, say, theme, absent=_any_absent(panel.series)), *named, *numbers]


def _name(name: str, theme: Theme) -> dict[str, Any]:
    """The storefront's name over its panel."""
    return {
        "x": 0, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom", "yshift": 18,
        "showarrow": False, "text": f"<b>{name}</b>", "font": {"size": 15, "color": theme.ink}, "borderpad": 0,
    }  # fmt: skip


def _unobserved(say: Language, theme: Theme) -> dict[str, Any]:
    """What stands in a panel whose chart nobody looked at."""
    return {
        "x": 0.5, "y": 0.6, "xref": "paper", "yref": "paper", "xanchor": "center", "yanchor": "middle",
        "showarrow": False, "text": say("rankings.unobserved"), "font": {"size": 14, "color": theme.quiet},
    }  # fmt: skip


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


def _time_axis(span: tuple[datetime, datetime] | None, theme: Theme) -> dict[str, Any]:
    return {
        **theme.time_axis(),
        "anchor": "y3",
        **({"range": time_range(*span)} if span else {"visible": False}),
        "hoverformat": "%-d %b %Y, %H:%M UTC",
        "showspikes": True,
        "spikemode": "across",
        "spikethickness": 1,
        "spikedash": "solid",
        "spikecolor": theme.quiet,
    }


def _any_absent(series: pl.DataFrame) -> bool:
    return not series.filter(pl.col("state") == State.ABSENT.value).is_empty()


def _rank_domain(*, absent: bool) -> tuple[float, float]:
    """The share of the height that the ranks have; the band of absence is given room only where it is needed."""
    return (0.25, 1.0) if absent else (0.11, 1.0)


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


def _coverage(seen: pl.DataFrame, cadence: timedelta | None, shared: _Shared) -> list[Any]:
    say, theme = shared.say, shared.theme
    moments = seen.filter("usable")["observed_at"].to_list()
    holes = gaps(moments, cadence)
    solid = [(a, b) for a, b in pairwise(moments) if (a, b) not in holes]
    holes += _beyond(seen, shared.span)
    missed = seen.filter(~pl.col("usable"))
    return [
        _bars(solid, {"color": theme.covered, "line": {"width": 0}}),
        _bars(holes, {"color": "rgba(0,0,0,0)", "line": {"width": 0}, "pattern": _hatch(theme)}),
        _missed(missed, say, theme),
    ]


def _beyond(seen: pl.DataFrame, span: tuple[datetime, datetime] | None) -> list[tuple[datetime, datetime]]:
    """The stretches before the first look and after the last one, where other storefronts were looked at."""
    if span is None:
        return []
    if seen.is_empty():
        return [span]
    edges = ((span[0], seen["observed_at"][0]), (seen["observed_at"][-1], span[1]))
    return [(start, end) for start, end in edges if end - start > DAILY]


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


def _end_labels(panel: _Panel, shared: _Shared) -> list[EndLabel]:
    """What stands at the end of each app's line."""
    say, theme = shared.say, shared.theme
    ranks, front, labels = _rank_domain(absent=shared.absent), panel.front.name, []
    for row, app in enumerate(panel.apps):
        for end in of_app(panel.series, app.slug).tail(1).iter_rows(named=True):
            value = say("label.absent") if end["rank"] is None else say.number(end["rank"])
            in_band = _row_height(row, len(panel.apps))
            height = _height(end["rank"], shared.depth, ranks) if end["rank"] is not None else in_band
            labels.append(EndLabel(app.name, value, height, theme.of(app), focus=row == 0, place=front))
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
