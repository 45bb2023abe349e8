"""Sets each published figure beside the others and beside what the stores showed, and says what that makes of it.

Each rule gives findings on its own; the gravest decides: contradicted before supported before plausible before
undetermined. The rules do not read what a person wrote into `contradicts` (docs/methods/claims.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from essor.model.claims import Claim, ClaimKind, Judgement, Verdict
from essor.model.estimates import Z80, Method
from essor.model.stores import StoreName
from pipeline.metrics.estimates import Band, at_rank, sigma_of_place
from pipeline.metrics.sentences import count, day, months, names, percent, territory

WEIGHT = {ClaimKind.OFFICIAL: 3, ClaimKind.COMPANY: 2, ClaimKind.VENDOR_ESTIMATE: 2, ClaimKind.PRESS: 1}
"""Whose word stands when two cannot both be true: a store's record before the rest, an article before nothing."""
NOISE = 0.35
"""Error in ln of a vendor's estimate: one of them restated a day by ln 0.68."""
SLACK_DAYS = 1
"""Time zones and announcements move a date by so much."""
_LONGEST_SPELL = 31
"""A month at #1 is the longest for which the ceiling of a chart is worth saying."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """How an app stood in an overall free chart in a period."""

    best: int | None
    """Best rank seen, in the chart where it stood lowest when there are several; None when one never had it."""
    observed: int
    """Days with a look deep enough to tell, in the chart that has the fewest."""
    days: int
    """Days of the period."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the warehouse and the method of estimation bring."""

    curve: Method
    """The rank curve."""
    releases: Mapping[tuple[str, str], Mapping[str, date]] = field(default_factory=dict)
    """First release by app and store, then by storefront, as listings give it."""
    first_ratings: Mapping[tuple[str, str], tuple[str, date, int]] = field(default_factory=dict)
    """For app and store: storefront, day and count of the earliest look that saw any rating."""
    ranks: Mapping[str, Ranks] = field(default_factory=dict)
    """For rank claims, by name: what looks in their period saw."""
    installs: Mapping[str, Sequence[tuple[date, int]]] = field(default_factory=dict)
    """By app: the exact installs that Google Play showed, and when."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of one claim."""

    verdict: Verdict
    """In one word."""
    fr: str
    """Why, in French."""
    en: str
    """Why, in English."""
    against: tuple[str, ...] = ()
    """Claims that it contradicts."""
    facts: dict[str, Any] = field(default_factory=dict)
    """Figures behind it."""


def judgements(claims: Sequence[Claim], evidence: Evidence) -> list[Judgement]:
    """A judgement on each claim, by the evidence and by all the other claims."""
    return [_judged(claim, [f for rule in RULES for f in rule(claim, claims, evidence)]) for claim in claims]


def _judged(claim: Claim, findings: Sequence[Finding]) -> Judgement:
    order = list(_GRAVEST)
    found = sorted(findings, key=lambda finding: order.index(finding.verdict)) or [_NOTHING]
    first = found[0]
    same = [finding for finding in found if finding.verdict is first.verdict]
    return Judgement(
        claim=claim.name,
        verdict=first.verdict,
        reason={"fr": first.fr, "en": first.en},
        against=tuple(dict.fromkeys(name for finding in same for name in finding.against)),
        evidence=tuple({"verdict": f.verdict.value, "fr": f.fr, "en": f.en, **f.facts} for f in found),
    )


_GRAVEST = (Verdict.CONTRADICTED, Verdict.SUPPORTED, Verdict.PLAUSIBLE, Verdict.UNDETERMINED)
_NOTHING = Finding(
    Verdict.UNDETERMINED,
    "Ni les données collectées ni un chiffre d’une autre origine ne permettent de trancher.",
    "Neither the data collected nor a figure of another origin can tell.",
)

Rule = Callable[[Claim, Sequence[Claim], Evidence], Iterator[Finding]]


