"""Labels at the ends of lines, moved apart so that none overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import plotly.graph_objects as go

from dashboard.figures.theme import Theme

LETTER, BOLD = 7.3, 8.3
"""Mean width of a letter, plain and bold, pixels."""
LINE = 19
"""Height that a label needs, pixels."""
END = "end"
"""The name of such an annotation; a narrow screen takes those away (dashboard/assets/narrow.js)."""
THREAD = 18
"""Length of the thread from a line's end to its label, pixels."""


@dataclass(frozen=True, slots=True)
class EndLabel:
    """What stands at the end of one line."""

    name: str
    """The app's name."""
    value: str
    """Its last rank, or the word for its absence."""
    height: float
    """Where the line ends, as a share of the figure's height, 0 at the foot."""
    colour: str
    """The line's colour."""
    focus: bool
    """Whether the line is the one in focus."""
    whole: str = ""
    """The whole name, where `name` is shortened."""
    place: str = ""
    """The storefront, where the figure has several; it is said where the label stands away from its panel."""


class End(NamedTuple):
    """What a narrow screen says of the end of a line, under the figure."""

    text: str
    """The whole name and the last value."""
    colour: str
    """The line's colour."""
    dash: str
    """The line's style, as Plotly names it."""


def room(labels: Sequence[EndLabel]) -> int:
    """The width that the labels need right of the axis, pixels."""
    return THREAD + 8 + int(max((_width(label) for label in labels), default=0))


def _width(label: EndLabel) -> float:
    """How wide a label is, pixels: its value is bold, and so is the name in focus."""
    return (BOLD if label.focus else LETTER) * len(label.name) + BOLD * len(f" {label.value}")


def placed(labels: Sequence[EndLabel], at: datetime, plot: float, theme: Theme) -> list[dict[str, Any]]:
    """The labels as Plotly's annotations beside the moment `at` of a plot `plot` pixels high."""
    places = spread([label.height * plot for label in labels], gap=LINE, lowest=0.10 * plot, highest=plot)
    return [
        _annotation(label, at, label.height * plot - place, theme) for label, place in zip(labels, places, strict=True)
    ]


def _annotation(label: EndLabel, at: datetime, shift: float, theme: Theme) -> dict[str, Any]:
    name = f"<b>{label.name}</b>" if label.focus else label.name
    place = f" ({label.place})" if label.place else ""
    return {
        "name": END,
        "hovertext": f"{label.whole or label.name} {label.value}{place}",
        "x": at,
        "y": label.height,
        "xref": "x",
        "yref": "paper",
        "ax": THREAD,
        "ay": shift,
        "xanchor": "left",
        "align": "left",
        "showarrow": True,
        "arrowhead": 0,
        "arrowwidth": 1,
        "standoff": 5,
        "arrowcolor": label.colour,
        "borderpad": 0,
        "text": f"{name} <b>{label.value}</b>",
        "font": {"size": 13, "color": theme.ink if label.focus else theme.quiet},
    }


def ends(figure: go.Figure | None) -> list[End]:
    """The ends of a figure's lines, each panel's highest first; where it is narrow they stand under the figure."""
    notes = [note for note in figure.layout.annotations if note.name == END] if figure is not None else []
    return [End(note.hovertext, note.arrowcolor, _dash(figure, note.hovertext))
            for note in sorted(notes, key=lambda note: (int(note.xref[1:] or 1), -note.y))]  # fmt: skip


def _dash(figure: go.Figure | None, text: str) -> str:
    """The style of the line that the text names: of several traces of that name, the thickest one's."""
    named = [trace for trace in figure.data if trace.name and text.startswith(f"{trace.name} ")] if figure else []
    drawn = [trace.line for trace in named if trace.type == "scatter" and trace.line.width]
    thickest = max(drawn, key=lambda line: line.width, default=None)
    return (thickest.dash if thickest else None) or "solid"


def spread(wanted: Sequence[float], gap: float, lowest: float, highest: float) -> list[float]:
    """Places as near as can be to the `wanted` ones, in their order, at least `gap` apart, between the bounds.

    Where too many stand between the bounds for the gap, they share the room evenly.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    gap = min(gap, (highest - lowest) / max(len(wanted) - 1, 1))
    groups: list[list[float]] = []
    for i in order:
        groups.append([_within(wanted[i], lowest, highest)])
        while (
            len(groups) > 1 and _bottom(groups[-1], gap, lowest, highest) < _top(groups[-2], gap, lowest, highest) + gap
        ):
            groups[-2:] = [groups[-2] + groups[-1]]
    placed = [_bottom(group, gap, lowest, highest) + n * gap for group in groups for n in range(len(group))]
    result = [0.0] * len(wanted)
    for i, place in zip(order, placed, strict=True):
        result[i] = place
    return result


def _bottom(group: Sequence[float], gap: float, lowest: float, highest: float) -> float:
    """Where a group of touching labels begins, so that its middle stands on the mean of what they want."""
    height = gap * (len(group) - 1)
    return _within(sum(group) / len(group) - height / 2, lowest, highest - height)


def _top(group: Sequence[float], gap: float, lowest: float, highest: float) -> float:
    return _bottom(group, gap, lowest, highest) + gap * (len(group) - 1)


def _within(value: float, lowest: float, highest: float) -> float:
    return min(max(value, lowest), highest)
