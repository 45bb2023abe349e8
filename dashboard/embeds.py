"""A figure as a page of its own, for an iframe or a plain file: no menus, no server needed once it is written."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote

import plotly.io

from dashboard.desk import Reader
from dashboard.drawn import Drawn
from dashboard.figures.events import told_day, told_title
from dashboard.figures.labels import ends
from dashboard.figures.svg import MAPPED, WIDTH, Words, still, still_table
from dashboard.figures.theme import graph_config
from dashboard.methods import method_title
from dashboard.selection import read_selection

HERE = Path(__file__).parent
SCRIPTS = ("plotly.js", "embed.js", "narrow.js")
OUTLINES = "outlines.js"
"""The outlines of the countries as a script, which a map needs: a file opened from a disk may fetch nothing."""
ASSETS = {
    "plotly.js": (HERE / "vendor" / "plotly.js", "text/javascript"),
    "embed.js": (HERE / "embed_assets" / "embed.js", "text/javascript"),
    "narrow.js": (HERE / "assets" / "narrow.js", "text/javascript"),
    "route.js": (HERE / "embed_assets" / "route.js", "text/javascript"),
    "embed.css": (HERE / "embed_assets" / "embed.css", "text/css"),
    OUTLINES: (HERE / "assets" / "topojson" / "world_110m.json", "text/javascript"),
}
"""What an embed needs beside its page: where it lies, and its type."""
FIGURE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
    " connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'"
)
"""What an embed may do: be framed by anybody (a local file too, which ``frame-ancestors *`` would leave out), run our
own scripts, ask nobody else. Plotly writes styles inline."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where an embed finds what it needs, as addresses from where it lies."""

    assets: str
    """The folder of scripts and styles, ending in a slash."""
    page: str | None
    """The page with the same figure and all its actions; None where no server will answer."""
    data: str
    """The same as CSV."""
    image: str | None
    """The same as a still image; None where the figure has none."""


def asset(name: str) -> tuple[bytes, str]:
    """One of `ASSETS`: its bytes and its type."""
    path, kind = ASSETS[name]
    content = path.read_bytes()
    if name == OUTLINES:
        content = b"window.PlotlyGeoAssets = {topojson: {world_110m: " + content.strip() + b"}};\n"
    return content, kind


def embed_page(drawn: Drawn, reader: Reader, places: Places) -> str:
    """The whole HTML of an embed."""
    say, title = reader.say, html.escape(drawn.finding)
    needed = _scripts(drawn)
    scripts = "".join(f'<script src="{places.assets}{name}" defer></script>' for name in needed)
    return f"""<!doctype html>
<html lang="{say.code}" data-theme="{reader.theme.name}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – essor</title>
<link rel="stylesheet" href="{places.assets}embed.css">
{scripts}
</head>
<body>
<main>
<h1>{title}</h1>
<p class="subtitle">{html.escape(drawn.subtitle)}</p>
{_shown(drawn, places)}
{_ends(drawn)}
{_events(drawn, reader)}
<p class="foot">{"".join(f"<span>{html.escape(part)}</span>" for part in foot_parts(drawn, reader))}
{_links(places, reader)}</p>
</main>
{_data(drawn, reader)}
</body>
</html>
"""


def _scripts(drawn: Drawn) -> tuple[str, ...]:
    if drawn.figure is None:
        return ()
    return (OUTLINES, *SCRIPTS) if any(trace.type in MAPPED for trace in drawn.figure.data) else SCRIPTS


def _shown(drawn: Drawn, places: Places) -> str:
    """The place of the figure, or the table."""
    if drawn.figure is None:
        return _table(drawn)
    title = html.escape(drawn.finding, quote=True)
    fallback = f'<img src="{_attribute(places.image)}" alt="{title}">' if places.image else ""
    inside = f"<noscript>{fallback}</noscript>"
    return f'<div id="figure" role="img" aria-label="{title}" style="height:{drawn.height}px">{inside}</div>'


