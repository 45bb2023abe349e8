"""Between the spiders and the network: robots.txt, the pace, the archive, and every setting of Scrapy."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self
from urllib.parse import urldefrag, urljoin, urlsplit

from protego import Protego
from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawlers.answers import Answer, decoded, retry_after
from crawlers.crawl import Crawl, Looked
from crawlers.unreached import NO_ANSWER, NO_CONNECTION, why_no_answer
from essor import logs
from essor.model.errors import Blocked, FetchError, Refused
from essor.settings import Settings

_LOG = logs.logger(__name__)
AGENT = "essor"
"""The name by which robots.txt may address us."""
_ROBOTS_HOPS = 5
"""RFC 9309: follow at least five redirects."""


class RobotsUnreadable(FetchError):
    """robots.txt could not be had, which RFC 9309 takes as a complete refusal."""


def scrapy_settings(settings: Settings) -> dict[str, Any]:
    """Every setting of Scrapy: our own parts, few of its own, and nothing that repeats or hides what we do."""
    pace = settings.pace
    return {
        "DOWNLOAD_HANDLERS": dict.fromkeys(("http", "https"), KeepingDownloadHandler),
        "DOWNLOADER_MIDDLEWARES_BASE": {
            "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
            "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
            "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
        },
        "DOWNLOADER_MIDDLEWARES": {RobotsMiddleware: 100},
        "SPIDER_MIDDLEWARES_BASE": {},  # a 403 is an answer to read like any other
        "ITEM_PIPELINES": {LandingPipeline: 100},
        "EXTENSIONS_BASE": {},
        "DEFAULT_REQUEST_HEADERS": {"Accept": "*/*", "Accept-Encoding": "gzip"},
        "USER_AGENT": settings.user_agent,
        "CONCURRENT_REQUESTS": 64,
        "CONCURRENT_REQUESTS_PER_DOMAIN": pace.requests_at_once,
        "DOWNLOAD_DELAY": 0,  # `Pace` gives the turns
        "DOWNLOAD_TIMEOUT": pace.timeout,
        "DOWNLOAD_FAIL_ON_DATALOSS": False,  # a cut answer is kept, and read as failed
        "DOWNLOAD_MAXSIZE": 64 << 20,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,  # what an impostor answers is no evidence
        "COMPRESSION_ENABLED": False,  # the archive holds the body as it was sent
        "COOKIES_ENABLED": False,
        "RETRY_ENABLED": False,  # every attempt is a reading, so that the spiders retry
        "REDIRECT_ENABLED": False,  # every answer is archived, so that the spiders follow
        "ROBOTSTXT_OBEY": False,  # `RobotsMiddleware` does, by RFC 9309 and by source
        "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
        "TELNETCONSOLE_ENABLED": False,
        "LOG_LEVEL": "CRITICAL",
        "LOG_INSTALL_ROOT_HANDLER": False,
    }


def crawl_of(crawler: Crawler) -> Crawl:
    """What the parts of this crawl share."""
    crawl: Crawl = crawler.spider.crawl  # type: ignore[union-attr] # every spider of ours has it
    return crawl


class KeepingDownloadHandler(HTTP11DownloadHandler):
    """Asks in turn, at the address that is set for the host, and archives each answer before anyone reads it."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._crawl = crawl_of(crawler)
        at_once = self._crawl.settings.pace.requests_at_once
        self._places: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(at_once))

    async def download_request(self, request: Request) -> Response:
        """The answer; `request.meta["kept"]` then holds it with its readings. Raises what `Pace.turn` raises.

        The host is slowed down here, where its next turn cannot come first. Scrapy's own limit a host lets requests by
        that come to it at one moment, as those that have waited for robots.txt do (2.19.0): the places are ours.
        """
        async with self._places[urlsplit(request.url).hostname or ""]:
            return await self._in_turn(request)

    async def _in_turn(self, request: Request) -> Response:
        host, attempt, pace = urlsplit(request.url).hostname or "", request.meta.get("attempt", 1), self._crawl.pace
        await self._turn(host, trial="source" in request.meta)
        try:
            with self._timed(host):
                response = await self._ask(request)
        except NO_CONNECTION:
            pace.after_silence(host, attempt)
            self._crawl.manners.undecided(host)
            raise
        except NO_ANSWER:
            pace.after_trouble(host, attempt)
            self._crawl.manners.undecided(host)
            raise
        request.meta["kept"] = kept = self._crawl.keep(_answer(request, response, self._crawl.now()))
        _LOG.debug("answered", url=request.url, http_status=response.status, bytes=len(response.body), attempt=attempt)
        self._crawl.slow_down_after(kept, attempt)
        return response

    @contextmanager
    def _timed(self, host: str) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        finally:
            self._crawl.manners.took(host, time.monotonic() - begun)

    async def _turn(self, host: str, *, trial: bool) -> None:
        """Waits for the host's turn, here and among all runs. Raises what gives the host up."""
        crawl = self._crawl
        await crawl.pace.turn(host)
        try:
            while wait := crawl.manners.ask(host, trial=trial):
                await asyncio.sleep(wait)
                crawl.pace.check(host)
        except FetchError as error:
            crawl.pace.give_up(host, str(error), type(error))
        finally:
            crawl.land_pauses()
        crawl.pace.check(host)

    async def _ask(self, request: Request) -> Response:
        address = self._crawl.address(request.url)
        if address == request.url:
            return await super().download_request(request)
        headers = {**request.headers, "X-Forwarded-Host": urlsplit(request.url).netloc}
        response = await super().download_request(request.replace(url=address, headers=headers))
        return response.replace(url=request.url)


