"""Downloads a day from what the stores show: measured, from ratings, or from ranks, each with its band.

Definitions, sources of the constants and known bias: docs/methods/estimates.md.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import date

import polars as pl

from essor.model.charts import OVERALL
from essor.model.estimates import WORLD, Z80, FigureKind, Method, MethodName
from essor.model.stores import StoreName

ROWS = pl.Schema({
    "app": pl.String(), "app_id": pl.String(), "country": pl.String(), "day": pl.Date(), "kind": pl.String(),
    "method": pl.String(), "method_version": pl.Int16(), "low": pl.Float64(), "central": pl.Float64(),
    "high": pl.Float64(), "interpolated": pl.Boolean(), "error_level": pl.Float64(), "error_slope": pl.Float64(),
    "error_place": pl.Float64(), "error_app": pl.Float64(), "error_day": pl.Float64(), "counted": pl.Float64(),
    "per_count": pl.Float64(), "counted_since": pl.Date(), "inputs": pl.String(), "withdrawn": pl.Boolean(),
    "store": pl.String(),
})  # fmt: skip
"""What each method gives: rows of `estimates` but for recorded_at and month."""
RANKS = pl.Schema({
    "app": pl.String(), "app_id": pl.String(), "store": pl.String(), "country": pl.String(), "day": pl.Date(),
    "state": pl.String(), "mean_rank": pl.Float64(), "depth": pl.Int16(), "launch": pl.Date(),
})  # fmt: skip
"""What the rank curve takes: days in overall top-free charts of phones; `launch` is null when unknown."""
STEPS = pl.Schema({
    "app": pl.String(), "app_id": pl.String(), "store": pl.String(), "country": pl.String(),
    "previous_at": pl.Datetime("us", "UTC"), "observed_at": pl.Datetime("us", "UTC"), "new": pl.Int64(),
})  # fmt: skip
"""What the other two take: growth of a count between two looks."""


@dataclass(frozen=True, slots=True)
class Band:
    """A figure with its 80 % band."""

    low: float
    """1 time in 10 it is less."""
    central: float
    """As likely more as less."""
    high: float
    """1 time in 10 it is more."""

    @property
    def factor(self) -> float:
        """How many times `high` is `central`."""
        return self.high / self.central


def at_rank(method: Method, rank: float, country: str = "us", store: str = "apple", *, launch: bool = False) -> Band:
    """Downloads on a plain weekday of an app at `rank` of the overall free chart, by the rank curve.

    Raises KeyError when the method has no multiplier for the storefront.
    """
    p = method.parameters
    level = p["base"][store] * p["place"][country]
    distance = math.log((rank + p["q"]) / (10 + p["q"]))
    central = (
        level * math.exp(-p["a"] * distance)
        if store == StoreName.APPLE
        else level * (10 / rank) ** p["slope_google_play"]
    )
    day = p["sigma_launch_day"] if launch else p["sigma_day"]
    sigma = math.hypot(p["sigma_level"], p["sigma_slope"] * distance, day, sigma_of_place(method, country))
    return Band(central / math.exp(Z80 * sigma), central, central * math.exp(Z80 * sigma))


def sigma_of_place(method: Method, country: str) -> float:
    """The error in ln of a storefront's multiplier."""
    own = method.parameters["sigma_of_place"]
    return float(own.get(country, method.parameters["sigma_place"]))


def from_ranks(ranks: pl.DataFrame, method: Method) -> pl.DataFrame:
    """`ROWS` by the rank curve from `RANKS`: an estimate for a ranked day, an upper bound for an absent one.

    A day that was not observed gives no row, nor does a storefront without a multiplier.
    """
    p = method.parameters
    told = ranks.filter(
        pl.col("country").is_in(list(p["place"])),
        pl.col("store") == StoreName.APPLE,
        pl.col("state").is_in(["ranked", "absent"]),
    )
    ranked = pl.col("state") == "ranked"
    rank = pl.when(ranked).then("mean_rank").otherwise("depth")
    distance = ((rank + p["q"]) / (10 + p["q"])).log()
    since = (pl.col("day") - pl.col("launch")).dt.total_days()
    new = since.is_between(0, p["launch_days"] - 1).fill_null(value=False)
    weekday = pl.lit(pl.Series(p["weekday"], dtype=pl.Float64)).gather(pl.col("day").dt.weekday() - 1)
    place = pl.col("country").replace_strict(p["place"], return_dtype=pl.Float64)
    rows = told.with_columns(
        kind=pl.when(ranked).then(pl.lit(FigureKind.ESTIMATED.value)).otherwise(pl.lit(FigureKind.UPPER_BOUND.value)),
        central=p["base"]["apple"] * place * (-p["a"] * distance).exp() * weekday,
        interpolated=pl.lit(value=False),
        error_level=pl.lit(p["sigma_level"], pl.Float64),
        error_slope=-p["sigma_slope"] * distance,
        error_place=_places(told, method),
        error_app=pl.lit(0.0),
        error_day=pl.when(new).then(p["sigma_launch_day"]).otherwise(p["sigma_day"]),
        inputs=pl.struct(rank="mean_rank", depth="depth", launch_period=new).struct.json_encode(),
        **_UNCOUNTED,
    )
    return _finished(_banded(rows), method)


