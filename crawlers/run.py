"""One crawl from start to end, in this process; a reactor cannot start twice, so that each crawl has its own."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess

from crawlers.answers import unanswered
from crawlers.archive import Archive
from crawlers.crawl import Crawl, Looked, Progress
from crawlers.landing import Expected, Landing
from crawlers.manners import Manners
from crawlers.middleware import scrapy_settings
from crawlers.pace import Pace
from crawlers.signals._source import SignalSource, SignalTarget, signal_sources
from crawlers.sources import (
    ChartTarget,
    ListingTarget,
    ReviewsTarget,
    Source,
    Target,
    asked_for_signals,
    enabled,
    offering,
)
from crawlers.spiders.charts import ChartsSpider
from crawlers.spiders.listings import ListingsSpider
from crawlers.spiders.reviews import ReviewsSpider
from crawlers.spiders.signals import SignalsSpider
from crawlers.spiders.store import StoreSpider
from essor.model.apps import App
from essor.model.charts import Chart
from essor.model.notes import Note, note, noted
from essor.model.observation import Status
from essor.model.reviews import WORLD
from essor.model.shards import WHOLE, Shard
from essor.model.signals import SignalSubject
from essor.model.stores import StoreName, storefront
from essor.settings import Settings


@dataclass(frozen=True, slots=True)
class Crawled:
    """How a crawl ended."""

    run_id: str
    """The run."""
    result: str
    """``"complete"``, ``"stopped"``, or ``"failed"`` when some target was not concluded."""
    statuses: dict[str, int]
    """How many readings of each status have landed."""
    folder: Path
    """Where the run has landed."""


def crawl_charts(
    settings: Settings, charts: Iterable[Chart], run_id: str, progress: Progress | None = None, shard: Shard = WHOLE
) -> Crawled:
    """Asks for each chart and lands what comes. SIGTERM and SIGINT end it after the answer under way."""
    targets: list[Target] = [ChartTarget(chart, settings.depth) for chart in charts]
    return _crawl(ChartsSpider, settings, _part(targets, settings, shard), run_id, progress, shard=shard)


def crawl_listings(
    settings: Settings, apps: Iterable[App], run_id: str, progress: Progress | None = None, shard: Shard = WHOLE
) -> Crawled:
    """Asks for the listings of the apps in every storefront of the settings and lands what comes."""
    followed, today = list(apps), datetime.now(UTC).date()
    targets: list[Target] = [*listing_targets(settings, followed, today), *page_targets(settings, followed, today)]
    return _crawl(ListingsSpider, settings, _part(targets, settings, shard), run_id, progress, shard=shard)


def crawl_reviews(
    settings: Settings, apps: Iterable[App], run_id: str, progress: Progress | None = None, shard: Shard = WHOLE
) -> Crawled:
    """Asks for the newest reviews of the apps and lands what comes, without a word on who wrote them."""
    targets: list[Target] = list(review_targets(settings, apps, _now().date()))
    return _crawl(ReviewsSpider, settings, _part(targets, settings, shard), run_id, progress, shard=shard)


def crawl_signals(
    settings: Settings,
    subjects: Iterable[SignalSubject],
    run_id: str,
    progress: Progress | None = None,
    shard: Shard = WHOLE,
) -> Crawled:
    """Asks the signal sources for the subjects, which are the shard's already, and lands what comes."""
    targets: list[Target] = list(signal_targets(subjects, _now().date()))
    return _crawl(SignalsSpider, settings, targets, run_id, progress, shard=shard)


def chart_targets(settings: Settings) -> list[Chart]:
    """Every chart that the settings follow, each once."""
    return list(dict.fromkeys(chart for group in settings.charts for chart in group.charts()))


def listing_targets(settings: Settings, apps: Iterable[App], today: date) -> Iterator[ListingTarget]:
    """Batches of the app ids that are valid today, for each storefront and each store that has a source of listings."""
    valid = [key for app in apps for key in app.store_ids if _valid(key.since, key.until, today)]
    for country in dict.fromkeys(storefront(code) for code in settings.listing_countries):
        for store in StoreName:
            ids = sorted({key.app_id for key in valid if key.store is store}, key=lambda app_id: (len(app_id), app_id))
            sources = offering(ListingTarget(store, country, tuple(ids)))
            for start in range(0, len(ids), sources[0].at_once) if sources else ():
                yield ListingTarget(store, country, tuple(ids[start : start + sources[0].at_once]))


