"""World: where an app stands in each storefront, on a day, or how often it was downloaded there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import dash
import dash_mantine_components as dmc
import polars as pl
from dash import Input, Output, State, callback, html
from dash.development.base_component import Component

from dashboard.components import filters
from dashboard.components.figure_frame import figure_frame, frame_outputs, frame_values
from dashboard.components.words import aria, unfilled
from dashboard.desk import Reader, View, arrival, desk
from dashboard.drawn import Drawn, register_figure
from dashboard.language import Language
from dashboard.maps import MEASURES, app_of, day_of, days_shown, first_app, map_drawn, map_table, moment_of, shown_day
from dashboard.selection import Selection, collection_key, nearest_chart, read_address
from dashboard.shell import frame, nothing_yet, register_page
from essor.model.charts import Chart
from warehouse.connection import Cursor
from warehouse.reads import inputs

PAGE = "world"
PATH = "/world"
MARKS = 4
"""So many days are named under the slider."""
OF_CHARTS = ("collection", "category")
"""The choices that only ranks have."""

register_page(__name__, PAGE, PATH, order=12, group="ranks", figure=True)


def layout(**query: object) -> Component:
    """The page for an address."""
    selection, reader = arrival(query)
    with desk().cursor(selection) as cursor:
        view = _view(cursor, selection, reader)
        if view is None:
            return nothing_yet(cursor, selection, reader)
        days = days_shown(view)
        if not days:
            return frame(PAGE, view.selection, reader, [_unfilled(reader.say)])
        drawn = map_drawn(view, days)
        choices = _choices(view, days)
    table = html.Div(map_table(PAGE, drawn, reader), id=f"{PAGE}-list", className="beside-map")
    figure = figure_frame(PAGE, drawn, reader, path=PATH)
    both = html.Div([figure, table], className="map-and-table")
    return frame(PAGE, drawn.selection, reader, [choices, both])


@callback(
    output={
        "collection": Output(f"{PAGE}-collection", "data"),
        "category": Output(f"{PAGE}-category", "data"),
        "picked": {field: Output(f"{PAGE}-{field}", "value") for field in ("store", *OF_CHARTS)},
        "hidden": {field: Output(f"{PAGE}-{field}", "display") for field in OF_CHARTS},
        "slider": {name: Output(f"{PAGE}-day", name) for name in ("max", "marks", "value", "disabled")},
        "on": Output(f"{PAGE}-on", "children"),
        "drawn": frame_outputs(PAGE),
        "table": Output(f"{PAGE}-list", "children"),
        "address": Output("address", "data", allow_duplicate=True),
    },
    inputs={
        "picked": filters.picked_inputs(PAGE, ("apps", "measure", "store", *OF_CHARTS)),
        "day": Input(f"{PAGE}-day", "value"),
        "address": State("address", "data"),
    },
    prevent_initial_call=True,
)
def choose(picked: dict[str, Any], day: int, address: str) -> dict[str, Any]:
    """Another app, chart or day picked."""
    selection, reader = arrival(read_address(address))
    with desk().cursor(selection) as cursor:
        before = _view(cursor, selection, reader)
        view = _view(cursor, filters.with_picked(selection, picked), reader)
        if view is None or before is None:
            raise dash.exceptions.PreventUpdate
        view = replace(view, selection=replace(view.selection, at=_picked_moment(day, before)))
        days = days_shown(view)
        if not days:
            raise dash.exceptions.PreventUpdate
        drawn = map_drawn(view, days)
        kinds = _kinds(view.chart, view.known, view.say)
    values = frame_values(PAGE, drawn, reader, path=PATH)
    return {
        "collection": _data(kinds["collection"]),
        "category": _data(kinds["category"]),
        "picked": {
            "store": view.chart.store.value,
            "collection": collection_key(view.chart),
            "category": view.chart.category,
        },
        "hidden": _hidden(drawn.selection),
        "slider": _slider(days, day_of(drawn.selection), view.say),
        "on": _on(drawn.selection, view.say),
        "drawn": values,
        "table": map_table(PAGE, drawn, reader),
        "address": reader.address(drawn.selection),
    }


def draw(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn | None:
    """The figure for an address."""
    view = _view(cursor, selection, reader)
    days = days_shown(view) if view is not None else []
    return map_drawn(view, days) if view is not None and days else None


def _stands_on(cursor: Cursor, drawn: Drawn) -> pl.DataFrame:
    """The looks behind the estimates of the app shown, up to the day shown; ranks have a reading of their own."""
    until = drawn.newest + timedelta(days=1) if drawn.newest else date.max
    return desk().ask(cursor, inputs.of_estimates, drawn.selection.apps, None, until)


register_figure(PAGE, PATH, draw, _stands_on)


def _view(cursor: Cursor, selection: Selection, reader: Reader) -> View | None:
    """The kind of chart that is asked for; where the address is silent, the one seen in most storefronts."""
    known = desk().charts(cursor)
    fronts: dict[tuple[str, str, str], int] = {}
    for chart in known:
        kind = (chart.store.value, collection_key(chart), chart.category)
        fronts[kind] = fronts.get(kind, 0) + 1
    if selection.category is None and fronts:
        store, collection, category = max(fronts, key=lambda kind: (fronts[kind], kind[1] == "top-free", kind))
        selection = replace(selection, store=store, collection=collection, category=category)
    nearest = nearest_chart(replace(selection, country=_front(selection, known)), known)
    if nearest is None:
        return None
    measure = selection.measure if selection.measure in MEASURES else MEASURES[0]
    followed = {app.slug for app in desk().apps}
    apps = tuple(slug for slug in selection.apps if slug in followed)[:1]
    chosen = replace(selection.of_chart(nearest), apps=apps, country=selection.country, measure=measure)
    view = View(cursor, known, nearest, chosen, reader)
    return view if apps else replace(view, selection=replace(chosen, apps=(first_app(view),)))


def _front(selection: Selection, known: Mapping[Chart, int]) -> str | None:
    """A storefront that has the kind of chart asked for: the country is no choice of this page."""
    wanted = (selection.store, selection.collection, selection.category)
    alike = (chart for chart in known if (chart.store.value, collection_key(chart), chart.category) == wanted)
    return next((chart.country for chart in alike), selection.country)


def _kinds(chart: Chart, known: Mapping[Chart, int], say: Language) -> dict[str, dict[str, str]]:
    """The stores, the charts of this store and the categories of this chart, whatever the storefront."""
    in_store = [other for other in known if other.store == chart.store]
    alike = [other for other in in_store if collection_key(other) == collection_key(chart)]
    found = {
        "store": {other.store.value: say(f"store.{other.store}") for other in known},
        "collection": {collection_key(other): say(f"chart.{collection_key(other)}") for other in in_store},
        "category": {other.category: say.category(other.category) for other in alike},
    }
    return {field: dict(sorted(labels.items(), key=lambda item: item[1].casefold())) for field, labels in found.items()}


def _picked_moment(place: int, before: View) -> datetime | None:
    """The moment of the day at a place of the slider, which counts the days shown `before`.

    What triggered the callback does not tell that the slider moved: another choice may have overtaken its answer.
    """
    days = days_shown(before)
    if not days:
        return before.selection.at
    picked = days[min(place, len(days) - 1)]
    return before.selection.at if picked == shown_day(before.selection, days) else moment_of(picked)


def _data(labels: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in labels.items()]


def _unfilled(say: Language) -> Component:
    return unfilled(PAGE, say("world.empty"), say("world.empty_when"), say)


def _choices(view: View, days: list[date]) -> Component:
    say, kinds = view.say, _kinds(view.chart, view.known, view.say)
    values = {
        "store": view.chart.store.value,
        "collection": collection_key(view.chart),
        "category": view.chart.category,
    }
    measures = {measure: say(f"world.measure.{measure}") for measure in MEASURES}
    items = [filters.one_app_filter(PAGE, desk().apps, app_of(view.selection), say),
             filters.pick(PAGE, "measure", measures, view.selection.measure, say, label="world.shows")]  # fmt: skip
    hidden = _hidden(view.selection)
    items += [
        filters.pick(PAGE, field, kinds[field], values[field], say, hidden=hidden.get(field) is not None)
        for field in values
    ]
    chosen = replace(view.selection, at=moment_of(shown_day(view.selection, days)))
    slider = dmc.Slider(id=f"{PAGE}-day", min=0, step=1, label=None, size="sm", color="gray", className="days",
                        thumbLabel=say("world.day"), **_slider(days, day_of(chosen), say))  # fmt: skip
    told = html.Div([html.Span(say("world.day")), html.B(_on(chosen, say), id=f"{PAGE}-on")], className="day-told",
                    **aria(live="polite"))  # fmt: skip
    return filters.row(PAGE, [*items, html.Div([told, slider], className="filter filter-slider")])


def _on(selection: Selection, say: Language) -> str:
    return say.short_day(day_of(selection))


def _slider(days: list[date], day: date, say: Language) -> dict[str, Any]:
    last = len(days) - 1
    years = bool(days) and days[0].year != days[-1].year
    named = sorted({round(n * last / (MARKS - 1)) for n in range(MARKS)}) if last else []
    marks = [{"value": n, "label": say.short_day(days[n], year=years)} for n in named]
    return {"max": max(last, 1), "marks": marks, "value": max(bisect_right(days, day) - 1, 0), "disabled": last < 1}


def _hidden(selection: Selection) -> dict[str, str | None]:
    """How each choice of ranks alone is displayed: not at all over downloads."""
    return dict.fromkeys(OF_CHARTS, "none" if selection.measure == "downloads" else None)
