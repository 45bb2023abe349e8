"""Rankings: how have the ranks of these apps moved in this chart?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import dash
import plotly.graph_objects as go
import polars as pl
from dash import Input, Output, State, callback, dcc, html
from dash.development.base_component import Component

from dashboard.api.figures import history
from dashboard.components import filters, looks_table
from dashboard.components.words import chart_words, headline, source_line
from dashboard.desk import Desk, Reader, arrival, desk
from dashboard.figures.rank_history import HEIGHT, rank_history_figure
from dashboard.figures.theme import graph_config
from dashboard.history import usual_step
from dashboard.selection import Selection, nearest_chart, read_address
from dashboard.sentences import history_finding
from dashboard.shell import evidence_from, frame, nothing_yet, page_title
from essor.model.apps import App
from essor.model.charts import Chart
from warehouse.connection import Cursor
from warehouse.reads import charts

PAGE = "rankings"
FIGURE, GRID = f"{PAGE}-figure", f"{PAGE}-grid"

dash.register_page(__name__, path="/rankings", name=PAGE, order=1, menu=True, title=page_title(PAGE))
evidence_from(FIGURE)


def layout(**query: object) -> Component:
    """The page for an address."""
    selection, reader = arrival(query)
    with desk().cursor(selection) as cursor:
        known = desk().charts(cursor)
        chart = nearest_chart(selection, known)
        if chart is None:
            return nothing_yet(desk(), cursor, selection, reader)
        apps = desk().chosen_apps(selection)
        selection = replace(selection.of_chart(chart), apps=tuple(app.slug for app in apps))
        answer = _answer(cursor, chart, apps, selection, reader)
        span = _span(cursor, chart)
    own = filters.period_of(selection, span) == "own"
    row = filters.row(PAGE, _filters(desk(), chart, known, apps, selection, span, reader), own_days=own)
    return frame(PAGE, selection, reader, [row, *_body(answer, reader)])


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
        "period": Input(f"{PAGE}-period", "value"),
        "since": Input(f"{PAGE}-from", "value"),
        "until": Input(f"{PAGE}-to", "value"),
        "address": State("address", "data"),
    },
    prevent_initial_call=True,
)
def choose(
    picked: dict[str, str], slugs: list[str], period: str, since: str | None, until: str | None, address: str
) -> dict[str, Any]:
    """Another choice made."""
    selection, reader = arrival(read_address(address))
    with desk().cursor(selection) as cursor:
        known = desk().charts(cursor)
        chart = filters.picked_chart(picked, known)
        if chart is None:
            raise dash.exceptions.PreventUpdate
        days = filters.days_of(period, _span(cursor, chart), since, until)
        selection = replace(selection.of_chart(chart), apps=tuple(slugs or ()), since=days[0], until=days[1])
        answer = _answer(cursor, chart, desk().chosen_apps(selection), selection, reader)
    return {
        **answer,
        "filters": filters.shown(chart, known, reader.say),
        "row": filters.row_class(own_days=period == "own"),
        "address": reader.address(selection),
    }


def _answer(cursor: Cursor, chart: Chart, apps: list[App], selection: Selection, reader: Reader) -> dict[str, Any]:
    """Everything below the choices, by the name of its place."""
    say, rows = reader.say, history(cursor, chart, apps, selection)
    step = usual_step(charts.moments(cursor, chart))
    finding = history_finding(rows, apps, say, step)
    return {
        "finding": finding,
        "subtitle": _subtitle(chart, rows, reader),
        "figure": rank_history_figure(rows, apps, say, reader.theme, step) if rows.height else _blank(reader),
        "told": finding,
        "rows": looks_table.rows(rows, apps, say, step),
        "columns": looks_table.columns(apps, say),
        "foot": _foot(rows, cursor, reader),
        "actions": _actions(rows, selection, reader),
    }


def _foot(rows: pl.DataFrame, cursor: Cursor, reader: Reader) -> list[Any]:
    line = source_line(sorted(set(rows["source"])), _last(rows), cursor.snapshot, reader.say)
    return [*line, html.Span(reader.say("foot.imported"))] if rows["imported"].any() else line


def _body(answer: dict[str, Any], reader: Reader) -> list[Component]:
    figure = dcc.Graph(id=FIGURE, figure=answer["figure"], config=graph_config(reader.say), style={"height": HEIGHT})
    return [
        headline(answer["finding"], f"{PAGE}-finding"),
        html.P(answer["subtitle"], id=f"{PAGE}-subtitle", className="subtitle"),
        html.Div(figure, id=f"{PAGE}-told", role="img", className="figure", **{"aria-label": answer["told"]}),
        html.P(answer["foot"], id=f"{PAGE}-foot", className="foot"),
        html.Div(answer["actions"], id=f"{PAGE}-actions", className="actions"),
        _reading_help(reader),
        html.H2(reader.say("table.name"), id="table"),
        _table(answer, reader),
    ]


def _table(answer: dict[str, Any], reader: Reader) -> Component:
    grid = looks_table.looks_table(GRID, reader.say)
    grid.rowData, grid.columnDefs = answer["rows"], answer["columns"]
    return grid


def _reading_help(reader: Reader) -> Component:
    """How to read the strips under the axis."""
    keys = ("looked", "unlooked", "failed", "refused", "absent")
    items = [html.Li([html.Span(className=f"key key-{key}"), reader.say(f"coverage.{key}")]) for key in keys]
    return html.Ul(items, className="legend")


def _actions(rows: pl.DataFrame, selection: Selection, reader: Reader) -> list[Component]:
    say, query = reader.say, reader.address(selection)
    last = rows.sort("observed_at").tail(1)["reading_id"].to_list()
    return [
        html.A(say("action.table"), href="#table"),
        html.A("CSV", href=f"/api/v1/rank-history{query}&format=csv", download="", id=f"{PAGE}-csv"),
        html.A("JSON", href=f"/api/v1/rank-history{query}"),
        *[html.A(say("action.evidence"), href=f"/evidence/{reading}") for reading in last],
    ]


def _subtitle(chart: Chart, rows: pl.DataFrame, reader: Reader) -> str:
    return f"{chart_words(chart, reader.say)}. {reader.say('rankings.unit')}"


def _filters(
    at: Desk,
    chart: Chart,
    known: dict[Chart, int],
    apps: list[App],
    selection: Selection,
    span: tuple[date, date],
    reader: Reader,
) -> list[Component]:
    return [
        filters.app_filter(PAGE, at.apps, apps, reader.say),
        *filters.chart_filters(PAGE, chart, known, reader.say),
        *filters.period_filter(PAGE, selection, span, reader.say),
    ]


def _span(cursor: Cursor, chart: Chart) -> tuple[date, date]:
    """The first and the last day on which the chart was looked at."""
    looked = charts.moments(cursor, chart)["observed_at"]
    return looked.min().date(), looked.max().date()  # type: ignore[union-attr]


def _last(rows: pl.DataFrame) -> datetime | None:
    seen = rows.filter(pl.col("status").is_in(["complete", "partial"]))["observed_at"]
    return seen.max() if len(seen) else None  # type: ignore[return-value]


def _blank(reader: Reader) -> go.Figure:
    empty = {"visible": False, "fixedrange": True}
    return go.Figure(layout={**reader.theme.layout(), "height": HEIGHT, "xaxis": empty, "yaxis": empty})
