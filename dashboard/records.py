"""The records of a period in one chart: how high, for how long, and when an app came or left."""

from __future__ import annotations

from collections.abc import Set
from datetime import date, timedelta
from typing import Any

import polars as pl
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.ledger import app_cell, ledger
from dashboard.desk import View, desk
from dashboard.figures.claims_timeline import app_colour, app_name
from dashboard.language import Language
from warehouse.reads import movements, ranks

MOVES = 12
"""So many comings and goings are listed, the newest ones."""


def records(view: View, place: str = "") -> list[Component]:
    """The best rank, the days and the longest runs in the first N of each app shown, then how each came and left.

    `place` names the storefront in the heads, where there are several.
    """
    say, chosen = view.say, [app.slug for app in desk().chosen_apps(view.selection)]
    peaks, tops, moves = (
        view.ask(read, view.chart, *_bounds(view, read)).filter(pl.col("app").is_in(chosen))
        for read in (ranks.peaks, ranks.days_in_top, movements.comings_and_goings)
    )
    if peaks.is_empty():
        return []
    several = set(peaks.filter(pl.col("app").is_duplicated())["app"])
    method = dcc.Link(say("records.method"), href=f"/methods{view.address}#ranks")
    return [
        html.H2(_of(say("records.title"), place)),
        html.P([say("records.note"), " ", method], className="foot"),
        _tops(peaks, tops, view, several),
        html.H2(_of(say("records.moves"), place)),
        _moves(moves, view, several) if moves.height else html.P(say("records.no_move"), className="state"),
    ]


def _of(title: str, place: str) -> str:
    return f"{title} ({place})" if place else title


def _bounds(view: View, read: object) -> tuple[Any, ...]:
    since, until = view.selection.since, view.selection.until
    after = until + timedelta(days=1) if until else None
    return (ranks.TOPS, since, after) if read is ranks.days_in_top else (since, after)


def _tops(peaks: pl.DataFrame, tops: pl.DataFrame, view: View, several: Set[str]) -> Component:
    say = view.say
    heads = {"app": say("ratings.head.app"), "peak": say("records.peak"),
             **{f"top{top}": _top(top, say) for top in ranks.TOPS}}  # fmt: skip
    cells = {(row["app_id"], row["top"]): row for row in tops.iter_rows(named=True)}
    rows = [
        [_app(row, view, several), _peak(row, say), *(_days(cells[row["app_id"], top], say) for top in ranks.TOPS)]
        for row in peaks.iter_rows(named=True)
    ]
    return ledger(heads, rows, name="records", caption=say("records.title"))


def _top(top: int, say: Language) -> str:
    return say("records.first") if top == 1 else say("records.top", n=top)


def _app(row: dict[str, Any], view: View, several: Set[str]) -> list[Any]:
    """The app's name; its id in the store below it where it has `several`, each with a row of its own."""
    apps = desk().apps
    cell = app_cell(app_name(row["app"], apps), app_colour(row["app"], apps, view.reader.theme))
    return [*cell, _under(view.say("records.id", id=row["app_id"]))] if row["app"] in several else cell


def _peak(row: dict[str, Any], say: Language) -> list[Any]:
    if row["peak_rank"] is None:
        return ["–"]
    return [say.ordinal(row["peak_rank"]), _under(say("records.on", day=say.short_day(row["peak_on"])))]


def _days(row: dict[str, Any], say: Language) -> list[Any]:
    """The days that are known, what the unseen ones could add, and the longest run of known ones."""
    said: list[Any] = [say.count("records.days", row["days_known"])]
    if row["days_possible"] > row["days_known"]:
        said.append(_under(say("records.possible", n=say.number(row["days_possible"]))))
    if row["streak_known"] > 1:
        since = say.short_day(row["streak_known_from"])
        said.append(_under(say("records.streak", n=say.number(row["streak_known"]), day=since)))
    return said


def _moves(moves: pl.DataFrame, view: View, several: Set[str]) -> Component:
    say = view.say
    heads = {name: say(f"records.head.{name}") for name in ("day", "app", "change")}
    newest = moves.sort("on", "app", descending=[True, False]).head(MOVES)
    rows = [
        [_when(row, say), html.Div(_app(row, view, several)), _change(row, say)] for row in newest.iter_rows(named=True)
    ]
    return ledger(heads, rows, name="moves", caption=say("records.moves"))


def _when(row: dict[str, Any], say: Language) -> str:
    on: date = row["on"]
    if not row["unknown"]:
        return say.short_day(on)
    first, last = say.between(row["after"], on)
    return say("records.between", first=first, last=last)


def _change(row: dict[str, Any], say: Language) -> str:
    return say(f"records.{row['change']}", rank=say.ordinal(row["rank"]))


def _under(text: str) -> Component:
    return html.Div(text, className="state")
