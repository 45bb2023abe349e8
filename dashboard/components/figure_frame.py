"""The frame that every figure stands in: finding, figure, source line, and one quiet row of actions.

A page with a figure does three things:

    register_figure("rankings", "/rankings", draw)       # its own address: embed, SVG, PNG, CSV, Parquet, the query
    figure_frame("rankings", drawn, reader, path="/rankings")             # in its layout
    frame_outputs("rankings"), frame_values("rankings", drawn, reader, path="/rankings")       # in its callback

`draw` takes (cursor, selection, reader) and gives a `dashboard.drawn.Drawn` (or None while nothing was observed). The
ids are NAME-finding, NAME-subtitle, NAME-figure (the graph), NAME-told (its text alternative), NAME-ends (the names of
its lines, for narrow screens), NAME-events, NAME-foot and NAME-actions. The table goes below with `id="NAME-table"` on
its heading: the action *table* leads there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash
from dash import Output, dcc, html
from dash.development.base_component import Component

from dashboard.components.words import aria, headline, source_line
from dashboard.desk import Reader
from dashboard.drawn import FIGURES, Drawn
from dashboard.embeds import choices_path
from dashboard.figures.events import Mark, told_day
from dashboard.figures.labels import ends
from dashboard.figures.svg import drawable
from dashboard.figures.theme import graph_config
from dashboard.language import Language

PARTS = dict.fromkeys(("finding", "subtitle", "ends", "events", "foot", "actions"), "children")
"""The places of a frame that hold words, and what of each changes."""


def under_table(name: str, drawn: Drawn, reader: Reader, *, path: str) -> list[Component]:
    """What stands under a table that is a page's main figure: source line and actions; `drawn` holds a ledger."""
    return [
        html.P(foot(drawn, reader), id=f"{name}-foot", className="foot"),
        html.Div(actions(name, drawn, reader, path=path), id=f"{name}-actions", className="actions"),
    ]


def figure_frame(
    name: str,
    drawn: Drawn,
    reader: Reader,
    *,
    path: str,
    options: Sequence[Component] = (),
    below: Sequence[Component] = (),
    level: int = 1,
) -> Component:
    """The figure with everything around it.

    `options` (such as `filters.shown_with`: events, gaps) stand over the figure, `below` under the actions (a legend).

    The first figure of a page has `level` 1 (its finding is the page's headline), the others 2; with 0 the page says
    the finding in its own words, and only those who hear the page are told it here.
    """
    values = frame_values(name, drawn, reader, path=path)
    graph = dcc.Graph(
        id=f"{name}-figure", figure=drawn.figure, config=graph_config(reader.say), style={"height": drawn.height}
    )
    under = html.H2(drawn.finding, id=f"{name}-finding", className=None if level else "heard")
    title = headline(drawn.finding, f"{name}-finding") if level == 1 else under
    return html.Section(
        [
            title,
            html.P(values["subtitle"], id=f"{name}-subtitle", className="subtitle"),
            *_options(options, reader.say),
            html.Div(graph, id=f"{name}-told", role="img", className="figure", **aria(label=values["told"])),
            html.Ul(values["ends"], id=f"{name}-ends", className="ends"),
            html.Div(values["events"], id=f"{name}-events"),
            html.P(values["foot"], id=f"{name}-foot", className="foot"),
            html.Div(values["actions"], id=f"{name}-actions", className="actions"),
            *below,
        ],
        className="framed",
    )


def _options(options: Sequence[Component], say: Language) -> list[Component]:
    labelled = aria(label=say("frame.options"))
    return [html.Div(list(options), className="options", role="group", **labelled)] if options else []


def _hint(drawn: Drawn, say: Language) -> list[Component]:
    """What a click does, where the points know where they come from."""
    told = [trace["customdata"] for trace in drawn.figure.data] if drawn.figure is not None else []
    knows = any(points is not None and len(points) and points[0][0] is not None for points in told)
    return [html.Span(f" {say('frame.click')}", className="hint")] if drawn.reading and knows else []


def frame_outputs(name: str) -> dict[str, Output]:
    """What a callback fills with `frame_values`."""
    return {
        "figure": Output(f"{name}-figure", "figure"),
        "size": Output(f"{name}-figure", "style"),
        "told": Output(f"{name}-told", "aria-label"),
        **{part: Output(f"{name}-{part}", prop) for part, prop in PARTS.items()},
    }


