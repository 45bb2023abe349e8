"""The findings of the pages that are not about one chart, each in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import polars as pl

from dashboard.figures.shares import band_told, share_told
from dashboard.figures.signals import RANKS, Line
from dashboard.language import Language
from essor.model.apps import App

ASIDE = ("fell", "reset", "spike")


def ratings_finding(steps: pl.DataFrame, apps: Sequence[App], where: str, say: Language) -> str:
    """How many ratings the app in focus won in the period, where it stands, and what was set aside."""
    rows = steps.filter(pl.col("app") == apps[0].slug).sort("observed_at") if apps else steps.clear()
    if rows.is_empty():
        return say("ratings.none", app=apps[0].name if apps else "–", place=where)
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    days = say.during(first["observed_at"].date(), last["observed_at"].date())
    won = rows.tail(-1)["new_ratings"].sum()
    facts = {"app": apps[0].name, "place": where, "score": _score(last, say)}
    if rows.height == 1:
        return say.count("ratings.once", last["rating_count"], **facts, late=say.day(last["observed_at"].date()))
    return say.count("ratings.won", int(won), **facts, days=days) + _aside(rows, say)


def _score(row: dict[str, Any], say: Language) -> str:
    return say.number(round(row["rating_average"], 2)) if row["rating_average"] is not None else "–"


def _aside(rows: pl.DataFrame, say: Language) -> str:
    number = rows.tail(-1).filter(pl.col("change").is_in(ASIDE)).height
    return say.count("ratings.aside", number) if number else "."


VERDICTS = ("supported", "plausible", "contradicted", "undetermined")


def claims_finding(claims: pl.DataFrame, named: Sequence[str], say: Language) -> str:
    """How many published figures there are, and what the evidence says of them."""
    if claims.is_empty():
        return say("claims.none")
    counts = dict(claims.group_by("verdict").len().iter_rows())
    parts = [say.count(f"claims.{verdict}", counts[verdict]) for verdict in VERDICTS if counts.get(verdict)]
    parts += [say.count("claims.unchecked", counts[None])] if counts.get(None) else []
    about = (
        say.count("claims.about", claims.height, apps=say.listed(named))
        if named
        else say.count("claims.all", claims.height)
    )
    return say("claims.finding", about=about, parts=say.listed(parts))


def downloads_finding(sums: pl.DataFrame, app: App, where: str, days: str, say: Language) -> str:
    """What the best kind of figure says of an app's downloads over some `days`, with its band; measured goes first."""
    known = sums.filter(pl.col("central").is_not_null()).sort(pl.col("kind") != "measured", -pl.col("covered"))
    facts = {"app": app.name, "place": where, "days": days}
    if known.is_empty():
        return say("downloads.bounded" if sums.height else "downloads.none", **facts)
    row = known.row(0, named=True)
    low, central, high = (say.compact(row[name]) for name in ("low", "central", "high"))
    if row["kind"] == "measured":
        return say("downloads.measured", **facts, central=central)
    lacking = say.count("downloads.missing", row["missing"]) if row["missing"] > 0 else "."
    method = say(f"method.{row['method']}").lower()
    over = say("downloads.exceeds_sum") if row["exceeds_population"] else ""
    return say("downloads.estimated", **facts, low=low, central=central, high=high, method=method) + lacking + over


THEN = 2
"""So many apps are named after the one in focus."""


def shares_finding(
    newest: pl.DataFrame, names: dict[str, str], focus: str | None, *, where: str, when: str, say: Language
) -> str:
    """What share of the downloads estimated for several apps the one in focus has, with its band, then the largest.

    `newest`: the rows of `figures.shares.comparable` of one period; without a `focus` that has a share, the largest.
    """
    rows = newest.filter(pl.col("central").is_not_null()).sort("central", "app", descending=[True, False])
    first = rows.filter(pl.col("app") == (focus if focus in set(rows["app"]) else rows["app"][0])).row(0, named=True)
    rest = rows.filter(pl.col("app") != first["app"]).head(THEN).iter_rows(named=True)
    others = say.listed([f"{names[row['app']]} {band_told(row, say)}" for row in rest])
    share, low, high = (share_told(first[name], say) for name in ("central", "low", "high"))
    return say("shares.finding", app=names[first["app"]], share=share, low=low, high=high, place=where, when=when,
               n=say.number(len(first["together"])), method=say(f"method.{first['method']}").lower(),
               others=others)  # fmt: skip


def needed_finding(rows: pl.DataFrame, app: App, goal: str, where: str, say: Language) -> str:
    """How many more downloads a day an app would need for a goal, with the band; `rows` of `reads.needed.needed`."""
    row = next(iter(rows.filter(app=app.slug, goal=goal).iter_rows(named=True)), None)
    if row is None:
        return say("needed.not_here", app=app.name, place=where)
    low, central, high = (say.compact(row[name]) for name in ("low", "central", "high"))
    return say(f"needed.finding.{goal}", app=app.name, rank=say.ordinal(row["rank"]), place=where,
               day=say.day(row["day"]), low=low, central=central, high=high,
               goal=say.ordinal(row["goal_rank"]))  # fmt: skip


FIRST = 3
"""So many apps of a race are named in its finding."""


