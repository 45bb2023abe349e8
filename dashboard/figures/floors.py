"""Predicted floors by model: the least time a token or a prompt can take, as a span between two bandwidths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard.figures.amounts import straight_ticks
from dashboard.figures.theme import Theme
from dashboard.language import Language

ROW = 34
"""Height of one model's row, pixels."""
MARGIN = {"l": 148, "r": 64, "t": 48, "b": 48}
MOST = 16
"""Rows that the figure has room for."""
HEIGHT = ROW * 10 + MARGIN["t"] + MARGIN["b"]
"""Its height with the ten models that are known."""


def floors_figure(floors: pl.DataFrame, measured: pl.DataFrame, measure: str, say: Language, theme: Theme) -> go.Figure:
    """`warehouse.reads.floors.floors` for one device and context; `measure`: ``"decode"`` or ``"prefill"``."""
    column = "decode_ms" if measure == "decode" else "prefill_ms"
    rows = floors.sort(column, descending=True)
    figure = go.Figure(layout=_layout(rows, [*rows[column], *measured["ms"]], say, theme))
    if measure == "decode":
        figure.add_trace(_spans(rows, say, theme))
    figure.add_trace(_dots(rows, column, set(measured["name"]), say, theme))
    if measured.height:
        figure.add_trace(_measured(measured, say, theme))
    return figure


def _measured(measured: pl.DataFrame, say: Language, theme: Theme) -> go.Scatter:
    """What the local engine was measured to take: full dots, columns name and ms."""
    return go.Scatter(
        x=measured["ms"].to_list(),
        y=measured["name"].to_list(),
        customdata=[
            [row["reading_id"], f"{say.number(round(row['ms'], 2))} ms"] for row in measured.iter_rows(named=True)
        ],
        text=[f"  {say.number(round(value, 2))}" for value in measured["ms"]],
        textposition="middle right",
        textfont={"color": theme.ink, "size": 13},
        mode="markers+text",
        cliponaxis=False,
        name=say("latency.measured"),
        marker={"symbol": "diamond", "size": 11, "color": theme.ink},
        hovertemplate=f"<b>%{{y}}</b>  %{{customdata[1]}}  ·  {say('latency.measured')}<extra></extra>",
    )


def _spans(rows: pl.DataFrame, say: Language, theme: Theme) -> go.Scatter:
    """From the datasheet's bandwidth to the one that a copy reaches."""
    x: list[float | None] = []
    y: list[str | None] = []
    for row in rows.iter_rows(named=True):
        x += [row["decode_ms_datasheet"], row["decode_ms"], None]
        y += [row["name"], row["name"], None]
    return go.Scatter(x=x, y=y, mode="lines", line={"width": 6, "color": theme.covered}, hoverinfo="skip",
                      name=say("latency.span"))  # fmt: skip


def _dots(rows: pl.DataFrame, column: str, measured: set[str], say: Language, theme: Theme) -> go.Scatter:
    """The floors; a number stands beside the last mark of its row, which is the measurement where there is one."""
    said = [f"  {say.number(round(value, 2))}" for value in rows[column]]
    return go.Scatter(
        x=rows[column].to_list(),
        y=rows["name"].to_list(),
        customdata=[[None, f"{say.number(round(value, 2))} ms"] for value in rows[column]],
        text=["" if name in measured else text for name, text in zip(rows["name"], said, strict=True)],
        textposition="middle right",
        textfont={"color": theme.ink, "size": 13},
        mode="markers+text",
        cliponaxis=False,
        name=say("latency.predicted"),
        marker={"symbol": "circle-open", "size": 11, "color": theme.ink, "line": {"width": 2, "color": theme.ink}},
        hovertemplate=f"<b>%{{y}}</b>  %{{customdata[1]}}  ·  {say('latency.predicted')}<extra></extra>",
    )


def _layout(rows: pl.DataFrame, values: Sequence[float], say: Language, theme: Theme) -> dict[str, Any]:
    high = max((float(value) for value in values), default=1.0)
    ticks = straight_ticks(high)
    return {
        **theme.layout(),
        "height": HEIGHT,
        "margin": MARGIN,
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"color": theme.ink, "size": 12},
                   "itemclick": False, "itemdoubleclick": False},
        "hovermode": "closest",
        "xaxis": {"range": [0, high * 1.04], "tickvals": ticks,
                  "ticktext": [say.number(tick) for tick in ticks], "tickangle": 0,
                  "title": {"text": "ms", "font": {"color": theme.quiet, "size": 12}},
                  "gridcolor": theme.rule, "zerolinecolor": theme.covered, "tickfont": {"color": theme.quiet},
                  "fixedrange": True},
        "yaxis": {"type": "category", "tickfont": {"color": theme.ink}, "fixedrange": True, "showgrid": False,
                  "categoryorder": "array", "categoryarray": rows["name"].to_list()},
    }  # fmt: skip
