"""Health: what was collected, what was not, and how old it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.figure_frame import figure_frame
from dashboard.components.words import notice
from dashboard.desk import Reader, arrival, desk
from dashboard.drawn import Drawn, register_figure
from dashboard.figures.collection_days import HEIGHT, collection_days_figure
from dashboard.history import newest
from dashboard.language import Language
from dashboard.notes import run_notes, told
from dashboard.selection import Selection
from dashboard.sentences import health_finding
from dashboard.shell import frame, nothing_yet, register_page
from warehouse.connection import Cursor
from warehouse.reads import coverage, health, inputs

PAGE = "health"
DESK_RUNS = ("claims", "estimate", "methods", "verdicts")
"""Runs whose note says no more than their kind."""
PATH = "/health"
DAYS = 60
"""The days before the newest look that the figure and the gaps cover."""
ROWS = 20
SOURCE_COLUMNS = 6
"""What is told of a source: what it is about, its name, its storefronts, the newest, the stalest, the looks."""

register_page(__name__, PAGE, PATH, order=60, group="sources", figure=True)


def layout(**query: object) -> Component:
    """The page for an address."""
    selection, reader = arrival(query)
    with desk().cursor(selection) as cursor:
        fresh = desk().ask(cursor, health.freshness)
        last = newest(fresh["last_look_at"])
        if last is None:
            return nothing_yet(cursor, selection, reader)
        answer = _answer(cursor, fresh, last, selection, reader)
    return frame(PAGE, selection, reader, answer)


def _answer(
    cursor: Cursor, fresh: pl.DataFrame, last: datetime, selection: Selection, reader: Reader
) -> list[Component]:
    say, runs, now = reader.say, desk().ask(cursor, health.runs, ROWS), desk().now()
    since = last - timedelta(days=DAYS)
    return [
        figure_frame(PAGE, _drawn(cursor, fresh, last, selection, reader), reader, path=PATH),
        *[notice(say("health.reason", why=why), "bad") for why in _why(runs, say)],
        html.H2(say("health.freshness"), id=f"{PAGE}-table"),
        _freshness(fresh.sort("last_look_at", descending=True), now, say),
        html.H2(say("health.gaps")),
        *_gaps(desk().ask(cursor, health.gaps, since), say),
        *_coverage(desk().ask(cursor, coverage.by_kind, since), say),
        *_pauses(desk().ask(cursor, health.pauses, now.replace(second=0, microsecond=0), ROWS), say),
        html.H2(say("health.runs")),
        _table("runs", _run_rows(runs, say), say),
        html.H2(say("health.loads"), id="health-loads"),
        _table("loads", _load_rows(desk().ask(cursor, health.loads, ROWS), selection, reader), say),
        html.H2(say("health.parsers")),
        _table("parsers", _parser_rows(desk().ask(cursor, health.parser_versions), say), say),
    ]


def _why(runs: pl.DataFrame, say: Language) -> list[str]:
    """What the last crawl noted when it brought nothing usable; that its market is simulated is no trouble."""
    last = runs.filter(pl.col("kind").str.starts_with("crawl")).head(1).filter(pl.col("usable") == 0)
    noted = [one for text in last["note"] for one in run_notes(text)]
    troubles = [one for one in noted if isinstance(one, str) or one.code != "simulated"]
    return [told(troubles, say)] if troubles else []


def draw(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn | None:
    """The figure for an address."""
    fresh = desk().ask(cursor, health.freshness)
    last = newest(fresh["last_look_at"])
    return _drawn(cursor, fresh, last, selection, reader) if last is not None else None


def _stands_on(cursor: Cursor, _: Drawn) -> pl.DataFrame:
    """The archives behind the looks that the figure counts."""
    last = newest(desk().ask(cursor, health.freshness)["last_look_at"]) or desk().now()
    return desk().ask(cursor, inputs.of_health, last - timedelta(days=DAYS))


register_figure(PAGE, PATH, draw, _stands_on)


def _drawn(cursor: Cursor, fresh: pl.DataFrame, last: datetime, selection: Selection, reader: Reader) -> Drawn:
    """The looks a day and all that is said of them."""
    say, since = reader.say, last - timedelta(days=DAYS)
    statuses = desk().ask(cursor, health.statuses, since)
    return Drawn(
        finding=health_finding(fresh, desk().ask(cursor, health.runs, ROWS), desk().now(), say),
        subtitle=say("health.subtitle", days=DAYS, since=say.day(since.date())),
        figure=collection_days_figure(statuses, since.date(), last.date(), say, reader.theme),
        height=HEIGHT,
        rows=statuses,
        selection=selection,
        snapshot=cursor.snapshot,
        newest=newest(fresh["last_usable_at"]),
    )


def _table(name: str, rows: Sequence[Sequence[Any]], say: Language) -> Component:
    """A plain table; its heads are the translations `health.NAME.0`, `.1` and so on."""
    if not rows:
        return html.P(say("grid.none"), className="state")
    return _ledger(name, len(rows[0]), [_row(row) for row in rows], say)


def _ledger(name: str, columns: int, rows: Sequence[Component], say: Language) -> Component:
    heads = [html.Th(say(f"health.{name}.{n}"), scope="col") for n in range(columns)]
    return html.Div(
        html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="ledger"), className="scroller"
    )


def _row(cells: Sequence[Any]) -> Component:
    return html.Tr([html.Td(cell) for cell in cells])


def _freshness(fresh: pl.DataFrame, now: datetime, say: Language) -> Component:
    """How old the newest figures are: a row a storefront; where they are many, a row a source that opens to its own."""
    if fresh.height <= ROWS:
        return _table("fresh", _fresh_rows(fresh, now, say), say)
    sources = fresh.partition_by("kind", "source", maintain_order=True)
    rows = [row for fronts in sources for row in _source_rows(fronts, now, say)]
    return _ledger("source", SOURCE_COLUMNS, rows, say)


def _source_rows(fronts: pl.DataFrame, now: datetime, say: Language) -> list[Component]:
    """A source's newest and stalest figures, and below them each of its storefronts, folded."""
    stalest = fronts.sort("last_usable_at", nulls_last=False).row(0, named=True)
    age = say.ago(now - stalest["last_usable_at"]) if stalest["last_usable_at"] else say("health.never")
    told = _row([
        say(f"kind.{stalest['kind']}"),
        say.optional(f"source.{stalest['source']}", stalest["source"]),
        say.number(fronts["country"].n_unique()) if stalest["country"] else "–",
        _moment(newest(fronts["last_usable_at"]), say),
        [age, html.Div(say.country(stalest["country"]), className="state")] if stalest["country"] else age,
        say.number(int(fronts["looks"].sum())),
    ])  # fmt: skip
    if fronts.height == 1:
        return [told]
    each = _folded("health.each_front", fronts.height, _table("fresh", _fresh_rows(fronts, now, say), say), say)
    return [told, html.Tr(html.Td(each, colSpan=SOURCE_COLUMNS), className="opens")]


