"""An invented market: apps that rise and fall in every storefront, the same for the same seed at any moment.

What an app is downloaded a day is a smooth function of the time: its place in the rank curve of
docs/methods/estimates.md, an offset of the storefront, and slow waves. A chart is the order of these figures with a
little noise an hour; ratings and installs are their sum since the app came out. So the three fit each other, at any
moment and without the ones before.
"""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zlib import crc32

from essor.model.apps import App, all_apps
from essor.model.charts import OVERALL, Chart, ChartEntry, Collection
from essor.model.estimates import PUBLISHED, MethodName
from essor.model.stores import Device, StoreName

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
"""Before this day nothing is counted; what was downloaded earlier is a round figure."""
DEEPEST = 200
"""The longest chart."""
CATEGORIES = (
    ("6007", "PRODUCTIVITY"), ("6000", "BUSINESS"), ("6001", "WEATHER"), ("6002", "TOOLS"),
    ("6003", "TRAVEL_AND_LOCAL"), ("6004", "SPORTS"), ("6005", "SOCIAL"), ("6006", "LIBRARIES_AND_DEMO"),
    ("6008", "PHOTOGRAPHY"),
    ("6009", "NEWS_AND_MAGAZINES"), ("6010", "MAPS_AND_NAVIGATION"), ("6011", "MUSIC_AND_AUDIO"), ("6012", "LIFESTYLE"),
    ("6013", "HEALTH_AND_FITNESS"), ("6014", "GAME"), ("6015", "FINANCE"), ("6016", "ENTERTAINMENT"),
    ("6017", "EDUCATION"), ("6018", "BOOKS_AND_REFERENCE"), ("6020", "MEDICAL"), ("6021", "COMICS"), ("6022", "EVENTS"),
    ("6023", "FOOD_AND_DRINK"), ("6024", "SHOPPING"), ("6025", "PERSONALIZATION"), ("6026", "HOUSE_AND_HOME"),
    ("6027", "ART_AND_DESIGN"),
)  # fmt: skip
"""Apple's id and Google's of each category; the followed apps are in the first."""

_CURVE: dict[str, Any] = next(one.parameters for one in PUBLISHED if one.name is MethodName.RANK_CURVE)
_RATED: dict[str, Any] = next(one.parameters for one in PUBLISHED if one.name is MethodName.RATING_VELOCITY)
_PAID_LEVEL = 4_000 / _CURVE["base"]["apple"]
"""Paid apps are downloaded so many times less (docs/methods/estimates.md: 4,000 a day at rank 10)."""
_APPS = len(CATEGORIES) * 240
"""Apps of each kind, free and paid: enough for two hundred rows a category."""
_CONTENDERS = 600
"""Apps that come into question for a chart of all categories."""
_OFFSET, _OF_DEVICE, _OF_REVENUE, _JITTER = 0.45, 0.3, 1.2, 0.04
"""Standard deviations in ln: of a storefront from the world, of a device, of takings from downloads, of an hour."""
_WAVES = ((0.20, 120, 300), (0.12, 25, 60), (0.06, 3, 9))
"""The slow waves of an app: size in ln, and between which periods, days."""
_LOCAL, _LOCAL_DAYS = 0.10, 13.0
"""The wave of an app in one storefront."""
_CROWDING = (_OFFSET**2 + sum(size**2 for size, _, _ in _WAVES) / 2 + _LOCAL**2 / 2) / _CURVE["a"] / 2
"""How much the spread would lift every place of the curve, in ln: the best of many are better than the typical one."""
_PLACES = array(
    "d", (-_CURVE["a"] * math.log((n + 1 + _CURVE["q"]) / (10 + _CURVE["q"])) - _CROWDING for n in range(_APPS))
)
"""Where each app stands in the curve, in ln of what rank 10 has."""
_DAYS_BEFORE = 400
"""Days of download that an app had before `BEGIN`."""
_SPIKE, _SPIKE_DAYS, _CLIMB, _CLIMB_DAYS = 2.5, 12.0, 4.0, 0.25
"""A launch: how far above its later level the app is in ln, how fast that fades; how far below in its first hours."""


@dataclass(frozen=True, slots=True)
class Offered:
    """An app of the market."""

    number: int
    """Its place in the curve, 0 for the most downloaded."""
    paid: bool
    """Whether it costs something."""
    name: str
    """Its name."""
    developer: str
    """Its maker."""
    category: tuple[str, str]
    """Apple's and Google's id of its category."""
    ids: dict[StoreName, str]
    """Its id in each store that has it."""


