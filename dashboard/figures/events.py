"""Dated events on a figure of time: thin lines with numbers; the words stand below it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboard.figures.theme import Theme
from dashboard.language import Language
from essor.model.events import Event

MOST = 9
"""So many events are drawn at most, the newest ones; more would hide the lines."""
NEAR = 0.03
"""Events nearer than this share of the axis share one label."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A dated event beside a figure: a thin line with its number, the text below."""

    number: int
    """Its number on the figure and in the list below, from 1."""
    day: date
    """When it happened; with `vague` the first of the month."""
    title: str
    """What happened, in the reader's language."""
    publisher: str = ""
    """Who published what was read, and when where that is known."""
    source: str | None = None
    """Its address; None when only the publisher is known."""
    vague: bool = False
    """Whether only the month is known."""
    confirmed: bool = True
    """Whether the source was read; what is not is marked *to confirm*."""


def told_day(mark: Mark, say: Language) -> str:
    """When it happened, as exactly as is known: ``"13 nov. 2024"``, ``"juillet 2023"``."""
    return say.month(mark.day) if mark.vague else say.short_day(mark.day)


def told_title(mark: Mark, say: Language) -> str:
    """What happened, with the doubt that is left: ``"ChatGPT sort sur Android (à confirmer)"``."""
    return mark.title if mark.confirmed else f"{mark.title} ({say('events.to_confirm')})"


def events_frame(events: Sequence[Event]) -> pl.DataFrame:
    """Events on file in the columns of `warehouse.reads.events.events` that figures use."""
    texts = ("event", "app", "precision", "title_fr", "title_en", "state", "sources")
    return pl.DataFrame(
        [_row(event) for event in events], schema={"day": pl.Date(), **dict.fromkeys(texts, pl.String())}
    )


def _row(event: Event) -> dict[str, Any]:
    return {
        "event": event.name,
        "app": event.app,
        "day": event.on,
        "precision": event.precision,
        "title_fr": event.title["fr"],
        "title_en": event.title["en"],
        "state": event.state,
        "sources": json.dumps([source.as_dict() for source in event.sources]),
    }


def marks(events: pl.DataFrame, apps: Sequence[str], first: date, last: date, say: Language) -> tuple[Mark, ...]:
    """The events of these apps (slugs), and those that concern all, from `first` to `last`, numbered by time."""
    wanted = pl.col("app").is_in(list(apps)) | pl.col("app").is_null()
    inside = events.filter(wanted, pl.col("day").is_between(first, last)).sort("day", "event").tail(MOST)
    return tuple(_mark(number, row, say) for number, row in enumerate(inside.iter_rows(named=True), 1))


def _mark(number: int, row: dict[str, Any], say: Language) -> Mark:
    source: dict[str, Any] = next(iter(json.loads(row["sources"] or "[]")), {})
    address = str(source.get("url") or "")
    return Mark(
        number,
        row["day"],
        say.spaced(row.get(f"title_{say.code}") or row["title_en"]),
        _published(source, say),
        address if address.startswith(("https://", "http://")) else None,
        vague=row["precision"] != "day",
        confirmed=row["state"] == "confirmed",
    )


def _published(source: dict[str, Any], say: Language) -> str:
    day = source.get("date")
    when = [say.short_day(date.fromisoformat(day))] if day else []
    return ", ".join([str(source.get("publisher") or ""), *when])


def add(figure: go.Figure, drawn: Sequence[Mark], span: timedelta, theme: Theme) -> None:
    """Draw the events on a figure whose axis of time is as long as `span`."""
    for shape in lines(drawn, theme):
        figure.add_shape(shape)
    for number in numbers(drawn, span, theme):
        figure.add_annotation(number)


def lines(drawn: Sequence[Mark], theme: Theme, bottom: float = 0.0) -> list[dict[str, Any]]:
    """The lines as Plotly's shapes, from `bottom` (a share of the height) to the top."""
    return [
        {"type": "line", "xref": "x", "yref": "paper", "x0": _noon(mark.day), "x1": _noon(mark.day), "y0": bottom,
         "y1": 1, "line": {"color": theme.quiet, "width": 1}, "layer": "below", "opacity": 0.7}
        for mark in drawn
    ]  # fmt: skip


def numbers(drawn: Sequence[Mark], span: timedelta, theme: Theme) -> list[dict[str, Any]]:
    """The numbers as Plotly's annotations above the lines; neighbours share one, so that none overlap."""
    return [
        {"name": "event", "x": _noon(group[0].day), "y": 1, "xref": "x", "yref": "paper", "yanchor": "bottom",
         "showarrow": False, "text": ", ".join(str(mark.number) for mark in group), "borderpad": 1,
         "font": {"size": 12, "color": theme.quiet}}
        for group in _grouped(drawn, span)
    ]  # fmt: skip


def _grouped(drawn: Sequence[Mark], span: timedelta) -> list[list[Mark]]:
    groups: list[list[Mark]] = []
    for mark in drawn:
        if groups and mark.day - groups[-1][-1].day <= span * NEAR:
            groups[-1].append(mark)
        else:
            groups.append([mark])
    return groups


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12))
