"""An axis of amounts in the reader's numbers, straight or by powers of ten."""

from __future__ import annotations

from math import ceil, floor, log10
from typing import Any

import plotly.graph_objects as go

from dashboard.figures.theme import Theme
from dashboard.language import Language

FEW = 6
"""At most so many steps on a straight axis."""
ROOM = 1.06
"""Room above the highest value."""


def amount_axis(low: float, high: float, say: Language, theme: Theme, *, log: bool = False) -> dict[str, Any]:
    """The axis of amounts from `low` to `high`; a straight one begins at zero."""
    ticks = log_ticks(low, high) if log else straight_ticks(high)
    reach = [log10(ticks[0]) - 0.05, log10(ticks[-1]) + 0.15] if log else [0, high * ROOM or 1]
    return {
        "type": "log" if log else "linear",
        "range": reach,
        "tickvals": ticks,
        "ticktext": [say.compact(tick) for tick in ticks],
        "gridcolor": theme.rule,
        "tickfont": {"color": theme.quiet},
        "zeroline": not log,
        "zerolinecolor": theme.rule,
        "fixedrange": True,
    }


def straight_ticks(high: float) -> list[float]:
    """Round ticks from zero to about `high`."""
    if high <= 0:
        return [0, 1]
    rough = high / FEW
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    return [step * n for n in range(ceil(high / step) + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """The powers of ten around `low` and `high`."""
    first, last = floor(log10(max(low, 1e-9))), ceil(log10(max(high, low, 1e-9)))
    return [10.0**power for power in range(first, max(last, first + 1) + 1)]


def blank(height: int, theme: Theme) -> go.Figure:
    """A figure with nothing on it, where nothing was observed."""
    empty = {"visible": False, "fixedrange": True}
    return go.Figure(layout={**theme.layout(), "height": height, "xaxis": empty, "yaxis": empty})
