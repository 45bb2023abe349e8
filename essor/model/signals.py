"""Signals: what the developer world and the open web say of an assistant or its maker."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from essor.model.errors import SettingsError
from essor.model.observation import Evidence, Status, stable_id


class SignalKind(StrEnum):
    """What a figure is; two figures of different kinds are never put on one axis."""

    CUMULATIVE = "cumulative"
    """Counted since ever: it should only rise, and its differences are what happened between."""
    TRAILING_30_DAYS = "trailing_30_days"
    """The sum of the last 30 days: two of them less than 30 days apart share days and are never added."""
    TRAILING_7_DAYS = "trailing_7_days"
    """The sum of the last 7 days."""
    DAILY = "daily"
    """The sum of one day."""
    MONTHLY = "monthly"
    """The sum of one month."""
    SHARE = "share"
    """A part of a whole, in the reading's unit; what the whole is, the metric says."""
    RANK = "rank"
    """A place in a list, 1 for the first."""
    RANK_BUCKET = "rank_bucket"
    """The lowest place of a group of places: the true one is there or above."""
    UNSTATED = "unstated"
    """The source does not say over what time it counts: compared with itself alone."""


class Precision(StrEnum):
    """How exactly a source gives its figures."""

    EXACT = "exact"
    """To the unit."""
    ROUNDED = "rounded"
    """To two or three digits, as in 53.4M."""
    BUCKET = "bucket"
    """As the bound of a range."""


@dataclass(frozen=True, slots=True)
class Metric:
    """What one figure of a source is."""

    name: str
    """Its name in queries, as in ``"downloads_30d"``."""
    unit: str
    """What it counts, as in ``"downloads"``; ``"percent"`` for a share of 100, ``"ratio"`` for one of 1."""
    kind: SignalKind
    """What the figure is."""
    precision: Precision
    """How exactly it is given."""
    meaning: str
    """One sentence: what it counts, and what it does not say."""


class SignalPoint(NamedTuple):
    """One figure of a series. A named tuple, because a series holds thousands of them."""

    value: float
    """The figure, in the metric's unit; counts up to 9·10^15 are exact."""
    start: str | None = None
    """First day of its period, ISO 8601; None when the figure is as of `end`."""
    end: str | None = None
    """First day after its period, or the day or moment it is as of, UTC; None for the moment of the observation."""
    text: str | None = None
    """The figure as the source wrote it, when it is not exact."""

    @classmethod
    def of_day(cls, day: date, value: float) -> SignalPoint:
        """The figure of one day."""
        return cls(value, day.isoformat(), (day + timedelta(days=1)).isoformat())

    @classmethod
    def of_month(cls, month: date, value: float, text: str | None = None) -> SignalPoint:
        """The figure of the month that `month` lies in."""
        start = month.replace(day=1)
        return cls(value, start.isoformat(), (start + timedelta(days=32)).replace(day=1).isoformat(), text)


@dataclass(frozen=True, slots=True)
class SignalReading:
    """The record of having looked at one figure of one subject once; it may bring a whole series."""

    source: str
    """The source's name, as in ``"wikipedia_monthly"``."""
    subject: str
    """The source's own key of what it is about, as in ``"mistralai"``; ``"*"`` when a look at all of them failed."""
    metric: Metric
    """What the figure is."""
    status: Status
    """How the look ended."""
    message: str | None = None
    """One sentence on why, when the status is not plainly `complete`."""
    points: tuple[SignalPoint, ...] = ()
    """The figures, oldest first; empty unless the status is usable."""
    evidence: Evidence | None = None
    """Where the reading comes from; None straight from a parser."""


@dataclass(frozen=True, slots=True)
class SignalSubject:
    """Something that is followed in one source."""

    source: str
    """The source's name, as in ``"tranco"``."""
    key: str
    """The source's own key, as in ``"chatgpt.com"``."""
    vendor: str
    """Whose it is: the name of its file, as in ``"openai"``."""
    product: str | None
    """The app of the watch list that it speaks of, as in ``"chatgpt"``; None when it is of the maker as a whole."""
    thing: str | None
    """What is meant behind the key; keys of one source with the same thing are one subject under several names."""
    since: date | None
    """First day on which this was the current key; None for always or unknown."""
    until: date | None
    """First day on which it no longer was; it is asked for all the same. None while it is."""
    note: str | None
    """What to know of it, or what is still to confirm."""


def signal_reading_id(source: str, subject: str, metric: str, observed_at: str) -> str:
    """The id of a look at a figure: the same source, subject, metric and moment give the same id.

    `observed_at` is UTC in ISO 8601 to the microsecond.
    """
    return stable_id("signal", source, subject, metric, observed_at)


def falls(points: Sequence[SignalPoint]) -> tuple[SignalPoint, ...]:
    """The points lower than the one before: in a cumulative series none should be, and some sources have them."""
    return tuple(after for before, after in pairwise(points) if after.value < before.value)


def read_subjects(vendor: str, text: str) -> tuple[SignalSubject, ...]:
    """The subjects of one vendor's file. Raises SettingsError naming the file and field."""
    try:
        return tuple(_subject(vendor, item) for item in tomllib.loads(text)["subjects"])
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise SettingsError(
            f"signals/{vendor}.toml cannot be read: {error!r}. Compare it with mistral.toml."
        ) from error


def all_subjects(folder: Path | None = None) -> tuple[SignalSubject, ...]:
    """Every followed subject, by vendor; `folder` holds one TOML file a vendor, without it essor's own list is read."""
    source = folder if folder is not None else files("essor") / "signals"
    found = sorted((item.name, item.read_text("utf-8")) for item in source.iterdir() if item.name.endswith(".toml"))
    subjects = tuple(subject for name, text in found for subject in read_subjects(name.removesuffix(".toml"), text))
    _refuse_twice(subjects)
    return subjects


def _refuse_twice(subjects: Sequence[SignalSubject]) -> None:
    owner: dict[tuple[str, str], str] = {}
    for subject in subjects:
        key = (subject.source, subject.key)
        if key in owner:
            raise SettingsError(
                f"{' '.join(key)} is in {owner[key]}.toml and again in {subject.vendor}.toml: keep one."
            )
        owner[key] = subject.vendor


def _subject(vendor: str, item: dict[str, Any]) -> SignalSubject:
    known = {"source", "key", "product", "thing", "since", "until", "note"}
    if unknown := set(item) - known:
        raise ValueError(f"unknown fields {sorted(unknown)}")
    return SignalSubject(
        source=item["source"],
        key=str(item["key"]),
        vendor=vendor,
        product=item.get("product"),
        thing=item.get("thing"),
        since=item.get("since"),
        until=item.get("until"),
        note=item.get("note"),
    )
