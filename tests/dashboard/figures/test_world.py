"""Tests of dashboard/figures/world.py."""

from __future__ import annotations

from datetime import date

import plotly.graph_objects as go
import polars as pl
import pytest

from dashboard.figures.theme import LIGHT
from dashboard.figures.world import STEPS, front_told, places, step_of, world_figure
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


def test_every_storefront_of_the_app_store_has_a_place() -> None:
    """A storefront without one would be missing from the map."""
    assert {"fr", "us", "no", "hk", "mo", "tw", "xk", "mt", "sg", "bh", "fm"} <= set(places())
