"""Three kinds of figure drawn three ways: an estimate as a band, a measurement as a solid line, a claim as a shape."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import plotly.graph_objects as go

from dashboard.figures.theme import Theme
from dashboard.language import Language


class Point(NamedTuple):
    """A figure with its band at a place on the time axis."""

    x: Any
    """The day, or the days since the launch."""
    low: float
    """The band's lower end; the figure itself where it has none."""
    central: float
    """The figure."""
    high: float
    """The band's upper end."""
    told: str
    """What hovering tells."""


def estimate_traces(
    points: Sequence[Point],
    step: Any,  # noqa: ANN401 - days or numbers
    name: str,
    colour: str,
    dash: str = "solid",
) -> list[go.Scatter]:
    """An estimate: its band, filled, and its centre, thin; both break where two points are more than `step` apart."""
    return run_traces([_wide(run, step) for run in _runs(points, step)], name, colour, dash)


def run_traces(runs: Sequence[Sequence[Point]], name: str, colour: str, dash: str = "solid") -> list[go.Scatter]:
    """The same of runs of points that are told apart already: band and centre break between two runs."""
    return [_band(runs, name, colour), _centre(runs, name, colour, dash)]


def measured_trace(points: Sequence[Point], step: Any, name: str, colour: str) -> go.Scatter:  # noqa: ANN401 - the same
    """A measurement: a solid line with its dots."""
    runs = list(_runs(points, step))
    trace = _centre(runs, name, colour, "solid")
    trace.update(mode="lines+markers", line={"width": 3, "color": colour}, marker={"size": 5, "color": colour})
    return trace


def kind_keys(kinds: Collection[str], say: Language, theme: Theme) -> list[go.Scatter]:
    """The legend's entries for the kinds of figure that are drawn, in ink and always in the same order."""
    return [key(say(f"legend_kind.{kind}"), theme) for kind, key in _KEYS.items() if kind in kinds]


def see_through(colour: str, share: float) -> str:
    """A ``#rrggbb`` colour as far as `share` opaque."""
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"


def _runs(points: Sequence[Point], step: Any) -> Iterator[list[Point]]:  # noqa: ANN401 - the same
    run: list[Point] = list(points[:1])
    for before, point in pairwise(points):
        if point.x - before.x > step:
            yield run
            run = []
        run.append(point)
    if run:
        yield run


def _wide(run: list[Point], step: Any) -> list[Point]:  # noqa: ANN401 - the same
    """A run; a lone figure stretched towards its neighbours' places, for a band without width is not seen."""
    if len(run) > 1:
        return run
    lone, beside = run[0], step / 3
    return [lone._replace(x=lone.x - beside), lone._replace(x=lone.x + beside)]


def _band(runs: Sequence[Sequence[Point]], name: str, colour: str) -> go.Scatter:
    x: list[Any] = []
    y: list[float | None] = []
    for run in runs:
        x += [*(point.x for point in run), *(point.x for point in reversed(run)), None]
        y += [*(point.low for point in run), *(point.high for point in reversed(run)), None]
    fill = see_through(colour, 0.22)
    line = {"width": 0.5, "color": fill}
    return go.Scatter(x=x, y=y, fill="toself", fillcolor=fill, mode="lines", line=line, name=name, hoverinfo="skip",
                      showlegend=False)  # fmt: skip


def _centre(runs: Sequence[Sequence[Point]], name: str, colour: str, dash: str) -> go.Scatter:
    x: list[Any] = []
    y: list[float | None] = []
    told: list[list[Any]] = []
    for run in runs:
        x += [*(point.x for point in run), run[-1].x]
        y += [*(point.central for point in run), None]
        told += [*([None, point.told] for point in run), [None, ""]]
    lone = any(len(run) == 1 for run in runs)
    return go.Scatter(
        x=x, y=y, customdata=told, name=name, mode="lines+markers" if lone else "lines",
        line={"width": 1.25, "color": colour, "dash": dash}, marker={"size": 5, "color": colour, "symbol": "line-ew",
        "line": {"width": 2, "color": colour}}, connectgaps=False, showlegend=False,
        hovertemplate="<b>%{fullData.name}</b>  %{customdata[1]}<extra></extra>",
    )  # fmt: skip


def _key(name: str, **drawn: Any) -> go.Scatter:  # noqa: ANN401 - Plotly's own
    return go.Scatter(x=[None], y=[None], name=name, hoverinfo="skip", showlegend=True, **drawn)


def _mark(symbol: str) -> Any:  # noqa: ANN401 - one of the makers of keys
    def key(name: str, theme: Theme) -> go.Scatter:
        marker = {"symbol": symbol, "size": 10, "color": theme.ink, "line": {"width": 2, "color": theme.ink}}
        return _key(name, mode="markers", marker=marker)

    return key


def _estimate_key(name: str, theme: Theme) -> go.Scatter:
    marker = {"symbol": "square", "size": 14, "color": see_through(theme.ink, 0.22)}
    return _key(name, mode="lines+markers", line={"width": 1.25, "color": theme.ink}, marker=marker)


def _measured_key(name: str, theme: Theme) -> go.Scatter:
    return _key(
        name, mode="lines+markers", line={"width": 3, "color": theme.ink}, marker={"size": 5, "color": theme.ink}
    )


_KEYS: dict[str, Any] = {
    "estimated": _estimate_key,
    "measured": _measured_key,
    "upper_bound": _mark("triangle-down-open"),
    "company": _mark("diamond"),
    "vendor_estimate": _mark("circle-open"),
    "press": _mark("square-open"),
    "official": _mark("triangle-up"),
}
