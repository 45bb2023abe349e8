"""What every page works with: the warehouse, the followed apps, the clock, the reader."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import dash
import polars as pl

from dashboard.asked_embeds import AskedEmbeds
from dashboard.figures.events import events_frame
from dashboard.figures.theme import Theme, theme
from dashboard.language import Language, chosen, homes
from dashboard.selection import Selection, known_charts, read_selection
from essor.model.apps import App, all_apps
from essor.model.charts import Chart
from essor.model.events import all_events
from essor.settings import Settings
from warehouse.connection import Cursor, Warehouse
from warehouse.reads.charts import charts
from warehouse.reads.events import events


class Answers:
    """The last frames that were read. A snapshot never changes, so a frame holds until a newer load is asked about."""

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._frames: OrderedDict[Hashable, pl.DataFrame] = OrderedDict()
        self._lock = threading.Lock()

    def frame(
        self,
        cursor: Cursor,
        read: Callable[..., pl.DataFrame],
        about: tuple[Hashable, ...],
        named: Mapping[str, Hashable] | None = None,
    ) -> pl.DataFrame:
        """The frame that `read` gives for `about` (and for what is `named`) in the cursor's snapshot."""
        named = named or {}
        key = (cursor.snapshot, read.__module__, read.__name__, about, tuple(sorted(named.items())))
        with self._lock:
            if key in self._frames:
                self._frames.move_to_end(key)
                return self._frames[key]
        frame = read(cursor, *map(_listed, about), **{name: _listed(item) for name, item in named.items()})
        self._keep(key, frame)
        return frame

    def _keep(self, key: Hashable, frame: pl.DataFrame) -> None:
        with self._lock:
            self._frames[key] = frame
            while len(self._frames) > self._most:
                self._frames.popitem(last=False)


def _listed(item: Hashable) -> object:
    """What a key holds as a tuple, as the reads take it."""
    return list(item) if isinstance(item, tuple) else item


@dataclass(frozen=True, slots=True)
class Desk:
    """The warehouse of one data folder and what is needed to speak of it."""

    settings: Settings
    """The settings the app was made with."""
    warehouse: Warehouse
    """The tables, read only."""
    apps: tuple[App, ...]
    """The followed apps, in the order of every list."""
    now: Callable[[], datetime]
    """The clock, UTC."""
    answers: Answers
    """What was asked before."""
    embeds: AskedEmbeds
    """The embeds that were asked for."""

    @property
    def simulated(self) -> bool:
        """Whether all of it is a simulated market."""
        return bool(self.settings.simulated) or self.warehouse.simulated

    def ask(
        self, cursor: Cursor, read: Callable[..., pl.DataFrame], *about: Hashable, **named: Hashable
    ) -> pl.DataFrame:
        """The frame of one of `warehouse.reads`, asked once a snapshot."""
        return self.answers.frame(cursor, read, about, named)

    def cursor(self, selection: Selection) -> AbstractContextManager[Cursor]:
        """A cursor on the snapshot that the address asks for."""
        return self.warehouse.cursor(selection.snapshot)

    def charts(self, cursor: Cursor) -> dict[Chart, int]:
        """The charts that can be picked, with how many readings each has."""
        return known_charts(self.ask(cursor, charts))

    def events(self, cursor: Cursor) -> pl.DataFrame:
        """The dated events of the snapshot; those that come with essor where it holds none yet."""
        found = self.ask(cursor, events)
        return found if found.height else events_frame(all_events())

    def chosen_apps(self, selection: Selection, otherwise: int = 3) -> list[App]:
        """The apps of the address in its order; the first few of the watch list where it names none."""
        by_slug = {app.slug: app for app in self.apps}
        picked = [by_slug[slug] for slug in dict.fromkeys(selection.apps) if slug in by_slug]
        return picked or _first(self.apps, otherwise)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: their language and theme."""

    say: Language
    """Their language."""
    theme: Theme
    """Their theme."""

    def address(self, selection: Selection) -> str:
        """The address that shows this reader's page to anybody: language and theme said as well."""
        return replace(selection, lang=self.say.code, theme=self.theme.name).query()


@dataclass(frozen=True, slots=True)
class View:
    """What a page is about: one chart of one snapshot, as one reader asked for it."""

    cursor: Cursor
    """Where to ask."""
    known: Mapping[Chart, int]
    """The charts that can be picked."""
    chart: Chart
    """The chart shown."""
    selection: Selection
    """What the address chooses, this chart included."""
    reader: Reader
    """Who reads."""

    def ask(self, read: Callable[..., pl.DataFrame], *about: Hashable, **named: Hashable) -> pl.DataFrame:
        """The frame of one of `warehouse.reads` in this snapshot, asked once."""
        return desk().ask(self.cursor, read, *about, **named)

    @property
    def say(self) -> Language:
        """The reader's language."""
        return self.reader.say

    @property
    def address(self) -> str:
        """The address that shows this page to anybody."""
        return self.reader.address(self.selection)

    def link(self, path: str, **changes: object) -> str:
        """The address of a page with the same choices but for `changes`."""
        return path + self.reader.address(replace(self.selection, **changes))  # type: ignore[arg-type]


FIRST_APPS = ("le-chat", "chatgpt", "deepseek")
"""What the rankings show where no address says otherwise."""


def _first(apps: tuple[App, ...], number: int) -> list[App]:
    first = [app for app in apps if app.slug in FIRST_APPS]
    return sorted(first, key=lambda app: FIRST_APPS.index(app.slug)) or list(apps[:number])


def make_desk(settings: Settings) -> Desk:
    """The desk of the settings' data folder, by the machine's clock."""
    apps = all_apps()
    warehouse, embeds = Warehouse(settings.data_dir, apps), AskedEmbeds(settings.data_dir)
    return Desk(settings, warehouse, apps, lambda: datetime.now(UTC), Answers(), embeds)


def desk() -> Desk:
    """The desk of the running app."""
    found: Desk = running().server.state.desk
    return found


def running() -> dash.Dash:
    """The running app."""
    app: dash.Dash = dash.get_app()  # type: ignore[no-untyped-call]
    return app


def arrival(query: Mapping[str, object]) -> tuple[Selection, Reader]:
    """What an address chooses, and who reads it: the address wins, then what was chosen before, then the browser."""
    return arriving(query, dash.ctx.cookies or {}, dash.ctx.headers or {})


def arriving(
    query: Mapping[str, object], cookies: Mapping[str, str], headers: Mapping[str, str]
) -> tuple[Selection, Reader]:
    """The same of a request; a page that picks a storefront by itself begins with the reader's own."""
    selection = read_selection(query)
    who = reader(selection, cookies, headers)
    return replace(selection, homes=homes(who.say, headers.get("accept-language"))), who


def reader(selection: Selection, cookies: Mapping[str, str], headers: Mapping[str, str]) -> Reader:
    """The reader of a request."""
    say = chosen(selection.lang or cookies.get("essor_lang"), headers.get("accept-language"))
    return Reader(say, theme(selection.theme or cookies.get("essor_theme") or cookies.get("essor_scheme")))