def counted_from_another_day(claim: Claim, claims: Sequence[Claim], evidence: Evidence) -> Iterator[Finding]:
    """A figure counted from the launch must be counted from the day of the launch."""
    launch = _launch(claim, claims)
    if claim.after_days is None or claim.since is None or launch is None or claim.quantity != "downloads":
        return
    started, known = claim.since, launch.until
    latest = claim.until if claim.precision == "month" else claim.since
    if started - timedelta(days=SLACK_DAYS) <= known <= latest + timedelta(days=SLACK_DAYS):
        return
    others = _same_milestone(claim, claims, known)
    seen = evidence.first_ratings.get((claim.app, claim.stores[0].value))
    also = ("", "") if seen is None or seen[1] >= started else _already_rated(*seen)
    yield Finding(
        Verdict.CONTRADICTED,
        f"Le chiffre compte depuis le lancement et le date de {months(started, claim.precision, 'fr')}, or l’app est "
        f"sortie le {day(known, 'fr')} ({launch.said_by}) : {_apart(started, known, 'fr')}{also[0]}.",
        f"The figure counts from the launch and puts it in {months(started, claim.precision, 'en')}, but the app came "
        f"out on {day(known, 'en')} ({launch.said_by}): {_apart(started, known, 'en')}{also[1]}.",
        (launch.name, *others),
        {"launch": known.isoformat()},
    )


def cannot_both_hold(claim: Claim, claims: Sequence[Claim], evidence: Evidence) -> Iterator[Finding]:
    """What came in a part cannot be more than what came in the whole; the weaker word gives way, equals both do."""
    del evidence
    for other in _rivals(claim, claims):
        part, whole = (claim, other) if _within(claim, other) else (other, claim)
        if not _within(part, whole) or _least(part) <= _most(whole) or WEIGHT[claim.kind] > WEIGHT[other.kind]:
            continue
        yield Finding(
            Verdict.CONTRADICTED,
            f"Deux chiffres ne tiennent pas ensemble : {_said(part, 'fr')}, et {_said(whole, 'fr')}, alors que le "
            "second couvre au moins la même période et le même territoire.",
            f"Two figures cannot both hold: {_said(part, 'en')}, and {_said(whole, 'en')}, though the second covers at "
            "least the same period and territory.",
            (other.name,),
            {"least": _least(part), "most": _most(whole)},
        )


def reached_on_another_day(claim: Claim, claims: Sequence[Claim], evidence: Evidence) -> Iterator[Finding]:
    """A milestone is reached once: another date for it, or more before it, contradicts."""
    del evidence
    for other in _rivals(claim, claims) if claim.first_reached else ():
        if not other.cumulative or not _same_scope(claim, other) or WEIGHT[claim.kind] > WEIGHT[other.kind]:
            continue
        late = (_earliest(claim) - other.until).days
        same = other.first_reached and _close(other.value, claim.value)
        if late > SLACK_DAYS and (same or _least(other) > (claim.value or 0)):
            yield Finding(
                Verdict.CONTRADICTED,
                f"Le cap est daté {_dated(claim, 'fr')}, or {_said(other, 'fr')} : au moins {late} jours plus tôt.",
                f"The milestone is dated {_dated(claim, 'en')}, but {_said(other, 'en')}: at least {late} days "
                "earlier.",
                (other.name,),
                {"days_late": late},
            )


def restated(claim: Claim, claims: Sequence[Claim], evidence: Evidence) -> Iterator[Finding]:
    """Its own author has replaced it."""
    del evidence
    for other in claims:
        if other.restates == claim.name:
            fr, en = (f"{count(other.value, x)} ({percent(other.value, claim.value, x)}" for x in ("fr", "en"))
            yield Finding(
                Verdict.CONTRADICTED,
                f"{claim.said_by} l’a remplacé lui-même par {fr} du premier chiffre).",
                f"{claim.said_by} replaced it itself by {en} of the first figure).",
                (other.name,),
                {"restated": other.value},
            )


def launched_otherwise(claim: Claim, claims: Sequence[Claim], evidence: Evidence) -> Iterator[Finding]:
    """A day of launch against the release dates that listings carry."""
    del claims
    if claim.quantity != "launch":
        return
    for store in claim.stores:
        for country, released in sorted(evidence.releases.get((claim.app, store.value), {}).items()):
            yield _release_finding(claim, store, country, released)


