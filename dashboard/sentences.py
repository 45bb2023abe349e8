"""The finding of a page in one sentence, made from its frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from dashboard.history import by_app, comparable, missing_days, newest, of_app, usable_moments
from dashboard.language import Language
from essor.model.apps import App

NAMED_DAYS = 2
"""Up to so many days without a look are named; more are counted."""


def history_finding(frame: pl.DataFrame, apps: Sequence[App], say: Language, cadence: timedelta | None) -> str:
    """What happened to the app in focus over a rank history, and what was not seen."""
    moments = usable_moments(frame) if frame.height else []
    if not moments:
        return say("finding.no_look")
    rows = comparable(of_app(by_app(frame), apps[0].slug))
    if rows.is_empty():
        return say("finding.app_unseen", app=apps[0].name)
    days = missing_days(moments, cadence)
    return _course(apps[0].name, rows, say) + _unseen(days, say)


def fronts_finding(
    fronts: Mapping[str, tuple[pl.DataFrame, timedelta | None]], apps: Sequence[App], say: Language
) -> str:
    """Where the app in focus was first and last in each storefront, the best placed first, and what was not seen.

    `fronts`: the rank history and the usual time between two looks, by the storefront's name.
    """
    if not any(usable_moments(frame) for frame, _ in fronts.values()):
        return say("finding.no_look")
    courses = {place: comparable(of_app(by_app(frame), apps[0].slug)) for place, (frame, _) in fronts.items()}
    seen = sorted(((place, rows) for place, rows in courses.items() if rows.height), key=_standing_last)
    if not seen:
        return say("finding.app_unseen", app=apps[0].name)
    by_days: dict[tuple[date, date], dict[str, str]] = {}
    for place, rows in seen:
        days = rows["observed_at"][0].date(), rows["observed_at"][-1].date()
        by_days.setdefault(days, {})[place] = _course_in(rows, say)
    unseen = _unseen_in({place: (fronts[place][0], rows, fronts[place][1]) for place, rows in courses.items()}, say)
    told = [_between(days, _by_phrase(courses_then, say), say) for days, courses_then in by_days.items()]
    return f"{apps[0].name} {say('finding.fronts_then').join(told)}{_apart(seen, say)}{unseen}."


def _standing_last(front: tuple[str, pl.DataFrame]) -> tuple[bool, int]:
    rank = front[1]["rank"][-1]
    return rank is None, rank or 0


def _by_phrase(courses: Mapping[str, str], say: Language) -> str:
    """What happened where: each phrase once, with the storefronts it is true of."""
    return say.listed(
        [
            f"{phrase} ({say.listed([place for place, told in courses.items() if told == phrase])})"
            for phrase in dict.fromkeys(courses.values())
        ]
    )


def _course_in(rows: pl.DataFrame, say: Language) -> str:
    """Where the app was first and last in one storefront."""
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    a, b = (absent_of(row["depth"], say) if row["rank"] is None else say.ordinal(row["rank"]) for row in (first, last))
    if rows.height == 1:
        return b
    return say("finding.front.stayed" if first["rank"] == last["rank"] else "finding.front.moved", a=a, b=b)


def _between(days: tuple[date, date], fronts: str, say: Language) -> str:
    """What happened where between two days."""
    early, late = say.between(*days)
    key = "finding.fronts" if days[0] < days[1] else "finding.fronts_day"
    return say(key, fronts=fronts, early=early, late=late)


def _apart(seen: Sequence[tuple[str, pl.DataFrame]], say: Language) -> str:
    """How far the storefronts are from each other at the end, where all of them end on one day."""
    ranks = [rows["rank"][-1] for _, rows in seen if rows["rank"][-1] is not None]
    same_day = len({rows["observed_at"][-1].date() for _, rows in seen}) == 1
    return say.count("finding.apart", max(ranks) - min(ranks)) if same_day and len(set(ranks)) > 1 else ""


def _unseen_in(fronts: Mapping[str, tuple[pl.DataFrame, pl.DataFrame, timedelta | None]], say: Language) -> str:
    """Where the app was never seen, and how many days were not observed elsewhere."""
    phrases = {}
    for place, (frame, rows, cadence) in fronts.items():
        days = missing_days(usable_moments(frame), cadence) if frame.height else []
        if rows.is_empty():
            phrases[place] = say("finding.front.never")
        elif days:
            phrases[place] = say.count("finding.front.unseen", len(days))
    return say("finding.fronts_unseen", fronts=_by_phrase(phrases, say)) if phrases else ""


def absent_of(depth: object, say: Language) -> str:
    """What absence says in a chart seen `depth` places deep: ``"outside the first 100"``."""
    return say.count("state.absent", _depth(depth))


def _depth(depth: object) -> int:
    """A depth as polars gives it, as a number; 0 where none is known."""
    return depth if isinstance(depth, int) else 0


def _course(name: str, rows: pl.DataFrame, say: Language) -> str:
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    early, late = say.between(first["observed_at"].date(), last["observed_at"].date())
    facts = {"app": name, "early": early, "late": late, "absent": absent_of(last["depth"], say)}
    if rows.height == 1 or first["observed_at"].date() == last["observed_at"].date():
        return _one_day(rows, last, say, facts)
    return _two_ends(rows, first, last, say, facts)


def _one_day(rows: pl.DataFrame, last: dict[str, Any], say: Language, facts: dict[str, Any]) -> str:
    """The looks of one day: the rank where it was but one, else how far it went, and where it was at the last."""
    ranks = rows["rank"].drop_nulls().unique().sort().to_list()
    if not ranks:
        return say("finding.absent_once", **facts)
    best, worst = say.ordinal(ranks[0]), say.ordinal(ranks[-1])
    ended = facts["absent"] if last["rank"] is None else say.ordinal(last["rank"])
    if rows["rank"].null_count():
        return say("finding.best_of_day", **facts, best=best, last=ended)
    if len(ranks) > 1:
        return say("finding.within_day", **facts, best=best, worst=worst, last=ended)
    return say("finding.ranked_once", **facts, rank=best)


def _two_ends(
    rows: pl.DataFrame, first: dict[str, Any], last: dict[str, Any], say: Language, facts: dict[str, Any]
) -> str:
    ends = {name: say.ordinal(row["rank"]) for name, row in (("a", first), ("b", last)) if row["rank"] is not None}
    if rows["rank"].null_count() == rows.height:
        return say("finding.always_absent", **facts | {"absent": absent_of(rows["depth"].min(), say)})
    if "a" not in ends:
        return _from_outside(rows, say, {**facts, **ends, "absent": absent_of(first["depth"], say)})
    if "b" not in ends:
        return say("finding.left", **facts, **ends)
    return _moved(rows, first["rank"], last["rank"], say, {**facts, **ends})


def _from_outside(rows: pl.DataFrame, say: Language, facts: dict[str, Any]) -> str:
    if "b" in facts:
        return say("finding.entered", **facts)
    return say.count("finding.passed_through", _depth(rows["depth"].min()), **facts)


def _moved(rows: pl.DataFrame, early: int, late: int, say: Language, facts: dict[str, Any]) -> str:
    if rows["rank"].n_unique() == 1:
        return say("finding.stayed", **facts)
    if early == late:
        return say("finding.returned", **facts)
    return say("finding.climbed" if late < early else "finding.fell", **facts)


def _unseen(days: Sequence[date], say: Language) -> str:
    if not days:
        return "."
    if len(days) > NAMED_DAYS:
        return say.count("finding.unseen_days", len(days))
    return say("finding.unseen", days=say.listed([say.day(day, year=False) for day in days]))


def standing_finding(standings: pl.DataFrame, apps: Sequence[App], say: Language) -> str:
    """Who leads the followed apps in a chart, and where the app in focus stands against a week before."""
    names = {app.slug: app.name for app in apps}
    ranked = standings.filter(pl.col("rank").is_not_null())
    if ranked.is_empty():
        return say("finding.none_ranked")
    leader, focus = ranked.row(0, named=True), _focus(standings, apps)
    day = say.day(leader["observed_at"].date())
    text = say("finding.leader", app=names[leader["app"]], rank=say.ordinal(leader["rank"]), day=day)
    if focus is None or focus["app"] == leader["app"]:
        return text + "."
    return say("finding.joined", first=text, second=_standing(focus, names, say))


def _focus(standings: pl.DataFrame, apps: Sequence[App]) -> dict[str, Any] | None:
    rows = standings.filter(pl.col("app") == apps[0].slug)
    return rows.row(0, named=True) if rows.height else None


def _standing(row: dict[str, Any], names: dict[str, str], say: Language) -> str:
    name = names[row["app"]]
    if row["rank"] is None:
        return say("finding.focus_absent", app=name, absent=absent_of(row["depth"], say))
    if row["rank_7d"] is None or row["rank_7d"] == row["rank"]:
        return say("finding.focus_still", app=name, rank=say.ordinal(row["rank"]))
    climbed = row["rank_7d"] - row["rank"]
    key = "finding.focus_up" if climbed > 0 else "finding.focus_down"
    since = say.day(row["at_7d"].date(), year=False)
    return say.count(key, abs(climbed), app=name, rank=say.ordinal(row["rank"]), day=since)


def top_finding(entries: pl.DataFrame, gone: pl.DataFrame, say: Language) -> str:
    """Who is first in a chart at a moment, and how many came and went."""
    first = entries.row(0, named=True)
    named = first["name"] or first["app_id"]
    text = say("finding.first" if first["rank"] == 1 else "finding.highest", app=named,
               rank=say.ordinal(first["rank"]), day=say.day(first["observed_at"].date()))  # fmt: skip
    changes = _changes(entries, gone, say)
    return say("finding.joined", first=text, second=changes) if changes else text + "."


def _changes(entries: pl.DataFrame, gone: pl.DataFrame, say: Language) -> str:
    counts = dict(entries.group_by("change").len().iter_rows())
    parts = [say.count(f"finding.{kind}", counts[kind]) for kind in ("new", "back") if counts.get(kind)]
    parts += [say.count("finding.gone", gone.height)] if gone.height else []
    return say.listed(parts) if parts else ""


def health_finding(freshness: pl.DataFrame, runs: pl.DataFrame, now: datetime, say: Language) -> str:
    """How old the newest figures are, and how the last crawl ended."""
    last = newest(freshness["last_usable_at"])
    if last is None:
        return f"{say('health.nothing')} {crawl_word(runs, freshness, say)}"
    return f"{say('health.newest', day=say.moment(last), age=say.ago(now - last))} {crawl_word(runs, freshness, say)}"


def crawl_word(runs: pl.DataFrame, freshness: pl.DataFrame, say: Language) -> str:
    """How the last crawl ended, in a sentence; that there was none yet, when so.

    `runs` and `freshness` are the frames of `warehouse.reads.health`.
    """
    crawls = runs.filter(pl.col("kind").str.starts_with("crawl")).sort("started_at", descending=True)
    if crawls.is_empty():
        return say("health.no_crawl")
    last = crawls.row(0, named=True)
    facts = {"when": say.moment(last["started_at"]), "readings": say.number(last["readings"])}
    if not last["usable"]:
        return say(f"health.{_trouble(freshness, last['started_at'])}", **facts)
    if last["usable"] < last["readings"]:
        return say.count("health.partly", last["usable"], **facts)
    return say.count("health.reached", last["readings"], **facts)


def _trouble(freshness: pl.DataFrame, since: datetime) -> str:
    """What kept the looks since then from being usable: the words for the commonest kind of answer."""
    statuses = freshness.filter(pl.col("last_look_at") >= since)["last_status"].to_list()
    kinds = {"refused": "refused", "blocked": "blocked", "layout_changed": "changed", "failed": "unreached"}
    found = [kinds[status] for status in kinds if status in statuses]
    return max(found, key=lambda kind: sum(kinds.get(status) == kind for status in statuses), default="unreached")
