"""Asks each source for one thing, on or off, and says whether its answer still fits the parser."""

from __future__ import annotations

import shutil
import textwrap
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import msgspec

from crawlers.answers import decoded
from crawlers.archive import Archive, read_archive, read_capture
from crawlers.crawl import Crawl, Look
from crawlers.landing import Landing
from crawlers.manners import Manners
from crawlers.pace import Pace
from crawlers.run import run_spider, signal_targets
from crawlers.sources import (
    ChartTarget,
    ListingTarget,
    ReviewsTarget,
    Source,
    Target,
    all_sources,
    asked_for_signals,
    enabled,
    recognise,
)
from crawlers.spiders.live import LiveSpider
from essor.model.apps import App
from essor.model.charts import OVERALL, Chart, Collection
from essor.model.errors import FetchError
from essor.model.observation import Status
from essor.model.reviews import WORLD
from essor.model.signals import SignalSubject
from essor.model.stores import Device, storefront
from essor.settings import Settings

FOLDER = "live"
"""Where the answers of checks are kept below the data folder, apart from what is loaded."""
LONGEST_NAME = 80
"""Characters of what was asked for, in a finding."""
_JUDGED = {
    Status.LAYOUT_CHANGED: "changed",
    Status.WRONG_STOREFRONT: "wrong",
    Status.WRONG_CHART: "wrong",
    Status.BLOCKED: "blocked",
    Status.FAILED: "failed",
    Status.REFUSED: "refused",
    Status.PARTIAL: "fits",
    Status.COMPLETE: "fits",
}
"""What the readings of one answer say of it, the worst first."""


@dataclass(frozen=True, slots=True)
class Checked:
    """How one source answered."""

    source: str
    """The source."""
    verdict: str
    """fits, changed, wrong (another storefront or chart came), blocked, failed, refused (by robots.txt), off, or
    nothing (it says that it has none of this, so that there was nothing to compare)."""
    text: str
    """What was asked for, and why when it does not fit."""
    confirmed: bool
    """Whether an answer of this source had been seen before the parser was released."""
    body: str | None = None
    """The file with the decoded answer; None when none came."""


def check(settings: Settings, apps: Sequence[App], subjects: Sequence[SignalSubject]) -> list[Checked]:
    """Asks every source once, but those that the operator must switch on and has not. Obeys robots.txt.

    For a process of its own: a reactor does not start twice.
    """
    looks = list(looks_of(settings, apps, subjects))
    asked = [look for look in looks if _may_ask(look[0], settings)]
    run_id = f"live-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    folder = ask(settings, asked, run_id)
    lines = [msgspec.json.decode(line) for path in _landed(folder) for line in path.read_bytes().splitlines()]
    return [
        _checked(look, [line for line in lines if line["source"] == look[0].name], settings, run_id)
        if look in asked
        else Checked(look[0].name, "off", _why_off(look[0]), _confirmed(look[0]))
        for look in looks
    ]


def record(settings: Settings, url: str, output: Path) -> str:
    """Asks for one address and saves what came, robots.txt included, as a WARC file; what that was, in words.

    What it says of private persons is taken out when the address is of a source that knows how. Raises FetchError when
    nothing came.
    """
    run_id, source = f"record-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}", _Address(url)
    ask(settings, [(cast("Source[Any]", source), cast("Target", source))], run_id)
    archive = settings.data_dir / FOLDER / "archive" / f"{run_id}.warc.gz"
    answers = [answer for answer, _ in read_archive(archive)] if archive.exists() else []
    if not answers or source.problems:
        raise FetchError(next(iter(source.problems), f"nothing came from {url}"))
    output.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(archive, output)
    return f"{answers[-1].http_status}, {len(answers[-1].body):,} bytes, an answer of {source.name}"


def looks_of(settings: Settings, apps: Sequence[App], subjects: Sequence[SignalSubject]) -> Iterator[Look]:
    """One thing to ask each source for: what is followed first, else something that it offers."""
    for source in all_sources():
        offered = next((target for target in _things(settings, apps, source) if source.offers(target)), None)
        if offered is not None:
            yield source, offered
    targets = list(signal_targets(subjects, datetime.now(UTC).date()))
    for signal in asked_for_signals():
        found = next((target for target in targets if target.source == signal.name), None)
        if found is not None:
            yield signal, found


