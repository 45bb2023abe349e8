"""An accessibility run over every page in both themes: axe-core (MPL 2.0, tests/browser/axe), in a real browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener, settle

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text("utf-8")
GRAVE = ("serious", "critical")


def faults(page: Page) -> list[str]:
    """What axe finds serious or worse, with the element."""
    page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found if one["impact"] in GRAVE]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_serious_fault(opener: Opener, history: str, theme: str) -> None:
    """Every page of the menu, with the panels of its figure open."""
    with urlopen(f"{history}/api/v1/pages", timeout=30) as answer:
        pages = [*json.load(answer)["pages"], "/inputs/claims", "/inputs/health"]
    page = opener(history).page
    found = {}
    for path in pages:
        page.goto(f"{history}{path}?lang=fr&theme={theme}")
        page.wait_for_selector("h1.finding")
        settle(page)
        for summary in page.locator("details.action > summary").all():
            summary.click()
        found[path] = faults(page)
    assert {path: said for path, said in found.items() if said} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/embed/rankings", "/embed/top_chart", "/embed/world"])
def test_no_embed_has_a_serious_fault(opener: Opener, history: str, path: str, theme: str) -> None:
    """An embed is a page of its own."""
    page = opener(history).page
    page.goto(f"{history}{path}?lang=en&theme={theme}")
    page.wait_for_selector(".main-svg, table")
    assert faults(page) == []


def test_the_actions_are_reached_and_left_by_the_keyboard(opener: Opener, history: str) -> None:
    """Enter opens a panel, another closes it, Escape closes and goes back to its word."""
    page = opener(history).open("/rankings?lang=en")
    page.locator(".action-cite > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#rankings-citation")).to_be_visible()
    page.locator(".action-embed > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#rankings-embed-live")).to_be_visible()
    expect(page.locator("#rankings-citation")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("#rankings-embed-live")).to_be_hidden()
    assert page.evaluate("document.activeElement.parentElement.className").endswith("action-embed")
