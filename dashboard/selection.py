"""What the address chooses: everything on a page follows from it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, urlencode

import polars as pl

from essor.model.charts import OVERALL, Chart, Collection
from essor.model.stores import Device, StoreName

THEMES = ("light", "dark")
FIRST_COUNTRY = "fr"
MOST_FRONTS = 6
"""So many storefronts are drawn beside each other at most."""
HOME_SHARE = 4
"""The reader's own storefront is shown first once it has a quarter of what the fullest one has."""
FIRST_CATEGORIES = ("6007", *OVERALL.values())
"""The categories to begin with, where no address says otherwise: where the assistants are, then all."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The choices of an address; None or empty where it says nothing usable."""

    apps: tuple[str, ...] = ()
    """Slugs of followed apps; the first one is in focus."""
    store: str | None = None
    """``"apple"`` or ``"google_play"``."""
    country: str | None = None
    """The storefront, ``"fr"``; of several the first."""
    collection: str | None = None
    """``"top-free"``; with the device after a point where it is not the phone, ``"top-free.ipad"``."""
    category: str | None = None
    """The store's id of the category."""
    since: date | None = None
    """First day shown; None for the beginning."""
    until: date | None = None
    """Last day shown; None for the newest."""
    last: int | None = None
    """So many days up to the newest are shown, ``last=90d``; `since` then follows from the data."""
    at: datetime | None = None
    """The moment of a top chart; None for the newest."""
    snapshot: datetime | None = None
    """The snapshot to answer from; None for the newest."""
    measure: str | None = None
    """Which of a page's figures is drawn, ``"score"``; None for the page's first."""
    scale: str | None = None
    """``"linear"``, ``"log"``, ``"index"`` or ``"absolute"``; None for the page's first."""
    lang: str | None = None
    """The language asked for."""
    theme: str | None = None
    """The theme asked for."""
    events: bool = True
    """Whether dated events are drawn; ``events=off`` where not."""
    bridged: bool = False
    """Whether gaps are bridged by a faint dotted line, ``gaps=dotted``."""
    beside: tuple[str, ...] = ()
    """More storefronts to show beside the first, ``country=fr,de``; pages that show one storefront leave them out."""
    homes: tuple[str, ...] = ()
    """The reader's own storefronts, the nearest one first, for where `country` names none; no address bears them."""

    @property
    def countries(self) -> tuple[str, ...]:
        """Every storefront named, the first one first, each once."""
        return tuple(dict.fromkeys((self.country, *self.beside))) if self.country else ()

    def home(self, known: Mapping[str, float]) -> str | None:
        """The reader's own storefront, where the address names none and it has much of what is known of each."""
        enough = max(known.values(), default=0) / HOME_SHARE
        at_home = (home for home in self.homes if known.get(home, -1) >= enough)
        return None if self.country else next(at_home, None)

    def of_chart(self, chart: Chart) -> Selection:
        """The same with this chart chosen, and no other storefront beside it."""
        return replace(
            self,
            store=chart.store.value,
            country=chart.country,
            beside=(),
            collection=collection_key(chart),
            category=chart.category,
        )

    def fields(self) -> dict[str, str | None]:
        """The choices as an address names them, in their order; None where nothing is said."""
        return {
            "apps": ",".join(self.apps),
            "store": self.store,
            "country": ",".join(self.countries),
            "chart": self.collection,
            "category": self.category,
            "from": self.since.isoformat() if self.since else None,
            "to": self.until.isoformat() if self.until else None,
            "last": f"{self.last}d" if self.last and not self.since else None,
            "at": _iso(self.at) if self.at else None,
            "snapshot": _iso(self.snapshot) if self.snapshot else None,
            "measure": self.measure,
            "scale": self.scale,
            "lang": self.lang,
            "theme": self.theme,
            "events": None if self.events else "off",
            "gaps": "dotted" if self.bridged else None,
        }

    def query(self) -> str:
        """The address's query, ``"?apps=le-chat&country=fr"``; reading it gives the same selection."""
        return "?" + urlencode({name: value for name, value in self.fields().items() if value}, safe=",:")


