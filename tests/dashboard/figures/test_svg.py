"""Tests of dashboard/figures/svg.py."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET

import plotly.graph_objects as go
import pytest

from dashboard.figures.rank_history import HEIGHT, Front, height_of, rank_history_figure
from dashboard.figures.svg import NotDrawable, Words, drawable, still, still_table
from dashboard.figures.theme import DARK, LIGHT
from dashboard.language import Language
from tests.dashboard.frames import apps, history

EN = Language("en")
WORDS = Words("Le Chat climbed & <fell>", "Rank at each look", "Source: Apple · Data of 9 Oct 2026", ("1. A launch",))
SPACE = "{http://www.w3.org/2000/svg}"


def image(text: str) -> ET.Element:
    """The SVG as a browser reads it: whole, or not at all."""
    return ET.fromstring(text)


def texts(root: ET.Element) -> list[str]:
    """All its words."""
    return ["".join(element.itertext()) for element in root.iter(f"{SPACE}text")]


def ranks() -> go.Figure:
    """A rank history with a gap, an absence and a failed look."""
    seen = history("le-chat", [(0, 60), (1, 58), (4, None), (5, 28), (6, "failed")])
    return rank_history_figure([Front(seen, timedelta(days=1))], apps("le-chat"), EN, LIGHT, bridged=True)


def panels() -> go.Figure:
    """The ranks in France and in Japan, where nobody looked."""
    seen = history("le-chat", [(0, 60), (1, 58)])
    fronts = [Front(seen, timedelta(days=1), "France"), Front(seen.clear(), None, "Japan")]
    return rank_history_figure(fronts, apps("le-chat"), EN, LIGHT)


def test_title_source_and_data_date_are_drawn_in() -> None:
    """An image says by itself what it shows; what a store named is text and never markup."""
    said = texts(image(still(ranks(), WORDS, EN, LIGHT, HEIGHT)))
    assert {"Le Chat climbed & <fell>", "Rank at each look", "Source: Apple · Data of 9 Oct 2026"} <= set(said)
    assert "1. A launch" in said
    assert {"1", "3", "10", "30", "100", "Looks", "Le Chat 28"} <= set(said)


def test_a_gap_is_a_gap_and_no_number_is_broken() -> None:
    """The line begins anew after it; nothing is drawn at a place that is none."""
    text = still(ranks(), WORDS, EN, LIGHT, HEIGHT)
    assert "nan" not in text.lower()
    assert "None" not in text
    line = next(path for path in re.findall(r'd="(M[^"]*)" fill="none"[^>]*stroke-width="3"', text))
    assert line.count("M") == 2


@pytest.mark.parametrize(("width", "stacked"), [(1200, False), (420, True)])
def test_panels_stand_beside_each_other_and_in_a_narrow_image_in_one_column(width: int, stacked: bool) -> None:
    """Each has its name, its ticks of ranks and its days under it, inside the image."""
    root = image(still(panels(), WORDS, EN, LIGHT, height_of(2), width=width))
    written = [("".join(one.itertext()), float(one.get("x") or 0)) for one in root.iter(f"{SPACE}text")]
    france, japan = (next(x for text, x in written if text == name) for name in ("France", "Japan"))
    assert (france == japan) == stacked
    assert len([text for text, _ in written if text == "30"]) == 2
    assert "not observed" in [text for text, _ in written]
    high = height_of(2) if not stacked else 2 * height_of(2)
    assert high < float(str(root.get("height"))) < high + 250


def test_both_themes_have_their_ground() -> None:
    """A dark image is dark by itself."""
    assert f'fill="{DARK.surface}"' in still(ranks(), WORDS, EN, DARK, HEIGHT)


def test_bars_bands_and_error_bars_are_drawn() -> None:
    """What the other figures are made of."""
    figure = go.Figure(
        [
            go.Scatter(x=[1, 2], y=[1, 2], line={"width": 0}),
            go.Scatter(x=[1, 2], y=[3, 4], fill="tonexty", fillcolor="#123456"),
            go.Bar(x=[1, 2], y=[1, 1], marker={"color": "#654321"}),
            go.Scatter(x=[1], y=[2], mode="markers", error_y={"type": "data", "array": [1]}),
        ]
    )
    root = image(still(figure, WORDS, EN, LIGHT, 300))
    assert [one.get("fill") for one in root.iter(f"{SPACE}polygon")] == ["#123456"]
    assert [one.get("fill") for one in root.iter(f"{SPACE}rect")].count("#654321") == 2


def test_a_band_with_a_gap_is_two_bands() -> None:
    """Nothing is filled between the end of one and the beginning of the next."""
    corners = [(1, 1), (2, 1), (2, 2), (1, 2), (None, None), (5, 1), (6, 1), (6, 2), (5, 2), (None, None)]
    band = go.Scatter(x=[x for x, _ in corners], y=[y for _, y in corners], fill="toself", fillcolor="#123456")
    root = image(still(go.Figure([band]), WORDS, EN, LIGHT, 300))
    assert [len(one.get("points", "").split()) for one in root.iter(f"{SPACE}polygon")] == [4, 4]


def test_what_it_cannot_draw_is_left_to_the_browser() -> None:
    """It says so, and draws no empty image."""
    heat = go.Figure(go.Heatmap(z=[[1, 2]]))
    assert not drawable(heat)
    with pytest.raises(NotDrawable, match="browser"):
        still(heat, WORDS, EN, LIGHT, 300)


def test_a_map_fills_its_countries_and_sets_its_dots() -> None:
    """France in its colour, the others in the ground's; a small state as a dot where it lies, the steps named."""
    france = go.Choropleth(locations=["FRA"], z=[1], colorscale=[[0, "#112233"], [1, "#112233"]])
    marker = {"color": "#445566", "size": 9, "line": {"width": 1, "color": "#000000"}}
    singapore = go.Scattergeo(lon=[103.8], lat=[1.35], name="1st", marker=marker, showlegend=True)
    root = image(still(go.Figure([france, singapore]), WORDS, EN, LIGHT, 440))
    filled = [path.get("fill") for path in root.iter(f"{SPACE}path")]
    assert (filled.count("#112233"), filled.count(LIGHT.surface) > 150) == (1, True)
    dot = next(circle for circle in root.iter(f"{SPACE}circle") if circle.get("r") == "4.5")
    assert 800 < float(dot.get("cx", 0)) < 1000
    assert "1st" in texts(root)
    assert "None" not in still(go.Figure([france, singapore]), WORDS, EN, LIGHT, 440)


