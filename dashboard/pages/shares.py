"""Share of downloads: how the downloads of the followed apps divide, a period each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
from dash import Input, Output, State, callback, html
from dash.development.base_component import Component

from dashboard.components import filters
from dashboard.components.figure_frame import figure_frame, frame_outputs, frame_values
from dashboard.components.looks_table import looks_table
from dashboard.components.words import unfilled
from dashboard.desk import Reader, arrival, desk
from dashboard.drawn import Drawn, register_figure
from dashboard.figures.amounts import blank
from dashboard.figures.events import Mark, marks
from dashboard.figures.shares import HEIGHT, LENGTHS, comparable, share_told, shares_figure
from dashboard.findings import shares_finding
from dashboard.language import Language
from dashboard.pages.downloads import versions
from dashboard.selection import Selection, read_address
from dashboard.shell import frame, nothing_yet, register_page
from dashboard.storefronts import options, placed
from essor.model.apps import App
from warehouse.connection import Cursor
from warehouse.reads import inputs, offers
from warehouse.reads.shares import shares

PAGE = "shares"
PATH = "/shares"
STORE = "apple"
"""The store whose downloads are estimated; those of the other are measured, and have no part in a share."""
TOGETHER = "ww"
"""How an address names all storefronts that have estimates, together."""
FIRST_DAYS = 365
"""The newest days shown where the address says nothing."""
ROLES = {"rating_velocity": "ratings", "rank_curve": "rank"}
"""What each method's figures stand on, as `warehouse.reads.inputs` calls it."""
DAY = timedelta(days=1)

register_page(__name__, PAGE, PATH, order=41, group="adoption", figure=True)


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
    switch = filters.shown_with(PAGE, drawn.selection, reader.say)[:1]
    figure = figure_frame(PAGE, drawn, reader, path=PATH, options=switch)
    table = looks_table(f"{PAGE}-grid", _rows(drawn, reader.say), _columns(reader.say), reader.say)
    heading = html.H2(reader.say("table.name"), id=f"{PAGE}-table")
    return frame(PAGE, drawn.selection, reader, [choices, figure, heading, table])


@callback(
    output={
        "row": Output(f"{PAGE}-row", "className"),
        "days": filters.day_outputs(PAGE),
        "methods": Output(f"{PAGE}-method", "data"),
        "method": Output(f"{PAGE}-method", "value"),
        "drawn": frame_outputs(PAGE),
        "rows": Output(f"{PAGE}-grid", "rowData"),
        "address": Output("address", "data", allow_duplicate=True),
    },
    inputs={
        "picked": filters.picked_inputs(PAGE, ("apps", "country")),
        "measured": filters.picked_inputs(PAGE, ("each", "method")),
        "period": filters.period_inputs(PAGE),
        "events": Input(f"{PAGE}-show-events", "checked"),
        "address": State("address", "data"),
    },
    prevent_initial_call=True,
)
def choose(
    picked: dict[str, Any], measured: dict[str, str], period: dict[str, Any], events: bool, address: str
) -> dict[str, Any]:
    """Another choice made."""
    selection, reader = arrival(read_address(address))
    with desk().cursor(selection) as cursor:
        offered = _offered(cursor)
        measure = f"{measured['each']}.{measured['method']}"
        asked = replace(filters.with_picked(selection, picked), events=events, measure=measure)
        chosen = filters.Period(**period).of(asked, _span(_here(offered, asked)))
        drawn = _drawn(cursor, _settled(chosen, offered), reader)
        methods = _methods(cursor, drawn.selection, reader.say)
    return {
        "row": filters.row_class(own_days=period["name"] == filters.OWN),
        "days": filters.day_values(period["name"], drawn.selection, _span(_here(offered, asked))),
        "methods": [{"value": name, "label": label} for name, label in methods.items()],
        "method": _measure(drawn.selection)[1],
        "drawn": frame_values(PAGE, drawn, reader, path=PATH),
        "rows": _rows(drawn, reader.say),
        "address": reader.address(drawn.selection),
    }


