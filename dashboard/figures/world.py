"""An app's rank by storefront on a map, in steps; states too small to be seen are dots. Its height is the page's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard.figures.theme import Theme
from dashboard.language import Language

HEIGHT = 440
STEPS = (("1", 1, 1), ("2_3", 2, 3), ("4_10", 4, 10), ("11_30", 11, 30), ("31_100", 31, 100), ("over_100", 101, 10_000))
"""The steps of rank: name, first and last."""
COLOURS = {
    "light": ("#08304b", "#185b86", "#3f8abb", "#86b6d9", "#c5dcec", "#e2edf5"),
    "dark": ("#e8f3fb", "#b5d5ec", "#79aed3", "#467fa8", "#2b587a", "#203f57"),
}
"""One hue from strong to pale, on each ground; told apart without colour by lightness alone."""
ABSENT = {"light": "#d9cbb8", "dark": "#5b4f40"}
UNSEEN = ("not_observed", "refused", "failed")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a storefront is on the map."""

    id: str
    """The map's own name for it, ISO 3166 alpha-3."""
    dot: tuple[float, float] | None
    """Longitude and latitude where it is too small for a shape."""


def world_figure(fronts: pl.DataFrame, say: Language, theme: Theme) -> go.Figure:
    """The map of `warehouse.reads.ranks.by_storefront`; a storefront never looked at keeps the ground's colour."""
    figure = go.Figure(layout=_layout(theme))
    rows = [{**row, "step": step_of(row["state"], row["rank"])} for row in fronts.iter_rows(named=True)]
    for step in legend(rows):
        mine = [row for row in rows if row["step"] == step]
        figure.add_traces(_shown(mine, step, say, theme))
    return figure


def step_of(state: str, rank: int | None) -> str:
    """The step of a rank; ``"absent"`` or ``"not_observed"`` without one."""
    if rank is None:
        return "absent" if state == "absent" else "not_observed"
    return next(name for name, first, last in STEPS if first <= rank <= last)


def legend(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The steps in their order; the one beyond 100 where some rank is there."""
    present = {row["step"] for row in rows}
    names = [name for name, _, _ in STEPS if name != "over_100" or name in present]
    return [*names, "absent", "not_observed"]


def step_colour(step: str, theme: Theme) -> str:
    """The colour of a step in this theme."""
    if step == "absent":
        return ABSENT[theme.name]
    if step == "not_observed":
        return theme.band
    return COLOURS[theme.name][[name for name, _, _ in STEPS].index(step)]


@cache
def places() -> dict[str, Place]:
    """Every storefront that the map knows, by its two letters."""
    known = json.loads((files("dashboard") / "figures" / "places.json").read_text("utf-8"))
    return {code: Place(place["id"], tuple(place["dot"]) if "dot" in place else None) for code, place in known.items()}


def _shown(rows: Sequence[dict[str, Any]], step: str, say: Language, theme: Theme) -> list[Any]:
    """The shapes and the dots of one step; the dots' trace stands in the legend for both."""
    colour = step_colour(step, theme)
    known = [row for row in rows if row["country"] in places()]
    shapes = [row for row in known if places()[row["country"]].dot is None]
    dots = [row for row in known if places()[row["country"]].dot is not None]
    return [*([_shapes(shapes, colour, say, theme)] if shapes else []), _dots(dots, step, colour, say, theme)]


def _shapes(rows: Sequence[dict[str, Any]], colour: str, say: Language, theme: Theme) -> go.Choropleth:
    return go.Choropleth(
        locations=[places()[row["country"]].id for row in rows],
        z=[1] * len(rows),
        customdata=[[None, front_told(row, say)] for row in rows],
        text=[say.country(row["country"]) for row in rows],
        colorscale=[[0, colour], [1, colour]],
        showscale=False,
        marker={"line": {"width": 0.6, "color": theme.surface}},
        hovertemplate="<b>%{text}</b>  %{customdata[1]}<extra></extra>",
    )


def _dots(rows: Sequence[dict[str, Any]], step: str, colour: str, say: Language, theme: Theme) -> go.Scattergeo:
    dots = [places()[row["country"]].dot or (0.0, 0.0) for row in rows]
    nowhere: list[float | None] = [None]
    return go.Scattergeo(
        lon=[dot[0] for dot in dots] or nowhere,
        lat=[dot[1] for dot in dots] or nowhere,
        customdata=[[None, front_told(row, say)] for row in rows] or [[None, ""]],
        text=[say.country(row["country"]) for row in rows] or [""],
        name=say(f"world.step.{step}"),
        mode="markers",
        marker={"size": 9, "color": colour, "line": {"width": 1, "color": theme.quiet}},
        hovertemplate="<b>%{text}</b>  %{customdata[1]}<extra></extra>",
        showlegend=True,
    )


def front_told(row: dict[str, Any], say: Language) -> str:
    """What a storefront says, in words."""
    if row["rank"] is not None:
        return say("world.ranked", rank=say.ordinal(row["rank"]), day=say.short_day(row["day"]))
    if row["state"] == "absent":
        return say("world.absent", depth=row["depth"], day=say.short_day(row["day"]))
    return say("cell.not_observed")


def _layout(theme: Theme) -> dict[str, Any]:
    return {
        **theme.layout(),
        "margin": {"l": 0, "r": 0, "t": 4, "b": 44},
        "hovermode": "closest",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": -0.02, "yanchor": "top", "font": {"color": theme.ink, "size": 12},
                   "itemclick": False, "itemdoubleclick": False, "itemsizing": "constant"},
        "geo": {
            "projection": {"type": "equal earth"},
            "lataxis": {"range": [-56, 84]},
            "showland": True,
            "landcolor": theme.surface,
            "showcountries": True,
            "countrycolor": theme.covered,
            "countrywidth": 0.6,
            "showcoastlines": True,
            "coastlinecolor": theme.covered,
            "coastlinewidth": 0.6,
            "showframe": False,
            "showlakes": False,
            "bgcolor": "rgba(0,0,0,0)",
        },
    }  # fmt: skip
