"""For a better rank: how many more downloads a day the followed apps of a chart would need."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl
from dash import Output, State, callback, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.components import filters
from dashboard.components.figure_frame import figure_frame, frame_outputs, frame_values
from dashboard.components.ledger import app_cell, ledger
from dashboard.components.words import chart_words, unfilled
from dashboard.desk import Reader, arrival, desk
from dashboard.drawn import Drawn, register_figure
from dashboard.figures.amounts import blank
from dashboard.figures.needed import HEIGHT, needed_figure, needed_told
from dashboard.findings import needed_finding
from dashboard.history import USABLE
from dashboard.language import Language
from dashboard.selection import Selection, nearest_chart, read_address, read_moment
from dashboard.shell import evidence_from, frame, nothing_yet, register_page
from essor.model.apps import App
from essor.model.charts import OVERALL, Chart, Collection
from essor.model.stores import Device, StoreName
from warehouse.connection import Cursor
from warehouse.reads import charts
from warehouse.reads.needed import GOALS, needed

PAGE = "needed"
PATH = "/needed"
FIRST_GOAL = "first"
DAY = timedelta(days=1)

register_page(__name__, PAGE, PATH, order=42, group="adoption", figure=True)
evidence_from(f"{PAGE}-figure")


def layout(**query: object) -> Component:
    """The page for an address."""
    selection, reader = arrival(query)
    with desk().cursor(selection) as cursor:
        if cursor.snapshot is None:
            return nothing_yet(cursor, selection, reader)
        drawn = draw(cursor, selection, reader)
        if drawn is None:
            return frame(PAGE, selection, reader, [_unfilled(reader.say)])
        choices = _choices(cursor, drawn.selection, reader.say)
        tables = html.Div(_tables(drawn, reader), id=f"{PAGE}-tables")
    return frame(PAGE, drawn.selection, reader, [choices, figure_frame(PAGE, drawn, reader, path=PATH), tables])


@callback(
    output={
        "days": Output(f"{PAGE}-at", "data"),
        "day": Output(f"{PAGE}-at", "value"),
        "drawn": frame_outputs(PAGE),
        "tables": Output(f"{PAGE}-tables", "children"),
        "address": Output("address", "data", allow_duplicate=True),
    },
    inputs={
        "picked": filters.picked_inputs(PAGE, ("apps", "country", "measure", "at")),
        "address": State("address", "data"),
    },
    prevent_initial_call=True,
)
def choose(picked: dict[str, Any], address: str) -> dict[str, Any]:
    """Another choice made."""
    selection, reader = arrival(read_address(address))
    asked = filters.with_picked(selection, {**picked, "at": read_moment(picked["at"])})
    with desk().cursor(selection) as cursor:
        settled = _settled(cursor, asked)
        if settled is None:
            raise PreventUpdate
        drawn = _drawn(cursor, *settled, reader)
        tables, days = _tables(drawn, reader), _day_options(cursor, settled[0], reader.say)
    values = frame_values(PAGE, drawn, reader, path=PATH)
    return {
        "days": days,
        "day": _iso(drawn.selection),
        "drawn": values,
        "tables": tables,
        "address": reader.address(drawn.selection),
    }


def draw(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn | None:
    """The figure for an address."""
    settled = _settled(cursor, selection)
    return _drawn(cursor, *settled, reader) if settled else None


register_figure(PAGE, PATH, draw)


def _fronts(cursor: Cursor) -> dict[Chart, int]:
    """The charts that the rank curve may speak of: the overall ones of free iPhone apps."""
    apple = StoreName.APPLE
    kind = (apple, Collection.TOP_FREE, OVERALL[apple], Device.IPHONE)
    return {
        chart: readings
        for chart, readings in desk().charts(cursor).items()
        if (chart.store, chart.collection, chart.category, chart.device) == kind
    }


def _settled(cursor: Cursor, selection: Selection) -> tuple[Chart, Selection] | None:
    """The chart, and the selection with a goal and a day on which it was seen; None while no such chart was."""
    chart = nearest_chart(selection, _fronts(cursor))
    if chart is None:
        return None
    days = _days(cursor, chart)
    asked = selection.at.date() if selection.at else date.max
    day = next((day for day in days if day <= asked), days[-1])
    known = {app.slug for app in desk().apps}
    goal = selection.measure if selection.measure in GOALS else FIRST_GOAL
    apps = tuple(slug for slug in selection.apps if slug in known)
    return chart, replace(selection.of_chart(chart), measure=goal, at=_moment(day), apps=apps)


def _days(cursor: Cursor, chart: Chart) -> list[date]:
    """The days on which the chart was really seen, the newest first."""
    seen = desk().ask(cursor, charts.moments, chart).filter(pl.col("status").is_in(USABLE))["observed_at"]
    return seen.dt.date().unique().sort(descending=True).to_list()


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _iso(selection: Selection) -> str:
    return selection.at.isoformat() if selection.at else ""


def _unfilled(say: Language) -> Component:
    return unfilled(PAGE, say("needed.empty"), say("needed.empty_when"), say, "essor crawl charts")


def _choices(cursor: Cursor, selection: Selection, say: Language) -> Component:
    fronts = _fronts(cursor)
    countries = sorted(({chart.country: say.country(chart.country) for chart in fronts}).items(), key=lambda x: x[1])
    chart = next(chart for chart in fronts if chart.country == selection.country)
    goals = {goal: say(f"needed.goal.{goal}") for goal in reversed(GOALS)}
    picked = [app for app in desk().apps if app.slug in selection.apps]
    return filters.row(
        PAGE,
        [
            filters.app_filter(PAGE, desk().apps, picked, say),
            filters.pick(PAGE, "country", dict(countries), selection.country, say),
            filters.pick(PAGE, "measure", goals, selection.measure, say, label="needed.goal"),
            filters.moment_filter(PAGE, _day_options(cursor, chart, say), _iso(selection), say),
        ],
    )


def _day_options(cursor: Cursor, chart: Chart, say: Language) -> list[dict[str, str]]:
    return [{"value": _moment(day).isoformat(), "label": say.short_day(day)} for day in _days(cursor, chart)]


def _drawn(cursor: Cursor, chart: Chart, selection: Selection, reader: Reader) -> Drawn:
    say, day = reader.say, selection.at.date() if selection.at else date.max
    every = desk().ask(cursor, needed, chart, day)
    rows = every.filter(pl.col("app").is_in(list(selection.apps))) if selection.apps else every
    shown = rows.filter(goal=selection.measure)
    looked = desk().ask(cursor, charts.reading_at, chart, _moment(day + DAY) - timedelta(microseconds=1))
    reading = next(iter(looked["reading_id"]), None)
    figure = blank(HEIGHT, reader.theme)
    if shown.height:
        figure = needed_figure(shown, desk().apps, reading=reading, say=say, theme=reader.theme)
    return Drawn(
        finding=_finding(cursor, chart, rows, selection, say),
        subtitle=say("needed.unit", chart=chart_words(chart, say), day=say.day(day)),
        figure=figure,
        height=HEIGHT,
        rows=rows,
        selection=selection,
        snapshot=cursor.snapshot,
        sources=("essor_estimates", *looked["source"]),
        newest=next(iter(looked["observed_at"]), None),
        notes=(*_version(rows, say), *((say("foot.imported"),) if looked["imported"].any() else ())),
        method="needed",
        reading=reading,
        newest_shown=day == _days(cursor, chart)[0],
    )


def _version(rows: pl.DataFrame, say: Language) -> list[str]:
    method = say("method.rank_curve")
    return [say("downloads.version", method=method, version=n) for n in rows["method_version"].unique()]


def _finding(cursor: Cursor, chart: Chart, rows: pl.DataFrame, selection: Selection, say: Language) -> str:
    """What the app in focus would need: the one named first, else the one nearest to the goal."""
    where, goal = say.country(chart.country), str(selection.measure)
    reaching = rows.filter(goal=goal).sort("rank")["app"]
    slug = next(iter(selection.apps), None) or next(iter(reaching), None)
    if slug is not None and rows.height:
        return needed_finding(rows, _app(slug), goal, where, say)
    seen = desk().ask(cursor, charts.top_chart, chart, selection.at + DAY if selection.at else None)
    ranked = seen.filter(pl.col("app").is_not_null())
    if rows.height:
        return say("needed.reached", place=where, day=say.day(selection.at or desk().now()))
    return say("needed.no_level" if ranked.height else "needed.nobody", place=where)


def _app(slug: str) -> App:
    return next(app for app in desk().apps if app.slug == slug)


def _tables(drawn: Drawn, reader: Reader) -> list[Component]:
    """Every goal of every app shown."""
    say = reader.say
    if drawn.rows.is_empty():
        return [html.H2(say("table.name"), id=f"{PAGE}-table"), html.P(say("grid.none"), className="state")]
    cells = {(row["app"], row["goal"]): row for row in drawn.rows.iter_rows(named=True)}
    heads = {"app": say("filter.app"), "rank": say("needed.rank"), **{g: say(f"needed.goal.{g}") for g in GOALS}}
    ranks = dict(drawn.rows.sort("rank").select("app", "rank").unique("app", maintain_order=True).iter_rows())
    filled = [
        [app_cell(_app(slug).name, reader.theme.of(_app(slug))), say.number(rank),
         *(needed_told(cells[slug, goal], say) if (slug, goal) in cells else "–" for goal in GOALS)]
        for slug, rank in ranks.items()
    ]  # fmt: skip
    caption = say("needed.caption")
    table = ledger(heads, filled, name="needed", caption=caption, numbers=("rank", *GOALS))
    return [html.H2(say("table.name"), id=f"{PAGE}-table"), table, html.P(say("needed.outside"), className="state")]
