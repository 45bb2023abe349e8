"""CrUX: the group of places that a site has among those people open in Chrome, by month."""

from __future__ import annotations

import re
from datetime import date, timedelta

from crawlers.signals._json import day
from crawlers.signals._series import Columns, unpacked
from crawlers.signals._source import Period, SignalTarget, path_of, subjects_in, with_subjects
from essor.model.errors import FetchError, LayoutChanged, SettingsError
from essor.model.observation import Status
from essor.model.signals import Metric, Precision, SignalKind, SignalPoint, SignalReading

RANK = Metric(
    "rank_bucket", "place", SignalKind.RANK_BUCKET, Precision.BUCKET,
    "The site is among so many first of the month; the order within a group is random.",
)  # fmt: skip
BUCKETS = (1_000, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000)
"""The bounds; the files of 2021 have 1,000, 10,000, 100,000 and 1,000,000 alone."""
LINES = 1_000_000
"""Sites in each file."""
_PATH = re.compile(r"/zakird/crux-top-lists/main/data/global/(\d{4})(\d{2})\.csv\.gz")


def host_of(origin: str) -> str:
    """The site that an origin such as ``"https://www.perplexity.ai"`` belongs to."""
    return origin.removeprefix("https://").removeprefix("www.")


class Crux:
    """One file a month for all sites; a site's key is its host without www."""

    name = "crux"
    hosts: tuple[str, ...] = ("raw.githubusercontent.com",)
    parser_version = 1
    enabled_by_default = True
    at_once = 200
    every_hours = 24 * 7
    seconds_between_requests = 5.0
    revised_days = 0
    metrics: tuple[Metric, ...] = (RANK,)
    gives = "A rank bucket a month from 2021-02 on, about six weeks after the month."
    limits = "9 MB a file, one a month."
    traps: tuple[str, ...] = (
        "The bound is not a rank: a figure shows the group, or the geometric mean of its bounds.",
        "ChatGPT, Gemini and Claude are all in the first 1,000 since mid-2026: it cannot tell the leaders apart.",
        "A site may miss one month alone (www.perplexity.ai in 2025-02): a gap, not a fall.",
        "The files of 2021 have four groups, later ones seven.",
    )
    robots = "Not known; fetched and obeyed."
    terms = "CC BY 4.0: Chrome UX Report (Google)."
    history: Columns | None = Columns("month", "origin", {"rank_bucket_upper_bound": RANK}, key=host_of)

    def period(self, today: date) -> Period:
        """The last month that should be out: it comes about 70 days after its first day."""
        return (today - timedelta(days=70)).replace(day=1), None

    def url(self, target: SignalTarget) -> str:
        """The address of a month's file."""
        if target.since is None:
            raise SettingsError("crux has a file a month: give a day of the month to ask for.")
        path = f"/zakird/crux-top-lists/main/data/global/{target.since:%Y%m}.csv.gz"
        return with_subjects(f"https://{self.hosts[0]}{path}", target.subjects)

    def recognise(self, url: str) -> SignalTarget | None:
        """The month and sites that an address asks for; None when no site is named, for nobody wants a million."""
        found, sites = _PATH.fullmatch(path_of(url, self.hosts) or ""), subjects_in(url)
        month = day(f"{found[1]}-{found[2]}-01") if found else None
        return SignalTarget(self.name, sites, self.metrics, month) if month and sites else None

    def parse(self, body: bytes, target: SignalTarget) -> tuple[SignalReading, ...]:
        """The bucket of each site: the best one of its origins with and without www."""
        lines = unpacked(body).replace(b"\r\n", b"\n")
        if not lines.startswith(b"origin,rank\n"):
            raise LayoutChanged("the file does not begin with the columns origin and rank")
        if not lines.endswith(b"\n"):
            raise FetchError("the file is cut short: its last line does not end")
        whole = lines.count(b"\n") - 1 >= LINES
        return tuple(_reading(target, site, lines, whole=whole) for site in target.subjects)


SOURCES = (Crux(),)


def _reading(target: SignalTarget, site: str, lines: bytes, *, whole: bool) -> SignalReading:
    """A site that is not in a whole file is below its cut; of a shorter file nothing follows."""
    origins = (f"https://{site}", f"https://www.{site}")
    found = [bucket for origin in origins if (bucket := _bucket(lines, origin)) is not None]
    if found and all(bucket in BUCKETS for bucket in found):
        month = target.since or date.min
        return target.series(site, RANK, (SignalPoint.of_month(month, min(found), f"first {min(found):,}"),))
    if found:
        message = f"{max(found)} is no bound that CrUX has had"
        return SignalReading(target.source, site, RANK, Status.LAYOUT_CHANGED, message)
    if whole:
        message = f"not among the first {LINES:,} of the month"
        return SignalReading(target.source, site, RANK, Status.EMPTY, message)
    message = f"not found, and the file holds fewer than {LINES:,} sites"
    return SignalReading(target.source, site, RANK, Status.FAILED, message)


def _bucket(lines: bytes, origin: str) -> int | None:
    start = f"\n{origin},".encode()
    at = lines.find(start)
    if at < 0:
        return None
    said = lines[at + len(start) : lines.find(b"\n", at + 1)]
    return int(said) if said.isdigit() and len(said) < 10 else -1  # noqa: PLR2004 - a million has seven