def ranked_otherwise(claim: Claim, claims: Sequence[Claim], evidence: Evidence) -> Iterator[Finding]:
    """A rank against what looks at that chart saw."""
    del claims
    seen = evidence.ranks.get(claim.name)
    if claim.quantity != "rank" or seen is None or claim.value is None:
        return
    facts = {"best_rank": seen.best, "observed_days": seen.observed, "days": seen.days}
    if seen.best is not None and seen.best <= claim.value:
        yield Finding(
            Verdict.SUPPORTED,
            f"Nos relevés l’ont vue à la place {seen.best} dans cette période.",
            f"Our readings saw it at rank {seen.best} in that period.",
            facts=facts,
        )
    elif seen.observed == seen.days:
        yield Finding(
            Verdict.CONTRADICTED,
            f"Nos relevés couvrent chacun des {seen.days} jours et ne l’ont jamais vue "
            + (f"plus haut que la place {seen.best}." if seen.best else "à cette place, ni plus haut."),
            f"Our readings cover each of the {seen.days} days and never saw it "
            + (f"above rank {seen.best}." if seen.best else "at that rank or above."),
            facts=facts,
        )
    else:
        yield Finding(
            Verdict.UNDETERMINED,
            f"Jours de cette période où ce classement a été relevé : {seen.observed} sur {seen.days}.",
            f"Days of that period on which that chart was read: {seen.observed} of {seen.days}.",
            facts=facts,
        )


def installs_shown(claim: Claim, claims: Sequence[Claim], evidence: Evidence) -> Iterator[Finding]:
    """A lifetime figure at Google Play against the exact installs that it showed, which are the whole world's."""
    del claims
    own = claim.stores == (StoreName.GOOGLE_PLAY,) and claim.cumulative and claim.quantity == "downloads"
    if not own or not claim.value:
        return
    shown, value, world = sorted(evidence.installs.get(claim.app, ())), claim.value, claim.countries is None
    reached = next((one for one in shown if world and one[0] <= claim.until and one[1] >= value), None)
    below = next((one for one in shown if one[0] >= claim.until and one[1] < value), None)
    if reached:
        yield Finding(
            Verdict.SUPPORTED,
            f"Google Play affichait {count(reached[1], 'fr')} installations le {day(reached[0], 'fr')}.",
            f"Google Play showed {count(reached[1], 'en')} installs on {day(reached[0], 'en')}.",
            facts={"installs": reached[1], "on": reached[0].isoformat()},
        )
    if below:
        yield Finding(
            Verdict.CONTRADICTED,
            f"Google Play n’affichait que {count(below[1], 'fr')} installations le {day(below[0], 'fr')}.",
            f"Google Play showed no more than {count(below[1], 'en')} installs on {day(below[0], 'en')}.",
            facts={"installs": below[1], "on": below[0].isoformat()},
        )


def said_by_another(claim: Claim, claims: Sequence[Claim], evidence: Evidence) -> Iterator[Finding]:
    """A figure of another origin, on nearly the same, that is nearly the same."""
    del evidence
    for other in _rivals(claim, claims):
        alike = claim.value and other.value and abs(math.log(claim.value / other.value)) <= Z80 * NOISE
        starts = claim.since is not None and other.since is not None and _near(claim.since, other.since)
        ends = abs((claim.until - other.until).days) <= SLACK_DAYS
        if alike and starts and ends and _same_scope(claim, other) and claim.cumulative == other.cumulative:
            yield Finding(
                Verdict.SUPPORTED,
                f"Une autre origine dit à peu près la même chose : {_said(other, 'fr')}.",
                f"Another origin says nearly the same: {_said(other, 'en')}.",
                facts={"claim": other.name},
            )


def within_a_first_place(claim: Claim, claims: Sequence[Claim], evidence: Evidence) -> Iterator[Finding]:
    """A short period's downloads against what the first place could bring where the app is said to have held it."""
    if claim.quantity != "downloads" or claim.since is None or claim.value is None:
        return
    days = (claim.until - claim.since).days + 1
    wide = claim.countries is None
    fronts = _first_places(claim, claims) if wide else claim.countries or ()
    known = [front for front in fronts if front in evidence.curve.parameters["place"]]
    if days > _LONGEST_SPELL or not known or (not wide and len(known) < len(fronts)):
        return
    yield _weighed(claim, first_place(evidence.curve, known, claim.stores, days, launch=claim.cumulative), known, days)


def first_place(
    curve: Method, countries: Sequence[str], stores: Sequence[StoreName], days: int, *, launch: bool
) -> Band:
    """What the first place brings in `days` days: errors of level, slope and storefront do not shrink with the days.

    Google Play counts in the United States alone, where a level is known for it.
    """
    p = curve.parameters
    pairs = [(c, s) for c in countries for s in stores if s is StoreName.APPLE or c == "us"]
    central = days * sum(at_rank(curve, 1, country, store).central for country, store in pairs)
    slope = p["sigma_slope"] * math.log((1 + p["q"]) / (10 + p["q"]))
    daily = (p["sigma_launch_day"] if launch else p["sigma_day"]) / math.sqrt(days)
    place = max(sigma_of_place(curve, country) for country in countries)
    width = math.exp(Z80 * math.hypot(p["sigma_level"], slope, place, daily))
    return Band(central / width, central, central * width)


