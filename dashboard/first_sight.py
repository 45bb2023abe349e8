"""The figure of a page as a still image in its HTML: it is seen while the scripts are still being read."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, replace

from dashboard.desk import Desk, Reader, arriving
from dashboard.drawn import FIGURES, Drawn, Registered
from dashboard.embeds import still_image
from dashboard.figures.svg import WIDTH, drawable
from dashboard.figures.theme import DARK, LIGHT, Theme
from dashboard.selection import Selection
from essor.model.errors import EssorError

PHONE = 420
"""The width of the image for a phone, pixels."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks for a page, and what they ask to see."""

    selection: Selection
    """What the address chooses, and where it is silent the reader's region."""
    who: Reader
    """Their language and theme."""
    theme_known: bool
    """Whether the theme was said or chosen before; the browser's own is not known on a first visit."""
    width: int
    """How wide a figure they can read, pixels."""


def visitor(query: Mapping[str, object], cookies: Mapping[str, str], headers: Mapping[str, str]) -> Visitor:
    """The visitor of a request."""
    selection, who = arriving(query, cookies, headers)
    known = bool(selection.theme or cookies.get("essor_theme") or cookies.get("essor_scheme"))
    phone = "Mobi" in str(headers.get("user-agent", ""))
    return Visitor(selection, who, known, PHONE if phone else WIDTH)


def first_sight(at: Desk, path: str, visitor: Visitor) -> str:
    """The HTML of the page's figure; empty where it has none, or none that can be drawn here.

    While the theme is not known yet, on a first visit, the figure comes in both and the browser shows its own.
    """
    figure = next((one for one in FIGURES.values() if one.page == path), None)
    if figure is None:
        return ""
    who, known = visitor.who, visitor.theme_known
    themes = [who.theme] if known else [LIGHT, DARK]
    stills = [_still(at, figure, replace(visitor, who=Reader(who.say, theme))) for theme in themes]
    if not all(stills):
        return ""
    shown = "".join(_block(still, None if known else theme) for still, theme in zip(stills, themes, strict=True))
    return f'<div id="first-sight" class="wide" lang="{who.say.code}">{shown}</div>'


def _still(at: Desk, figure: Registered, visitor: Visitor) -> str:
    drawn = _drawn(at, figure, visitor.selection, visitor.who)
    if drawn is None or drawn.figure is None or not drawable(drawn.figure):
        return ""
    return still_image(drawn, visitor.who, visitor.width)


def _drawn(at: Desk, figure: Registered, selection: Selection, who: Reader) -> Drawn | None:
    try:
        with at.cursor(selection) as cursor:
            return figure.draw(cursor, selection, who)
    except EssorError:
        return None  # the page itself says what is wrong


def _block(still: str, theme: Theme | None) -> str:
    return f'<div class="first-{html.escape(theme.name if theme else "known")}">{still}</div>'