class SimulatedMarket:
    """The market of one seed. For one thread."""

    def __init__(self, seed: str, launch: datetime | None = None, followed: Sequence[App] | None = None) -> None:
        self.seed = seed
        """What it hangs on."""
        self.launch = launch or BEGIN + timedelta(days=random.Random(seed).randrange(900, 1000), hours=9)  # noqa: S311
        """When one of the followed apps comes out."""
        self._followed = self._places(all_apps() if followed is None else followed)
        self.launched = self._followed[sorted(self._followed)[len(self._followed) // 2]]
        """The app that comes out then."""
        self._numbers = {key: one.number for one in self._followed.values() for key in one.ids.items()}
        self._spread = lru_cache(maxsize=1024)(self._drawn)
        self._static = lru_cache(maxsize=4096)(self._level_of)
        self._common = lru_cache(maxsize=8)(self._waves)
        self._sums = lru_cache(maxsize=4096)(self._begun_sum)
        self._of_category = lru_cache(maxsize=None)(self._members)

    def entries(self, chart: Chart, at: datetime) -> list[ChartEntry]:
        """A chart as it stands in this hour, at most `DEEPEST` rows; empty for one that there is not."""
        hour = int((at - BEGIN).total_seconds() // 3600)
        numbers, paid = self._contenders(chart), chart.collection is Collection.TOP_PAID
        noise = random.Random(f"{self.seed}/{chart}/{hour}").random  # noqa: S311 - no secret hangs on it
        common, levels, day, country = self._common(paid, hour), self._static(chart), hour / 24, chart.country
        scores = [
            (level + common[n] + _local(n, day, country) + _JITTER * (noise() + noise() + noise() - 1.5) * 2, n)
            for n, level in zip(numbers, levels, strict=True)
        ]
        scores.sort(reverse=True)
        there = [self._app(n, paid=paid) for score, n in scores[: DEEPEST + 20] if score > -math.inf]
        sold = [(app.ids[chart.store], app) for app in there if chart.store in app.ids][:DEEPEST]
        return [ChartEntry(rank, app_id, app.name, app.developer) for rank, (app_id, app) in enumerate(sold, 1)]

    def app(self, store: StoreName, app_id: str, at: datetime) -> Offered | None:
        """The app of this id; None when there is none, or when it is not out yet."""
        number = self._numbers.get((store, app_id), _number_of(app_id))
        if number is None:
            return None
        found = self._app(number % _APPS, paid=number >= _APPS)
        return found if found.ids.get(store) == app_id and at >= self.released(found) else None

    def released(self, app: Offered) -> datetime:
        """When an app came out."""
        return self.launch if app is self.launched else BEGIN - timedelta(days=100 + 37 * app.number % 3000)

    def downloads(self, app: Offered, country: str | None, at: datetime) -> float:
        """Downloads ever in one storefront of the App Store, or of Google Play in the whole world (None)."""
        day, part = divmod(max((at - BEGIN) / timedelta(days=1), 0.0), 1.0)
        sums = self._sums(app.number, app.paid, country)
        for missing in range(len(sums) - 1, int(day)):
            sums.append(sums[-1] + self._on(app, country, missing, 1.0))
        return sums[int(day)] + self._on(app, country, int(day), part)

    def stars(self, app: Offered, country: str | None, at: datetime) -> tuple[int, ...]:
        """Ratings of one to five stars that the downloads have brought."""
        count = int(self.downloads(app, country, at) * math.exp(_RATED["ln_c"]))
        worst = 0.02 + 0.2 * ((app.number * 0.618) % 1)
        return tuple(int(count * share) for share in (worst, 0.03, 0.05, 0.17, 0.75 - worst))

    def version(self, app: Offered, at: datetime) -> tuple[str, datetime]:
        """The version on offer and since when; a new one comes every one to four weeks."""
        every = 7 + app.number % 22
        born = self.released(app)
        number = int((at - born) / timedelta(days=every))
        return f"1.{number}.0", born + timedelta(days=every * number)

    def _on(self, app: Offered, country: str | None, day: int, until: float) -> float:
        """Downloads of one day until some part of it has gone by."""
        moment = BEGIN + timedelta(days=day)
        since = min(max((self.released(app) - moment) / timedelta(days=1), 0.0), 1.0)
        if until <= since:
            return 0.0
        level = self._level(app.number, app.paid, country)
        waves = self._wave(app.number, app.paid, day + max(0.5, since))
        waves += _local(app.number, day + 0.5, country) if country else 0.0
        return float(math.exp(level + waves) * _CURVE["weekday"][moment.weekday()] * (until - since))

    def _begun_sum(self, number: int, paid: bool, country: str | None) -> list[float]:
        """Downloads until each day since `BEGIN`, as far as anybody has asked."""
        old = self._app(number, paid=paid) is not self.launched
        return [_DAYS_BEFORE * math.exp(self._level(number, paid, country)) if old else 0.0]

    def _level(self, number: int, paid: bool, country: str | None) -> float:
        """Downloads a day without waves, in ln."""
        curve = _PLACES[number] + (math.log(_PAID_LEVEL) if paid else 0.0)
        if country is None:
            world = sum(map(self._place, _CURVE["place"])) * 2
            return float(curve + math.log(_CURVE["base"]["google_play"] * world) + self._of(Device.ANDROID, number))
        own = _OFFSET * self._spread(f"{country}/{paid}")[number]
        return float(curve + math.log(_CURVE["base"]["apple"] * self._place(country)) + own)

    def _level_of(self, chart: Chart) -> array[float]:
        """The same for everything that comes into question for a chart, as the chart counts it."""
        paid, taken = chart.collection is Collection.TOP_PAID, chart.collection is Collection.TOP_GROSSING
        revenue, share = self._spread("revenue"), _OF_REVENUE if taken else 0.0
        levels = (
            self._level(n, paid, chart.country) + self._of(chart.device, n) + share * revenue[n]
            for n in self._contenders(chart)
        )
        return array("d", levels)

    def _of(self, device: Device, number: int) -> float:
        return 0.0 if device is Device.IPHONE else _OF_DEVICE * self._spread(device)[number]

    @lru_cache(maxsize=512)  # noqa: B019 - a market lives as long as its process
    def _place(self, country: str) -> float:
        """The size of a storefront, 1 for the United States."""
        guessed = 0.02 * math.exp(0.8 * random.Random(f"{self.seed}/place/{country}").gauss())  # noqa: S311
        return float(_CURVE["place"].get(country, guessed))

    def _waves(self, paid: bool, hour: int) -> array[float]:
        return array("d", (self._wave(n, paid, hour / 24) for n in range(_APPS)))

    def _wave(self, number: int, paid: bool, day: float) -> float:
        """How far an app is above its usual level everywhere, in ln; minus infinity while it is not out."""
        launched = self.launched.number == number and self.launched.paid == paid
        age = day - (self.launch - BEGIN) / timedelta(days=1) if launched else math.inf
        if age < 0:
            return -math.inf
        burst = _SPIKE * math.exp(-age / _SPIKE_DAYS) - _CLIMB * math.exp(-age / _CLIMB_DAYS) if launched else 0.0
        drawn = self._spread(f"waves/{paid}")
        return burst + sum(
            size * math.sin(math.tau * day / (least + (most - least) * (0.5 + math.atan(drawn[number]) / math.pi))
                            + 7.0 * drawn[number - 1 - k])
            for k, (size, least, most) in enumerate(_WAVES)
        )  # fmt: skip

    def _drawn(self, name: str) -> array[float]:
        """A number for each app, normal with 0 and 1, the same for the same name."""
        chance = random.Random(f"{self.seed}/{name}")  # noqa: S311 - no secret hangs on it
        return array("d", (chance.gauss() for _ in range(_APPS)))

    def _contenders(self, chart: Chart) -> Sequence[int]:
        if chart.category == OVERALL[chart.store]:
            return range(_CONTENDERS)
        return self._of_category(chart.category, chart.collection is Collection.TOP_PAID)

    def _members(self, category: str, paid: bool) -> Sequence[int]:
        return [number for number in range(_APPS) if category in self._app(number, paid=paid).category]

    def _places(self, followed: Sequence[App]) -> dict[int, Offered]:
        """The followed apps take every so many places of the curve, in an order of the seed."""
        apps = sorted(followed, key=lambda app: app.slug)
        random.Random(f"{self.seed}/followed").shuffle(apps)  # noqa: S311
        return {
            n: Offered(n, False, app.names[-1].name, app.publisher, CATEGORIES[0], _ids_of(app))
            for n, app in zip(range(2, _APPS, _APART), apps, strict=False)
        }

    @lru_cache(maxsize=2 * _APPS)  # noqa: B019 - a market lives as long as its process
    def _app(self, number: int, *, paid: bool) -> Offered:
        return (None if paid else self._followed.get(number)) or _invented(number, paid=paid)


_FIRST_ID = 9_900_000_000
"""Apple's own ids are below 7,000,000,000."""
_PACKAGE = "simulated.market.app"
_APART = 12
"""Places of the curve from one followed app to the next."""


def _invented(number: int, *, paid: bool) -> Offered:
    key = number + _APPS * paid
    name = f"Simulated {'Paid ' if paid else ''}App {number:04d}"
    ids = {StoreName.APPLE: str(_FIRST_ID + key), StoreName.GOOGLE_PLAY: f"{_PACKAGE}{key:05d}"}
    return Offered(number, paid, name, f"Simulated Maker {number % 97:02d}", CATEGORIES[number % len(CATEGORIES)], ids)


def _number_of(app_id: str) -> int | None:
    """Which of the invented apps has this id, the paid ones after the free ones."""
    text = app_id.removeprefix(_PACKAGE)
    key = int(text) - (_FIRST_ID if text == app_id else 0) if text.isdecimal() and text.isascii() else -1
    return key if 0 <= key < 2 * _APPS else None


def _ids_of(app: App) -> dict[StoreName, str]:
    """The ids that are the app's now; an id of earlier has gone."""
    return {key.store: key.app_id for key in app.store_ids if key.until is None}


def _local(number: int, day: float, country: str) -> float:
    """How far an app is above its level in the world, in ln."""
    return _LOCAL * math.sin(math.tau * day / _LOCAL_DAYS + _turn(country) + 1.7 * number)


@lru_cache(maxsize=512)
def _turn(country: str) -> float:
    """Where in its wave a storefront begins."""
    return crc32(country.encode()) % 1000 / 1000 * math.tau
