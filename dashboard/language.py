"""The reader's language: texts, dates, numbers, places."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from re import search, sub

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import format_compact_decimal, format_currency, format_decimal
from babel.numbers import format_percent as babel_percent

LOCALES = {"fr": "fr_FR", "en": "en_GB"}
"""The languages on offer and the locale whose dates and numbers each uses."""
DEFAULT = "en"
HOMES = {"fr": "fr", "en": "us"}
"""The storefront of each language's readers whose region is not known."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language that answers with texts; call it with a key of its translation file."""

    code: str
    """``"fr"`` or ``"en"``."""

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, with the values put in."""
        text = translations(self.code)[key]
        return text.format(**values) if values else text

    def count(self, key: str, number: int, **values: object) -> str:
        """The text of `key.one` or `key.other`, by the language's own plural rule."""
        form = self.locale.plural_form(number)
        return self(f"{key}.{'one' if form == 'one' else 'other'}", n=self.number(number), **values)

    @property
    def locale(self) -> Locale:
        """Babel's locale."""
        return _locale(self.code)

    def number(self, value: float) -> str:
        """A number as the reader writes it: ``"2,360"``, ``"2 360"``."""
        return _number(self.code, value)

    def compact(self, value: float) -> str:
        """A number in a figure: ``"1.2M"``, ``"1,2 M"``; below a thousand to three digits."""
        if abs(value) < 1_000:  # noqa: PLR2004 - where compact forms begin
            return self.number(float(f"{value:.3g}"))
        return str(format_compact_decimal(float(f"{value:.3g}"), locale=self.locale, fraction_digits=2))

    def percent(self, share: float) -> str:
        """A share of one as a whole percentage."""
        return str(babel_percent(share, locale=self.locale))

    def price(self, value: float, currency: str) -> str:
        """An amount of money: ``"€19.99"``, ``"19,99 €"``."""
        return str(format_currency(value, currency, locale=self.locale))

    def ordinal(self, rank: int) -> str:
        """A rank in a sentence: ``"28th"``, ``"28e"``, ``"1re"`` (place)."""
        if self.code == "fr":
            return "1re" if rank == 1 else f"{self.number(rank)}e"
        ending = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
        return f"{self.number(rank)}{ending}"

    def day(self, when: date, *, year: bool = True) -> str:
        """A day in a sentence: ``"9 October 2026"``, ``"1er octobre"``."""
        text = str(format_date(when, "d MMMM y" if year else "d MMMM", locale=self.locale))
        return text.replace("1 ", "1er ", 1) if self.code == "fr" and when.day == 1 else text

    def short_day(self, when: date, *, year: bool = True) -> str:
        """A day in a table: ``"9 Oct 2026"``, ``"9 oct. 2026"``."""
        text = str(format_date(when, "d MMM y" if year else "d MMM", locale=self.locale))
        return text.replace("1 ", "1er ", 1) if self.code == "fr" and when.day == 1 else text

    def month(self, when: date) -> str:
        """A month in a table: ``"October 2026"``, ``"octobre 2026"``."""
        return str(format_date(when, "MMMM y", locale=self.locale))

    def short_month(self, when: date) -> str:
        """A month on an axis: ``"Oct"``, ``"oct."``."""
        return str(format_date(when, "MMM", locale=self.locale))

    def moment(self, when: datetime) -> str:
        """A moment with its zone: ``"9 Oct 2026, 15:11 UTC"``."""
        return _moment(self.code, when)

    def dated(self, when: date) -> str:
        """The date of data: a day for figures of whole days, a moment for a look at one."""
        return self.moment(when) if isinstance(when, datetime) else self.short_day(when)

    def during(self, first: date, last: date) -> str:
        """Some days in a sentence, both included: ``"between 7 and 9 October 2026"``, ``"on 9 October 2026"``."""
        early, late = self.between(first, last)
        return self("period.one_day", day=late) if first == last else self("period.between", early=early, late=late)

    def between(self, first: date, last: date) -> tuple[str, str]:
        """Two days of one sentence; the first bears its year only when the second has another."""
        return self.day(first, year=first.year != last.year), self.day(last)

    def ago(self, age: timedelta) -> str:
        """An age in its largest unit: ``"42 days"``, ``"3 hours"``."""
        minutes = max(int(age.total_seconds() // 60), 0)
        if minutes >= 2 * 24 * 60:
            return self.count("age.days", minutes // (24 * 60))
        return self.count("age.hours", minutes // 60) if minutes >= 120 else self.count("age.minutes", minutes)  # noqa: PLR2004 - under two hours in minutes

    def listed(self, items: Sequence[str]) -> str:
        """``"a, b and c"``."""
        return str(format_list(list(items), locale=self.locale))

    def country(self, code: str) -> str:
        """The name of a storefront's country; ``"ww"`` is the whole world."""
        return self.optional(f"country.{code}", str(self.locale.territories.get(code.upper(), code.upper())))

    def category(self, category: str) -> str:
        """The name of a store's category; its id when it has none here."""
        return translations(self.code).get(f"category.{category}", category)

    def spaced(self, text: str) -> str:
        """A text of the warehouse with the spaces at which no line may break, as French sets them: « le 18 mai »."""
        if self.code != "fr":
            return text
        return sub(r" (?=[:»])|(?<=«) |(?<=\b[Ll]e) (?=\d)", "\u00a0", sub(r" (?=[;?!%])", "\u202f", text))

    def optional(self, key: str, otherwise: str) -> str:
        """The text of a key that may not be there, such as a source's name."""
        return translations(self.code).get(key, otherwise)


def chosen(asked: str | None, accepted: str | None) -> Language:
    """The language `asked` for in the address, else the first one the browser accepts that is on offer."""
    if asked in LOCALES:
        return Language(asked)
    for tag in (accepted or "").split(","):
        code = tag.split(";")[0].strip().lower()[:2]
        if code in LOCALES:
            return Language(code)
    return Language(DEFAULT)


def homes(say: Language, accepted: str | None) -> tuple[str, ...]:
    """The storefronts of a reader, the first one first: of the region that the browser names, then of the language.

    What it names for another language on offer is passed over: the reader of that language would be elsewhere.
    """
    tags = [tag.split(";")[0].strip().lower() for tag in (accepted or "").split(",")]
    first = next((tag for tag in tags if tag[:2] == say.code or tag[:2] not in LOCALES), "")
    region = search(r"-([a-z]{2})(?=-|$)", first)
    return tuple(dict.fromkeys([*([region[1]] if region else []), HOMES[say.code]]))


@cache
def translations(code: str) -> dict[str, str]:
    """All texts of a language, by key."""
    texts: dict[str, str] = json.loads((files("dashboard") / "translations" / f"{code}.json").read_text("utf-8"))
    return texts


@lru_cache(maxsize=16_384)
def _number(code: str, value: float) -> str:
    return str(format_decimal(value, locale=_locale(code)))


@lru_cache(maxsize=20_000)
def _moment(code: str, when: datetime) -> str:
    text = str(format_datetime(when, "d MMM y, HH:mm", locale=_locale(code))) + " UTC"
    return text.replace("1 ", "1er ", 1) if code == "fr" and when.day == 1 else text


@cache
def _locale(code: str) -> Locale:
    return Locale.parse(LOCALES[code])
