"""PyPI: how often a Python package is downloaded, from pypistats.org."""

from __future__ import annotations

import re
from datetime import date
from itertools import chain

from crawlers.signals._json import count, day, dig, items, json_of, text
from crawlers.signals._series import Columns
from crawlers.signals._source import Period, SignalTarget, path_of
from essor.model.errors import FetchError, LayoutChanged
from essor.model.signals import Metric, Precision, SignalKind, SignalPoint, SignalReading

DOWNLOADS_1D = Metric(
    "downloads_1d", "downloads", SignalKind.DAILY, Precision.EXACT,
    "Downloads on one day without those of mirrors; build machines are most of them.",
)  # fmt: skip
LAST_DAY = Metric(
    "downloads_last_day", "downloads", SignalKind.DAILY, Precision.EXACT, "The same on the last day, undated."
)
LAST_WEEK = Metric(
    "downloads_7d", "downloads", SignalKind.TRAILING_7_DAYS, Precision.EXACT, "The same in the last 7 days."
)
LAST_MONTH = Metric(
    "downloads_30d", "downloads", SignalKind.TRAILING_30_DAYS, Precision.EXACT, "The same in the last 30 days."
)
_PATH = re.compile(r"/api/packages/([\w.-]+)/(overall|recent)/?", re.ASCII)
_WITHOUT_MIRRORS = "without_mirrors"


class PyPiOverall:
    """The last 180 days of one package, day by day."""

    name = "pypi_overall"
    hosts: tuple[str, ...] = ("pypistats.org",)
    parser_version = 1
    enabled_by_default = True
    at_once = 1
    every_hours = 24
    seconds_between_requests = 2.0
    revised_days = 2
    metrics: tuple[Metric, ...] = (DOWNLOADS_1D,)
    gives = "Downloads a day for the last 180 days."
    limits = "429 on bursts: at least 2 s between packages."
    traps: tuple[str, ...] = (
        "Days with and without mirrors stand in one list: only those without are read.",
        "180 days are kept: a day that was not fetched in time is gone.",
    )
    robots = "An API made to be asked; robots.txt is fetched and obeyed all the same."
    terms = "Public data."
    history: Columns | None = None

    def period(self, today: date) -> Period:
        """No days: the answer is as of now."""
        return None, None

    def url(self, target: SignalTarget) -> str:
        """The address of a package's days."""
        return f"https://{self.hosts[0]}/api/packages/{target.subjects[0]}/overall"

    def recognise(self, url: str) -> SignalTarget | None:
        """The package that an address asks for."""
        return _target(self.name, "overall", path_of(url, self.hosts), self.metrics)

    def parse(self, body: bytes, target: SignalTarget) -> tuple[SignalReading, ...]:
        """One series."""
        rows = items(_answer(body, target), "data")
        points = list(chain.from_iterable(map(_point, rows)))
        if not rows:
            raise FetchError("200 without a single day")
        if not points:
            raise LayoutChanged(f"none of the {len(rows)} rows is a day without mirrors")
        return (target.series(target.subjects[0], DOWNLOADS_1D, points),)


class PyPiRecent:
    """The last day, week and month of one package."""

    name = "pypi_recent"
    hosts: tuple[str, ...] = ("pypistats.org",)
    parser_version = 1
    enabled_by_default = True
    at_once = 1
    every_hours = 24
    seconds_between_requests = 2.0
    revised_days = 0
    metrics: tuple[Metric, ...] = (LAST_DAY, LAST_WEEK, LAST_MONTH)
    gives = "Downloads of the last day, 7 days and 30 days; a table of the 30-day figure since 2018 can be imported."
    limits = PyPiOverall.limits
    traps: tuple[str, ...] = (
        "The answer does not say which days it counts.",
        "In the table a package is missing while it is below the cut of its list (4,000, later 15,000): not a 0.",
    )
    robots = PyPiOverall.robots
    terms = PyPiOverall.terms
    history: Columns | None = Columns("snapshot_last_update", "project", {"downloads_30d": LAST_MONTH})

    def period(self, today: date) -> Period:
        """No days: the answer is as of now."""
        return None, None

    def url(self, target: SignalTarget) -> str:
        """The address of a package's last days."""
        return f"https://{self.hosts[0]}/api/packages/{target.subjects[0]}/recent"

    def recognise(self, url: str) -> SignalTarget | None:
        """The package that an address asks for."""
        return _target(self.name, "recent", path_of(url, self.hosts), self.metrics)

    def parse(self, body: bytes, target: SignalTarget) -> tuple[SignalReading, ...]:
        """Three figures as they stand."""
        data = dig(_answer(body, target), "data")
        if not data:
            raise FetchError("200 without a figure")
        keys = {LAST_DAY: "last_day", LAST_WEEK: "last_week", LAST_MONTH: "last_month"}
        return target.now(target.subjects[0], {metric: count(data, key) for metric, key in keys.items()})


SOURCES = (PyPiOverall(), PyPiRecent())


def _target(source: str, kind: str, path: str | None, metrics: tuple[Metric, ...]) -> SignalTarget | None:
    found = _PATH.fullmatch(path or "")
    return SignalTarget(source, (found[1],), metrics) if found and found[2] == kind else None


def _answer(body: bytes, target: SignalTarget) -> object:
    """The answer, checked to be of this package; case and the marks - _ . make no difference in a name."""
    answer, asked = json_of(body), target.subjects[0]
    package = text(answer, "package") or ""
    if _plain(package) != _plain(asked):
        raise LayoutChanged(f"asked for {asked}, and {package[:100] or 'no package'} came")
    return answer


def _plain(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def _point(row: object) -> list[SignalPoint]:
    on, downloads = day(text(row, "date")), count(row, "downloads")
    if text(row, "category") != _WITHOUT_MIRRORS or on is None or downloads is None:
        return []
    return [SignalPoint.of_day(on, downloads)]
