"""Rankings: how the ranks of some apps have moved in a chart, in one storefront or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import dash
import plotly.graph_objects as go
import polars as pl
from dash import Input, Output, State, callback, html
from dash.development.base_component import Component

from dashboard.api.figures import history, of_fronts
from dashboard.components import filters, looks_table
from dashboard.components.figure_frame import figure_frame, frame_outputs, frame_values
from dashboard.components.words import chart_words
from dashboard.desk import Reader, View, arrival, desk
from dashboard.drawn import Drawn, register_figure
from dashboard.figures.events import Mark, marks
from dashboard.figures.rank_history import HEIGHT, Front, height_of, rank_history_figure
from dashboard.history import DAILY_BEYOND, USABLE, is_long, newest, oldest, usual_step
from dashboard.language import Language
from dashboard.queries import command, rank_history_query
from dashboard.records import records
from dashboard.selection import MOST_FRONTS, Selection, nearest_charts, read_address
from dashboard.sentences import fronts_finding, history_finding
from dashboard.shell import evidence_from, frame, nothing_yet, register_page, view_of
from essor.model.apps import App
from essor.model.charts import Chart
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
        view = _of_fronts(cursor, asked, reader)
        if view is None:
            raise dash.exceptions.PreventUpdate
        view = replace(view, selection=filters.Period(**period).of(view.selection, _span(view)))
        drawn = _drawn(view)
        rows, columns = _table(drawn, desk().chosen_apps(view.selection), view)
        shown = filters.shown(view.chart, view.known, view.say, countries=view.selection.countries)
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
        if view is None:
            return []
        fronts = _charts(view)
        places = [view.say.country(chart.country) for chart in fronts] if len(fronts) > 1 else [""]
        each = [records(replace(view, chart=chart), place) for chart, place in zip(fronts, places, strict=True)]
    return [part for front in each for part in front]


def draw(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn | None:
    """The figure for an address."""
    view = _view(cursor, selection, reader)
    return _drawn(view) if view is not None else None


register_figure(PAGE, PATH, draw)


def _view(cursor: Cursor, selection: Selection, reader: Reader) -> View | None:
    """The view of an address, with the apps and the days that it leaves open."""
    view = _of_fronts(cursor, selection, reader)
    if view is None:
        return None
    apps = tuple(app.slug for app in desk().chosen_apps(selection))
    return replace(view, selection=filters.with_period(replace(view.selection, apps=apps), _span(view)))


def _of_fronts(cursor: Cursor, selection: Selection, reader: Reader) -> View | None:
    """The view of the first chart, with the storefronts beside it; the same chart is shown in all of them."""
    view = view_of(cursor, selection, reader)
    if view is None or not selection.beside:
        return view
    first = nearest_charts(selection, view.known)[0]
    return replace(view, chart=first, selection=replace(selection.of_chart(first), beside=selection.beside))


def _charts(view: View) -> list[Chart]:
    """The chart in each storefront shown."""
    return [replace(view.chart, country=country) for country in view.selection.countries[:MOST_FRONTS]]


def _drawn(view: View) -> Drawn:
    """The figure and all that is said of it."""
    apps, fronts, long = desk().chosen_apps(view.selection), _charts(view), _long(view)
    found = {chart.country: history(desk(), view.cursor, chart, view.selection, daily=long) for chart in fronts}
    rows = of_fronts(found, apps) if len(fronts) > 1 else found[view.chart.country]
    steps, happened = _steps(view, found, long=long), _marks(view, rows)
    return Drawn(
        finding=_finding(found, steps, apps, view),
        subtitle=f"{_words(view)}. {view.say('rankings.unit')}",
        figure=_figure(found, steps, apps, happened, view),
        height=height_of(len(fronts)),
        rows=rows,
        selection=view.selection,
        snapshot=view.cursor.snapshot,
        sources=tuple(sorted(set(rows["source"].drop_nulls()))),
        newest=_newest(rows),
        notes=_notes(found, rows, view, long=long),
        reading=next(iter(rows.sort("observed_at").tail(1)["reading_id"]), None),
        query=command(rank_history_query(fronts, apps, view.selection), view.cursor.snapshot),
        marks=happened,
    )


def _figure(
    found: Mapping[str, pl.DataFrame],
    steps: Mapping[str, timedelta | None],
    apps: Sequence[App],
    happened: Sequence[Mark],
    view: View,
) -> go.Figure:
    """One panel a storefront; a lone one without any look is blank, its finding says so."""
    say, several = view.say, len(found) > 1
    if not several and found[view.chart.country].is_empty():
        return _blank(view)
    fronts = [Front(rows, steps[country], say.country(country) if several else "") for country, rows in found.items()]
    return rank_history_figure(fronts, apps, say, view.reader.theme, marks=happened, bridged=view.selection.bridged)


def _finding(
    found: Mapping[str, pl.DataFrame], steps: Mapping[str, timedelta | None], apps: Sequence[App], view: View
) -> str:
    if len(found) > 1:
        return fronts_finding(
            {view.say.country(country): (rows, steps[country]) for country, rows in found.items()}, apps, view.say
        )
    return history_finding(found[view.chart.country], apps, view.say, steps[view.chart.country])


def _words(view: View) -> str:
    """The chart in words, every storefront named."""
    first, others = chart_words(view.chart, view.say), [view.say.country(chart.country) for chart in _charts(view)]
    return first.replace(others[0], view.say.listed(others), 1) if len(others) > 1 else first


def _newest(rows: pl.DataFrame) -> datetime | None:
    return newest(rows.filter(pl.col("status").is_in(USABLE))["observed_at"])


def _long(view: View) -> bool:
    """Whether the period holds more than is shown look by look, in any storefront."""
    looked = (view.ask(charts.moments, chart)["observed_at"] for chart in _charts(view))
    return any(is_long(moments, view.selection.since, view.selection.until) for moments in looked)


def _steps(view: View, found: Mapping[str, pl.DataFrame], *, long: bool) -> dict[str, timedelta | None]:
    """The usual time between two points of each: that of the whole chart's looks, or of the days shown."""
    return {
        chart.country: usual_step(found[chart.country] if long else view.ask(charts.moments, chart))
        for chart in _charts(view)
    }


