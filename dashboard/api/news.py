"""What happened, as an Atom feed for a feed reader and as JSON or CSV for a program."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

import polars as pl
from fastapi import APIRouter, Query, Request, Response

from dashboard.api.frames import NO_GUESSING, answer
from dashboard.desk import Desk
from dashboard.language import Language, chosen
from dashboard.news import LOOKS, News, about, tell, told_since
from dashboard.selection import read_selection
from essor.model.news import NewsKind
from warehouse.reads.news import EVER, news

router = APIRouter(tags=["news"])
ATOM = "http://www.w3.org/2005/Atom"
DAYS = 90
MOST = 200
"""So many entries a feed has."""
Form = Annotated[str, Query(alias="format", pattern="^(json|csv|parquet)$")]
Top = Annotated[int, Query(ge=1, le=200, description="How many first places are told of")]
Places = Annotated[int, Query(ge=1, le=200, description="A move of so many places within a day is told")]
Days = Annotated[int, Query(ge=1, le=366, description="So far back")]
Kinds = Annotated[str, Query(description="What to tell, separated by commas; empty for everything")]


@router.get("/api/v1/news")
def rows(  # noqa: PLR0917 - FastAPI takes each from the address
    request: Request, form: Form = "json", top: Top = 10, places: Places = 10, days: Days = DAYS, kinds: Kinds = ""
) -> Response:
    """What happened lately; parameters: apps, country, lang, snapshot as in the pages' addresses."""
    items, frame, snapshot = _asked(request, top, places, days, kinds)
    texts = pl.DataFrame({"text": [item.text for item in items], "place": [item.place for item in items]})
    told = frame.rename({"text": "now_text", "text_before": "before_text"}).hstack(texts)
    return answer(told, form, "essor-news", {"snapshot": snapshot.isoformat() if snapshot else None})


@router.get("/feed.atom")
def feed(request: Request, top: Top = 10, places: Places = 10, kinds: Kinds = "") -> Response:
    """The same as an Atom feed (RFC 4287); parameters: apps, country, kinds, top, places, lang."""
    items, _, snapshot = _asked(request, top, places, DAYS, kinds, whole=False)
    say, base = _language(request), _base(request)
    updated = items[0].observed_at if items else snapshot or request.app.state.desk.now()
    here = f"{base}/feed.atom?{urlencode(sorted(request.query_params.items()))}"
    made = _atom(items[:MOST], say, base, here, updated)
    return Response(made, media_type="application/atom+xml", headers={**NO_GUESSING, "Cache-Control": "no-cache"})


def _asked(
    request: Request, top: int, places: int, days: int, kinds: str, *, whole: bool = True
) -> tuple[list[News], pl.DataFrame, datetime | None]:
    """What the address asks for, told, with its rows, and the snapshot it is of; `whole`: however much that is."""
    at: Desk = request.app.state.desk
    selection, say = read_selection(dict(request.query_params)), _language(request)
    with at.cursor(selection) as cursor:
        now = selection.snapshot or at.now()
        since = now.replace(minute=0, second=0, microsecond=0) - timedelta(days=days)
        since = since if whole else told_since(at, cursor, since, EVER, country=selection.country, looks=LOOKS)
        wanted = tuple(NewsKind(kind) for kind in kinds.split(",") if kind in list(NewsKind))
        frame = at.ask(
            cursor, news, since, country=selection.country, apps=selection.apps, kinds=wanted, top=top, places=places
        )
        snapshot = cursor.snapshot
    shown = about(frame, selection.apps, [selection.country] if selection.country else (), wanted)
    return tell(shown, {app.slug: app.name for app in at.apps}, top, say), shown, snapshot


def _language(request: Request) -> Language:
    return chosen(request.query_params.get("lang"), request.headers.get("accept-language"))


def _base(request: Request) -> str:
    """The dashboard's own address: as set, else as it was asked."""
    at: Desk = request.app.state.desk
    return at.settings.dashboard_url if at.settings.public_url else str(request.base_url).rstrip("/")


def _atom(items: Sequence[News], say: Language, base: str, here: str, updated: datetime) -> bytes:
    """The feed as XML; each entry's id is its thing's, so that a reader shows it once."""
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": say.code})
    _add(root, "id", f"{base}/feed.atom")
    _add(root, "title", say("news.feed"))
    _add(root, "updated", _moment(updated))
    ET.SubElement(root, "link", {"rel": "self", "href": here})
    ET.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": f"{base}/?lang={say.code}"})
    ET.SubElement(_add(root, "author"), "name").text = "essor"
    for item in items:
        entry = _add(root, "entry")
        _add(entry, "id", uuid5(NAMESPACE_URL, item.key).urn)
        _add(entry, "title", item.text)
        _add(entry, "updated", _moment(item.observed_at))
        _add(entry, "summary", item.place)
        ET.SubElement(entry, "category", {"term": item.kind})
        ET.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": base + item.address})
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    child = ET.SubElement(parent, name)
    child.text = text
    return child


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