def read_selection(query: Mapping[str, object]) -> Selection:
    """The selection that an address's query makes. What cannot be used is left out: a bad link still opens."""
    given = {name: value for name, value in query.items() if isinstance(value, str)}
    countries = _countries(given.get("country", ""))
    return Selection(
        apps=tuple(slug for slug in given.get("apps", "").split(",") if re.fullmatch(r"[a-z0-9-]{1,40}", slug)),
        store=given.get("store") if given.get("store") in list(StoreName) else None,
        country=next(iter(countries), None),
        beside=countries[1:],
        collection=_matching(given.get("chart"), r"[a-z.-]{1,40}"),
        category=_matching(given.get("category"), r"[A-Za-z0-9_]{1,40}"),
        since=_day(given.get("from")),
        until=_day(given.get("to")),
        last=_days(given.get("last")) if not _day(given.get("from")) else None,
        at=read_moment(given.get("at")),
        snapshot=read_moment(given.get("snapshot")),
        measure=_matching(given.get("measure"), r"[a-z0-9_.-]{1,60}"),
        scale=_matching(given.get("scale"), r"linear|log|index|absolute"),
        lang=_matching(given.get("lang"), r"[a-z]{2}"),
        theme=given.get("theme") if given.get("theme") in THEMES else None,
        events=given.get("events") != "off",
        bridged=given.get("gaps") == "dotted",
    )


def read_address(query: str | None) -> dict[str, object]:
    """The fields of an address's query, ``"?apps=le-chat"`` or ``"apps=le-chat"``."""
    return dict(parse_qsl((query or "").removeprefix("?")))


def collection_key(chart: Chart) -> str:
    """How an address names the chart's collection and device."""
    phone = chart.device in (Device.IPHONE, Device.ANDROID)
    return chart.collection.value if phone else f"{chart.collection}.{chart.device}"


def known_charts(charts: pl.DataFrame) -> dict[Chart, int]:
    """The charts that can be picked, with how many readings each has."""
    return {
        Chart(
            StoreName(row["store"]),
            row["country"],
            Collection(row["collection"]),
            row["category"],
            Device(row["device"]),
        ): row["readings"]
        for row in charts.iter_rows(named=True)
    }


def nearest_chart(selection: Selection, known: Mapping[Chart, int]) -> Chart | None:
    """The known chart that agrees with most of the selection, country before collection before category.

    Where the selection is silent: the reader's storefront, else France; free, productivity or overall, most readings.
    Of several storefronts the first one counts.
    """
    ordered = sorted(known, key=lambda chart: _agreement(selection, chart, known[chart]))
    of_each = {chart.country: chart for chart in ordered}
    home = selection.home({country: known[chart] for country, chart in of_each.items()})
    return of_each[home] if home else next(reversed(ordered), None)


def nearest_charts(selection: Selection, known: Mapping[Chart, int]) -> tuple[Chart, ...]:
    """The nearest chart in each storefront named: the same collection, device and category in all of them.

    It need not be known in each. Where the selection is silent, one that most of these storefronts have is taken.
    """
    if len(selection.countries) < 2:  # noqa: PLR2004 - one storefront
        nearest = nearest_chart(selection, known)
        return (nearest,) if nearest else ()
    theirs = {chart: known[chart] for chart in known if chart.country in selection.countries} or known
    fronts = Counter(_kind(chart) for chart in theirs)
    anywhere = replace(selection, country=None, beside=())
    best = max(theirs, key=lambda chart: (*_asked(anywhere, chart), fronts[_kind(chart)],
                                          *_agreement(selection, chart, known[chart])), default=None)  # fmt: skip
    return tuple(replace(best, country=country) for country in selection.countries) if best else ()


def _kind(chart: Chart) -> Chart:
    """The chart without its storefront."""
    return replace(chart, country="")


def _asked(selection: Selection, chart: Chart) -> tuple[bool, ...]:
    return (
        selection.store == chart.store,
        selection.country == chart.country,
        selection.collection == collection_key(chart),
        selection.category == chart.category,
    )


def _agreement(selection: Selection, chart: Chart, readings: int) -> tuple[object, ...]:
    category_order = (
        FIRST_CATEGORIES.index(chart.category) if chart.category in FIRST_CATEGORIES else len(FIRST_CATEGORIES)
    )
    return (
        *_asked(selection, chart),
        chart.country == FIRST_COUNTRY,
        collection_key(chart) == Collection.TOP_FREE,
        -category_order,
        readings,
        str(chart),
    )


def _matching(text: str | None, pattern: str) -> str | None:
    return text if text is not None and re.fullmatch(pattern, text) else None


def _countries(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for code in text.split(",") if re.fullmatch(r"[a-z]{2}", code)))


def _day(text: str | None) -> date | None:
    """A day of an address; None when it is none, or the calendar's last one, which no other follows."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if day < date.max else None


def _days(text: str | None) -> int | None:
    found = re.fullmatch(r"([1-9][0-9]{0,3})d", text or "")
    return int(found[1]) if found else None


def read_moment(text: str | None) -> datetime | None:
    """A moment of an address, UTC where it names no zone; None when it is none."""
    try:
        moment = datetime.fromisoformat((text or "").replace(" ", "+"))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the calendar's first and last hours have no place in another zone
        return None


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
