"""Downloads: what is measured, what is estimated, and what others claim, a day and storefront."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
from dash import Input, Output, State, callback, html
from dash.development.base_component import Component

from dashboard.components import filters
from dashboard.components.figure_frame import figure_frame, frame_outputs, frame_values
from dashboard.components.ledger import ledger
from dashboard.components.looks_table import looks_table
from dashboard.components.words import unfilled
from dashboard.desk import Reader, arrival, desk
from dashboard.drawn import Drawn, register_figure
from dashboard.figures.amounts import blank
from dashboard.figures.downloads import HEIGHT, downloads_figure
from dashboard.figures.events import Mark, marks
from dashboard.findings import downloads_finding
from dashboard.language import Language
from dashboard.selection import Selection, read_address
from dashboard.shell import frame, nothing_yet, register_page
from dashboard.storefronts import options, placed, with_apps
from essor.model.apps import App
from essor.model.charts import OVERALL
from essor.model.stores import StoreName
from warehouse.connection import Cursor
from warehouse.reads import claims, estimates, offers

PAGE = "downloads"
PATH = "/downloads"
SCALES = ("linear", "log")
DAY = timedelta(days=1)

register_page(__name__, PAGE, PATH, order=40, group="adoption", figure=True)


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
    switch = filters.shown_with(PAGE, drawn.selection, reader.say)[:1]
    figure = figure_frame(PAGE, drawn, reader, path=PATH, options=switch)
    return frame(PAGE, drawn.selection, reader, [choices, figure, tables])


@callback(
    output={
        "row": Output(f"{PAGE}-row", "className"),
        "days": filters.day_outputs(PAGE),
        "drawn": frame_outputs(PAGE),
        "tables": Output(f"{PAGE}-tables", "children"),
        "address": Output("address", "data", allow_duplicate=True),
    },
    inputs={
        "picked": filters.picked_inputs(PAGE, ("apps", "store", "country", "scale")),
        "period": filters.period_inputs(PAGE),
        "events": Input(f"{PAGE}-show-events", "checked"),
        "address": State("address", "data"),
    },
    prevent_initial_call=True,
)
def choose(picked: dict[str, Any], period: dict[str, Any], events: bool, address: str) -> dict[str, Any]:
    """Another choice made."""
    selection, reader = arrival(read_address(address))
    with desk().cursor(selection) as cursor:
        offered = desk().ask(cursor, offers.estimated)
        asked = replace(filters.with_picked(selection, picked), events=events)
        chosen = filters.Period(**period).of(asked, _span(offered))
        drawn = _drawn(cursor, _settled(chosen, offered), reader)
        tables = _tables(cursor, drawn, reader)
    return {
        "row": filters.row_class(own_days=period["name"] == filters.OWN),
        "days": filters.day_values(period["name"], drawn.selection, _span(offered)),
        "drawn": frame_values(PAGE, drawn, reader, path=PATH),
        "tables": tables,
        "address": reader.address(drawn.selection),
    }


def draw(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn | None:
    """The figure for an address."""
    offered = desk().ask(cursor, offers.estimated)
    return _drawn(cursor, _settled(selection, offered), reader) if offered.height else None


register_figure(PAGE, PATH, draw)


def _settled(selection: Selection, offered: pl.DataFrame) -> Selection:
    """The selection with one app, and everything else said that the address left open."""
    fullest = offered.group_by("app").agg(pl.col("days").sum()).sort("days", "app", descending=[True, False])
    apps = sorted(desk().apps, key=lambda app: app.slug not in fullest["app"].head(1))
    selection = with_apps(selection, apps, offered, most=1)
    selection = replace(selection, apps=selection.apps[:1])
    scale = selection.scale if selection.scale in SCALES else SCALES[0]
    return filters.rolling(replace(placed(selection, offered, "days"), scale=scale), _span(offered))


def _unfilled(say: Language) -> Component:
    return unfilled(PAGE, say("downloads.empty"), say("downloads.empty_when"), say, "essor estimate run")


def _choices(cursor: Cursor, selection: Selection, say: Language) -> Component:
    offered = desk().ask(cursor, offers.estimated)
    fronts, span = options(offered, say), _span(offered)
    present = [app for app in desk().apps if app.slug in {*offered["app"], *selection.apps}]
    items = [
        filters.one_app_filter(PAGE, present, _app(selection), say),
        filters.pick(PAGE, "store", fronts["store"], selection.store, say),
        filters.pick(PAGE, "country", fronts["country"], selection.country, say),
        filters.pick(PAGE, "scale", {scale: say(f"scale.{scale}") for scale in SCALES}, selection.scale, say),
        *filters.period_filter(PAGE, selection, span, say),
    ]
    return filters.row(PAGE, items, own_days=filters.period_of(selection, span) == filters.OWN)


def _span(offered: pl.DataFrame) -> tuple[date, date]:
    first, last, today = offered["first_day"].min(), offered["last_day"].max(), desk().now().date()
    return first if isinstance(first, date) else today, last if isinstance(last, date) else today


def _app(selection: Selection) -> App:
    return next(app for app in desk().apps if app.slug == selection.apps[0])


def _drawn(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn:
    app, say = _app(selection), reader.say
    rows, published = _daily(cursor, selection), _claims(cursor, selection, say)
    where = say.country(str(selection.country))
    figure, happened = blank(HEIGHT, reader.theme), _marks(cursor, rows, selection, say)
    if rows.height:
        figure = downloads_figure(rows, published, app, str(selection.scale), say=say, theme=reader.theme,
                                  marks=happened)  # fmt: skip
    return Drawn(
        finding=_finding(cursor, rows, selection, app, say),
        subtitle=say("downloads.unit", app=app.name, place=where, store=say(f"store.{selection.store}")),
        figure=figure,
        height=HEIGHT,
        rows=rows,
        selection=selection,
        snapshot=cursor.snapshot,
        sources=("essor_estimates",),
        newest=_last(rows),
        notes=(*versions(rows, say), *_exceeding(rows, where, say)),
        method="estimates",
        reading=_reading(cursor, rows, selection),
        marks=happened,
    )


def _marks(cursor: Cursor, rows: pl.DataFrame, selection: Selection, say: Language) -> tuple[Mark, ...]:
    """The events of the app between the first day and the last; none where they are switched off."""
    first, last = rows["day"].min(), rows["day"].max()
    if not isinstance(first, date) or not isinstance(last, date) or not selection.events:
        return ()
    return marks(desk().events(cursor), selection.apps, first, last, say)


def _reading(cursor: Cursor, rows: pl.DataFrame, selection: Selection) -> str | None:
    """The newest look that the newest figure stands on: at the chart for the rank curve, else at the listing."""
    if (rows.sort("day")["method"].tail(1) == "rank_curve").any():
        stood = desk().ask(cursor, offers.stands, selection.apps[0])
        looks = stood.filter(pl.col("category") == OVERALL[StoreName.APPLE]).select(
            "store", "country", "observed_at", "reading_id"
        )
    else:
        rated = desk().ask(cursor, offers.rated).filter(pl.col("app") == selection.apps[0])
        looks = rated.select("store", "country", pl.col("last_at").alias("observed_at"), "reading_id")
    here = looks.filter(pl.col("store") == selection.store, pl.col("country") == selection.country)
    return next(iter(here.sort("observed_at", descending=True)["reading_id"]), None)


def _last(rows: pl.DataFrame) -> date | None:
    """The newest day that has a figure."""
    day = rows["day"].max()
    return day if isinstance(day, date) else None


def versions(rows: pl.DataFrame, say: Language) -> list[str]:
    """Which version of which method made the figures."""
    pairs = rows.select("method", "method_version").unique().sort("method").iter_rows()
    return [say("downloads.version", method=say(f"method.{method}"), version=version) for method, version in pairs]


def _exceeding(rows: pl.DataFrame, where: str, say: Language) -> list[str]:
    """The methods by which more people would have downloaded the app than live there, and since when."""
    over = rows.filter("exceeds_population").group_by("method").agg(pl.col("day").min()).sort("method")
    return [
        say("downloads.exceeds", method=say(f"method.{method}"), place=where, day=say.day(day))
        for method, day in over.iter_rows()
    ]


def _daily(cursor: Cursor, selection: Selection) -> pl.DataFrame:
    until = selection.until + DAY if selection.until else None
    asked = {"since": selection.since, "until": until, "store": selection.store, "countries": (selection.country,)}
    return desk().ask(cursor, estimates.daily, selection.apps[0], **asked)


def _finding(cursor: Cursor, rows: pl.DataFrame, selection: Selection, app: App, say: Language) -> str:
    where, first, last = say.country(str(selection.country)), rows["day"].min(), rows["day"].max()
    if not isinstance(first, date) or not isinstance(last, date):
        return say("downloads.none", app=app.name, place=where)
    asked = {"store": selection.store, "countries": (selection.country,)}
    sums = desk().ask(cursor, estimates.sums, app.slug, first, last + DAY, **asked)
    return downloads_finding(sums, app, where, say.during(first, last), say)


def _claims(cursor: Cursor, selection: Selection, say: Language) -> pl.DataFrame:
    """Claims on this app's downloads in this very store and storefront over known days, spread over them."""
    found = desk().ask(cursor, claims.claims, selection.apps[0])
    country = None if selection.country == "ww" else selection.country
    alike = found.filter(
        pl.col("quantity") == "downloads",
        pl.col("since").is_not_null(),
        pl.col("value").is_not_null(),
        pl.col("verdict").fill_null("") != "contradicted",
        pl.col("stores") == selection.store,
        pl.col("countries").eq_missing(country),
    )
    length = (pl.col("until") - pl.col("since")).dt.total_days() + 1
    return alike.select(
        "since", "until", "kind", "said_by",
        day=pl.col("since") + (pl.col("until") - pl.col("since")) / 2,
        per_day=pl.col("value") / length,
        statement=pl.col(f"statement_{say.code}"),
    )  # fmt: skip


