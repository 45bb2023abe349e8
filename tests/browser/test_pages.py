"""What each kind of reader sees, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard.language import translations
from tests.browser.conftest import Opener, answered, fits, settle
from tests.dashboard.serving import dashboard_on
from tests.dashboard.small_lake import Look, reading_id, write_lake

pytestmark = pytest.mark.browser

PATHS = ["/", "/rankings", "/top-chart", "/health"]
FAMILIES = {key.partition(".")[0] for key in translations("en")}
LABELS = "[...document.querySelectorAll('#rankings-figure .annotation-text')].map(label => label.textContent)"
BARE_KEY = re.compile(rf"\b({'|'.join(sorted(FAMILIES))})\.[a-z_]+(\.[a-z]+)?\b")


def finding(page: Page) -> str:
    """The page's headline with plain spaces, once nothing is still to come."""
    answered(page)
    return page.inner_text("h1.finding").replace("\u202f", " ").replace("\u00a0", " ")


def address(page: Page) -> str:
    """What stands in the address bar, once nothing is still to come."""
    answered(page)
    said: str = page.evaluate("location.href")
    return said


def labels(page: Page) -> list[str]:
    """The labels at the ends of the lines."""
    settle(page)
    texts: list[str] = page.evaluate(LABELS)
    return texts


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("look", [("fr", "light", 1280), ("en", "dark", 375), ("fr", "dark", 375)])
def test_every_page_shows_in_both_languages_themes_and_widths(
    opener: Opener, history: str, path: str, look: tuple[str, str, int]
) -> None:
    """No error, no other host, no bare key, nothing wider than the screen, the theme and language as asked."""
    lang, theme, width = look
    page = opener(history, width=width).open(f"{path}?lang={lang}&theme={theme}")
    settle(page)
    fits(page, width)
    assert page.evaluate("document.documentElement.lang") == lang
    assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == theme
    assert BARE_KEY.search(page.inner_text("body")) is None
    assert page.title().startswith(translations(lang)[f"page.{path.strip('/').replace('-', '_') or 'overview'}"])


def test_the_browser_chooses_language_and_theme_until_the_reader_does(opener: Opener, history: str) -> None:
    """A French reader in the dark gets French and dark; a switch is remembered without the address."""
    page = opener(history, locale="fr-FR", scheme="dark").open("/")
    assert "lang=fr&theme=dark" in address(page)
    page.click("#theme-switch")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "light")
    page.click("#lang-en")
    expect(page.locator("h1.finding")).to_contain_text("leads")
    page.goto(history + "/health")
    expect(page.locator("h1.finding")).to_contain_text("newest figures")
    assert "lang=en&theme=light" in address(page)


def test_an_analyst_compares_apps_and_passes_the_link_on(opener: Opener, history: str) -> None:
    """What is chosen stands in the address; the same address shows the same figure to somebody else."""
    page = opener(history).open("/rankings?country=fr")
    assert finding(page).startswith("Le Chat climbed from 60th on 15 September to 30th on 9 October 2026")
    page.click("#rankings-apps")
    page.click("[role=option]:has-text('Perplexity')")
    expect(page.locator("#rankings-figure")).to_contain_text("Perplexity")
    page.keyboard.press("Escape")
    page.click("#rankings-period")
    page.click("[role=option]:has-text('7 days')")
    expect(page.locator("h1.finding")).to_contain_text("2 October")
    assert "apps=le-chat,chatgpt,deepseek,perplexity" in address(page)
    assert "from=2026-10-02" in address(page)
    shared = opener(history, locale="fr-FR").open(address(page).removeprefix(history))
    page.wait_for_selector("#rankings-figure .annotation-text:has-text('Perplexity')")
    shared.wait_for_function(f"wanted => {LABELS}.sort().join() === wanted", arg=",".join(sorted(labels(page))))
    assert finding(shared) == finding(page)


def test_the_csv_holds_what_the_figure_shows(opener: Opener, history: str) -> None:
    """One click, the same apps and days."""
    page = opener(history).open("/rankings?apps=le-chat&country=fr&from=2026-10-05")
    page.click(".action-download > summary")
    with page.expect_download() as coming:
        page.click("#rankings-csv")
    lines = Path(coming.value.path()).read_text("utf-8").splitlines()
    assert len(lines) == 5
    assert lines[-1].split(",")[4] == "30"


def test_another_storefront_changes_the_chart_and_the_pickers(opener: Opener, history: str) -> None:
    """Only what was observed can be picked."""
    page = opener(history).open("/")
    page.click("#overview-country")
    page.click("[role=option]:has-text('United States')")
    expect(page.locator(".subtitle")).to_contain_text("United States")
    assert "country=us" in address(page)
    expect(page.locator(".ledger-overview tbody tr").first).to_contain_text("ChatGPT")
    expect(page.locator(".ledger-overview")).to_contain_text("no look to compare")


