"""What each kind of reader came for, from beginning to end, in both languages."""

from __future__ import annotations

import csv
import io
import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Page, expect

from dashboard.language import Language, translations
from essor.jobs.export_site import export_site
from essor.settings import read_settings
from tests.browser.conftest import Opener, another_address, answered, fits, settle
from tests.browser.test_pages import address, finding, labels
from tests.dashboard.small_lake import Look

pytestmark = pytest.mark.browser

CELLS = """rows => rows.map(row => [
    row.querySelector("a[href^='/evidence/']").getAttribute("href").slice("/evidence/".length),
    Object.fromEntries([...row.querySelectorAll("[col-id]")].map(c => [c.getAttribute("col-id"), c.innerText])),
])"""
"""Each row of a table of looks: its reading, and its cells by their columns."""
PNG = b"\x89PNG"


def pick(page: Page, field: str, label: str) -> None:
    """Choose something in one of the pickers."""
    page.click(f"#rankings-{field}")
    page.locator(f"[role=option]:visible:has-text('{label}')").first.click()
    page.keyboard.press("Escape")


@pytest.mark.parametrize(("lang", "other"), [("fr", "États-Unis"), ("en", "United States")])
def test_an_analyst_compares_three_apps_in_two_storefronts(opener: Opener, history: str, lang: str, other: str) -> None:
    """One figure, a panel here and a panel there; one file holds look for look what the lines and the table show."""
    page = opener(history).open(f"/rankings?lang={lang}&apps=meta-ai,chatgpt,claude&country=fr&category=6008")
    page.wait_for_selector("#rankings-figure .annotation-text")
    french = _csv(page)
    _same_on_screen(page, french, lang)
    pick(page, "country", other)
    expect(page.locator("#rankings-subtitle")).to_contain_text(other)
    expect(page.locator("#rankings-told")).to_have_attribute("aria-label", re.compile(f"France.*{other}"))
    for place in ("France", other):
        page.locator("#rankings-figure .annotation-text", has_text=re.compile(f"^{place}$")).wait_for()
    both = _csv(page)
    _same_on_screen(page, both, lang)
    assert "country=fr,us" in address(page)
    assert [{**row} for row in both if row.pop("country") == "fr"] == french
    assert {row["app"] for row in both} == {"meta-ai", "chatgpt", "claude"}
    shared = opener(history).open(address(page).removeprefix(history))
    assert _csv(shared) == _csv(page)


def test_the_panels_of_storefronts_are_stacked_on_a_phone(opener: Opener, history: str) -> None:
    """One below the other over the whole width, as high as before; on a wide screen they stand side by side again."""
    page = opener(history, width=375).open("/rankings?lang=en&apps=meta-ai,chatgpt&country=fr,us,de&category=6008")
    drawn = "document.querySelector('#rankings-figure .js-plotly-plot')._fullLayout"
    page.wait_for_function(f"{drawn} && {drawn}.xaxis2.domain[0] === 0 && {drawn}.height === 1248")
    expect(page.locator("#rankings-figure .annotation-text", has_text="not observed")).to_have_count(1)
    expect(page.locator("#rankings-ends li")).to_have_count(4)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.wait_for_function(f"{drawn}.xaxis2.domain[0] > 0.5 && {drawn}.height === 832")


def test_days_of_ones_own_begin_with_those_shown(opener: Opener, history: str) -> None:
    """Choosing them changes nothing until a day is changed."""
    page = opener(history).open("/rankings?lang=en")
    settle(page)
    with another_address(page):
        pick(page, "period", "7 days")
    before = finding(page)
    pick(page, "period", "Custom")
    expect(page.locator("#rankings-from")).to_be_visible()
    settle(page)
    assert finding(page) == before
    page.fill("#rankings-from", "2026-10-08")
    page.wait_for_function("location.search.includes('from=2026-10-08')")


def _csv(page: Page) -> list[dict[str, str]]:
    answered(page)
    if not page.locator("#rankings-csv").is_visible():
        page.click(".action-download > summary")
    with page.expect_download() as coming:
        page.click("#rankings-csv")
    return list(csv.DictReader(io.StringIO(Path(coming.value.path()).read_text("utf-8"))))


