"""Developers: what downloads, stars and page views say of the makers' models and tools, one signal at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl
from dash import Input, Output, State, callback, html
from dash.development.base_component import Component

from dashboard.about_app import makes
from dashboard.components import filters
from dashboard.components.figure_frame import figure_frame, frame_outputs, frame_values
from dashboard.components.ledger import app_cell, ledger
from dashboard.components.words import unfilled
from dashboard.desk import Reader, arrival, desk
from dashboard.drawn import Drawn, register_figure
from dashboard.figures.events import Mark, marks
from dashboard.figures.signals import DASHES, HEIGHT, RANKS, Line, common_day, indexed, merged, signals_figure
from dashboard.findings import index_finding, signals_finding
from dashboard.history import newest
from dashboard.language import Language
from dashboard.selection import Selection, read_address
from dashboard.shell import evidence_from, frame, nothing_yet, register_page
from essor.model.apps import App
from warehouse.connection import Cursor
from warehouse.reads import signals

PAGE = "developers"
PATH = "/developers"
SCALES = ("absolute", "index")
FIRST = ("pypi_recent.downloads_30d", "huggingface.downloads_30d", "github.stars", "ollama.pulls")
"""The signals to begin with, where the address names none."""
MOST = 8
"""So many subjects are drawn, those with the highest last figure."""

register_page(__name__, PAGE, PATH, order=50, group="models", figure=True)
evidence_from(f"{PAGE}-figure")


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
        table = html.Div(_table(cursor, drawn, reader), id=f"{PAGE}-list")
    heading = html.H2(reader.say("table.name"), id=f"{PAGE}-table")
    switch = filters.shown_with(PAGE, drawn.selection, reader.say)[:1]
    figure = figure_frame(PAGE, drawn, reader, path=PATH, options=switch)
    return frame(PAGE, drawn.selection, reader, [choices, figure, heading, table])


@callback(
    output={
        "row": Output(f"{PAGE}-row", "className"),
        "days": filters.day_outputs(PAGE),
        "drawn": frame_outputs(PAGE),
        "table": Output(f"{PAGE}-list", "children"),
        "address": Output("address", "data", allow_duplicate=True),
    },
    inputs={
        "picked": filters.picked_inputs(PAGE, ("apps", "measure", "scale")),
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
        known = _known(cursor)
        asked = replace(filters.with_picked(selection, picked), events=events)
        chosen = filters.Period(**period).of(asked, _span(known))
        drawn = _drawn(cursor, _settled(chosen, known), known, reader)
        table = _table(cursor, drawn, reader)
    return {
        "row": filters.row_class(own_days=period["name"] == filters.OWN),
        "days": filters.day_values(period["name"], drawn.selection, _span(known)),
        "drawn": frame_values(PAGE, drawn, reader, path=PATH),
        "table": table,
        "address": reader.address(drawn.selection),
    }


def draw(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn | None:
    """The figure for an address."""
    known = _known(cursor)
    return _drawn(cursor, _settled(selection, known), known, reader) if known.height else None


register_figure(PAGE, PATH, draw)


def _known(cursor: Cursor) -> pl.DataFrame:
    """The signals of the makers we follow; `key`: source and metric, `subject_of`: the thing behind several names."""
    found = desk().ask(cursor, signals.known)
    return found.filter(pl.col("vendor").is_not_null()).with_columns(
        key=pl.col("source") + "." + pl.col("metric"), subject_of=pl.coalesce("thing", "subject")
    )


def _settled(selection: Selection, known: pl.DataFrame) -> Selection:
    keys = set(known["key"])
    measure = next((key for key in (selection.measure, *FIRST) if key in keys), min(keys, default=None))
    kind = known.filter(pl.col("key") == measure)["kind"]
    scale = (
        selection.scale
        if selection.scale in SCALES and kind.head(1).to_list() not in ([one] for one in RANKS)
        else SCALES[0]
    )
    slugs = tuple(app.slug for app in desk().apps if app.slug in selection.apps)
    return filters.rolling(replace(selection, measure=measure, scale=scale, apps=slugs), _span(known))


def _unfilled(say: Language) -> Component:
    return unfilled(PAGE, say("developers.empty"), say("developers.empty_when"), say, "essor crawl signals")


def _choices(cursor: Cursor, selection: Selection, say: Language) -> Component:
    known = _known(cursor)
    keys = {key: signal_name(source, metric, say) for key, source, metric
            in known.select("key", "source", "metric").unique().iter_rows()}  # fmt: skip
    options = dict(sorted(keys.items(), key=lambda item: item[1].casefold()))
    picked = [app for app in desk().apps if app.slug in selection.apps]
    span = _span(known)
    items = [
        filters.app_filter(PAGE, desk().apps, picked, say),
        filters.pick(PAGE, "measure", options, selection.measure, say, label="developers.signal"),
        filters.pick(PAGE, "scale", {scale: say(f"scale.{scale}") for scale in SCALES}, selection.scale, say),
        *filters.period_filter(PAGE, selection, span, say),
    ]
    return filters.row(PAGE, items, own_days=filters.period_of(selection, span) == filters.OWN)


def _span(known: pl.DataFrame) -> tuple[date, date]:
    first, last, now = known["first_end"].min(), known["last_end"].max(), desk().now()
    return (first if isinstance(first, datetime) else now).date(), (last if isinstance(last, datetime) else now).date()


def signal_name(source: str, metric: str, say: Language) -> str:
    """A signal in the reader's words: ``"GitHub: stars"``."""
    return say(
        "developers.name",
        source=say.optional(f"source.{source}", source),
        metric=say.optional(f"metric.{metric}", metric),
    )