def _table(drawn: Drawn) -> str:
    head, *rows = drawn.ledger
    heads = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in head)
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(text)}</td>' for text in row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="scroller" tabindex="0" role="region" aria-label="{_attribute(drawn.finding)}">{table}</div>'


def _data(drawn: Drawn, reader: Reader) -> str:
    if drawn.figure is None:
        return ""
    return f'<script type="application/json" id="drawn">{safe_json(figure_json(drawn, reader))}</script>'


def figure_json(drawn: Drawn, reader: Reader) -> str:
    """The figure as Plotly takes it, with its configuration."""
    figure = plotly.io.to_json(drawn.figure, validate=False)
    return f'{{"figure":{figure},"config":{json.dumps(graph_config(reader.say))}}}'


def foot_parts(drawn: Drawn, reader: Reader) -> list[str]:
    """The source line in plain words: source, data date, snapshot, notes, method."""
    say = reader.say
    named = say.listed([say.optional(f"source.{source}", source) for source in drawn.sources])
    parts = [say("foot.source", source=named)] if named else []
    parts += [say("foot.data", when=say.dated(drawn.newest))] if drawn.newest else []
    parts += [say("foot.snapshot", when=say.moment(drawn.snapshot))] if drawn.snapshot else []
    method = [say("foot.method_named", title=method_title(drawn.method, say.code))] if drawn.method else []
    return [*parts, *drawn.notes, *method]


def still_image(drawn: Drawn, reader: Reader, width: int = WIDTH) -> str:
    """The figure as SVG with its title, source and data date, `width` pixels wide. Raises NotDrawable."""
    say = reader.say
    notes = tuple(f"{mark.number}. {told_day(mark, say)} – {told_title(mark, say)}" for mark in drawn.marks)
    words = Words(drawn.finding, drawn.subtitle, "  ·  ".join([*foot_parts(drawn, reader), "essor"]), notes)
    if drawn.figure is None:
        return still_table(drawn.ledger, words, reader.theme, width)
    return still(drawn.figure, words, say, reader.theme, drawn.height, width=width)


def choices_path(query: str) -> str:
    """The choices of an address as folders, ``"apps=le-chat/country=fr"``: what a plain file can stand under.

    Fields that say nothing usable are left out, and the order is always the same.
    """
    asked = read_selection(dict(parse_qsl(query.removeprefix("?")))).query()
    return "/".join(quote(part, safe="=,.-_:") for part in asked.removeprefix("?").split("&") if part)


def read_choices(path: str) -> Mapping[str, object]:
    """The choices that folders say: the other way round."""
    return dict(unquote(part).partition("=")[::2] for part in path.split("/") if "=" in part)


def _ends(drawn: Drawn) -> str:
    """The names of the lines, which a narrow screen shows here."""
    items = [
        f'<li><span class="dash dash-{end.dash}" style="border-color:{end.colour}"></span>{html.escape(end.text)}</li>'
        for end in ends(drawn.figure)
    ]
    return f'<ul class="ends">{"".join(items)}</ul>' if items else ""


def _events(drawn: Drawn, reader: Reader) -> str:
    say = reader.say
    items = [
        f'<li value="{mark.number}"><span>{html.escape(told_day(mark, say))}</span>'
        f" {html.escape(told_title(mark, say))}</li>"
        for mark in drawn.marks
    ]
    return f'<ol class="events">{"".join(items)}</ol>' if items else ""


def _links(places: Places, reader: Reader) -> str:
    links = [("CSV", places.data)]
    links += [("SVG", places.image)] if places.image else []
    links += [(reader.say("embedding.page"), places.page)] if places.page else []
    return "".join(f'<a href="{_attribute(address)}" target="_top">{html.escape(text)}</a>' for text, address in links)


def _attribute(text: str | None) -> str:
    return html.escape(text or "", quote=True)


def safe_json(text: str) -> str:
    """JSON that cannot end the script element it stands in."""
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
