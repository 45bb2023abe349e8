"""A figure together with all that is said of it, and the figures that have an address of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

import plotly.graph_objects as go
import polars as pl

from dashboard.desk import Reader
from dashboard.figures.events import Mark
from dashboard.selection import Selection
from warehouse.connection import Cursor


@dataclass(frozen=True, slots=True)
class Drawn:
    """One figure of one snapshot, ready for a page, an embed, a citation and every kind of download."""

    finding: str
    """The title and the text alternative: what the figure shows, in a sentence."""
    subtitle: str
    """What is drawn, of what, in which unit."""
    figure: go.Figure | None
    """The figure itself, without title, source or date: the frame adds them; None for a table, which is `ledger`."""
    height: int
    """Its height, pixels."""
    rows: pl.DataFrame
    """What is drawn, row by row, as it is downloaded."""
    selection: Selection
    """The choices it was drawn from, each said outright (apps, chart, first day): its address leaves nothing open."""
    snapshot: datetime | None
    """The snapshot it was drawn from."""
    sources: tuple[str, ...] = ()
    """The sources' names, ``"apple_rss"``."""
    newest: datetime | date | None = None
    """The data date: when the newest usable look behind it was taken, UTC; of figures of whole days the last day."""
    notes: tuple[str, ...] = ()
    """More that the footer must say: imported figures, thinned points."""
    method: str | None = None
    """The page of `docs/methods` that explains it, ``"estimates"``; an estimate always has one."""
    reading: str | None = None
    """The id of the newest reading behind it: the way to the bytes."""
    query: str | None = None
    """The same in SQL for `essor sql`; None where there is no short way to say it."""
    marks: tuple[Mark, ...] = ()
    """The events drawn, in the order of their numbers."""
    newest_shown: bool = False
    """Whether the moment of `selection` is the newest one there is: a live embed then says none and moves on."""
    ledger: tuple[tuple[str, ...], ...] = ()
    """A table in words, its heads first; what an embed and a still image show where there is no figure."""

    @property
    def pinned(self) -> Selection:
        """The choices with the snapshot said: the address that shows exactly this for ever."""
        return replace(self.selection, snapshot=self.snapshot, last=None)

    @property
    def live(self) -> Selection:
        """The choices that go with the data: the last 90 days stay the last 90, the newest look stays the newest."""
        since = None if self.selection.last else self.selection.since
        return replace(self.selection, since=since, at=None if self.newest_shown else self.selection.at, snapshot=None)


Draw = Callable[[Cursor, Selection, Reader], Drawn | None]
"""Draws a figure for an address; None while nothing was observed. It resolves what the address leaves open."""
Inputs = Callable[[Cursor, Drawn], pl.DataFrame]
"""What a figure made of many things stands on, as `warehouse.reads.inputs` answers."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A figure with an address of its own."""

    name: str
    """``"rankings"``: `/embed/rankings`, `/api/v1/figures/rankings`, and the beginning of its elements' ids."""
    page: str
    """The address of the page that it stands on, ``"/rankings"``; ``<measure>`` in it is what the selection names."""
    draw: Draw
    """How it is drawn."""
    inputs: Inputs | None = None
    """What it stands on, where no one reading tells: the way to the bytes of such a figure."""

    def page_of(self, selection: Selection) -> str:
        """The address of the page for these choices, without a query."""
        return self.page.replace("<measure>", selection.measure or "")


FIGURES: dict[str, Registered] = {}
"""Every registered figure by its name; filled as the pages are imported."""


def register_figure(name: str, page: str, draw: Draw, inputs: Inputs | None = None) -> None:
    """Give a figure its own address: `/embed/NAME`, `/embed/NAME/….svg` and `/api/v1/figures/NAME`.

    With `inputs` it has a page `/inputs/NAME` too, which lists what it stands on.
    """
    FIGURES[name] = Registered(name, page, _marked(draw), inputs)


def _marked(draw: Draw) -> Draw:
    """The same, and a figure of a simulated market says so wherever it goes."""

    def marked(cursor: Cursor, selection: Selection, reader: Reader) -> Drawn | None:
        drawn = draw(cursor, selection, reader)
        if drawn is None or not cursor.simulated:
            return drawn
        mark = reader.say("simulated.mark")
        return replace(drawn, subtitle=f"{mark} – {drawn.subtitle}", notes=(mark, *drawn.notes))

    return marked
