"""Rankings: how the ranks of some apps have moved in a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import dash
import plotly.graph_objects as go
import polars as pl
from dash import Input, Output, State, callback, html
from dash.development.base_component import Component

from dashboard.api.figures import history
from dashboard.components import filters, looks_table
from dashboard.components.figure_frame import figure_frame, frame_outputs, frame_values
from dashboard.components.words import chart_words
from dashboard.desk import Reader, View, arrival, desk
from dashboard.drawn import Drawn, register_figure
from dashboard.figures.events import Mark, marks
from dashboard.figures.rank_history import HEIGHT, rank_history_figure
from dashboard.history import DAILY_BEYOND, USABLE, is_long, newest, oldest, usual_step
from dashboard.queries import command, rank_history_query
from dashboard.records import records
from dashboard.selection import Selection, read_address
from dashboard.sentences import history_finding
from dashboard.shell import evidence_from, frame, nothing_yet, register_page, view_of
from essor.model.apps import App
from warehouse.connection import Cursor
from warehouse.reads import charts

PAGE = "rankings"
PATH = "/rankings"
FIGURE, GRID, RECORDS = f"{PAGE}-figure", f"{PAGE}-grid", f"{PAGE}-records"

register_page(__name__, PAGE, PATH, order=10, group="ranks", figure=True)
evidence_from(FIGURE)


def layout(**query: object) -> Component:
    """The page for an address."""
    selection, reader = arrival(query)
    with desk().cursor(selection) as cursor:
        view = _view(cursor, selection, reader)
        if view is None:
            return nothing_yet(cursor, selection, reader)
        drawn, apps = _drawn(view), desk().chosen_apps(view.selection)
        choices = _choices(view, apps)
        table = looks_table.looks_table(GRID, *_table(drawn, apps, view), view.say)
    figure = figure_frame(PAGE, drawn, reader, path=PATH, options=filters.shown_with(PAGE, view.selection, view.say),
                          below=[_reading_help(view)])  # fmt: skip
    heading = html.H2(view.say("table.name"), id=f"{PAGE}-table")
    told = html.Div(id=RECORDS)
    return frame(PAGE, view.selection, reader, [choices, figure, heading, table, told])


@callback(
    output={
        "filters": filters.chart_outputs(PAGE),
        "row": Output(f"{PAGE}-row", "className"),
        "days": filters.day_outputs(PAGE),
        "drawn": frame_outputs(PAGE),
        "rows": Output(GRID, "rowData"),
        "columns": Output(GRID, "columnDefs"),
        "address": Output("address", "data", allow_duplicate=True),
    },
    inputs={
        "picked": filters.chart_inputs(PAGE),
        "slugs": Input(f"{PAGE}-apps", "value"),
        "period": filters.period_inputs(PAGE),
        "with_": filters.shown_inputs(PAGE),
        "address": State("address", "data"),
    },
    prevent_initial_call=True,
)
def choose(
    picked: dict[str, str], slugs: list[str] | None, period: dict[str, Any], with_: dict[str, bool], address: str
) -> dict[str, Any]:
    """Another choice made."""
    selection, reader = arrival(read_address(address))
    with desk().cursor(selection) as cursor:
        asked = replace(filters.with_chart(selection, picked), apps=tuple(slugs or ()), **with_)  # type: ignore[arg-type]
        view = view_of(cursor, asked, reader)
        if view is None:
            raise dash.exceptions.PreventUpdate
        view = replace(view, selection=filters.Period(**period).of(view.selection, _span(view)))
        drawn = _drawn(view)
        rows, columns = _table(drawn, desk().chosen_apps(view.selection), view)
        shown = filters.shown(view.chart, view.known, view.say)
        days = filters.day_values(period["name"], view.selection, _span(view))
    row = filters.row_class(own_days=period["name"] == filters.OWN)
    return {
        "filters": shown,
        "row": row,
        "days": days,
        "drawn": frame_values(PAGE, drawn, reader, path=PATH),
        "rows": rows,
        "columns": columns,
        "address": view.address,
    }


@callback(Output(RECORDS, "children"), Input("address", "data"))
def tell_records(address: str) -> list[Component]:
    """The records of what is shown, told once it is on screen."""
    selection, reader = arrival(read_address(address))
    with desk().cursor(selection) as cursor:
        view = _view(cursor, selection, reader)
        return records(view) if view else []


def draw(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn | None:
    """The figure for an address."""
    view = _view(cursor, selection, reader)
    return _drawn(view) if view is not None else None


register_figure(PAGE, PATH, draw)


def _view(cursor: Cursor, selection: Selection, reader: Reader) -> View | None:
    """The view of an address, with the apps and the days that it leaves open."""
    view = view_of(cursor, selection, reader)
    if view is None:
        return None
    apps = tuple(app.slug for app in desk().chosen_apps(selection))
    return replace(view, selection=filters.with_period(replace(view.selection, apps=apps), _span(view)))


def _drawn(view: View) -> Drawn:
    """The figure and all that is said of it."""
    apps, long = desk().chosen_apps(view.selection), _long(view)
    rows = history(desk(), view.cursor, view.chart, view.selection, daily=long)
    step, happened = _step(view, rows, long=long), _marks(view, rows)
    figure = rank_history_figure(rows, apps, view.say, view.reader.theme, step, marks=happened,
                                 bridged=view.selection.bridged) if rows.height else _blank(view)  # fmt: skip
    return Drawn(
        finding=history_finding(rows, apps, view.say, step),
        subtitle=f"{chart_words(view.chart, view.say)}. {view.say('rankings.unit')}",
        figure=figure,
        height=HEIGHT,
        rows=rows,
        selection=view.selection,
        snapshot=view.cursor.snapshot,
        sources=tuple(sorted(set(rows["source"]))),
        newest=newest(rows.filter(pl.col("status").is_in(USABLE))["observed_at"]),
        notes=_notes(rows, view, long=long),
        reading=next(iter(rows.sort("observed_at").tail(1)["reading_id"]), None),
        query=command(rank_history_query(view.chart, apps, view.selection), view.cursor.snapshot),
        marks=happened,
    )


def _long(view: View) -> bool:
    """Whether the period holds more than is shown look by look."""
    looked = view.ask(charts.moments, view.chart)["observed_at"]
    return is_long(looked, view.selection.since, view.selection.until)


def _step(view: View, rows: pl.DataFrame, *, long: bool) -> timedelta | None:
    """The usual time between two points: that of the whole chart's looks, or of the days shown."""
    return usual_step(rows) if long else usual_step(view.ask(charts.moments, view.chart))