def _same_on_screen(page: Page, rows: list[dict[str, str]], lang: str) -> None:
    """Every look that the table shows is in the file, with the same rank or the same state of each app."""
    several = len({row.get("country") for row in rows}) > 1
    expect(page.locator("#rankings-grid [role=columnheader][col-id='place']")).to_have_count(int(several))
    page.wait_for_function(
        "ids => { const links = [...document.querySelectorAll('#rankings-grid a[href^=\"/evidence/\"]')];"
        "return links.length > 2 && links.every(link => ids.includes(link.getAttribute('href').slice(10))); }",
        arg=[row["reading_id"] for row in rows],
    )
    settle(page)
    told = translations(lang)
    fronts = {row["reading_id"]: row.get("country", "") for row in rows}
    filed = {(row["reading_id"], row["app"]): row["rank"] or told[f"cell.{row['state']}"] for row in rows}
    shown: dict[tuple[str, str], str] = {}
    for reading, cells in page.locator("#rankings-grid .ag-row:has(a[href^='/evidence/'])").evaluate_all(CELLS):
        shown |= {(reading, app): cells[f"rank_{app}"] for app in ("meta-ai", "chatgpt", "claude")}
        assert not several or cells["place"] == Language(lang).country(fronts[reading])
    assert len(shown) >= 3
    assert shown.items() <= filed.items()
    newest = max((row for row in rows if row["app"] == "chatgpt"), key=lambda row: row["observed_at"])
    assert (f"ChatGPT {newest['rank']}" in labels(page)) == bool(newest["rank"])


CLAIM = "/claims/2025-02-chatgpt-500k-november-2023"
JOURNALISTS = {
    "fr": ("contredit", "en novembre 2023, sur iOS aux États-Unis seulement", "l’app est sortie le 18 mai 2023"),
    "en": ("contradicted", "in November 2023, on iOS in the United States alone", "the app came out on 18 May 2023"),
}


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_journalist_finds_the_claim_with_the_wrong_date(opener: Opener, full: str, lang: str) -> None:
    """Filtered by verdict, opened at its own address: why it is wrong, where it was read, what speaks against it."""
    verdict, words, why = JOURNALISTS[lang]
    page = opener(full, locale="fr-FR" if lang == "fr" else "en-GB").open("/claims")
    page.wait_for_selector("#claims-figure .main-svg")
    page.click("#claims-measure")
    page.click(f"[role=option]:has-text('{verdict}')")
    expect(page.locator(".ledger-claims tbody tr")).to_have_count(5)
    assert "measure=contradicted" in address(page)
    page.click(f"text={words}")
    expect(page.locator("#claim-verdict")).to_contain_text(why)
    assert CLAIM in address(page)
    expect(page.locator("#claim-figure .annotation-text")).to_have_count(4)
    told = page.inner_text("main").replace("\N{NO-BREAK SPACE}", " ")
    assert "s2pmag.ch" in told
    assert {"fr": "sorti sur l’App Store des États-Unis le 18 mai 2023", "en": "came out on the App Store in the"}[
        lang
    ] in told
    page.go_back()
    expect(page.locator(".ledger-claims tbody tr")).to_have_count(5)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_journalist_cites_the_claim_and_embeds_its_figure(
    opener: Opener, full: str, foreign: Callable[[str], str], lang: str
) -> None:
    """The sentence says what is wrong; its link leads to just this figure of that snapshot; frame and image stand in
    the page of somebody else.
    """
    words, why = JOURNALISTS[lang][1:]
    page = opener(full).open(f"{CLAIM}?lang={lang}")
    page.wait_for_selector("#claim-figure .annotation-text")
    page.click(".action-cite > summary")
    citation = page.inner_text("#claim-citation").replace("\u202f", " ").replace("\u00a0", " ")
    link = page.inner_text("#claim-permalink")
    assert words in citation
    assert why in citation
    assert citation.endswith(link)
    assert f"{CLAIM}?" in link
    assert "snapshot=" in link
    cited = opener(full).open(link.removeprefix(full))
    expect(cited.locator("#claim-verdict")).to_have_text(page.inner_text("#claim-verdict"))
    expect(cited.locator("#claim-told")).to_have_attribute("aria-label", page.inner_text("#claim-finding"))
    expect(cited.locator("#snapshot summary")).to_contain_text({"fr": "Figé", "en": "Kept"}[lang])
    page.click(".action-embed > summary")
    frame, image = page.inner_text("#claim-embed-kept"), page.inner_text("#claim-embed-image")
    article = opener(foreign(f'<h1>Article</h1>{frame}<img src="{image}" alt="">'), beside=full).page
    article.goto(foreign(f'<h1>Article</h1>{frame}<img src="{image}" alt="">'))
    inside = article.frame_locator("iframe")
    expect(inside.locator("h1")).to_have_text(page.inner_text("#claim-finding"))
    expect(inside.locator(".annotation-text")).to_have_count(4)
    expect(inside.locator("nav, .filters")).to_have_count(0)
    article.wait_for_function("document.querySelector('img').naturalWidth === 1200")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_journalist_cites_and_embeds_a_chart(opener: Opener, history: str, lang: str) -> None:
    """The sentence names source, date and snapshot; its link shows the same; the frame stands in another page."""
    page = opener(history).open(f"/rankings?country=fr&lang={lang}")
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
    page = opener(history).open(f"/rankings?country=fr&lang={lang}")
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
    """Finding, figure and table fit a narrow screen, from which rank to which; the evidence is one tap away."""
    link = f"/rankings?apps=le-chat&country=fr&category=6007&from=2026-10-04&to=2026-10-06&lang={lang}"
    page = opener(history, width=375).open(link)
    assert told in finding(page)
    fits(page, 375)
    label = page.locator("#rankings-ends li").first
    expect(label).to_be_visible()
    last = str(label.text_content()).rsplit(" ", 1)[1]
    assert re.search(rf"\b{last}(th|rd|e)\b", finding(page))
    page.wait_for_function(
        "[...document.querySelectorAll('#rankings-figure text')].every(t => t.getBoundingClientRect().right <= 375)"
    )
    page.click("#rankings-actions a[href='#rankings-table']")
    expect(page.locator("#rankings-grid .ag-cell[col-id='rank_le-chat']").first).to_have_text(last)
    page.click("#rankings-actions a[href^='/evidence/']")
    expect(page.locator("#evidence-told")).to_be_visible()


