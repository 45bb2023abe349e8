"""Hugging Face: downloads and likes of a model, or of an author's models, as they stand."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import parse_qs, urlsplit

from crawlers.signals._json import count, json_of, text
from crawlers.signals._series import Columns
from crawlers.signals._source import Period, SignalTarget, path_of, subjects_in, with_subjects
from essor.model.errors import FetchError, LayoutChanged
from essor.model.signals import Metric, Precision, SignalKind, SignalReading

DOWNLOADS_30D = Metric(
    "downloads_30d", "downloads", SignalKind.TRAILING_30_DAYS, Precision.EXACT,
    "Requests for a model's query files such as config.json in the last 30 days; build machines inflate it.",
)  # fmt: skip
DOWNLOADS = Metric(
    "downloads", "downloads", SignalKind.CUMULATIVE, Precision.EXACT,
    "The same since the model came out; it can fall from one day to the next.",
)  # fmt: skip
LIKES = Metric("likes", "likes", SignalKind.CUMULATIVE, Precision.EXACT, "People who have liked the model.")
LONGEST_LIST = 50
"""Models of an author in one answer, the most downloaded ones."""
_FIELDS = "expand[]=downloads&expand[]=downloadsAllTime&expand[]=likes"
_PATH = re.compile(r"/api/models(?:/([\w.-]+/[\w.-]+))?", re.ASCII)


class HuggingFace:
    """One model a request, or the most downloaded models of one author; an author's key has no slash."""

    name = "huggingface"
    hosts: tuple[str, ...] = ("huggingface.co",)
    parser_version = 1
    enabled_by_default = True
    at_once = 1
    every_hours = 24
    seconds_between_requests = 1.0
    revised_days = 0
    metrics: tuple[Metric, ...] = (DOWNLOADS_30D, DOWNLOADS, LIKES)
    gives = "Downloads in 30 days, downloads ever and likes of a model now; no history."
    limits = "500 API requests an address in 5 minutes without a token."
    traps: tuple[str, ...] = (
        "downloadsAllTime comes only when asked for by expand[], and it can fall (huggingface_hub#4365).",
        "The 30-day figure has had days with half a month missing (hub-docs#154).",
        "An author's answer is a list of the first 50 models by downloads, and which ones they are changes.",
        "A renamed model answers under its new id: the reading says so.",
    )
    robots = "An API made to be asked; robots.txt is fetched and obeyed all the same."
    terms = "Hugging Face's API terms; to confirm."
    history: Columns | None = None

    def period(self, today: date) -> Period:
        """No days: the answer is as of now."""
        return None, None

    def url(self, target: SignalTarget) -> str:
        """The address of a model, or of an author's list."""
        key = target.subjects[0]
        if "/" in key:
            return with_subjects(f"https://{self.hosts[0]}/api/models/{key}?{_FIELDS}", target.subjects)
        query = f"author={key}&sort=downloads&direction=-1&limit={LONGEST_LIST}&{_FIELDS}"
        return f"https://{self.hosts[0]}/api/models?{query}"

    def recognise(self, url: str) -> SignalTarget | None:
        """The model or author that an address asks for; the name behind a `#` outlives a redirect."""
        found = _PATH.fullmatch(path_of(url, self.hosts) or "")
        author = parse_qs(urlsplit(url).query).get("author", [])
        key = (found and found[1] and (subjects_in(url) or (found[1],))) or tuple(author)
        return SignalTarget(self.name, key[:1], self.metrics) if found and key else None

    def parse(self, body: bytes, target: SignalTarget) -> tuple[SignalReading, ...]:
        """The figures of each model that the answer holds."""
        answer, asked = json_of(body), target.subjects[0]
        if isinstance(answer, list) and "/" not in asked:
            return self._list(answer, target)
        name = text(answer, "id")
        if name is None:
            raise LayoutChanged(f"the answer is JSON and no model: {(text(answer, 'error') or '')[:100]}")
        renamed = None if name.lower() == asked.lower() else f"{asked} is now {name}"
        return target.now(asked, _values(answer), renamed)

    def _list(self, models: list[object], target: SignalTarget) -> tuple[SignalReading, ...]:
        if not models:
            raise FetchError(f"200 and not one model of {target.subjects[0]}")
        named = {name: model for model in models if (name := text(model, "id")) is not None}
        if not named:
            raise LayoutChanged("the answer is a list and none of it has an id")
        return tuple(reading for name, model in named.items() for reading in target.now(name, _values(model)))


SOURCES = (HuggingFace(),)


def _values(model: object) -> dict[Metric, float | None]:
    return {
        DOWNLOADS_30D: count(model, "downloads"),
        DOWNLOADS: count(model, "downloadsAllTime"),
        LIKES: count(model, "likes"),
    }
