"""Top chart: what did a chart look like at a moment?"""

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
from dashboard.desk import Reader, arrival, desk
from dashboard.selection import Selection, nearest_chart, read_address, read_moment
from dashboard.sentences import top_finding
from dashboard.shell import frame, nothing_yet, page_title
from essor.model.apps import App
from essor.model.charts import Chart
from warehouse.connection import Cursor
from warehouse.reads import charts

PAGE = "top_chart"

dash.register_page(__name__, path="/top-chart", name=PAGE, order=2, menu=True, title=page_title(PAGE))


def layout(**query: object) -> Component:
    """The page for an address."""
    selection, reader = arrival(query)
    with desk().cursor(selection) as cursor:
        known = desk().charts(cursor)
        chart = nearest_chart(selection, known)
        if chart is None:
            return nothing_yet(desk(), cursor, selection, reader)
        selection = selection.of_chart(chart)
        options, value = _moments(cursor, chart, selection, reader)
        answer = _answer(cursor, chart, selection, reader)
    picker = filters.moment_filter(PAGE, [(o["value"], o["label"]) for o in options], value, reader.say)
    row = filters.row(PAGE, [*filters.chart_filters(PAGE, chart, known, reader.say), picker])
    return frame(PAGE, selection, reader, [row, html.Div(answer, id=f"{PAGE}-answer")])


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
        known = desk().charts(cursor)
        chart = filters.picked_chart(picked, known)
        if chart is None:
            raise dash.exceptions.PreventUpdate
        selection = replace(selection.of_chart(chart), at=read_moment(moment))
        options, value = _moments(cursor, chart, selection, reader)
        answer = _answer(cursor, chart, selection, reader)
    return {
        "filters": filters.shown(chart, known, reader.say),
        "moments": options,
        "moment": value,
        "answer": answer,
        "address": reader.address(selection),
    }


def _moments(
    cursor: Cursor, chart: Chart, selection: Selection, reader: Reader
) -> tuple[list[dict[str, str]], str | None]:
    """The usable looks that can be picked, and the one shown."""
    usable = charts.moments(cursor, chart).filter(pl.col("status").is_in(["complete", "partial"]))
    options = [{"value": moment.isoformat(), "label": reader.say.moment(moment)} for moment in usable["observed_at"]]
    shown = charts.reading_at(cursor, chart, selection.at)["observed_at"]
    return options, shown[0].isoformat() if len(shown) else None


def _answer(cursor: Cursor, chart: Chart, selection: Selection, reader: Reader) -> list[Component]:
    say, found = reader.say, charts.reading_at(cursor, chart, selection.at)
    if found.is_empty():
        return [
            headline(say("top.too_early"), f"{PAGE}-finding"),
            html.P(chart_words(chart, say), className="subtitle"),
        ]
    reading = found.row(0, named=True)
    entries, gone = charts.top_chart(cursor, chart, selection.at), charts.drop_outs(cursor, chart, selection.at)
    return [
        headline(_finding(entries, gone, reader), f"{PAGE}-finding"),
        html.P(_subtitle(chart, reading, reader), className="subtitle"),
        _steps(cursor, chart, reading, selection, reader),
        *_notices(reading, reader),
        _table(entries, selection, reader),
        *_gone(gone, reader),
        html.P(_foot(reading, cursor, selection, reader), className="foot"),
    ]


def _finding(entries: pl.DataFrame, gone: pl.DataFrame, reader: Reader) -> str:
    return top_finding(entries, gone, reader.say) if entries.height else reader.say("finding.none_ranked")


def _subtitle(chart: Chart, reading: dict[str, Any], reader: Reader) -> str:
    say = reader.say
    before = reading["previous_observed_at"]
    compared = say("top.compared", when=say.moment(before)) if before else say("top.first_look")
    return f"{chart_words(chart, say)} · {say.moment(reading['observed_at'])}. {compared}"


