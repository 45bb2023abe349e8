"""Lands readings made by hand, as a crawl would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from crawlers.landing import Expected, Landing
from crawlers.sources import Reading
from essor.model.charts import Chart, ChartEntry, ChartReading, Collection
from essor.model.listings import Listing, ListingReading
from essor.model.observation import Capture, Evidence, Status
from essor.model.reviews import Review, ReviewsReading
from essor.model.signals import Metric, Precision, SignalKind, SignalPoint, SignalReading
from essor.model.stores import Market, StoreName

FR = Chart(StoreName.APPLE, "fr", Collection.TOP_FREE, "6007")
LE_CHAT, CHATGPT, CLAUDE = "6740410176", "6448311069", "6473753684"


def at(text: str) -> datetime:
    """A moment in UTC, as in ``at("2026-10-08 15:12")``."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def evidence(moment: datetime, *, run_id: str = "run", sha256: str | None = "0" * 64, parser: int = 1) -> Evidence:
    """Evidence of an answer that no test reads back."""
    capture = Capture("https://example.org/chart", moment, 200, f"archive/{run_id}.warc.gz", 0, sha256)
    return Evidence("apple_legacy_rss", capture, parser, run_id)


def chart_reading(
    moment: datetime,
    ids: Sequence[str],
    *,
    chart: Chart = FR,
    status: Status = Status.COMPLETE,
    said: Evidence | None = None,
    depth: int | None = None,
) -> ChartReading:
    """A reading with these app ids at ranks 1, 2, 3 and so on."""
    entries = tuple(ChartEntry(rank, app_id, f"Name of {app_id}", "Somebody") for rank, app_id in enumerate(ids, 1))
    rows = len(ids) if depth is None else depth
    return ChartReading(chart, 100, status, None, rows, entries, (), said or evidence(moment))


def listing_reading(
    moment: datetime, app_id: str, ratings: int | None, *, average: float | None = 4.5
) -> ListingReading:
    """A reading of an app's listing in Norway."""
    listing = Listing(name="A name", rating_count=ratings, rating_average=average)
    return ListingReading(StoreName.APPLE, "no", app_id, Status.COMPLETE, None, listing, evidence(moment))


STARS = Metric("stars", "stars", SignalKind.CUMULATIVE, Precision.EXACT, "Stars.")
VIEWS = Metric("views_1d", "views", SignalKind.DAILY, Precision.EXACT, "Views.")


def reviews_reading(
    moment: datetime, reviews: Sequence[Review], *, status: Status = Status.COMPLETE, said: Evidence | None = None
) -> ReviewsReading:
    """A reading of reviews of ChatGPT in Norway."""
    found = said or replace(evidence(moment), source="apple_reviews")
    return ReviewsReading(StoreName.APPLE, "no", CHATGPT, status, reviews=tuple(reviews), evidence=found)


def signal_reading(
    moment: datetime,
    points: Sequence[SignalPoint],
    *,
    subject: str = "openai/codex",
    metric: Metric = STARS,
    status: Status = Status.COMPLETE,
    said: Evidence | None = None,
) -> SignalReading:
    """A reading of GitHub with these figures."""
    found = said or replace(evidence(moment), source="github")
    return SignalReading("github", subject, metric, status, None, tuple(points), found)


def land(
    data_dir: Path,
    readings: Sequence[Reading],
    run_id: str = "run",
    *,
    imported: bool = False,
    kind: str = "crawl charts",
    expected: Sequence[Expected] = (),
    begun: datetime | None = None,
    market: Market | None = None,
) -> None:
    """Land a run that brought these readings."""
    begun = begun or at("2026-11-01 00:00")
    asked = len(readings)
    with Landing.begin(data_dir, run_id, kind, begun, asked=asked, imported=imported, expected=expected) as landing:
        if market is not None:
            landing.saw(market)
        for reading in readings:
            landing.add(reading)
        landing.finish("finished", begun)