def _marks(view: View, rows: pl.DataFrame) -> tuple[Mark, ...]:
    """The events of the apps shown, between the first and the last look; none where they are switched off."""
    first, last = oldest(rows["observed_at"]), newest(rows["observed_at"])
    if first is None or last is None or not view.selection.events:
        return ()
    return marks(desk().events(view.cursor), view.selection.apps, first.date(), last.date(), view.say)


def _notes(rows: pl.DataFrame, view: View, *, long: bool) -> tuple[str, ...]:
    notes = [view.say("foot.imported")] if rows["imported"].any() else []
    return (*notes, *([view.say("foot.thinned", days=DAILY_BEYOND.days)] if long else []))


def same_in_rows(cursor: Cursor, drawn: Drawn, reader: Reader) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What a figure of ranks shows, as the rows and the columns of `components.looks_table`."""
    view = view_of(cursor, drawn.selection, reader)
    return _table(drawn, desk().chosen_apps(drawn.selection), view) if view is not None else ([], [])


def _table(drawn: Drawn, apps: list[App], view: View) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows and the columns of the table below."""
    step = _step(view, drawn.rows, long=_long(view))
    return looks_table.rows(drawn.rows, apps, view.say, step), looks_table.columns(apps, view.say)


def _choices(view: View, apps: Sequence[App]) -> Component:
    span = _span(view)
    items = [
        filters.app_filter(PAGE, desk().apps, apps, view.say),
        *filters.chart_filters(PAGE, view.chart, view.known, view.say),
        *filters.period_filter(PAGE, view.selection, span, view.say),
    ]
    return filters.row(PAGE, items, own_days=filters.period_of(view.selection, span) == filters.OWN)


def _reading_help(view: View) -> Component:
    """How to read the strips under the axis."""
    keys = ("looked", "unlooked", "failed", "refused", "absent")
    items = [html.Li([html.Span(className=f"key key-{key}"), view.say(f"coverage.{key}")]) for key in keys]
    return html.Ul(items, className="legend")


def _span(view: View) -> tuple[date, date]:
    """The first and the last day on which the chart was looked at."""
    looked = view.ask(charts.moments, view.chart)["observed_at"]
    first, last = oldest(looked) or desk().now(), newest(looked) or desk().now()
    return first.date(), last.date()


def _blank(view: View) -> go.Figure:
    empty = {"visible": False, "fixedrange": True}
    return go.Figure(layout={**view.reader.theme.layout(), "height": HEIGHT, "xaxis": empty, "yaxis": empty})