def test_stale_figures_say_how_old_they_are(opener: Opener, history: str) -> None:
    """An old number is never shown as today's."""
    page = opener(history, locale="fr-FR").open("/")
    expect(page.locator(".notice")).to_contain_text("9 oct. 2026, 15:11 UTC")
    expect(page.locator(".notice")).to_contain_text("Aucune collecte")


def test_an_unreachable_store_is_said_plainly(opener: Opener, small: str) -> None:
    """Overview and Health say that the last crawl reached nothing, and why."""
    watched = opener(small)
    assert "could not reach the stores" in watched.open("/").inner_text("main")
    assert "no connection" in watched.open("/health").inner_text("main")


def test_an_import_of_followed_apps_alone_is_called_so(opener: Opener, history: str) -> None:
    """The other places of the chart are not made to look empty."""
    page = opener(history).open("/top-chart?country=fr")
    expect(page.locator(".notice")).to_contain_text("followed apps alone")
    page.click("text=← Earlier look")
    expect(page.locator(".subtitle")).to_contain_text("8 Oct 2026, 15:12 UTC")
    assert "at=2026-10-08T15:12:00" in address(page)


def test_a_point_leads_to_the_bytes(opener: Opener, small: str, looks: tuple[Path, list[Look]]) -> None:
    """A click on a dot opens the reading, its file, and the verdict on its bytes."""
    page = opener(small).open("/rankings?apps=le-chat,chatgpt")
    page.wait_for_selector("#rankings-figure .points path")
    settle(page)
    place = page.evaluate(
        """() => { const g = document.querySelector('#rankings-figure .js-plotly-plot') ;
        const t = g.data.find(t => t.name === 'Le Chat' && t.mode.includes('lines'));
        const l = g._fullLayout, box = g.getBoundingClientRect(), n = t.x.length - 1;
        const x = t.x[n], y = t.y[n];
        return [box.x + l.xaxis._offset + l.xaxis.d2p(x), box.y + l.yaxis._offset + l.yaxis.d2p(y)]; }"""
    )
    page.mouse.move(place[0] - 3, place[1])
    page.mouse.move(place[0], place[1])
    page.wait_for_selector(".hoverlayer .legend, .hoverlayer .hovertext")
    page.mouse.click(place[0], place[1])
    expect(page.locator("#evidence-verdict")).to_contain_text("Verified")
    told = page.inner_text("#evidence-told")
    assert "archive/run-0.warc.gz" in told
    assert looks[1][-1].capture is not None
    assert looks[1][-1].capture[2] in told
    assert "<script>alert(1)</script>" in told


def test_changed_bytes_are_not_called_verified(opener: Opener, tmp_path: Path, looks: tuple[Path, list[Look]]) -> None:
    """The hash is taken anew each time."""
    source, last = looks[0] / "archive" / "run-0.warc.gz", looks[1][-1]
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "run-0.warc.gz").write_bytes(source.read_bytes())
    wrong = Look(last.chart, last.at, last.ranks, capture=("archive/run-0.warc.gz", 0, "0" * 64))
    write_lake(tmp_path, [wrong])
    with dashboard_on(tmp_path) as changed:
        page = opener(changed).open(f"/evidence/{reading_id(wrong)}")
        expect(page.locator("#evidence-verdict")).to_contain_text("Not verified")


def test_an_imported_point_shows_its_line(opener: Opener, history: str) -> None:
    """What is not held is not claimed."""
    page = opener(history).open("/rankings")
    page.click("text=Evidence of the newest look")
    expect(page.locator("#evidence-told")).to_contain_text("Imported")
    expect(page.locator("#evidence-told pre")).to_contain_text("fr")
    assert "Verified" not in page.inner_text("#evidence-told")


def test_absence_failure_and_silence_look_different(opener: Opener, small: str) -> None:
    """A band, a mark, a hatch; and three words in the table."""
    page = opener(small).open("/rankings?apps=le-chat")
    expect(page.locator("#rankings-figure")).to_contain_text("outside the first 100")
    cells = page.locator("#rankings-grid .ag-cell[col-id='rank_le-chat']")
    words = {"28", "absent", "not observed", "failed", "58", "60"}
    for word in words:
        cells.filter(has_text=re.compile(f"^{word}$")).first.wait_for()
    assert words == set(cells.all_inner_texts())


