"""What every figure has in common, light and dark: ink, lines, fonts, hover."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard.language import Language
from essor.model.apps import App

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "DejaVu Sans", sans-serif'
MONTHS_FR = ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."]
MONTHS_EN = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"]
DATE_TICKS = [
    {"dtickrange": [None, 60_000], "value": "%H:%M:%S\n%-d %b %Y"},
    {"dtickrange": [60_000, 86_400_000], "value": "%H:%M\n%-d %b %Y"},
    {"dtickrange": [86_400_000, "M1"], "value": "%-d %b\n%Y"},
    {"dtickrange": ["M1", "M12"], "value": "%b\n%Y"},
    {"dtickrange": ["M12", None], "value": "%Y"},
]


@dataclass(frozen=True, slots=True)
class Theme:
    """The neutral colours of a theme; colour itself is left to the data."""

    name: str
    """``"light"`` or ``"dark"``."""
    surface: str
    """The page's ground."""
    ink: str
    """Text."""
    quiet: str
    """Second text; at least 4.5 to 1 on the surface."""
    rule: str
    """Lines of a grid."""
    band: str
    """A pale band."""
    covered: str
    """The coverage strip where there are looks."""
    trouble: str
    """A look that failed."""
    refused: str
    """A look that was not allowed."""

    def of(self, app: App) -> str:
        """The app's colour in this theme."""
        return app.colour_dark if self.name == "dark" else app.colour

    def layout(self) -> dict[str, Any]:
        """The layout that all figures begin with."""
        return {
            "paper_bgcolor": self.surface,
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": FONT, "size": 13, "color": self.ink},
            "showlegend": False,
            "dragmode": False,
            "hoverlabel": {
                "bgcolor": self.surface,
                "bordercolor": self.rule,
                "font": {"family": FONT, "size": 13, "color": self.ink},
                "align": "left",
                "namelength": -1,
            },
        }

    def time_axis(self) -> dict[str, Any]:
        """An axis of dates, in the reader's months."""
        return {
            "type": "date",
            "tickformatstops": DATE_TICKS,
            "ticks": "outside",
            "ticklen": 4,
            "tickcolor": self.rule,
            "linecolor": self.rule,
            "showgrid": False,
            "zeroline": False,
            "tickfont": {"color": self.quiet},
            "fixedrange": True,
        }


ALONE = timedelta(hours=6)
"""What an axis shows before a moment that is the only one."""


def time_range(first: datetime, last: datetime) -> list[datetime]:
    """The range of a time axis from the first to the last moment with a little room, zoneless as Plotly asks."""
    pad = (last - first) / 60 or ALONE
    return [(first - pad).replace(tzinfo=None), (last + pad / 3).replace(tzinfo=None)]


LIGHT = Theme("light", "#ffffff", "#1b1b1a", "#5c5b57", "#e3e1db", "#f3f1ec", "#c9c6bd", "#b3261e", "#7a3f8f")
DARK = Theme("dark", "#151515", "#ebe9e4", "#a9a69e", "#34332f", "#201f1d", "#5a5851", "#ff8a7a", "#d9a3ea")


def theme(name: str | None) -> Theme:
    """The theme of that name; the light one when it has none."""
    return DARK if name == "dark" else LIGHT


def graph_config(say: Language) -> Any:  # noqa: ANN401 - Dash types it as a dict of its own
    """What Plotly is told beside the figure: no buttons that call elsewhere, the reader's months."""
    return {
        "displayModeBar": False,
        "displaylogo": False,
        "showSendToCloud": False,
        "plotlyServerURL": "",
        "topojsonURL": "/assets/topojson/",
        "responsive": True,
        "locale": say.code,
        "locales": {
            say.code: {"dictionary": {}, "format": {"shortMonths": MONTHS_FR if say.code == "fr" else MONTHS_EN}}
        },
    }