def frame_values(name: str, drawn: Drawn, reader: Reader, *, path: str) -> dict[str, Any]:
    """Everything in the frame, by the name of its place."""
    return {
        "figure": drawn.figure,
        "size": {"height": drawn.height},
        "told": drawn.finding,
        "finding": drawn.finding,
        "subtitle": [drawn.subtitle, *_hint(drawn, reader.say)],
        "ends": end_list(drawn),
        "events": event_list(drawn.marks, reader.say),
        "foot": foot(drawn, reader),
        "actions": actions(name, drawn, reader, path=path),
    }


def end_list(drawn: Drawn) -> list[Component]:
    """The names of the lines with their last values, which a narrow screen shows under the figure."""
    return [
        html.Li([html.Span(className=f"dash dash-{end.dash}", style={"borderColor": end.colour}), end.text])
        for end in ends(drawn.figure)
    ]


def foot(drawn: Drawn, reader: Reader) -> list[Any]:
    """The line under a figure: source, data date, snapshot, notes, method."""
    line = source_line(drawn.sources, drawn.newest, drawn.snapshot, reader.say)
    notes = [html.Span(note) for note in drawn.notes]
    return [*line, *notes, *_method(drawn, reader)]


def _method(drawn: Drawn, reader: Reader) -> list[Component]:
    if drawn.method is None:
        return []
    address = f"/methods{reader.address(drawn.selection)}#{drawn.method}"
    return [dcc.Link(reader.say("foot.method"), href=address)]


def event_list(marks: Sequence[Mark], say: Language) -> list[Component]:
    """The events of a figure in words, by their numbers."""
    return [html.Ol([_event(mark, say) for mark in marks], className="events")] if marks else []


def _event(mark: Mark, say: Language) -> Component:
    doubt = [html.Span(say("events.to_confirm"), className="state")] if not mark.confirmed else []
    read = html.A(mark.publisher, href=mark.source, rel="noopener noreferrer") if mark.source else mark.publisher
    source = html.Cite(read, className="state") if mark.publisher else None
    words = [html.Span(told_day(mark, say), className="event-day"), html.Span(mark.title), *doubt, source]
    return html.Li(words, value=str(mark.number))


def actions(name: str, drawn: Drawn, reader: Reader, *, path: str) -> list[Component]:
    """The quiet row: table, cite, embed, download, evidence."""
    say = reader.say
    return [
        *([html.A(say("action.table"), href=f"#{name}-table")] if drawn.figure is not None else []),
        _panel("cite", _cite(name, drawn, reader, path), say),
        _panel("embed", _embed(name, drawn, reader), say),
        _panel("download", _download(name, drawn, reader), say),
        *evidence_link(name, drawn, reader),
    ]


def evidence_link(name: str, drawn: Drawn, reader: Reader) -> list[Component]:
    """The way to the bytes: of the newest reading, or of all that a figure made of many things stands on."""
    if drawn.reading:
        return [html.A(reader.say("action.evidence"), href=f"/evidence/{drawn.reading}")]
    if name not in FIGURES or FIGURES[name].inputs is None:
        return []
    address = f"/inputs/{name}{reader.address(drawn.pinned)}"
    return [dcc.Link(reader.say("action.inputs"), href=address, id=f"{name}-inputs")]


def _panel(kind: str, children: Sequence[Component], say: Language) -> Component:
    summary = html.Summary(say(f"action.{kind}"))
    return html.Details([summary, html.Div(list(children), className="panel")], className=f"action action-{kind}")


def _cite(name: str, drawn: Drawn, reader: Reader, path: str) -> list[Component]:
    """A sentence to put under the figure elsewhere, with the address that always shows it as it is now."""
    say = reader.say
    link = origin() + path + reader.address(drawn.pinned)
    return [_copied(f"{name}-citation", say("cite.text"), citation(drawn, link, say), say),
            _copied(f"{name}-permalink", say("cite.link"), link, say)]  # fmt: skip


