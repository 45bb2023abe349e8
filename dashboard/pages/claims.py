"""Claims: what was published, and what the evidence says of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
from dash import Output, State, callback, dcc, html
from dash.development.base_component import Component

from dashboard.components import filters
from dashboard.components.figure_frame import figure_frame, frame_outputs, frame_values
from dashboard.components.ledger import ledger
from dashboard.components.words import unfilled
from dashboard.desk import Reader, arrival, desk
from dashboard.drawn import Drawn, register_figure
from dashboard.figures.claims_timeline import HEIGHT, app_colour, app_name, claims_timeline_figure
from dashboard.findings import VERDICTS, claims_finding
from dashboard.history import newest
from dashboard.language import Language
from dashboard.selection import Selection, read_address
from dashboard.shell import frame, nothing_yet, register_page
from warehouse.connection import Cursor
from warehouse.reads import claims, inputs

PAGE = "claims"
PATH = "/claims"
ALL = "all"
"""The choice of every verdict."""
COLUMNS = ("day", "statement", "verdict", "reason")

register_page(__name__, PAGE, PATH, order=44, group="adoption", figure=True)


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
    table = html.Div(claims_table(drawn, reader), id=f"{PAGE}-list")
    heading = html.H2(reader.say("claims.list"), id=f"{PAGE}-table")
    figure = figure_frame(PAGE, drawn, reader, path=PATH)
    return frame(PAGE, drawn.selection, reader, [choices, figure, heading, table])


@callback(
    output={
        "drawn": frame_outputs(PAGE),
        "table": Output(f"{PAGE}-list", "children"),
        "address": Output("address", "data", allow_duplicate=True),
    },
    inputs={"picked": filters.picked_inputs(PAGE, ("apps", "measure")), "address": State("address", "data")},
    prevent_initial_call=True,
)
def choose(picked: dict[str, Any], address: str) -> dict[str, Any]:
    """Other apps or another verdict picked."""
    selection, reader = arrival(read_address(address))
    with desk().cursor(selection) as cursor:
        drawn = _drawn(cursor, _settled(filters.with_picked(selection, picked)), reader)
    return {
        "drawn": frame_values(PAGE, drawn, reader, path=PATH),
        "table": claims_table(drawn, reader),
        "address": reader.address(drawn.selection),
    }


def draw(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn | None:
    """The figure for an address."""
    known = desk().ask(cursor, claims.claims)
    return _drawn(cursor, _settled(selection), reader) if known.height else None


def stands_on(cursor: Cursor, drawn: Drawn) -> pl.DataFrame:
    """The claims of a figure, and what their verdicts were weighed with."""
    return desk().ask(cursor, inputs.of_claims, tuple(drawn.rows["claim"]))


register_figure(PAGE, PATH, draw, stands_on)


def _settled(selection: Selection) -> Selection:
    return replace(selection, measure=selection.measure if selection.measure in VERDICTS else ALL)


def _unfilled(say: Language) -> Component:
    return unfilled(PAGE, say("claims.empty"), say("claims.empty_when"), say, "essor claims check")


def _choices(cursor: Cursor, selection: Selection, say: Language) -> Component:
    known = set(desk().ask(cursor, claims.claims)["app"])
    apps = [app for app in desk().apps if app.slug in known]
    picked = [app for app in apps if app.slug in selection.apps]
    verdicts = {ALL: say("claims.every"), **{verdict: say(f"verdict.{verdict}") for verdict in VERDICTS}}
    verdict = filters.pick(PAGE, "measure", verdicts, selection.measure, say, label="claims.verdict")
    return filters.row(PAGE, [filters.app_filter(PAGE, apps, picked, say), verdict])


def _drawn(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn:
    say, apps = reader.say, desk().apps
    rows = desk().ask(cursor, claims.claims)
    named = [slug for slug in selection.apps if slug in set(rows["app"])]
    rows = rows.filter(pl.col("app").is_in(named)) if named else rows
    finding = claims_finding(rows, [app_name(slug, apps) for slug in named], say)
    if selection.measure != ALL:
        rows = rows.filter(pl.col("verdict") == selection.measure)
        finding += f" {say('claims.shown', part=say.count(f'claims.{selection.measure}', rows.height))}"
    return Drawn(
        finding=finding,
        subtitle=say("claims.unit"),
        figure=claims_timeline_figure(rows, apps, say, reader.theme),
        height=HEIGHT,
        rows=rows,
        selection=replace(selection, apps=tuple(named)),
        snapshot=cursor.snapshot,
        sources=("essor_claims",),
        newest=newest(rows["checked_at"]),
        method="claims",
    )


def claims_table(drawn: Drawn, reader: Reader) -> list[Component]:
    """The claims of a figure, each with its verdict, the reason and a link to its page."""
    say = reader.say
    if drawn.rows.is_empty():
        return [html.P(say("grid.none"), className="state")]
    heads = {name: say(f"claims.{name}") for name in COLUMNS}
    rows = [_row(row, drawn.selection, reader) for row in drawn.rows.iter_rows(named=True)]
    return [ledger(heads, rows, name="claims", caption=say("claims.list"), labelled=False)]


def _row(row: dict[str, Any], selection: Selection, reader: Reader) -> list[Any]:
    say = reader.say
    day = say.month(row["until"]) if row["precision"] == "month" else say.short_day(row["until"])
    swatch = html.Span(className="swatch", style={"background": app_colour(row["app"], desk().apps, reader.theme)})
    link = dcc.Link(say.spaced(row[f"statement_{say.code}"]), href=f"{PATH}/{row['claim']}{reader.address(selection)}")
    who = html.Div(f"{say('kind_of_claim.' + row['kind'])} · {row['said_by']}", className="state")
    return [day, [swatch, link, who], verdict_word(row["verdict"], say), say.spaced(row[f"reason_{say.code}"] or "–")]


def verdict_word(verdict: str | None, say: Language) -> Component:
    """The verdict with its sign."""
    kind = verdict or "unchecked"
    return html.Span(say(f"verdict.{kind}"), className=f"verdict verdict-{kind}")