def _tables(cursor: Cursor, drawn: Drawn, reader: Reader) -> list[Component]:
    say = reader.say
    return [
        html.H2(say("table.name"), id=f"{PAGE}-table"),
        _sums(cursor, drawn, say),
        looks_table(f"{PAGE}-grid", _rows(drawn.rows, say), _columns(say), say),
    ]


def _sums(cursor: Cursor, drawn: Drawn, say: Language) -> Component:
    """The whole period, a method each; the kinds are never added up."""
    first, last = drawn.rows["day"].min(), drawn.rows["day"].max()
    if not isinstance(first, date) or not isinstance(last, date):
        return html.P(say("grid.none"), className="state")
    chosen = drawn.selection
    asked = {"store": chosen.store, "countries": (chosen.country,)}
    sums = desk().ask(cursor, estimates.sums, chosen.apps[0], first, last + DAY, **asked)
    names = ("kind", "method", "sum", "low", "high", "covered", "bounded", "missing")
    rows = [_sum_row(row, say) for row in sums.iter_rows(named=True)]
    heads = {name: say(f"downloads.head.{name}") for name in names}
    return ledger(heads, rows, name="sums", caption=say("downloads.sums"), numbers=names[2:])


def _sum_row(row: dict[str, Any], say: Language) -> list[Any]:
    amounts = [say.compact(row[name]) if row[name] is not None else "–" for name in ("central", "low", "high")]
    counts = [say.number(row[name]) for name in ("covered", "bounded", "missing")]
    kind = say(f"figure_kind.{row['kind'] or 'upper_bound'}")
    return [kind, say(f"method.{row['method']}"), *amounts, *counts]


