"""Where a figure comes from: the reading, its archived answer, and whether the bytes are still the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
from dash import html
from dash.development.base_component import Component

from dashboard.components.words import chart_words
from dashboard.desk import Desk
from dashboard.language import Language
from dashboard.notes import run_notes, told
from essor.model.apps import App
from essor.model.charts import Chart, Collection
from essor.model.errors import ArchiveError
from essor.model.stores import Device, StoreName
from warehouse.reads import trace

FIRST_CHARACTERS = 1600
"""How much of a body is shown."""


def evidence(found: pl.DataFrame, at: Desk, say: Language) -> list[Component]:
    """All there is to say about where a reading comes from; `found` is `warehouse.reads.trace.trace`'s frame."""
    if found.is_empty():
        return [html.P(say("evidence.unknown"), className="notice notice-bad")]
    row = found.row(0, named=True)
    return [
        html.P(_subject(row, at.apps, say), className="evidence-subject"),
        html.P(say("evidence.imported" if row["imported"] else "evidence.crawled"), className="subtitle"),
        *_archived(row, at.settings.data_dir, say),
        html.Dl(_facts(row, say), className="facts"),
    ]


def page_link(reading_id: str, say: Language) -> Component:
    """The way to the same on a page of its own, which can be passed on."""
    return html.P(html.A(say("evidence.page"), href=f"/evidence/{reading_id}?lang={say.code}"))


def _subject(row: dict[str, Any], apps: Sequence[App], say: Language) -> str:
    """How the look ended, what it was a look at, and when it was."""
    ended = say(f"{'outcome' if row['kind'] == 'probes' else 'status'}.{row['status']}")
    return " · ".join([ended, *_looked_at(row, apps, say), say.moment(row["observed_at"])])


def _looked_at(row: dict[str, Any], apps: Sequence[App], say: Language) -> list[str]:
    """A chart; an app in a storefront; a subject of a signal; a target or a model under a load."""
    if row["kind"] == "charts":
        store, collection, device = StoreName(row["store"]), Collection(row["collection"]), Device(row["device"])
        return [chart_words(Chart(store, row["country"], collection, row["category"], device), say)]
    if row["kind"] == "signals":
        return [say.optional(f"metric.{row['collection']}", row["collection"]), row["app_id"]]
    if row["kind"] == "probes":
        return [row[name] for name in ("app_id", "category", "collection", "device") if row[name]]
    key = StoreName(row["store"]), row["app_id"]
    name = next((app.name for app in apps if key in {(one.store, one.app_id) for one in app.store_ids}), row["app_id"])
    return [say.country(row["country"]), say(f"store.{row['store']}"), name]


def _facts(row: dict[str, Any], say: Language) -> list[Component]:
    facts = {
        "message": row["message"],
        "observed": say.moment(row["observed_at"]),
        "recorded": say.moment(row["recorded_at"]),
        "source": say.optional(f"source.{row['source']}", row["source"]),
        "url": row["source_url"],
        "http": row["http_status"],
        "file": row["capture_file"],
        "offset": row["capture_offset"],
        "sha256": row["sha256"],
        "parser": row["parser_version"],
        "run": row["run_id"],
        "note": told(run_notes(row["run_note"]), say) or None,
        "reading": row["reading_id"],
    }
    return [part for name, value in facts.items() if value is not None for part in _fact(name, str(value), say)]


def _fact(name: str, value: str, say: Language) -> list[Component]:
    return [html.Dt(say(f"evidence.{name}")), html.Dd(value, className=f"fact fact-{name}")]


def _archived(row: dict[str, Any], data_dir: Path, say: Language) -> list[Component]:
    if row["capture_file"] is None or row["capture_offset"] is None:
        return [html.P(say("evidence.no_bytes"), className="notice")]
    try:
        body = trace.body(
            data_dir, row["capture_file"], row["capture_offset"], row["sha256"], imported=bool(row["imported"])
        )
    except ArchiveError as error:
        return [html.P(say("evidence.unreadable", why=str(error)), className="notice notice-bad")]
    return [_verdict(body, imported=bool(row["imported"]), say=say), _download(row, body, say), _beginning(body, say)]


def _verdict(body: trace.ArchivedBody, *, imported: bool, say: Language) -> html.P:
    if imported:
        return html.P(say("evidence.line"), className="notice")
    if body.matches:
        return html.P(say("evidence.verified"), className="notice notice-good", id="evidence-verdict")
    return html.P(say("evidence.changed", sha256=body.sha256), className="notice notice-bad", id="evidence-verdict")


def _download(row: dict[str, Any], body: trace.ArchivedBody, say: Language) -> html.P:
    text = say("evidence.download", size=say.number(len(body.raw)))
    return html.P(html.A(text, href=f"/evidence/{row['reading_id']}/body", download="", className="plain-link"))


def _beginning(body: trace.ArchivedBody, say: Language) -> Component:
    text = body.decoded[: FIRST_CHARACTERS * 4].decode("utf-8", "replace")[:FIRST_CHARACTERS]
    return html.Figure([html.Figcaption(say("evidence.beginning")), html.Pre(text, tabIndex=0)], className="archived")
