"""Small answers in the stores' formats, for tests that need no recording."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from crawlers.answers import Answer
from crawlers.archive import Archive
from essor.model.charts import Chart, Collection
from essor.model.stores import StoreName

NOON = datetime(2026, 10, 9, 12, 0, 0, 123456, tzinfo=UTC)


def chart(country: str = "fr", category: str = "6007", collection: Collection = Collection.TOP_FREE) -> Chart:
    """A chart of the App Store."""
    return Chart(StoreName.APPLE, country, collection, category)


def legacy_url(country: str = "fr", category: str = "6007", limit: int = 100) -> str:
    """The address of a legacy feed."""
    return f"https://itunes.apple.com/{country}/rss/topfreeapplications/limit={limit}/genre={category}/json"


def v2_url(country: str = "fr", limit: int = 100) -> str:
    """The address of a v2 feed."""
    return f"https://rss.marketingtools.apple.com/api/v2/{country}/apps/top-free/{limit}/apps.json"


def lookup_url(*ids: str, country: str = "fr") -> str:
    """The address of a lookup."""
    return f"https://itunes.apple.com/lookup?id={','.join(ids)}&country={country}&entity=software"


def ids(count: int = 100, first: int = 1000) -> list[str]:
    """Ids in a row."""
    return [str(first + number) for number in range(count)]


def legacy_entry(app_id: str, country: str = "fr") -> dict[str, Any]:
    """A row of a legacy feed."""
    address = f"https://apps.apple.com/{country}/app/id{app_id}?uo=2"
    return {
        "im:name": {"label": f"App {app_id}"},
        "im:artist": {"label": f"Maker of {app_id}"},
        "link": {"attributes": {"rel": "alternate", "href": address}},
        "id": {"label": address, "attributes": {"im:id": app_id}},
    }


def legacy_feed(app_ids: Sequence[str] | None = None, country: str = "fr", category: str = "6007") -> bytes:
    """A legacy feed of these apps."""
    entries = [legacy_entry(app_id, country) for app_id in (ids() if app_ids is None else app_ids)]
    return legacy_feed_of(entries, country, category)


def legacy_feed_of(entries: object, country: str = "fr", category: str = "6007") -> bytes:
    """A legacy feed whose entry is just this; None for no entry at all."""
    feed = {"entry": entries, "id": {"label": legacy_url(country, category)}}
    return json.dumps({"feed": feed if entries is not None else {"id": feed["id"]}}).encode()


def v2_feed(app_ids: Sequence[str] | None = None, country: str = "fr") -> bytes:
    """A v2 feed of these apps."""
    results = [
        {
            "artistName": f"Maker of {app_id}",
            "id": app_id,
            "name": f"App {app_id}",
            "url": f"https://apps.apple.com/{country}/app/x/id{app_id}",
        }
        for app_id in (ids() if app_ids is None else app_ids)
    ]
    return json.dumps({"feed": {"id": v2_url(country), "country": country, "results": results}}).encode()


def lookup_result(app_id: str, country: str = "fr", **given: Any) -> dict[str, Any]:
    """A record of a lookup."""
    return {
        "trackId": int(app_id),
        "trackName": f"App {app_id}",
        "artistName": f"Maker of {app_id}",
        "version": "1.2",
        "userRatingCount": 10,
        "averageUserRating": 4.5,
        "price": 0.0,
        "currency": "EUR",
        "releaseDate": "2025-02-05T08:00:00Z",
        "currentVersionReleaseDate": "2026-10-01T08:00:00Z",
        "primaryGenreId": 6007,
        "bundleId": f"com.example.{app_id}",
        "trackViewUrl": f"https://apps.apple.com/{country}/app/x/id{app_id}?uo=4",
    } | given


def lookup_body(*results: dict[str, Any]) -> bytes:
    """A lookup answer."""
    return b"\n\n\n" + json.dumps({"resultCount": len(results), "results": results}).encode()


def answer(url: str, body: bytes = b"", status: int = 200, at: datetime = NOON, **headers: str) -> Answer:
    """An answer, its headers written with underscores."""
    given = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(url, status, given, body, at)


def gzipped(url: str, body: bytes, at: datetime = NOON) -> Answer:
    """An answer as the stores send it."""
    packed = gzip.compress(body, mtime=0)
    return answer(url, packed, at=at, Content_Encoding="gzip", Content_Length=str(len(packed)))


def archive_of(folder: Path, *answers: Answer, name: str = "made") -> Path:
    """A WARC file with these answers."""
    with Archive(folder, name) as archive:
        for one in answers:
            archive.keep(one)
    return folder / archive.file


def market(folder: Path, countries: Sequence[str], category: str = "6007") -> Path:
    """A WARC file with two days of one chart in each storefront, in both forms, and two listings."""
    answers = [
        made
        for day in (0, 1)
        for country in countries
        for made in (
            gzipped(legacy_url(country, category), legacy_feed(ids(first=1000 + day), country, category), _day(day)),
            gzipped(v2_url(country), v2_feed(ids(first=5000 + day), country), _day(day)),
            gzipped(
                lookup_url("7001", "7002", country=country),
                lookup_body(lookup_result("7001", country, userRatingCount=10 + day)),
                _day(day),
            ),
        )
    ]
    return archive_of(folder, *answers, name="market")


def _day(day: int) -> datetime:
    return NOON + timedelta(days=day)
