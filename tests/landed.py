"""Lands readings made by hand, as a crawl would."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from crawlers.landing import Landing
from essor.model.charts import Chart, ChartEntry, ChartReading, Collection
from essor.model.listings import Listing, ListingReading
from essor.model.observation import Capture, Evidence, Status
from essor.model.stores import StoreName

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


def land(
    data_dir: Path, readings: Sequence[ChartReading | ListingReading], run_id: str = "run", *, imported: bool = False
) -> None:
    """Land a run that brought these readings."""
    begun = at("2026-11-01 00:00")
    with Landing.begin(data_dir, run_id, "crawl charts", begun, asked=len(readings), imported=imported) as landing:
        for reading in readings:
            landing.add(reading)
        landing.finish("finished", begun)
