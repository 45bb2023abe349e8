"""What each kind of reader came for, from beginning to end, in both languages."""

from __future__ import annotations

import csv
import io
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Page, expect

from dashboard.language import translations
from essor.jobs.export_site import export_site
from essor.settings import read_settings
from tests.browser.conftest import Opener
from tests.browser.test_pages import address, finding, labels
from tests.dashboard.small_lake import Look

pytestmark = pytest.mark.browser

PNG = b"\x89PNG"


def pick(page: Page, field: str, label: str) -> None:
    """Choose something in one of the pickers."""
    page.click(f"#rankings-{field}")
    page.locator(f"[role=option]:visible:has-text('{label}')").first.click()
    page.keyboard.press("Escape")


@pytest.mark.parametrize(("lang", "fall"), [("fr", "États-Unis"), ("en", "United States")])
def test_an_analyst_compares_three_apps_in_two_storefronts(opener: Opener, history: str, lang: str, fall: str) -> None:
    """The same apps here and there, and the rows of both as files that hold what the figure showed."""
    page = opener(history).open(f"/rankings?lang={lang}&apps=le-chat,chatgpt,claude")
    page.wait_for_selector("#rankings-figure .annotation-text")
    assert {label.rsplit(" ", 1)[0] for label in labels(page)} >= {"Le Chat", "ChatGPT", "Claude"}
    french = _csv(page)
    pick(page, "country", fall)
    expect(page.locator("#rankings-subtitle")).to_contain_text(fall)
    american = _csv(page)
    assert {row["app"] for row in french} == {row["app"] for row in american} == {"le-chat", "chatgpt", "claude"}
    shown = [label.rsplit(" ", 1) for label in labels(page) if label.startswith("ChatGPT")]
    last = [row["rank"] for row in american if row["app"] == "chatgpt"][-1]
    assert shown == [["ChatGPT", last]] or not last
    assert "country=us" in address(page)


def _csv(page: Page) -> list[dict[str, str]]:
    if not page.locator("#rankings-csv").is_visible():
        page.click(".action-download > summary")
    with page.expect_download() as coming:
        page.click("#rankings-csv")
    return list(csv.DictReader(io.StringIO(Path(coming.value.path()).read_text("utf-8"))))


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_journalist_cites_and_embeds_a_chart(opener: Opener, history: str, lang: str) -> None:
    """The sentence names source, date and snapshot; its link shows the same; the frame stands in another page."""
    page = opener(history).open(f"/rankings?lang={lang}")
    said = finding(page).rstrip(".")
    page.click(".action-cite > summary")
    citation = page.inner_text("#rankings-citation").replace("\u202f", " ").replace("\u00a0", " ")
    assert citation.startswith(said)
    assert re.search(r"(données du|data of) 9 (oct\.|Oct) 2026", citation)
    link = page.inner_text("#rankings-permalink")
    assert "snapshot=" in link
    cited = opener(history).open(link.removeprefix(history))
    assert finding(cited).rstrip(".") == said
    page.click(".action-embed > summary")
    frame = page.inner_text("#rankings-embed-kept")
    article = opener(history).page
    article.set_content(f"<h1>Article</h1>{frame}")
    inside = article.frame_locator("iframe")
    expect(inside.locator("h1")).to_have_text(page.inner_text("#rankings-finding"))
    expect(inside.locator(".annotation-text").first).to_be_visible()
    expect(inside.locator("nav, .filters")).to_have_count(0)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_images_say_what_they_show(opener: Opener, history: str, lang: str) -> None:
    """PNG and SVG from the page carry the title, the source and the data date."""
    page = opener(history).open(f"/rankings?lang={lang}")
    page.wait_for_selector("#rankings-figure .annotation-text")
    page.click(".action-download > summary")
    with page.expect_download() as coming:
        page.click("#rankings-svg")
    root = ET.fromstring(Path(coming.value.path()).read_text("utf-8"))
    words = " ".join("".join(root.itertext()).replace("\u202f", " ").replace("\u00a0", " ").split())
    source = translations(lang)["foot.source"].partition("{")[0].replace("\u00a0", " ").strip()
    assert "Le Chat" in words
    assert source in words
    assert "15:11 UTC" in words
    with page.expect_download() as coming:
        page.click("#rankings-png")
    assert Path(coming.value.path()).read_bytes().startswith(PNG)


