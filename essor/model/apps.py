"""The followed apps, each from one file of `essor/watchlist/`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

from essor.model.claims import in_both
from essor.model.errors import SettingsError
from essor.model.stores import StoreName


@dataclass(frozen=True, slots=True)
class NamePeriod:
    """A name that an app bore, and when."""

    name: str
    """The name as the stores showed it."""
    since: date | None
    """First day known under this name; None when unknown."""
    until: date | None
    """First day no longer under this name; None while it still holds."""


@dataclass(frozen=True, slots=True)
class StoreId:
    """An app's key in a store, and the days on which it was this app."""

    store: StoreName
    """The store."""
    app_id: str
    """The store's own id; apps are keyed by it, never by name."""
    since: date | None
    """First day on which this id is the app; None for always."""
    until: date | None
    """First day on which it no longer is; None while it still is."""
    note: dict[str, str] | None
    """Why the validity is so, or what is still to confirm, in ``"fr"`` and ``"en"``."""


@dataclass(frozen=True, slots=True)
class Launch:
    """When an app came out on a platform."""

    platform: str
    """``"ios"``, ``"android"`` or ``"web"``."""
    on: date
    """The day."""
    precision: str
    """``"day"`` or ``"month"``: how exactly the source gives it."""
    territory: str | None
    """Where it came out first, as in ``"us"``; None for everywhere at once or unknown."""
    source: dict[str, str]
    """Who says so, in ``"fr"`` and ``"en"``."""


@dataclass(frozen=True, slots=True)
class App:
    """A followed app."""

    slug: str
    """Its short name in addresses, files and queries, as in ``"le-chat"``."""
    name: str
    """Its usual name in text, as in ``"Le Chat"``."""
    publisher: str
    """The company that publishes it."""
    colour: str
    """Its colour in every figure of the light theme, ``"#rrggbb"``."""
    colour_dark: str
    """Its colour in every figure of the dark theme, ``"#rrggbb"``."""
    dash: str
    """Its line style in every figure, as Plotly names it: the second cue beside colour."""
    names: tuple[NamePeriod, ...]
    """Its names over time."""
    store_ids: tuple[StoreId, ...]
    """Its keys in the stores."""
    launches: tuple[Launch, ...]
    """Its launch dates."""


def read_app(slug: str, text: str) -> App:
    """The app that a watch-list file describes. Raises SettingsError naming the file and field."""
    try:
        return _app(slug, tomllib.loads(text))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise SettingsError(
            f"watchlist/{slug}.toml cannot be read: {error!r}. Compare it with le-chat.toml."
        ) from error


def all_apps(folder: Path | None = None) -> tuple[App, ...]:
    """Every followed app, Le Chat first, the others by slug.

    `folder` holds one TOML file an app; without it the list that comes with essor is read.
    """
    source = folder if folder is not None else files("essor") / "watchlist"
    texts = [
        (item.name.removesuffix(".toml"), item.read_text("utf-8"))
        for item in source.iterdir()
        if item.name.endswith(".toml")
    ]
    apps = sorted((read_app(slug, text) for slug, text in texts), key=lambda app: (app.slug != "le-chat", app.slug))
    _refuse_shared_ids(apps)
    return tuple(apps)


def _refuse_shared_ids(apps: Iterable[App]) -> None:
    owner: dict[tuple[StoreName, str], str] = {}
    for app in apps:
        for key in app.store_ids:
            other = owner.setdefault((key.store, key.app_id), app.slug)
            if other != app.slug:
                raise SettingsError(
                    f"{key.store} id {key.app_id} is in both {other}.toml and {app.slug}.toml: keep one."
                )


def _app(slug: str, data: dict[str, Any]) -> App:
    return App(
        slug=slug,
        name=data["name"],
        publisher=data["publisher"],
        colour=data["colour"],
        colour_dark=data["colour_dark"],
        dash=data["dash"],
        names=tuple(NamePeriod(n["name"], n.get("since"), n.get("until")) for n in data["names"]),
        store_ids=tuple(_store_id(item) for item in data["store_ids"]),
        launches=tuple(_launch(item) for item in data.get("launches", ())),
    )


def _store_id(item: dict[str, Any]) -> StoreId:
    note = in_both(item["note"]) if "note" in item else None
    return StoreId(StoreName(item["store"]), str(item["app_id"]), item.get("since"), item.get("until"), note)


def _launch(item: dict[str, Any]) -> Launch:
    source = in_both(item["source"])
    return Launch(item["platform"], item["on"], item.get("precision", "day"), item.get("territory"), source)
