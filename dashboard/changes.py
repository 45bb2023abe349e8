"""What changed since the look before, each change in a sentence with its sign and its day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import floor, log10
from typing import Any

import polars as pl

from dashboard.language import Language

TOP = 10
"""Entering and leaving the first so many places is told."""
LEAST = 1_000
"""Round counts are told from here on."""
MOST = 12
"""So many changes are told, the weightiest first."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed."""

    sign: str
    """A sign for the eye: ``"▲"``, ``"▼"``, ``"+"``, ``"–"``, ``"●"``."""
    text: str
    """The sentence."""
    app: str | None
    """The followed app it is about; None for another."""


def chart_changes(moved: pl.DataFrame, names: Mapping[str, str], say: Language) -> list[Change]:
    """A new first, and followed apps that entered or left the first ten or the chart.

    `moved` is `warehouse.reads.movements.movements`'s frame; where a look does not tell, nothing is said.
    """
    told = moved.filter(pl.col("change").is_not_null(), pl.col("previous_at").is_not_null())
    found = [change for row in told.iter_rows(named=True) for change in _of_row(row, names, say)]
    return sorted(found, key=lambda change: change.app is not None and change.sign != "●")


def _of_row(row: dict[str, Any], names: Mapping[str, str], say: Language) -> Iterator[Change]:
    since = say.short_day(row["previous_at"].date(), year=False)
    name = names.get(row["app"] or "", row["name"] or row["app_id"])
    facts = {"app": name, "since": since}
    ranks = {
        key: say.ordinal(row[field]) for key, field in (("rank", "rank"), ("before", "previous_rank")) if row[field]
    }
    if row["rank"] == 1 and row["previous_rank"] != 1:
        yield Change("●", say("changes.first", **facts), row["app"])
        return
    if row["app"] is None:
        return
    now, then = row["rank"] or TOP + 1, row["previous_rank"] or TOP + 1
    if now <= TOP < then:
        yield Change("▲", say("changes.into_ten", **facts, rank=ranks["rank"]), row["app"])
    elif then <= TOP < now:
        yield Change("▼", say("changes.out_of_ten", **facts, before=ranks["before"]), row["app"])
    elif row["change"] in ("new", "back"):
        yield Change("+", say(f"changes.{row['change']}", **facts, rank=ranks["rank"]), row["app"])
    elif row["change"] == "out":
        yield Change("–", say("changes.out", **facts, before=ranks["before"]), row["app"])


def listing_changes(last: pl.DataFrame, names: Mapping[str, str], say: Language) -> list[Change]:
    """New versions, falls of the rating count, round counts passed; `last`: `warehouse.reads.offers.last_listings`."""
    rows = last.filter(pl.col("previous_at").is_not_null(), pl.col("app").is_in(list(names)))
    return [change for row in rows.iter_rows(named=True) for change in _of_listing(row, names, say)]


def _of_listing(row: dict[str, Any], names: Mapping[str, str], say: Language) -> Iterator[Change]:
    facts = {
        "app": names[row["app"]],
        "place": say.country(row["country"]),
        "day": say.short_day(row["observed_at"].date()),
    }
    if row["version"] and row["previous_version"] and row["version"] != row["previous_version"]:
        yield Change("+", say("changes.version", **facts, version=row["version"]), row["app"])
    now, before = row["rating_count"], row["previous_count"]
    if now is not None and before is not None and now < before:
        yield Change("▼", say.count("changes.fell", before - now, **facts), row["app"])
    if goal := passed(before, now):
        yield Change("●", say("changes.ratings", **facts, goal=say.number(goal)), row["app"])
    if goal := passed(row["previous_installs"], row["installs"]):
        yield Change("●", say("changes.installs", **facts, goal=say.number(goal)), row["app"])


def passed(before: int | None, now: int | None) -> int | None:
    """The highest of 1, 2, 5, 10, 20 … thousand that lies above `before` and not above `now`; None for none."""
    if before is None or now is None or now < LEAST:
        return None
    power = 10 ** floor(log10(now))
    goal = max(factor * power for factor in (1, 2, 5) if factor * power <= now)
    return goal if goal > before else None