RULES: tuple[Rule, ...] = (
    counted_from_another_day,
    reached_on_another_day,
    cannot_both_hold,
    restated,
    launched_otherwise,
    ranked_otherwise,
    installs_shown,
    said_by_another,
    within_a_first_place,
)
"""Every rule; adding one is adding a function here."""


def _launch(claim: Claim, claims: Sequence[Claim]) -> Claim | None:
    """The earliest launch on file of the app in the claim's stores and storefronts, where its day is certain."""
    found = [
        other
        for other in claims
        if other.quantity == "launch" and other.app == claim.app and set(other.stores) & set(claim.stores)
        and other.precision == "day" and other.state == "confirmed"
    ]  # fmt: skip
    return min(found, key=lambda other: other.until, default=None)


def _same_milestone(claim: Claim, claims: Sequence[Claim], launch: date) -> list[str]:
    """The claims that count as many days, within two, from the right day."""
    return [
        other.name
        for other in _rivals(claim, claims)
        if other.after_days and claim.after_days and abs(other.after_days - claim.after_days) <= 2 * SLACK_DAYS
        and other.since and _near(other.since, launch) and _same_scope(claim, other)
    ]  # fmt: skip


def _already_rated(country: str, seen: date, ratings: int) -> tuple[str, str]:
    return (
        f" ; le {day(seen, 'fr')}, elle avait déjà {count(ratings, 'fr')} notes ({territory(country, 'fr')})",
        f"; on {day(seen, 'en')} it had {count(ratings, 'en')} ratings already ({territory(country, 'en')})",
    )


def _apart(started: date, known: date, language: str) -> str:
    days = abs((started - known).days)
    if language == "fr":
        return f"{days} jours {'plus tôt' if known < started else 'plus tard'}"
    return f"{days} days {'earlier' if known < started else 'later'}"


def _rivals(claim: Claim, claims: Sequence[Claim]) -> Iterator[Claim]:
    """Claims on the same quantity of the same app by another origin; a restated one has no say."""
    replaced = {other.restates for other in claims}
    return (
        other
        for other in claims
        if other.name != claim.name and other.app == claim.app and other.quantity == claim.quantity == "downloads"
        and other.origin != claim.origin and other.name not in replaced and other.state == "confirmed"
    )  # fmt: skip


def _within(part: Claim, whole: Claim) -> bool:
    """Whether all that `part` counts is counted by `whole` too."""
    front = whole.countries is None or (part.countries is not None and set(part.countries) <= set(whole.countries))
    if not (front and set(part.stores) <= set(whole.stores)) or whole.precision == "month":
        return False
    begun = whole.cumulative or (whole.since is not None and part.since is not None and whole.since <= part.since)
    return begun and part.until <= whole.until


def _same_scope(one: Claim, other: Claim) -> bool:
    return set(one.stores) == set(other.stores) and set(one.countries or ()) == set(other.countries or ())


def _least(claim: Claim) -> float:
    """The least that the claim leaves possible."""
    noisy = claim.kind is ClaimKind.VENDOR_ESTIMATE
    return (claim.value or 0) * (math.exp(-Z80 * NOISE) if noisy else 1)


def _most(claim: Claim) -> float:
    """The most that the claim leaves possible."""
    if claim.bound == "at_least" or claim.kind is ClaimKind.OFFICIAL:
        return math.inf
    noisy = claim.kind is ClaimKind.VENDOR_ESTIMATE
    return (claim.value or 0) * (math.exp(Z80 * NOISE) if noisy else 1)


def _close(one: float | None, other: float | None) -> bool:
    return bool(one and other) and abs(math.log((one or 1) / (other or 1))) < math.log(1.02)


def _near(one: date, other: date) -> bool:
    return abs((one - other).days) <= SLACK_DAYS


def _earliest(claim: Claim) -> date:
    """The first day that `until` can stand for: of a month, the first."""
    return claim.until.replace(day=1) if claim.precision == "month" else claim.until


def _dated(claim: Claim, language: str) -> str:
    """When a claim says it was, as in ``"du 31 janvier 2025"``."""
    on = months(claim.until, claim.precision, language)
    return f"{'de' if claim.precision == 'month' else 'du'} {on}" if language == "fr" else on