def from_ratings(steps: pl.DataFrame, method: Method) -> pl.DataFrame:
    """`ROWS` by rating velocity from `STEPS`: the new ratings of each day, divided by the app's rate of rating.

    The band holds the error of counting: where n ratings came, so many are expected as a gamma distribution of shape
    n + 1/2 says. A day without any new rating has 0 as its centre. Days of one interval share its count and its error.
    """
    p = method.parameters
    daily = spread(steps)
    own = pl.DataFrame(
        [{"app": app, "ln_c": fit["ln_c"], "error_app": fit["sigma_c"]} for app, fit in p["apps"].items()],
        {"app": pl.String, "ln_c": pl.Float64, "error_app": pl.Float64},
    )
    rows = daily.join(own, "app", "left").with_columns(
        pl.col("ln_c").fill_null(p["ln_c"]), pl.col("error_app").fill_null(p["sigma_c"])
    )
    count = pl.max_horizontal("share", "interval").cast(pl.Float64)
    part = pl.when(count > 0).then(pl.col("share") / count).otherwise(1 / pl.max_horizontal("days", 1.0))
    counted = rows.with_columns(
        kind=pl.lit(FigureKind.ESTIMATED.value),
        central=pl.col("share") / pl.col("ln_c").exp(),
        **{f"error_{name}": pl.lit(0.0) for name in ("level", "slope", "place", "day")},
        counted=count,
        per_count=part / pl.col("ln_c").exp(),
        counted_since=pl.when("interpolated").then("since").otherwise("day"),
        inputs=pl.struct("share", "ln_c", new_ratings="interval", days="days").struct.json_encode(),
    )
    return _finished(_banded_by_count(counted, p["prior_count"]), method)


def from_installs(steps: pl.DataFrame, method: Method) -> pl.DataFrame:
    """`ROWS` from the growth of exact installs in `STEPS`: measured, worldwide.

    A day that two looks frame is exact. Shares of a longer interval are flagged interpolated, and only what the whole
    interval brought bounds them.
    """
    daily = spread(steps.with_columns(country=pl.lit(WORLD)))
    rows = daily.with_columns(
        kind=pl.lit(FigureKind.MEASURED.value),
        central=pl.col("share"),
        low=pl.when("interpolated").then(0.0).otherwise("share"),
        high=pl.when("interpolated").then(pl.col("interval").cast(pl.Float64)).otherwise("share"),
        **{f"error_{name}": pl.lit(0.0) for name in ("level", "slope", "place", "app", "day")},
        inputs=pl.struct(new_installs="interval", days="days").struct.json_encode(),
        **_UNCOUNTED,
    )
    return _finished(rows, method)


def gamma(shape: pl.Expr, normal: float) -> pl.Expr:
    """The value of a gamma distribution of this shape that a standard normal's `normal` stands for.

    By the cube of a normal (Wilson and Hilferty 1931): at a shape of 1/2 the 90th percentile comes out 3 % low, and
    above 1 it is within 1.5 %.
    """
    cube = 1 - 1 / (9 * shape) + normal / (3 * shape.sqrt())
    return shape * pl.max_horizontal(cube, 0.0) ** 3


_UNCOUNTED = {
    "counted": pl.lit(None, pl.Float64),
    "per_count": pl.lit(None, pl.Float64),
    "counted_since": pl.lit(None, pl.Date),
}
_EXACT_DAYS = 1.5
"""Two looks at most so far apart measure a day."""