def page_targets(settings: Settings, apps: Iterable[App], today: date) -> Iterator[ListingTarget]:
    """The apps' own pages, for what they alone give; none of a store whose source of pages is off."""
    for country in dict.fromkeys(storefront(code) for code in settings.listing_countries):
        for store, app_id in _valid_ids(apps, today):
            target = ListingTarget(store, country, (app_id,), page=True)
            if _source(target, settings) is not None:
                yield target


def review_targets(settings: Settings, apps: Iterable[App], today: date) -> Iterator[ReviewsTarget]:
    """The newest reviews of each app: by storefront, or by language where the store keeps them so."""
    countries = [(storefront(code), None) for code in settings.listing_countries]
    languages = [(WORLD, language.lower()) for language in settings.review_languages]
    for store, app_id in _valid_ids(apps, today):
        for country, language in dict.fromkeys([*countries, *languages]):
            pages = range(1, settings.review_pages + 1)
            targets = (ReviewsTarget(store, country, app_id, language, page) for page in pages)
            yield from (target for target in targets if _offering(target))


def _valid_ids(apps: Iterable[App], today: date) -> list[tuple[StoreName, str]]:
    found = [key for app in apps for key in app.store_ids if _valid(key.since, key.until, today)]
    return sorted({(key.store, key.app_id) for key in found}, key=lambda one: (one[0], len(one[1]), one[1]))


def signal_targets(subjects: Iterable[SignalSubject], today: date) -> Iterator[SignalTarget]:
    """Batches of each source's subjects, as many as one answer holds; former keys are asked for like current ones."""
    wanted = list(subjects)
    for source in signal_sources():
        keys = sorted({subject.key for subject in wanted if subject.source == source.name})
        since, until = source.period(today)
        for start in range(0, len(keys), source.at_once):
            batch = tuple(keys[start : start + source.at_once])
            yield SignalTarget(source.name, batch, source.metrics, since, until)


def shard_subjects(subjects: Iterable[SignalSubject], shard: Shard, today: date) -> list[SignalSubject]:
    """The subjects of a shard: those of its batches."""
    wanted = list(subjects)
    batches = shard.part(signal_targets(wanted, today), lambda target: target.source)
    mine = {(batch.source, key) for batch in batches for key in batch.subjects}
    return [subject for subject in wanted if (subject.source, subject.key) in mine]


def expected_of(targets: Iterable[Target], settings: Settings) -> list[Expected]:
    """How many readings these targets are to bring, a source and storefront, or a signal's subject."""
    counts: dict[tuple[str, str | None, str | None], int] = {}
    for target in targets:
        for country, subject, number in _parts(target):
            key = (_source_name(target, settings), country, subject)
            counts[key] = counts.get(key, 0) + number
    return [Expected(*key, number) for key, number in counts.items()]


def _part(targets: Iterable[Target], settings: Settings, shard: Shard) -> list[Target]:
    return shard.part(targets, lambda target: _source_name(target, settings))


def _parts(target: Target) -> list[tuple[str | None, str | None, int]]:
    """Storefront, subject and number of the readings of one look."""
    if isinstance(target, SignalTarget):
        return [(None, subject, len(target.metrics)) for subject in target.subjects]
    if isinstance(target, ChartTarget):
        return [(target.chart.country, None, 1)]
    return [(target.country, None, len(target.app_ids) if isinstance(target, ListingTarget) else 1)]


def _source_name(target: Target, settings: Settings) -> str:
    source = _source(target, settings) or next(iter(_offering(target)), None)
    return source.name if source else "none"


def _valid(since: date | None, until: date | None, today: date) -> bool:
    return (since is None or since <= today) and (until is None or today < until)


def _crawl(
    spider: type[StoreSpider],
    settings: Settings,
    targets: list[Target],
    run_id: str,
    progress: Progress | None,
    *,
    shard: Shard,
) -> Crawled:
    expected = expected_of(targets, settings)
    asked = sum(one.expected for one in expected)
    kind, notes = f"crawl {spider.name}", _notes(settings, shard)
    begun = Landing.begin(settings.data_dir, run_id, kind, _now(), asked=asked, note=noted(notes), expected=expected)
    said = "; ".join(map(str, notes))
    with begun as landing, Archive(settings.data_dir, run_id, {"description": kind, "note": said}) as archive:
        looks = [(target, _source(target, settings)) for target in targets]
        crawl = Crawl(
            settings=settings,
            run_id=run_id,
            looks=[(source, target) for target, source in looks if source],
            archive=archive,
            landing=landing,
            pace=_pace(settings, shard),
            manners=Manners(settings.data_dir, settings.pace, _now),
            now=_now,
            progress=progress or _silent,
            total=len(targets),
        )
        for target, source in looks:
            if source is None:
                crawl.land(_unoffered(target, crawl))
        if crawl.looks:
            run_spider(spider, crawl)
        crawl.manners.close()
        archive.close()
        return _finish(crawl)


