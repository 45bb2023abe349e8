"""Not found: an address that is none of ours."""

from __future__ import annotations

import dash
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.desk import arrival
from dashboard.shell import frame, page_title

PAGE = "not_found"

dash.register_page(__name__, path="/not-found", name=PAGE, order=99, title=page_title(PAGE))


def layout(**query: object) -> Component:
    """What an unknown address shows."""
    selection, reader = arrival(query)
    say = reader.say
    back = dcc.Link(say("page.overview"), href="/" + reader.address(selection), className="plain-link")
    return frame(PAGE, selection, reader, [html.H1(say("not_found.title"), className="finding"), html.P(back)])