def spread(steps: pl.DataFrame) -> pl.DataFrame:
    """What came in on each UTC day, from growth between looks.

    `STEPS` to app, app_id, store, country, day, share (of the growth, by the hours of the day that lie between the two
    looks), interval (growth of the longest interval that touches the day), days (its length), since (the day on which
    it began), interpolated (True when it is longer than a day and a half). Only days that lie wholly between the first
    and the last look are given: of the others a part was not watched.
    """
    keys = ["app", "app_id", "store", "country"]
    known = steps.filter(pl.col("previous_at").is_not_null() & pl.col("new").is_not_null())
    sound = known.group_by(*keys, "observed_at").agg(pl.col("previous_at").min(), pl.col("new").sum())  # looks at once
    length = (pl.col("observed_at") - pl.col("previous_at")).dt.total_microseconds() / 86_400e6
    days = sound.with_columns(
        days=length, day=pl.date_ranges(pl.col("previous_at").dt.date(), pl.col("observed_at").dt.date())
    ).explode("day", empty_as_null=False)
    start = pl.col("day").cast(pl.Datetime("us", "UTC"))
    seconds = (
        pl.min_horizontal(start.dt.offset_by("1d"), "observed_at") - pl.max_horizontal(start, "previous_at")
    ).dt.total_microseconds() / 86_400e6
    parts = days.with_columns(part=seconds).filter(pl.col("part") > 0)
    whole = parts.group_by(*keys, "day").agg(
        share=(pl.col("new") * pl.col("part") / pl.col("days")).sum(),
        watched=pl.col("part").sum(),
        interval=pl.col("new").sort_by("days", "observed_at").last(),
        days=pl.col("days").max(),
        since=pl.col("previous_at").sort_by("days", "observed_at").last().dt.date(),
    )
    return (
        whole.filter(pl.col("watched") > 1 - 1e-6)
        .with_columns(interpolated=pl.col("days") > _EXACT_DAYS)
        .drop("watched")
        .sort(*keys, "day")
    )


def overall(store: str) -> str:
    """The category whose chart the rank curve is for."""
    return OVERALL[StoreName(store)]


def _places(told: pl.DataFrame, method: Method) -> pl.Expr:
    countries = told["country"].unique().to_list()
    return pl.col("country").replace_strict(
        {country: sigma_of_place(method, country) for country in countries} or {"": 0.0}, return_dtype=pl.Float64
    )


def _banded(rows: pl.DataFrame) -> pl.DataFrame:
    """Low and high from the errors, which are independent of each other within one row."""
    errors = [pl.col(f"error_{name}") ** 2 for name in ("level", "slope", "place", "app", "day")]
    width = (Z80 * pl.sum_horizontal(errors).sqrt()).exp()
    bound = pl.col("kind") == FigureKind.UPPER_BOUND.value
    return rows.with_columns(
        low=pl.when(bound).then(0.0).otherwise(pl.col("central") / width), high=pl.col("central") * width
    ).with_columns(central=pl.when(~bound).then("central"))


def _banded_by_count(rows: pl.DataFrame, prior: float) -> pl.DataFrame:
    """Low and high of a rate that was counted and then divided by the app's own rate of rating."""
    shape = pl.col("counted") + prior
    middle, end = gamma(shape, 0.0), Z80 * pl.col("error_app")
    up, down = (gamma(shape, Z80) / middle).log(), (middle / gamma(shape, -Z80)).log()
    low = (-(end**2 + down**2).sqrt()).exp() * middle
    return rows.with_columns(
        low=pl.when(pl.col("counted") > 0).then(low * pl.col("per_count")).otherwise(0.0),
        high=(end**2 + up**2).sqrt().exp() * middle * pl.col("per_count"),
    )


def _finished(rows: pl.DataFrame, method: Method) -> pl.DataFrame:
    named = rows.with_columns(
        method=pl.lit(method.name.value), method_version=pl.lit(method.version), withdrawn=pl.lit(value=False)
    )
    return named.select(pl.col(name).cast(kind) for name, kind in ROWS.items())


def methods_of(rows: pl.DataFrame) -> dict[MethodName, Method]:
    """The newest version of each method, from rows of the view `methods`."""
    newest = rows.sort("version").unique("method", keep="last")
    return {
        MethodName(row["method"]): Method(
            MethodName(row["method"]), row["version"], json.loads(row["parameters"]), row["points"], row["basis"]
        )
        for row in newest.iter_rows(named=True)
    }


def published_day(method: Method, rank: float, country: str, day: date, *, launch: bool) -> Band:
    """The band of one published point: the curve at `rank`, with the weekday of `day`."""
    band, weekday = at_rank(method, rank, country, launch=launch), method.parameters["weekday"][day.weekday()]
    return Band(band.low * weekday, band.central * weekday, band.high * weekday)
