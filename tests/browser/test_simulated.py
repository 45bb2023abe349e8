"""What a reader sees above a simulated market."""

from __future__ import annotations

from pathlib import Path

import pytest

from essor.model.stores import Market
from tests.browser.conftest import Opener
from tests.dashboard.serving import dashboard_on
from tests.dashboard.test_simulated import MARKS, settings_of

pytestmark = pytest.mark.browser


def test_a_banner_stands_above_every_page(opener: Opener, tmp_path: Path) -> None:
    """In both languages, also after going from page to page."""
    settings_of(tmp_path / "data", Market.SIMULATED)
    with dashboard_on(tmp_path / "data") as address:
        for lang, mark in MARKS.items():
            page = opener(address).open(f"/rankings?lang={lang}")
            assert mark in page.inner_text("#header .simulated")
            page.click("nav .menu-item >> nth=0")
            page.wait_for_selector(".page-overview")
            assert mark in page.inner_text("#header .simulated")
