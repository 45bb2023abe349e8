"""Reads the facts of the starter history out of the real captures: `python -m essor.history.build ../shared/real`.

It reads the stores' answers in its own few lines, so that the tables are a second opinion on the parsers of `crawlers`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from warcio.archiveiterator import ArchiveIterator

from essor.model.apps import all_apps
from essor.model.charts import OVERALL, Collection
from essor.model.observation import Status
from essor.model.stores import Device, StoreName

CHART_ARCHIVES = (
    "apple/fr-productivity-top-free-2026-09-16..10-10.warc.gz",
    "apple/overall-us-jp-cn-2026-02-17.warc.gz",
    "apple/photo-video-fr-us-2026-02-20..08-22.warc.gz",
)
"""The archives of chart answers, in the order in which their readings are numbered."""
LISTING_ARCHIVES = ("apple/lookup-no-2023-06..2026-08.warc.gz",)
"""The archives of lookup answers."""
COMPLETE_FROM = 0.9
"""Share of the rows asked for from which a chart is complete: Apple often gives 95 to 99 of 100."""

READING_COLUMNS = (
    "reading source country device collection category asked depth status observed_at source_url sha256 origin"
)
ENTRY_COLUMNS = "reading rank app_id name developer"
LISTING_COLUMNS = (
    "source country app_id status observed_at source_url sha256 origin name developer version rating_count "
    "rating_average price currency released_at version_released_at category bundle_id"
)

_LEGACY = re.compile(
    r"itunes\.apple\.com/(?P<country>\w\w)/rss/(?P<feed>\w+)/limit=(?P<asked>\d+)/genre=(?P<category>\d+)/json$"
)
_V2 = re.compile(
    r"rss\.marketingtools\.apple\.com/api/v2/(?P<country>\w\w)/apps/(?P<feed>[\w-]+)/(?P<asked>\d+)/apps\.json$"
)
_COLLECTIONS = {
    "topfreeapplications": Collection.TOP_FREE,
    "toppaidapplications": Collection.TOP_PAID,
    "topgrossingapplications": Collection.TOP_GROSSING,
    "top-free": Collection.TOP_FREE,
    "top-paid": Collection.TOP_PAID,
}

Row = dict[str, object]


class Answer(NamedTuple):
    """One archived answer."""

    url: str
    """The public address."""
    observed_at: str
    """The moment of observation, ISO 8601, UTC."""
    sha256: str
    """SHA-256 of the body, hex."""
    origin: str
    """Who kept it, at which commit and path, and how true it is to what was served."""
    body: dict[str, Any]
    """The body, decoded."""


def tables(captures: Path) -> dict[str, bytes]:
    """The files of this folder by name, as the captures give them: the same captures give the same bytes.

    Raises FileNotFoundError when an archive is missing.
    """
    followed = {key.app_id for app in all_apps() for key in app.store_ids if key.store is StoreName.APPLE}
    readings: list[Row] = []
    entries: list[Row] = []
    for number, answer in enumerate(_answers(captures, CHART_ARCHIVES), 1):
        ranking = _ranking(answer.body["feed"])
        readings.append({"reading": number, **_reading(answer, len(ranking))})
        entries += [{"reading": number, **entry} for entry in ranking if entry["app_id"] in followed]
    listings = [_listing(answer) for answer in _answers(captures, LISTING_ARCHIVES)]
    return {
        "readings.csv": _csv(READING_COLUMNS, readings),
        "entries.csv": _csv(ENTRY_COLUMNS, entries),
        "listings.csv": _csv(LISTING_COLUMNS, listings),
    }


def _answers(captures: Path, archives: Iterable[str]) -> Iterator[Answer]:
    for archive in archives:
        with (captures / archive).open("rb") as stream:
            for record in ArchiveIterator(stream):
                if record.rec_type == "response":
                    yield _answer(record.rec_headers, record.raw_stream.read())


def _answer(headers: Any, body: bytes) -> Answer:  # noqa: ANN401 - warcio has no types
    source = re.sub(r"\b([0-9a-f]{7})[0-9a-f]{33}\b", r"\1", headers["X-Source"])
    return Answer(
        url=headers["WARC-Target-URI"],
        observed_at=datetime.fromisoformat(headers["WARC-Date"]).astimezone(UTC).isoformat(),
        sha256=hashlib.sha256(body).hexdigest(),
        origin=f"{source} ({headers['X-Fidelity']})",
        body=json.loads(body),
    )


def _reading(answer: Answer, depth: int) -> Row:
    asked_for = _LEGACY.search(answer.url) or _V2.search(answer.url)
    if asked_for is None:
        raise ValueError(f"{answer.url} is no chart address that is known here.")
    asked = int(asked_for["asked"])
    return {
        "source": "apple_legacy_rss" if asked_for.re is _LEGACY else "apple_rss",
        "country": asked_for["country"],
        "device": Device.IPHONE,
        "collection": _COLLECTIONS[asked_for["feed"]],
        "category": asked_for.groupdict().get("category", OVERALL[StoreName.APPLE]),
        "asked": asked,
        "depth": depth,
        "status": Status.COMPLETE if depth >= COMPLETE_FROM * asked else Status.PARTIAL,
        **_evidence(answer),
    }


def _ranking(feed: dict[str, Any]) -> list[Row]:
    """Every row of a feed, ranked by position; the archives named here hold lists alone."""
    if "results" in feed:
        rows = [(item["id"], item["name"], item["artistName"]) for item in feed["results"]]
    else:
        rows = [
            (item["id"]["attributes"]["im:id"], item["im:name"]["label"], item["im:artist"]["label"])
            for item in feed["entry"]
        ]
    return [
        {"rank": rank, "app_id": app_id, "name": name, "developer": developer}
        for rank, (app_id, name, developer) in enumerate(rows, 1)
    ]


def _listing(answer: Answer) -> Row:
    """The facts of a lookup for one app; texts and pictures stay behind."""
    (app,) = answer.body["results"]
    asked = parse_qs(urlsplit(answer.url).query)
    if asked["id"] != [str(app["trackId"])]:
        raise ValueError(f"{answer.url} was answered with app {app['trackId']}.")
    return {
        "source": "apple_lookup",
        "country": asked["country"][0],
        "app_id": app["trackId"],
        "status": Status.COMPLETE,
        **_evidence(answer),
        "name": app["trackName"],
        "developer": app["artistName"],
        "version": app["version"],
        "rating_count": app["userRatingCount"],
        "rating_average": app["averageUserRating"] if app["userRatingCount"] else None,
        "price": app["price"],
        "currency": app["currency"],
        "released_at": app["releaseDate"][:10],
        "version_released_at": app["currentVersionReleaseDate"],
        "category": app["primaryGenreId"],
        "bundle_id": app["bundleId"],
    }


def _evidence(answer: Answer) -> Row:
    return {
        "observed_at": answer.observed_at,
        "source_url": answer.url,
        "sha256": answer.sha256,
        "origin": answer.origin,
    }


def _csv(columns: str, rows: Iterable[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns.split(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def main(arguments: list[str]) -> None:
    """Write the tables beside this module."""
    if len(arguments) != 1:
        raise SystemExit("Say where the captures are: python -m essor.history.build ../shared/real")
    try:
        built = tables(Path(arguments[0]))
    except FileNotFoundError as error:
        raise SystemExit(f"{error.filename} is missing: give the folder that holds apple/*.warc.gz.") from error
    for name, content in built.items():
        Path(__file__).with_name(name).write_bytes(content)
        rows = content.count(b"\n") - 1
        sys.stdout.write(f"{name}: {rows} rows, {len(content)} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1:])
