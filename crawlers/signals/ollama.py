"""Ollama: how often each model of its library was pulled, as its page shows it."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

from crawlers.signals._series import Columns
from crawlers.signals._source import Period, SignalTarget, path_of, subjects_in, with_subjects
from essor.model.errors import FetchError, LayoutChanged
from essor.model.observation import Status
from essor.model.signals import Metric, Precision, SignalKind, SignalPoint, SignalReading

PULLS = Metric(
    "pulls", "pulls", SignalKind.CUMULATIVE, Precision.ROUNDED,
    "Times a model was fetched, to two or three digits: a large one moves in steps, so it is drawn by the week.",
)  # fmt: skip
_SUFFIXES = {"": 1, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}
_MODEL = re.compile(r'href="/library/([\w.-]+)"', re.ASCII)
_PULLS = re.compile(
    r"x-test-pull-count[^<>]{0,200}>([^<>]{0,20})<|<span[^<>]{0,200}>([^<>]{0,20})</span>\s*<span[^<>]{0,200}>\s*Pulls"
)
_NUMBER = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,6}(?:\.\d{1,3})?)\s*([KMB]?)")


class Ollama:
    """One page for all models."""

    name = "ollama"
    hosts: tuple[str, ...] = ("ollama.com",)
    parser_version = 1
    enabled_by_default = True
    confirmed = False
    at_once = 300
    every_hours = 24
    seconds_between_requests = 5.0
    revised_days = 0
    metrics: tuple[Metric, ...] = (PULLS,)
    gives = "Pulls of every model of the library now; tables of daily figures since 2025-07-17 can be imported."
    limits = "One page a day holds everything."
    traps: tuple[str, ...] = (
        "Figures are rounded: a day's difference is a multiple of the rounding step.",
        "A broken selector elsewhere stored -1; a figure that cannot be read is a failed reading here.",
        'A model that leaves the library is missing, which is no 0; "updated" is the time since its last upload.',
        "This parser was written from a description of the page, without a capture of it: unconfirmed.",
    )
    robots = "Not known; fetched and obeyed."
    terms = "Not stated."
    history: Columns | None = Columns("captured_at", "model", {"pulls_rounded": PULLS}, text="pulls_text")

    def period(self, today: date) -> Period:
        """No days: the answer is as of now."""
        return None, None

    def url(self, target: SignalTarget) -> str:
        """The address of the library."""
        return with_subjects(f"https://{self.hosts[0]}/library", target.subjects)

    def recognise(self, url: str) -> SignalTarget | None:
        """The models of the library, or of a page of the search."""
        if path_of(url, self.hosts) not in ("/library", "/search"):
            return None
        return SignalTarget(self.name, subjects_in(url), self.metrics)

    def parse(self, body: bytes, target: SignalTarget) -> tuple[SignalReading, ...]:
        """The pulls of each model asked for, or of all when none is named."""
        shown = _shown(body.decode("utf-8", "replace"))
        if not shown:
            raise LayoutChanged("the page has no model with a number of pulls")
        if b"</html>" not in body.lower():
            raise FetchError(f"the answer is cut short: a page without its end after {len(body):,} bytes")
        return tuple(_reading(target, model, shown.get(model)) for model in target.subjects or shown)


SOURCES = (Ollama(),)


def _shown(page: str) -> dict[str, str]:
    """What the page shows as pulls, by model; the figure stands between a model's link and the next one's."""
    links = list(_MODEL.finditer(page))
    found = {}
    for link, end in zip(links, [*(link.start() for link in links[1:]), len(page)], strict=False):
        pulls = _PULLS.search(unescape(page[link.end() : end]))
        if pulls is not None:
            found[link[1]] = (pulls[1] or pulls[2] or "").strip()
    return found


def _reading(target: SignalTarget, model: str, said: str | None) -> SignalReading:
    if said is None:
        return SignalReading(target.source, model, PULLS, Status.NOT_AVAILABLE, "the library does not list this model")
    pulls = pulls_of(said)
    if pulls is None:
        return SignalReading(target.source, model, PULLS, Status.LAYOUT_CHANGED, f"{said[:50]!r} is no number of pulls")
    return SignalReading(target.source, model, PULLS, Status.COMPLETE, None, (SignalPoint(pulls, text=said),))


def pulls_of(said: str) -> float | None:
    """The number that a text such as ``"53.4M"`` stands for; None when it is no such text."""
    found = _NUMBER.fullmatch(said)
    return float(round(float(found[1].replace(",", "")) * _SUFFIXES[found[2]])) if found else None
