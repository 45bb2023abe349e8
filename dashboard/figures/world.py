"""An app's rank, or its downloads, by storefront on a map, in steps; states too small to be seen are dots."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
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
AMOUNTS = ((1_000_000, "m"), (100_000, "100k"), (10_000, "10k"), (1_000, "1k"), (100, "100"), (0, "few"))
"""The steps of downloads a day: the least of each, and its name; as many as there are colours."""
ABSENT = {"light": "#d9cbb8", "dark": "#5b4f40"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a storefront is on the map."""

    id: str
    """The map's own name for it, ISO 3166 alpha-3."""
    dot: tuple[float, float] | None
    """Longitude and latitude where it is too small for a shape."""


@dataclass(frozen=True, slots=True)
class Spot:
    """What the map says of a storefront."""

    country: str
    """The storefront."""
    step: str
    """The step it is in, which gives its colour."""
    told: str
    """It in words."""


def world_figure(fronts: pl.DataFrame, say: Language, theme: Theme) -> go.Figure:
    """The map of `warehouse.reads.ranks.by_storefront`; a storefront never looked at keeps the ground's colour."""
    rows = list(fronts.iter_rows(named=True))
    spots = [Spot(row["country"], step_of(row["state"], row["rank"]), front_told(row, say)) for row in rows]
    steps = {step: say(f"world.step.{step}") for step in legend({spot.step for spot in spots})}
    return _map(spots, steps, say, theme)


def amounts_figure(amounts: pl.DataFrame, say: Language, theme: Theme) -> go.Figure:
    """The map of downloads a day by storefront (country, day, kind, method, low, central, high), by their centre."""
    rows = list(amounts.iter_rows(named=True))
    spots = [Spot(row["country"], amount_step(row["central"]), amount_told(row, say)) for row in rows]
    return _map(spots, _amount_steps({spot.step for spot in spots}, say), say, theme)


def _map(spots: Sequence[Spot], steps: dict[str, str], say: Language, theme: Theme) -> go.Figure:
    figure = go.Figure(layout=_layout(theme))
    for step, label in steps.items():
        figure.add_traces(
            _shown([spot for spot in spots if spot.step == step], label, step_colour(step, theme), say, theme)
        )
    return figure


def step_of(state: str, rank: int | None) -> str:
    """The step of a rank; ``"absent"`` or ``"not_observed"`` without one."""
    if rank is None:
        return "absent" if state == "absent" else "not_observed"
    return next(name for name, first, last in STEPS if first <= rank <= last)


def amount_step(central: float | None) -> str:
    """The step of downloads a day; ``"bound"`` where only an upper bound is known."""
    return "bound" if central is None else next(name for least, name in AMOUNTS if central >= least)


def _amount_steps(present: Collection[str], say: Language) -> dict[str, str]:
    """The steps in their order with their labels; the upper bound where there is one."""
    labels = {}
    for n, (least, name) in enumerate(AMOUNTS):
        bounds = {"low": say.compact(least), "high": say.compact(AMOUNTS[n - 1][0])}
        key = "world.at_least" if n == 0 else "world.under" if least == 0 else "world.amounts"
        labels[name] = say(key, **bounds)
    return labels | ({"bound": say("world.bound")} if "bound" in present else {})


def amount_told(row: dict[str, Any], say: Language) -> str:
    """What is said of a storefront's downloads, in words: the centre with its band, the method and the day."""
    about = {"method": say(f"method.{row['method']}").lower(), "day": say.short_day(row["day"])}
    if row["central"] is None:
        return say("world.told_bound", high=say.compact(row["high"]), **about)
    low, central, high = (say.compact(row[name]) for name in ("low", "central", "high"))
    return say("world.told_amount", low=low, central=central, high=high, **about)


def legend(present: Collection[str]) -> list[str]:
    """The steps of rank in their order; the one beyond 100 where some rank is there."""
    names = [name for name, _, _ in STEPS if name != "over_100" or name in present]
    return [*names, "absent", "not_observed"]


def step_colour(step: str, theme: Theme) -> str:
    """The colour of a step in this theme."""
    if step in ("absent", "bound"):
        return ABSENT[theme.name]
    if step == "not_observed":
        return theme.band
    ranks, amounts = [name for name, _, _ in STEPS], [name for _, name in AMOUNTS]
    return COLOURS[theme.name][(amounts if step in amounts else ranks).index(step)]


@cache
def places() -> dict[str, Place]:
    """Every storefront that the map knows, by its two letters."""
    known = json.loads((files("dashboard") / "figures" / "places.json").read_text("utf-8"))
    return {code: Place(place["id"], tuple(place["dot"]) if "dot" in place else None) for code, place in known.items()}


def _shown(spots: Sequence[Spot], label: str, colour: str, say: Language, theme: Theme) -> list[Any]:
    """The shapes and the dots of one step; the dots' trace stands in the legend for both."""
    known = [spot for spot in spots if spot.country in places()]
    shapes = [spot for spot in known if places()[spot.country].dot is None]
    dots = [spot for spot in known if places()[spot.country].dot is not None]
    return [*([_shapes(shapes, colour, say, theme)] if shapes else []), _dots(dots, label, colour, say, theme)]


def _shapes(spots: Sequence[Spot], colour: str, say: Language, theme: Theme) -> go.Choropleth:
    return go.Choropleth(
        locations=[places()[spot.country].id for spot in spots],
        z=[1] * len(spots),
        customdata=[[None, spot.told] for spot in spots],
        text=[say.country(spot.country) for spot in spots],
        colorscale=[[0, colour], [1, colour]],
        showscale=False,
        marker={"line": {"width": 0.6, "color": theme.surface}},
        hovertemplate="<b>%{text}</b>  %{customdata[1]}<extra></extra>",
    )


def _dots(spots: Sequence[Spot], label: str, colour: str, say: Language, theme: Theme) -> go.Scattergeo:
    dots = [places()[spot.country].dot or (0.0, 0.0) for spot in spots]
    nowhere: list[float | None] = [None]
    return go.Scattergeo(
        lon=[dot[0] for dot in dots] or nowhere,
        lat=[dot[1] for dot in dots] or nowhere,
        customdata=[[None, spot.told] for spot in spots] or [[None, ""]],
        text=[say.country(spot.country) for spot in spots] or [""],
        name=label,
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
        return say("world.absent", absent=say.count("state.absent", row["depth"]), day=say.short_day(row["day"]))
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
