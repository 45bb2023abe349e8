"""Figures at their own addresses: a page for an iframe, a still image, their rows, the query."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from dashboard import embeds
from dashboard.api.frames import NO_GUESSING, TYPES, answer
from dashboard.desk import Desk, Reader, reader
from dashboard.drawn import FIGURES, Drawn
from dashboard.figures.svg import NotDrawable, drawable
from dashboard.images import NoBrowser, png
from dashboard.selection import Selection, read_selection

router = APIRouter(tags=["figures"])
Name = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,40}$")]
Form = Annotated[str, Query(alias="format", pattern="^(json|csv|parquet|sql)$")]
FRAMED = {**NO_GUESSING, "Content-Security-Policy": embeds.FIGURE_POLICY}
STILL = {**NO_GUESSING, "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
NOTHING = "Nothing was observed yet. Run `essor import history` or `essor crawl charts`."
KEPT = "public, max-age=86400"
LIVE = "no-cache"


@router.get("/api/v1/figures")
def figures() -> dict[str, list[str]]:
    """The figures that have an address of their own."""
    return {"figures": sorted(FIGURES)}


@router.get("/api/v1/figures/{name}")
def rows(request: Request, name: Name, form: Form = "json") -> Response:
    """What a figure shows, with the parameters of its page: JSON, CSV, Parquet, or the query for `essor sql`."""
    drawn, _ = _drawn(request, name, dict(request.query_params))
    if form == "sql":
        if drawn.query is None:
            raise HTTPException(404, "This figure has no short query; take its CSV.")
        return Response(drawn.query + "\n", media_type=TYPES["sql"], headers=NO_GUESSING)
    about = {"figure": name, "finding": drawn.finding, "sources": list(drawn.sources),
             "snapshot": drawn.snapshot.isoformat() if drawn.snapshot else None}  # fmt: skip
    return answer(drawn.rows, form, f"essor-{name}", about)


@router.get("/api/v1/figures/{name}/inputs")
def inputs(
    request: Request, name: Name, form: Annotated[str, Query(alias="format", pattern="^(json|csv|parquet)$")] = "json"
) -> Response:
    """What a figure made of many things stands on, down to the readings; the parameters are those of its page."""
    _known(name)
    at: Desk = request.app.state.desk
    selection = read_selection(dict(request.query_params))
    with at.cursor(selection) as cursor:
        read = FIGURES[name].inputs
        if read is None:
            raise HTTPException(404, "This figure stands on one reading: its evidence has it.")
        drawn = FIGURES[name].draw(cursor, selection, reader(selection, {}, request.headers))
        if drawn is None:
            raise HTTPException(404, NOTHING)
        about = {"figure": name, "snapshot": drawn.snapshot.isoformat() if drawn.snapshot else None}
        return answer(read(cursor, drawn), form, f"essor-{name}-inputs", about)


@router.get("/embed-assets/{name}", include_in_schema=False)
def script(name: str) -> Response:
    """The scripts and the style of embeds; the same Plotly that the pages use."""
    if name not in embeds.ASSETS:
        raise HTTPException(404, f"There is no {name}.")
    content, kind = embeds.asset(name)
    return Response(content, media_type=kind, headers={**NO_GUESSING, "Cache-Control": "no-cache"})


@router.get("/embed/{name}")
def framed(request: Request, name: Name) -> Response:
    """A figure alone on a page that any other page may frame; as of `snapshot`, or live without one."""
    return _page(request, name, dict(request.query_params))


@router.get("/embed/{name}/{choices:path}/figure.csv")
def table(request: Request, name: Name, choices: str) -> Response:
    """The rows of a figure, its choices in the path."""
    drawn, _ = _drawn(request, name, embeds.read_choices(choices))
    return answer(drawn.rows, "csv", f"essor-{name}", {})


@router.get("/embed/{name}/{choices:path}/figure.{form}")
def image(request: Request, name: Name, choices: str, form: Annotated[str, Path(pattern="^(svg|png)$")]) -> Response:
    """A figure as a still image; its choices stand in the path, ``apps=le-chat/country=fr``."""
    query = embeds.read_choices(choices)
    drawn, who = _drawn(request, name, query)
    _note(request.app.state.desk, name, read_selection(query))
    headers = {**STILL, "Cache-Control": _keeping(query)}
    try:
        text = embeds.still_image(drawn, who)
        if form == "svg":
            return Response(text, media_type="image/svg+xml", headers=headers)
        return Response(png(text), media_type="image/png", headers=headers)
    except (NotDrawable, NoBrowser) as error:
        raise HTTPException(501, str(error)) from error


@router.get("/embed/{name}/{choices:path}/")
def framed_by_path(request: Request, name: Name, choices: str) -> Response:
    """The same page with its choices in the path, as `essor export site` writes it."""
    return _page(request, name, embeds.read_choices(choices))


def _page(request: Request, name: str, query: Mapping[str, object]) -> Response:
    drawn, who = _drawn(request, name, query)
    _note(request.app.state.desk, name, read_selection(query))
    chosen = drawn.pinned if query.get("snapshot") else drawn.live
    path = f"/embed/{name}/{embeds.choices_path(who.address(chosen))}"
    page = FIGURES[name].page_of(chosen) + who.address(chosen)
    image = f"{path}/figure.svg" if drawable(drawn.figure) else None
    places = embeds.Places("/embed-assets/", page, f"{path}/figure.csv", image)
    headers = {**FRAMED, "Cache-Control": LIVE}
    return Response(embeds.embed_page(drawn, who, places), media_type="text/html", headers=headers)


def _keeping(query: Mapping[str, object]) -> str:
    """A figure of a named snapshot never changes; a live one is asked for anew."""
    return KEPT if query.get("snapshot") else LIVE


def _drawn(request: Request, name: str, query: Mapping[str, object]) -> tuple[Drawn, Reader]:
    _known(name)
    at: Desk = request.app.state.desk
    selection = read_selection(query)
    who = reader(selection, {}, request.headers)
    with at.cursor(selection) as cursor:
        drawn = FIGURES[name].draw(cursor, selection, who)
    if drawn is None:
        raise HTTPException(404, NOTHING)
    return drawn, who


def _known(name: str) -> None:
    if name not in FIGURES:
        raise HTTPException(404, f"There is no figure {name}. There are: {', '.join(sorted(FIGURES))}.")


def _note(at: Desk, name: str, selection: Selection) -> None:
    """Remember that this embed was asked for, so that `essor export site` writes it."""
    try:
        at.embeds.note(name, selection.query())
    except OSError as error:
        logging.getLogger("essor.dashboard").warning("An embed could not be noted: %s", error)
