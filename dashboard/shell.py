"""What stands around every page: header, menu, languages, theme, footer, the drawer of evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Input, Output, State, clientside_callback, dcc, html
from dash.development.base_component import Component

from dashboard.components.evidence import evidence, page_link
from dashboard.components.snapshot_picker import snapshot_picker
from dashboard.components.words import aria, empty_page
from dashboard.desk import Desk, Reader, View, arrival, arriving, desk, running
from dashboard.language import LOCALES, Language
from dashboard.selection import Selection, nearest_chart, read_address
from dashboard.sentences import crawl_word
from warehouse.connection import Cursor
from warehouse.reads import health
from warehouse.reads.trace import trace

Around = tuple[list[Component], list[Component], str, str]
"""What stands around a page: header, footer, the theme's name, the words of the link to its content."""
DRAWER_WIDTH = 560
LOOK_AGAIN = 4_000
"""How often the empty page looks whether there is something to show, milliseconds."""


def shell() -> Component:
    """The layout around the pages. The header and footer stand from the beginning, so that the page below never moves;
    they are filled anew once the page has said its address.
    """
    header, footer, theme, skip = _first_around()
    provider: Component = dmc.MantineProvider(
        [
            html.A(skip, href="#main", className="skip", id="skip"),
            html.Header(html.Div(header, id="header", className="wide"), className="masthead"),
            html.Main(_container(), id="main", className="wide"),
            html.Footer(html.Div(footer, id="footer", className="wide"), className="colophon"),
            dmc.Drawer(
                html.Div(id="evidence-told", className="evidence"),
                id="evidence",
                position="right",
                size=DRAWER_WIDTH,
                closeButtonProps={"aria-label": "×"},
                transitionProps={"duration": 120},
            ),
            dcc.Store(id="evidence-reading"),
            dcc.Store(id="settled"),
        ],
        id="mantine",
        forceColorScheme=theme,
        theme={"primaryColor": "dark", "defaultRadius": 2, "fontFamily": "inherit", "cursorType": "pointer"},
    )
    return provider


def register_page(
    module: str, name: str, path: str, order: int, *, group: str = "", menu: bool = True, figure: bool = False
) -> None:
    """Register a page.

    `path` may hold a ``<field>``; `group`: the heading of the menu under which it stands; `menu`: the header leads to
    it; `figure`: it draws one.
    """
    places = {"path_template": path} if "<" in path else {"path": path}
    kept = {"menu": menu, "figure": figure, "group": group or name, **places}
    dash.register_page(module, name=name, order=order, title=page_title(name), **kept)  # type: ignore[no-untyped-call]


def frame(page: str, selection: Selection, reader: Reader, children: Sequence[Component]) -> Component:
    """A page with its address."""
    return html.Article(
        [dcc.Store(id="address", data=reader.address(selection)), *children], className=f"page page-{page}"
    )


def page_title(page: str) -> Callable[..., str]:
    """What the browser's tab says for a page, in the reader's language."""

    def title(**_: object) -> str:
        search = dash.ctx.inputs.get("_pages_location.search", "") if dash.ctx.inputs else ""
        say = arrival(read_address(search))[1].say
        return f"{say(f'page.{page}')} – essor"

    return title


def view_of(cursor: Cursor, selection: Selection, reader: Reader) -> View | None:
    """The view that a selection makes; None while no chart was observed."""
    known = desk().charts(cursor)
    chart = nearest_chart(selection, known)
    return View(cursor, known, chart, selection.of_chart(chart), reader) if chart is not None else None


def nothing_yet(cursor: Cursor, selection: Selection, reader: Reader) -> Component:
    """Any page while there is nothing to show; it looks again by itself after each load."""
    first = min(desk().warehouse.snapshots(), default=None)
    if first and selection.snapshot and selection.snapshot < first:
        return frame("empty", selection, reader, [_before(selection.snapshot, first, selection, reader)])
    runs = health.runs(cursor, 1)
    children = [
        empty_page(_due(desk(), reader.say), reader.say),
        *([html.P(crawl_word(runs, health.freshness(cursor), reader.say), className="notice")] if runs.height else []),
        dcc.Interval(id="empty-wait", interval=LOOK_AGAIN),
        dcc.Store(id="empty-seen", data=str(desk().warehouse.snapshot())),
        dcc.Store(id="empty-ready", data=False),
    ]
    return frame("empty", selection, reader, children)