def _folded(key: str, number: int, table: Component, say: Language) -> Component:
    """A table of so many rows that is opened when it is wanted."""
    return html.Details([html.Summary(say(key, n=say.number(number))), table], className="folded")


def _fresh_rows(fresh: pl.DataFrame, now: datetime, say: Language) -> list[list[Any]]:
    return [
        [
            say(f"kind.{row['kind']}"),
            say.country(row["country"]) if row["country"] else "–",
            say.optional(f"source.{row['source']}", row["source"]),
            _moment(row["last_usable_at"], say),
            say.ago(now - row["last_usable_at"]) if row["last_usable_at"] else "–",
            _status(row["last_status"], row["last_message"], say),
            say.number(row["looks"]),
        ]
        for row in fresh.iter_rows(named=True)
    ]


def _status(status: str, message: str | None, say: Language) -> Component:
    return html.Span([html.Span(className=f"key key-status-{status}"), say(f"status.{status}")], title=message)


def _gaps(gaps: pl.DataFrame, say: Language) -> list[Component]:
    if gaps.is_empty():
        return [html.P(say("health.no_gaps"), className="state")]
    keys = ["source", "country", "collection", "category"]
    charts = gaps.sort("day").group_by(keys, maintain_order=True).agg("day", "status")
    table = _table("gaps", [_gap_row(row, say) for row in charts.iter_rows(named=True)], say)
    return [table if charts.height <= ROWS else _folded("health.each_chart", charts.height, table, say)]


def _gap_row(row: dict[str, Any], say: Language) -> list[Any]:
    collection = say(f"chart.{row['collection']}").lower()
    lines = [
        say("health.stretch", status=say(f"status.{status or 'none'}"), days=_stretches(days, say))
        for status, days in _by_status(row["day"], row["status"])
    ]
    chart = f"{say.category(row['category'])}, {collection}"
    return [say.country(row["country"]), chart, say.number(len(row["day"])), [html.Div(line) for line in lines]]


