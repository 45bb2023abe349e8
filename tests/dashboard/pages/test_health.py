"""Tests of dashboard/pages/health.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from crawlers.run import _notes
from dashboard.app import make_app
from dashboard.language import Language
from dashboard.notes import run_notes, told
from essor.model.notes import noted
from essor.model.shards import Shard
from essor.model.stores import SIMULATED_AT, STOREFRONTS
from essor.settings import read_settings

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EN, FR = Language("en"), Language("fr")


@pytest.fixture
def health(tmp_path: Path) -> ModuleType:
    """The page's module."""
    make_app(read_settings(data_dir=tmp_path))
    return import_module("dashboard.pages.health")


def fresh(number: int) -> pl.DataFrame:
    """The first so many storefronts of one source, each an hour staler than the one before."""
    return pl.DataFrame([
        {"kind": "charts", "source": "apple_rss", "country": country, "looks": 2, "last_look_at": NOW,
         "last_status": "complete", "last_message": None, "last_usable_at": NOW - timedelta(hours=hours)}
        for hours, country in enumerate(sorted(STOREFRONTS)[:number])
    ])  # fmt: skip


def test_many_storefronts_are_one_row_a_source_that_opens_to_them(health: ModuleType) -> None:
    """With how many there are and which is the stalest; a few are listed as they are."""
    folded, listed = (str(health._freshness(fresh(number), NOW, EN).to_plotly_json()) for number in (175, 3))
    assert folded.count("Details(") == 1
    assert "Each of the 175 storefronts" in folded
    assert folded.index("7 days") < folded.index("Details(")
    assert "Details(" not in listed


def test_google_plays_installs_are_of_the_whole_world(health: ModuleType) -> None:
    """Not of a country called WW."""
    rows = health._fresh_rows(fresh(1).with_columns(country=pl.lit("ww")), NOW, EN)
    assert rows[0][1] == "Worldwide"


def test_that_a_market_is_simulated_is_no_trouble(health: ModuleType, tmp_path: Path) -> None:
    """It is told among the runs in the reader's language; what else the crawl noted is still said."""
    noticed = noted(_notes(read_settings(data_dir=tmp_path, simulated="http://127.0.0.1:9000"), Shard()))
    for note in (noticed, f"{SIMULATED_AT}http://127.0.0.1:9000"):  # as it lands, and as it landed before
        runs = pl.DataFrame({"kind": ["crawl charts"], "usable": [0], "note": [note]})
        assert health._why(runs, FR) == []
        assert told(run_notes(note), FR) == "marché simulé, interrogé à l’adresse http://127.0.0.1:9000"
        assert health._why(runs.with_columns(note=pl.lit(f"{note}; no connection")), FR) == ["no connection"]
