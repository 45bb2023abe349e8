"""What every spider of a store does: ask, read, ask again, and leave nothing unsaid."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import scrapy
from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawlers.answers import followed, status_of, unanswered
from crawlers.crawl import IN_VAIN, Crawl, Looked
from crawlers.pace import RunStopped
from crawlers.sources import Reading
from crawlers.unreached import NO_ANSWER, why_no_answer
from essor.model.errors import FetchError
from essor.model.observation import Status

_MOST_HOPS = 5


class StoreSpider(scrapy.Spider):
    """One item an answer; each attempt is a reading of its own."""

    name = "store"

    def __init__(self, crawl: Crawl, **arguments: Any) -> None:  # noqa: ANN401 - Scrapy's own
        super().__init__(**arguments)
        self.crawl = crawl

    async def start(self) -> AsyncIterator[Request]:
        """A request for each thing to ask for."""
        for source, target in self.crawl.looks:
            yield self._request(source.url(target), source=source, target=target, attempt=1, hops=0)

    def parse(self, response: Response) -> Iterator[Looked | Request]:
        """The readings of an answer, and the next request when it was none to keep."""
        meta, kept = response.meta, response.meta["kept"]
        elsewhere = followed(kept.answer)
        if elsewhere is None:
            yield from self._concluded_or_again(meta, kept.readings)
        elif meta["hops"] < _MOST_HOPS:
            yield self._request(elsewhere, **_of_target(meta) | {"hops": meta["hops"] + 1})
        else:
            yield Looked(self._unanswered(meta, Status.FAILED, "sent on too many times"), concluded=True)

    def errback(self, failure: Failure) -> Iterator[Looked | Request]:
        """The readings of a look that brought no answer, and the next request when another may."""
        request: Request = failure.request  # type: ignore[attr-defined] # Scrapy puts it there
        meta, error = request.meta, failure.value
        if isinstance(error, RunStopped):
            return
        if isinstance(error, FetchError):
            yield Looked(self._unanswered(meta, status_of(error), str(error)), concluded=True)
        elif isinstance(error, NO_ANSWER):
            message = why_no_answer(error, self._host(meta), self.crawl.settings.pace.timeout)
            yield from self._concluded_or_again(meta, self._unanswered(meta, Status.FAILED, message))
        else:
            failure.raiseException()

    def _concluded_or_again(self, meta: dict[str, Any], found: tuple[Reading, ...]) -> Iterator[Looked | Request]:
        in_vain = {reading.status for reading in found} <= IN_VAIN
        again = in_vain and self.crawl.pace.may_try_again(self._host(meta), meta["attempt"])
        yield Looked(found, concluded=not again)
        if again:
            url = meta["source"].url(meta["target"])
            yield self._request(url, **_of_target(meta) | {"attempt": meta["attempt"] + 1, "hops": 0})

    def _unanswered(self, meta: dict[str, Any], status: Status, message: str) -> tuple[Reading, ...]:
        crawl, source, target = self.crawl, meta["source"], meta["target"]
        return unanswered(source, target, status, message, observed_at=crawl.now(), run_id=crawl.run_id)

    def _host(self, meta: dict[str, Any]) -> str:
        return urlsplit(meta["source"].url(meta["target"])).hostname or ""

    def _request(self, url: str, **meta: Any) -> Request:  # noqa: ANN401 - Scrapy's meta
        form = urlsplit(url).fragment
        return Request(
            url,
            method="POST" if form else "GET",
            body=form,
            headers={"Content-Type": "application/x-www-form-urlencoded"} if form else None,
            callback=self.parse,
            errback=self.errback,
            dont_filter=True,
            meta=meta,
        )


def _of_target(meta: dict[str, Any]) -> dict[str, Any]:
    return {key: meta[key] for key in ("source", "target", "attempt", "hops")}
