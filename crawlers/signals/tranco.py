"""Tranco: a domain's place in a list of the most used ones."""

from __future__ import annotations

import re
from datetime import date

from crawlers.signals._json import count, day, items, json_of, text
from crawlers.signals._series import Columns
from crawlers.signals._source import Period, SignalTarget, path_of
from essor.model.errors import LayoutChanged
from essor.model.observation import Status
from essor.model.signals import Metric, Precision, SignalKind, SignalPoint, SignalReading

RANK = Metric(
    "rank", "place", SignalKind.RANK, Precision.EXACT,
    "Place among all domains, over the 30 days up to the list's day, from several lists of use and look-ups.",
)  # fmt: skip
_PATH = re.compile(r"/api/ranks/domain/([\w.-]+)/?", re.ASCII)


class Tranco:
    """One registrable domain a request."""

    name = "tranco"
    hosts: tuple[str, ...] = ("tranco-list.eu",)
    parser_version = 1
    enabled_by_default = True
    at_once = 1
    every_hours = 24
    seconds_between_requests = 1.1
    revised_days = 0
    metrics: tuple[Metric, ...] = (RANK,)
    gives = "The rank on each of about the last 38 days."
    limits = "More than one request a second gives 429."
    traps: tuple[str, ...] = (
        "A subdomain such as gemini.google.com and a domain off the list both give an empty list with 200.",
        "Level shift on 2023-08-01: CrUX and Radar joined, Alexa left; since then Tranco is not independent of them.",
        "The ranks of this call are of registrable domains alone and differ from those of lists with subdomains.",
    )
    robots = "An API made to be asked; robots.txt is fetched and obeyed all the same."
    terms = "Cite Le Pochat et al., NDSS 2019, doi 10.14722/ndss.2019.23386; not for commercial use, in effect."
    history: Columns | None = None

    def period(self, today: date) -> Period:
        """No days: the answer is as of now."""
        return None, None

    def url(self, target: SignalTarget) -> str:
        """The address of a domain's ranks."""
        return f"https://{self.hosts[0]}/api/ranks/domain/{target.subjects[0]}"

    def recognise(self, url: str) -> SignalTarget | None:
        """The domain that an address asks for."""
        found = _PATH.fullmatch(path_of(url, self.hosts) or "")
        return SignalTarget(self.name, (found[1],), self.metrics) if found else None

    def parse(self, body: bytes, target: SignalTarget) -> tuple[SignalReading, ...]:
        """One series; none at all is a reading of its own, for it can mean two things."""
        answer, asked = json_of(body), target.subjects[0]
        if (came := text(answer, "domain")) != asked:
            raise LayoutChanged(f"asked for {asked}, and {(came or 'no domain')[:100]} came")
        rows = items(answer, "ranks")
        if not rows:
            message = f"no rank: {asked} is off the list or a subdomain, and Tranco does not say which"
            return (SignalReading(self.name, asked, RANK, Status.EMPTY, message),)
        points = [point for row in rows if (point := _point(row)) is not None]
        if not points:
            raise LayoutChanged(f"none of the {len(rows)} rows has a date and a rank")
        return (target.series(asked, RANK, points),)


SOURCES = (Tranco(),)


def _point(row: object) -> SignalPoint | None:
    on, rank = day(text(row, "date")), count(row, "rank")
    return SignalPoint(rank, None, on.isoformat()) if on is not None and rank else None