def _drawn(cursor: Cursor, selection: Selection, known: pl.DataFrame, reader: Reader) -> Drawn:
    say = reader.say
    rows = _chosen(known, selection)
    kind = str(rows["kind"][0]) if rows.height else ""
    lines = _lines(cursor, rows, selection, reader)
    base = common_day([line.points for line in lines]) if selection.scale == "index" else None
    shown = [replace(line, points=indexed(line.points, base)) for line in lines] if base else lines
    source, metric = str(selection.measure).split(".", 1)
    name = signal_name(source, metric, say)
    told = say("developers.index_of", day=say.short_day(base)) if base else ""
    table = [line.points.with_columns(subject=pl.lit(line.name)) for line in shown]
    happened = _marks(cursor, shown, rows, selection, say)
    return Drawn(
        finding=index_finding(shown, base, name, kind, say) if base else signals_finding(lines, name, kind, say),
        subtitle=f"{name}. {say.optional(f'signal_kind.{kind}', '')} {told}".strip(),
        figure=signals_figure(shown, kind, base, say, reader.theme, marks=happened),
        height=HEIGHT,
        rows=pl.concat(table) if table else pl.DataFrame(schema=_ROWS),
        selection=selection,
        snapshot=cursor.snapshot,
        sources=(source,),
        newest=newest(rows["last_end"]),
        notes=(say("foot.imported"),) if rows["imported"].any() else (),
        method="signals",
        reading=next((line.points["reading_id"][-1] for line in shown if line.points.height), None),
        marks=happened,
    )  # fmt: skip


_ROWS = pl.Schema(
    {"day": pl.Datetime("us", "UTC"), "value": pl.Float64(), "reading_id": pl.String(), "subject": pl.String()}
)


def _marks(
    cursor: Cursor, shown: list[Line], rows: pl.DataFrame, selection: Selection, say: Language
) -> tuple[Mark, ...]:
    """The events of the makers shown, while their lines run; none where they are switched off."""
    days = [day for line in shown for day in line.points["day"].to_list()]
    if not days or not selection.events:
        return ()
    made = [app.slug for vendor in rows["vendor"].unique() if (app := _app_of(vendor))]
    return marks(desk().events(cursor), made, min(days).date(), max(days).date(), say)


