"""How a rank has moved, as an arrow and a number, and in words for those who hear the page."""

from __future__ import annotations

from dash import html

from dashboard.components.words import aria
from dashboard.language import Language

ARROWS = {"up": "▲", "down": "▼", "same": "=", "new": "+", "back": "↩"}


def change_of(now: int | None, before: int | None) -> str:
    """`up`, `down` or `same` between two ranks."""
    if now is None or before is None or now == before:
        return "same"
    return "up" if now < before else "down"


def movement(change: str | None, places: int | None, say: Language) -> html.Span:
    """An arrow and the number of places; the word for a new or returned app."""
    if change is None:
        return html.Span("–", className="movement", title=say("movement.unknown"))
    if change in ("new", "back"):
        return html.Span([_arrow(change), f" {say(f'movement.{change}')}"], className=f"movement movement-{change}")
    if change == "same":
        return html.Span(
            [_arrow("same"), html.Span(say("movement.same"), className="heard")], className="movement movement-same"
        )
    number = abs(places or 0)
    heard = html.Span(say.count(f"movement.{change}", number), className="heard")
    return html.Span(
        [_arrow(change), html.Span(f" {say.number(number)}", **aria(hidden="true")), heard],
        className=f"movement movement-{change}",
    )


def _arrow(change: str) -> html.Span:
    return html.Span(ARROWS[change], className="arrow", **aria(hidden="true"))
