"""The App Store's manner: its answers made of apps, put together app by app, and gone wrong in its own ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from crawlers.simulated_market import Offered, SimulatedMarket
from crawlers.sources import ChartTarget, ListingTarget, Source, Target
from crawlers.stores._apple_page import SERVER_DATA
from crawlers.stores.google_play import CURRENCY_OF
from essor.model.charts import ChartEntry
from essor.model.stores import StoreName

STORE = StoreName.APPLE
ROBOTS = {
    "itunes.apple.com": "User-agent: *\nDisallow: /search*\nDisallow: /*/rss/*\nDisallow: /*/lookup?\n",
    "apps.apple.com": "User-agent: *\nDisallow: /api/*\nDisallow: /v1/*\nDisallow: /WebObjects/*\n",
    "rss.marketingtools.apple.com": "# nothing is refused\n",
    "rss.applemarketingtools.com": "# nothing is refused\n",
}
"""What public notes of autumn 2026 say of each host's robots.txt; an archived one is preferred."""

_MARGIN = b"\n\n\n"
_IMAGE = "https://is1-ssl.mzstatic.com/image/thumb/Purple211/v4/d8/23/90/AppIcon-0-0-1x_U007epad-0-1-85-220.png"


def simulated(market: SimulatedMarket, source: Source[Any], target: Target, at: datetime) -> bytes | None:
    """What the App Store would answer in a simulated market; None for what is not simulated, or not on offer."""
    if isinstance(target, ChartTarget):
        entries = market.entries(target.chart, at)[: min(target.asked, source.at_once)]
        return _CHARTS[source.name](target, source.url(target), entries) if entries and source.offers(target) else None
    if not isinstance(target, ListingTarget):
        return None
    offered = [app for app_id in target.app_ids if (app := market.app(STORE, app_id, at))]
    if target.page:
        return _app_page(target, market.stars(offered[0], target.country, at)) if offered else None
    return compose_listings([msgspec.json.encode(_record(market, app, target.country, at)) for app in offered])


def legacy_feed(target: ChartTarget, url: str, entries: Sequence[ChartEntry]) -> bytes:
    """A legacy feed, as long and as rich as the store's."""
    rows = [_legacy_entry(target.chart.country, entry) for entry in entries]
    return msgspec.json.encode(
        {"feed": {"author": {"name": {"label": "iTunes Store"}}, "entry": rows, "id": {"label": url}}}
    )


def _legacy_entry(country: str, entry: ChartEntry) -> dict[str, Any]:
    address = f"https://apps.apple.com/{country}/app/id{entry.app_id}?uo=2"
    images = [{"label": f"{_IMAGE}/{size}x{size}bb.png", "attributes": {"height": str(size)}} for size in (53, 75, 100)]
    return {
        "im:name": {"label": entry.name},
        "im:image": images,
        "im:price": {"label": "Get", "attributes": {"amount": "0.00", "currency": "EUR"}},
        "im:contentType": {"attributes": {"term": "Application", "label": "Application"}},
        "title": {"label": f"{entry.name} - {entry.developer}"},
        "link": [{"attributes": {"rel": "alternate", "type": "text/html", "href": address}}],
        "id": {"label": address, "attributes": {"im:id": entry.app_id}},
        "im:artist": {"label": entry.developer},
        "category": {"attributes": {"im:id": "6007", "term": "Productivity", "label": "Productivity"}},
        "im:releaseDate": {"label": "2024-05-01T00:00:00-07:00", "attributes": {"label": "2024-05-01"}},
    }


def _v2_feed(target: ChartTarget, url: str, entries: Sequence[ChartEntry]) -> bytes:
    country = target.chart.country
    results: list[dict[str, Any]] = [
        {
            "artistName": entry.developer,
            "id": entry.app_id,
            "name": entry.name,
            "releaseDate": "2024-05-01",
            "kind": "apps",
            "artworkUrl100": f"{_IMAGE}/100x100bb.png",
            "genres": [],
            "url": f"https://apps.apple.com/{country}/app/id{entry.app_id}",
        }
        for entry in entries
    ]
    return msgspec.json.encode({"feed": {"id": url, "links": [{"self": url}], "country": country, "results": results}})


def _ids(target: ChartTarget, url: str, entries: Sequence[ChartEntry]) -> bytes:
    return msgspec.json.encode({"resultIds": [entry.app_id for entry in entries]})


def _chart_page(target: ChartTarget, url: str, entries: Sequence[ChartEntry]) -> bytes:
    chart = target.chart
    items = [
        {
            "adamId": entry.app_id,
            "title": entry.name,
            "developerName": entry.developer,
            "ordinal": str(entry.rank),
            "clickAction": {"pageUrl": f"https://apps.apple.com/{chart.country}/app/id{entry.app_id}"},
        }
        for entry in entries
    ]
    intent = {"storefront": chart.country, "chart": chart.collection, "genreId": chart.category}
    segments = [{"chart": chart.collection, "shelves": [{"contentType": "smallLockup", "items": items}]}]
    return _page(url, [{"intent": intent, "data": {"segments": segments}}])


