"""Rankings: how the ranks of some apps have moved in a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import dash
import plotly.graph_objects as go
import polars as pl
from dash import Input, Output, State, callback, dcc, html
from dash.development.base_component import Component

from dashboard.api.figures import history
from dashboard.components import filters, looks_table
from dashboard.components.words import aria, chart_words, headline, source_line
from dashboard.desk import View, arrival, desk
from dashboard.figures.rank_history import HEIGHT, rank_history_figure
from dashboard.figures.theme import graph_config
from dashboard.history import USABLE, newest, oldest, usual_step
from dashboard.selection import read_address
from dashboard.sentences import history_finding
from dashboard.shell import evidence_from, frame, nothing_yet, register_page, view_of
from essor.model.apps import App
from warehouse.reads import charts

PAGE = "rankings"
FIGURE, GRID = f"{PAGE}-figure", f"{PAGE}-grid"

register_page(__name__, PAGE, "/rankings", order=1, figure=True)
evidence_from(FIGURE)


def layout(**query: object) -> Component:
    """The page for an address."""
    selection, reader = arrival(query)
    with desk().cursor(selection) as cursor:
        view = view_of(cursor, selection, reader)
        if view is None:
            return nothing_yet(cursor, selection, reader)
        apps = desk().chosen_apps(selection)
        selection = replace(view.selection, apps=tuple(app.slug for app in apps))
        view = replace(view, selection=filters.with_period(selection, _span(view)))
        answer = _answer(view, apps)
        return frame(PAGE, view.selection, reader, [_choices(view, apps), *_body(answer, view)])


@callback(
    output={
        "filters": filters.chart_outputs(PAGE),
        "row": Output(f"{PAGE}-row", "className"),
        "finding": Output(f"{PAGE}-finding", "children"),
        "subtitle": Output(f"{PAGE}-subtitle", "children"),
        "figure": Output(FIGURE, "figure"),
        "told": Output(f"{PAGE}-told", "aria-label"),
        "rows": Output(GRID, "rowData"),
        "columns": Output(GRID, "columnDefs"),
        "foot": Output(f"{PAGE}-foot", "children"),
        "actions": Output(f"{PAGE}-actions", "children"),
        "address": Output("address", "data", allow_duplicate=True),
    },
    inputs={
        "picked": filters.chart_inputs(PAGE),
        "slugs": Input(f"{PAGE}-apps", "value"),
        "period": {
            "name": Input(f"{PAGE}-period", "value"),
            "since": Input(f"{PAGE}-from", "value"),
            "until": Input(f"{PAGE}-to", "value"),
        },
        "address": State("address", "data"),
    },
    prevent_initial_call=True,
)
def choose(picked: dict[str, str], slugs: list[str] | None, period: dict[str, Any], address: str) -> dict[str, Any]:
    """Another choice made."""
    selection, reader = arrival(read_address(address))
    with desk().cursor(selection) as cursor:
        view = view_of(cursor, replace(filters.with_chart(selection, picked), apps=tuple(slugs or ())), reader)
        if view is None:
            raise dash.exceptions.PreventUpdate
        view = replace(view, selection=filters.Period(**period).of(view.selection, _span(view)))
        answer = _answer(view, desk().chosen_apps(view.selection))
        shown = filters.shown(view.chart, view.known, view.say)
    row = filters.row_class(own_days=period["name"] == filters.OWN)
    return {**answer, "filters": shown, "row": row, "address": view.address}


def _answer(view: View, apps: list[App]) -> dict[str, Any]:
    """Everything below the choices, by the name of its place."""
    rows = history(desk(), view.cursor, view.chart, view.selection)
    step = usual_step(view.ask(charts.moments, view.chart))
    finding = history_finding(rows, apps, view.say, step)
    drawn = rank_history_figure(rows, apps, view.say, view.reader.theme, step) if rows.height else _blank(view)
    return {
        "finding": finding,
        "subtitle": f"{chart_words(view.chart, view.say)}. {view.say('rankings.unit')}",
        "figure": drawn,
        "told": finding,
        "rows": looks_table.rows(rows, apps, view.say, step),
        "columns": looks_table.columns(apps, view.say),
        "foot": _foot(rows, view),
        "actions": _actions(rows, view),
    }


def _choices(view: View, apps: Sequence[App]) -> Component:
    span = _span(view)
    items = [
        filters.app_filter(PAGE, desk().apps, apps, view.say),
        *filters.chart_filters(PAGE, view.chart, view.known, view.say),
        *filters.period_filter(PAGE, view.selection, span, view.say),
    ]
    return filters.row(PAGE, items, own_days=filters.period_of(view.selection, span) == filters.OWN)


def _body(answer: dict[str, Any], view: View) -> list[Component]:
    graph = dcc.Graph(id=FIGURE, figure=answer["figure"], config=graph_config(view.say), style={"height": HEIGHT})
    return [
        headline(answer["finding"], f"{PAGE}-finding"),
        html.P(answer["subtitle"], id=f"{PAGE}-subtitle", className="subtitle"),
        html.Div(graph, id=f"{PAGE}-told", role="img", className="figure", **aria(label=answer["told"])),
        html.P(answer["foot"], id=f"{PAGE}-foot", className="foot"),
        html.Div(answer["actions"], id=f"{PAGE}-actions", className="actions"),
        _reading_help(view),
        html.H2(view.say("table.name"), id="table"),
        looks_table.looks_table(GRID, answer["rows"], answer["columns"], view.say),
    ]


def _reading_help(view: View) -> Component:
    """How to read the strips under the axis."""
    keys = ("looked", "unlooked", "failed", "refused", "absent")
    items = [html.Li([html.Span(className=f"key key-{key}"), view.say(f"coverage.{key}")]) for key in keys]
    return html.Ul(items, className="legend")


def _foot(rows: pl.DataFrame, view: View) -> list[Any]:
    last = newest(rows.filter(pl.col("status").is_in(USABLE))["observed_at"])
    line = source_line(sorted(set(rows["source"])), last, view.cursor.snapshot, view.say)
    return [*line, html.Span(view.say("foot.imported"))] if rows["imported"].any() else line


def _actions(rows: pl.DataFrame, view: View) -> list[Component]:
    address = f"/api/v1/rank-history{view.address}"
    last = rows.sort("observed_at").tail(1)["reading_id"].to_list()
    return [
        html.A(view.say("action.table"), href="#table"),
        html.A("CSV", href=f"{address}&format=csv", download="", id=f"{PAGE}-csv"),
        html.A("JSON", href=address),
        *[html.A(view.say("action.evidence"), href=f"/evidence/{reading}") for reading in last],
    ]


def _span(view: View) -> tuple[date, date]:
    """The first and the last day on which the chart was looked at."""
    looked = view.ask(charts.moments, view.chart)["observed_at"]
    first, last = oldest(looked) or desk().now(), newest(looked) or desk().now()
    return first.date(), last.date()


def _blank(view: View) -> go.Figure:
    empty = {"visible": False, "fixedrange": True}
    return go.Figure(layout={**view.reader.theme.layout(), "height": HEIGHT, "xaxis": empty, "yaxis": empty})
