"""Charts as bare ids. No capture is to hand: the bodies are made by a description."""

from __future__ import annotations

import pytest

from crawlers.sources import ChartTarget, recognise
from crawlers.stores.apple_ids import AppleIds, parse_ids
from essor.model.charts import Chart, Collection
from essor.model.errors import FetchError, LayoutChanged
from essor.model.observation import Status
from essor.model.stores import Device, StoreName
from tests.crawlers.bodies import chart, ids
from tests.crawlers.pages import id_list


def test_ids_come_in_their_order_without_names() -> None:
    """Two hundred ids are two hundred ranks."""
    reading = parse_ids(id_list(), chart(), 200)
    assert (reading.status, reading.depth, reading.message) == (Status.COMPLETE, 200, None)
    assert [(entry.rank, entry.app_id, entry.name) for entry in reading.entries[::199]] == [
        (1, "1000", None),
        (200, "1199", None),
    ]


def test_numbers_are_ids_too_and_what_is_none_is_set_aside() -> None:
    """An id may come as a number; a name or a repeated id is a reject, so that the chart is partial."""
    reading = parse_ids(id_list([7, "8", "nonsense", "8", None]), chart(), 5)
    assert [entry.app_id for entry in reading.entries] == ["7", "8"]
    assert [reject.reason for reject in reading.rejects] == ["bad_id", "duplicate_id", "no_id"]
    assert reading.status is Status.PARTIAL


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b'{"resultIds":[]}', FetchError, "200 with an empty list"),
        (b'{"resultIds":{}}', LayoutChanged, "no list of resultIds"),
        (b'{"resultIds":[null]}', LayoutChanged, "none of the 1 rows"),
        (b"<html>", LayoutChanged, "HTML came"),
        (b'{"resultIds":["1', FetchError, "cut short"),
    ],
)
def test_what_is_no_list_is_an_error(body: bytes, kind: type[Exception], words: str) -> None:
    """An empty list says nothing of the chart, and is never an empty chart."""
    with pytest.raises(kind, match=words):
        parse_ids(body, chart(), 200)


def test_its_address_says_what_is_asked() -> None:
    """An iPad's grossing chart comes back from its own address; an address of another kind does not."""
    target = ChartTarget(Chart(StoreName.APPLE, "fr", Collection.TOP_GROSSING, "36", Device.IPAD), 200)
    url = AppleIds().url(target)
    assert url.endswith("/ws/charts?cc=fr&g=36&name=ipadAppsByRevenue&limit=200")
    known = recognise(url)
    assert known is not None
    assert (known[0].name, known[1]) == ("apple_ids", target)
    for other in (url.replace("ipadApps", "macApps"), url.replace("cc=fr&", ""), url.replace("/ws/", "/wa/")):
        assert recognise(other) is None
    assert len(ids(3)) == 3
