"""Claim: one published figure, where it was read, and what it was set beside."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.words import headline
from dashboard.desk import Reader, arrival, desk
from dashboard.figures.claims_timeline import app_name
from dashboard.language import Language
from dashboard.pages.claims import PATH, verdict_word
from dashboard.selection import Selection
from dashboard.shell import frame, register_page
from dashboard.storefronts import place
from warehouse.reads import claims

PAGE = "claim"

register_page(__name__, PAGE, f"{PATH}/<claim>", order=91, menu=False)


def layout(claim: str = "", **query: object) -> Component:
    """The page for one claim."""
    selection, reader = arrival(query)
    with desk().cursor(selection) as cursor:
        every = desk().ask(cursor, claims.claims)
        found = every.filter(pl.col("claim") == claim)
        past = claims.verdict_history(cursor, claim) if found.height else None
    back = html.P(dcc.Link(reader.say("claims.back"), href=PATH + reader.address(selection)), className="actions")
    if past is None:
        return frame(PAGE, selection, reader, [back, headline(reader.say("claims.unknown"), f"{PAGE}-finding")])
    row = found.row(0, named=True)
    return frame(PAGE, selection, reader, [back, *_told(row, every, past, selection, reader)])


def _told(
    row: dict[str, Any], every: pl.DataFrame, past: pl.DataFrame, selection: Selection, reader: Reader
) -> list[Component]:
    say = reader.say
    return [
        headline(row[f"statement_{say.code}"], f"{PAGE}-finding"),
        html.P([verdict_word(row["verdict"], say), " ", row[f"reason_{say.code}"] or say("claims.not_checked")],
               className=f"notice notice-verdict-{row['verdict'] or 'unchecked'}", id=f"{PAGE}-verdict"),
        html.Dl(_facts(row, say), className="facts"),
        html.H2(say("claims.sources")),
        html.Ul([_source(source, say) for source in json.loads(row["sources"])], className="sources"),
        *_evidence(row, say),
        *_against(row, every, selection, reader),
        *_past(past, say),
    ]  # fmt: skip


def _facts(row: dict[str, Any], say: Language) -> list[Component]:
    fronts = [place(country, say) for country in (row["countries"] or "ww").split(",")]
    facts = {
        "app": app_name(row["app"], desk().apps),
        "value": _value(row, say),
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


def _value(row: dict[str, Any], say: Language) -> str | None:
    if row["value"] is None:
        return None
    amount = say.ordinal(round(row["value"])) if row["quantity"] == "rank" else say.number(row["value"])
    return say(f"claims.bound.{row['bound']}", value=amount, unit=say(f"claims.unit.{row['quantity']}"))


def _period(row: dict[str, Any], say: Language) -> str:
    told = say.month if row["precision"] == "month" else say.short_day
    if row["since"] is None or row["since"] == row["until"] or told(row["since"]) == told(row["until"]):
        return told(row["until"])
    return f"{told(row['since'])} – {told(row['until'])}"


def _source(source: dict[str, Any], say: Language) -> Component:
    url = str(source.get("url") or "")
    title = html.A(source["title"], href=url, rel="noopener noreferrer") if url.startswith("http") else source["title"]
    return html.Li([title, html.Span(f" {source['publisher']}", className="state"),
                    html.Span(f", {source['date']}", className="state") if source.get("date") else ""])  # fmt: skip


def _evidence(row: dict[str, Any], say: Language) -> list[Component]:
    found = json.loads(row["evidence"] or "[]")
    if not found:
        return []
    items = [html.Li([verdict_word(item.get("verdict"), say), " ", item.get(say.code, "")]) for item in found]
    return [html.H2(say("claims.evidence")), html.Ul(items, className="sources")]


def _against(row: dict[str, Any], every: pl.DataFrame, selection: Selection, reader: Reader) -> list[Component]:
    names = [name for column in ("against", "contradicts") for name in (row[column] or "").split(",") if name]
    others = every.filter(pl.col("claim").is_in(list(dict.fromkeys(names))))
    if others.is_empty():
        return []
    items = [
        html.Li(dcc.Link(other[f"statement_{reader.say.code}"], href=f"{PATH}/{name}{reader.address(selection)}"))
        for name, other in zip(others["claim"], others.iter_rows(named=True), strict=True)
    ]
    return [html.H2(reader.say("claims.against")), html.Ul(items, className="sources")]


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
