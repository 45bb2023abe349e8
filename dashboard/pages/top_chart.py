"""Top chart: what a chart looked like at a moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import dash
import polars as pl
from dash import Input, Output, State, callback, dcc, html
from dash.development.base_component import Component

from dashboard.components import filters
from dashboard.components.movement import movement
from dashboard.components.words import chart_words, headline, notice, source_line
from dashboard.desk import View, arrival, desk
from dashboard.history import USABLE
from dashboard.selection import read_address, read_moment
from dashboard.sentences import top_finding
from dashboard.shell import frame, nothing_yet, register_page, view_of
from essor.model.apps import App
from warehouse.reads import charts

PAGE = "top_chart"
COLUMNS = ("rank", "movement", "name", "developer", "before")

register_page(__name__, PAGE, "/top-chart", order=2)


def layout(**query: object) -> Component:
    """The page for an address."""
    selection, reader = arrival(query)
    with desk().cursor(selection) as cursor:
        view = view_of(cursor, selection, reader)
        if view is None:
            return nothing_yet(cursor, selection, reader)
        picker = filters.moment_filter(PAGE, *_moments(view), view.say)
        row = filters.row(PAGE, [*filters.chart_filters(PAGE, view.chart, view.known, view.say), picker])
        return frame(PAGE, view.selection, reader, [row, html.Div(_answer(view), id=f"{PAGE}-answer")])


@callback(
    output={
        "filters": filters.chart_outputs(PAGE),
        "moments": Output(f"{PAGE}-at", "data"),
        "moment": Output(f"{PAGE}-at", "value"),
        "answer": Output(f"{PAGE}-answer", "children"),
        "address": Output("address", "data", allow_duplicate=True),
    },
    inputs={
        "picked": filters.chart_inputs(PAGE),
        "moment": Input(f"{PAGE}-at", "value"),
        "address": State("address", "data"),
    },
    prevent_initial_call=True,
)
def choose(picked: dict[str, str], moment: str | None, address: str) -> dict[str, Any]:
    """Another chart or moment picked."""
    selection, reader = arrival(read_address(address))
    with desk().cursor(selection) as cursor:
        view = view_of(cursor, replace(filters.with_chart(selection, picked), at=read_moment(moment)), reader)
        if view is None:
            raise dash.exceptions.PreventUpdate
        options, value = _moments(view)
        return {
            "filters": filters.shown(view.chart, view.known, view.say),
            "moments": options,
            "moment": value,
            "answer": _answer(view),
            "address": view.address,
        }


def _usable(view: View) -> pl.Series:
    """When the chart was really seen, newest first."""
    return view.ask(charts.moments, view.chart).filter(pl.col("status").is_in(USABLE))["observed_at"]


def _moments(view: View) -> tuple[list[dict[str, str]], str | None]:
    """The looks that can be picked, and the one shown."""
    options = [{"value": moment.isoformat(), "label": view.say.moment(moment)} for moment in _usable(view)]
    shown = view.ask(charts.reading_at, view.chart, view.selection.at)["observed_at"]
    return options, shown[0].isoformat() if len(shown) else None


def _answer(view: View) -> list[Component]:
    found = view.ask(charts.reading_at, view.chart, view.selection.at)
    if found.is_empty():
        words = html.P(chart_words(view.chart, view.say), className="subtitle")
        return [headline(view.say("top.too_early"), f"{PAGE}-finding"), words]
    reading = found.row(0, named=True)
    entries = view.ask(charts.top_chart, view.chart, view.selection.at)
    gone = view.ask(charts.drop_outs, view.chart, view.selection.at)
    return [
        headline(_finding(entries, gone, view), f"{PAGE}-finding"),
        html.P(_subtitle(reading, view), className="subtitle"),
        _steps(reading, view),
        *[notice(text) for text in _notices(reading, view)],
        _table(entries, view),
        *_gone(gone, view),
        html.P(_foot(reading, view), className="foot"),
    ]


def _finding(entries: pl.DataFrame, gone: pl.DataFrame, view: View) -> str:
    return top_finding(entries, gone, view.say) if entries.height else view.say("finding.none_ranked")


def _subtitle(reading: dict[str, Any], view: View) -> str:
    say, before = view.say, reading["previous_observed_at"]
    compared = say("top.compared", when=say.moment(before)) if before else say("top.first_look")
    return f"{chart_words(view.chart, say)} · {say.moment(reading['observed_at'])}. {compared}"


def _steps(reading: dict[str, Any], view: View) -> Component:
    """To the look before and the look after."""
    later = [moment for moment in _usable(view) if moment > reading["observed_at"]]
    links = [
        _step("top.earlier", reading["previous_observed_at"], view),
        _step("top.later", min(later, default=None), view),
    ]
    return html.Div(links, className="actions steps")


def _step(key: str, moment: datetime | None, view: View) -> Component:
    if moment is None:
        return html.Span(view.say(key), className="nowhere")
    return dcc.Link(view.say(key), href=view.link("/top-chart", at=moment))


def _notices(reading: dict[str, Any], view: View) -> list[str]:
    say, depth = view.say, view.say.number(reading["depth"])
    notices = []
    if reading["imported"] and reading["entries"] < reading["depth"]:
        notices.append(say("top.imported", depth=depth))
    if reading["status"] == "partial":
        notices.append(say("top.partial", depth=depth, asked=say.number(reading["asked"])))
    return notices


def _table(entries: pl.DataFrame, view: View) -> Component:
    if entries.is_empty():
        return html.P(view.say("top.no_rows"), className="state")
    apps = {app.slug: app for app in desk().apps}
    rows = [_row(entry, apps.get(entry["app"] or ""), view) for entry in entries.iter_rows(named=True)]
    heads = [html.Th(view.say(f"top.{name}"), scope="col", className=f"c-{name}") for name in COLUMNS]
    caption = html.Caption(view.say("top.caption"), className="heard")
    table = html.Table([caption, html.Thead(html.Tr(heads)), html.Tbody(rows)], className="ledger ledger-top")
    return html.Div(table, className="scroller")


def _row(entry: dict[str, Any], app: App | None, view: View) -> Component:
    say = view.say
    before = say.number(entry["previous_rank"]) if entry["previous_rank"] is not None else "–"
    cells = [
        html.Td(say.number(entry["rank"]), className="c-rank"),
        html.Td(movement(entry["change"], entry["movement"], say), className="c-movement"),
        html.Th(_name(entry, app, view), scope="row", className="c-name"),
        html.Td(entry["developer"] or "", className="c-developer"),
        html.Td(before, className="c-before"),
    ]
    return html.Tr(cells, className="followed" if app else None)


def _name(entry: dict[str, Any], app: App | None, view: View) -> list[Any]:
    name = entry["name"] or entry["app_id"]
    if app is None:
        return [name]
    swatch = html.Span(className="swatch", style={"background": view.reader.theme.of(app)})
    return [swatch, dcc.Link(name, href=view.link("/rankings", apps=(app.slug,)))]


def _gone(gone: pl.DataFrame, view: View) -> list[Component]:
    if gone.is_empty():
        return []
    items = [_gone_item(row, view) for row in gone.iter_rows(named=True)]
    return [html.H2(view.say("top.gone")), html.Ul(items, className="gone")]


def _gone_item(row: dict[str, Any], view: View) -> Component:
    was = view.say("top.was", rank=view.say.number(row["previous_rank"]))
    return html.Li([html.Span(row["name"] or row["app_id"]), html.Span(was, className="then")])


def _foot(reading: dict[str, Any], view: View) -> list[Any]:
    return [
        *source_line([reading["source"]], reading["observed_at"], view.cursor.snapshot, view.say),
        html.A(view.say("evidence.open"), href=f"/evidence/{reading['reading_id']}"),
        html.A("CSV", href=f"/api/v1/top-chart{view.address}&format=csv", download=""),
    ]
