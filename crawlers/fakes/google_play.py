"""Google Play's manner: its app pages and charts made of apps, and gone wrong in its own ways."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from crawlers.simulated_market import Offered, SimulatedMarket
from crawlers.sources import ChartTarget, ListingTarget, Source, Target
from crawlers.stores.google_play import CURRENCY_OF, HOST, LIST_NAMES
from essor.model.charts import ChartEntry
from essor.model.stores import StoreName

STORE = StoreName.GOOGLE_PLAY
ROBOTS = {HOST: "User-agent: *\nDisallow: /_\nAllow: /store/apps/details\n"}
"""What public notes of autumn 2026 say of its robots.txt, as far as it concerns us."""
SPOILS = frozenset({"other_storefront", "other_layout", "captcha"})
"""The faults that `spoil` knows."""

_CAPTCHA = b"<!doctype html><html><body>Our systems have detected unusual traffic.</body></html>"
_PRICE = re.compile(rb'(\[\d{1,12},\\?")[A-Z]{3}(?=\\?",)')


def simulated(market: SimulatedMarket, source: Source[Any], target: Target, at: datetime) -> bytes | None:
    """What Google Play would answer in a simulated market; None for what is not simulated, or not on offer."""
    if isinstance(target, ChartTarget):
        entries = market.entries(target.chart, at)[: min(target.asked, source.at_once)]
        return _chart(target, entries) if entries else None
    app = market.app(STORE, target.app_ids[0], at) if isinstance(target, ListingTarget) else None
    return _app_page(_details(market, app, target, at)) if app and isinstance(target, ListingTarget) else None


def spoil(body: bytes, fault: str, country: str) -> bytes:
    """The same answer with one thing wrong with it; one that cannot go wrong so is left as it is."""
    if fault == "captcha":
        return _CAPTCHA
    if fault == "other_layout":
        return body.replace(b"Ws7gDc", b"Xx8hEd").replace(b"vyAe2", b"wzBf3")
    if fault == "other_storefront":
        there = b"USD" if CURRENCY_OF.get(country) != "USD" else b"EUR"
        return _PRICE.sub(rb"\g<1>" + there, body)
    return body


def _details(market: SimulatedMarket, app: Offered, target: ListingTarget, at: datetime) -> list[object]:
    """The fields of an app page, in their places; the far ones in an object at the end, as since November 2025."""
    stars, (version, since) = market.stars(app, None, at), market.version(app, at)
    installs, rated = int(market.downloads(app, None, at)), sum(stars)
    mean = round(sum(n * count for n, count in enumerate(stars, 1)) / rated, 5) if rated else 0.0
    bucket = _bucket(installs)
    currency, micros = CURRENCY_OF.get(target.country, "USD"), 990_000 if app.paid else 0
    return _placed({
        0: [app.name],
        9: ["Everyone"],
        10: [f"{market.released(app):%b %d, %Y}", [int(market.released(app).timestamp()), 0]],
        13: [f"{bucket:,}+", bucket, installs, f"{bucket:,}+"],
        18: [2],
        51: [[f"{mean:.1f}", mean], [None, *([f"{n:,}", n] for n in stars)], [f"{rated:,}", rated], ["0", 0]],
        57: [[[[[None, [[micros, currency, ""]]]]]]],
        68: [app.developer],
        77: [target.app_ids[0]],
        79: [[["Simulated", None, app.category[1]]]],
    }, {
        141: [[[version]]],
        145: [None, [None, "Simulated: there is nothing new."]],
        146: [[f"{since:%b %d, %Y}", [int(since.timestamp()), 0]]],
    })  # fmt: skip


def _bucket(installs: int) -> int:
    """The bound that Google shows, one of 1, 5, 10, 50, 100 and so on."""
    return max((step * 10**power for power in range(11) for step in (1, 5) if step * 10**power <= installs), default=0)


def _placed(near: Mapping[int, object], far: Mapping[int, object]) -> list[object]:
    """A list with these fields in their places; the far ones, counted from 1, in an object at its end."""
    end = [{str(place): value for place, value in far.items()}] if far else []
    return [*(near.get(place) for place in range(max(near) + 1)), *end]


def _app_page(details: list[object]) -> bytes:
    held = msgspec.json.encode([[[[]]], [None, None, details]]).replace(b"<", b"\\u003c")
    return (
        b"<!doctype html><html><head><title>simulated</title><script>var AF_dataServiceRequests ="
        b" {'ds:5' : {id:'Ws7gDc',request:[]}};</script>\n<script>AF_initDataCallback({key: 'ds:5', hash: '1', data:"
        + held
        + b", sideChannel: {}});</script></head><body></body></html>"
    )


def _chart(target: ChartTarget, entries: list[ChartEntry]) -> bytes:
    chart = target.chart
    said = b"\xaa\x02\x24\x12\x20\x0a\x1c" + f"{LIST_NAMES[chart.collection]}_{chart.category}".encode()
    token = base64.urlsafe_b64encode(said).decode().rstrip("=")
    rows = [[_row(entry, CURRENCY_OF.get(chart.country, "USD"))] for entry in entries]
    answer = [[None, [_placed({3: [token], 28: [rows]}, {})]], None, [], True]
    frames = msgspec.json.encode(
        [["wrb.fr", "vyAe2", msgspec.json.encode(answer).decode(), None, None, None, "generic"]]
    )
    return b')]}\'\n\n%d\n%b\n25\n[["e",4,null,null,9]]\n' % (len(frames) + 2, frames)


def _row(entry: ChartEntry, currency: str) -> list[object]:
    return _placed({
        0: [entry.app_id, 7], 3: entry.name, 8: [None, [[0, currency, ""]]], 14: entry.developer, 15: "1+",
    }, {})  # fmt: skip
