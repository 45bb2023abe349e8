"""GitHub: a repository's stars and forks as they stand."""

from __future__ import annotations

import re
from datetime import date

from crawlers.signals._json import count, json_of, text
from crawlers.signals._series import Columns
from crawlers.signals._source import Period, SignalTarget, path_of, subjects_in, with_subjects
from essor.model.errors import Blocked, LayoutChanged
from essor.model.signals import Metric, Precision, SignalKind, SignalReading

STARS = Metric(
    "stars", "stars", SignalKind.CUMULATIVE, Precision.EXACT,
    "People who have starred the repository and not taken it back; attention, not use.",
)  # fmt: skip
FORKS = Metric("forks", "forks", SignalKind.CUMULATIVE, Precision.EXACT, "Copies made of the repository.")
_PATH = re.compile(r"/repos/([\w.-]+/[\w.-]+)|/repositories/\d+", re.ASCII)


class GitHub:
    """One repository a request."""

    name = "github"
    hosts: tuple[str, ...] = ("api.github.com",)
    parser_version = 1
    enabled_by_default = True
    at_once = 1
    every_hours = 24
    seconds_between_requests = 1.0
    revised_days = 0
    metrics: tuple[Metric, ...] = (STARS, FORKS)
    gives = "Stars and forks now; no history: star-by-star lists are restricted since 2026-06-30."
    limits = "60 requests an hour and address without a token."
    traps: tuple[str, ...] = (
        "A renamed repository answers 301 to /repositories/NUMBER and then under its new name: the reading says so.",
        "Totals fall when stars are taken back or accounts removed.",
        "A tracker once stored 0 stars after a run of 403s: a refusal is a blocked reading here, never a 0.",
    )
    robots = "An API made to be asked; robots.txt is fetched and obeyed all the same."
    terms = "GitHub's API terms."
    history: Columns | None = Columns("date", "repo", {"stars": STARS, "forks": FORKS})

    def period(self, today: date) -> Period:
        """No days: the answer is as of now."""
        return None, None

    def url(self, target: SignalTarget) -> str:
        """The address of a repository; behind the `#` its name, which outlives a redirect to a number."""
        return with_subjects(f"https://{self.hosts[0]}/repos/{target.subjects[0]}", target.subjects)

    def recognise(self, url: str) -> SignalTarget | None:
        """The repository that an address asks for; by its number only when the name stands behind a `#`."""
        found = _PATH.fullmatch(path_of(url, self.hosts) or "")
        name = subjects_in(url) or ((found[1],) if found and found[1] else ())
        return SignalTarget(self.name, name[:1], self.metrics) if found and name else None

    def parse(self, body: bytes, target: SignalTarget) -> tuple[SignalReading, ...]:
        """Stars and forks; a repository under another name than asked is the same one, renamed."""
        answer, asked = json_of(body), target.subjects[0]
        name = text(answer, "full_name")
        if name is None:
            raise _no_repository(text(answer, "message") or "")
        renamed = None if name.lower() == asked.lower() else f"{asked} is now {name}"
        values = {STARS: count(answer, "stargazers_count"), FORKS: count(answer, "forks_count")}
        return target.now(asked, values, renamed)


SOURCES = (GitHub(),)


def _no_repository(message: str) -> Blocked | LayoutChanged:
    if "rate limit" in message.lower():
        return Blocked(f"GitHub turns this client away: {message[:100]}")
    return LayoutChanged(f"the answer is JSON and no repository{f': {message[:100]}' if message else ''}")
