"""OpenRouter: the tokens that its customers send through each maker's models, day by day."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from crawlers.signals._json import count, day, dig, items, json_of, moment, text
from crawlers.signals._series import Columns, figure, table
from crawlers.signals._source import Period, SignalTarget, path_of, subjects_in, with_subjects
from essor.model.errors import FetchError, LayoutChanged
from essor.model.observation import Status
from essor.model.signals import Metric, Precision, SignalKind, SignalPoint, SignalReading

TOKENS = Metric(
    "tokens_1d", "tokens", SignalKind.DAILY, Precision.EXACT,
    "Tokens in and out of the maker's models among the day's first 50; use by developers that favours cheap open "
    "models, not use of the apps.",
)  # fmt: skip
SHARE = Metric("share_1d", "ratio", SignalKind.SHARE, Precision.EXACT, "The same as a part of the day's whole.")
SHOWN_TOKENS = Metric(
    "tokens_shown", "tokens", SignalKind.UNSTATED, Precision.EXACT,
    "Tokens of a maker as the former rankings page showed them; over what time, it did not say.",
)  # fmt: skip
SHOWN_SHARE = Metric(
    "share_shown", "percent", SignalKind.SHARE, Precision.ROUNDED, "The same as a part of the page's whole."
)
_PATH = re.compile(r"/api/v1/datasets/exports/rankings-daily/(latest|\d{4}-\d{2}-\d{2})\.csv")
_COLUMNS = ("date", "model_permaslug", "total_tokens", "share_of_daily_tokens")
_WHOLE = 0.01
"""How far the shares of a day may be from 1."""


class OpenRouter:
    """One table of 30 days for all makers; a maker's key is the part of a model's name before the slash."""

    name = "openrouter"
    hosts: tuple[str, ...] = ("openrouter.ai",)
    parser_version = 1
    enabled_by_default = True
    at_once = 100
    every_hours = 24
    seconds_between_requests = 5.0
    revised_days = 3
    metrics: tuple[Metric, ...] = (TOKENS, SHARE)
    gives = "Tokens and share a day, 30 days a file; stitched, from 2026-08-20 on."
    limits = "One file a day, published about 01:46 UTC; the oldest is of 2026-09-19."
    traps: tuple[str, ...] = (
        "The first 50 models and other, which has no rank: a maker's sum is a lower bound.",
        "A maker that is missing on a day is below the cut that day: not a 0.",
        "The last two or three days are revised: each day is taken from the newest file that holds it.",
        "stealth/... models can reach the first place and vanish; google mixes Gemini and Gemma.",
        "latest.csv can mix dates just after publishing: the dated file is asked for.",
        "A collector of the former page stored 98 empty days unseen: an answer without rows is a failure here.",
    )
    robots = (
        "Not known; fetched and obeyed. The terms of 2026-07-27 forbid scraping the pages: exports alone are asked."
    )
    terms = "CC BY 4.0; the manifest of each export gives the credit to publish."
    history: Columns | None = None

    def period(self, today: date) -> Period:
        """The file of yesterday, which is out: today's comes at about 01:46 UTC."""
        return None, today - timedelta(days=1)

    def url(self, target: SignalTarget) -> str:
        """The address of the file of a day, which ends the day before; without a day, the latest."""
        name = target.until.isoformat() if target.until else "latest"
        path = f"/api/v1/datasets/exports/rankings-daily/{name}.csv"
        return with_subjects(f"https://{self.hosts[0]}{path}", target.subjects)

    def recognise(self, url: str) -> SignalTarget | None:
        """The makers and day that an address asks for."""
        found = _PATH.fullmatch(path_of(url, self.hosts) or "")
        until = day(found[1]) if found else None
        if found is None or (until is None and found[1] != "latest"):
            return None
        return SignalTarget(self.name, subjects_in(url), self.metrics, None, until)

    def parse(self, body: bytes, target: SignalTarget) -> tuple[SignalReading, ...]:
        """Two series a maker."""
        rows = [_row(row) for row in table(body, _COLUMNS)]
        days = _whole_days([row for row in rows if row is not None])
        if not rows:
            raise FetchError("200 without a single row")
        if not days:
            raise LayoutChanged("on none of the days do the shares make a whole")
        makers = target.subjects or sorted({row.maker for found in days.values() for row in found})
        lacks = _lacks(rows, days)
        return tuple(reading for maker in makers for reading in _readings(target, maker, days, lacks))


SOURCES = (OpenRouter(),)


class _Row(NamedTuple):
    on: date
    maker: str
    tokens: float
    share: float


def _row(row: dict[str, str | None]) -> _Row | None:
    on, maker = day(row["date"]), (row["model_permaslug"] or "").split("/")[0]
    tokens, share = figure(row["total_tokens"] or ""), figure(row["share_of_daily_tokens"] or "")
    if on is None or not maker or tokens is None or share is None:
        return None
    return _Row(on, maker, tokens, share)


def _whole_days(rows: Iterable[_Row]) -> dict[date, list[_Row]]:
    """The days whose shares make a whole; of any other day some rows are missing or twice there."""
    days = defaultdict(list)
    for row in rows:
        days[row.on].append(row)
    return {on: found for on, found in days.items() if abs(sum(row.share for row in found) - 1) <= _WHOLE}


def _lacks(rows: list[_Row | None], days: dict[date, list[_Row]]) -> str | None:
    bad = len({row.on for row in rows if row is not None}) - len(days)
    odd = rows.count(None)
    return f"{bad} days are not whole and {odd} rows cannot be read" if bad or odd else None


def _readings(target: SignalTarget, maker: str, days: dict[date, list[_Row]], lacks: str | None) -> list[SignalReading]:
    own = {on: rows for on, found in days.items() if (rows := [row for row in found if row.maker == maker])}
    if not own:
        message = f"no model of {maker} is among the first 50 on any of {len(days)} days"
        return target.without(maker, Status.EMPTY, message)
    tokens = [SignalPoint.of_day(on, sum(row.tokens for row in rows)) for on, rows in own.items()]
    share = [SignalPoint.of_day(on, round(sum(row.share for row in rows), 9)) for on, rows in own.items()]
    return [target.series(maker, TOKENS, tokens, lacks), target.series(maker, SHARE, share, lacks)]


def read_page_copy(body: bytes) -> tuple[SignalReading, ...]:
    """The makers in a copy of the former rankings page, as a public collection keeps them; an import, never asked for.

    Raises FetchError for a copy without a maker, as that collection made them for 98 days after the page had changed.
    """
    copy = json_of(body)
    fetched = moment(text(copy, "meta", "fetched_at"))
    rows = items(copy, "market_share")
    if not rows:
        raise FetchError("200 and not one maker: the page had changed and its collector did not notice")
    if fetched is None or dig(copy, "meta", "source_url") != "https://openrouter.ai/rankings":
        raise LayoutChanged("the copy does not say what page it is of and when it was fetched")
    target = SignalTarget(OpenRouter.name, (), (SHOWN_TOKENS, SHOWN_SHARE))
    return tuple(reading for row in rows for reading in _of_copy(target, row, fetched))


def _of_copy(target: SignalTarget, row: object, fetched: str) -> list[SignalReading]:
    found = {SHOWN_TOKENS: count(row, "tokens"), SHOWN_SHARE: count(row, "share_pct")}
    return [
        target.series(text(row, "author") or "?", metric, [SignalPoint(value, None, fetched)])
        for metric, value in found.items()
        if value is not None
    ]
