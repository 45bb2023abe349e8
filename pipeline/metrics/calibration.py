"""Re-fits the coefficients of the estimates from ground truth, and tests them against what was held out."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from essor.model.estimates import PRIOR_COUNT, PUBLISHED, Z80, Method, MethodName
from pipeline.metrics.estimates import Band, from_ranks, from_ratings, sigma_of_place

NOISE = {"vendor_estimate": 0.35, "company": 0.35, "measured": 0.5}
"""How far, in ln, a point of each kind is from the truth; measured: Play's ratings per install, for the App Store."""
ENOUGH = 10
"""With fewer points nothing is said of the coverage."""
DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Point:
    """A published or measured number of downloads that an estimate can be held against."""

    name: str
    """The claim it is, or what was measured."""
    app: str
    """The app."""
    country: str
    """The one storefront that it is about."""
    since: date
    """Its first day."""
    until: date
    """The day after its last."""
    downloads: float
    """The figure."""
    kind: str
    """vendor_estimate or company."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Ratings per install of an app at Google Play, where both are shown."""

    app: str
    """The app."""
    ratings: int
    """New ratings."""
    installs: int
    """New installs in the same time."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Who can have downloaded an app in a storefront, at the most: the people who live there."""

    app: str
    """The app."""
    country: str
    """The storefront."""
    ratings: int
    """The most ratings that it ever showed."""
    people: int
    """Who lives there."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the estimates are made from: `RANKS` and `STEPS` of the App Store."""

    ranks: pl.DataFrame
    """Days in overall charts."""
    ratings: pl.DataFrame
    """Growth of rating counts."""


@dataclass(frozen=True, slots=True)
class Tested:
    """One point that was held out, and what was estimated without it."""

    point: str
    """Its name."""
    method: str
    """The method."""
    downloads: float
    """The truth."""
    band: Band
    """The estimate."""
    noise: float
    """How far, in ln, the point itself is from the truth."""

    @property
    def inside(self) -> bool:
        """Whether the point is within the estimate's own band."""
        return self.band.low <= self.downloads <= self.band.high

    @property
    def inside_with_noise(self) -> bool:
        """Whether it is within the band that a point so noisy should be in 8 times of 10; nothing is near to nought."""
        if not self.band.central:
            return self.inside
        up, down = (math.log(end / self.band.central) / Z80 for end in (self.band.high, self.band.low))
        off = math.log(self.downloads / self.band.central) / Z80
        return -math.hypot(down, self.noise) <= off <= math.hypot(up, self.noise)

    @property
    def error(self) -> float:
        """How far off the centre is, as a share of the truth."""
        return abs(self.band.central - self.downloads) / self.downloads


def refitted(
    points: Sequence[Point],
    rates: Sequence[Rate],
    inputs: Inputs,
    versions: Mapping[MethodName, int],
    ceilings: Sequence[Ceiling] = (),
) -> list[Method]:
    """A new version of each method that some ground truth speaks of, fitted on all of it, from the published constants.

    `versions` tells the newest version of each. Only a period that is covered on every day is a point.
    """
    curve, velocity = _published(MethodName.RANK_CURVE), _published(MethodName.RATING_VELOCITY)
    found = [_curve(curve, points, inputs), _velocity(velocity, points, rates, ceilings, inputs)]
    fitted = [method for method in found if method.points or method.parameters.get("apps")]
    return [replace(method, version=versions[method.name] + 1) for method in fitted]


def held_out(
    points: Sequence[Point], rates: Sequence[Rate], inputs: Inputs, ceilings: Sequence[Ceiling] = ()
) -> list[Tested]:
    """Each point estimated by the methods fitted on all the others.

    So is each app's growth of installs at Google Play, from its growth of ratings there: the installs are measured,
    and the rate of rating is the common one, because an app's own was learned from the same counts.
    """
    tested = []
    for point in points:
        others = [other for other in points if other.name != point.name]
        tested += _tested(point, others, rates, ceilings, inputs)
    return [*tested, *map(_tested_at_play, rates)]


def summary(tested: Sequence[Tested], method: str) -> dict[str, float | int | str | None]:
    """The coverage of the 80 % band and the median error of a method, or that there is too little to tell."""
    own = [test for test in tested if test.method == method]
    known = len(own) >= ENOUGH
    return {
        "method": method,
        "points": len(own),
        "inside": sum(test.inside for test in own),
        "coverage": sum(test.inside for test in own) / len(own) if known else None,
        "coverage_with_noise": sum(test.inside_with_noise for test in own) / len(own) if known else None,
        "median_error": statistics.median(test.error for test in own) if known else None,
        "verdict": "told" if known else f"too little ground truth: {len(own)} points, {ENOUGH} are needed",
    }


