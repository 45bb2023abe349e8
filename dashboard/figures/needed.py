"""How far each app is from a better rank: downloads a day, a row an app, each with its band."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard.figures.amounts import straight_ticks
from dashboard.figures.bands import kind_keys, see_through
from dashboard.figures.labels import LETTER
from dashboard.figures.theme import Theme
from dashboard.language import Language
from essor.model.apps import App

HEIGHT = 400
MARGIN = {"r": 40, "t": 48, "b": 48}
THICK = 16
"""How thick a band is drawn, pixels."""


def needed_figure(
    rows: pl.DataFrame, apps: Sequence[App], *, reading: str | None, say: Language, theme: Theme
) -> go.Figure:
    """The rows of `warehouse.reads.needed.needed` for one goal; `reading` is the look at the chart behind them."""
    known = {app.slug: app for app in apps}
    shown = [row for row in rows.sort("rank", descending=True).iter_rows(named=True) if row["app"] in known]
    figure = go.Figure(layout=_layout([_name(row, known, say) for row in shown], rows, say, theme))
    for place, row in enumerate(shown):
        name, colour = _name(row, known, say), theme.of(known[row["app"]])
        figure.add_traces(_row(row, place, name, colour, told=[reading, needed_told(row, say)], say=say, theme=theme))
    figure.add_traces(kind_keys({"estimated"}, say, theme))
    return figure


def needed_told(row: dict[str, Any], say: Language) -> str:
    """The downloads a day in words, with their band."""
    low, central, high = (say.compact(row[name]) for name in ("low", "central", "high"))
    return say("needed.told", central=central, low=low, high=high)


def _name(row: dict[str, Any], known: dict[str, App], say: Language) -> str:
    return say("needed.row", app=known[row["app"]].name, rank=say.ordinal(row["rank"]))


def _row(
    row: dict[str, Any], place: int, name: str, colour: str, *, told: list[str | None], say: Language, theme: Theme
) -> list[go.Scatter]:
    """The band, and on it the centre with its number."""
    band = go.Scatter(
        x=[row["low"], row["high"]], y=[place, place], mode="lines", name=name, hoverinfo="skip", showlegend=False,
        line={"width": THICK, "color": see_through(colour, 0.32)},
    )  # fmt: skip
    centre = go.Scatter(
        x=[row["central"]],
        y=[place],
        customdata=[told],
        mode="markers+text",
        text=[say.compact(row["central"])],
        textposition="top center",
        textfont={"color": theme.ink, "size": 13},
        cliponaxis=False,
        name=name,
        showlegend=False,
        marker={"symbol": "line-ns", "size": THICK, "color": colour, "line": {"width": 2.5, "color": colour}},
        hovertemplate="<b>%{fullData.name}</b>  %{customdata[1]}<extra></extra>",
    )
    return [band, centre]


def _layout(names: Sequence[str], rows: pl.DataFrame, say: Language, theme: Theme) -> dict[str, Any]:
    high = max((float(value) for value in rows["high"]), default=1.0)
    ticks = straight_ticks(high)
    return {
        **theme.layout(),
        "height": HEIGHT,
        "margin": {**MARGIN, "l": 12 + int(LETTER * max(map(len, names), default=0))},
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"color": theme.ink, "size": 12},
                   "itemclick": False, "itemdoubleclick": False},
        "hovermode": "closest",
        "xaxis": {"range": [0, high * 1.04], "tickvals": ticks, "ticktext": [say.compact(tick) for tick in ticks],
                  "tickangle": 0, "title": {"text": say("needed.axis"), "font": {"color": theme.quiet, "size": 12}},
                  "showgrid": True, "gridcolor": theme.rule, "zerolinecolor": theme.covered,
                  "tickfont": {"color": theme.quiet}, "fixedrange": True},
        "yaxis": {"range": [-0.6, len(names) - 0.3], "tickvals": list(range(len(names))), "ticktext": list(names),
                  "tickfont": {"color": theme.ink}, "fixedrange": True, "showgrid": False, "zeroline": False},
    }  # fmt: skip
