"""Overview: where does each followed app stand now?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import dash
import polars as pl
from dash import Output, State, callback, dcc, html
from dash.development.base_component import Component

from dashboard.components import filters
from dashboard.components.movement import change_of, movement
from dashboard.components.words import chart_words, headline, notice, source_line
from dashboard.desk import Desk, Reader, arrival, desk
from dashboard.figures.sparkline import HEIGHT, WIDTH, sparkline
from dashboard.history import usual_step
from dashboard.selection import Selection, nearest_chart, read_address
from dashboard.sentences import crawl_word, standing_finding
from dashboard.shell import frame, nothing_yet, page_title
from essor.model.apps import App
from essor.model.charts import Chart
from essor.model.observation import State as LookState
from warehouse.connection import Cursor
from warehouse.reads import charts, health, overview

PAGE = "overview"
SPARK_DAYS = 30
STALE = timedelta(days=2)
"""From this age on the page says how old its figures are."""

dash.register_page(__name__, path="/", name=PAGE, order=0, menu=True, title=page_title(PAGE))


def layout(**query: object) -> Component:
    """The page for an address."""
    selection, reader = arrival(query)
    with desk().cursor(selection) as cursor:
        known = desk().charts(cursor)
        chart = nearest_chart(selection, known)
        if chart is None:
            return nothing_yet(desk(), cursor, selection, reader)
        selection = selection.of_chart(chart)
        answer = _answer(desk(), cursor, chart, selection, reader)
    row = filters.row(PAGE, filters.chart_filters(PAGE, chart, known, reader.say))
    return frame(PAGE, selection, reader, [row, html.Div(answer, id=f"{PAGE}-answer")])


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
        known = desk().charts(cursor)
        chart = filters.picked_chart(picked, known)
        if chart is None:
            raise dash.exceptions.PreventUpdate
        selection = selection.of_chart(chart)
        answer = _answer(desk(), cursor, chart, selection, reader)
    return {"filters": filters.shown(chart, known, reader.say), "answer": answer, "address": reader.address(selection)}


def _answer(at: Desk, cursor: Cursor, chart: Chart, selection: Selection, reader: Reader) -> list[Component]:
    say = reader.say
    standings = overview.standings(cursor, chart)
    newest = standings["observed_at"].max()
    return [
        headline(standing_finding(standings, at.apps, say), f"{PAGE}-finding"),
        html.P(chart_words(chart, say), className="subtitle"),
        *_notices(at, cursor, newest, reader),
        _table(at, cursor, chart, standings, selection, reader),
        html.P(_source(cursor, chart, newest, reader), className="foot"),
    ]


def _source(cursor: Cursor, chart: Chart, newest: Any, reader: Reader) -> list[Any]:  # noqa: ANN401 - Polars' max
    reading = charts.reading_at(cursor, chart)
    return source_line(reading["source"].to_list(), newest, cursor.snapshot, reader.say)


def _notices(at: Desk, cursor: Cursor, newest: Any, reader: Reader) -> list[Component]:  # noqa: ANN401 - Polars' max
    age = at.now() - newest
    if age < STALE:
        return []
    say = reader.say
    return [
        notice(say("stale", age=say.ago(age), when=say.moment(newest)) + " " + crawl_word(health.runs(cursor, 50), say))
    ]


def _table(
    at: Desk, cursor: Cursor, chart: Chart, standings: pl.DataFrame, selection: Selection, reader: Reader
) -> Component:
    say = reader.say
    newest = standings["observed_at"].max()
    start = newest - timedelta(days=SPARK_DAYS)  # type: ignore[operator]
    sparks = overview.spark(cursor, chart, start)
    steps = usual_step(charts.moments(cursor, chart))
    heads = ["app", "rank", "day", "week", "spark", "seen"]
    labels = [say(f"overview.{head}", days=SPARK_DAYS) for head in heads]
    rows = [
        _row(app, standings, sparks, (start, newest, steps), selection, reader)
        for app in at.apps
        if app.slug in set(standings["app"])
    ]
    rows.sort(key=lambda pair: pair[0])
    table = html.Table(
        [
            html.Caption(say("overview.caption"), className="heard"),
            html.Thead(
                html.Tr(
                    [
                        html.Th(label, scope="col", className=f"c-{head}")
                        for head, label in zip(heads, labels, strict=True)
                    ]
                )
            ),
            html.Tbody([row for _, row in rows]),
        ],
        className="ledger ledger-overview",
    )
    return html.Div(table, className="scroller")


def _row(
    app: App,
    standings: pl.DataFrame,
    sparks: pl.DataFrame,
    span: tuple[Any, Any, Any],
    selection: Selection,
    reader: Reader,
) -> tuple[tuple[int, str], Component]:
    say = reader.say
    now = standings.filter(pl.col("app") == app.slug).sort("rank", nulls_last=True).row(0, named=True)
    link = "/rankings" + reader.address(replace(selection, apps=(app.slug,)))
    cells = [
        html.Th([html.Span(className="swatch", style={"background": reader.theme.of(app)}), dcc.Link(app.name, href=link)],
                scope="row", className="c-app"),
        html.Td(_rank(now, reader), className="c-rank"),
        html.Td(_compared(now, "1d", reader), className="c-day"),
        html.Td(_compared(now, "7d", reader), className="c-week"),
        html.Td(_spark(app, sparks, span, reader), className="c-spark"),
        html.Td(html.A(say.moment(now["observed_at"]), href=f"/evidence/{now['reading_id']}", title=say("evidence.open")),
                className="c-seen"),
    ]  # fmt: skip
    return (now["rank"] if now["rank"] is not None else 10_000, app.slug), html.Tr(cells)


def _rank(now: dict[str, Any], reader: Reader) -> Component:
    if now["rank"] is not None:
        return html.Span(reader.say.number(now["rank"]), className="rank")
    if now["state"] == LookState.ABSENT:
        return html.Span(reader.say("state.absent", depth=now["depth"]), className="state")
    return html.Span(reader.say(f"cell.{now['state']}"), className="state")


def _compared(now: dict[str, Any], span: str, reader: Reader) -> Component:
    """The movement since the look a day or a week before, with that look's date; the plain word when there is none."""
    say, before, then = reader.say, now[f"rank_{span}"], now[f"at_{span}"]
    if then is None:
        return html.Span(say("overview.no_look"), className="state")
    day = say.short_day(then.date(), year=False)
    if before is None:
        return html.Span(say("overview.was", state=say(f"cell.{now[f'state_{span}']}"), day=day), className="state")
    if now["rank"] is None:
        return html.Span(say("overview.was", state=say.number(before), day=day), className="state")
    moved = movement(change_of(now["rank"], before), before - now["rank"], say)
    return html.Span([moved, html.Span(say("overview.from", rank=say.number(before), day=day), className="then")])


def _spark(app: App, sparks: pl.DataFrame, span: tuple[Any, Any, Any], reader: Reader) -> Component:
    points = sparks.filter((pl.col("app") == app.slug) & pl.col("state").is_in(["ranked", "absent"])).sort(
        "observed_at"
    )
    pairs = list(points.select("observed_at", "rank").iter_rows())
    ranks = points["rank"].drop_nulls()
    say = reader.say
    text = say("overview.spark_text", best=ranks.min(), worst=ranks.max()) if len(ranks) else say("cell.absent")
    return html.Img(
        src=sparkline(pairs, span[0], span[1], reader.theme.of(app), span[2]), alt=text, width=WIDTH, height=HEIGHT
    )
