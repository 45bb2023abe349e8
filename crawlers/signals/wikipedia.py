"""Wikipedia: how often people read an article of the English one."""

from __future__ import annotations

import re
from datetime import date, timedelta
from urllib.parse import quote, unquote, urlsplit

from crawlers.signals._json import count, day, items, json_of, text
from crawlers.signals._series import Columns
from crawlers.signals._source import Period, SignalTarget
from essor.model.errors import Blocked, FetchError, LayoutChanged, SettingsError
from essor.model.signals import Metric, Precision, SignalKind, SignalPoint, SignalReading

MONTHLY_VIEWS = Metric(
    "views_1mo", "views", SignalKind.MONTHLY, Precision.EXACT,
    "Views of the article under this one title in a month, those of declared robots left out.",
)  # fmt: skip
DAILY_VIEWS = Metric(
    "views_1d", "views", SignalKind.DAILY, Precision.EXACT,
    "Views of the article under this one title on a day, those of declared robots left out.",
)  # fmt: skip
_BASE = "/api/rest_v1/metrics/pageviews/per-article/en.wikipedia/all-access/user"
_PATH = re.compile(_BASE + r"/([^/]+)/(daily|monthly)/(\d{8})(?:00)?/(\d{8})(?:00)?")
_TOO_MANY = b"You are making too many requests"


class WikipediaMonthly:
    """One title a request, by month."""

    name = "wikipedia_monthly"
    hosts: tuple[str, ...] = ("wikimedia.org",)
    parser_version = 1
    enabled_by_default = True
    at_once = 1
    every_hours = 24 * 7
    seconds_between_requests = 1.0
    revised_days = 2
    metrics: tuple[Metric, ...] = (MONTHLY_VIEWS,)
    gives = "Views a month from 2015-07 on."
    limits = "About 200 requests a minute with a User-Agent that names a contact, 10 without; at most 3 at once."
    traps: tuple[str, ...] = (
        "Titles move and redirects are not followed: the views of all titles that the page has had are summed.",
        "404 is an unknown title, a time before the article or a range of zeros alike: missing, never 0.",
        "The running month comes back partial: it is left out when the target says up to when it asks.",
        "A generic User-Agent gets 403. Robots have come in surges (ChatGPT, June 2025).",
    )
    robots = "An API made to be asked; robots.txt is fetched and obeyed all the same."
    terms = "CC0."
    history: Columns | None = Columns("month", "article", {"views": MONTHLY_VIEWS})
    granularity = "monthly"

    def period(self, today: date) -> Period:
        """Every month: one answer holds them all."""
        return date(2015, 7, 1), today - timedelta(days=1)

    def url(self, target: SignalTarget) -> str:
        """The address of a title's views between two days."""
        if target.since is None or target.until is None:
            raise SettingsError(f"{self.name} has no open range: give the first and last day to ask for.")
        title = quote(target.subjects[0].replace(" ", "_"), safe="()_")
        return f"https://{self.hosts[0]}{_BASE}/{title}/{self.granularity}/{target.since:%Y%m%d}/{target.until:%Y%m%d}"

    def recognise(self, url: str) -> SignalTarget | None:
        """The title and days that an address asks for."""
        parts = urlsplit(url)
        found = _PATH.fullmatch(parts.path) if parts.hostname in self.hosts else None
        if found is None or found[2] != self.granularity:
            return None
        since, until = day(_dashed(found[3])), day(_dashed(found[4]))
        return SignalTarget(self.name, (unquote(found[1]),), self.metrics, since, until) if since and until else None

    def parse(self, body: bytes, target: SignalTarget) -> tuple[SignalReading, ...]:
        """One series."""
        if body.lstrip().startswith(_TOO_MANY):
            raise Blocked("too many requests: Wikimedia turns this client away")
        rows = items(json_of(body), "items")
        if not rows:
            raise FetchError("200 without a single item")
        self._refuse_others(rows, target.subjects[0].replace(" ", "_"))
        points = [point for row in rows if (point := self._point(row)) is not None]
        if not points:
            raise LayoutChanged(f"none of the {len(rows)} items has a time and a number of views")
        return (target.series(target.subjects[0], self.metrics[0], points),)

    def _refuse_others(self, rows: list[object], title: str) -> None:
        expected = {"article": title, "granularity": self.granularity, "agent": "user"}
        for name, value in expected.items():
            if came := {text(row, name) or "nothing" for row in rows} - {value}:
                raise LayoutChanged(f"asked for {name} {value}, and {sorted(came)[0][:100]} came")

    def _point(self, row: object) -> SignalPoint | None:
        on, views = day(_dashed((text(row, "timestamp") or "")[:8])), count(row, "views")
        return None if on is None or views is None else self._placed(on, views)

    def _placed(self, on: date, views: float) -> SignalPoint:
        return SignalPoint.of_month(on, views)


class WikipediaDaily(WikipediaMonthly):
    """One title a request, by day."""

    name = "wikipedia_daily"
    every_hours = 24
    metrics: tuple[Metric, ...] = (DAILY_VIEWS,)
    gives = "Views a day from 2015-07 on."
    history: Columns | None = None
    granularity = "daily"

    def period(self, today: date) -> Period:
        """The last two months."""
        return today - timedelta(days=62), today - timedelta(days=1)

    def _placed(self, on: date, views: float) -> SignalPoint:
        return SignalPoint.of_day(on, views)


SOURCES = (WikipediaMonthly(), WikipediaDaily())


def _dashed(digits: str) -> str:
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