def _before(asked: datetime, first: datetime, selection: Selection, reader: Reader) -> Component:
    """What an address says that asks for a snapshot from before the first one."""
    say, newest = reader.say, reader.address(replace(selection, snapshot=None))
    return html.Div(
        [
            html.H1(say("empty.before", when=say.moment(asked)), className="finding"),
            html.P(say("empty.first", when=say.moment(first)), className="subtitle"),
            html.P(html.A(say("shell.newest"), href=newest)),
        ],
        className="empty",
    )


def _due(at: Desk, say: Language) -> str:
    charts = [chart for group in at.settings.charts for chart in group.charts()]
    countries = say.listed(sorted({say.country(chart.country) for chart in charts}))
    minutes = max(round(len(charts) * at.settings.pace.seconds_between_requests / 60), 1)
    return say("empty.due", charts=say.number(len(charts)), countries=countries, age=say.count("age.minutes", minutes),
               every=say.count("age.minutes", at.settings.charts_every_minutes))  # fmt: skip


def register_shell(app: dash.Dash) -> None:
    """The callbacks of what stands around the pages."""
    app.callback(
        Output("header", "children"),
        Output("footer", "children"),
        Output("mantine", "forceColorScheme"),
        Output("skip", "children"),
        Input("address", "data"),
        State("_pages_location", "pathname"),
    )(_around)
    app.callback(
        Output("evidence", "opened"),
        Output("evidence", "title"),
        Output("evidence-told", "children"),
        Input("evidence-reading", "data"),
        State("address", "data"),
        prevent_initial_call=True,
    )(_open_evidence)
    app.callback(
        Output("empty-ready", "data"),
        Input("empty-wait", "n_intervals"),
        State("empty-seen", "data"),
        prevent_initial_call=True,
    )(_loaded)
    settle, reload = ClientsideFunction("essor", "settle"), ClientsideFunction("essor", "reload")
    app.clientside_callback(settle, Output("settled", "data"), Input("address", "data"))  # type: ignore[no-untyped-call]
    app.clientside_callback(reload, Input("empty-ready", "data"), prevent_initial_call=True)  # type: ignore[no-untyped-call]


def evidence_from(graph: str) -> None:
    """Let a click on a point of this graph open where it comes from."""
    pick = ClientsideFunction("essor", "pick")
    clientside_callback(pick, Input(graph, "clickData"), prevent_initial_call=True)


def _around(address: str, path: str) -> Around:
    return _told_around(*arrival(read_address(address)), path)


def _first_around() -> Around:
    """The same before the page has come, by the address that the browser opened."""
    app = running()
    if not app.backend.has_request_context():
        return [], [], "light", "↓"
    request = app.backend.request_adapter()
    try:
        asked = urlsplit(str(request.headers.get("referer", "")))
    except ValueError:  # no browser sends such an address, but others do
        asked = urlsplit("/")
    selection, who = arriving(read_address(asked.query), request.cookies, request.headers)
    return _told_around(selection, who, asked.path)


def _told_around(selection: Selection, who: Reader, path: str) -> Around:
    path = "/" + path.lstrip("/")  # with two strokes it would be another host's
    tools = [
        snapshot_picker(desk().warehouse.snapshots(), selection, who, path),
        *_languages(selection, who, path),
        _theme_switch(selection, who, path),
    ]
    header = [
        *([html.P(who.say("simulated.banner"), className="simulated", role="status")] if desk().simulated else []),
        dcc.Link("essor", href="/" + who.address(selection), className="brand"),
        html.Nav(_menu(selection, who, path), **aria(label=who.say("shell.menu"))),
        html.Div(tools, className="tools"),
        *_beside(selection, who, path),
    ]
    return header, _footer(who), who.theme.name, who.say("shell.skip")


