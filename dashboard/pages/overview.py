"""Overview: where each followed app stands now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import dash
import polars as pl
from dash import Output, State, callback, dcc, html
from dash.development.base_component import Component

from dashboard.changes import MOST, Change, chart_changes, listing_changes
from dashboard.components import filters
from dashboard.components.figure_frame import under_table
from dashboard.components.follow import follow
from dashboard.components.movement import change_of, movement
from dashboard.components.words import aria, chart_words, headline, notice
from dashboard.desk import Reader, View, arrival, desk
from dashboard.drawn import Drawn, register_figure
from dashboard.figures.sparkline import HEIGHT, WIDTH, Course, sparkline
from dashboard.history import newest, usual_step
from dashboard.language import Language
from dashboard.queries import command, top_chart_query
from dashboard.selection import Selection, read_address
from dashboard.sentences import absent_of, crawl_word, standing_finding
from dashboard.shell import frame, nothing_yet, register_page, view_of
from essor.model.apps import App
from essor.model.observation import State as LookState
from warehouse.connection import Cursor
from warehouse.reads import charts, health, movements, offers, overview

PAGE = "overview"
SPARK_DAYS = 30
STALE = timedelta(days=2)
"""From this age on the page says how old its figures are."""
LAST = 10_000
"""Where an app without a rank stands in the order."""

register_page(__name__, PAGE, "/", order=0)


def layout(**query: object) -> Component:
    """The page for an address."""
    selection, reader = arrival(query)
    with desk().cursor(selection) as cursor:
        view = view_of(cursor, selection, reader)
        if view is None:
            return nothing_yet(cursor, selection, reader)
        row = filters.row(PAGE, filters.chart_filters(PAGE, view.chart, view.known, view.say))
        return frame(PAGE, view.selection, reader, [row, html.Div(_answer(view), id=f"{PAGE}-answer")])


@callback(
    output={
        "filters": filters.chart_outputs(PAGE),
        "answer": Output(f"{PAGE}-answer", "children"),
        "address": Output("address", "data", allow_duplicate=True),
    },
    inputs={"picked": filters.chart_inputs(PAGE), "address": State("address", "data")},
    prevent_initial_call=True,
)
def choose(picked: dict[str, str], address: str) -> dict[str, Any]:
    """Another chart picked."""
    selection, reader = arrival(read_address(address))
    with desk().cursor(selection) as cursor:
        view = view_of(cursor, filters.with_chart(selection, picked), reader)
        if view is None:
            raise dash.exceptions.PreventUpdate
        shown = filters.shown(view.chart, view.known, view.say)
        return {"filters": shown, "answer": _answer(view), "address": view.address}


def _answer(view: View) -> list[Component]:
    standings = view.ask(overview.standings, view.chart)
    last = newest(standings["observed_at"])
    if last is None:
        return [headline(view.say("finding.no_look"), f"{PAGE}-finding")]
    return [
        headline(standing_finding(standings, desk().apps, view.say), f"{PAGE}-finding"),
        html.P(chart_words(view.chart, view.say), className="subtitle"),
        *_notices(view, last),
        *_changed(view),
        html.H2(view.say("overview.standings")),
        _table(view, standings, last),
        *under_table(PAGE, _drawn(view, standings, last), view.reader, path="/"),
    ]


def draw(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn | None:
    """The table of standings for an address."""
    view = view_of(cursor, selection, reader)
    standings = view.ask(overview.standings, view.chart) if view is not None else None
    last = newest(standings["observed_at"]) if standings is not None else None
    return _drawn(view, standings, last) if view and standings is not None and last else None


register_figure(PAGE, "/", draw)


def _drawn(view: View, standings: pl.DataFrame, last: datetime) -> Drawn:
    """The standings and all that is said of them."""
    reading = view.ask(charts.reading_at, view.chart)
    return Drawn(
        finding=standing_finding(standings, desk().apps, view.say),
        subtitle=chart_words(view.chart, view.say),
        figure=None,
        height=(standings.height + 1) * 36,
        rows=standings,
        selection=view.selection,
        snapshot=view.cursor.snapshot,
        sources=tuple(reading["source"]),
        newest=last,
        reading=next(iter(reading["reading_id"]), None),
        query=command(top_chart_query(view.chart, last), view.cursor.snapshot),
        ledger=_ledger(standings, view),
    )


def _ledger(standings: pl.DataFrame, view: View) -> tuple[tuple[str, ...], ...]:
    """The standings in plain words."""
    names, say = {app.slug: app.name for app in desk().apps}, view.say
    heads = tuple(say(f"overview.{name}") for name in ("app", "rank", "day", "week", "seen"))
    rows = (
        (names[row["app"]], _plainly(row, say), _then(row, "1d", say), _then(row, "7d", say),
         say.moment(row["observed_at"]))
        for row in standings.iter_rows(named=True)
    )  # fmt: skip
    return (heads, *rows)


def _plainly(row: dict[str, Any], say: Language) -> str:
    if row["rank"] is None and row["state"] == LookState.ABSENT:
        return absent_of(row["depth"], say)
    return say.number(row["rank"]) if row["rank"] is not None else say(f"cell.{row['state']}")


def _then(row: dict[str, Any], span: str, say: Language) -> str:
    """The rank a day or a week before, with its day."""
    if row[f"at_{span}"] is None:
        return say("overview.no_look")
    before = row[f"rank_{span}"]
    state = say.number(before) if before is not None else say(f"cell.{row[f'state_{span}']}")
    return say("overview.was", state=state, day=say.short_day(row[f"at_{span}"].date(), year=False))


def _notices(view: View, last: datetime) -> list[Component]:
    age = desk().now() - last
    if age < STALE:
        return []
    stale = view.say("stale", age=view.say.ago(age), when=view.say.moment(last))
    return [notice(f"{stale} {_crawled(view)}")]


def _crawled(view: View) -> str:
    return crawl_word(view.ask(health.runs), view.ask(health.freshness), view.say)


def _changed(view: View) -> list[Component]:
    """What changed in this chart since a day before, and in the listings since the look before."""
    names = {app.slug: app.name for app in desk().apps}
    found = chart_changes(view.ask(movements.movements, view.chart), names, view.say)
    found += listing_changes(view.ask(offers.last_listings), names, view.say)
    told = [_change(change, view) for change in dict.fromkeys(found[:MOST])]
    nothing = html.P(view.say("changes.none"), className="state")
    way = html.P(follow((), view.chart.country, view.reader), className="state", id=f"{PAGE}-follow")
    return [html.H2(view.say("changes.title")), html.Ul(told, className="changes") if told else nothing, way]


def _change(change: Change, view: View) -> Component:
    sign = html.Span(change.sign, className="sign", **aria(hidden="true"))
    if change.app is None:
        return html.Li([sign, change.text])
    return html.Li([sign, dcc.Link(change.text, href=view.link("/app", apps=(change.app,)))])


def _table(view: View, standings: pl.DataFrame, last: datetime) -> Component:
    course = _course(view, last)
    present = [app for app in desk().apps if app.slug in set(standings["app"])]
    rows = sorted((_row(app, standings, course, view) for app in present), key=lambda pair: pair[0])
    caption = html.Caption(view.say("overview.caption"), className="heard")
    body = html.Tbody([row for _, row in rows])
    return html.Div(html.Table([caption, _head(view), body], className="ledger ledger-overview"), className="scroller")


def _head(view: View) -> Component:
    names = ("app", "rank", "day", "week", "spark", "seen")
    labels = [view.say(f"overview.{name}", days=SPARK_DAYS) for name in names]
    heads = [html.Th(text, scope="col", className=f"c-{name}") for name, text in zip(names, labels, strict=True)]
    return html.Thead(html.Tr(heads))


def _course(view: View, last: datetime) -> Course:
    start = last - timedelta(days=SPARK_DAYS)
    step = usual_step(view.ask(charts.moments, view.chart))
    daily = max(step, timedelta(days=1)) if step else None
    return Course(view.ask(overview.spark, view.chart, start), start, last, daily)


def _row(app: App, standings: pl.DataFrame, course: Course, view: View) -> tuple[tuple[int, str], Component]:
    """The app's row, and what it is sorted by."""
    now = standings.filter(pl.col("app") == app.slug).sort("rank", nulls_last=True).row(0, named=True)
    swatch = html.Span(className="swatch", style={"background": view.reader.theme.of(app)})
    name = dcc.Link(app.name, href=view.link("/rankings", apps=(app.slug,)))
    cells = [
        html.Th([swatch, name], scope="row", className="c-app"),
        html.Td(_rank(now, view), className="c-rank"),
        html.Td(_compared(now, "1d", view), className="c-day", **_headed("day", view)),
        html.Td(_compared(now, "7d", view), className="c-week", **_headed("week", view)),
        html.Td(_spark(app, course, view), className="c-spark"),
        html.Td(_seen(now, view), className="c-seen"),
    ]
    return (now["rank"] if now["rank"] is not None else LAST, app.slug), html.Tr(cells)


