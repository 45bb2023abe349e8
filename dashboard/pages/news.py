"""News: everything that happened to the followed apps and to the sources, each thing once, the newest first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl
from dash import Output, State, callback, dcc, html
from dash.development.base_component import Component

from dashboard.components import filters
from dashboard.components.figure_frame import under_table
from dashboard.components.follow import feed_and_alerts
from dashboard.components.ledger import ledger
from dashboard.components.words import aria, headline
from dashboard.desk import Reader, arrival, desk
from dashboard.drawn import Drawn, register_figure
from dashboard.history import newest
from dashboard.language import Language
from dashboard.news import LOOKS, News, about, tell, told_since
from dashboard.selection import Selection, read_address
from dashboard.shell import frame, nothing_yet, register_page
from essor.model.news import NewsKind
from warehouse.connection import Cursor
from warehouse.reads import news, offers

PAGE = "news"
PATH = "/news"
ALL = "all"
"""The choice of every storefront, and of every kind."""
GROUPS: dict[str, tuple[NewsKind, ...]] = {
    "charts": tuple(kind for kind in NewsKind if kind.of_chart),
    "releases": (NewsKind.VERSION, NewsKind.PRICE),
    "ratings": (NewsKind.RATINGS, NewsKind.INSTALLS, NewsKind.SCORE_FELL, NewsKind.COUNT_FELL),
    "sources": tuple(kind for kind in NewsKind if kind.of_source),
}
"""Kinds of news that are picked together."""
MOST = 100
"""So many rows are shown; the downloads have all."""
LATELY = 25_000
"""The news of about so many looks, times apps, are read first: most often they fill the page."""
TOP = 10
register_page(__name__, PAGE, PATH, order=1, group="overview")


def layout(**query: object) -> Component:
    """The page for an address."""
    selection, reader = arrival(query)
    with desk().cursor(selection) as cursor:
        span = _span(cursor)
        if span is None:
            return nothing_yet(cursor, selection, reader)
        settled = _settled(selection, span)
        choices = _choices(cursor, settled, span, reader.say)
        drawn = _drawn(cursor, settled, reader, whole=False)
    return frame(PAGE, drawn.selection, reader, [choices, html.Div(_answer(drawn, reader), id=f"{PAGE}-answer")])


@callback(
    output={
        "answer": Output(f"{PAGE}-answer", "children"),
        "row": Output(f"{PAGE}-row", "className"),
        "days": filters.day_outputs(PAGE),
        "address": Output("address", "data", allow_duplicate=True),
    },
    inputs={
        "picked": filters.picked_inputs(PAGE, ("apps", "country", "measure")),
        "period": filters.period_inputs(PAGE),
        "address": State("address", "data"),
    },
    prevent_initial_call=True,
)
def choose(picked: dict[str, Any], period: dict[str, Any], address: str) -> dict[str, Any]:
    """Other apps, another storefront, kind or period picked."""
    selection, reader = arrival(read_address(address))
    chosen = {**picked, "country": None if picked["country"] == ALL else picked["country"]}
    with desk().cursor(selection) as cursor:
        span = _span(cursor) or (desk().now().date(), desk().now().date())
        shown = filters.Period(**period).of(filters.with_picked(selection, chosen), span)
        drawn = _drawn(cursor, _settled(shown, span), reader, whole=False)
    return {
        "answer": _answer(drawn, reader),
        "row": filters.row_class(own_days=period["name"] == filters.OWN),
        "days": filters.day_values(period["name"], drawn.selection, span),
        "address": reader.address(drawn.selection),
    }


def draw(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn | None:
    """The table of news for an address."""
    span = _span(cursor)
    return _drawn(cursor, _settled(selection, span), reader) if span else None


register_figure(PAGE, PATH, draw)


def _span(cursor: Cursor) -> tuple[date, date] | None:
    """The first and last day on which a chart or a listing was looked at; None while none was."""
    looked = desk().ask(cursor, offers.looked)
    first, last = looked["first_at"][0], looked["last_at"][0]
    return (first.date(), last.date()) if first else None


def _settled(selection: Selection, span: tuple[date, date]) -> Selection:
    known = {app.slug for app in desk().apps}
    return filters.with_period(
        replace(
            selection,
            apps=tuple(slug for slug in selection.apps if slug in known),
            measure=selection.measure if selection.measure in GROUPS else ALL,
        ),
        span,
    )


def _choices(cursor: Cursor, selection: Selection, span: tuple[date, date], say: Language) -> Component:
    apps = [app for app in desk().apps if app.slug in selection.apps]
    places = sorted(
        {chart.country for chart in desk().charts(cursor)} | set(desk().ask(cursor, offers.rated)["country"])
    )
    countries = {ALL: say("news.everywhere"), **dict(sorted(((c, say.country(c)) for c in places), key=lambda p: p[1]))}
    kinds = {ALL: say("news.everything"), **{group: say(f"news.group.{group}") for group in GROUPS}}
    return filters.row(
        PAGE,
        [
            filters.app_filter(PAGE, desk().apps, apps, say),
            filters.pick(PAGE, "country", countries, selection.country or ALL, say),
            filters.pick(PAGE, "measure", kinds, selection.measure, say, label="news.kind"),
            *filters.period_filter(PAGE, selection, span, say),
        ],
        own_days=filters.period_of(selection, span) == filters.OWN,
    )


def _drawn(cursor: Cursor, selection: Selection, reader: Reader, *, whole: bool = True) -> Drawn:
    """The table of news; its rows are all, or when not `whole` those shown and perhaps some more."""
    say = reader.say
    asked = datetime.combine(selection.since or date(2008, 7, 10), time(), UTC)
    until = datetime.combine(selection.until + timedelta(days=1), time(), UTC) if selection.until else news.EVER
    since = told_since(desk(), cursor, asked, until, country=selection.country, looks=LOOKS)
    rows = (_rows if whole else _newest)(cursor, selection, since, until)
    items = _items(rows, say)
    heads = (say("news.when"), say("news.what"), say("news.where"))
    words = ((say.moment(item.observed_at), item.text, item.place) for item in items)
    return Drawn(
        finding=_finding(rows, say),
        subtitle=say("news.unit", top=TOP, places=TOP),
        figure=None,
        height=(len(items) + 1) * 36,
        rows=rows,
        selection=selection,
        snapshot=cursor.snapshot,
        sources=tuple(rows.head(MOST)["source"].drop_nulls().unique().sort()),
        newest=newest(rows["observed_at"]),
        notes=(say("news.capped", moment=say.moment(since)),) if since > asked else (),
        method="movements",
        reading=next(iter(rows["reading_id"]), None),
        ledger=(heads, *words),
    )


def _rows(cursor: Cursor, selection: Selection, since: datetime, until: datetime) -> pl.DataFrame:
    """The news that an address asks for, from `since` to before `until`."""
    kinds = GROUPS.get(selection.measure or ALL, ())
    country, apps = selection.country, selection.apps
    rows = desk().ask(cursor, news.news, since, until, country=country, apps=apps, kinds=kinds, top=TOP, places=TOP)
    return about(rows, apps, [country] if country else (), kinds)


def _newest(cursor: Cursor, selection: Selection, since: datetime, until: datetime) -> pl.DataFrame:
    """The same, but of more than `MOST` perhaps not all: the newest are read first, the rest where they are too few."""
    looks = LATELY // len(selection.apps or desk().apps)
    lately = told_since(desk(), cursor, since, until, country=selection.country, looks=looks)
    rows = _rows(cursor, selection, lately, until)
    if rows.height > MOST or lately == since:
        return rows
    return pl.concat((rows, _rows(cursor, selection, since, lately)))


def _items(rows: pl.DataFrame, say: Language) -> list[News]:
    """The newest rows in words."""
    return tell(rows.head(MOST), {app.slug: app.name for app in desk().apps}, TOP, say)


def _finding(rows: pl.DataFrame, say: Language) -> str:
    """The weightiest of the newest day among those shown, in a sentence."""
    if rows.is_empty():
        return say("news.none")
    day = rows["observed_at"][0].date()
    weights = {kind.value: weight for weight, kind in enumerate(NewsKind)}
    lately = rows.head(MOST).filter(pl.col("observed_at").dt.date() == day)
    first = lately.sort(pl.col("kind").replace_strict(weights, return_dtype=pl.Int8), maintain_order=True).head(1)
    return say("news.finding", day=say.day(day), first=_after_colon(_items(first, say)[0]))


def _after_colon(item: News) -> str:
    """A piece of news that goes on after a colon: it keeps its capital only where it begins with a name."""
    names = tuple(app.name for app in desk().apps if app.slug == item.app)
    named = item.app is None or item.text.startswith(names)
    return item.text if named else item.text[:1].lower() + item.text[1:]


def _answer(drawn: Drawn, reader: Reader) -> list[Component]:
    say = reader.say
    head = [headline(drawn.finding, f"{PAGE}-finding"), html.P(drawn.subtitle, className="subtitle")]
    items = _items(drawn.rows, say)
    if not items:
        return [*head, _follow(drawn, reader)]
    heads = {"when": say("news.when"), "what": say("news.what")}
    rows = [_row(item, reader) for item in items]
    more = [html.P(say("news.more", n=say.number(MOST)), className="state")]
    return [
        *head,
        ledger(heads, rows, name="news", caption=say("page.news")),
        *(more if drawn.rows.height > MOST else []),
        *under_table(PAGE, drawn, reader, path=PATH),
        _follow(drawn, reader),
    ]


def _row(item: News, reader: Reader) -> list[Any]:
    sign = html.Span(item.sign, className="sign", **aria(hidden="true"))
    place = html.Div(item.place, className="state")
    told = html.Div([sign, html.Div([dcc.Link(item.text, href=item.address), place])], className="told")
    return [reader.say.moment(item.observed_at), told]


def _follow(drawn: Drawn, reader: Reader) -> Component:
    """How to be told of this choice without looking."""
    chosen, kinds = drawn.selection, GROUPS.get(drawn.selection.measure or ALL, ())
    return html.P(feed_and_alerts(chosen.apps, chosen.country, reader, kinds=kinds), className="state")
