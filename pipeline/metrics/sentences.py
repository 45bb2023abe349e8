"""Figures, days and places as they stand in a sentence, in French and in English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from essor.model.stores import StoreName

_DAYS = {"fr": "d MMMM y", "en": "d MMMM y"}


def count(value: float | None, language: str) -> str:
    """A number of things to three figures, as in ``"208,000"``; a small or round one as it is."""
    if value is None:
        return "—"
    digits = len(str(int(value))) - 3
    shown = round(value, -digits) if digits > 0 and value % 10 ** max(digits - 3, 0) else value
    return str(format_decimal(int(shown), locale=language))


def day(on: date, language: str) -> str:
    """A day, as in ``"18 mai 2023"``."""
    return str(format_date(on, _DAYS[language], locale=language))


def months(on: date, precision: str, language: str) -> str:
    """A day, or its month alone, as in ``"novembre 2023"``."""
    return str(format_date(on, "MMMM y" if precision == "month" else _DAYS[language], locale=language))


def percent(part: float | None, whole: float | None, language: str) -> str:
    """A share, as in ``"21 %"``."""
    return str(format_percent((part or 0) / (whole or 1), "#,##0 %" if language == "fr" else "#,##0%", locale=language))


def territory(country: str, language: str) -> str:
    """A country's name, as in ``"Norvège"``."""
    return str(Locale.parse(language).territories.get(country.upper(), country))


def names(countries: Sequence[str], stores: Sequence[StoreName], *, wide: bool, language: str) -> str:
    """Where a chart is, as in ``"on the App Store in France"``; Google Play is named when it counts too."""
    fronts = ", ".join(territory(country, language) for country in countries)
    play = StoreName.GOOGLE_PLAY in stores and not wide
    shops = ("des deux magasins", "on both stores") if play else ("de l’App Store", "on the App Store")
    return f"{shops[0]} ({fronts})" if language == "fr" else f"{shops[1]} ({fronts})"
