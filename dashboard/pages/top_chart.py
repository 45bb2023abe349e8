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
from dashboard.components.figure_frame import under_table
from dashboard.components.movement import ARROWS, movement
from dashboard.components.words import chart_words, headline, notice
from dashboard.desk import Reader, View, arrival, desk
from dashboard.drawn import Drawn, register_figure
from dashboard.history import USABLE, newest
from dashboard.language import Language
from dashboard.queries import command, top_chart_query
from dashboard.selection import Selection, read_address, read_moment
from dashboard.sentences import top_finding
from dashboard.shell import frame, nothing_yet, register_page, view_of
from essor.model.apps import App
from warehouse.connection import Cursor
from warehouse.reads import charts

PAGE = "top_chart"
PATH = "/top-chart"
NEWEST = 48
"""So many looks are offered one by one."""
ROW = 34
"""The height of a row in an embed, pixels."""
COLUMNS = ("rank", "movement", "name", "developer", "before")

register_page(__name__, PAGE, PATH, order=11, group="ranks")


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
    shown = view.ask(charts.reading_at, view.chart, view.selection.at)["observed_at"].to_list()
    moments = sorted({*_offered(_usable(view)), *shown}, reverse=True)
    options = [{"value": moment.isoformat(), "label": view.say.moment(moment)} for moment in moments]
    return options, shown[0].isoformat() if shown else None


def _offered(usable: pl.Series) -> list[datetime]:
    """Each of the newest looks, and before them the last of each day: a year of hourly looks is no list to read."""
    by_day = (
        pl.DataFrame({"moment": usable}).group_by(pl.col("moment").dt.date()).agg(pl.col("moment").max().alias("last"))
    )
    return [*usable.head(NEWEST), *by_day["last"]]


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
        *under_table(PAGE, _drawn(view, reading, entries, gone), view.reader, path=PATH),
    ]


def draw(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn | None:
    """The chart for an address."""
    view = view_of(cursor, selection, reader)
    found = view.ask(charts.reading_at, view.chart, view.selection.at) if view is not None else None
    if view is None or found is None or found.is_empty():
        return None
    entries = view.ask(charts.top_chart, view.chart, view.selection.at)
    gone = view.ask(charts.drop_outs, view.chart, view.selection.at)
    return _drawn(view, found.row(0, named=True), entries, gone)


register_figure(PAGE, PATH, draw)


def _drawn(view: View, reading: dict[str, Any], entries: pl.DataFrame, gone: pl.DataFrame) -> Drawn:
    """The chart and all that is said of it."""
    snapshot = view.cursor.snapshot
    return Drawn(
        finding=_finding(entries, gone, view),
        subtitle=_subtitle(reading, view),
        figure=None,
        height=(entries.height + 1) * ROW,
        rows=entries,
        selection=replace(view.selection, at=reading["observed_at"]),
        snapshot=snapshot,
        sources=(reading["source"],),
        newest=reading["observed_at"],
        notes=tuple(_notices(reading, view)),
        reading=reading["reading_id"],
        query=command(top_chart_query(view.chart, reading["observed_at"]), snapshot),
        newest_shown=reading["observed_at"] == newest(_usable(view)),
        ledger=_ledger(entries, view),
    )


def _ledger(entries: pl.DataFrame, view: View) -> tuple[tuple[str, ...], ...]:
    say = view.say
    heads = tuple(say(f"top.{name}") for name in COLUMNS)
    rows = (
        (say.number(row["rank"]), _moved(row, say), row["name"] or row["app_id"], row["developer"] or "",
         say.number(row["previous_rank"]) if row["previous_rank"] is not None else "–")
        for row in entries.iter_rows(named=True)
    )  # fmt: skip
    return (heads, *rows)


def _moved(row: dict[str, Any], say: Language) -> str:
    """The movement in plain text."""
    if row["change"] is None:
        return "–"
    if row["change"] in ("new", "back"):
        return f"{ARROWS[row['change']]} {say('movement.' + row['change'])}"
    return f"{ARROWS[row['change']]} {say.number(abs(row['movement']))}" if row["movement"] else ARROWS["same"]


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
    say = view.say
    notices = []
    if reading["imported"] and reading["entries"] < reading["depth"]:
        notices.append(say.count("top.imported", reading["depth"]))
    if reading["status"] == "partial":
        notices.append(say.count("top.partial", reading["depth"], asked=say.number(reading["asked"])))
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