def test_the_figure_is_told_to_those_who_do_not_see_it(opener: Opener, small: str) -> None:
    """Its text alternative is its finding, and follows the choices."""
    page = opener(small).open("/rankings?apps=le-chat")
    assert page.get_attribute("#rankings-told", "aria-label") == page.inner_text("#rankings-finding")


def test_the_keyboard_reaches_the_evidence(opener: Opener, small: str) -> None:
    """Enter on a cell of the table opens it, Escape closes it, the skip link comes first."""
    page = opener(small).open("/rankings?apps=le-chat&lang=en")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "skip"
    page.locator("#rankings-grid .ag-cell[col-id='reading_id'] a").first.wait_for()
    page.locator("#rankings-grid .ag-cell[col-id='moment']").first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#evidence-verdict")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#evidence-verdict")).to_be_hidden()


def test_an_empty_warehouse_says_what_is_coming_and_fills_by_itself(
    opener: Opener, tmp_path: Path, looks: tuple[Path, list[Look]]
) -> None:
    """No blank page on a first start."""
    with dashboard_on(tmp_path) as empty:
        page = opener(empty, locale="fr-FR").open("/")
        assert finding(page) == "Rien n’a encore été observé."
        assert "France" in page.inner_text("main")
        write_lake(tmp_path, [looks[1][0]])
        expect(page.locator("h1.finding")).to_contain_text("ChatGPT")


@pytest.mark.parametrize("path", ["/rankings", "/claims"])
def test_a_snapshot_from_before_the_first_load_says_so_and_waits_for_nothing(
    opener: Opener, small: str, path: str
) -> None:
    """What was never loaded will not come: the page leads to the newest, and the picker still offers the others."""
    page = opener(small).open(f"{path}?snapshot=2020-01-01T00:00:00Z&lang=en")
    assert finding(page) == "Nothing had been loaded yet on 1 Jan 2020, 00:00 UTC."
    assert page.locator("#empty-wait").count() == 0
    assert page.inner_text("#snapshot summary") == "Before the first load Kept"
    page.click("main >> text=Follow new data")
    page.wait_for_function("!location.search.includes('snapshot=')")
    expect(page.locator("h1.finding")).not_to_contain_text("Nothing had been loaded")


def test_the_first_name_found_is_chosen_with_enter(opener: Opener, history: str) -> None:
    """A reader who types the beginning of a name need not reach for the arrows."""
    page = opener(history).open("/rankings?apps=le-chat&lang=en")
    page.click("#rankings-apps")
    page.keyboard.type("cop")
    page.locator("[role=option][data-combobox-selected]:visible:has-text('Copilot')").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_function("location.search.includes('copilot')")


def test_a_storefront_is_found_without_its_accents_and_by_its_code(opener: Opener, history: str) -> None:
    """As people type: the code goes before the names that hold the same letters."""
    page = opener(history, locale="fr-FR").open("/rankings")
    settle(page)
    options = page.locator("[role=option]:visible")
    page.click("#rankings-country")
    for typed in ("us", "etats"):
        page.locator("#rankings-country").fill(typed)
        expect(options.first).to_have_text("États-Unis")
    expect(options.first).to_have_attribute("data-combobox-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_function("location.search.includes('country=fr,us')")


def test_the_table_is_one_stop_of_the_tab_key(opener: Opener, history: str) -> None:
    """Arrows go from cell to cell; a reader who only passes by is not held in hundreds of them."""
    page = opener(history).open("/rankings?lang=en")
    page.locator("#rankings-grid .ag-cell").first.wait_for()
    settle(page)
    page.focus("#rankings-actions > a:last-of-type")
    page.keyboard.press("Tab")
    within = "Boolean(document.activeElement.closest('#rankings-grid'))"
    assert page.evaluate(within)
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.classList.contains('ag-cell')")
    page.keyboard.press("Tab")
    assert not page.evaluate(within)


def test_a_figure_fits_the_paper_it_is_printed_on(opener: Opener, history: str) -> None:
    """And has the width of the screen again when it is printed."""
    page = opener(history).open("/rankings?lang=en")
    page.wait_for_selector("#rankings-figure .main-svg")
    settle(page)
    width = "document.querySelector('#rankings-figure .js-plotly-plot')._fullLayout.width"
    before = page.evaluate(width)
    page.evaluate(f"addEventListener('beforeprint', () => {{ window.printed = {width}; }})")
    page.pdf(format="A4")
    assert page.evaluate("window.printed") < 700 < before
    page.wait_for_function(f"{width} === {before}")


def test_an_unknown_address_says_so(opener: Opener, history: str) -> None:
    """And leads back."""
    page = opener(history).open("/nowhere")
    assert "no page at this address" in finding(page)
