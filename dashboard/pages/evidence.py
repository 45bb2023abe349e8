"""Evidence: where a reading comes from."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.components.evidence import evidence
from dashboard.desk import arrival, desk
from dashboard.shell import frame, register_page
from warehouse.reads.trace import trace

PAGE = "evidence"

register_page(__name__, PAGE, "/evidence/<reading_id>", order=90, menu=False)


def layout(reading_id: str = "", **query: object) -> Component:
    """The page for one reading."""
    selection, reader = arrival(query)
    with desk().cursor(selection) as cursor:
        found = trace(cursor, reading_id)
    children = evidence(found, desk(), reader.say)
    return frame(PAGE, selection, reader, [html.H1(reader.say("evidence.title"), className="finding"), *children])