def simulated(rows: pl.DataFrame, draws: int = DRAWS, seed: int = 1) -> Band | None:
    """The sum of estimated rows with its 80 % band, from simulated worlds with shared errors; None without rows.

    The same as `warehouse.reads.estimates.sums`, for a few rows that are in no table.
    """
    if rows.is_empty():
        return None
    chance = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    uncounted = rows.filter(pl.col("counted").is_null()).select("country", "app", "central", *_ERRORS).rows()
    counts = _counts(rows).rows()
    totals = sorted(_world(uncounted, counts, chance) for _ in range(draws))
    low, central, high = (totals[round(share * (draws - 1))] for share in (0.1, 0.5, 0.9))
    return Band(low, central, high) if rows["central"].sum() else Band(0.0, 0.0, high)


_ERRORS = ("error_level", "error_slope", "error_place", "error_app", "error_day")


def _counts(rows: pl.DataFrame) -> pl.DataFrame:
    """What was counted, an interval each: app, error_app, counted, per_count (downloads each of them stands for)."""
    return (
        rows.filter(pl.col("counted").is_not_null())
        .group_by("app", "app_id", "country", "counted_since", maintain_order=True)
        .agg(pl.col("error_app").first(), pl.col("counted").max(), pl.col("per_count").sum())
        .select("app", "error_app", "counted", "per_count")
    )


def _world(
    rows: Iterable[tuple[str, str, float, float, float, float, float, float]],
    counts: Sequence[tuple[str, float, float, float]],
    chance: random.Random,
) -> float:
    level, slope, places, apps = chance.gauss(), chance.gauss(), dict[str, float](), dict[str, float]()
    total = 0.0
    for country, app, central, by_level, by_slope, by_place, by_app, by_day in rows:
        place = places.setdefault(country, chance.gauss())
        own = apps.setdefault(app, chance.gauss())
        shared = by_level * level + by_slope * slope + by_place * place + by_app * own
        total += central * math.exp(shared + by_day * chance.gauss())
    prior = max((each for *_, each in counts), default=0.0)
    for number, (app, by_app, count, each) in enumerate(counts):
        came = chance.gammavariate(count, 1.0) * each if count else 0.0
        unseen = chance.gammavariate(PRIOR_COUNT, 1.0) * prior if not number else 0.0  # once a sum
        total += (came + unseen) * math.exp(by_app * apps.setdefault(app, chance.gauss()))
    return total


def _published(name: MethodName) -> Method:
    return next(method for method in PUBLISHED if method.name is name)


def _tested(
    point: Point, others: Sequence[Point], rates: Sequence[Rate], ceilings: Sequence[Ceiling], inputs: Inputs
) -> list[Tested]:
    curve = _curve(_published(MethodName.RANK_CURVE), others, inputs)
    velocity = _velocity(_published(MethodName.RATING_VELOCITY), others, rates, ceilings, inputs)
    rows = {
        curve.name: _of(point, from_ranks(inputs.ranks, curve)),
        velocity.name: _of(point, from_ratings(inputs.ratings, velocity)),
    }
    bands = {name: simulated(found) for name, found in rows.items()}
    noise = NOISE[point.kind]
    return [Tested(point.name, name.value, point.downloads, band, noise) for name, band in bands.items() if band]


AT_PLAY = "rating_velocity at Google Play"
"""The method where its truth is Google Play's own count."""


def _tested_at_play(rate: Rate) -> Tested:
    p = _published(MethodName.RATING_VELOCITY).parameters
    central = rate.ratings / math.exp(p["ln_c"])
    width = math.exp(Z80 * math.hypot(p["sigma_c"], rate.ratings**-0.5))
    return Tested(rate.app, AT_PLAY, rate.installs, Band(central / width, central, central * width), noise=0.0)