def _answer(request: Request, response: Response, now: datetime) -> Answer:
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    )
    return Answer(request.url, response.status, headers, response.body, now, cut="dataloss" in response.flags)


class RobotsMiddleware:
    """Sends no request that robots.txt refuses, by RFC 9309: 2xx is read, 4xx allows all, all else refuses all."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._rules: dict[str, asyncio.Task[Protego | None]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """How Scrapy makes it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raises Refused when robots.txt refuses the address, RobotsUnreadable when it cannot be had."""
        source = request.meta.get("source")
        if source is None:  # robots.txt itself
            return
        crawl, parts = crawl_of(self._crawler), urlsplit(request.url)
        crawl.pace.check(parts.hostname or "")
        if not crawl.settings.source(source.name).obey_robots:
            return
        rules = await self._rules_of(f"{parts.scheme}://{parts.netloc}/robots.txt")
        if rules is not None and not rules.can_fetch(urldefrag(request.url).url, AGENT):
            raise Refused(
                f"robots.txt of {parts.hostname} refuses this address. An operator who may ask it nevertheless sets "
                f"obey_robots = false and a reason under [sources.{source.name}] in essor.toml"
            )

    async def _rules_of(self, url: str) -> Protego | None:
        if url not in self._rules:
            self._rules[url] = asyncio.ensure_future(self._read(url))
        return await asyncio.shield(self._rules[url])

    async def _read(self, url: str) -> Protego | None:
        """The rules, None when there are none; asked for again as often as anything else."""
        crawl = crawl_of(self._crawler)
        host, attempts = urlsplit(url).hostname or "", crawl.settings.pace.attempts
        why: FetchError | None = None
        for attempt in range(1, attempts + 1):
            try:
                return _rules(await self._ask(url))
            except FetchError as error:
                why = error
            crawl.pace.check(host)
            if attempt < attempts:
                wait = why.retry_after if isinstance(why, Blocked) and why.retry_after else 0.0
                longest = crawl.settings.pace.longest_backoff
                crawl.pace.pause(host, min(max(wait, crawl.pace.backoff(attempt)), longest))
        raise RobotsUnreadable(f"not asked: robots.txt of {host} could not be read ({why}), which counts as a refusal")

    async def _ask(self, url: str) -> Answer:
        for _ in range(_ROBOTS_HOPS + 1):
            request = Request(url, callback=NO_CALLBACK, dont_filter=True, priority=1000)
            try:
                await self._crawler.engine.download_async(request)
            except NO_ANSWER as error:
                host, timeout = urlsplit(url).hostname or "", crawl_of(self._crawler).settings.pace.timeout
                raise FetchError(why_no_answer(error, host, timeout)) from error
            answer: Answer = request.meta["kept"].answer
            location = answer.header("location")
            if not 300 <= answer.http_status < 400 or location is None:  # noqa: PLR2004
                return answer
            url = urljoin(url, location)
        raise FetchError("sent on too many times")


def _rules(answer: Answer) -> Protego | None:
    """What an answer for robots.txt says; 4xx is no rules. Raises FetchError for one that says nothing.

    429 says nothing of the rules: RFC 9309 would let us go on, and who is told to slow down had better.
    """
    if answer.http_status == 429:  # noqa: PLR2004
        raise Blocked("429, too many requests", retry_after=retry_after(answer))
    if answer.http_status >= 500:  # noqa: PLR2004
        raise FetchError(str(answer.http_status))
    if answer.http_status >= 400:  # noqa: PLR2004
        return None
    return Protego.parse(decoded(answer).decode("utf-8-sig", errors="replace"))


class LandingPipeline:
    """Writes each item down as it comes."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """How Scrapy makes it."""
        return cls(crawler)

    def process_item(self, item: Looked) -> Looked:
        """Lands the readings of one answer."""
        crawl_of(self._crawler).land(item)
        return item
