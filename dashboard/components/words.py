"""The words around a figure: headline, subtitle, source line, notices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from dash import html

from dashboard.language import Language
from dashboard.selection import collection_key
from essor.model.charts import Chart


def aria(**named: str) -> dict[str, Any]:
    """Attributes for those who hear the page: ``aria(label="…")``."""
    return {f"aria-{name}": value for name, value in named.items()}


def headline(text: str, element_id: str) -> html.H1:
    """The page's finding."""
    return html.H1(text, id=element_id, className="finding")


def chart_words(chart: Chart, say: Language) -> str:
    """A chart in the reader's words: ``"France · App Store · Top free · Productivity"``."""
    parts = (say.country(chart.country), say(f"store.{chart.store}"), say(f"chart.{collection_key(chart)}"))
    return " · ".join([*parts, say.category(chart.category)])


def source_line(sources: Sequence[str], newest: date | None, snapshot: datetime | None, say: Language) -> list[Any]:
    """The line under a figure: source, data date, snapshot."""
    named = say.listed([say.optional(f"source.{source}", source) for source in sources])
    parts = [say("foot.source", source=named)] if sources else []
    parts += [say("foot.data", when=say.dated(newest))] if newest else []
    parts += [say("foot.snapshot", when=say.moment(snapshot))] if snapshot else []
    return [html.Span(part) for part in parts]


def notice(text: str, kind: str = "plain") -> html.P:
    """A sentence that changes how the figures are to be read."""
    return html.P(text, className=f"notice notice-{kind}", role="status")


def empty_page(first_look_due: str, say: Language) -> html.Div:
    """What a page shows while the warehouse is empty: what is being fetched, and when the first figure is due."""
    return html.Div(
        [
            html.H1(say("empty.title"), className="finding"),
            html.P(say("empty.fetching"), className="subtitle"),
            html.P(first_look_due),
            html.P([say("empty.history"), " ", html.Code("essor import history")]),
        ],
        className="empty",
    )


def unfilled(page: str, title: str, when: str, say: Language, command: str | None = None) -> html.Div:
    """A page that has nothing to show yet: what is missing, what will fill it and when, and how to do it now."""
    typed = [html.P([say("empty.command"), " ", html.Code(command)])] if command else []
    return html.Div([headline(title, f"{page}-finding"), html.P(when), *typed], className="empty")
