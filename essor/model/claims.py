"""Published figures, each from one file of `essor/claims/`, and what the evidence says of them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

from essor.model.errors import SettingsError
from essor.model.stores import StoreName


class ClaimKind(StrEnum):
    """Who speaks."""

    COMPANY = "company"
    """The app's publisher."""
    VENDOR_ESTIMATE = "vendor_estimate"
    """A firm that estimates downloads."""
    PRESS = "press"
    """An article that names no other origin, or garbles it."""
    OFFICIAL = "official"
    """A store's own record."""


class Verdict(StrEnum):
    """What the evidence says of a claim."""

    SUPPORTED = "supported"
    """Evidence of another origin says the same."""
    CONTRADICTED = "contradicted"
    """Evidence of another origin says what cannot hold beside it."""
    PLAUSIBLE = "plausible"
    """Nothing says the same, and it lies within what is possible."""
    UNDETERMINED = "undetermined"
    """The evidence does not tell."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a claim or an event was read."""

    publisher: str
    """Who published it."""
    title: str | None
    """The page's title as published; None when it was not noted."""
    note: dict[str, str] | None
    """What was read there, in ``"fr"`` and ``"en"``; None where publisher and title say enough."""
    on: date | None
    """When; None when not known."""
    url: str | None
    """Where it can be read; None when only the publisher is known."""

    def as_dict(self) -> dict[str, str | None]:
        """The source for JSON."""
        day, note = self.on.isoformat() if self.on else None, self.note or {}
        return {"title": self.title, "publisher": self.publisher, "date": day, "url": self.url,
                "note_fr": note.get("fr"), "note_en": note.get("en")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """One published figure."""

    name: str
    """Its file's name without .toml."""
    app: str
    """The app's short name; it need not be followed."""
    quantity: str
    """``"downloads"``, ``"users"``, ``"rank"`` or ``"launch"``."""
    value: float | None
    """The figure; None for a launch."""
    bound: str
    """``"equal"``, ``"at_least"`` or ``"about"``: how the source puts it."""
    cumulative: bool
    """Whether it counts everything since the launch."""
    first_reached: bool
    """Whether `until` is said to be the day on which the value was first reached."""
    stores: tuple[StoreName, ...]
    """The stores it is about."""
    countries: tuple[str, ...] | None
    """The storefronts it is about; None for the whole world."""
    since: date | None
    """First day it is about; None when it does not say."""
    until: date
    """Last day it is about."""
    precision: str
    """``"day"`` or ``"month"``: how exactly the source gives those days."""
    after_days: int | None
    """Days after the launch, when the source counts so."""
    kind: ClaimKind
    """Who speaks."""
    said_by: str
    """Who says so."""
    origin: str
    """Whose number it really is: two claims of one origin are one piece of evidence."""
    definition: str
    """``"first_installs"``, ``"lifetime_installs"`` or ``"undefined"``."""
    state: str
    """``"confirmed"`` (read in the named source) or ``"to_confirm"``."""
    restates: str | None
    """The earlier claim of the same origin that it replaces."""
    statement: dict[str, str]
    """The claim as a sentence, in ``"fr"`` and ``"en"``."""
    contradicts: tuple[str, ...]
    """Claims that a person set against it; the check does not read them."""
    sources: tuple[Source, ...]
    """Where it was read."""

    @property
    def unit(self) -> str:
        """What the value counts."""
        return {"rank": "places", "users": "users", "downloads": "downloads"}.get(self.quantity, "")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the evidence says of one claim."""

    claim: str
    """Its name."""
    verdict: Verdict
    """In one word."""
    reason: dict[str, str]
    """Why, one sentence in ``"fr"`` and ``"en"``."""
    against: tuple[str, ...]
    """The claims it was found to contradict."""
    evidence: tuple[dict[str, Any], ...]
    """What it was set beside."""


def read_claim(name: str, text: str) -> Claim:
    """The claim that a file describes. Raises SettingsError naming the file and field."""
    try:
        claim = _claim(name, tomllib.loads(text))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise SettingsError(
            f"claims/{name}.toml cannot be read: {error!r}. Compare it with 2025-02-le-chat-1m-14-days.toml."
        ) from error
    if claim.quantity != "launch" and claim.value is None:
        raise SettingsError(f"claims/{name}.toml has no value.")
    return claim


def all_claims(folder: Path | None = None) -> tuple[Claim, ...]:
    """Every claim on file, by name; without `folder` those that come with essor."""
    return tuple(read_claim(name, text) for name, text in toml_texts(folder, "claims"))


def toml_texts(folder: Path | None, kind: str) -> list[tuple[str, str]]:
    """Name and text of each TOML file in `folder`, or in the one that comes with essor."""
    source = folder if folder is not None else files("essor") / kind
    texts = [(item.name.removesuffix(".toml"), item) for item in source.iterdir() if item.name.endswith(".toml")]
    return [(name, item.read_text("utf-8")) for name, item in sorted(texts, key=lambda pair: pair[0])]


def read_sources(items: list[dict[str, Any]]) -> tuple[Source, ...]:
    """The sources of a file; it must name at least one."""
    found = tuple(map(_source, items))
    if not found:
        raise ValueError("no source")
    return found


def in_both(text: str | dict[str, str]) -> dict[str, str]:
    """A text of a file in ``"fr"`` and ``"en"``; one that a person wrote once stands for both.

    Raises KeyError when a language is missing, and TypeError when what stands there is no text.
    """
    both = {"fr": text, "en": text} if isinstance(text, str) else {"fr": text["fr"], "en": text["en"]}
    if not all(isinstance(one, str) for one in both.values()):
        raise TypeError(f"{both} is no text")
    return both


def _source(item: dict[str, Any]) -> Source:
    note = in_both(item["note"]) if "note" in item else None
    return Source(item["publisher"], item.get("title"), note, item.get("date"), item.get("url"))


def _claim(name: str, data: dict[str, Any]) -> Claim:
    countries = data.get("countries")
    return Claim(
        name=name,
        app=data["app"],
        quantity=_one_of(data["quantity"], "downloads", "users", "rank", "launch"),
        value=float(data["value"]) if "value" in data else None,
        bound=_one_of(data.get("bound", "about"), "equal", "at_least", "about"),
        cumulative=data.get("cumulative", False),
        first_reached=data.get("first_reached", False),
        stores=tuple(StoreName(store) for store in data["stores"]),
        countries=tuple(countries) if countries else None,
        since=data.get("since"),
        until=data["until"],
        precision=_one_of(data.get("precision", "day"), "day", "month"),
        after_days=data.get("after_days"),
        kind=ClaimKind(data["kind"]),
        said_by=data["said_by"],
        origin=data["origin"],
        definition=_one_of(data.get("definition", "undefined"), "undefined", "first_installs", "lifetime_installs"),
        state=_one_of(data.get("state", "confirmed"), "confirmed", "to_confirm"),
        restates=data.get("restates"),
        statement={"fr": data["fr"], "en": data["en"]},
        contradicts=tuple(data.get("contradicts", ())),
        sources=read_sources(data["sources"]),
    )


def _one_of(value: str, *known: str) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is none of {', '.join(known)}")
    return value