def test_a_citation_is_copied_with_one_click(opener: Opener, history: str) -> None:
    """And the button says so."""
    page = opener(history).open("/rankings?lang=en")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click(".action-cite > summary")
    page.click("[data-copy=rankings-citation]")
    expect(page.locator("[data-copy=rankings-citation]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.inner_text("#rankings-citation")


@pytest.mark.parametrize(("lang", "told"), [("fr", "a reculé"), ("en", "fell")])
def test_a_product_lead_opens_the_link_of_a_fall_on_a_phone(opener: Opener, history: str, lang: str, told: str) -> None:
    """The finding, the figure and the table fit a narrow screen; the evidence of the fall is one tap away."""
    link = f"/rankings?apps=le-chat&country=fr&category=6007&from=2026-10-04&to=2026-10-06&lang={lang}"
    page = opener(history, width=375).open(link)
    assert told in finding(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    expect(page.locator("#rankings-figure .annotation-text").first).to_be_visible()
    page.click("#rankings-actions a[href^='/evidence/']")
    expect(page.locator("#evidence-told")).to_be_visible()


def test_an_older_snapshot_is_picked_and_stays_in_every_address(
    opener: Opener, small: str, looks: tuple[Path, list[Look]]
) -> None:
    """The list is an address each; the menu keeps it, and one click leads back to the newest."""
    page = opener(small).open("/rankings?lang=en")
    page.click("#snapshot summary")
    page.locator("#snapshot li a").nth(1).click()
    expect(page.locator("#snapshot summary")).to_contain_text("Kept")
    assert "snapshot=" in address(page)
    assert "snapshot=" in (page.locator("nav a").first.get_attribute("href") or "")
    page.click("#snapshot summary")
    page.click("#snapshot >> text=Follow new data")
    expect(page.locator("#snapshot summary")).not_to_contain_text("Kept")
    assert "snapshot=" not in address(page)


def test_events_and_bridges_are_switched_and_shared(opener: Opener, small: str) -> None:
    """Both stand in the address; a shared link shows the same lines."""
    page = opener(small).open("/rankings?lang=en&apps=le-chat,chatgpt")
    before = page.locator("#rankings-figure .scatterlayer .trace").count()
    page.check("#rankings-show-gaps")
    expect(page.locator("#rankings-figure .scatterlayer .trace")).not_to_have_count(before)
    assert "gaps=dotted" in address(page)
    page.uncheck("#rankings-show-events")
    page.wait_for_function("location.search.includes('events=off')")
    shared = opener(small).open(address(page).removeprefix(small))
    assert shared.is_checked("#rankings-show-gaps")
    assert not shared.is_checked("#rankings-show-events")


@pytest.fixture
def exported(looks: tuple[Path, list[Look]], tmp_path: Path) -> Iterator[str]:
    """The small history's embeds as plain files behind a plain file server."""
    export_site(read_settings(data_dir=looks[0]), tmp_path, ["rankings?apps=le-chat&lang=fr"])
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_an_embed_outlives_its_server(opener: Opener, exported: str) -> None:
    """The same address on plain files shows the same figure; one that was not exported says so and shows none."""
    page = opener(exported).page
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    page.goto(f"{exported}/embed/rankings?apps=le-chat&lang=fr")
    expect(page.locator("h1")).to_contain_text("Le Chat est monté")
    expect(page.locator(".annotation-text").first).to_be_visible()
    page.goto(f"{exported}/embed/rankings?apps=grok&lang=fr")
    expect(page.locator("h1")).to_contain_text("n’a pas été exportée")
    expect(page.locator(".main-svg")).to_have_count(0)
