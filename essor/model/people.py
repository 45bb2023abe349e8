"""How many people live in each storefront, from `people.csv`: to three figures, each with its year and source."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import StringIO


@dataclass(frozen=True, slots=True)
class People:
    """The people of one storefront."""

    country: str
    """The storefront, two letters."""
    people: int
    """Who lives there, phone or not, in the middle of the year."""
    year: int
    """That year."""
    source: str
    """Who counted or estimated them."""


@lru_cache(maxsize=1)
def all_people() -> tuple[People, ...]:
    """Every row of `people.csv`, by storefront."""
    text = (files("essor.model") / "people.csv").read_text("utf-8")
    return tuple(
        People(row["country"], int(row["people"]), int(row["year"]), row["source"])
        for row in csv.DictReader(StringIO(text))
    )
