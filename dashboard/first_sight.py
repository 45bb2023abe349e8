"""The figure of a page as a still image in its HTML: it is seen while the scripts are still being read."""

from __future__ import annotations

import html
from collections.abc import Mapping

from dashboard.desk import Desk, Reader, reader
from dashboard.drawn import FIGURES, Drawn, Registered
from dashboard.embeds import still_image
from dashboard.figures.svg import drawable
from dashboard.figures.theme import DARK, LIGHT, Theme
from dashboard.selection import read_selection
from essor.model.errors import EssorError


def first_sight(at: Desk, path: str, query: Mapping[str, object], who: Reader, *, theme_known: bool) -> str:
    """The HTML of the page's figure; empty where it has none, or none that can be drawn here.

    While the theme is not known yet, on a first visit, the figure comes in both and the browser shows its own.
    """
    figure = next((one for one in FIGURES.values() if one.page == path), None)
    if figure is None:
        return ""
    themes = [who.theme] if theme_known else [LIGHT, DARK]
    stills = [_still(at, figure, query, Reader(who.say, theme)) for theme in themes]
    if not all(stills):
        return ""
    shown = "".join(_block(still, None if theme_known else theme) for still, theme in zip(stills, themes, strict=True))
    return f'<div id="first-sight" class="wide" lang="{who.say.code}">{shown}</div>'


def _still(at: Desk, figure: Registered, query: Mapping[str, object], who: Reader) -> str:
    drawn = _drawn(at, figure, query, who)
    return still_image(drawn, who) if drawn is not None and drawn.figure is not None and drawable(drawn.figure) else ""


def _drawn(at: Desk, figure: Registered, query: Mapping[str, object], who: Reader) -> Drawn | None:
    selection = read_selection(query)
    try:
        with at.cursor(selection) as cursor:
            return figure.draw(cursor, selection, who)
    except EssorError:
        return None  # the page itself says what is wrong


def _block(still: str, theme: Theme | None) -> str:
    return f'<div class="first-{html.escape(theme.name if theme else "known")}">{still}</div>'


def who_asks(
    query: Mapping[str, object], cookies: Mapping[str, str], headers: Mapping[str, str]
) -> tuple[Reader, bool]:
    """The reader of a first request, and whether their theme is known."""
    selection = read_selection(query)
    known = bool(selection.theme or cookies.get("essor_theme") or cookies.get("essor_scheme"))
    return reader(selection, cookies, headers), known
