"""Shares of the downloads of several apps, a period each: level over the period, with its band."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard.figures import events
from dashboard.figures.amounts import straight_ticks
from dashboard.figures.bands import Point, kind_keys, run_traces
from dashboard.figures.events import Mark
from dashboard.figures.labels import EndLabel, placed, room
from dashboard.figures.theme import Theme
from dashboard.language import Language
from essor.model.apps import App

HEIGHT = 480
MARGIN = {"l": 52, "t": 56, "b": 44}
LENGTHS = {"month": "1mo", "week": "1w", "quarter": "1q", "year": "1y"}
"""The periods that a share can be taken over, as Polars names their length; the first where nothing is said."""
PERCENT = 12
"""How much wider a percent sign is than a digit, pixels, with room to spare."""
WIDE = 1200
"""About how wide the figure is at most, pixels: hovering in the middle of a period still finds its ends."""
HOVERED = {"month": "%B %Y", "week": "%-d %b %Y", "quarter": "%b %Y", "year": "%Y"}
"""What hovering says of the time."""
LITTLE = 0.005
"""A share below this is told as less than a hundredth: it is not known to be nought."""
DAY = timedelta(days=1)


def comparable(shares: pl.DataFrame, each: str) -> pl.DataFrame:
    """The rows of `warehouse.reads.shares.shares` for periods in which several apps have a share.

    With two more columns: until (the period's last day) and together (the apps that count in it, a list).
    """
    of_period = ["store", "method", "period"]
    known = shares.group_by(of_period).agg(together=pl.col("app").sort(), sharing=pl.col("central").count())
    last = pl.col("period").dt.offset_by(LENGTHS[each]) - DAY
    return shares.join(known, of_period).filter(pl.col("sharing") > 1).drop("sharing").with_columns(until=last)


def share_told(share: float, say: Language) -> str:
    """A share in words: ``"90%"``; of less than half a hundredth ``"<1%"``."""
    return say.percent(share) if share >= LITTLE else say("shares.little")


def band_told(row: dict[str, Any], say: Language) -> str:
    """A share with its band: ``"90% (67% to 97%)"``; just ``"<1%"`` where the whole band is below."""
    if row["high"] < LITTLE:
        return say("shares.little")
    share, low, high = (share_told(row[name], say) for name in ("central", "low", "high"))
    return say("shares.told", share=share, low=low, high=high)


def shares_figure(
    rows: pl.DataFrame, apps: Sequence[App], each: str, *, say: Language, theme: Theme, marks: Sequence[Mark] = ()
) -> go.Figure:
    """The figure of `comparable` shares by one method; the first of `apps` is in focus.

    A line breaks where a period is missing, and where other apps count than before: a share of other things.
    """
    shown = rows.filter(pl.col("central").is_not_null())
    drawn = [app for app in apps if app.slug in set(shown["app"])]
    labels = _labels(shown, drawn, say, theme)
    figure = go.Figure(layout=_layout(shown, labels, each, say, theme))
    for app in reversed(drawn):
        runs = [_points(run, say) for run in _runs(shown.filter(app=app.slug).sort("period"))]
        figure.add_traces(run_traces(runs, app.name, theme.of(app), app.dash))
    figure.add_traces(kind_keys({"estimated"}, say, theme))
    events.add(figure, marks, shown["until"].max() - shown["period"].min(), theme)  # type: ignore[operator, arg-type]
    return figure


def _runs(rows: pl.DataFrame) -> Iterator[list[dict[str, Any]]]:
    """One app's periods that follow each other and in which the same apps count."""
    run: list[dict[str, Any]] = []
    for row in rows.iter_rows(named=True):
        if run and (row["period"] != run[-1]["until"] + DAY or row["together"] != run[-1]["together"]):
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _points(run: Sequence[dict[str, Any]], say: Language) -> list[Point]:
    """The first and the last day of each period."""
    return [
        Point(day, row["low"], row["central"], row["high"], band_told(row, say))
        for row in run
        for day in (row["period"], row["until"])
    ]


def _labels(shown: pl.DataFrame, apps: Sequence[App], say: Language, theme: Theme) -> dict[date, list[EndLabel]]:
    """What stands at the end of each app's line, by the day on which it ends."""
    found: dict[date, list[EndLabel]] = {}
    top = _top(shown)
    for row, app in enumerate(apps):
        end = shown.filter(app=app.slug).sort("period").row(-1, named=True)
        label = EndLabel(app.name, share_told(end["central"], say), end["central"] / top, theme.of(app), focus=row == 0)
        found.setdefault(end["until"], []).append(label)
    return found


def _top(shown: pl.DataFrame) -> float:
    """Where the axis ends: a little over the highest band, or the whole."""
    return min(1.0, 1.06 * float(shown["high"].max() or 1.0))  # type: ignore[arg-type]


def _layout(
    shown: pl.DataFrame, labels: dict[date, list[EndLabel]], each: str, say: Language, theme: Theme
) -> dict[str, Any]:
    first, last, top = shown["period"].min(), shown["until"].max(), _top(shown)
    ticks = [tick / 100 for tick in straight_ticks(100 * top) if tick <= 100 * top]
    plot = HEIGHT - MARGIN["t"] - MARGIN["b"]
    return {
        **theme.layout(),
        "height": HEIGHT,
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.06, "yanchor": "bottom", "font": {"color": theme.ink, "size": 12},
                   "itemclick": False, "itemdoubleclick": False},
        "margin": {**MARGIN, "r": room(labels.get(last, [])) + PERCENT},  # type: ignore[arg-type]
        "hovermode": "x unified",
        "hoverdistance": WIDE // 2 // shown["period"].n_unique() + 20,
        "hoversort": "value descending",
        "xaxis": {**theme.time_axis(), "hoverformat": HOVERED[each], "range": [str(first), str(last)]},
        "yaxis": {"range": [0, top], "tickvals": ticks, "ticktext": [say.percent(tick) for tick in ticks],
                  "gridcolor": theme.rule, "tickfont": {"color": theme.quiet}, "zeroline": True,
                  "zerolinecolor": theme.rule, "fixedrange": True},
        "annotations": [
            note for day, ends in labels.items()
            for note in placed(ends, datetime.combine(day, datetime.min.time()), plot, theme)
        ],
    }  # fmt: skip