def _finish(crawl: Crawl) -> Crawled:
    missing = crawl.total - crawl.done
    result = "complete" if not missing else "stopped" if crawl.pace.stopped else "failed"
    notes = [note("not_concluded", missing=missing, total=crawl.total)] if missing else []
    if result == "failed":
        notes.append(note("kept", file=crawl.archive.file))
    folder = crawl.landing.finish(result, crawl.now(), note=noted(notes))
    return Crawled(crawl.run_id, result, crawl.statuses, folder)


def run_spider(spider: type[StoreSpider], crawl: Crawl) -> None:
    """Runs a spider to its end. SIGTERM and SIGINT end it after the answer under way."""
    process = AsyncCrawlerProcess(scrapy_settings(crawl.settings))
    crawler = process.create_crawler(spider)
    process.crawl(crawler, crawl=crawl)
    loop = asyncio.get_event_loop()

    def stop(*_: object) -> None:
        loop.call_soon_threadsafe(crawl.pace.stop)
        asyncio.run_coroutine_threadsafe(crawler.stop_async(), loop)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        process.start(install_signal_handlers=False)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _source(target: Target, settings: Settings) -> Source[Any] | None:
    """The first enabled source that offers a target; of a chart the first that gives most of the rows asked for."""
    offered = [source for source in _offering(target) if enabled(source, settings)]
    if not isinstance(target, ChartTarget):
        return next(iter(offered), None)
    return max(offered, key=lambda source: min(source.at_once, target.asked), default=None)


def _offering(target: Target) -> list[Source[Any]]:
    """A signal is of one source by its nature; a store's things may be had from several."""
    if isinstance(target, SignalTarget):
        return [source for source in asked_for_signals() if source.name == target.source]
    return offering(target)


def _pace(settings: Settings, shard: Shard) -> Pace:
    """So slow that all shards at work together ask a host no more often than one crawl would."""
    pace, gaps = settings.pace, _gaps(settings)
    slower = pace.model_copy(update={"seconds_between_requests": pace.seconds_between_requests * shard.of})
    return Pace(slower, time.monotonic, {host: gap * shard.of for host, gap in gaps.items()})


def _gaps(settings: Settings) -> dict[str, float]:
    """What the hosts of signals are known to bear; what stands in for a host bears what the settings say."""
    sources: tuple[SignalSource, ...] = signal_sources()
    return {
        host: source.seconds_between_requests
        for source in sources
        for host in source.hosts
        if settings.base_of(host) is None
    }


def _unoffered(target: Target, crawl: Crawl) -> Looked:
    """The readings of a target that no enabled source offers: they name the setting to change."""
    sources = _offering(target)
    message = f"not asked: no source of essor offers the {target}"
    if sources:
        names = " or ".join(source.name for source in sources)
        message = (
            f"not asked: the {target} is offered by {names} alone, which is off. "
            f"To ask it set enabled = true under [sources.{sources[0].name}] in essor.toml"
        )
    source = sources[0] if sources else None
    found = unanswered(source, target, Status.REFUSED, message, observed_at=crawl.now(), run_id=crawl.run_id)
    return Looked(found, concluded=True)


def _notes(settings: Settings, shard: Shard) -> list[Note]:
    """What a reader of the run must know: its shard, who answered, what the operator decided about robots.txt."""
    split = [] if shard.whole else [note("shard", shard=str(shard))]
    mapped = [note("asked_at", host=host, base=base) for host, base in settings.hosts.items()]
    if settings.simulated:
        mapped = [note("simulated", address=settings.simulated)]
    overridden = [
        note("robots_not_obeyed", source=name, reason=said.reason or "")
        for name, said in settings.sources.items()
        if not said.obey_robots
    ]
    return split + mapped + overridden


def _now() -> datetime:
    return datetime.now(UTC)


def _silent(done: int, total: int) -> None:
    """Progress that nobody wants."""
