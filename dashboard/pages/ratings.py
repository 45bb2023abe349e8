"""Ratings & releases: how fast an app is rated, how well, and what came out meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl
from dash import Input, Output, State, callback, html
from dash.development.base_component import Component

from dashboard.components import filters
from dashboard.components.figure_frame import figure_frame, frame_outputs, frame_values
from dashboard.components.ledger import app_cell, ledger
from dashboard.components.words import unfilled
from dashboard.desk import Reader, arrival, desk
from dashboard.drawn import Drawn, register_figure
from dashboard.figures.amounts import blank
from dashboard.figures.events import Mark, marks
from dashboard.figures.rating_steps import HEIGHT, MEASURES, rating_steps_figure
from dashboard.findings import ratings_finding
from dashboard.history import newest, oldest
from dashboard.language import Language
from dashboard.selection import Selection, read_address
from dashboard.shell import evidence_from, frame, nothing_yet, register_page
from dashboard.storefronts import options, placed, with_apps
from essor.model.apps import App
from warehouse.connection import Cursor
from warehouse.reads import offers, ratings, reviews

PAGE = "ratings"
PATH = "/ratings"
FIELDS = ("apps", "store", "country", "measure")
VERSIONS = 20
"""So many versions are listed, the newest ones."""
REVIEWS = 20

register_page(__name__, PAGE, PATH, order=31, group="apps", figure=True)
evidence_from(f"{PAGE}-figure")


def layout(**query: object) -> Component:
    """The page for an address."""
    selection, reader = arrival(query)
    with desk().cursor(selection) as cursor:
        offered = desk().ask(cursor, offers.rated)
        if cursor.snapshot is None:
            return nothing_yet(cursor, selection, reader)
        if offered.is_empty():
            return frame(PAGE, selection, reader, [_unfilled(reader.say)])
        drawn = _drawn(cursor, _settled(selection, offered), offered, reader)
        tables = html.Div(_tables(cursor, drawn.selection, reader), id=f"{PAGE}-tables")
        choices = _choices(drawn.selection, offered, reader.say)
    switch = filters.shown_with(PAGE, drawn.selection, reader.say)[:1]
    figure = figure_frame(PAGE, drawn, reader, path=PATH, options=switch, below=[_reading_help(reader.say)])
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
        "picked": filters.picked_inputs(PAGE, FIELDS),
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
        offered = desk().ask(cursor, offers.rated)
        chosen = replace(filters.with_picked(selection, picked), events=events)
        chosen = filters.Period(**period).of(chosen, _span(offered))
        drawn = _drawn(cursor, _settled(chosen, offered), offered, reader)
        tables = _tables(cursor, drawn.selection, reader)
    return {
        "row": filters.row_class(own_days=period["name"] == filters.OWN),
        "days": filters.day_values(period["name"], drawn.selection, _span(offered)),
        "drawn": frame_values(PAGE, drawn, reader, path=PATH),
        "tables": tables,
        "address": reader.address(drawn.selection),
    }


def draw(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn | None:
    """The figure for an address."""
    offered = desk().ask(cursor, offers.rated)
    return _drawn(cursor, _settled(selection, offered), offered, reader) if offered.height else None


register_figure(PAGE, PATH, draw)


def _settled(selection: Selection, offered: pl.DataFrame) -> Selection:
    """The selection with everything said that the address left open."""
    selection = with_apps(selection, desk().apps, offered)
    measure = selection.measure if selection.measure in MEASURES else "pace"
    placed_there = replace(placed(selection, offered, "looks"), measure=measure)
    return filters.rolling(placed_there, _span(offered))


def _unfilled(say: Language) -> Component:
    return unfilled(PAGE, say("ratings.empty"), say("ratings.empty_when"), say, "essor crawl listings")


def _choices(selection: Selection, offered: pl.DataFrame, say: Language) -> Component:
    fronts, span = options(offered, say), _span(offered)
    present = [app for app in desk().apps if app.slug in set(offered["app"]) | set(selection.apps)]
    measures = {name: say(f"ratings.{name}") for name in MEASURES}
    items = [
        filters.app_filter(PAGE, present, _apps(selection), say),
        filters.pick(PAGE, "store", fronts["store"], selection.store, say),
        filters.pick(PAGE, "country", fronts["country"], selection.country, say),
        filters.pick(PAGE, "measure", measures, selection.measure, say),
        *filters.period_filter(PAGE, selection, span, say),
    ]
    return filters.row(PAGE, items, own_days=filters.period_of(selection, span) == filters.OWN)


def _span(offered: pl.DataFrame) -> tuple[date, date]:
    """The first and the last day on which any listing was looked at."""
    first, last = offered["first_at"].min(), offered["last_at"].max()
    now = desk().now()
    return (first if isinstance(first, datetime) else now).date(), (last if isinstance(last, datetime) else now).date()


def _apps(selection: Selection) -> list[App]:
    by_slug = {app.slug: app for app in desk().apps}
    return [by_slug[slug] for slug in selection.apps if slug in by_slug]


def _steps(cursor: Cursor, selection: Selection) -> pl.DataFrame:
    since, until = _bounds(selection)
    asked = {"country": selection.country, "store": selection.store, "since": since, "until": until}
    return pl.concat(desk().ask(cursor, ratings.steps, app.slug, **asked) for app in _apps(selection))


def _timeline(cursor: Cursor, selection: Selection) -> pl.DataFrame:
    asked = {"country": selection.country, "store": selection.store}
    told = pl.concat(desk().ask(cursor, ratings.timeline, app.slug, **asked) for app in _apps(selection))
    return told.filter(pl.col("what") == "version")


def _bounds(selection: Selection) -> tuple[datetime | None, datetime | None]:
    since = datetime.combine(selection.since, time(), UTC) if selection.since else None
    until = datetime.combine(selection.until + timedelta(days=1), time(), UTC) if selection.until else None
    return since, until


def _within(versions: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    return versions.filter(pl.col("observed_at").is_between(steps["observed_at"].min(), steps["observed_at"].max()))


def _drawn(cursor: Cursor, selection: Selection, offered: pl.DataFrame, reader: Reader) -> Drawn:
    """The figure and all that is said of it."""
    apps, measure, say = _apps(selection), str(selection.measure), reader.say
    steps = _steps(cursor, selection)
    where, happened = say.country(str(selection.country)), _marks(cursor, steps, selection, say)
    here = (pl.col("country") == selection.country, pl.col("store") == selection.store)
    shown = offered.filter(pl.col("app").is_in(list(selection.apps)), *here)
    figure = blank(HEIGHT, reader.theme)
    if steps.height:
        versions = _within(_timeline(cursor, selection), steps)
        figure = rating_steps_figure(steps, versions, apps, measure, say=say, theme=reader.theme, marks=happened)
    return Drawn(
        finding=ratings_finding(steps, apps, where, say),
        subtitle=say(f"ratings.unit.{measure}", place=where, store=say(f"store.{selection.store}")),
        figure=figure,
        height=HEIGHT,
        rows=steps,
        selection=selection,
        snapshot=cursor.snapshot,
        sources=tuple(shown["source"].unique().sort()),
        newest=newest(steps["observed_at"]),
        notes=(say("foot.imported"),) if shown["imported"].any() else (),
        method="ratings",
        reading=next(iter(shown.sort("last_at", descending=True)["reading_id"]), None),
        marks=happened,
    )


def _marks(cursor: Cursor, steps: pl.DataFrame, selection: Selection, say: Language) -> tuple[Mark, ...]:
    first, last = oldest(steps["observed_at"]), newest(steps["observed_at"])
    if first is None or last is None or not selection.events:
        return ()
    return marks(desk().events(cursor), selection.apps, first.date(), last.date(), say)


def _reading_help(say: Language) -> Component:
    """How to read the strip under the axis."""
    keys = {"version": "ratings.key_version", "aside": "ratings.key_aside"}
    items = [html.Li([html.Span(className=f"key key-{kind}"), say(text)]) for kind, text in keys.items()]
    return html.Ul(items, className="legend")


def _tables(cursor: Cursor, selection: Selection, reader: Reader) -> list[Component]:
    return [
        html.H2(reader.say("table.name"), id=f"{PAGE}-table"),
        _scores(cursor, selection, reader),
        *_versions(cursor, selection, reader),
        *_stars(cursor, selection, reader),
        *_reviews(cursor, selection, reader),
    ]


def _scores(cursor: Cursor, selection: Selection, reader: Reader) -> Component:
    say, (since, until) = reader.say, _bounds(selection)
    asked = {"since": since, "until": until, "country": selection.country, "store": selection.store}
    names = ("app", "score", "count", "won", "period", "looks", "falls", "spikes", "resets")
    rows = []
    for app in _apps(selection):
        found = desk().ask(cursor, ratings.scores, app.slug, **asked)
        rows += [_score_row(app, row, reader) for row in found.iter_rows(named=True)]
    heads = {name: say(f"ratings.head.{name}") for name in names}
    return ledger(heads, rows, name="scores", caption=say("ratings.caption"), numbers=names[1:])


def _score_row(app: App, row: dict[str, Any], reader: Reader) -> list[Any]:
    say = reader.say
    means = [say.number(round(row[name], 2)) if row[name] is not None else "–" for name in ("score", "score_in_period")]
    counts = [say.number(row[name]) for name in ("looks", "falls", "spikes", "resets")]
    count, won = say.number(row["rating_count"]), say.number(row["new_ratings"])
    return [app_cell(app.name, reader.theme.of(app)), means[0], count, won, means[1], *counts]


def _versions(cursor: Cursor, selection: Selection, reader: Reader) -> list[Component]:
    """What came out, the newest first, with what the publisher says of it folded away."""
    since, until = _bounds(selection)
    found = _timeline(cursor, selection).sort("observed_at", descending=True)
    inside = found.filter(
        pl.col("observed_at") >= since if since else pl.lit(value=True),
        pl.col("observed_at") < until if until else pl.lit(value=True),
    )
    if inside.is_empty():
        return []
    shown = inside.head(VERSIONS)
    columns = ("when", "app", "version", "said", *(["notes"] if any(shown["release_notes"]) else []))
    heads = {name: reader.say(f"ratings.version.{name}") for name in columns}
    rows = [_version_row(row, reader)[: len(columns)] for row in shown.iter_rows(named=True)]
    more = [html.P(reader.say("ratings.more_versions", n=reader.say.number(inside.height), most=VERSIONS),
                   className="state")] if inside.height > VERSIONS else []  # fmt: skip
    caption = reader.say("ratings.versions")
    return [html.H2(caption), ledger(heads, rows, name="versions", caption=caption), *more]


def _version_row(row: dict[str, Any], reader: Reader) -> list[Any]:
    say = reader.say
    app = next(app for app in desk().apps if app.slug == row["app"])
    after, on = row["after"], say.short_day(row["observed_at"].date())
    when = (
        say("ratings.first_seen", day=on)
        if after is None or after.date() == row["observed_at"].date()
        else say("ratings.between", early=say.short_day(after.date()), late=on)
    )
    notes = html.Details([html.Summary(say("ratings.notes")), html.Div(row["release_notes"], className="notes")]) \
        if row["release_notes"] else ""  # fmt: skip
    said = say.short_day(date.fromisoformat(row["said_on"][:10])) if row["said_on"] else "–"
    return [when, app_cell(app.name, reader.theme.of(app)), row["value"], said, notes]


def _stars(cursor: Cursor, selection: Selection, reader: Reader) -> list[Component]:
    """How the ratings spread over the stars, where a look said so."""
    asked = {"store": selection.store, "country": selection.country}
    found = [(app, row) for app in _apps(selection)
             for row in desk().ask(cursor, reviews.rating_stars, app.slug, **asked).iter_rows(named=True)]  # fmt: skip
    if not found:
        return []
    say = reader.say
    heads = {"app": say("ratings.head.app"), **{f"s{n}": say.count("ratings.stars", n) for n in range(5, 0, -1)},
             "seen": say("overview.seen")}  # fmt: skip
    rows = [_star_row(app, row, reader) for app, row in found]
    caption = say("ratings.spread")
    return [
        html.H2(caption),
        ledger(heads, rows, name="stars", caption=caption, numbers=[f"s{n}" for n in range(1, 6)]),
    ]


def _star_row(app: App, row: dict[str, Any], reader: Reader) -> list[Any]:
    say, counts = reader.say, [row[f"stars_{n}"] or 0 for n in range(5, 0, -1)]
    total = max(sum(counts), 1)
    shares = [_share(count, total, say) for count in counts]
    seen = html.A(say.moment(row["observed_at"]), href=f"/evidence/{row['reading_id']}")
    return [app_cell(app.name, reader.theme.of(app)), *shares, seen]


def _share(count: int, total: int, say: Language) -> Component:
    bar = html.Span(className="bar", style={"width": f"{count / total:.0%}"})
    return html.Span([say.percent(count / total), bar], title=say.number(count))


def _reviews(cursor: Cursor, selection: Selection, reader: Reader) -> list[Component]:
    """What people wrote of the app in focus; who wrote it is not held."""
    apps, say = _apps(selection)[:1], reader.say
    found = reviews.reviews(cursor, apps[0].slug, store=selection.store, limit=REVIEWS) if apps else None
    if found is None or found.is_empty():
        return []
    items = [_review(row, say) for row in found.iter_rows(named=True)]
    title = say("ratings.reviews", app=apps[0].name)
    return [
        html.H2(title),
        html.P(say("ratings.reviews_say"), className="subtitle"),
        html.Ul(items, className="reviews"),
    ]


def _review(row: dict[str, Any], say: Language) -> Component:
    facts = [say.count("ratings.stars", row["rating"]), row["version"], row["language"] or row["country"]]
    facts += [say.short_day(row["written_at"].date())] if row["written_at"] else []
    about = html.P(" · ".join(str(fact) for fact in facts if fact), className="state")
    return html.Li(
        [about, html.P(html.B(row["title"])) if row["title"] else "", html.P(row["text"])], lang=row["language"]
    )
