"""Methods: how each figure is made."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.words import aria, headline, notice
from dashboard.desk import arrival
from dashboard.language import Language
from dashboard.methods import MethodPage, method_pages
from dashboard.shell import frame, register_page

PAGE = "methods"

register_page(__name__, PAGE, "/methods", order=61, group="sources")


def layout(**query: object) -> Component:
    """Every method page, one below the other, each with its own place in the address."""
    selection, reader = arrival(query)
    say, pages = reader.say, method_pages(reader.say.code)
    contents = html.Ul([html.Li(html.A(page.title, href=f"#{page.name}", lang=page.language)) for page in pages],
                       className="contents")  # fmt: skip
    foreign = [notice(say("methods.english"))] if any(page.language != say.code for page in pages) else []
    return frame(
        PAGE,
        selection,
        reader,
        [
            headline(say("methods.title" if pages else "methods.none"), f"{PAGE}-finding"),
            html.P(say("methods.says"), className="subtitle"),
            *foreign,
            html.Nav(contents, **aria(label=say("methods.contents"))),
            *(_section(page, say) for page in pages),
        ],
    )


def _section(page: MethodPage, say: Language) -> Component:
    heading = html.H2(page.title, lang=page.language)
    top = html.P(html.A(say("methods.top"), href="#main"), className="actions")
    return html.Section([heading, dcc.Markdown(page.text, link_target="_self"), top], id=page.name, className="method",
                        lang=page.language)  # fmt: skip