def _menu(selection: Selection, who: Reader, path: str) -> list[Component]:
    """One link a group of pages, to its first page."""
    shown: dict[str, dict[str, Any]] = {}
    for page in _in_menu():
        shown.setdefault(page["group"], page)
    here = _group(path)
    return [_menu_link(page, f"group.{group}", selection, who, here=group == here) for group, page in shown.items()]


def _beside(selection: Selection, who: Reader, path: str) -> list[Component]:
    """The second row of the menu: the pages of the group that is open, where there are several."""
    here = _group(path)
    pages = [page for page in _in_menu() if page["group"] == here]
    if len(pages) < 2:  # noqa: PLR2004 - one page needs no second row
        return []
    links = [_menu_link(page, f"page.{page['name']}", selection, who, here=_within(page, path)) for page in pages]
    return [html.Nav(links, className="beside", **aria(label=who.say(f"group.{here}")))]


def _in_menu() -> list[dict[str, Any]]:
    return [page for page in dash.page_registry.values() if page.get("menu")]


def _group(path: str) -> str:
    """The group of the page at this address; empty for none."""
    return next((str(page["group"]) for page in _in_menu() if _within(page, path)), "")


def _within(page: dict[str, Any], path: str) -> bool:
    """Whether an address is the page's own, or lies below it: `/claims/x` is within `/claims`."""
    own = str(page["relative_path"])
    return path == own or (own != "/" and path.startswith(f"{own}/"))


def _menu_link(page: dict[str, Any], key: str, selection: Selection, who: Reader, *, here: bool) -> Component:
    return html.Span(
        dcc.Link(who.say(key), href=page["relative_path"] + who.address(selection)),
        className="menu-item here" if here else "menu-item",
    )


def _languages(selection: Selection, who: Reader, path: str) -> list[Component]:
    return [
        dcc.Link(
            code.upper(),
            href=path + who.address(selection).replace(f"lang={who.say.code}", f"lang={code}"),
            title=Language(code)("shell.language"),
            className="tool here" if code == who.say.code else "tool",
            id=f"lang-{code}",
        )
        for code in LOCALES
    ]


def _theme_switch(selection: Selection, who: Reader, path: str) -> Component:
    other = "light" if who.theme.name == "dark" else "dark"
    href = path + replace(selection, lang=who.say.code, theme=other).query()
    return dcc.Link(who.say(f"shell.{other}"), href=href, className="tool", id="theme-switch")


def _footer(who: Reader) -> list[Component]:
    return [html.Span(who.say("shell.about")), html.A("API", href="/openapi.json")]


def _open_evidence(asked: dict[str, Any] | None, address: str) -> tuple[bool, str, list[Component]]:
    if not asked:
        raise dash.exceptions.PreventUpdate
    selection, who = arrival(read_address(address))
    with desk().cursor(selection) as cursor:
        found = trace(cursor, str(asked["id"]))
    told = evidence(found, desk(), who.say)
    return True, who.say("evidence.title"), [*told, page_link(str(asked["id"]), who.say)]


def _loaded(_: int, seen: str) -> bool:
    """Whether something was loaded since the page was made."""
    return str(desk().warehouse.snapshot()) != seen


def _container() -> Component:
    """Dash's own page container, with a quiet skeleton of a figure until the page is there."""
    return html.Div(
        [
            dcc.Location(id="_pages_location", refresh="callback-nav"),
            html.Div(_skeleton(), id="_pages_content", disable_n_clicks=True),
            dcc.Store(id="_pages_store"),
            html.Div(id="_pages_dummy", disable_n_clicks=True),
        ]
    )


def _skeleton() -> Component:
    bars = [html.Div(className=f"bone bone-{part}") for part in ("row", "title", "line", "figure")]
    return html.Div(bars, className="skeleton", **aria(hidden="true"))
