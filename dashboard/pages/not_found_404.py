"""Not found: an address that is none of ours."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.desk import arrival
from dashboard.shell import frame, register_page

PAGE = "not_found"

register_page(__name__, PAGE, "/not-found", order=99, menu=False)


def layout(**query: object) -> Component:
    """What an unknown address shows."""
    selection, reader = arrival(query)
    say = reader.say
    back = dcc.Link(say("page.overview"), href="/" + reader.address(selection), className="plain-link")
    return frame(PAGE, selection, reader, [html.H1(say("not_found.title"), className="finding"), html.P(back)])
