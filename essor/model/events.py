"""Dated events that may move a chart, each from one file of `essor/events/`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from essor.model.claims import Source, read_sources, toml_texts
from essor.model.errors import SettingsError

KINDS = ("launch", "release", "rename", "broadcast", "removal", "record")
"""launch · release of something new · rename · broadcast, said in public · removal from a store · chart record."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a day."""

    name: str
    """Its file's name without .toml."""
    app: str | None
    """The app's short name; None when it concerns all."""
    on: date
    """The day; with precision month the first of it."""
    precision: str
    """``"day"`` or ``"month"``: how exactly the source gives it."""
    kind: str
    """One of `KINDS`."""
    title: dict[str, str]
    """What happened, in ``"fr"`` and ``"en"``."""
    state: str
    """``"confirmed"`` (read in the named source) or ``"to_confirm"``."""
    sources: tuple[Source, ...]
    """Where it was read."""


def read_event(name: str, text: str) -> Event:
    """The event that a file describes. Raises SettingsError naming the file and field."""
    try:
        return _event(name, tomllib.loads(text))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise SettingsError(
            f"events/{name}.toml cannot be read: {error!r}. Compare it with 2025-02-09-macron-france-2.toml."
        ) from error


def all_events(folder: Path | None = None) -> tuple[Event, ...]:
    """Every event on file, by name; without `folder` those that come with essor."""
    return tuple(read_event(name, text) for name, text in toml_texts(folder, "events"))


def _event(name: str, data: dict[str, Any]) -> Event:
    if data["kind"] not in KINDS:
        raise ValueError(f"kind {data['kind']!r} is none of {', '.join(KINDS)}")
    return Event(
        name=name,
        app=data.get("app"),
        on=data["on"],
        precision=data.get("precision", "day"),
        kind=data["kind"],
        title={"fr": data["fr"], "en": data["en"]},
        state=data.get("state", "confirmed"),
        sources=read_sources(data["sources"]),
    )
