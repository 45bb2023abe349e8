"""CrUX's files, made by hand in their documented shape: buckets, both origins of a site, a short file, a whole one."""

from __future__ import annotations

import gzip
from datetime import date

import pytest

from crawlers.signals._source import SignalTarget
from crawlers.signals.crux import LINES, RANK, Crux
from essor.model.errors import FetchError, LayoutChanged
from essor.model.observation import Status
from essor.model.signals import SignalPoint

SOURCE = Crux()
FILE = b"origin,rank\nhttps://www.perplexity.ai,5000\nhttps://perplexity.ai,50000\nhttps://odd.example,7\n"


def target(*sites: str) -> SignalTarget:
    """The sites in the file of August 2026."""
    return SignalTarget("crux", sites, SOURCE.metrics, date(2026, 8, 1))


def test_best_bucket_of_a_sites_origins() -> None:
    """With and without www is one site; the figure belongs to its month and is a bound."""
    (reading,) = SOURCE.parse(gzip.compress(FILE), target("perplexity.ai"))
    assert reading.metric is RANK
    assert reading.points == (SignalPoint(5_000, "2026-08-01", "2026-09-01", "first 5,000"),)


def test_missing_from_a_short_file_says_nothing() -> None:
    """Absence is believed of a whole file alone."""
    (reading,) = SOURCE.parse(FILE, target("chat.mistral.ai"))
    assert reading.status is Status.FAILED
    whole = FILE + b"".join(b"https://site%d.example,1000000\n" % n for n in range(LINES - 3))
    (reading,) = SOURCE.parse(whole, target("chat.mistral.ai"))
    assert (reading.status, reading.points) == (Status.EMPTY, ())


def test_bound_that_never_was() -> None:
    """A rank that is no bucket's bound means that the file has changed."""
    (reading,) = SOURCE.parse(FILE, target("odd.example"))
    assert reading.status is Status.LAYOUT_CHANGED


def test_files_that_are_none() -> None:
    """Half a gzip is asked for again; another table is for a person to see."""
    with pytest.raises(FetchError):
        SOURCE.parse(gzip.compress(FILE)[:-9], target("perplexity.ai"))
    with pytest.raises(FetchError):
        SOURCE.parse(FILE[:-2], target("perplexity.ai"))
    with pytest.raises(LayoutChanged):
        SOURCE.parse(b"rank,origin\n", target("perplexity.ai"))


def test_sites_stand_behind_the_address() -> None:
    """The address of a million sites names those wanted where it is not sent."""
    url = SOURCE.url(target("chat.mistral.ai", "claude.ai"))
    assert url.endswith("/data/global/202608.csv.gz#chat.mistral.ai,claude.ai")
    assert SOURCE.recognise(url) == target("chat.mistral.ai", "claude.ai")
    assert SOURCE.recognise(url.split("#", maxsplit=1)[0]) is None