def _columns(say: Language) -> list[dict[str, Any]]:
    told = {"valueFormatter": {"function": "params.data[params.colDef.field + '_told']"}}
    return [
        {"field": "day", "headerName": say("downloads.day"), "minWidth": 140, "sort": "desc", **told},
        {"field": "kind", "headerName": say("downloads.kind"), "minWidth": 120},
        {"field": "method", "headerName": say("downloads.method"), "minWidth": 200},
        *({"field": name, "headerName": say(f"downloads.{name}"), "minWidth": 110, "type": "rightAligned", **told}
          for name in ("central", "low", "high")),
        {"field": "interpolated", "headerName": say("downloads.interpolated"), "minWidth": 130},
    ]  # fmt: skip


def _rows(frame: pl.DataFrame, say: Language) -> list[dict[str, Any]]:
    return [
        {
            "day": row["day"].isoformat(),
            "day_told": say.short_day(row["day"]),
            "kind": say(f"figure_kind.{row['kind']}"),
            "method": say(f"method.{row['method']}"),
            "interpolated": say("downloads.yes") if row["interpolated"] else "",
            **{name: row[name] for name in ("central", "low", "high")},
            **{
                f"{name}_told": say.compact(row[name]) if row[name] is not None else "–"
                for name in ("central", "low", "high")
            },
        }
        for row in frame.iter_rows(named=True)
    ]
