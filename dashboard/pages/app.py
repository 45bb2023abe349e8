"""App: everything known of one app."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
from dash import Input, Output, State, callback, dcc, html
from dash.development.base_component import Component

from dashboard import about_app
from dashboard.components import filters
from dashboard.components.figure_frame import figure_frame, frame_outputs, frame_values
from dashboard.components.follow import follow
from dashboard.components.ledger import ledger
from dashboard.components.looks_table import looks_table
from dashboard.desk import FIRST_APPS, Reader, arrival, desk
from dashboard.drawn import Drawn, register_figure
from dashboard.language import Language
from dashboard.pages import rankings
from dashboard.pages.claims import verdict_word
from dashboard.selection import Selection, collection_key, known_charts, read_address
from dashboard.sentences import absent_of
from dashboard.shell import evidence_from, frame, nothing_yet, register_page
from essor.model.apps import App, Launch, NamePeriod, StoreId
from essor.model.charts import Chart
from warehouse.connection import Cursor
from warehouse.reads import claims, offers, ratings

PAGE = "app"
PATH = "/app"
CHARTS = 12
"""So many charts are listed, those it is highest in."""
CLAIMS = 8

register_page(__name__, PAGE, PATH, order=30, group="apps", figure=True)
evidence_from(f"{PAGE}-figure")


def layout(**query: object) -> Component:
    """The page for an address."""
    selection, reader = arrival(query)
    with desk().cursor(selection) as cursor:
        drawn = draw(cursor, selection, reader)
        if drawn is None:
            return nothing_yet(cursor, selection, reader)
    head = html.P(_head(drawn.selection, reader), id=f"{PAGE}-head", className="kicker")
    choices = filters.row(PAGE, [filters.one_app_filter(PAGE, desk().apps, _app(drawn.selection), reader.say)])
    switches = filters.shown_with(PAGE, drawn.selection, reader.say)
    figure = figure_frame(PAGE, drawn, reader, path=PATH, options=switches)
    return frame(PAGE, drawn.selection, reader, [choices, head, figure, html.Div(id=f"{PAGE}-told-all")])


@callback(
    output={
        "head": Output(f"{PAGE}-head", "children"),
        "drawn": frame_outputs(PAGE),
        "address": Output("address", "data", allow_duplicate=True),
    },
    inputs={
        "picked": filters.picked_inputs(PAGE, ("apps",)),
        "with_": filters.shown_inputs(PAGE),
        "address": State("address", "data"),
    },
    prevent_initial_call=True,
)
def choose(picked: dict[str, Any], with_: dict[str, bool], address: str) -> dict[str, Any]:
    """Another app picked: its own best chart is shown, and not the one before. Or events or bridges switched."""
    selection, reader = arrival(read_address(address))
    asked = replace(filters.with_picked(selection, picked), **with_)  # type: ignore[arg-type]
    if asked.apps != selection.apps:
        asked = replace(asked, store=None, country=None, collection=None, category=None, since=None, until=None)
    with desk().cursor(selection) as cursor:
        drawn = draw(cursor, asked, reader)
        if drawn is None:
            return {}
    values = frame_values(PAGE, drawn, reader, path=PATH)
    head = _head(drawn.selection, reader)
    return {"head": head, "drawn": values, "address": reader.address(drawn.selection)}


@callback(Output(f"{PAGE}-told-all", "children"), Input("address", "data"))
def tell_all(address: str) -> list[Component]:
    """All else that is known of the app, told once its figure is on screen."""
    selection, reader = arrival(read_address(address))
    with desk().cursor(selection) as cursor:
        drawn = draw(cursor, selection, reader)
        return _told(cursor, drawn, reader) if drawn else []


def draw(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn | None:
    """The rank history of one app, where the address names no chart in the one where most is known of it."""
    slug = next((slug for slug in selection.apps if slug in {app.slug for app in desk().apps}), FIRST_APPS[0])
    selection = replace(selection, apps=(slug,), beside=())
    if selection.category is None:
        chart = _best_chart(desk().ask(cursor, offers.stands, slug), selection)
        selection = selection.of_chart(chart) if chart else selection
    return rankings.draw(cursor, selection, reader)


register_figure(PAGE, PATH, draw)


def _best_chart(stands: pl.DataFrame, selection: Selection) -> Chart | None:
    """The chart in which the app was ranked, in the storefront named or the reader's own, seen on most days."""
    ranked = stands.filter(pl.col("rank").is_not_null() | pl.col("peak_rank").is_not_null())
    days = dict(ranked.group_by("country").agg(pl.col("days_known").max()).iter_rows())
    country = selection.country or selection.home(days)
    here = ranked.filter(country=country) if country else ranked
    known = known_charts(here.with_columns(readings=pl.col("days_known")))
    return max(known, key=lambda chart: known[chart], default=None)