def ask(settings: Settings, looks: Sequence[Look], run_id: str) -> Path:
    """Asks for each thing once and gives the folder of the readings, which nobody loads."""
    apart, once = settings.data_dir / FOLDER, settings.model_copy(deep=True)
    once.pace.attempts = 1
    begun = Landing.begin(apart, run_id, "live", datetime.now(UTC), asked=len(looks))
    with begun as landing, Archive(apart, run_id, {"description": "live"}) as archive:
        crawl = Crawl(
            settings=once,
            run_id=run_id,
            looks=looks,
            archive=archive,
            landing=landing,
            pace=Pace(once.pace, time.monotonic),
            manners=Manners(settings.data_dir, once.pace, lambda: datetime.now(UTC)),
            now=lambda: datetime.now(UTC),
            progress=lambda *_: None,
            total=len(looks),
        )
        if looks:
            run_spider(LiveSpider, crawl)
        crawl.manners.close()
        archive.close()
        return landing.finish("complete", datetime.now(UTC))


@dataclass
class _Address:
    """Source and target of one address, whosever it is."""

    address: str
    problems: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        known = recognise(self.address)
        return known[0].name if known else "no source"

    @property
    def parser_version(self) -> int:
        return 0

    def url(self, _: object) -> str:
        return self.address

    def unread(self, status: Status, message: str) -> tuple[()]:
        self.problems.append(f"{status}: {message}")
        return ()


def _things(settings: Settings, apps: Sequence[App], source: Source[Any]) -> Iterator[Target]:
    store, country = source.store, storefront(next(iter(settings.listing_countries), "us"))
    ids = [key.app_id for app in apps for key in app.store_ids if key.store is store and key.until is None]
    for device in Device:
        for category in (OVERALL[store], "6007", "PRODUCTIVITY"):
            yield ChartTarget(Chart(store, country, Collection.TOP_FREE, category, device), settings.depth)
    if ids:
        yield ListingTarget(store, country, tuple(ids[: source.at_once]))
        yield ListingTarget(store, country, (ids[0],), page=True)
        yield ReviewsTarget(store, country, ids[0])
        yield ReviewsTarget(store, WORLD, ids[0], next(iter(settings.review_languages), "en"))


def _may_ask(source: Source[Any], settings: Settings) -> bool:
    """What is off because it is unconfirmed is asked: this is how it gets confirmed."""
    said = settings.source(source.name).enabled
    return enabled(source, settings) or (said is None and not getattr(source, "operators_choice", False))


def _why_off(source: Source[Any]) -> str:
    return f"not asked: it is the operator's choice. {source.robots}"


def _confirmed(source: Source[Any]) -> bool:
    return getattr(source, "confirmed", True)


def _landed(folder: Path) -> list[Path]:
    return [folder / f"{name}.jsonl" for name in ("charts", "listings", "reviews", "signals")]


def _checked(look: Look, lines: list[dict[str, Any]], settings: Settings, run_id: str) -> Checked:
    source, target = look
    what = textwrap.shorten(str(target), LONGEST_NAME, placeholder=" …")
    if not lines:
        return Checked(source.name, "failed", f"{what}: nothing came", _confirmed(source))
    judged = next((line for status in _JUDGED for line in lines if line["status"] == status), lines[0])
    verdict = _JUDGED.get(Status(judged["status"]), "nothing")
    text = f"{what}: {judged['message']}" if judged["message"] else what
    return Checked(source.name, verdict, text, _confirmed(source), _saved(judged, source.name, settings, run_id))


def _saved(line: dict[str, Any], name: str, settings: Settings, run_id: str) -> str | None:
    """Writes the decoded answer of a reading to a file of its own, for whoever adapts the parser."""
    if line["capture_file"] is None:
        return None
    apart = settings.data_dir / FOLDER
    answer = read_capture(apart / line["capture_file"], line["capture_offset"], line["sha256"])
    path = apart / "bodies" / run_id / f"{name}.body"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.write_bytes(decoded(answer))
    except FetchError:  # what cannot be decoded is kept as it was sent
        path.write_bytes(answer.body)
    return str(path)
