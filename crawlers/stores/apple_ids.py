"""The App Store's charts as bare ids, two hundred deep; the one way past the first hundred."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from crawlers.sources import ChartTarget, Reading, Target
from crawlers.stores._apple import ALL, STORE, TERMS, Row, dig, json_of, judge, sorted_out
from essor.model.charts import Chart, ChartReading, Collection
from essor.model.errors import FetchError, LayoutChanged
from essor.model.stores import Device

LONGEST_CHART = 200
"""Rows that others have asked for and had."""

_PATH = "/WebObjects/MZStoreServices.woa/ws/charts"
_CHARTS = {
    "freeAppsV2": (Collection.TOP_FREE, Device.IPHONE),
    "paidApplications": (Collection.TOP_PAID, Device.IPHONE),
    "appsByRevenue": (Collection.TOP_GROSSING, Device.IPHONE),
    "freeIpadApplications": (Collection.TOP_FREE, Device.IPAD),
    "paidIpadApplications": (Collection.TOP_PAID, Device.IPAD),
    "ipadAppsByRevenue": (Collection.TOP_GROSSING, Device.IPAD),
}
_NAMES = {kind: name for name, kind in _CHARTS.items()}


class AppleIds:
    """Ids in the order of a chart. Whether robots.txt allows it is not known, so it is off by default."""

    name = "apple_ids"
    store = STORE
    hosts: tuple[str, ...] = ("itunes.apple.com",)
    parser_version = 1
    enabled_by_default = False
    at_once = LONGEST_CHART
    confirmed = False
    operators_choice = True
    every_hours = 1
    gives = "The first 200 ids of top free, paid and grossing, on iPhone and iPad, by category; no names."
    limits = "200 rows; asked for only where more rows are wanted than the feeds give, or where no feed is switched on."
    traps: tuple[str, ...] = (
        "An empty list with 200 is a normal answer there and is asked for again.",
        "The answer says neither its storefront nor its chart: that it is the one asked for cannot be checked.",
        "This parser was written from a description, without a capture: unconfirmed.",
    )
    robots = "Not named in the noted rules of itunes.apple.com; fetched and obeyed."
    terms = TERMS

    def offers(self, target: Target) -> bool:
        """Any collection and category, on iPhone and iPad."""
        if not isinstance(target, ChartTarget) or target.store is not STORE:
            return False
        return (target.chart.collection, target.chart.device) in _NAMES

    def url(self, target: ChartTarget) -> str:
        """The address of a chart."""
        chart, rows = target.chart, min(target.asked, LONGEST_CHART)
        name = _NAMES[chart.collection, chart.device]
        return f"https://{self.hosts[0]}{_PATH}?cc={chart.country}&g={chart.category}&name={name}&limit={rows}"

    def recognise(self, url: str) -> ChartTarget | None:
        """The chart that an address asks for."""
        parts = urlsplit(url)
        said = {key: values[0] for key, values in parse_qs(parts.query).items()}
        kind, rows = _CHARTS.get(said.get("name", "")), said.get("limit", str(LONGEST_CHART))
        if parts.hostname not in self.hosts or parts.path != _PATH or kind is None or "cc" not in said:
            return None
        chart = Chart(STORE, said["cc"].lower(), kind[0], said.get("g", ALL), kind[1])
        return ChartTarget(chart, int(rows) if rows.isdecimal() and len(rows) < 5 else LONGEST_CHART)  # noqa: PLR2004

    def parse(self, body: bytes, target: ChartTarget) -> tuple[Reading, ...]:
        """The one reading of a list."""
        return (parse_ids(body, target.chart, target.asked),)


SOURCES = (AppleIds(),)


def parse_ids(body: bytes, chart: Chart, asked: int = LONGEST_CHART) -> ChartReading:
    """The reading that a list of ids gives; its entries have no names.

    Raises LayoutChanged when it is no such list, FetchError when it is empty or cut short.
    """
    found = dig(json_of(body), "resultIds")
    if not isinstance(found, list):
        raise LayoutChanged("the answer is JSON and has no list of resultIds")
    if not found:
        raise FetchError("200 with an empty list: it is a normal answer here, and says nothing of the chart")
    entries, rejects = sorted_out([Row(_id(value), None, None, "") for value in found])
    if not entries:
        raise LayoutChanged(f"none of the {len(found)} rows is an app id")
    status, message = judge(len(found), asked, rejects)
    return ChartReading(chart, asked, status, message, len(found), tuple(entries), tuple(rejects))


def _id(value: object) -> str:
    return value if isinstance(value, str) else str(value) if type(value) is int else ""
