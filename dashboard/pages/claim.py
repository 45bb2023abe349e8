"""Claim: one published figure, where it was read, and what it was set beside."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.figure_frame import figure_frame
from dashboard.components.words import headline
from dashboard.desk import Reader, arrival, desk
from dashboard.drawn import Drawn, register_figure
from dashboard.figures.claim_dates import amount, claim_dates_figure, height_of
from dashboard.figures.claims_timeline import app_name
from dashboard.language import Language
from dashboard.pages.claims import PATH, claims_table, stands_on, verdict_word
from dashboard.selection import Selection
from dashboard.shell import frame, register_page
from warehouse.connection import Cursor
from warehouse.reads import claims

PAGE = "claim"

register_page(__name__, PAGE, f"{PATH}/<claim>", order=91, menu=False)


def layout(claim: str = "", **query: object) -> Component:
    """The page for one claim."""
    selection, reader = arrival(query)
    with desk().cursor(selection) as cursor:
        drawn = draw(cursor, replace(selection, measure=claim), reader)
        past = claims.verdict_history(cursor, claim) if drawn else pl.DataFrame()
    back = html.P(dcc.Link(reader.say("claims.back"), href=PATH + reader.address(selection)), className="actions")
    if drawn is None:
        return frame(PAGE, selection, reader, [back, headline(reader.say("claims.unknown"), f"{PAGE}-statement")])
    return frame(PAGE, selection, reader, [back, *_told(drawn, past, selection, reader)])


def draw(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn | None:
    """The claim that `measure` names and what it was set beside; the newest contradicted one where it names none."""
    every = desk().ask(cursor, claims.claims)
    first = every.sort(pl.col("verdict").eq_missing("contradicted"), "until", descending=True)["claim"].head(1)
    named = selection.measure or next(iter(first), None)
    found = every.filter(pl.col("claim") == named) if named else every.clear()
    if found.is_empty():
        return None
    rows, row = _beside(found.row(0, named=True), every), found.row(0, named=True)
    return Drawn(
        finding=_finding(row, reader.say),
        subtitle=reader.say("claims.dates.unit"),
        figure=claim_dates_figure(rows, desk().apps, reader.say, reader.theme),
        height=height_of(rows),
        rows=rows,
        selection=replace(selection, measure=named),
        snapshot=cursor.snapshot,
        sources=("essor_claims",),
        newest=row["checked_at"],
        method="claims",
    )


register_figure(PAGE, f"{PATH}/<measure>", draw, stands_on)


def _beside(row: dict[str, Any], every: pl.DataFrame) -> pl.DataFrame:
    """The claim, then those it contradicts or is contradicted by; without any, the app's other figures and launches."""
    named = [name for column in ("against", "contradicts") for name in (row[column] or "").split(",") if name]
    alike = (pl.col("app") == row["app"]) & pl.col("quantity").is_in(["launch", row["quantity"]])
    others = pl.col("claim").is_in(named) if named else alike
    itself = pl.col("claim") == row["claim"]
    return every.filter(itself | others).sort(~itself, "until", "claim")


def _finding(row: dict[str, Any], say: Language) -> str:
    reason = say.spaced(row[f"reason_{say.code}"] or say("claims.not_checked"))
    verdict = say(f"verdict.{row['verdict'] or 'unchecked'}")
    return say("claims.dates.finding", statement=say.spaced(row[f"statement_{say.code}"]).rstrip("."), verdict=verdict,
               reason=reason)  # fmt: skip


def _told(drawn: Drawn, past: pl.DataFrame, selection: Selection, reader: Reader) -> list[Component]:
    say, row = reader.say, drawn.rows.row(0, named=True)
    shown = replace(drawn, selection=replace(selection, measure=drawn.selection.measure))
    return [
        headline(say.spaced(row[f"statement_{say.code}"]), f"{PAGE}-statement"),
        html.P([verdict_word(row["verdict"], say), " ",
                say.spaced(row[f"reason_{say.code}"] or say("claims.not_checked"))],
               className=f"notice notice-verdict-{row['verdict'] or 'unchecked'}", id=f"{PAGE}-verdict"),
        figure_frame(PAGE, shown, reader, path=f"{PATH}/{row['claim']}", level=0),
        html.H2(say("claims.against" if row["against"] else "claims.beside"), id=f"{PAGE}-table"),
        *claims_table(drawn, reader),
        html.H2(say("claims.details")),
        html.Dl(_facts(row, say), className="facts"),
        html.H2(say("claims.sources")),
        html.Ul([_source(source, say) for source in json.loads(row["sources"])], className="sources"),
        *_evidence(row, say),
        *_past(past, say),
    ]  # fmt: skip


def _facts(row: dict[str, Any], say: Language) -> list[Component]:
    fronts = [say.country(country) for country in (row["countries"] or "ww").split(",")]
    facts = {
        "app": app_name(row["app"], desk().apps),
        "value": amount(row, say) if row["value"] is not None else None,
        "period": _period(row, say),
        "where": say.listed(fronts),
        "stores": say.listed([say(f"store.{store}") for store in row["stores"].split(",")]),
        "kind": say(f"kind_of_claim.{row['kind']}"),
        "said_by": row["said_by"],
        "origin": say("claims.origin_unknown") if row["origin"] == "unknown" else row["origin"],
        "definition": say(f"claims.definition.{row['definition']}") if row["quantity"] == "downloads" else None,
        "state": say(f"claims.state.{row['state']}"),
        "checked": say.moment(row["checked_at"]) if row["checked_at"] else None,
    }
    return [part for name, value in facts.items() if value is not None
            for part in (html.Dt(say(f"claims.fact.{name}")), html.Dd(value))]  # fmt: skip


def _period(row: dict[str, Any], say: Language) -> str:
    told = say.month if row["precision"] == "month" else say.short_day
    if row["since"] is None or row["since"] == row["until"] or told(row["since"]) == told(row["until"]):
        return told(row["until"])
    return f"{told(row['since'])} – {told(row['until'])}"


def _source(source: dict[str, Any], say: Language) -> Component:
    """Who published it, the title as published, the day, what was read there; that little was noted, where so."""
    url, day, note = str(source.get("url") or ""), source.get("date"), source.get(f"note_{say.code}")
    title = say("claims.titled", title=source["title"]) if source.get("title") else ""
    named: list[Any] = [html.B(source["publisher"]), title]
    link = [html.A(named, href=url, rel="noopener noreferrer")] if url.startswith("http") else named
    told = [*([say.short_day(date.fromisoformat(day))] if day else []), *([say.spaced(note)] if note else [])]
    told = told or [say("claims.date_unnoted" if title else "claims.unnoted")]
    return html.Li([*link, html.Span(f" {' · '.join(told)}", className="state")])


def _evidence(row: dict[str, Any], say: Language) -> list[Component]:
    found = json.loads(row["evidence"] or "[]")
    if not found:
        return []
    items = [
        html.Li([verdict_word(item.get("verdict"), say), " ", say.spaced(item.get(say.code, ""))]) for item in found
    ]
    return [html.H2(say("claims.evidence")), html.Ul(items, className="sources")]


def _past(past: pl.DataFrame, say: Language) -> list[Component]:
    """Earlier verdicts, where the evidence has changed it."""
    if past.height < 2:  # noqa: PLR2004 - the present one alone is no history
        return []
    items = [
        html.Li(
            [say.moment(row["recorded_at"]), " ", verdict_word(row["verdict"], say), f" {row[f'reason_{say.code}']}"]
        )
        for row in past.iter_rows(named=True)
    ]
    return [html.H2(say("claims.past")), html.Ul(items, className="sources")]
