"""The snapshot that is shown, and the way to the others: each of them is an address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.desk import Reader
from dashboard.selection import Selection

NEWEST, DAYS, MONTHS = 4, 10, 24
"""How many snapshots are offered: the newest, the last of so many days, and the last of so many months."""


def snapshot_picker(snapshots: Sequence[datetime], selection: Selection, reader: Reader, path: str) -> Component:
    """What the pages are as of, and a list of links to the same page as of another snapshot."""
    say = reader.say
    shown = max((one for one in snapshots if selection.snapshot is None or one <= selection.snapshot), default=None)
    if not snapshots:
        return html.Span(say("foot.no_snapshot"), id="snapshot", className="as-of")
    kept = [html.Span(f" {say('shell.kept')}", className="kept")] if selection.snapshot else []
    as_of = say("foot.snapshot", when=say.moment(shown)) if shown else say("shell.before")
    summary = html.Summary([as_of, *kept])
    live = dcc.Link(say("shell.newest"), href=path + reader.address(replace(selection, snapshot=None)))
    items: list[Component] = [html.Li(live, className="here" if selection.snapshot is None else None)]
    items += [_item(one, selection, reader, path) for one in offered(snapshots)]
    every = dcc.Link(say("shell.all_snapshots"), href=f"/health{reader.address(selection)}#health-loads")
    listed = html.Div([html.P(say("shell.snapshots"), className="state"), html.Ul(items), every], className="snapshots")
    return html.Details([summary, listed], id="snapshot", className="as-of")


def _item(snapshot: datetime, selection: Selection, reader: Reader, path: str) -> Component:
    href = path + reader.address(replace(selection, snapshot=snapshot))
    link = dcc.Link(reader.say.moment(snapshot), href=href)
    return html.Li(link, className="here" if snapshot == selection.snapshot else None)


def offered(snapshots: Sequence[datetime]) -> list[datetime]:
    """The snapshots worth a link, the newest first: a year of hourly loads is no list to read."""
    newest = _last_of(sorted(snapshots, reverse=True), lambda one: f"{one:%Y-%m-%d %H:%M}")
    days = _last_of(newest, lambda one: f"{one:%Y-%m-%d}")[:DAYS]
    months = _last_of(newest, lambda one: f"{one:%Y-%m}")[:MONTHS]
    return sorted({*newest[:NEWEST], *days, *months}, reverse=True)


def _last_of(newest: Sequence[datetime], period: Callable[[datetime], str]) -> list[datetime]:
    last: dict[str, datetime] = {}
    for one in newest:
        last.setdefault(period(one), one)
    return list(last.values())