def _steps(cursor: Cursor, chart: Chart, reading: dict[str, Any], selection: Selection, reader: Reader) -> Component:
    """To the look before and the look after."""
    usable = charts.moments(cursor, chart).filter(pl.col("status").is_in(["complete", "partial"]))["observed_at"].sort()
    later = usable.filter(usable > reading["observed_at"])
    links = [
        (say_key, moment)
        for say_key, moment in (
            ("top.earlier", reading["previous_observed_at"]),
            ("top.later", later[0] if len(later) else None),
        )
    ]
    return html.Div([_step(key, moment, selection, reader) for key, moment in links], className="actions steps")


def _step(key: str, moment: datetime | None, selection: Selection, reader: Reader) -> Component:
    if moment is None:
        return html.Span(reader.say(key), className="nowhere")
    return dcc.Link(reader.say(key), href="/top-chart" + reader.address(replace(selection, at=moment)))


def _notices(reading: dict[str, Any], reader: Reader) -> list[Component]:
    say, notices = reader.say, []
    if reading["imported"] and reading["entries"] < reading["depth"]:
        notices.append(say("top.imported", depth=say.number(reading["depth"])))
    if reading["status"] == "partial":
        notices.append(say("top.partial", depth=say.number(reading["depth"]), asked=say.number(reading["asked"])))
    return [notice(text) for text in notices]


def _table(entries: pl.DataFrame, selection: Selection, reader: Reader) -> Component:
    if entries.is_empty():
        return html.P(reader.say("top.no_rows"), className="state")
    say, apps = reader.say, {app.slug: app for app in desk().apps}
    heads = [("rank", say("top.rank")), ("move", say("top.movement")), ("name", say("top.name")),
             ("dev", say("top.developer")), ("before", say("top.before"))]  # fmt: skip
    rows = [_row(entry, apps.get(entry["app"] or ""), selection, reader) for entry in entries.iter_rows(named=True)]
    head = html.Thead(html.Tr([html.Th(text, scope="col", className=f"c-{name}") for name, text in heads]))
    caption = html.Caption(say("top.caption"), className="heard")
    return html.Div(html.Table([caption, head, html.Tbody(rows)], className="ledger ledger-top"), className="scroller")


def _row(entry: dict[str, Any], app: App | None, selection: Selection, reader: Reader) -> Component:
    say = reader.say
    before = say.number(entry["previous_rank"]) if entry["previous_rank"] is not None else "–"
    return html.Tr(
        [
            html.Td(say.number(entry["rank"]), className="c-rank"),
            html.Td(movement(entry["change"], entry["movement"], say), className="c-move"),
            html.Th(_name(entry, app, selection, reader), scope="row", className="c-name"),
            html.Td(entry["developer"] or "", className="c-dev"),
            html.Td(before, className="c-before"),
        ],
        className="followed" if app else None,
    )


def _name(entry: dict[str, Any], app: App | None, selection: Selection, reader: Reader) -> list[Any]:
    name = entry["name"] or entry["app_id"]
    if app is None:
        return [name]
    link = "/rankings" + reader.address(replace(selection, apps=(app.slug,)))
    return [html.Span(className="swatch", style={"background": reader.theme.of(app)}), dcc.Link(name, href=link)]


def _gone(gone: pl.DataFrame, reader: Reader) -> list[Component]:
    if gone.is_empty():
        return []
    say = reader.say
    items = [
        html.Li(
            [
                html.Span(row["name"] or row["app_id"]),
                html.Span(say("top.was", rank=say.number(row["previous_rank"])), className="then"),
            ]
        )
        for row in gone.iter_rows(named=True)
    ]
    return [html.H2(say("top.gone")), html.Ul(items, className="gone")]


def _foot(reading: dict[str, Any], cursor: Cursor, selection: Selection, reader: Reader) -> list[Any]:
    say = reader.say
    return [
        *source_line([reading["source"]], reading["observed_at"], cursor.snapshot, say),
        html.A(say("evidence.open"), href=f"/evidence/{reading['reading_id']}"),
        html.A("CSV", href=f"/api/v1/top-chart{reader.address(selection)}&format=csv", download=""),
    ]