def test_an_address_leads_to_its_place_once(opener: Opener, history: str) -> None:
    """One who came for the table and went back up to choose something else stays there."""
    page = opener(history, width=375).open("/rankings?lang=en&country=fr#rankings-table")
    page.wait_for_function("scrollY > 400")
    page.click("#rankings-actions a[href='#rankings-table']")
    settle(page)
    page.evaluate("scrollTo(0, 0)")
    with another_address(page):
        pick(page, "period", "7 days")
    assert "#rankings-table" in address(page)
    assert page.evaluate("scrollY") < 100
    page.click(".foot a[href*='#']")
    page.wait_for_function("location.pathname === '/methods' && scrollY > 400")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_live_frame_rolls_and_a_kept_one_is_fixed(opener: Opener, history: str, lang: str) -> None:
    """What is copied says the last days where it follows the data, and the day where it is kept."""
    page = opener(history).open(f"/rankings?apps=le-chat&country=fr&lang={lang}")
    page.click("#rankings-period")
    page.locator("[role=option]:visible").nth(1).click()
    page.wait_for_function("location.search.includes('from=2026-09-09')")
    page.click(".action-embed > summary")
    expect(page.locator("#rankings-embed-live")).to_contain_text("last=30d")
    live, kept = page.inner_text("#rankings-embed-live"), page.inner_text("#rankings-embed-kept")
    assert "from=" not in live
    assert "snapshot=" not in live
    assert "from=2026-09-09" in kept
    assert "snapshot=" in kept
    inside = opener(history).page
    inside.goto(live.partition('src="')[2].partition('"')[0].replace("&amp;", "&"))
    expect(inside.locator("h1")).to_have_text(page.inner_text("#rankings-finding"))


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
    page.wait_for_selector("#rankings-figure .scatterlayer .trace")
    settle(page)
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


def test_an_exported_map_needs_no_server(opener: Opener, exported: str) -> None:
    """The outlines come as a file beside it; the same folder holds it as a still image."""
    page = opener(exported).page
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    page.goto(f"{exported}/embed/world/measure=rank/lang=fr/theme=light/index.html")
    page.wait_for_selector(".choroplethlayer path")
    page.goto(f"{exported}/embed/world/measure=rank/lang=fr/theme=light/figure.svg")
    assert page.locator("path").count() > 150
