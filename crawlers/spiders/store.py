"""What every spider of a store does: ask, read, ask again, and leave nothing unsaid."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import scrapy
from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawlers.answers import Answer, followed, readings, retry_after, status_of, unanswered
from crawlers.crawl import Crawl, Looked
from crawlers.pace import RunStopped
from crawlers.sources import Reading, Source, Target
from crawlers.unreached import NO_CONNECTION, why_no_answer
from essor.model.errors import Blocked, FetchError
from essor.model.observation import Capture, Status

_TRY_AGAIN = frozenset({Status.BLOCKED, Status.FAILED})
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
        answer, capture = response.meta["captured"]
        elsewhere = followed(answer)
        if elsewhere is None:
            yield from self._judge(response.meta, answer, capture)
        elif response.meta["hops"] < _MOST_HOPS:
            yield self._request(elsewhere, **_kept(response.meta) | {"hops": response.meta["hops"] + 1})
        else:
            yield from self._without_answer(response.meta, Status.FAILED, "sent on too many times", again=False)

    def errback(self, failure: Failure) -> Iterator[Looked | Request]:
        """The readings of a look that brought no answer, and the next request when another may."""
        request: Request = failure.request  # type: ignore[attr-defined] # Scrapy puts it there
        meta, error, host = request.meta, failure.value, urlsplit(request.url).hostname or ""
        if isinstance(error, RunStopped):
            return
        if isinstance(error, FetchError):
            yield from self._without_answer(meta, status_of(error), str(error), again=False)
            return
        message = why_no_answer(error, host, self.crawl.settings.pace.timeout)
        if isinstance(error, NO_CONNECTION) and self._last(meta):
            self.crawl.pace.give_up(host, f"{host} could not be reached in {meta['attempt']} attempts")
        yield from self._without_answer(meta, Status.FAILED, message, again=True)

    def _judge(self, meta: dict[str, Any], answer: Answer, capture: Capture) -> Iterator[Looked | Request]:
        found = readings(answer, capture, self.crawl.run_id)
        statuses = {reading.status for reading in found}
        again = statuses <= _TRY_AGAIN and self._wait(meta, answer, blocked=Status.BLOCKED in statuses)
        yield Looked(found, concluded=not again)
        if again:
            yield self._next(meta)

    def _wait(self, meta: dict[str, Any], answer: Answer, *, blocked: bool) -> bool:
        """Slows the host down after a block or a failure; whether to ask again."""
        host, pace = urlsplit(answer.url).hostname or "", self.crawl.pace
        asked = retry_after(answer)
        if asked is not None and asked > self.crawl.settings.pace.longest_backoff:
            pace.give_up(host, f"{host} asked to wait {asked:g} s, longer than pace.longest_backoff", Blocked)
            return False
        if blocked or not self._last(meta):
            pace.pause(host, max(pace.backoff(meta["attempt"]), asked or 0.0))
        return not self._last(meta)

    def _without_answer(
        self, meta: dict[str, Any], status: Status, message: str, *, again: bool
    ) -> Iterator[Looked | Request]:
        source, target, crawl = meta["source"], meta["target"], self.crawl
        again = again and not self._last(meta)
        yield Looked(self._unanswered(source, target, status, message), concluded=not again)
        if again:
            host = urlsplit(source.url(target)).hostname or ""
            crawl.pace.pause(host, crawl.pace.backoff(meta["attempt"]))
            yield self._next(meta)

    def _unanswered(self, source: Source[Any], target: Target, status: Status, message: str) -> tuple[Reading, ...]:
        crawl = self.crawl
        return unanswered(source, target, status, message, observed_at=crawl.now(), run_id=crawl.run_id)

    def _last(self, meta: dict[str, Any]) -> bool:
        return bool(meta["attempt"] >= self.crawl.settings.pace.attempts)

    def _next(self, meta: dict[str, Any]) -> Request:
        url = meta["source"].url(meta["target"])
        return self._request(url, **_kept(meta) | {"attempt": meta["attempt"] + 1, "hops": 0})

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


def _kept(meta: dict[str, Any]) -> dict[str, Any]:
    return {key: meta[key] for key in ("source", "target", "attempt", "hops")}