def _of(point: Point, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of a point's scope, or none when a day of it has no estimate."""
    own = rows.filter(
        (pl.col("app") == point.app) & (pl.col("country") == point.country) & pl.col("central").is_not_null(),
        pl.col("day").is_between(point.since, point.until, closed="left"),
    )
    return own if own["day"].n_unique() == (point.until - point.since).days else own.clear()


def _misses(points: Sequence[Point], rows: pl.DataFrame) -> list[tuple[Point, float]]:
    """ln(truth / estimate) of each point that is covered."""
    sums = ((point, float(_of(point, rows)["central"].sum())) for point in points)
    return [(point, math.log(point.downloads / total)) for point, total in sums if total > 0]


def _curve(method: Method, points: Sequence[Point], inputs: Inputs) -> Method:
    """The curve with its level fitted on the US, then the multipliers of the other storefronts on that level."""
    p = method.parameters
    misses = _misses(points, from_ranks(inputs.ranks, method))
    at_home = [(miss, NOISE[point.kind]) for point, miss in misses if point.country == "us"]
    shift, level = _posterior(p["sigma_level"], at_home)
    places, errors = dict(p["place"]), dict(p["sigma_of_place"])
    for country in {point.country for point, _ in misses} - {"us"}:
        seen = [
            (miss - shift, math.hypot(NOISE[point.kind], level)) for point, miss in misses if point.country == country
        ]
        move, errors[country] = _posterior(sigma_of_place(method, country), seen)
        places[country] = p["place"][country] * math.exp(move)
    base = {**p["base"], "apple": p["base"]["apple"] * math.exp(shift)}
    fitted = {**p, "base": base, "sigma_level": level, "place": places, "sigma_of_place": errors}
    return replace(method, parameters=fitted, points=len(misses), basis=_basis(point.name for point, _ in misses))


def _velocity(
    method: Method, points: Sequence[Point], rates: Sequence[Rate], ceilings: Sequence[Ceiling], inputs: Inputs
) -> Method:
    """The rate of rating of each app that some point, Play's own counts or the people of a storefront speak of."""
    p = method.parameters
    misses = _misses(points, from_ratings(inputs.ratings, method))
    apps: dict[str, list[tuple[float, float]]] = {}
    for point, miss in misses:
        apps.setdefault(point.app, []).append((-miss, NOISE[point.kind]))
    for rate in rates:
        if rate.ratings > 0 and rate.installs > 0:
            off = math.log(rate.ratings / rate.installs) - p["ln_c"]
            apps.setdefault(rate.app, []).append((off, math.hypot(NOISE["measured"], rate.ratings**-0.5)))
    shifts = {app: _posterior(p["sigma_c"], seen) for app, seen in apps.items()}
    fitted: dict[str, dict[str, float | str]] = {
        app: {"ln_c": p["ln_c"] + shift, "sigma_c": error} for app, (shift, error) in shifts.items()
    }
    bounded = [_bounded(own, shifts.get(own.app, (0.0, p["sigma_c"])), p["ln_c"]) for own in _lowest(ceilings)]
    fitted |= {app: found for app, found in bounded if found}
    names = [
        *(point.name for point, _ in misses),
        *(f"Play ratings per install of {rate.app}" for rate in rates),
        *(f"people of {found['people_of']} for {app}" for app, found in bounded if found),
    ]
    return replace(method, parameters={**p, "apps": fitted}, points=sum(map(len, apps.values())), basis=_basis(names))


def _lowest(ceilings: Sequence[Ceiling]) -> list[Ceiling]:
    """For each app the storefront with the most ratings a head: no other bounds its rate of rating as closely."""
    by_app: dict[str, Ceiling] = {}
    for own in sorted(ceilings, key=lambda own: own.ratings / own.people):
        by_app[own.app] = own
    return list(by_app.values())


_BINDS = 0.01
"""A ceiling that moves ln c by less says nothing."""


def _bounded(own: Ceiling, shift: tuple[float, float], ln_c: float) -> tuple[str, dict[str, float | str] | None]:
    """The app and its rate of rating once each person counts as one download at the most; None when that says nothing.

    The rates at which more people would have downloaded than live there are ruled out, the others stay as likely as
    they were. So the spread is narrower than it was, by the part that is ruled out.
    """
    mean, sigma = ln_c + shift[0], shift[1]
    found, error = _above(mean, sigma, math.log(own.ratings / own.people))
    if found - mean < _BINDS:
        return own.app, None
    return own.app, {"ln_c": found, "sigma_c": error, "people_of": own.country}


_FAR = 6.0
"""Deviations beyond which a normal's tail is taken as exponential: its own figures run out of digits."""


def _above(mean: float, sigma: float, floor: float) -> tuple[float, float]:
    """Mean and deviation of a normal that is known to be above `floor`."""
    at = (floor - mean) / sigma
    if at > _FAR:
        return floor + sigma / at, sigma / at
    normal = statistics.NormalDist()
    hazard = normal.pdf(at) / (1 - normal.cdf(at))
    return mean + sigma * hazard, sigma * math.sqrt(1 + at * hazard - hazard**2)


def _posterior(sigma: float, seen: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Mean and deviation of a shift in ln that was 0 ± `sigma`, after observations with their own deviations."""
    precision = sigma**-2 + sum(noise**-2 for _, noise in seen) if sigma else math.inf
    if math.isinf(precision):
        return 0.0, sigma
    return sum(value * noise**-2 for value, noise in seen) / precision, precision**-0.5


def _basis(names: Iterable[str]) -> str:
    return "Fitted on " + ", ".join(sorted(set(names)))
