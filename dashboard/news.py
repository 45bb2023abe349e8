"""What happened, each thing in a sentence of the reader's language with its place and its address."""

from __future__ import annotations

from collections.abc import Collection as Several
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from dashboard.components.words import chart_words
from dashboard.desk import Desk
from dashboard.language import Language
from dashboard.selection import Selection
from essor.model.charts import Chart, Collection
from essor.model.news import NewsKind
from essor.model.stores import Device, StoreName
from warehouse.connection import Cursor
from warehouse.reads.news import reach

DAYS_SHOWN = timedelta(days=30)
"""So far back the page goes that a piece of news leads to."""
LOOKS = 50_000
"""A page or a feed tells of no more than about so many looks at charts: of one storefront they reach further back."""
_SIGNS = {
    NewsKind.FIRST: "●", NewsKind.LOST_FIRST: "▼", NewsKind.INTO_TOP: "▲", NewsKind.OUT_OF_TOP: "▼",
    NewsKind.ENTERED: "+", NewsKind.LEFT: "–", NewsKind.INSTALLS: "●", NewsKind.RATINGS: "●",
    NewsKind.SCORE_FELL: "▼", NewsKind.COUNT_FELL: "▼", NewsKind.VERSION: "+", NewsKind.SOURCE_LOST: "–",
    NewsKind.SOURCE_BACK: "+",
}  # fmt: skip
_TOPS = (NewsKind.INTO_TOP, NewsKind.OUT_OF_TOP)
_WORLDWIDE = (NewsKind.VERSION, NewsKind.INSTALLS)


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened, told."""

    key: str
    """The same for the same thing, whatever the language."""
    subject: str
    """What it is about, without its moment: the same kind of news of the same app and chart has the same."""
    kind: NewsKind
    """What happened."""
    app: str | None
    """The followed app; None when it is about a source."""
    country: str | None
    """The storefront; None when it holds everywhere."""
    observed_at: datetime
    """When it was seen, UTC."""
    text: str
    """The sentence."""
    sign: str
    """A sign for the eye: ``"▲"``, ``"▼"``, ``"+"``, ``"–"``, ``"●"``, ``"·"``."""
    place: str
    """Where: a chart, a store's storefront."""
    address: str
    """The path and query of the page that shows it."""


def told_since(
    at: Desk, cursor: Cursor, since: datetime, until: datetime, *, country: str | None, looks: int
) -> datetime:
    """From when on news are told where they are asked for from `since` on: later where that is more than `looks`."""
    reached = at.ask(cursor, reach, looks, until, country=country)["since"][0]
    return max(since, reached) if reached else since


def about(
    rows: pl.DataFrame, apps: Several[str] = (), countries: Several[str] = (), kinds: Several[str] = ()
) -> pl.DataFrame:
    """Those rows of `warehouse.reads.news.news` that are about these apps, storefronts and kinds; empty for all.

    What holds in every storefront, and what is about a source, stays whatever the apps and storefronts.
    """
    chosen = pl.lit(True)
    if apps:
        chosen &= pl.col("app").is_null() | pl.col("app").is_in(list(apps))
    if countries:
        everywhere = pl.col("country").is_null() | pl.col("kind").is_in(list(_WORLDWIDE))
        chosen &= everywhere | pl.col("country").is_in(list(countries))
    return rows.filter(chosen & pl.col("kind").is_in(list(kinds)) if kinds else chosen)


def tell(rows: pl.DataFrame, names: Mapping[str, str], top: int, say: Language) -> list[News]:
    """The rows of `warehouse.reads.news.news` in words; `names` of the apps by slug, `top` as it was asked for."""
    return [_told(row, names, top, say) for row in rows.iter_rows(named=True)]


