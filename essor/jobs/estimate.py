"""Estimates downloads from what the warehouse holds, re-fits the coefficients, and tests them against ground truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from essor.jobs.ask import opened
from essor.jobs.metrics import land_rows
from essor.jobs.refresh import Refreshed, refresh
from essor.model.apps import App, all_apps
from essor.model.estimates import PUBLISHED, Method, MethodName
from essor.model.tables import ESTIMATES, METHODS
from essor.settings import Settings
from pipeline.metrics import calibration
from pipeline.metrics import estimates as figures
from warehouse.connection import Cursor
from warehouse.reads import claims as published
from warehouse.reads import estimates as reads


@dataclass(frozen=True, slots=True)
class Estimated:
    """What one estimation changed."""

    stated: int
    """Figures stated for the first time."""
    restated: int
    """Figures that came out otherwise than before; the earlier ones stay on record."""
    withdrawn: int
    """Figures whose evidence is gone."""
    unchanged: int
    """Figures that came out the same."""
    versions: dict[str, int]
    """The version of each method."""
    loads: list[Refreshed]
    """The loads that took it in."""

    def __str__(self) -> str:
        kept = f"{self.unchanged:,} as before, {self.withdrawn:,} withdrawn"
        return f"{self.stated:,} figures stated, {self.restated:,} restated, {kept}."


def estimate(settings: Settings) -> Estimated:
    """Estimate every followed app's downloads for every closed day, and load what is new or came out otherwise."""
    publish_methods(settings)
    with opened(settings) as cursor:
        methods = figures.methods_of(reads.methods(cursor))
        rows = _rows(cursor, methods)
        held = reads.current(cursor)
    change = changes(rows, held, methods)
    land_rows(settings.data_dir, "estimate", {ESTIMATES: change.drop("verdict")}, datetime.now(UTC), "downloads")
    count = dict(change["verdict"].value_counts().iter_rows())
    return Estimated(
        stated=count.get("stated", 0),
        restated=count.get("restated", 0),
        withdrawn=count.get("withdrawn", 0),
        unchanged=rows.height - count.get("stated", 0) - count.get("restated", 0),
        versions={name.value: method.version for name, method in methods.items()},
        loads=refresh(settings),
    )


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What a calibration found."""

    points: int
    """Published figures of one storefront and store that could be held against an estimate on every day."""
    rates: int
    """Apps whose ratings per install Google Play shows."""
    bounded: int
    """Apps whose rate of rating the people of a storefront bound: more than all of them would have downloaded it."""
    versions: dict[str, int]
    """The version that was written of each method; a method without ground truth has none."""
    estimated: Estimated | None
    """What the new versions changed; None when there are none."""

    def __str__(self) -> str:
        if not self.versions:
            return "No ground truth says anything new: the coefficients stay as they are."
        written = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        truth = f"{self.points} points, {self.rates} rates and {self.bounded} bounds by population"
        return f"Written from {truth}: {written}. {self.estimated}"


def calibrate(settings: Settings) -> Calibrated:
    """Re-fit the coefficients from the ground truth of the warehouse, as new versions beside the old, and estimate."""
    publish_methods(settings)
    with opened(settings) as cursor:
        held = figures.methods_of(reads.methods(cursor))
        truth = _truth(cursor)
    versions = {name: method.version for name, method in held.items()}
    found = calibration.refitted(truth.points, truth.rates, truth.inputs, versions, truth.ceilings)
    new = [method for method in found if method.parameters != held[method.name].parameters]
    publish_methods(settings, tuple(new))
    written = {method.name.value: method.version for method in new}
    bounded = sum("people_of" in own for method in new for own in method.parameters.get("apps", {}).values())
    return Calibrated(len(truth.points), len(truth.rates), bounded, written, estimate(settings) if new else None)


@dataclass(frozen=True, slots=True)
class Backtested:
    """How the estimates fared against points they were not fitted on."""

    methods: list[dict[str, Any]]
    """For each method: points, inside, verdict, and with enough points coverage (by the band as it stands),
    coverage_with_noise (by the band that the points' own noise widens) and median_error; None with too few."""
    points: list[dict[str, Any]]
    """Each point and method: downloads, low, central, high, inside."""

    def __str__(self) -> str:
        return "\n".join(_told(method) for method in self.methods)


def backtest(settings: Settings) -> Backtested:
    """Estimate each point of ground truth by methods fitted on all the others, and tell how often the band held."""
    with opened(settings) as cursor:
        truth = _truth(cursor)
    tested = calibration.held_out(truth.points, truth.rates, truth.inputs, truth.ceilings)
    names = (MethodName.RATING_VELOCITY.value, MethodName.RANK_CURVE.value, calibration.AT_PLAY)
    rows = [
        {"point": t.point, "method": t.method, "downloads": t.downloads, "low": t.band.low, "central": t.band.central,
         "high": t.band.high, "inside": t.inside}
        for t in tested
    ]  # fmt: skip
    return Backtested([calibration.summary(tested, name) for name in names], rows)


def _told(method: dict[str, Any]) -> str:
    if method["coverage"] is None:
        return f"{method['method']}: {method['verdict']}."
    inside = f"{method['inside']} of {method['points']} points inside the 80 % band ({method['coverage']:.0%})"
    noisy = f"{method['coverage_with_noise']:.0%} when the points' own noise is allowed for"
    return f"{method['method']}: {inside}, {noisy}; median error {method['median_error']:.0%}."


def publish_methods(settings: Settings, more: tuple[Method, ...] = ()) -> None:
    """Write down the published methods, and `more` versions, that the warehouse does not hold yet."""
    with opened(settings) as cursor:
        held = figures.methods_of(reads.methods(cursor))
    new = [*filter(None, (_beside(held.get(method.name), method) for method in PUBLISHED)), *more]
    rows = [(m.name.value, m.version, m.as_json(), m.points, m.basis) for m in new]
    frame = pl.DataFrame(rows, ["method", "version", "parameters", "points", "basis"], orient="row")
    if land_rows(settings.data_dir, "methods", {METHODS: frame}, datetime.now(UTC), "methods of estimation"):
        refresh(settings)


def _beside(held: Method | None, published: Method) -> Method | None:
    """The version to write beside the one that is held: it has coefficients that the held one lacks, and keeps its own.

    None when it lacks none.
    """
    if held is None:
        return published
    if published.parameters.keys() <= held.parameters.keys():
        return None
    return replace(held, version=held.version + 1, parameters={**published.parameters, **held.parameters})


def changes(rows: pl.DataFrame, held: pl.DataFrame, methods: dict[MethodName, Method]) -> pl.DataFrame:
    """Those of `rows` that are new or differ from what is `held`, and withdrawals, with a `verdict` for each."""
    versions = {name.value: method.version for name, method in methods.items()}
    now = (
        held.with_columns(withdrawn=pl.lit(value=False))
        .select(figures.ROWS.names())
        .filter(
            pl.col("method_version") == pl.col("method").replace_strict(versions, default=None, return_dtype=pl.Int16)
        )
    )
    beside = rows.join(now, _KEY, "left", suffix="_held", nulls_equal=True)
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_held")) for name in _FIGURES)
    is_new = pl.col("kind_held").is_null()
    judged = beside.with_columns(
        verdict=pl.when(is_new).then(pl.lit("stated")).when(~same).then(pl.lit("restated"))
    ).filter(pl.col("verdict").is_not_null())
    gone = now.join(rows, _KEY, "anti").with_columns(withdrawn=pl.lit(value=True), verdict=pl.lit("withdrawn"))
    return pl.concat([judged.select([*figures.ROWS.names(), "verdict"]), gone])


_KEY = ["app", "app_id", "store", "country", "day", "method", "method_version"]
_FIGURES = ("kind", "low", "central", "high", "interpolated", "inputs")


def _rows(cursor: Cursor, methods: dict[MethodName, Method]) -> pl.DataFrame:
    """Every figure that the snapshot gives, for days that are over."""
    if cursor.snapshot is None:
        return pl.DataFrame(schema=figures.ROWS)
    today = cursor.snapshot.astimezone(UTC).date()
    return pl.concat([
        figures.from_installs(reads.install_inputs(cursor, today), methods[MethodName.PLAY_INSTALLS]),
        figures.from_ratings(reads.rating_inputs(cursor, today), methods[MethodName.RATING_VELOCITY]),
        figures.from_ranks(_ranks(cursor, today), methods[MethodName.RANK_CURVE]),
    ])  # fmt: skip


def _ranks(cursor: Cursor, until: date) -> pl.DataFrame:
    launches = ios_launches(all_apps())
    columns = {"app": list(launches), "launch": list(launches.values())}
    return reads.rank_inputs(cursor, until).join(
        pl.DataFrame(columns, {"app": pl.String, "launch": pl.Date}), "app", "left"
    )


@dataclass(frozen=True, slots=True)
class _Truth:
    """What estimates can be held against, and what they are made from."""

    points: list[calibration.Point]
    rates: list[calibration.Rate]
    ceilings: list[calibration.Ceiling]
    inputs: calibration.Inputs


def _truth(cursor: Cursor) -> _Truth:
    """Ground truth that the snapshot holds, and what to hold it against."""
    rows = published.ground_truth(cursor).iter_rows(named=True)
    points = [
        calibration.Point(
            row["claim"],
            row["app"],
            row["country"],
            row["since"],
            row["until"] + timedelta(days=1),
            row["value"],
            row["kind"],
        )
        for row in rows
    ]
    rates = [
        calibration.Rate(row["app"], row["ratings"], row["installs"])
        for row in reads.ratings_per_install(cursor).iter_rows(named=True)
    ]
    ceilings = [calibration.Ceiling(**row) for row in reads.ratings_and_people(cursor).iter_rows(named=True)]
    today = cursor.snapshot.astimezone(UTC).date() if cursor.snapshot else date.min
    inputs = calibration.Inputs(_ranks(cursor, today), reads.rating_inputs(cursor, today))
    return _Truth(points, rates, ceilings, inputs)


def ios_launches(apps: tuple[App, ...]) -> dict[str, date]:
    """The day on which each app came out on iOS, where its source gives the day."""
    return {
        app.slug: launch.on
        for app in apps
        for launch in app.launches
        if launch.platform == "ios" and launch.precision == "day"
    }
