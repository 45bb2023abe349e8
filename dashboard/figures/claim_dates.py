"""One published figure over the days it speaks of, and under it the figures it was set beside, a lane each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard.figures.claims_timeline import SYMBOLS, app_colour
from dashboard.figures.theme import Theme
from dashboard.language import Language
from essor.model.apps import App

LANE, HEAD, FOOT = 68, 8, 48
"""The height of a lane, and the room above and below all of them, pixels."""
ROOM = 0.04
"""The room beside the first and the last day, as a share of the days between."""


def height_of(claims: pl.DataFrame) -> int:
    """The height of the figure, pixels."""
    return HEAD + FOOT + LANE * max(claims.height, 1)


def claim_dates_figure(claims: pl.DataFrame, apps: Sequence[App], say: Language, theme: Theme) -> go.Figure:
    """The figure of `warehouse.reads.claims.claims`'s rows, the claim itself first; a launch is a line through all."""
    rows = list(claims.iter_rows(named=True))
    figure = go.Figure(layout=_layout(rows, claims, theme))
    middle = _middle(rows)
    for lane, row in enumerate(reversed(rows)):
        colour = app_colour(row["app"], apps, theme)
        figure.add_trace(_days(row, lane, colour, say))
        if row["verdict"] == "contradicted":
            figure.add_trace(_struck(row, lane, say, theme))
        figure.add_annotation(_label(row, lane, say, theme, left=first_day(row) <= middle))
    figure.update_layout(shapes=[_launch(row, theme) for row in rows if row["quantity"] == "launch"])
    return figure


def first_day(row: dict[str, Any]) -> date:
    """The first day a claim speaks of; its last where it names no first."""
    day: date = row["since"] or row["until"]
    return day


def amount(row: dict[str, Any], say: Language) -> str:
    """What is claimed, in words: ``"about 500,000 downloads"``, ``"came out"``."""
    if row["value"] is None:
        return say("claims.dates.launch")
    value = say.ordinal(round(row["value"])) if row["quantity"] == "rank" else say.number(row["value"])
    return say(f"claims.bound.{row['bound']}", value=value, unit=say(f"claims.unit.{row['quantity']}"))


def _days(row: dict[str, Any], lane: int, colour: str, say: Language) -> go.Scatter:
    told = [None, row[f"statement_{say.code}"]]
    return go.Scatter(
        x=[first_day(row), row["until"]],
        y=[lane, lane],
        customdata=[told, told],
        name=row["said_by"],
        mode="lines+markers",
        line={"width": 4, "color": colour},
        marker={
            "symbol": ["line-ns", SYMBOLS[row["kind"]]],
            "size": [12, 13],
            "opacity": 1,
            "color": colour,
            "line": {"width": 2, "color": colour},
        },
        hovertemplate="<b>%{fullData.name}</b><br>%{customdata[1]}<extra></extra>",
    )


def _struck(row: dict[str, Any], lane: int, say: Language, theme: Theme) -> go.Scatter:
    marker = {"symbol": "x-thin", "size": 18, "line": {"width": 2.5, "color": theme.trouble}}
    return go.Scatter(x=[row["until"]], y=[lane], mode="markers", marker=marker, hoverinfo="skip",
                      name=say("verdict.contradicted"))  # fmt: skip


def _middle(rows: Sequence[dict[str, Any]]) -> date:
    days = [day for row in rows for day in (first_day(row), row["until"])] or [date.min]
    return min(days) + (max(days) - min(days)) / 2


def _label(row: dict[str, Any], lane: int, say: Language, theme: Theme, *, left: bool) -> dict[str, Any]:
    """Who says what, above its days; it reaches towards the middle, so that it stays within a narrow figure."""
    side = "left" if left else "right"
    told = [row["said_by"], say(f"kind_of_claim.{row['kind']}"), say(f"verdict.{row['verdict'] or 'unchecked'}")]
    return {
        "x": first_day(row) if left else row["until"], "xanchor": side, "xshift": 6 if left else 8, "align": side,
        "y": lane, "yanchor": "bottom", "yshift": 11,
        "showarrow": False, "text": f"<b>{amount(row, say)}</b><br>{' · '.join(told)}",
        "font": {"size": 13, "color": theme.ink},
    }  # fmt: skip


def _launch(row: dict[str, Any], theme: Theme) -> dict[str, Any]:
    line = {"width": 1, "color": theme.quiet, "dash": "dot"}
    return {"type": "line", "x0": row["until"], "x1": row["until"], "y0": 0, "y1": 1, "yref": "paper", "line": line,
            "layer": "below"}  # fmt: skip


def _layout(rows: Sequence[dict[str, Any]], claims: pl.DataFrame, theme: Theme) -> dict[str, Any]:
    days = [day for row in rows for day in (first_day(row), row["until"])] or [date.min, date.max]
    pad = max((max(days) - min(days)) * ROOM, timedelta(days=2))
    return {
        **theme.layout(),
        "height": height_of(claims),
        "margin": {"l": 8, "r": 16, "t": HEAD, "b": FOOT},
        "hovermode": "closest",
        "xaxis": {
            **theme.time_axis(),
            "hoverformat": "%-d %b %Y",
            "range": [str(min(days) - pad), str(max(days) + pad)],
        },
        "yaxis": {"visible": False, "range": [-0.25, len(rows) - 0.25], "fixedrange": True},
    }