def _app(selection: Selection) -> App:
    return next(app for app in desk().apps if app.slug == selection.apps[0])


def _head(selection: Selection, reader: Reader) -> list[Any]:
    app = _app(selection)
    swatch = html.Span(className="swatch", style={"background": reader.theme.of(app)})
    way = html.Span(follow((app.slug,), None, reader), className="follow", id=f"{PAGE}-follow")
    return [swatch, html.B(app.name), html.Span(app.publisher, className="then"), way]


def _told(cursor: Cursor, drawn: Drawn, reader: Reader) -> list[Component]:
    selection = drawn.selection
    app, say = _app(selection), reader.say
    return [
        html.H2(say("table.name"), id=f"{PAGE}-table"),
        looks_table(f"{PAGE}-grid", *rankings.same_in_rows(cursor, drawn, reader), say),
        html.H2(say("app.ranks")),
        *_ranks(desk().ask(cursor, offers.stands, app.slug), selection, reader),
        *about_app.downloads(cursor, app, selection, reader),
        html.H2(say("app.ratings")),
        _ratings(cursor, app, selection, reader),
        *about_app.versions(cursor, app, selection, reader),
        html.H2(say("app.claims")),
        _claims(cursor, app, selection, reader),
        *about_app.happened(cursor, app, say),
        *about_app.makers_signals(cursor, app, selection, reader),
        html.Div([_launches(app, say), _names(app, say), _ids(app, say)], className="sections"),
    ]


def _ranks(stands: pl.DataFrame, selection: Selection, reader: Reader) -> list[Component]:
    """The charts it was ever in; those it never was in are folded away."""
    say, ever = reader.say, pl.col("rank").is_not_null() | pl.col("peak_rank").is_not_null()
    if stands.is_empty():
        return [html.P(say("app.no_rank"), className="state")]
    inside, never = stands.filter(ever), stands.filter(~ever)
    shown = [_stands(inside.head(CHARTS), selection, reader)] if inside.height else []
    if inside.height > CHARTS:
        shown.append(html.P(say("app.charts_of", most=CHARTS, n=say.number(inside.height)), className="state"))
    folded = html.Details([html.Summary(say.count("app.never", never.height)), _stands(never, selection, reader)],
                          className="folded", open=not shown)  # fmt: skip
    return [*shown, *([folded] if never.height else [])]


def _stands(stands: pl.DataFrame, selection: Selection, reader: Reader) -> Component:
    heads = {name: reader.say(f"app.{name}") for name in ("chart", "rank", "observed", "peak", "peak_on", "days")}
    rows = [_stand(row, selection, reader) for row in stands.iter_rows(named=True)]
    return ledger(heads, rows, name="stands", caption=reader.say("app.ranks"), numbers=("rank", "peak", "days"))


def _stand(row: dict[str, Any], selection: Selection, reader: Reader) -> list[Any]:
    say = reader.say
    chart = next(iter(known_charts(pl.DataFrame([{**row, "readings": 0}]))))
    words = f"{say.country(row['country'])} · {say(f'chart.{collection_key(chart)}')} · {say.category(row['category'])}"
    link = dcc.Link(
        words, href="/rankings" + reader.address(replace(selection.of_chart(chart), since=None, until=None))
    )
    absent = absent_of(row["depth"], say) if row["state"] == "absent" else say(f"cell.{row['state']}")
    rank = say.number(row["rank"]) if row["rank"] is not None else html.Span(absent, className="state")
    seen = html.A(say.moment(row["observed_at"]), href=f"/evidence/{row['reading_id']}")
    peak = say.number(row["peak_rank"]) if row["peak_rank"] is not None else "–"
    return [
        link,
        rank,
        seen,
        peak,
        say.short_day(row["peak_on"]) if row["peak_on"] else "–",
        say.number(row["days_known"]),
    ]