def race_finding(milestones: pl.DataFrame, names: dict[str, str], say: Language) -> str:
    """Who came first to a million downloads, and who says so."""
    goal = 1_000_000  # the milestone that most figures speak of
    rows = milestones.filter(
        pl.col("milestone") == goal, pl.col("reached_by").is_not_null(), pl.col("app").is_in(list(names))
    )
    if rows.is_empty():
        return say("race.nobody")
    told = [
        say.count("race.reached", row["reached_by"], app=names[row["app"]], kind=say(f"race.by.{row['kind']}"))
        for row in rows.sort("reached_by", "app").head(FIRST).iter_rows(named=True)
    ]
    return say("race.finding", told=say.listed(told))


def world_finding(fronts: pl.DataFrame, app: App, day: str, say: Language) -> str:
    """In how many storefronts an app was first and in the first ten, of those that were seen."""
    seen = fronts.filter(pl.col("state").is_in(["ranked", "absent"]))
    if seen.is_empty():
        return say("world.none", app=app.name, day=day)
    first, ten = seen.filter(pl.col("rank") == 1), seen.filter(pl.col("rank") <= TEN)
    facts = {"app": app.name, "day": day, "seen": say.count("world.fronts", seen.height)}
    ranked = seen.filter(pl.col("rank").is_not_null())
    if ranked.is_empty():
        return say.count("world.nowhere", seen.height, **facts)
    best = ranked.sort("rank", "country").row(0, named=True)
    if first.is_empty() and ten.is_empty():
        return say("world.best", **facts, rank=say.ordinal(best["rank"]), place=say.country(best["country"]))
    return say.count("world.ten", ten.height, **facts, first=_firsts(first, say))


def amounts_finding(amounts: pl.DataFrame, app: App, day: str, say: Language) -> str:
    """Where an app's downloads a day were most, by their estimates, with the band."""
    known = amounts.filter(pl.col("central").is_not_null()).sort("central", descending=True)
    if known.is_empty():
        return say("world.no_amount", app=app.name, day=day)
    row = known.row(0, named=True)
    low, central, high = (say.compact(row[name]) for name in ("low", "central", "high"))
    return say.count("world.most", known.height, app=app.name, day=say.day(row["day"]), low=low, central=central,
                     high=high, place=say.country(row["country"]))  # fmt: skip


TEN = 10
NAMED_FRONTS = 3
"""Up to so many storefronts are named; more are counted."""


def _firsts(first: pl.DataFrame, say: Language) -> str:
    if first.is_empty():
        return say("world.first_nowhere")
    if first.height > NAMED_FRONTS:
        return say.count("world.first_in", first.height)
    return say("world.first_named", places=say.listed(sorted(say.country(country) for country in first["country"])))


def signals_finding(lines: Sequence[Line], name: str, kind: str, say: Language) -> str:
    """Where the subject in focus stands, and how far from the best of those shown."""
    known = [line for line in lines if line.points.height]
    if not known:
        return say("developers.none", name=name)
    focus, ranked = known[0], kind in RANKS
    best = min(known, key=lambda line: (1 if ranked else -1) * float(line.points["value"][-1]))
    value, day = float(focus.points["value"][-1]), focus.points["day"][-1]
    first = float(focus.points["value"][0])
    facts = {"subject": focus.name, "name": name, "value": say.compact(value), "day": say.day(day.date())}
    told = say("developers.stands", **facts)
    if not ranked and first > 0 and focus.points.height > 1:
        since = say.day(focus.points["day"][0].date())
        told += say("developers.times", times=say.number(float(f"{value / first:.2g}")), since=since)
    if best is focus:
        return told + "."
    return told + say("developers.best", best=best.name, value=say.compact(float(best.points["value"][-1])))


def index_finding(lines: Sequence[Line], base: datetime, name: str, kind: str, say: Language) -> str:
    """Where the subject in focus stands in an index that was 100 at `base`, and how far the best of those shown."""
    known = [line for line in lines if line.points.height]
    if not known:
        return say("developers.none", name=name)
    focus, sign = known[0], 1 if kind in RANKS else -1
    best = min(known, key=lambda line: sign * float(line.points["value"][-1]))
    told = say("developers.indexed", subject=focus.name, name=name, value=_whole(focus, say),
               day=say.day(focus.points["day"][-1].date()), since=say.day(base.date()))  # fmt: skip
    return told + "." if best is focus else told + say("developers.best", best=best.name, value=_whole(best, say))


def _whole(line: Line, say: Language) -> str:
    return say.number(round(float(line.points["value"][-1])))


def floors_finding(floors: pl.DataFrame, measured: pl.DataFrame, measure: str, device: str, say: Language) -> str:
    """Which model's floor is the lowest on a device and how far away the highest is; the fastest measured, if any."""
    column = "decode_ms" if measure == "decode" else "prefill_ms"
    if floors.is_empty():
        return say("latency.none", device=device)
    rows = floors.sort(column)
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    low, high = (say.number(float(f"{row[column]:.3g}")) for row in (first, last))
    key = "latency.finding_decode" if measure == "decode" else "latency.finding_prefill"
    told = say(key, device=device, first=first["name"], low=low, last=last["name"], high=high)
    if measured.is_empty():
        return told + say("latency.unmeasured")
    best = measured.sort("ms").row(0, named=True)
    return told + say("latency.best_measured", model=best["name"], ms=say.number(float(f"{best['ms']:.3g}")))
