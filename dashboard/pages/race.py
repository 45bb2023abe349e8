"""Launch race: how fast each app grew from its first day on a phone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
from dash import Output, State, callback, dcc, html
from dash.development.base_component import Component

from dashboard.components import filters
from dashboard.components.figure_frame import figure_frame, frame_outputs, frame_values
from dashboard.components.ledger import app_cell, ledger
from dashboard.components.words import unfilled
from dashboard.desk import Reader, arrival, desk
from dashboard.drawn import Drawn, register_figure
from dashboard.figures.amounts import blank
from dashboard.figures.claims_timeline import app_colour, app_name
from dashboard.figures.launch_race import HEIGHT, launch_race_figure, race_told
from dashboard.findings import race_finding
from dashboard.language import Language
from dashboard.selection import Selection, read_address
from dashboard.shell import frame, nothing_yet, register_page
from warehouse.connection import Cursor
from warehouse.reads import inputs, launches

PAGE = "race"
PATH = "/launch-race"
SCALES = ("log", "linear")
STRETCHES = {"30": 30, "90": 90, "365": 365, "all": 100_000}
"""The days since launch on offer."""
MANY = 3
"""More storefronts than so many are counted, not named."""

register_page(__name__, PAGE, PATH, order=43, group="adoption", figure=True)


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
        tables = html.Div(_tables(cursor, drawn, reader), id=f"{PAGE}-tables")
    return frame(PAGE, drawn.selection, reader, [choices, figure_frame(PAGE, drawn, reader, path=PATH), tables])


@callback(
    output={
        "drawn": frame_outputs(PAGE),
        "tables": Output(f"{PAGE}-tables", "children"),
        "address": Output("address", "data", allow_duplicate=True),
    },
    inputs={"picked": filters.picked_inputs(PAGE, ("apps", "measure", "scale")), "address": State("address", "data")},
    prevent_initial_call=True,
)
def choose(picked: dict[str, Any], address: str) -> dict[str, Any]:
    """Another choice made."""
    selection, reader = arrival(read_address(address))
    with desk().cursor(selection) as cursor:
        drawn = _drawn(cursor, _settled(filters.with_picked(selection, picked)), reader)
        tables = _tables(cursor, drawn, reader)
    values = frame_values(PAGE, drawn, reader, path=PATH)
    return {"drawn": values, "tables": tables, "address": reader.address(drawn.selection)}


def draw(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn | None:
    """The figure for an address."""
    return _drawn(cursor, _settled(selection), reader) if desk().ask(cursor, launches.race).height else None


def _stands_on(cursor: Cursor, drawn: Drawn) -> pl.DataFrame:
    """The claims drawn, and the looks behind the lines."""
    lines = drawn.rows["kind"].is_in(["estimated", "measured"])
    claimed = drawn.rows.filter(~lines)["source"].unique().sort()
    apps = drawn.rows.filter(lines)["app"].unique().sort()
    last = drawn.rows.filter(lines)["day"].max()
    return desk().ask(cursor, inputs.of_race, tuple(claimed), tuple(apps), last if isinstance(last, date) else date.max)


register_figure(PAGE, PATH, draw, _stands_on)


def _settled(selection: Selection) -> Selection:
    measure = selection.measure if selection.measure in STRETCHES else "30"
    return replace(selection, measure=measure, scale=selection.scale if selection.scale in SCALES else SCALES[0])


def _unfilled(say: Language) -> Component:
    return unfilled(PAGE, say("race.empty"), say("race.empty_when"), say, "essor estimate run")


def _choices(cursor: Cursor, selection: Selection, say: Language) -> Component:
    known = set(desk().ask(cursor, launches.race)["app"])
    apps = [app for app in desk().apps if app.slug in known]
    picked = [app for app in apps if app.slug in selection.apps]
    stretches = {name: say(f"race.stretch.{name}") for name in STRETCHES}
    return filters.row(
        PAGE,
        [
            filters.app_filter(PAGE, apps, picked, say),
            filters.pick(PAGE, "scale", {scale: say(f"scale.{scale}") for scale in SCALES}, selection.scale, say),
            filters.pick(PAGE, "measure", stretches, selection.measure, say, label="filter.since_launch"),
        ],
    )


def _drawn(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn:
    say, rows = reader.say, desk().ask(cursor, launches.race)
    named = [slug for slug in selection.apps if slug in set(rows["app"])]
    rows = rows.filter(pl.col("app").is_in(named)) if named else rows
    rows = rows.filter(pl.col("days_since_launch") <= STRETCHES[str(selection.measure)])
    goals = desk().ask(cursor, launches.milestones)
    names = {slug: app_name(slug, desk().apps) for slug in (named or goals["app"].unique().sort())}
    figure = blank(HEIGHT, reader.theme)
    if rows.height:
        figure = launch_race_figure(
            rows, desk().apps, launches.MILESTONES, str(selection.scale), say=say, theme=reader.theme
        )
    return Drawn(
        finding=race_finding(goals, names, say),
        subtitle=say("race.unit"),
        figure=figure,
        height=HEIGHT,
        rows=rows,
        selection=replace(selection, apps=tuple(named)),
        snapshot=cursor.snapshot,
        sources=("essor_claims", *(("essor_estimates",) if "estimated" in set(rows["kind"]) else ())),
        newest=cursor.snapshot,
        method="launches",
    )


def _tables(cursor: Cursor, drawn: Drawn, reader: Reader) -> list[Component]:
    say = reader.say
    return [
        html.H2(say("race.milestones"), id=f"{PAGE}-table"),
        _milestones(desk().ask(cursor, launches.milestones), drawn, reader),
        html.H2(say("race.points")),
        _points(drawn, reader),
    ]


def _milestones(goals: pl.DataFrame, drawn: Drawn, reader: Reader) -> Component:
    """One row an app, one column a milestone."""
    say, apps = reader.say, desk().apps
    wanted = goals.filter(pl.col("app").is_in(list(drawn.selection.apps))) if drawn.selection.apps else goals
    cells = {(row["app"], row["milestone"]): row for row in wanted.iter_rows(named=True)}
    first = wanted.group_by("app").agg(pl.col("reached_by").min()).sort("reached_by", "app", nulls_last=True)["app"]
    heads = {"app": say("ratings.head.app"), **{f"m{goal}": say.compact(goal) for goal in launches.MILESTONES}}
    rows = [
        [app_cell(app_name(slug, apps), app_colour(slug, apps, reader.theme)),
         *(_goal(cells[slug, goal], say) for goal in launches.MILESTONES)]
        for slug in first
    ]  # fmt: skip
    return ledger(heads, rows, name="milestones", caption=say("race.milestones"))


def _goal(row: dict[str, Any], say: Language) -> Any:  # noqa: ANN401 - text or an element, as a cell takes it
    bounds = []
    if row["not_before"] is not None:
        bounds.append(say.count("race.not_before", row["not_before"]))
    if row["reached_by"] is None:
        return html.Span(next(iter(bounds), "–"), className="state")
    if row["low"] is not None and (row["surely_by"] or 0) > row["reached_by"]:
        bounds.append(say.count("race.surely_by", row["surely_by"]))
    who = say(f"race.by.{row['kind']}") + (f", {_fronts(row, say)}" if row["countries"] else "")
    told = [say.count("race.in_days", row["reached_by"]), html.Span(who, className="then")]
    return [*told, html.Div(" · ".join(bounds), className="state")] if bounds else told


def _points(drawn: Drawn, reader: Reader) -> Component:
    """Every published or measured point, and of each estimate its last one."""
    say, apps = reader.say, desk().apps
    last = drawn.rows.filter(pl.col("kind") == "estimated").sort("day").group_by("app", "source").last()
    rest = drawn.rows.filter(pl.col("kind") != "estimated")
    rows = pl.concat([rest, last.select(rest.columns)]).sort("days_since_launch", "app")
    if rows.is_empty():
        return html.P(say("grid.none"), className="state")
    heads = {name: say(f"race.head.{name}") for name in ("app", "day", "amount", "kind", "where", "verdict")}
    filled = [
        [app_cell(app_name(row["app"], apps), app_colour(row["app"], apps, reader.theme)),
         say.number(row["days_since_launch"]), race_told(row, say), _kind(row, drawn.selection, reader),
         _where(row, say), say(f"verdict.{row['verdict']}") if row["verdict"] else "–"]
        for row in rows.iter_rows(named=True)
    ]  # fmt: skip
    return ledger(heads, filled, name="points", caption=say("race.points"), numbers=("day",))


def _kind(row: dict[str, Any], selection: Selection, reader: Reader) -> Any:  # noqa: ANN401 - as a cell takes it
    word = reader.say(f"figure_kind.{row['kind']}")
    published = row["kind"] not in ("estimated", "measured")
    return dcc.Link(word, href=f"/claims/{row['source']}{reader.address(selection)}") if published else word


def _where(row: dict[str, Any], say: Language) -> str:
    stores = say.listed([say(f"store.{store}") for store in row["stores"].split(",")])
    lacking = f" ({say.count('race.missing', row['missing'])})" if row["missing"] else ""
    return f"{_fronts(row, say)}, {stores}{lacking}"


def _fronts(row: dict[str, Any], say: Language) -> str:
    """The storefronts of a point; many are counted."""
    countries = (row["countries"] or "ww").split(",")
    many = len(countries) > MANY
    return say.count("race.fronts", len(countries)) if many else say.listed([say.country(name) for name in countries])
