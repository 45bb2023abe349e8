"""What the map of the world shows on a day: the ranks of an app, or the estimates of its downloads."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl
from dash import html
from dash.development.base_component import Component

from dashboard.components.ledger import ledger
from dashboard.desk import FIRST_APPS, Reader, View, desk
from dashboard.drawn import Drawn
from dashboard.figures.world import (
    HEIGHT,
    amount_step,
    amounts_figure,
    step_colour,
    step_of,
    world_figure,
)
from dashboard.findings import amounts_finding, world_finding
from dashboard.language import Language
from dashboard.selection import Selection, collection_key
from dashboard.sentences import absent_of
from essor.model.apps import App
from warehouse.reads import charts, estimates, offers, ranks

MEASURES = ("rank", "downloads")
"""What can be shown; the first where the address says nothing."""
DAY = timedelta(days=1)
NAMED_BANDS = 5
"""The bands of so many storefronts stand under the map, where they are seen on paper too."""


def first_app(view: View) -> str:
    """The app shown where the address names none: the first with something to show.

    Of ranks the first of `FIRST_APPS` that a storefront ranks that day, of downloads the one estimated in most.
    """
    if view.selection.measure == "rank":
        days = days_shown(view)
        day = shown_day(view.selection, days) if days else day_of(view.selection)
        ranked = (slug for slug in FIRST_APPS if view.ask(ranks.by_storefront, view.chart, slug, day)["rank"].count())
        return next(ranked, FIRST_APPS[0])
    offered = view.ask(offers.estimated).filter(pl.col("country") != "ww", pl.col("days") > 0)
    most = offered.group_by("app").len().sort("len", "app", descending=[True, False])
    return next(iter(most["app"]), FIRST_APPS[0])


def days_shown(view: View) -> list[date]:
    """The days that can be picked, oldest first; of downloads every day from the first estimate to the last."""
    chart = view.chart
    if view.selection.measure == "downloads":
        return _estimated_days(view)
    asked = (chart.store.value, chart.device.value, chart.collection.value, chart.category)
    return view.ask(offers.days_looked, *asked)["day"].to_list()


def _estimated_days(view: View) -> list[date]:
    offered = view.ask(offers.estimated).filter(
        pl.col("app") == view.selection.apps[0], pl.col("store") == view.chart.store.value, pl.col("country") != "ww"
    )
    first, last = offered["first_day"].min(), offered["last_day"].max()
    if not isinstance(first, date) or not isinstance(last, date):
        return [desk().now().date()]
    return [first + DAY * n for n in range((last - first).days + 1)]


def day_of(selection: Selection) -> date:
    """The day that an address asks for; today where it names none."""
    return (selection.at or desk().now()).date()


def shown_day(selection: Selection, days: list[date]) -> date:
    """The last of `days` at or before the one asked for."""
    return days[max(bisect_right(days, day_of(selection)) - 1, 0)]


def moment_of(day: date) -> datetime:
    """A day as the moment of an address."""
    return datetime.combine(day, time(), UTC)


def app_of(selection: Selection) -> App:
    """The app shown."""
    return next(app for app in desk().apps if app.slug == selection.apps[0])


def map_drawn(view: View, days: list[date]) -> Drawn:
    """The map of a day and all that is said of it."""
    day = shown_day(view.selection, days)
    drawn = _amounts(view, day) if view.selection.measure == "downloads" else _ranks(view, day)
    return replace(drawn, newest_shown=day == days[-1])


def _ranks(view: View, day: date) -> Drawn:
    say, app = view.say, app_of(view.selection)
    fronts = view.ask(ranks.by_storefront, view.chart, app.slug, day)
    kind = (f"store.{view.chart.store}", f"chart.{collection_key(view.chart)}")
    words = " · ".join([*map(say, kind), say.category(view.chart.category)])
    apple = view.chart.store == "apple"
    return Drawn(
        finding=world_finding(fronts, app, say.day(day), say),
        subtitle=say("world.unit", app=app.name, chart=words),
        figure=world_figure(fronts, say, view.reader.theme),
        height=HEIGHT,
        rows=fronts,
        selection=replace(view.selection, at=moment_of(day)),
        snapshot=view.cursor.snapshot,
        sources=("apple_charts",) if apple else (f"{view.chart.store}_charts",),
        newest=_last(fronts),
        method="ranks",
        reading=_reading(view, fronts),
    )


def _last(fronts: pl.DataFrame) -> date | None:
    """The newest day that one of the storefronts was seen on."""
    day = fronts["day"].max()
    return day if isinstance(day, date) else None


def _reading(view: View, fronts: pl.DataFrame) -> str | None:
    """The look behind the best rank of the map."""
    seen = fronts.filter(pl.col("day").is_not_null()).head(1)
    if seen.is_empty():
        return None
    there, end = replace(view.chart, country=seen["country"][0]), moment_of(seen["day"][0] + DAY)
    return next(iter(view.ask(charts.reading_at, there, end - timedelta(microseconds=1))["reading_id"]), None)


def _amounts(view: View, day: date) -> Drawn:
    say, app = view.say, app_of(view.selection)
    since = day - ranks.STALE + DAY
    rows = by_storefront(view.ask(estimates.daily, app.slug, since, day + DAY, store=view.chart.store.value))
    return Drawn(
        finding=amounts_finding(rows, app, say.day(day), say),
        subtitle=say("world.amount_unit", app=app.name, store=say(f"store.{view.chart.store}")),
        figure=amounts_figure(rows, say, view.reader.theme),
        height=HEIGHT,
        rows=rows,
        selection=replace(view.selection, at=moment_of(day)),
        snapshot=view.cursor.snapshot,
        sources=("essor_estimates",),
        newest=_last(rows),
        notes=tuple(_bands(rows, say)),
        method="estimates",
    )


def by_storefront(daily: pl.DataFrame) -> pl.DataFrame:
    """One row a storefront of `warehouse.reads.estimates.daily`'s: the newest day, an estimate before a mere bound, and
    of two estimates the one with the narrower band. Most downloads first.
    """
    known = daily.filter(pl.col("country") != "ww", pl.col("kind") != "measured")
    best = known.sort(
        "country", -pl.col("day").to_physical(), pl.col("central").is_null(), pl.col("high") / pl.col("low")
    )
    columns = ("country", "day", "kind", "method", "method_version", "low", "central", "high", "interpolated")
    return (
        best.unique("country", keep="first", maintain_order=True)
        .select(columns)
        .sort(pl.col("central").fill_null(-1), "country", descending=[True, False])
    )


def _bands(rows: pl.DataFrame, say: Language) -> list[str]:
    """The bands in words, which hovering alone would not put on paper, and the versions of the methods."""
    known = rows.filter(pl.col("central").is_not_null())
    told = [
        say("world.band", place=say.country(row["country"]), central=say.compact(row["central"]), band=_band(row, say))
        for row in known.head(NAMED_BANDS).iter_rows(named=True)
    ]
    versions = rows.select("method", "method_version").unique().sort("method").iter_rows()
    named = [say("downloads.version", method=say(f"method.{method}"), version=n) for method, n in versions]
    return [*([say("world.bands", told=" · ".join(told))] if told else []), *named]


def _band(row: dict[str, Any], say: Language) -> str:
    return say("world.band_of", low=say.compact(row["low"]), high=say.compact(row["high"]))


def map_table(page: str, drawn: Drawn, reader: Reader) -> list[Component]:
    """The table that says the same as the map."""
    say, amounts = reader.say, drawn.selection.measure == "downloads"
    names = ("place", "amount", "seen") if amounts else ("place", "rank", "seen")
    heads = {name: say(f"world.{name}") for name in names} | ({"seen": say("world.day")} if amounts else {})
    rows = [(_amount_row if amounts else _rank_row)(row, reader) for row in drawn.rows.iter_rows(named=True)]
    title = html.H2(say("world.table"), id=f"{page}-table")
    if not rows:
        return [title, html.P(say("grid.none"), className="state")]
    return [title, ledger(heads, rows, name="fronts", caption=say("world.table"), numbers=("rank", "amount"))]


def _place(country: str, step: str, reader: Reader) -> list[Any]:
    swatch = html.Span(className="swatch square", style={"background": step_colour(step, reader.theme)})
    return [swatch, reader.say.country(country)]


def _rank_row(row: dict[str, Any], reader: Reader) -> list[Any]:
    say, step = reader.say, step_of(row["state"], row["rank"])
    if row["rank"] is not None:
        rank: Any = say.number(row["rank"])
    else:
        told = absent_of(row["depth"], say) if step == "absent" else say("cell.not_observed")
        rank = html.Span(told, className="state")
    return [_place(row["country"], step, reader), rank, say.short_day(row["day"]) if row["day"] else "–"]


def _amount_row(row: dict[str, Any], reader: Reader) -> list[Any]:
    say, method = reader.say, html.Div(reader.say(f"method.{row['method']}"), className="state")
    if row["central"] is None:
        amount: Any = [html.Span(say("world.less", high=say.compact(row["high"])), className="state"), method]
    else:
        amount = [say.compact(row["central"]), html.Div(_band(row, say), className="state"), method]
    return [_place(row["country"], amount_step(row["central"]), reader), amount, say.short_day(row["day"])]