def test_a_table_is_drawn_in_rows() -> None:
    """Where the figure is a table."""
    said = texts(image(still_table([("Rank", "App"), ("1", "<b>Claude</b>")], WORDS, LIGHT)))
    assert {"Rank", "App", "1", "<b>Claude</b>"} <= set(said)


def test_a_note_on_a_logarithmic_axis_stands_at_its_power_of_ten() -> None:
    """As Plotly has it: the name stands beside its point, which is told by its value."""
    figure = go.Figure(go.Scatter(x=[1], y=[1000], mode="markers"))
    figure.update_layout(yaxis={"type": "log", "range": [0, 6]})
    figure.add_annotation(x=1, y=3, text="Le Chat", showarrow=False)
    root = image(still(figure, WORDS, EN, LIGHT, 300))
    point = next(root.iter(f"{SPACE}circle"))
    name = next(one for one in root.iter(f"{SPACE}text") if "".join(one.itertext()) == "Le Chat")
    assert abs(float(name.get("y", 0)) - float(point.get("cy", 0))) < 8


def test_the_legend_shows_what_is_drawn() -> None:
    """A line in its dashes, a mark in its shape: two shapes never share one sample."""
    shapes = ("diamond", "triangle-down", "triangle-up", "square-open")
    marks = [go.Scatter(x=[1], y=[1], name=one, mode="markers", marker={"symbol": one}) for one in shapes]
    line = go.Scatter(x=[1, 2], y=[1, 2], name="line", mode="lines", line={"dash": "dot"})
    figure = go.Figure([*marks, line], layout={"showlegend": True})
    parts = list(image(still(figure, WORDS, EN, LIGHT, 300)).iter())
    samples = {named.text: before for before, named in pairwise(parts) if named.text in (*shapes, "line")}
    assert samples["line"].get("stroke-dasharray") == "2 4"
    courses = {re.sub(r"^M[-.0-9]+ [-.0-9]+", "", samples[one].get("d", "")) for one in shapes}
    assert len(courses - {""}) == len(shapes)
