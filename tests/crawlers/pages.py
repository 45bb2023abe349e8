"""Pages and answers in the forms that descriptions give; no real capture of them is to hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.crawlers.bodies import ids

CALLS = "https://play.google.com/_/PlayStoreUi/data/batchexecute"


def page(*parts: str) -> bytes:
    """An HTML page."""
    return ("<!DOCTYPE html><html><head></head><body>" + "".join(parts) + "</body></html>").encode()


def script(tag: str, data: object) -> str:
    """A script tag that holds JSON."""
    return f'<script type="application/json" id="{tag}">{json.dumps(data)}</script>'


def lockups(
    app_ids: Sequence[str] | None = None, country: str = "fr", *, numbered: bool = True
) -> list[dict[str, Any]]:
    """The apps of a shelf."""
    return [
        {
            "adamId": app_id,
            "title": f"App {app_id}",
            **({"ordinal": str(rank)} if numbered else {}),
            "clickAction": {"pageUrl": f"https://apps.apple.com/{country}/app/x/id{app_id}"},
        }
        for rank, app_id in enumerate(ids() if app_ids is None else app_ids, 1)
    ]


def server_data(
    items: list[dict[str, Any]], country: str = "fr", chart: str = "top-free", genre: str = "6007", **beside: Any
) -> list[dict[str, Any]]:
    """The data of a chart page as of late 2025, as far as it is known."""
    segment = {"chart": chart, "shelves": [{"contentType": "smallLockup", "items": items}]}
    intent = {"$kind": "ChartsPageIntent", "storefront": country, "chart": chart, "genreId": genre}
    return [{"intent": intent, "data": {"segments": [segment, *beside.values()]}}]


def chart_page(app_ids: Sequence[str] | None = None, country: str = "fr", **about: Any) -> bytes:
    """A chart page of today."""
    return page(script("serialized-server-data", server_data(lockups(app_ids, country), country, **about)))


def shoebox_page(app_ids: Sequence[str] | None = None, country: str = "fr", genre: str = "6007") -> bytes:
    """A chart page until November 2025."""
    data = [
        {
            "id": app_id,
            "type": "apps",
            "attributes": {
                "name": f"App {app_id}",
                "artistName": f"Maker of {app_id}",
                "url": f"https://apps.apple.com/{country}/app/x/id{app_id}",
            },
        }
        for app_id in (ids() if app_ids is None else app_ids)
    ]
    key = f"\u0001catalog.{country}.platform.iphone.genre.{genre}.chart.top-free.limit.100"
    held = json.dumps({"x": 1730000000000, "d": {"apps": [{"chart": "top-free", "data": data}]}})
    return page(script("shoebox-media-api-cache-apps", {key: held, "other": "{}"}))


def visible_page(app_ids: Sequence[str] | None = None, country: str = "fr") -> bytes:
    """A chart page of which nothing but the visible list is known."""
    items = "".join(
        f'<li class="x"><a href="/{country}/app/x/id{app_id}"><p class="a ordinal b">{rank}</p>'
        f"<h3 class='t'>App &amp; {app_id}</h3></a></li>"
        for rank, app_id in enumerate(ids() if app_ids is None else app_ids, 1)
    )
    return page(f'<section class="shelf"><ol class="grid">{items}</ol></section>')


def app_page(
    counts: object = (6, 1, 1, 0, 2),
    average: object = 3.9,
    app_id: str = "7001",
    country: str = "fr",
    *,
    root: str = "object",
) -> bytes:
    """An app page with its ratings, five stars first."""
    ratings = {"ratingAverage": average, "totalNumberOfRatings": 10, "ratingCounts": counts}
    entry = {"data": {"shelfMapping": {"productRatings": {"items": [ratings]}}}}
    canonical = f'<link rel="canonical" href="https://apps.apple.com/{country}/app/x/id{app_id}">'
    data: object = {"data": [entry]} if root == "object" else [entry]
    return page(canonical, script("serialized-server-data", data))


def id_list(app_ids: Sequence[object] | None = None) -> bytes:
    """A list of ids."""
    return json.dumps({"resultIds": list(ids(200) if app_ids is None else app_ids)}).encode()


def review_entry(number: int, stars: int = 4, **given: object) -> dict[str, Any]:
    """A review with its writer."""
    return {
        "author": {
            "uri": {"label": f"https://itunes.apple.com/fr/reviews/id99{number}"},
            "name": {"label": f"Jean {number}"},
        },
        "updated": {"label": f"2026-10-0{number % 9 + 1}T12:00:00-07:00"},
        "im:rating": {"label": str(stars)},
        "im:version": {"label": "1.2"},
        "id": {"label": f"1234567{number}"},
        "title": {"label": f"Title {number}"},
        "content": {"label": f"Text {number}", "attributes": {"type": "text"}},
        "link": {"attributes": {"rel": "related", "href": f"https://itunes.apple.com/fr/review?id=1&type=99{number}"}},
    } | given


def reviews_feed(entries: object, country: str = "fr", app_id: str = "7001") -> bytes:
    """A reviews feed whose entry is just this; None for no entry at all."""
    href = f"https://itunes.apple.com/{country}/rss/customerreviews/page=1/id={app_id}/sortby=mostrecent/xml"
    feed: dict[str, Any] = {
        "author": {"name": {"label": "iTunes Store"}},
        "link": [{"attributes": {"rel": "self", "href": href}}],
    }
    return json.dumps({"feed": feed | ({"entry": entries} if entries is not None else {})}).encode()


def reviews_url(country: str = "fr", app_id: str = "7001", number: int = 1) -> str:
    """The address of a page of reviews."""
    return f"https://itunes.apple.com/{country}/rss/customerreviews/page={number}/id={app_id}/sortby=mostrecent/json"


def play_review(number: int, stars: object = 4) -> list[Any]:
    """A review at Google Play with its writer."""
    who = [f"Jean {number}", [None, 2, None, [None, None, "https://lh.example/p"]]]
    return [
        f"id-{number}",
        who,
        stars,
        None,
        f"Text {number}",
        [1783346124 + number, 1],
        0,
        ["Dev", "Dear Jean"],
        None,
        ["9", "Jean"],
        "1.2",
    ]


def play_reviews(rows: object, call: str = "UsvDTd") -> bytes:
    """The answer to the reviews call."""
    frames = json.dumps([["wrb.fr", call, json.dumps([rows, [None, "token"]]), None, None, None, "generic"]])
    return f')]}}\'\n\n{len(frames)}\n{frames}\n25\n[["e",4,null,null,9]]\n'.encode()