def _said(claim: Claim, language: str) -> str:
    figure, ends = count(claim.value, language), day(claim.until, language)
    if language == "fr":
        return f"{claim.said_by} donne {figure} au {ends}"
    return f"{claim.said_by} gives {figure} by {ends}"


def _release_finding(claim: Claim, store: StoreName, country: str, released: date) -> Finding:
    own = claim.countries is None or country in claim.countries
    facts = {"country": country, "released": released.isoformat()}
    fr, en = territory(country, "fr"), territory(country, "en")
    earliest, latest = _earliest(claim) - timedelta(days=SLACK_DAYS), claim.until + timedelta(days=SLACK_DAYS)
    if own and earliest <= released <= latest:
        return Finding(
            Verdict.SUPPORTED,
            f"La fiche de l’app ({fr}) porte le {day(released, 'fr')} comme date de sortie.",
            f"The app’s listing ({en}) carries {day(released, 'en')} as its release date.",
            facts=facts,
        )
    if store is StoreName.GOOGLE_PLAY and released < earliest:
        return Finding(
            Verdict.PLAUSIBLE,
            f"La fiche de l’app ({fr}) porte le {day(released, 'fr')}, ce qui peut être le jour de sa préinscription.",
            f"The app’s listing ({en}) carries {day(released, 'en')}, which may be the day of its pre-registration.",
            facts=facts,
        )
    if released < earliest or own:
        return Finding(
            Verdict.CONTRADICTED,
            f"La fiche de l’app ({fr}) porte le {day(released, 'fr')} comme date de sortie.",
            f"The app’s listing ({en}) carries {day(released, 'en')} as its release date.",
            facts=facts,
        )
    return Finding(
        Verdict.PLAUSIBLE,
        f"La fiche de l’app ({fr}) porte une date de sortie plus tardive, le {day(released, 'fr')}.",
        f"The app’s listing ({en}) carries a later release date, {day(released, 'en')}.",
        facts=facts,
    )


def _first_places(claim: Claim, claims: Sequence[Claim]) -> list[str]:
    """The storefronts where the app is said to have been first in the claim's period."""
    return sorted({
        country
        for other in claims
        if other.app == claim.app and other.quantity == "rank" and other.value == 1 and claim.since is not None
        and (other.since or other.until) <= claim.until and other.until >= claim.since
        for country in other.countries or ()
    })  # fmt: skip


def _weighed(claim: Claim, first: Band, fronts: Sequence[str], days: int) -> Finding:
    value, wide = claim.value or 0.0, claim.countries is None
    where = {language: names(fronts, claim.stores, wide=wide, language=language) for language in ("fr", "en")}
    could = {language: _with_band(first, language) for language in ("fr", "en")}
    facts = {"low": first.low, "central": first.central, "high": first.high, "storefronts": list(fronts), "days": days}
    spell = {"fr": f"{days} jours" if days > 1 else "un jour", "en": f"{days} days" if days > 1 else "a day"}
    if value <= first.high:
        return Finding(
            Verdict.PLAUSIBLE,
            f"La première place {where['fr']} pendant {spell['fr']} apporterait environ {could['fr']} téléchargements.",
            f"The first place {where['en']} for {spell['en']} would bring about {could['en']} downloads.",
            facts=facts,
        )
    if wide:
        return Finding(
            Verdict.UNDETERMINED,
            f"Même {spell['fr']} à la première place {where['fr']} n’apporteraient qu’environ {could['fr']} "
            f"téléchargements, soit {percent(first.central, value, 'fr')} du chiffre : Android et les autres pays "
            "auraient dû apporter le reste. La question reste ouverte.",
            f"Even {spell['en']} in first place {where['en']} would bring only about {could['en']} downloads, "
            f"{percent(first.central, value, 'en')} of the figure: Android and other countries would have had to bring "
            "the rest. The question stays open.",
            facts=facts,
        )
    return Finding(
        Verdict.UNDETERMINED,
        f"C’est plus que ce que la première place {where['fr']} apporterait en {spell['fr']}, environ {could['fr']} "
        "téléchargements.",
        f"It is more than the first place {where['en']} would bring in {spell['en']}, about {could['en']} downloads.",
        facts=facts,
    )


def _with_band(band: Band, language: str) -> str:
    low, central, high = (count(value, language) for value in (band.low, band.central, band.high))
    return f"{central} (80 % : {low}–{high})" if language == "fr" else f"{central} (80%: {low}–{high})"