_CHARTS: dict[str, Callable[[ChartTarget, str, Sequence[ChartEntry]], bytes]] = {
    "apple_rss": _v2_feed,
    "apple_legacy_rss": legacy_feed,
    "apple_ids": _ids,
    "apple_web": _chart_page,
}


def _app_page(target: ListingTarget, stars: tuple[int, ...]) -> bytes:
    ratings = {"ratingAverage": _mean(stars), "totalNumberOfRatings": sum(stars), "ratingCounts": stars[::-1]}
    entry = {"data": {"shelfMapping": {"productRatings": {"items": [ratings]}}}}
    return _page(f"https://apps.apple.com/{target.country}/app/id{target.app_ids[0]}", {"data": [entry]})


def _page(address: str, data: object) -> bytes:
    held = msgspec.json.encode(data).replace(b"<", b"\\u003c")
    head = f'<!DOCTYPE html><html><head><title>simulated</title><link rel="canonical" href="{address}"></head><body>'
    script = f'<script type="application/json" id="{SERVER_DATA}">'.encode() + held + b"</script>"
    return head.encode() + script + b"</body></html>"


def _record(market: SimulatedMarket, app: Offered, country: str, at: datetime) -> dict[str, Any]:
    stars, (version, since) = market.stars(app, country, at), market.version(app, at)
    return {
        "trackId": int(app.ids[STORE]),
        "trackName": app.name,
        "artistName": app.developer,
        "version": version,
        "userRatingCount": sum(stars),
        "averageUserRating": _mean(stars),
        "price": 0.99 if app.paid else 0.0,
        "currency": CURRENCY_OF.get(country, "USD"),
        "releaseDate": f"{market.released(app):%Y-%m-%dT%H:%M:%SZ}",
        "currentVersionReleaseDate": f"{since:%Y-%m-%dT%H:%M:%SZ}",
        "releaseNotes": "Simulated: there is nothing new.",
        "primaryGenreId": int(app.category[0]),
        "bundleId": app.ids.get(StoreName.GOOGLE_PLAY),
        "trackViewUrl": f"https://apps.apple.com/{country}/app/id{app.ids[STORE]}?uo=4",
    }


def _mean(stars: tuple[int, ...]) -> float:
    rated = sum(stars)
    return round(sum(n * count for n, count in enumerate(stars, 1)) / rated, 5) if rated else 0.0


class _TrackId(msgspec.Struct, rename="camel"):
    track_id: int


class _Results(msgspec.Struct):
    results: list[msgspec.Raw]


def listings_in(body: bytes) -> dict[str, bytes]:
    """Each app's record in a lookup answer, by app id."""
    records = msgspec.json.decode(body, type=_Results).results
    return {str(msgspec.json.decode(record, type=_TrackId).track_id): bytes(record) for record in records}


def compose_listings(records: list[bytes]) -> bytes:
    """A lookup answer that holds these records; Apple sets newlines around it."""
    head = f'{{\n "resultCount":{len(records)},\n "results": [\n'.encode()
    return _MARGIN + head + b",\n".join(records) + b"]\n}" + _MARGIN


def spoil(body: bytes, fault: str, country: str) -> bytes:
    """The same answer with one thing wrong with it; one that cannot go wrong so is left as it is."""
    if fault == "other_storefront":
        return _elsewhere(body, country.encode())
    if fault == "other_category":
        return _otherwise(body)
    if fault == "other_layout":
        return _in_another_form(body)
    if fault not in _ROWS or not body.lstrip().startswith(b"{"):
        return body
    document = msgspec.json.decode(body)
    feed = document.get("feed")
    if feed is None:
        return body
    key = "results" if "results" in feed else "entry"
    found = feed.pop(key, [])
    rows = _ROWS[fault](found if isinstance(found, list) else [found])
    return msgspec.json.encode({**document, "feed": {**feed, key: rows} if rows else feed})


_ROWS: dict[str, Callable[[list[Any]], list[Any]]] = {
    "empty_feed": lambda _: [],
    "short_chart": lambda rows: rows[:41],
    "duplicate_ids": lambda rows: [*rows[:-1], rows[0]],
    "entry_without_id": lambda rows: [{key: rows[0][key] for key in rows[0] if key != "id"}, *rows[1:]],
}
SPOILS = frozenset({"other_storefront", "other_category", "other_layout", *_ROWS})
"""The faults that `spoil` knows."""


def _elsewhere(body: bytes, here: bytes) -> bytes:
    there = b"us" if here != b"us" else b"fr"
    for before, after in (
        (b"apple.com/", b"/"),
        (b"/api/v2/", b"/"),
        (b'"country":"', b'"'),
        (b'"storefront":"', b'"'),
    ):
        body = body.replace(before + here + after, before + there + after)
    return body


def _otherwise(body: bytes) -> bytes:
    changes = ((b"/genre=", b"/genre=9"), (b"/top-free/", b"/top-paid/"), (b"/topfree", b"/toppaid"))
    one, other = next((change for change in changes if change[0] in body), (b"", b""))
    return body.replace(one, other) if one else body


def _in_another_form(body: bytes) -> bytes:
    for name in (b'"feed"', b'"results"', b'"resultIds"', SERVER_DATA.encode()):
        body = body.replace(name, name.replace(b"e", b"E"))
    return body
