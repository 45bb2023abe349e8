"""Downloads by days since launch: every app begins at zero, and no two kinds of figure look alike."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard.figures.amounts import amount_axis
from dashboard.figures.bands import Point, estimate_traces, kind_keys, measured_trace
from dashboard.figures.claims_timeline import SYMBOLS, app_colour, app_name
from dashboard.figures.point_labels import KEPT, POINT, Named, shifts
from dashboard.figures.theme import Theme
from dashboard.language import Language
from essor.model.apps import App

HEIGHT = 560
MARGIN = {"l": 56, "r": 64, "t": 70, "b": 48}
GOAL_ROOM = 18
"""The least room between the names of two milestones, pixels."""


def launch_race_figure(
    race: pl.DataFrame, apps: Sequence[App], milestones: Sequence[int], scale: str, *, say: Language, theme: Theme
) -> go.Figure:
    """The figure of `warehouse.reads.launches.race`."""
    layout = _layout(race, milestones, scale, say, theme)
    figure = go.Figure(layout=layout)
    for (slug, kind, _), rows in race.group_by("app", "kind", "source", maintain_order=True):
        colour, name = app_colour(str(slug), apps, theme), app_name(str(slug), apps)
        if kind == "estimated":
            dash = next((app.dash for app in apps if app.slug == slug), "solid")
            figure.add_traces(
                estimate_traces(_points(rows, say), 1, f"{name}, {say('figure_kind.estimated')}", colour, dash)
            )
        elif kind == "measured":
            figure.add_trace(measured_trace(_points(rows, say), 31, name, colour))
        else:
            figure.add_trace(_claim(rows.row(0, named=True), name, colour, say, theme))
    figure.update_layout(annotations=[*layout["annotations"], *_labels(race, apps, layout, say, theme)])
    figure.add_traces(kind_keys(set(race["kind"]), say, theme))
    return figure


def _points(rows: pl.DataFrame, say: Language) -> list[Point]:
    return [
        Point(row["days_since_launch"], row["low"], row["central"], row["high"], race_told(row, say))
        for row in rows.sort("days_since_launch").iter_rows(named=True)
    ]


def race_told(row: dict[str, Any], say: Language) -> str:
    """A point in words: its value with its band, and which day."""
    amount = say.compact(row["central"])
    if row["high"] is None:
        amount = say("race.at_least", n=amount)
    elif row["low"] < row["high"]:
        amount = say("race.band", n=amount, low=say.compact(row["low"]), high=say.compact(row["high"]))
    return say("race.hover", amount=amount, day=say.short_day(row["day"]))


def _claim(row: dict[str, Any], name: str, colour: str, say: Language, theme: Theme) -> go.Scatter:
    band = {"type": "data", "symmetric": False, "array": [(row["high"] or row["central"]) - row["central"]],
            "arrayminus": [row["central"] - row["low"]], "thickness": 1.5, "width": 4, "color": colour}  # fmt: skip
    struck = row["verdict"] == "contradicted"
    told = race_told(row, say) + (f" · {say('verdict.contradicted')}" if struck else "")
    return go.Scatter(
        x=[row["days_since_launch"]],
        y=[row["central"]],
        error_y=band if row["low"] < row["central"] else None,
        customdata=[[None, f"{say('kind_of_claim.' + row['kind'])} · {told}"]],
        name=name,
        mode="markers+text",
        text=["×" if struck else ""],
        textposition="middle center",
        textfont={"size": 22, "color": theme.trouble},
        marker={"symbol": SYMBOLS[row["kind"]], "size": 12, "color": colour, "line": {"width": 2, "color": colour}},
        hovertemplate="<b>%{fullData.name}</b>  %{customdata[1]}<extra></extra>",
        showlegend=False,
    )


def _fronts(countries: str | None, say: Language) -> str:
    codes = (countries or "").split(",")
    return say.country(codes[0]) if len(codes) == 1 else say.count("race.fronts", len(codes))


def _labels(
    race: pl.DataFrame, apps: Sequence[App], layout: dict[str, Any], say: Language, theme: Theme
) -> list[dict[str, Any]]:
    """The names: of each estimate at its end, with the storefront or the number of those it is the sum of, then of the
    published points beside them; the apps of the watch list choose their side first, in its order.
    """
    order = {app.slug: place for place, app in enumerate(apps)}
    last = race.filter(pl.col("kind") == "estimated", pl.col("central") > 0).sort("days_since_launch")
    ends = list(last.group_by("app", "source", maintain_order=True).last().iter_rows(named=True))
    published = race.filter(pl.col("kind").is_in(list(SYMBOLS)))
    found = sorted(published.iter_rows(named=True), key=lambda row: (order.get(row["app"], len(order)), row["central"]))
    points = [Named(*_shares(row, layout), f"{app_name(row['app'], apps)}, {_fronts(row['countries'], say)}", end=True)
              for row in ends]  # fmt: skip
    points += [Named(*_shares(row, layout), app_name(row["app"], apps)) for row in found]
    sides = shifts(points, HEIGHT - MARGIN["t"] - MARGIN["b"])
    log = layout["yaxis"]["type"] == "log"
    return [
        {"name": KEPT if point.end else POINT, "x": row["days_since_launch"],
         "y": log10(row["central"]) if log else row["central"], "xshift": side[0], "yshift": side[1],
         "text": point.name, "showarrow": False,
         "font": {"size": 12, "color": theme.quiet if point.end else theme.ink}}
        for row, point, side in zip([*ends, *found], points, sides, strict=True) if side
    ]  # fmt: skip


def _apart(goals: Sequence[int], top: float, *, log: bool) -> list[int]:
    """The goals whose names have room, the highest first: on a straight scale the low ones would lie on each other."""
    if log:
        return list(goals)
    kept: list[int] = []
    for goal in sorted(goals, reverse=True):
        if not kept or (kept[-1] - goal) / top * HEIGHT > GOAL_ROOM:
            kept.append(goal)
    return kept


def _shares(row: dict[str, Any], layout: dict[str, Any]) -> tuple[float, float]:
    """Where a point is on the plot, across and up."""
    left, right = layout["xaxis"]["range"]
    low, high = layout["yaxis"]["range"]
    value = log10(row["central"]) if layout["yaxis"]["type"] == "log" else row["central"]
    return (row["days_since_launch"] - left) / (right - left), (value - low) / (high - low)


def _layout(race: pl.DataFrame, milestones: Sequence[int], scale: str, say: Language, theme: Theme) -> dict[str, Any]:
    log = scale == "log"
    highs = [float(value) for value in race.select(pl.coalesce("high", "central")).to_series()] or [1.0]
    lows = [float(value) for value in race["low"] if value > 0] or [1.0]
    last = int(race["days_since_launch"].max() or 1)  # type: ignore[arg-type]
    axis = amount_axis(max(min(lows), 100.0), max(highs), say, theme, log=log)
    top = 10 ** axis["range"][1] if log else axis["range"][1]
    bottom = 10 ** axis["range"][0] if log else 0
    goals = _apart([goal for goal in milestones if bottom <= goal <= top], top, log=log)
    return {
        **theme.layout(),
        "height": HEIGHT,
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.03, "yanchor": "bottom", "font": {"color": theme.ink, "size": 12},
                   "itemclick": False, "itemdoubleclick": False},
        "margin": MARGIN,
        "hovermode": "closest",
        "xaxis": {"range": [-last / 40, last * 1.04],
                  "title": {"text": say("race.axis"), "font": {"color": theme.quiet, "size": 12}},
                  "showgrid": False, "zeroline": True, "zerolinecolor": theme.covered, "linecolor": theme.rule,
                  "tickfont": {"color": theme.quiet}, "ticks": "outside", "tickcolor": theme.rule, "fixedrange": True,
                  "rangemode": "nonnegative"},
        "yaxis": axis,
        "shapes": [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": goal, "y1": goal, "layer": "below",
                    "line": {"color": theme.covered, "width": 1, "dash": "dot"}} for goal in goals],
        "annotations": [{"xref": "paper", "x": 1, "y": log10(goal) if log else goal, "xanchor": "left", "xshift": 8,
                         "text": say.compact(goal), "showarrow": False, "font": {"color": theme.quiet, "size": 12}}
                        for goal in goals],
    }  # fmt: skip
