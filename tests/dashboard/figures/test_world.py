"""Tests of dashboard/figures/world.py."""

from __future__ import annotations

from datetime import date

import plotly.graph_objects as go
import polars as pl
import pytest

from dashboard.figures.theme import LIGHT
from dashboard.figures.world import (
    STEPS,
    amount_step,
    amount_told,
    amounts_figure,
    front_told,
    places,
    step_colour,
    step_of,
    world_figure,
)
from dashboard.language import Language

EN = Language("en")


def fronts(*rows: tuple[str, str, int | None]) -> pl.DataFrame:
    """Storefront, state, rank."""
    return pl.DataFrame(
        [{"country": c, "state": s, "rank": r, "day": date(2026, 10, 9) if s != "not_observed" else None, "depth": 100}
         for c, s, r in rows],
        schema={"country": pl.String, "state": pl.String, "rank": pl.Int16, "day": pl.Date, "depth": pl.Int16},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rank", "step"), [(1, "1"), (2, "2_3"), (3, "2_3"), (4, "4_10"), (10, "4_10"), (30, "11_30"), (100, "31_100")]
)
def test_a_rank_has_its_step(rank: int, step: str) -> None:
    """The steps of the legend hold every rank once."""
    assert step_of("ranked", rank) == step
    assert [first for _, first, _ in STEPS[1:]] == [last + 1 for _, _, last in STEPS[:-1]]


def test_small_states_are_dots_and_absence_is_not_silence() -> None:
    """Singapore has no shape on the map; absent and not observed are two steps."""
    seen = fronts(("fr", "ranked", 1), ("sg", "ranked", 1), ("de", "absent", None), ("jp", "not_observed", None))
    figure = world_figure(seen, EN, LIGHT)
    shapes = [trace for trace in figure.data if isinstance(trace, go.Choropleth)]
    assert [list(trace.locations) for trace in shapes] == [["FRA"], ["DEU"], ["JPN"]]
    dots = next(trace for trace in figure.data if isinstance(trace, go.Scattergeo) and trace.name == "1st")
    assert list(dots.text) == ["Singapore"]
    assert figure.layout.geo.projection.type == "equal earth"
    told = [
        front_told(row, EN)
        for row in fronts(("de", "absent", None), ("jp", "not_observed", None)).iter_rows(named=True)
    ]
    assert told == ["outside the first 100 on 9 Oct 2026", "not observed"]


def amounts() -> pl.DataFrame:
    """Two estimates and an upper bound."""
    day = date(2026, 2, 17)
    return pl.DataFrame(
        [("us", day, "estimated", "rank_curve", 75_700.0, 119_000.0, 188_000.0),
         ("sg", day, "estimated", "rating_velocity", 700.0, 1_500.0, 3_000.0),
         ("jp", day, "upper_bound", "rank_curve", None, None, 2_000.0)],
        schema=["country", "day", "kind", "method", "low", "central", "high"], orient="row",
    )  # fmt: skip


def test_downloads_are_coloured_by_their_centre_and_told_with_their_band() -> None:
    """Where only an upper bound is known the place has its own step; no estimate is told without band and method."""
    figure = amounts_figure(amounts(), EN, LIGHT)
    colours = {
        place: trace.colorscale[1][1]
        for trace in figure.data
        if isinstance(trace, go.Choropleth)
        for place in trace.locations
    }
    assert colours == {"USA": step_colour("100k", LIGHT), "JPN": step_colour("bound", LIGHT)}
    dots = next(trace for trace in figure.data if trace.text == ("Singapore",))
    assert dots.name == "1K to 10K"
    assert dots.customdata[0][1] == "1.5K a day (700 to 3K), estimated by rating velocity on 17 Feb 2026"
    told = [amount_told(row, EN) for row in amounts().iter_rows(named=True)]
    assert told[2] == "fewer than 2K a day by rank curve on 17 Feb 2026"


@pytest.mark.parametrize(("central", "step"), [(0, "few"), (100, "100"), (99_999, "10k"), (2e6, "m"), (None, "bound")])
def test_an_amount_has_its_step(central: float | None, step: str) -> None:
    """Every amount is in one."""
    assert amount_step(central) == step


def test_every_storefront_of_the_app_store_has_a_place() -> None:
    """A storefront without one would be missing from the map."""
    assert {"fr", "us", "no", "hk", "mo", "tw", "xk", "mt", "sg", "bh", "fm"} <= set(places())