def _chosen(known: pl.DataFrame, selection: Selection) -> pl.DataFrame:
    """The subjects of the signal asked for, those of the apps named, the biggest ones."""
    rows = known.filter(pl.col("key") == selection.measure)
    vendors = [vendor for vendor in set(rows["vendor"]) if _app_of(vendor) and _app_of(vendor).slug in selection.apps]  # type: ignore[union-attr]
    rows = rows.filter(pl.col("vendor").is_in(vendors)) if selection.apps else rows
    ranked = rows.head(1)["kind"].is_in(RANKS).any()
    best = rows.group_by("subject_of").agg(pl.col("last_end").max(), pl.col("last_value").max())
    first = best.sort("last_value", "subject_of", descending=[not ranked, False]).head(MOST)["subject_of"]
    return rows.filter(pl.col("subject_of").is_in(first.implode()))


def _app_of(vendor: str) -> App | None:
    """The app whose colour a maker bears: the first of the watch list that it publishes."""
    return next((app for app in desk().apps if makes(vendor, app)), None)


def _lines(cursor: Cursor, rows: pl.DataFrame, selection: Selection, reader: Reader) -> list[Line]:
    """One line a thing, the focus of the watch list first, styles told apart within a maker."""
    lines: list[tuple[tuple[int, float], Line]] = []
    used: dict[str, int] = {}
    for (vendor, thing), keys in rows.sort("last_value", descending=True).group_by(
        "vendor", "subject_of", maintain_order=True
    ):
        app = _app_of(str(vendor))
        number = used[str(vendor)] = used.get(str(vendor), -1) + 1
        points = _series(cursor, keys, selection)
        colour = reader.theme.of(app) if app else reader.theme.quiet
        line = Line(_label(keys, str(thing)), colour, DASHES[number % len(DASHES)], points)
        place = next((n for n, known in enumerate(desk().apps) if app and known.slug == app.slug), len(desk().apps))
        lines.append(((place, -float(keys["last_value"].max() or 0)), line))  # type: ignore[arg-type]
    return [line for _, line in sorted(lines, key=lambda pair: pair[0])]


def _label(keys: pl.DataFrame, thing: str) -> str:
    """A subject's name; a thing under several names is called by its current one, the one with the newest figures."""
    current = keys.sort("last_end", "last_value", descending=True)["subject"][0]
    return str(current if keys.height > 1 else thing if thing in keys["subject"].to_list() else current).replace(
        "_", " "
    )


def _series(cursor: Cursor, keys: pl.DataFrame, selection: Selection) -> pl.DataFrame:
    since = datetime.combine(selection.since, time(), UTC) if selection.since else None
    until = datetime.combine(selection.until + timedelta(days=1), time(), UTC) if selection.until else None
    found = [
        desk().ask(cursor, signals.series, row["source"], row["subject"], row["metric"], since=since, until=until)
        for row in keys.iter_rows(named=True)
    ]
    return merged(found, str(keys["kind"][0]))


def _table(cursor: Cursor, drawn: Drawn, reader: Reader) -> list[Component]:
    say, known = reader.say, _known(cursor)
    rows = _chosen(known, drawn.selection).sort("last_value", descending=True)
    if rows.is_empty():
        return [html.P(say("grid.none"), className="state")]
    heads = {name: say(f"developers.{name}") for name in ("subject", "maker", "last", "day", "points", "since")}
    filled = [_row(row, reader) for row in rows.iter_rows(named=True)]
    return [ledger(heads, filled, name="signals", caption=say("table.name"), numbers=("last", "points"))]


def _row(row: dict[str, Any], reader: Reader) -> list[Any]:
    say, app = reader.say, _app_of(row["vendor"])
    colour = reader.theme.of(app) if app else reader.theme.quiet
    return [
        app_cell(row["subject"].replace("_", " "), colour),
        app.publisher if app else row["vendor"],
        say.number(row["last_value"]),
        say.short_day(row["last_end"].date()),
        say.number(row["points"]),
        say.short_day(row["first_end"].date()),
    ]