def _marks(view: View, rows: pl.DataFrame) -> tuple[Mark, ...]:
    """The events of the apps shown, between the first and the last look; none where they are switched off."""
    first, last = oldest(rows["observed_at"]), newest(rows["observed_at"])
    if first is None or last is None or not view.selection.events:
        return ()
    return marks(desk().events(view.cursor), view.selection.apps, first.date(), last.date(), view.say)


def _notes(found: Mapping[str, pl.DataFrame], rows: pl.DataFrame, view: View, *, long: bool) -> tuple[str, ...]:
    notes = [view.say("foot.imported")] if rows["imported"].any() else []
    thinned = [view.say("foot.thinned", days=DAILY_BEYOND.days)] if long else []
    return (*_left_out(view), *_older(found, rows, view.say), *notes, *thinned)


def _left_out(view: View) -> list[str]:
    """That the address names more storefronts than are drawn, and which."""
    more = [view.say.country(country) for country in view.selection.countries[MOST_FRONTS:]]
    return [view.say("foot.fronts", most=MOST_FRONTS, countries=view.say.listed(more))] if more else []


def _older(found: Mapping[str, pl.DataFrame], rows: pl.DataFrame, say: Language) -> list[str]:
    """The data date of each storefront that is a day or more behind the newest one."""
    last, own = _newest(rows), {country: _newest(frame) for country, frame in found.items()}
    return [
        say("foot.front", place=say.country(country), when=say.dated(when))
        for country, when in own.items()
        if when and last and last - when >= timedelta(days=1)
    ]


def same_in_rows(cursor: Cursor, drawn: Drawn, reader: Reader) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What a figure of ranks shows, as the rows and the columns of `components.looks_table`."""
    view = _of_fronts(cursor, drawn.selection, reader)
    return _table(drawn, desk().chosen_apps(drawn.selection), view) if view is not None else ([], [])


def _table(drawn: Drawn, apps: list[App], view: View) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows and the columns of the table below."""
    say, fronts = view.say, _charts(view)
    if len(fronts) == 1:
        step = _steps(view, {view.chart.country: drawn.rows}, long=_long(view))[view.chart.country]
        return looks_table.rows(drawn.rows, apps, say, step), looks_table.columns(apps, say)
    looked = drawn.rows.filter(pl.col("observed_at").is_not_null())
    found = {chart.country: looked.filter(country=chart.country) for chart in fronts}
    steps = _steps(view, found, long=_long(view))
    told = {say.country(country): looks_table.rows(rows, apps, say, steps[country]) for country, rows in found.items()}
    return looks_table.of_places(told, apps, say), looks_table.columns(apps, say, places=True)


def _choices(view: View, apps: Sequence[App]) -> Component:
    span = _span(view)
    items = [
        filters.app_filter(PAGE, desk().apps, apps, view.say),
        *filters.chart_filters(PAGE, view.chart, view.known, view.say, countries=view.selection.countries),
        *filters.period_filter(PAGE, view.selection, span, view.say),
    ]
    return filters.row(PAGE, items, own_days=filters.period_of(view.selection, span) == filters.OWN)


def _reading_help(view: View) -> Component:
    """How to read the strips under the axis."""
    keys = ("looked", "unlooked", "failed", "refused", "absent")
    items = [html.Li([html.Span(className=f"key key-{key}"), view.say(f"coverage.{key}")]) for key in keys]
    return html.Ul(items, className="legend")


def _span(view: View) -> tuple[date, date]:
    """The first and the last day on which the chart was looked at, in any storefront shown."""
    looked = pl.concat([view.ask(charts.moments, chart)["observed_at"] for chart in _charts(view)])
    first, last = oldest(looked) or desk().now(), newest(looked) or desk().now()
    return first.date(), last.date()


def _blank(view: View) -> go.Figure:
    empty = {"visible": False, "fixedrange": True}
    return go.Figure(layout={**view.reader.theme.layout(), "height": HEIGHT, "xaxis": empty, "yaxis": empty})