def _by_status(days: Sequence[date], statuses: Sequence[str | None]) -> list[tuple[str | None, list[date]]]:
    grouped: dict[str | None, list[date]] = {}
    for day, status in zip(days, statuses, strict=True):
        grouped.setdefault(status, []).append(day)
    return list(grouped.items())


def _stretches(days: Sequence[date], say: Language) -> str:
    """Days one after the other as one stretch: ``"31 Aug – 14 Sept, 19 Sept"``."""
    stretches: list[tuple[date, date]] = []
    for day in days:
        if stretches and day - stretches[-1][1] == timedelta(days=1):
            stretches[-1] = (stretches[-1][0], day)
        else:
            stretches.append((day, day))
    return ", ".join(_stretch(first, last, say) for first, last in stretches)


def _stretch(first: date, last: date, say: Language) -> str:
    ends = [first] if first == last else [first, last]
    return " – ".join(say.short_day(day, year=False) for day in ends)


def _pauses(found: pl.DataFrame, say: Language) -> list[Component]:
    """The times that a host was left alone, those that last first."""
    rows = [_pause_row(row, say) for row in found.iter_rows(named=True)]
    table = _table("pauses", rows, say) if rows else html.P(say("health.no_pauses"), className="state")
    return [html.H2(say("health.pauses"), id="health-pauses"), table]


def _pause_row(row: dict[str, Any], say: Language) -> list[Any]:
    state = say("health.pause_lasts" if row["lasts"] else "health.pause_over")
    reason = html.Span(say.optional(f"pause.{row['reason']}", row["reason"]), title=row["message"])
    return [row["host"], reason, say.moment(row["began_at"]), say.moment(row["until"]), state]


def _coverage(found: pl.DataFrame, say: Language) -> list[Component]:
    """Of the readings that were due, how many came, and what became of the others."""
    if found.is_empty():
        return [html.H2(say("health.coverage")), html.P(say("health.nothing_due"), className="state")]
    rows = [_coverage_row(row, say) for row in found.iter_rows(named=True)]
    return [html.H2(say("health.coverage")), _table("due", rows, say)]


def _coverage_row(row: dict[str, Any], say: Language) -> list[Any]:
    rest = [say("health.due_other", outcome=say(f"due.{outcome}"), n=say.number(row[outcome]))
            for outcome in coverage.OUTCOMES if outcome != "had" and row[outcome]]  # fmt: skip
    share = say.percent(row["had"] / row["expected"]) if row["expected"] else "–"
    kind = say.optional(f"run.{row['kind']}", row["kind"])
    numbers = [say.number(row[name]) for name in ("runs", "expected", "had")]
    return [kind, *numbers, share, say.listed(rest) or "–"]


def _parser_rows(parsers: pl.DataFrame, say: Language) -> list[list[Any]]:
    return [
        [
            say.optional(f"source.{row['source']}", row["source"]),
            say.number(row["parser_version"]) if row["parser_version"] is not None else "–",
            say.number(row["readings"]),
            say.moment(row["last_observed_at"]),
        ]
        for row in parsers.iter_rows(named=True)
    ]


def _run_rows(runs: pl.DataFrame, say: Language) -> list[list[Any]]:
    return [
        [
            say.moment(row["started_at"]),
            say.optional(f"run.{row['kind']}", row["kind"]),
            say.optional(f"result.{row['result']}", row["result"] or "–"),
            _seconds(row["started_at"], row["finished_at"], say),
            f"{say.number(row['usable'])} / {say.number(row['readings'])}",
            "" if row["kind"] in DESK_RUNS else told(run_notes(row["note"]), say),
        ]
        for row in runs.iter_rows(named=True)
    ]


def _load_rows(loads: pl.DataFrame, selection: Selection, reader: Reader) -> list[list[Any]]:
    say, numbers = reader.say, ("runs", "readings", "entries", "rejects", "known")
    return [
        [
            say.number(row["load"]),
            dcc.Link(say.moment(row["recorded_at"]),
                     href="/" + reader.address(replace(selection, snapshot=row["recorded_at"]))),
            *(say.number(row[name]) for name in numbers),
        ]
        for row in loads.iter_rows(named=True)
    ]  # fmt: skip


def _moment(moment: datetime | None, say: Language) -> str:
    return say.moment(moment) if moment else say("health.never")


def _seconds(start: datetime, end: datetime | None, say: Language) -> str:
    return f"{say.number(round((end - start).total_seconds(), 1))} s" if end else "–"