def draw(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn | None:
    """The figure for an address."""
    offered = _offered(cursor)
    return _drawn(cursor, _settled(selection, offered), reader) if offered.height else None


def _stands_on(cursor: Cursor, drawn: Drawn) -> pl.DataFrame:
    """The looks behind the estimates of every app that counts."""
    apps = drawn.rows.explode("together")["together"].unique().sort()
    fronts = drawn.rows.explode("storefronts")["storefronts"].unique().sort()
    last = drawn.rows["until"].max()
    until = last if isinstance(last, date) else date.max
    looks = desk().ask(cursor, inputs.of_estimates, tuple(apps), tuple(fronts), until)
    return looks.filter(role=ROLES[_measure(drawn.selection)[1]])


register_figure(PAGE, PATH, draw, _stands_on)


def _offered(cursor: Cursor) -> pl.DataFrame:
    """Where downloads are estimated: the rows of `offers.estimated` for the one store."""
    return desk().ask(cursor, offers.estimated).filter(pl.col("store") == STORE, pl.col("country") != TOGETHER)


def _here(offered: pl.DataFrame, selection: Selection) -> pl.DataFrame:
    return offered if selection.country == TOGETHER else offered.filter(country=selection.country)


def _settled(selection: Selection, offered: pl.DataFrame) -> Selection:
    """The selection with a storefront and days; the method follows from what is known there."""
    if selection.country != TOGETHER:
        selection = placed(selection, offered, "days")
    span = _span(_here(offered, selection))
    silent = (selection.since, selection.until, selection.last) == (None, None, None)
    asked = replace(selection, last=FIRST_DAYS) if silent else selection
    known = {app.slug for app in desk().apps}
    return filters.rolling(replace(asked, store=STORE, apps=tuple(s for s in asked.apps if s in known)), span)


def _span(offered: pl.DataFrame) -> tuple[date, date]:
    first, last, today = offered["first_day"].min(), offered["last_day"].max(), desk().now().date()
    return first if isinstance(first, date) else today, last if isinstance(last, date) else today


def _measure(selection: Selection) -> tuple[str, str]:
    """The period of a share and the method that a selection names."""
    each, _, method = (selection.measure or "").partition(".")
    return (each if each in LENGTHS else next(iter(LENGTHS))), method


def _unfilled(say: Language) -> Component:
    return unfilled(PAGE, say("downloads.empty"), say("downloads.empty_when"), say, "essor estimate run")


def _choices(cursor: Cursor, selection: Selection, say: Language) -> Component:
    offered = _offered(cursor)
    fronts, span = options(offered, say)["country"], _span(_here(offered, selection))
    every = {TOGETHER: say("shares.all_fronts")} if len(fronts) > 1 else {}
    present = [app for app in desk().apps if app.slug in set(offered["app"])]
    picked = [app for app in present if app.slug in selection.apps]
    each, method = _measure(selection)
    items = [
        filters.app_filter(PAGE, present, picked, say),
        filters.pick(PAGE, "country", every | fronts, selection.country, say),
        filters.pick(PAGE, "method", _methods(cursor, selection, say), method, say, label="downloads.method"),
        filters.pick(PAGE, "each", {name: say(f"shares.each.{name}") for name in LENGTHS}, each, say,
                     label="shares.each"),
        *filters.period_filter(PAGE, selection, span, say),
    ]  # fmt: skip
    return filters.row(PAGE, items, own_days=filters.period_of(selection, span) == filters.OWN)


def _methods(cursor: Cursor, selection: Selection, say: Language) -> dict[str, str]:
    """The methods that give shares for the choices, the one that knows most days first."""
    known = _shares(cursor, selection).select("method", "period", "days").unique()
    most = known.group_by("method").agg(pl.col("days").sum()).sort("days", "method", descending=[True, False])
    return {method: say(f"method.{method}") for method in most["method"]}


def _shares(cursor: Cursor, selection: Selection) -> pl.DataFrame:
    """The shares of all followed apps, whichever are drawn, over whole periods, where several have one."""
    here, each = _here(_offered(cursor), selection), _measure(selection)[0]
    first, last = _span(here)
    begin = pl.Series([selection.since or first]).dt.truncate(LENGTHS[each])[0]
    found = desk().ask(
        cursor, shares, tuple(here["app"].unique().sort()), begin, (selection.until or last) + DAY,
        country=None if selection.country == TOGETHER else selection.country, store=STORE, period=each,
    )  # fmt: skip
    return comparable(found, each)


def _drawn(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn:
    say, found = reader.say, _shares(cursor, selection)
    each, method = _measure(selection)
    methods = list(_methods(cursor, selection, say))
    method = method if method in methods else next(iter(methods), "rank_curve")
    selection = replace(selection, measure=f"{each}.{method}")
    every = found.filter(method=method)
    apps = _apps(every, selection)
    rows = every.filter(pl.col("app").is_in([app.slug for app in apps]))
    known = rows.filter(pl.col("central").is_not_null())
    happened = _marks(cursor, known, apps, selection, say)
    figure = blank(HEIGHT, reader.theme)
    if known.height:
        figure = shares_figure(rows, apps, each, say=say, theme=reader.theme, marks=happened)
    return Drawn(
        finding=_finding(every, selection, say),
        subtitle=_subtitle(every, selection, say),
        figure=figure,
        height=HEIGHT,
        rows=rows,
        selection=selection,
        snapshot=cursor.snapshot,
        sources=("essor_estimates",),
        newest=_last(cursor, selection),
        notes=(*versions(rows, say), *_notes(every, each, say)),
        method="shares",
        marks=happened,
    )


def _apps(every: pl.DataFrame, selection: Selection) -> list[App]:
    """The apps drawn: those named, the first in focus, else all, the largest first."""
    order = list(every.sort("period", "central", descending=True, nulls_last=True)["app"].unique(maintain_order=True))
    wanted = [slug for slug in (selection.apps or order) if slug in order]
    return sorted((app for app in desk().apps if app.slug in wanted), key=lambda app: wanted.index(app.slug))


def _names(slugs: pl.Series) -> dict[str, str]:
    return {app.slug: app.name for app in desk().apps if app.slug in set(slugs)}


def _place(selection: Selection, say: Language) -> str:
    return say("shares.everywhere") if selection.country == TOGETHER else say.country(str(selection.country))


def _finding(every: pl.DataFrame, selection: Selection, say: Language) -> str:
    if every["central"].drop_nulls().is_empty():
        return say("shares.none", place=_place(selection, say))
    newest, focus = every.filter(pl.col("period") == pl.col("period").max()), next(iter(selection.apps), None)
    when = _when(newest["period"][0], _measure(selection)[0], say)
    return shares_finding(newest, _names(every["app"]), focus, where=_place(selection, say), when=when, say=say)


def _subtitle(every: pl.DataFrame, selection: Selection, say: Language) -> str:
    """What a share is a share of, outright."""
    newest = every.filter(pl.col("period") == pl.col("period").max())
    together = say.listed(sorted(_names(newest["app"]).values(), key=str.casefold)) or "–"
    return say("shares.unit", together=together, place=_place(selection, say), store=say(f"store.{STORE}"))


def _when(period: date, each: str, say: Language) -> str:
    """A period in a sentence: ``"in October 2026"``."""
    return say(f"shares.when.{each}", period=_period(period, each, say))


def _period(period: date, each: str, say: Language) -> str:
    """A period by its first day: ``"October 2026"``, ``"Q4 2026"``."""
    if each == "quarter":
        return say("shares.quarter", n=(period.month + 2) // 3, year=period.year)
    return {"week": say.day(period), "month": say.month(period), "year": str(period.year)}[each]


def _notes(every: pl.DataFrame, each: str, say: Language) -> list[str]:
    """How many days count in the newest period, where other apps count than before, and who is only bounded."""
    if every.is_empty():
        return []
    newest = every.filter(pl.col("period") == pl.col("period").max())
    days, aside = newest["days"][0], newest["left_out"][0]
    told = _period(newest["period"][0], each, say)
    notes = [say.count("shares.days_told", days, period=told) + (say.count("shares.aside", aside) if aside else ".")]
    changed = [_period(period, each, say) for period in _changes(every)]
    notes += [say("shares.changed", periods=say.listed(changed))] if changed else []
    bounded = newest.filter(pl.col("bounded") > 0)["app"].sort()
    return notes + ([say("shares.bounded_told", apps=say.listed(list(_names(bounded).values())), period=told)]
                    if len(bounded) else [])  # fmt: skip


def _changes(every: pl.DataFrame) -> list[date]:
    """The periods in which other apps count than in the one before."""
    periods = every.select("period", "together").unique("period").sort("period")
    moved = periods.with_columns(names=pl.col("together").list.join(","))
    return moved.filter(pl.col("names") != pl.col("names").shift(1))["period"].to_list()


def _last(cursor: Cursor, selection: Selection) -> date:
    """The newest day that has an estimate."""
    last = _span(_here(_offered(cursor), selection))[1]
    return min(selection.until or last, last)


def _marks(
    cursor: Cursor, known: pl.DataFrame, apps: list[App], selection: Selection, say: Language
) -> tuple[Mark, ...]:
    """The events of the apps drawn; none where they are switched off."""
    first, last = known["period"].min(), known["until"].max()
    if not isinstance(first, date) or not isinstance(last, date) or not selection.events:
        return ()
    return marks(desk().events(cursor), [app.slug for app in apps], first, last, say)


NUMBERS = ("central", "low", "high")


def _columns(say: Language) -> list[dict[str, Any]]:
    told = {"valueFormatter": {"function": "params.data[params.colDef.field + '_told']"}}
    number = {"type": "rightAligned", "minWidth": 92}
    return [
        {"field": "period", "headerName": say("filter.period"), "minWidth": 152, "sort": "desc", **told},
        {"field": "app", "headerName": say("filter.app"), "minWidth": 112},
        *({"field": name, "headerName": say(f"shares.{name}"), **number, **told} for name in NUMBERS),
        *({"field": name, "headerName": say(f"shares.{name}"), **number}
          for name in ("together", "days", "left_out", "bounded")),
    ]  # fmt: skip


def _rows(drawn: Drawn, say: Language) -> list[dict[str, Any]]:
    each, names = _measure(drawn.selection)[0], _names(drawn.rows["app"])
    return [
        {
            "period": row["period"].isoformat(),
            "period_told": _period(row["period"], each, say),
            "app": names[row["app"]],
            "together": len(row["together"]),
            **{name: row[name] for name in (*NUMBERS, "days", "left_out", "bounded")},
            **{f"{name}_told": share_told(row[name], say) if row[name] is not None else "–" for name in NUMBERS},
        }
        for row in drawn.rows.sort(
            "period", pl.col("central").fill_null(-1.0), "app", descending=[True, True, False]
        ).iter_rows(named=True)
    ]
