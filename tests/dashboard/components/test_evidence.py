"""Tests of dashboard/components/evidence.py."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from dashboard.components.evidence import evidence
from dashboard.desk import make_desk
from dashboard.language import Language
from essor.settings import read_settings

FACTS = {
    "reading_id": "0" * 16, "store": None, "country": None, "device": None, "collection": None, "category": None,
    "status": "complete", "message": None, "observed_at": datetime(2026, 10, 9, 15, 11, tzinfo=UTC),
    "recorded_at": datetime(2026, 10, 9, 15, 20, tzinfo=UTC), "source": "pypi", "source_url": "https://example.org",
    "http_status": 200, "capture_file": None, "capture_offset": None, "sha256": None, "parser_version": 1,
    "run_id": "run", "imported": False, "run_kind": "crawl", "run_note": None,
}  # fmt: skip
CHART = {"kind": "charts", "app_id": None, "store": "apple", "country": "fr", "device": "iphone",
         "collection": "top-free", "category": "36"}  # fmt: skip
LISTING = {"kind": "listings", "store": "apple", "country": "no", "app_id": "6448311069"}
SIGNAL = {"kind": "signals", "collection": "downloads_30d", "app_id": "mistralai"}
SAMPLE = {"kind": "probes", "app_id": "a-target", "status": "timed_out"}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (CHART, "complete · France · App Store · Top free · All categories · 9 Oct 2026, 15:11 UTC"),
        (LISTING, "complete · Norway · App Store · ChatGPT · 9 Oct 2026, 15:11 UTC"),
        (SIGNAL, "complete · downloads in 30 days · mistralai · 9 Oct 2026, 15:11 UTC"),
        (SAMPLE, "timed out · a-target · 9 Oct 2026, 15:11 UTC"),
    ],
)
def test_every_kind_of_look_says_what_it_was_a_look_at(tmp_path: Path, row: dict[str, str], told: str) -> None:
    """A signal has no storefront, and a probe has outcomes of its own."""
    found = pl.DataFrame([FACTS | row])
    subject, *_ = evidence(found, make_desk(read_settings(data_dir=tmp_path)), Language("en"))
    assert subject.children == told
