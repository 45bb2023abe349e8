"""How each day's looks ended, by source: what was collected and what was not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard.figures.theme import Theme
from dashboard.language import Language
from essor.model.observation import Status

ORDER = [status.value for status in Status]
PATTERNS = {"partial": "/", "empty": ".", "not_available": ".", "wrong_storefront": "x", "wrong_chart": "x",
            "refused": "+", "blocked": "\\", "failed": "x", "layout_changed": "-"}  # fmt: skip
HEIGHT = 280
DAY = 86_400_000
"""Milliseconds of a day: how Plotly counts the width of a bar in time."""
FEW = 5
"""Up to so many looks a day each has its own tick."""


def collection_days_figure(statuses: pl.DataFrame, first: date, last: date, say: Language, theme: Theme) -> go.Figure:
    """Bars of `warehouse.reads.health.statuses`: looks a day, stacked by how they ended."""
    days = statuses.group_by("day", "status").agg(pl.col("readings").sum())
    present = [status for status in ORDER if status in set(days["status"])]
    figure = go.Figure(layout=_layout(first, last, _most(days), say, theme))
    for status in present:
        figure.add_trace(_bars(days.filter(pl.col("status") == status).sort("day"), status, say, theme))
    return figure


def _most(days: pl.DataFrame) -> int:
    return int(days.group_by("day").agg(pl.col("readings").sum())["readings"].max() or 0)  # type: ignore[arg-type]


def _bars(days: pl.DataFrame, status: str, say: Language, theme: Theme) -> go.Bar:
    colour = status_colour(status, theme)
    return go.Bar(
        x=days["day"].to_list(),
        y=days["readings"].to_list(),
        width=0.85 * DAY,
        name=say(f"status.{status}"),
        marker={"color": colour, "line": {"width": 0}, "pattern": _pattern(status, theme)},
        hovertemplate=f"{say(f'status.{status}')}  <b>%{{y}}</b><extra></extra>",
    )


def status_colour(status: str, theme: Theme) -> str:
    """The colour of a status: ink for what is usable, the colours of trouble for the rest."""
    if status in ("complete", "partial"):
        return theme.quiet
    if status == "refused":
        return theme.refused
    return theme.trouble if status in ("blocked", "failed", "layout_changed") else theme.covered


def _pattern(status: str, theme: Theme) -> dict[str, Any]:
    return {"shape": PATTERNS.get(status, ""), "fgcolor": theme.surface, "size": 6, "solidity": 0.35}


def _layout(first: date, last: date, most: int, say: Language, theme: Theme) -> dict[str, Any]:
    half = timedelta(hours=12)
    return {
        **theme.layout(),
        "height": HEIGHT,
        "barmode": "stack",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"color": theme.ink}},
        "margin": {"l": 40, "r": 8, "t": 40, "b": 44},
        "hovermode": "x unified",
        "xaxis": {
            **theme.time_axis(),
            "range": [f"{first} 00:00", f"{last} 23:59"] if first != last else [str(first - half), str(last + half)],
            "hoverformat": "%-d %b %Y",
        },
        "yaxis": {
            "rangemode": "tozero", "gridcolor": theme.rule, "tickfont": {"color": theme.quiet}, "fixedrange": True,
            "zeroline": False, "nticks": 5, **({"dtick": 1} if most <= FEW else {}),
            "separatethousands": True,
        },
        "separators": ",\u202f" if say.code == "fr" else ".,",
    }  # fmt: skip