def _told(row: dict[str, Any], names: Mapping[str, str], top: int, say: Language) -> News:
    kind = NewsKind(row["kind"])
    about = [row[name] for name in ("app", "store", "device", "collection", "category") if row[name]]
    country = None if kind in _WORLDWIDE else row["country"]
    subject = "|".join([kind, country or "", *about, row["source"] if kind.of_source else ""])
    return News(
        key=f"{subject}|{row['observed_at']:%Y%m%dT%H%M%S}",
        subject=subject,
        kind=kind,
        app=row["app"],
        country=country,
        observed_at=row["observed_at"],
        text=_sentence(kind, row, names, top, say),
        sign=_sign(kind, row),
        place=_place(kind, row, say),
        address=_address(kind, row, say),
    )


def _sign(kind: NewsKind, row: dict[str, Any]) -> str:
    if kind is NewsKind.MOVED:
        return "▲" if row["now"] < row["before"] else "▼"
    return _SIGNS.get(kind, "·")


def _sentence(kind: NewsKind, row: dict[str, Any], names: Mapping[str, str], top: int, say: Language) -> str:
    facts: dict[str, object] = {"app": names.get(row["app"], row["app"])}
    if kind.of_chart:
        facts |= {"since": _since(row["previous_at"], row["observed_at"], say)}
        facts |= {end: _rank(row[end], say) for end in ("before", "now")}
        if kind is NewsKind.MOVED:
            climbed = row["before"] - row["now"]
            return say.count(f"news.{'climbed' if climbed > 0 else 'fell'}", int(abs(climbed)), **facts)
        return say.count(f"news.{kind}", top, **facts) if kind in _TOPS else say(f"news.{kind}", **facts)
    if kind.of_source:
        status = say.optional(f"status.{row['text_before']}", row["text_before"] or "")
        return say(f"news.{kind}", source=say.optional(f"source.{row['source']}", row["source"]), status=status)
    ends = {end: _amount(kind, row, end, say) for end in ("before", "now")}
    return say(f"news.{kind}", **facts, **ends)


def _amount(kind: NewsKind, row: dict[str, Any], end: str, say: Language) -> str:
    """A version, a price, stars or a count, before or now."""
    text = row["text_before" if end == "before" else "text"]
    if kind is NewsKind.VERSION:
        return str(text)
    value = row[end]
    if kind is NewsKind.PRICE:
        return say.price(value, text) if value else say("news.free")
    return say.number(round(value, 2) if kind is NewsKind.SCORE_FELL else int(value))


def _rank(rank: float | None, say: Language) -> str:
    return say("news.outside") if rank is None else say.ordinal(int(rank))


def _since(before: datetime, now: datetime, say: Language) -> str:
    """The look before: its time where it was the same day, else its day."""
    if before.date() == now.date():
        return say("news.at_time", time=f"{before:%H:%M}")
    return say("news.on_day", day=say.short_day(before.date(), year=before.year != now.year))


def _place(kind: NewsKind, row: dict[str, Any], say: Language) -> str:
    if kind.of_source:
        return say("news.sources")
    if kind.of_chart:
        return chart_words(_chart(row), say)
    store = say(f"store.{row['store']}")
    if kind in _WORLDWIDE:
        return say("news.worldwide", store=store)
    return say("news.in_store", place=say.country(row["country"]), store=store)


def _address(kind: NewsKind, row: dict[str, Any], say: Language) -> str:
    if kind.of_source:
        return f"/health{Selection(lang=say.code).query()}"
    day = row["observed_at"].date()
    shown = Selection(apps=(row["app"],), since=day - DAYS_SHOWN, until=day, lang=say.code)
    if kind.of_chart:
        return f"/rankings{shown.of_chart(_chart(row)).query()}"
    listing = Selection(apps=(row["app"],), store=row["store"], country=row["country"], lang=say.code)
    return f"/ratings{listing.query()}"


def _chart(row: dict[str, Any]) -> Chart:
    return Chart(
        StoreName(row["store"]), row["country"], Collection(row["collection"]), row["category"], Device(row["device"])
    )