def citation(drawn: Drawn, link: str, say: Language) -> str:
    """The sentence that cites a figure, in the reader's language."""
    sources = say.listed([say.optional(f"source.{source}", source) for source in drawn.sources]) or "essor"
    when = say.moment(drawn.snapshot) if drawn.snapshot else say("foot.no_snapshot")
    data = say.dated(drawn.newest) if drawn.newest else "–"
    finding = drawn.finding.rstrip(".")
    return say("cite.sentence", finding=finding, source=sources, data=data, snapshot=when, link=link)


def _embed(name: str, drawn: Drawn, reader: Reader) -> list[Component]:
    say, at = reader.say, origin()
    live, kept = reader.address(drawn.live), reader.address(drawn.pinned)
    height = drawn.height + 190
    frames = {"live": iframe(f"{at}/embed/{name}{live}", drawn.finding, height),
              "kept": iframe(f"{at}/embed/{name}{kept}", drawn.finding, height)}  # fmt: skip
    image = [_copied(f"{name}-embed-image", say("embedding.image"), at + image_path(name, kept, "svg"), say)]
    png: list[Any] = [" · ", html.A("PNG", href=image_path(name, kept, "png"))]
    still = drawable(drawn.figure)
    look = html.A(say("embedding.look"), href=f"/embed/{name}{kept}", id=f"{name}-embed-look")
    return [
        _copied(f"{name}-embed-live", say("embedding.live"), frames["live"], say),
        _copied(f"{name}-embed-kept", say("embedding.kept"), frames["kept"], say),
        *(image if still else []),
        html.P([look, *(png if still else [])], className="state"),
    ]


def iframe(address: str, title: str, height: int) -> str:
    """The HTML that puts an embed into another page."""
    said = title.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    source = address.replace("&", "&amp;")
    size = f'width="100%" height="{height}" loading="lazy" style="border:0"'
    return f'<iframe src="{source}" title="{said}" {size}></iframe>'


def image_path(name: str, query: str, form: str) -> str:
    """The address of a figure as a still image: its choices stand in the path, so that a file can take its place."""
    return f"/embed/{name}/{choices_path(query)}/figure.{form}"


def _download(name: str, drawn: Drawn, reader: Reader) -> list[Component]:
    say, query = reader.say, reader.address(drawn.pinned)
    data = f"/api/v1/figures/{name}{query}"
    images = [_saved(name, drawn, query, form) for form in ("png", "svg")]
    files = [html.A(label, href=f"{data}&format={form}", download="", id=f"{name}-{form}")
             for label, form in (("CSV", "csv"), ("Parquet", "parquet"))]  # fmt: skip
    links = html.Div([*images, *files, html.A("JSON", href=f"{data}&format=json")], className="files")
    asked = [_copied(f"{name}-query", say("download.query"), drawn.query, say)] if drawn.query else []
    return [links, html.P(say("download.says"), className="state"), *asked]


def _saved(name: str, drawn: Drawn, query: str, form: str) -> Component:
    """The way to an image: the browser draws a figure as it stands on the page, the server draws a table."""
    if drawn.figure is None:
        return html.A(form.upper(), href=image_path(name, query, form), download="", id=f"{name}-{form}")
    kept: dict[str, Any] = {"data-save": form, "data-name": name}
    return html.Button(form.upper(), type="button", className="save", id=f"{name}-{form}", **kept)


def _copied(element_id: str, label: str, text: str, say: Language) -> Component:
    """A text to take away, with a button that copies it."""
    kept: dict[str, Any] = {"data-copy": element_id, "data-done": say("action.copied")}
    copy = html.Button(say("action.copy"), type="button", className="copy", **kept)
    return html.Div(
        [html.Div([html.Span(label), copy], className="copied-head"), html.Pre(text, id=element_id, tabIndex=0)],
        className="copied",
    )


def origin() -> str:
    """The address under which the reader reached us, ``"http://localhost:8050"``; empty outside a request."""
    app = dash.get_app()  # type: ignore[no-untyped-call]
    if not app.backend.has_request_context():
        return ""
    headers = app.backend.request_adapter().headers
    host = str(headers.get("host", ""))
    scheme = "https" if headers.get("x-forwarded-proto") == "https" else "http"
    return f"{scheme}://{host}" if host else ""
