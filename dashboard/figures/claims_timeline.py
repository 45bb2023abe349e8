"""Published figures by day and size: who speaks is the shape, the app the colour, what is contradicted is struck."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import log10
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard.figures.amounts import amount_axis
from dashboard.figures.point_labels import POINT, Named, shifts
from dashboard.figures.theme import Theme
from dashboard.language import Language
from essor.model.apps import App

HEIGHT = 480
PLOT = 372
"""The height of the plot itself, pixels."""
SYMBOLS = {"company": "diamond", "press": "square-open", "vendor_estimate": "circle-open", "official": "triangle-up"}
"""One shape a kind of speaker, on every figure that shows claims."""


def claims_timeline_figure(claims: pl.DataFrame, apps: Sequence[App], say: Language, theme: Theme) -> go.Figure:
    """The downloads among `warehouse.reads.claims.claims`'s rows; ranks, users and launches have another axis."""
    shown = claims.filter(pl.col("quantity") == "downloads", pl.col("value").is_not_null())
    figure = go.Figure(layout=_layout(shown, say, theme))
    for kind in SYMBOLS:
        for (slug,), rows in shown.filter(pl.col("kind") == kind).group_by("app", maintain_order=True):
            figure.add_trace(_points(rows, kind, app_colour(str(slug), apps, theme), apps, say))
    figure.add_trace(_struck(shown.filter(pl.col("verdict") == "contradicted"), say, theme))
    figure.add_traces(_keys(shown, say, theme))
    figure.update_layout(annotations=_names(shown, apps, figure.layout, theme))
    return figure


def app_name(slug: str, apps: Sequence[App]) -> str:
    """An app's name; one that is not followed bears its slug as a name."""
    return next((app.name for app in apps if app.slug == slug), slug.replace("-", " ").title())


def app_colour(slug: str, apps: Sequence[App], theme: Theme) -> str:
    """An app's colour; one that is not followed is quiet."""
    return next((theme.of(app) for app in apps if app.slug == slug), theme.quiet)


def _points(rows: pl.DataFrame, kind: str, colour: str, apps: Sequence[App], say: Language) -> go.Scatter:
    return go.Scatter(
        x=rows["until"].to_list(),
        y=rows["value"].to_list(),
        customdata=[[None, row[f"statement_{say.code}"], _who(row, say)] for row in rows.iter_rows(named=True)],
        name=app_name(rows["app"][0], apps),
        mode="markers",
        marker={"symbol": SYMBOLS[kind], "size": 12, "color": colour, "line": {"width": 2, "color": colour}},
        hovertemplate="<b>%{fullData.name}</b><br>%{customdata[1]}<br>%{customdata[2]}<extra></extra>",
        showlegend=False,
    )


def _who(row: dict[str, Any], say: Language) -> str:
    verdict = say(f"verdict.{row['verdict']}") if row["verdict"] else say("verdict.unchecked")
    return f"{say('kind_of_claim.' + row['kind'])} · {row['said_by']} · {verdict}"


def _struck(rows: pl.DataFrame, say: Language, theme: Theme) -> go.Scatter:
    return go.Scatter(
        x=rows["until"].to_list(),
        y=rows["value"].to_list(),
        name=say("verdict.contradicted"),
        mode="markers",
        marker={"symbol": "x-thin", "size": 16, "line": {"width": 2, "color": theme.trouble}},
        hoverinfo="skip",
        showlegend=rows.height > 0,
    )


def _keys(shown: pl.DataFrame, say: Language, theme: Theme) -> list[go.Scatter]:
    """The legend: the shapes in ink; the apps are named beside their points."""
    kinds = [kind for kind in SYMBOLS if kind in set(shown["kind"])]
    return [_key(say(f"kind_of_claim.{kind}"), SYMBOLS[kind], theme.ink) for kind in kinds]


def _names(shown: pl.DataFrame, apps: Sequence[App], layout: Any, theme: Theme) -> list[dict[str, Any]]:  # noqa: ANN401 - Plotly's own
    """Each app's name beside its largest figure, and beside the others where there is room."""
    first, last = shown["until"].min(), shown["until"].max()
    if not isinstance(first, date) or not isinstance(last, date):
        return []
    days, (low, high) = max((last - first).days, 1), layout.yaxis.range
    largest = pl.col("value") == pl.col("value").max().over("app")
    found = list(shown.sort(~largest, pl.col("value"), descending=[False, True]).iter_rows(named=True))
    points = [
        Named(
            (row["until"] - first).days / days, (log10(row["value"]) - low) / (high - low), app_name(row["app"], apps)
        )
        for row in found
    ]
    return [
        {"name": POINT, "x": row["until"], "y": log10(row["value"]), "xshift": side[0], "yshift": side[1],
         "text": point.name, "showarrow": False, "font": {"size": 12, "color": theme.ink}}
        for row, point, side in zip(found, points, shifts(points, PLOT), strict=True) if side
    ]  # fmt: skip


def _key(name: str, symbol: str, colour: str) -> go.Scatter:
    marker = {"symbol": symbol, "size": 10, "color": colour, "line": {"width": 2, "color": colour}}
    return go.Scatter(x=[None], y=[None], name=name, mode="markers", marker=marker, hoverinfo="skip")


def _layout(shown: pl.DataFrame, say: Language, theme: Theme) -> dict[str, Any]:
    values = [float(value) for value in shown["value"].to_list()] or [1.0]
    return {
        **theme.layout(),
        "height": HEIGHT,
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": -0.14, "yanchor": "top", "font": {"color": theme.ink, "size": 12},
                   "itemclick": False, "itemdoubleclick": False},
        "margin": {"l": 52, "r": 16, "t": 16, "b": 92},
        "hovermode": "closest",
        "xaxis": {**theme.time_axis(), "hoverformat": "%-d %b %Y"},
        "yaxis": amount_axis(min(values), max(values), say, theme, log=True),
    }  # fmt: skip