def _headed(column: str, view: View) -> dict[str, Any]:
    """The column's head, which a narrow screen shows in the cell."""
    return {"data-head": view.say(f"overview.{column}")}


def _seen(now: dict[str, Any], view: View) -> Component:
    href = f"/evidence/{now['reading_id']}"
    return html.A(view.say.moment(now["observed_at"]), href=href, title=view.say("evidence.open"))


def _rank(now: dict[str, Any], view: View) -> Component:
    if now["rank"] is not None:
        return html.Span(view.say.number(now["rank"]), className="rank")
    if now["state"] == LookState.ABSENT:
        return html.Span(absent_of(now["depth"], view.say), className="state")
    return html.Span(view.say(f"cell.{now['state']}"), className="state")


def _compared(now: dict[str, Any], span: str, view: View) -> Component:
    """The movement since the look a day or a week before, with that look's date; the plain word when there is none."""
    say, before, then = view.say, now[f"rank_{span}"], now[f"at_{span}"]
    if then is None:
        return html.Span(say("overview.no_look"), className="state")
    day = say.short_day(then.date(), year=False)
    if before is None or now["rank"] is None:
        was = say(f"cell.{now[f'state_{span}']}") if before is None else say.number(before)
        return html.Span(say("overview.was", state=was, day=day), className="state")
    moved = movement(change_of(now["rank"], before), before - now["rank"], say)
    return html.Span([moved, html.Span(say("overview.was", state=say.number(before), day=day), className="then")])


def _spark(app: App, course: Course, view: View) -> Component:
    mine = course.points.filter((pl.col("app") == app.slug) & pl.col("state").is_in(["ranked", "absent"]))
    pairs = list(mine.sort("observed_at").select("observed_at", "rank").iter_rows())
    if len(pairs) <= 1:
        return html.Span(view.say("overview.one_look"), className="state")
    ranks = [rank for _, rank in pairs if rank is not None]
    text = view.say("overview.spark_text", best=min(ranks), worst=max(ranks)) if ranks else view.say("cell.absent")
    image = sparkline(pairs, course, view.reader.theme.of(app))
    return html.Img(src=image, alt=text, width=WIDTH, height=HEIGHT)