def _ratings(cursor: Cursor, app: App, selection: Selection, reader: Reader) -> Component:
    say, found = reader.say, desk().ask(cursor, ratings.scores, app.slug)
    if found.is_empty():
        return html.P(say("app.no_rating"), className="state")
    versions = desk().ask(cursor, ratings.timeline, app.slug).filter(pl.col("what") == "version")
    heads = {name: say(f"app.{name}") for name in ("front", "score", "count", "version", "observed")}
    rows = [_rating(row, versions, selection, reader) for row in found.iter_rows(named=True)]
    return ledger(heads, rows, name="fronts", caption=say("app.ratings"), numbers=("score", "count"))


def _rating(row: dict[str, Any], versions: pl.DataFrame, selection: Selection, reader: Reader) -> list[Any]:
    say = reader.say
    here = versions.filter(pl.col("country") == row["country"], pl.col("store") == row["store"]).sort("observed_at")
    asked = replace(selection, store=row["store"], country=row["country"], since=None, until=None)
    link = dcc.Link(
        f"{say.country(row['country'])} · {say('store.' + row['store'])}", href="/ratings" + reader.address(asked)
    )
    score = say.number(round(row["score"], 2)) if row["score"] is not None else "–"
    version = here["value"][-1] if here.height else "–"
    return [link, score, say.number(row["rating_count"]), version, say.moment(row["last_at"])]


def _claims(cursor: Cursor, app: App, selection: Selection, reader: Reader) -> Component:
    say, found = reader.say, desk().ask(cursor, claims.claims, app.slug)
    if found.is_empty():
        return html.P(say("app.no_claim"), className="state")
    address = reader.address(selection)
    items = [
        html.Li([verdict_word(row["verdict"], say), " ",
                 dcc.Link(say.spaced(row[f"statement_{say.code}"]), href=f"/claims/{row['claim']}{address}")])
        for row in found.head(CLAIMS).iter_rows(named=True)
    ]  # fmt: skip
    every = html.Li(dcc.Link(say.count("app.every_claim", found.height), href="/claims" + reader.address(selection)))
    return html.Ul([*items, *([every] if found.height > CLAIMS else [])], className="plain-list")


def _launches(app: App, say: Language) -> Component:
    return _listed(
        "app.launches", [_launch(launch, say) for launch in sorted(app.launches, key=lambda one: one.on)], say
    )


def _launch(launch: Launch, say: Language) -> list[Any]:
    day = say.short_day(launch.on) if launch.precision == "day" else say.month(launch.on)
    where = f", {say.country(launch.territory)}" if launch.territory else ""
    source = html.Div(say.spaced(launch.source[say.code]), className="state")
    return [
        html.B(say(f"platform.{launch.platform}")),
        say.spaced(f" : {day}{where}") if say.code == "fr" else f": {day}{where}",
        source,
    ]


def _names(app: App, say: Language) -> Component:
    return _listed("app.names", [_name(period, say) for period in app.names], say)


def _name(period: NamePeriod, say: Language) -> list[Any]:
    return [html.B(period.name), html.Div(_since(period.since, period.until, say), className="state")]


def _ids(app: App, say: Language) -> Component:
    return _listed("app.ids", [_id(key, say) for key in app.store_ids], say)


def _id(key: StoreId, say: Language) -> list[Any]:
    note = [html.Div(say.spaced(key.note[say.code]), className="state")] if key.note else []
    when = _since(key.since, key.until, say) if key.since or key.until else ""
    return [f"{say(f'store.{key.store}')} ", html.Code(key.app_id), html.Div(when, className="state"), *note]


def _since(since: Any, until: Any, say: Language) -> str:  # noqa: ANN401 - days or None
    if since and until:
        return say("app.from_to", since=say.short_day(since), until=say.short_day(until))
    if since:
        return say("app.from", since=say.short_day(since))
    return say("app.until", until=say.short_day(until)) if until else say("app.always")


def _listed(key: str, items: list[list[Any]], say: Language) -> Component:
    rows = [html.Li(item) for item in items] or [html.Li(say("app.unknown"), className="state")]
    return html.Div([html.H2(say(key)), html.Ul(rows, className="plain-list")])
