"""Tests of dashboard/first_sight.py: what a page's HTML shows before any script has run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.dashboard.serving import dashboard_on
from tests.dashboard.small_lake import Look, write_lake
from tests.dashboard.test_api import CHART, CHATGPT, LE_CHAT, START, small_history


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard over the small history."""
    data_dir = tmp_path_factory.mktemp("first")
    british = Look(replace(CHART, country="gb"), START, {LE_CHAT: 40, CHATGPT: 1})
    write_lake(data_dir, [*small_history(data_dir), british])
    with dashboard_on(data_dir) as served:
        yield served


def page(address: str, path: str, **headers: str) -> str:
    """The HTML of a page."""
    asked = Request(address + path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    with urlopen(asked, timeout=60) as answer:
        html: str = answer.read().decode()
    return html


def test_the_figure_is_in_the_page_itself(address: str) -> None:
    """With its finding, in the reader's language, as of the address."""
    said = page(address, "/rankings?apps=le-chat&lang=fr&theme=dark")
    assert 'id="first-sight"' in said
    assert "Le Chat est monté" in said
    assert said.count("<svg") == 1


def test_while_the_theme_is_not_known_both_come(address: str) -> None:
    """And the browser shows its own; afterwards the cookie says which."""
    assert page(address, "/rankings").count("<svg") == 2
    assert page(address, "/rankings", Cookie="essor_scheme=dark").count("<svg") == 1


def test_a_phone_is_given_an_image_it_can_read(address: str) -> None:
    """Not one made for a desk and shrunk."""
    assert 'width="420"' in page(address, "/rankings?theme=light", User_Agent="Mozilla/5.0 (Android) Mobile")
    assert 'width="1200"' in page(address, "/rankings?theme=light")


def test_it_begins_with_the_readers_storefront(address: str) -> None:
    """As the page that follows does; an embed and an answer for a program show the same to everybody."""
    british = {"Accept_Language": "en-GB"}
    assert "United Kingdom" in page(address, "/rankings?theme=light", **british)
    assert "France" in page(address, "/rankings?theme=light", Accept_Language="fr-FR")
    assert "France" in page(address, "/rankings?theme=light&country=fr", **british)
    assert "France" in page(address, "/embed/rankings", **british)
    assert "60th on 1 October" in page(address, "/api/v1/figures/rankings?apps=le-chat&lang=en", **british)


def test_a_page_without_a_figure_has_none(address: str) -> None:
    """The overview is a table."""
    assert "first-sight" not in page(address, "/")


def test_an_empty_warehouse_breaks_no_page(tmp_path: Path) -> None:
    """There is nothing to show yet, and the page says so itself."""
    with dashboard_on(tmp_path) as empty:
        assert "first-sight" not in page(empty, "/rankings")
