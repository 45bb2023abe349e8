"""Every page, embed, image and file of a simulated market says that it is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from essor.jobs.export_site import export_site
from essor.jobs.refresh import refresh
from essor.model.stores import Market
from essor.settings import Settings, read_settings
from tests.dashboard.serving import dashboard_on
from tests.dashboard.test_api import fetched
from tests.landed import CHATGPT, LE_CHAT, at, chart_reading, land

MARKS = {"en": "Simulated market", "fr": "Marché simulé"}


def settings_of(folder: Path, market: Market) -> Settings:
    """A data folder with two looks of a market."""
    settings = read_settings(data_dir=folder)
    land(folder, [chart_reading(at(f"2026-10-0{day} 12:00"), [CHATGPT, LE_CHAT]) for day in (7, 8)], market=market)
    refresh(settings)
    return settings


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated warehouse."""
    return settings_of(tmp_path_factory.mktemp("simulated"), Market.SIMULATED).data_dir


@pytest.fixture(scope="module")
def address(data_dir: Path) -> Iterator[str]:
    """A dashboard over it."""
    with dashboard_on(data_dir) as served:
        yield served


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize(
    "path",
    ["/rankings?lang={}", "/embed/rankings?lang={}", "/embed/rankings/lang={}/figure.svg", "/embed/top_chart?lang={}"],
)
def test_what_is_shown_says_so(address: str, path: str, lang: str) -> None:
    """In the reader's language."""
    assert MARKS[lang] in fetched(address, path.format(lang))[0].decode()


def test_every_answer_says_so_in_its_head(address: str) -> None:
    """Also tables and JSON, which have no room for a banner."""
    for path in ("/", "/health", "/api/v1/health", "/embed/rankings/lang=en/figure.csv", "/openapi.json"):
        assert fetched(address, path)[1]["x-essor-simulated"] == "yes"


def test_an_exported_site_says_so(data_dir: Path, tmp_path: Path) -> None:
    """On its first page and in each figure, page and image."""
    export_site(read_settings(data_dir=data_dir), tmp_path / "site")
    assert all(mark in (tmp_path / "site" / "index.html").read_text("utf-8") for mark in MARKS.values())
    for name in ("index.html", "figure.svg"):
        text = (tmp_path / "site" / "embed" / "rankings" / "lang=fr" / "theme=light" / name).read_text("utf-8")
        assert MARKS["fr"] in text


def test_a_real_warehouse_says_nothing_of_it(tmp_path: Path) -> None:
    """The same looks of the real market."""
    settings_of(tmp_path / "data", Market.REAL)
    with dashboard_on(tmp_path / "data") as served:
        body, headers = fetched(served, "/embed/rankings?lang=en")
        assert MARKS["en"] not in body.decode()
        assert "x-essor-simulated" not in headers
