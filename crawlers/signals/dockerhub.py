"""Docker Hub: how often a repository's images were pulled, as it stands."""

from __future__ import annotations

import re
from datetime import date

from crawlers.signals._json import count, json_of, text
from crawlers.signals._series import Columns
from crawlers.signals._source import Period, SignalTarget, path_of
from essor.model.errors import LayoutChanged
from essor.model.signals import Metric, Precision, SignalKind, SignalReading

PULLS = Metric(
    "pulls", "pulls", SignalKind.CUMULATIVE, Precision.EXACT,
    "Times an image of the repository was fetched, build machines included.",
)  # fmt: skip
STARS = Metric("stars", "stars", SignalKind.CUMULATIVE, Precision.EXACT, "People who have starred the repository.")
_PATH = re.compile(r"/v2/repositories/([\w.-]+/[\w.-]+)/?", re.ASCII)


class DockerHub:
    """One repository a request."""

    name = "dockerhub"
    hosts: tuple[str, ...] = ("hub.docker.com",)
    parser_version = 1
    enabled_by_default = True
    at_once = 1
    every_hours = 24
    seconds_between_requests = 2.0
    revised_days = 0
    metrics: tuple[Metric, ...] = (PULLS, STARS)
    gives = "Pulls and stars now; no history."
    limits = "Not documented; to confirm live."
    traps: tuple[str, ...] = ("The shape that this parser knows was recorded in 2017; to confirm live.",)
    robots = "Not known; fetched and obeyed."
    terms = "Not stated."
    history: Columns | None = None

    def period(self, today: date) -> Period:
        """No days: the answer is as of now."""
        return None, None

    def url(self, target: SignalTarget) -> str:
        """The address of a repository."""
        return f"https://{self.hosts[0]}/v2/repositories/{target.subjects[0]}/"

    def recognise(self, url: str) -> SignalTarget | None:
        """The repository that an address asks for."""
        found = _PATH.fullmatch(path_of(url, self.hosts) or "")
        return SignalTarget(self.name, (found[1],), self.metrics) if found else None

    def parse(self, body: bytes, target: SignalTarget) -> tuple[SignalReading, ...]:
        """Pulls and stars."""
        answer, asked = json_of(body), target.subjects[0]
        name = f"{text(answer, 'namespace')}/{text(answer, 'name')}"
        if name != asked:
            raise LayoutChanged(f"asked for {asked}, and {name} came")
        return target.now(asked, {PULLS: count(answer, "pull_count"), STARS: count(answer, "star_count")})


SOURCES = (DockerHub(),)
