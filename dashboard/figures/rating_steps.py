"""Ratings over time: pace, score or count; under the axis what was set aside, and the versions as they came.

A look that is set aside is no point of a line and stretches no axis: it stands under the axis, with its value.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard.figures import events
from dashboard.figures.amounts import amount_axis
from dashboard.figures.events import Mark
from dashboard.figures.labels import EndLabel, placed, room
from dashboard.figures.theme import Theme, time_range
from dashboard.history import gaps
from dashboard.language import Language
from essor.model.apps import App

HEIGHT = 560
MARGIN = {"l": 52, "t": 22, "b": 44}
MEASURES = {"pace": "per_day", "count": "rating_count", "score": "rating_average"}
"""What can be drawn, and the column it is in."""
SET_ASIDE = ("fell", "reset", "spike")
_ASIDE = (pl.col("change") == "spike") | ((pl.col("change") == "fell") & pl.col("previous_at").is_null())
"""Looks whose count does not hold: a reset holds, and a fall that was not made up for."""
ROW = 0.045
"""Height of one app's strip of versions, as a share of the figure's."""
FLOOR = 0.02


_Point = tuple[datetime, float | None, str, str | None]
"""When, the value (None breaks the line), what hovering tells, the reading."""


def rating_steps_figure(
    steps: pl.DataFrame,
    versions: pl.DataFrame,
    apps: Sequence[App],
    measure: str,
    *,
    say: Language,
    theme: Theme,
    marks: Sequence[Mark] = (),
) -> go.Figure:
    """The figure of `warehouse.reads.ratings.steps` and of the versions of its `timeline`, of one storefront."""
    drawn = [app for app in apps if app.slug in set(steps["app"])]
    sound = steps.filter(~_ASIDE)
    figure = go.Figure(layout=_layout(drawn, steps, sound, measure, say=say, theme=theme))
    _add_events(figure, marks, steps, theme)
    for row, app in reversed(list(enumerate(drawn))):
        mine = steps.filter(pl.col("app") == app.slug).sort("observed_at")
        figure.add_trace(_line(app, mine.filter(~_ASIDE), measure, say, theme, focus=row == 0))
        figure.add_trace(_versions(app, versions.filter(pl.col("app") == app.slug), row, say, theme))
        figure.add_trace(_set_aside(mine.filter(pl.col("change").is_in(SET_ASIDE)), row, say, theme))
    return figure


def _add_events(figure: go.Figure, marks: Sequence[Mark], steps: pl.DataFrame, theme: Theme) -> None:
    span = _plain(steps["observed_at"].max()) - _plain(steps["observed_at"].min())
    for shape in events.lines(marks, theme, figure.layout.yaxis.domain[0]):
        figure.add_shape(shape)
    for number in events.numbers(marks, span, theme):
        figure.add_annotation(number)


def _layout(
    apps: Sequence[App], steps: pl.DataFrame, sound: pl.DataFrame, measure: str, *, say: Language, theme: Theme
) -> dict[str, Any]:
    strip = FLOOR + ROW * len(apps)
    domain = (strip + 0.1, 1.0)
    axis = _value_axis(sound[MEASURES[measure]], measure, say, theme) | {"domain": domain}
    labels = [
        label for row, app in enumerate(apps) for label in _end(app, row, sound, measure, axis, say=say, theme=theme)
    ]
    last = _plain(steps["observed_at"].max())
    return {
        **theme.layout(),
        "height": HEIGHT,
        "margin": {**MARGIN, "r": room(labels)},
        "hovermode": "x unified",
        "xaxis": _time_axis(steps, theme),
        "yaxis": axis,
        "yaxis2": {"domain": (FLOOR, strip), "range": [len(apps) - 0.5, -0.5], "visible": False, "fixedrange": True,
                   "anchor": "x"},
        "annotations": [*placed(labels, last, HEIGHT - MARGIN["t"] - MARGIN["b"], theme), _caption(strip, say, theme)],
    }  # fmt: skip


def _time_axis(steps: pl.DataFrame, theme: Theme) -> dict[str, Any]:
    moments = steps["observed_at"].sort()
    return {
        **theme.time_axis(), "anchor": "y2", "range": time_range(moments[0], moments[-1]),
        "hoverformat": "%-d %b %Y",
        "showspikes": True, "spikemode": "across", "spikethickness": 1, "spikedash": "solid", "spikecolor": theme.quiet,
    }  # fmt: skip


def _value_axis(values: pl.Series, measure: str, say: Language, theme: Theme) -> dict[str, Any]:
    known = [float(value) for value in values.drop_nulls().to_list()]
    if measure != "score":
        return amount_axis(0, max(known, default=1), say, theme)
    low, high = floor(min(known, default=1) * 10) / 10, ceil(max(known, default=5) * 10) / 10
    low, high = max(low - 0.1, 1.0), min(high + 0.1, 5.0)
    ticks = [round(low + n * 0.1, 1) for n in range(round((high - low) * 10) + 1)]
    ticks = ticks[:: ceil(len(ticks) / 8)]
    return {
        "range": [low, high], "tickvals": ticks, "ticktext": [say.number(tick) for tick in ticks],
        "gridcolor": theme.rule, "tickfont": {"color": theme.quiet}, "zeroline": False, "fixedrange": True,
    }  # fmt: skip


def _line(app: App, rows: pl.DataFrame, measure: str, say: Language, theme: Theme, *, focus: bool) -> go.Scatter:
    points = _pace(rows, say) if measure == "pace" else _looks(rows, measure, say)
    return go.Scatter(
        x=[_plain(point[0]) for point in points],
        y=[point[1] for point in points],
        customdata=[[point[3], point[2]] for point in points],
        name=app.name,
        mode="lines" if measure == "pace" else "lines+markers",
        line={"color": theme.of(app), "width": 2.5 if focus else 1.75, "dash": app.dash, **_shape(measure)},
        marker={"size": 4, "color": theme.of(app)},
        connectgaps=False,
        hovertemplate="<b>%{fullData.name}</b>  %{customdata[1]}<extra></extra>",
    )


def _shape(measure: str) -> dict[str, str]:
    return {"shape": "vh"} if measure == "pace" else {}


def _pace(rows: pl.DataFrame, say: Language) -> list[_Point]:
    """The mean pace between two looks, over the whole time between them; nothing where a reset hides it."""
    points: list[_Point] = []
    ended: datetime | None = None
    for row in rows.filter(pl.col("previous_at").is_not_null()).iter_rows(named=True):
        if row["per_day"] is None:
            points.append((row["observed_at"], None, "", None))
            ended = None
            continue
        text = say.count("ratings.hover.pace", round(row["days"]), pace=say.number(float(f"{row['per_day']:.3g}")))
        if ended != row["previous_at"]:
            points.append((row["previous_at"], row["per_day"], text, row["reading_id"]))
        points.append((row["observed_at"], row["per_day"], text, row["reading_id"]))
        ended = row["observed_at"]
    return points


def _looks(rows: pl.DataFrame, measure: str, say: Language) -> list[_Point]:
    """The value at each look, with a break where nobody looked for long."""
    moments = rows["observed_at"].to_list()
    step = rows["observed_at"].diff().drop_nulls().median() if rows.height > 2 else None  # noqa: PLR2004 - two steps
    holes = {start for start, _ in gaps(moments, step if isinstance(step, timedelta) else None)}
    points: list[_Point] = []
    for row in rows.iter_rows(named=True):
        value = row[MEASURES[measure]]
        told = say("ratings.hover.score" if measure == "score" else "ratings.hover.count",
                   value=say.number(round(value, 2)) if value is not None else "–")  # fmt: skip
        points.append((row["observed_at"], value, told, row["reading_id"]))
        if row["observed_at"] in holes:
            points.append((row["observed_at"], None, "", None))
    return points


def _versions(app: App, versions: pl.DataFrame, row: int, say: Language, theme: Theme) -> go.Scatter:
    return go.Scatter(
        x=[_plain(moment) for moment in versions["observed_at"]],
        y=[row] * versions.height,
        yaxis="y2",
        customdata=[[None, say("ratings.hover.version", version=version)] for version in versions["value"]],
        name=app.name,
        mode="markers",
        marker={"symbol": "line-ns", "size": 10, "line": {"width": 1.5, "color": theme.of(app)}},
        hovertemplate="<b>%{fullData.name}</b>  %{customdata[1]}<extra></extra>",
    )


def _set_aside(rows: pl.DataFrame, row: int, say: Language, theme: Theme) -> go.Scatter:
    """Falls, resets and spikes: shown, and in no sum."""
    return go.Scatter(
        x=[_plain(moment) for moment in rows["observed_at"]],
        y=[row] * rows.height,
        yaxis="y2",
        customdata=[[one["reading_id"], _told_aside(one, say)] for one in rows.iter_rows(named=True)],
        name=say("ratings.set_aside"),
        mode="markers",
        marker={"symbol": "triangle-down", "size": 11, "color": theme.trouble},
        hovertemplate="%{customdata[1]}<extra></extra>",
    )  # fmt: skip


def _told_aside(row: dict[str, Any], say: Language) -> str:
    counted = say("ratings.hover.count", value=say.number(row["rating_count"]))
    why = say.count(f"ratings.hover.{row['change']}", row["fell_by"])
    return f"{counted}  ·  {why}"


def _end(
    app: App, row: int, steps: pl.DataFrame, measure: str, axis: dict[str, Any], *, say: Language, theme: Theme
) -> list[EndLabel]:
    """What stands at the end of an app's line."""
    column = MEASURES[measure]
    known = steps.filter(pl.col("app") == app.slug, pl.col(column).is_not_null()).sort("observed_at")
    if known.is_empty():
        return []
    value = float(known[column][-1])
    low, high = axis["range"]
    bottom, top = axis["domain"]
    height = bottom + (top - bottom) * (value - low) / (high - low)
    return [EndLabel(app.name, _short(value, measure, say), height, theme.of(app), focus=row == 0)]


def _short(value: float, measure: str, say: Language) -> str:
    if measure == "score":
        return say.number(round(value, 2))
    return say("ratings.a_day", n=say.compact(value)) if measure == "pace" else say.compact(value)


def _caption(strip: float, say: Language, theme: Theme) -> dict[str, Any]:
    return {
        "x": 0, "y": strip + 0.005, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom",
        "showarrow": False, "text": say("ratings.versions_strip"), "font": {"size": 12, "color": theme.quiet},
    }  # fmt: skip


def _plain(moment: Any) -> datetime:  # noqa: ANN401 - polars gives its extremes no narrower type
    """The moment as Plotly takes it: UTC without a zone."""
    plain: datetime = moment.replace(tzinfo=None)
    return plain
