"""Downloads a day: estimates with their bands, measured installs, and claims spread over the days they speak of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard.figures import events
from dashboard.figures.amounts import amount_axis
from dashboard.figures.bands import Point, estimate_traces, kind_keys, measured_trace
from dashboard.figures.claims_timeline import SYMBOLS
from dashboard.figures.events import Mark
from dashboard.figures.theme import Theme
from dashboard.language import Language
from essor.model.apps import App

HEIGHT = 520
DASHES = {"rating_velocity": "solid", "rank_curve": "dot"}
"""The line of each method's centre."""
DAY = timedelta(days=1)


def downloads_figure(
    daily: pl.DataFrame,
    claims: pl.DataFrame,
    app: App,
    scale: str,
    *,
    say: Language,
    theme: Theme,
    marks: Sequence[Mark] = (),
) -> go.Figure:
    """The figure of `warehouse.reads.estimates.daily`, of one storefront, with claims that speak of it.

    `claims` has the columns day (the middle of its period), since, until, per_day, kind, said_by, statement.
    """
    log, colour = scale == "log", theme.of(app)
    figure = go.Figure(layout=_layout(daily, claims, say, theme, log=log))
    for (kind, method), rows in daily.group_by("kind", "method", maintain_order=True):
        name = say(f"method.{method}")
        if kind == "upper_bound":
            figure.add_trace(_bounds(rows, name, colour, say))
        elif kind == "measured":
            figure.add_trace(measured_trace(_points(rows, say), DAY, name, colour))
        else:
            figure.add_traces(estimate_traces(_points(rows, say), DAY, name, colour, DASHES.get(str(method), "dash")))
    figure.add_traces(_claims(claims, colour, say))
    figure.add_traces(kind_keys({*daily["kind"], *claims["kind"]}, say, theme))
    events.add(figure, marks, daily["day"].max() - daily["day"].min(), theme)  # type: ignore[operator, arg-type]
    return figure


def _points(rows: pl.DataFrame, say: Language) -> list[Point]:
    return [
        Point(_noon(row["day"]), row["low"], row["central"], row["high"], _told(row, say))
        for row in rows.sort("day").iter_rows(named=True)
        if row["central"] is not None
    ]


def _noon(day: date) -> datetime:
    """A figure of a whole day stands in its middle."""
    return datetime.combine(day, time(12))


def _told(row: dict[str, Any], say: Language) -> str:
    low, central, high = (say.compact(row[name]) for name in ("low", "central", "high"))
    if row["kind"] == "measured":
        return say("downloads.hover_measured", central=central)
    return say("downloads.hover_estimated", low=low, central=central, high=high)


def _bounds(rows: pl.DataFrame, name: str, colour: str, say: Language) -> go.Scatter:
    return go.Scatter(
        x=[_noon(day) for day in rows["day"]],
        y=rows["high"].to_list(),
        customdata=[[None, say("downloads.hover_bound", high=say.compact(high))] for high in rows["high"]],
        name=name,
        mode="markers",
        marker={"symbol": "triangle-down-open", "size": 9, "color": colour, "line": {"width": 2, "color": colour}},
        hovertemplate="<b>%{fullData.name}</b>  %{customdata[1]}<extra></extra>",
        showlegend=False,
    )


def _claims(claims: pl.DataFrame, colour: str, say: Language) -> list[go.Scatter]:
    """Each claim as its shape over the middle of its days, with a thin line as long as they are."""
    traces = []
    for row in claims.iter_rows(named=True):
        told = [None, say("downloads.hover_claim", said=row["statement"], per_day=say.compact(row["per_day"]))]
        traces.append(
            go.Scatter(
                x=[row["since"], row["day"], row["until"]],
                y=[row["per_day"]] * 3,
                customdata=[told] * 3,
                name=row["said_by"],
                mode="lines+markers",
                line={"width": 1.5, "color": colour},
                marker={
                    "symbol": SYMBOLS[row["kind"]],
                    "size": [0, 12, 0],
                    "color": colour,
                    "line": {"width": 2, "color": colour},
                },
                hovertemplate="<b>%{fullData.name}</b>  %{customdata[1]}<extra></extra>",
                showlegend=False,
            )
        )
    return traces


def _layout(daily: pl.DataFrame, claims: pl.DataFrame, say: Language, theme: Theme, *, log: bool) -> dict[str, Any]:
    highs = [*daily["high"].drop_nulls(), *claims["per_day"]] or [1.0]
    lows = [value for value in (*daily["low"].drop_nulls(), *claims["per_day"]) if value > 0] or [1.0]
    return {
        **theme.layout(),
        "height": HEIGHT,
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.06, "yanchor": "bottom", "font": {"color": theme.ink, "size": 12},
                   "itemclick": False, "itemdoubleclick": False},
        "margin": {"l": 56, "r": 16, "t": 60, "b": 44},
        "hovermode": "x unified" if daily.height > 1 else "closest",
        "xaxis": {**theme.time_axis(), "hoverformat": "%-d %b %Y"} | _span(daily),
        "yaxis": amount_axis(min(lows), max(highs), say, theme, log=log),
    }  # fmt: skip


def _span(daily: pl.DataFrame) -> dict[str, Any]:
    """The axis over the days that have figures; a day beside it where there is but one."""
    first, last = daily["day"].min(), daily["day"].max()
    if first is None or last is None:
        return {}
    pad = max((last - first) / 60, DAY)  # type: ignore[operator]
    return {"range": [str(first - pad), str(last + DAY + pad)]}  # type: ignore[operator]
