"""What else is known of one app: its downloads, what came out, what happened, what its maker's models are used for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.figure_frame import event_list
from dashboard.components.ledger import ledger
from dashboard.desk import Reader, desk
from dashboard.figures.events import marks
from dashboard.language import Language
from dashboard.maps import by_storefront
from dashboard.selection import Selection
from essor.model.apps import App
from warehouse.connection import Cursor
from warehouse.reads import estimates, offers, ranks, ratings, signals

FRONTS = 8
"""So many storefronts are listed, those with most downloads."""
VERSIONS = 5
"""So many versions are listed, the newest ones."""


def downloads(cursor: Cursor, app: App, selection: Selection, reader: Reader) -> list[Component]:
    """The newest figures a storefront: estimates with their bands, and what Google Play counts worldwide."""
    say, title = reader.say, html.H2(reader.say("app.downloads"))
    offered = desk().ask(cursor, offers.estimated).filter(pl.col("app") == app.slug)
    last = offered["last_day"].max()
    if not isinstance(last, date):
        return [title, html.P(say("app.no_download"), className="state")]
    found = desk().ask(cursor, estimates.daily, app.slug, last - ranks.STALE + timedelta(days=1), None)
    measured = found.filter(pl.col("kind") == "measured").sort("day").tail(1).select(by_storefront(found).columns)
    rows = [_amount(row, selection, reader) for row in measured.iter_rows(named=True)]
    rows += [_amount(row, selection, reader) for row in by_storefront(found).head(FRONTS).iter_rows(named=True)]
    heads = {name: say(f"app.{name}") for name in ("front", "amount", "band", "kind", "day")}
    more = dcc.Link(say("app.on_map"), href="/world" + reader.address(replace(selection, measure="downloads", at=None)))
    return [title, ledger(heads, rows, name="amounts", caption=say("app.downloads"), numbers=("amount", "band")),
            html.P(more, className="actions")]  # fmt: skip


def _amount(row: dict[str, Any], selection: Selection, reader: Reader) -> list[Any]:
    say = reader.say
    asked = replace(selection, country=row["country"], since=None, until=None, last=None, measure=None)
    link = dcc.Link(say.country(row["country"]), href="/downloads" + reader.address(asked))
    kind = f"{say('figure_kind.' + row['kind'])}, {say('method.' + row['method']).lower()}"
    if row["central"] is None:
        return [link, "–", say("world.less", high=say.compact(row["high"])), kind, say.short_day(row["day"])]
    measured = row["kind"] == "measured"
    band = "–" if measured else say("world.band_of", low=say.compact(row["low"]), high=say.compact(row["high"]))
    return [link, say.compact(row["central"]), band, kind, say.short_day(row["day"])]


def versions(cursor: Cursor, app: App, selection: Selection, reader: Reader) -> list[Component]:
    """The newest versions, each once, with what the publisher says of it folded away."""
    say, title = reader.say, html.H2(reader.say("app.versions"))
    told = desk().ask(cursor, ratings.timeline, app.slug).filter(pl.col("what") == "version")
    newest = told.sort("observed_at").unique(["store", "value"], keep="first").sort("observed_at", descending=True)
    if newest.is_empty():
        return [title, html.P(say("app.no_version"), className="state")]
    shown = newest.head(VERSIONS)
    columns = ("version", "store", "observed", *(["notes"] if any(shown["release_notes"]) else []))
    heads = {name: say(f"app.{name}") for name in columns}
    rows = [_version(row, say)[: len(columns)] for row in shown.iter_rows(named=True)]
    every = dcc.Link(say.count("app.every_version", newest.height), href="/ratings" + reader.address(selection))
    return [
        title,
        ledger(heads, rows, name="releases", caption=say("app.versions")),
        html.P(every, className="actions"),
    ]


def _version(row: dict[str, Any], say: Language) -> list[Any]:
    notes = html.Details([html.Summary(say("ratings.notes")), html.Div(row["release_notes"], className="notes")]) \
        if row["release_notes"] else ""  # fmt: skip
    return [row["value"], say(f"store.{row['store']}"), say.short_day(row["observed_at"].date()), notes]


def happened(cursor: Cursor, app: App, say: Language) -> list[Component]:
    """The dated events on file, of the app and of all."""
    found = marks(desk().events(cursor), [app.slug], date.min, date.max, say)
    told = event_list(found, say) or [html.P(say("app.no_event"), className="state")]
    return [html.H2(say("app.events")), *told]


def makers_signals(cursor: Cursor, app: App, selection: Selection, reader: Reader) -> list[Component]:
    """The newest figure of each signal of its maker, of the subject with the highest one."""
    say, title = reader.say, html.H2(reader.say("app.signals"))
    known = desk().ask(cursor, signals.known).filter(pl.col("vendor").is_not_null())
    made = [vendor for vendor in known["vendor"].unique() if makes(vendor, app)]
    found = known.filter(pl.col("vendor").is_in(made)).sort("last_value", descending=True)
    best = found.unique(["source", "metric"], keep="first", maintain_order=True).sort("source", "metric")
    if best.is_empty():
        return [title, html.P(say("app.no_signal"), className="state")]
    heads = {name: say(f"app.{name}") for name in ("signal", "subject", "last", "day")}
    rows = [_signal(row, app, selection, reader) for row in best.iter_rows(named=True)]
    return [title, ledger(heads, rows, name="makers", caption=say("app.signals"), numbers=("last",))]


def makes(vendor: str, app: App) -> bool:
    """Whether a maker of the signals publishes the app."""
    return {"xai": "grok"}.get(vendor) == app.slug or app.publisher.lower().startswith(vendor)


def _signal(row: dict[str, Any], app: App, selection: Selection, reader: Reader) -> list[Any]:
    say = reader.say
    name = say("developers.name", source=say.optional(f"source.{row['source']}", row["source"]),
               metric=say.optional(f"metric.{row['metric']}", row["metric"]))  # fmt: skip
    asked = replace(selection, apps=(app.slug,), measure=f"{row['source']}.{row['metric']}", since=None, until=None,
                    last=None)  # fmt: skip
    link = dcc.Link(name, href="/developers" + reader.address(asked))
    return [link, row["subject"].replace("_", " "), say.compact(row["last_value"]),
            say.short_day(row["last_end"].date())]  # fmt: skip
