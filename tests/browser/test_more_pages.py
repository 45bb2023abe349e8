"""What each kind of reader sees on the pages beyond the ranks, in a real browser."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard.language import LOCALES, Language, translations
from essor.jobs.refresh import refresh
from essor.settings import read_settings
from tests.browser.conftest import Opener, another_address, fits, settle
from tests.browser.test_pages import BARE_KEY, address, finding
from tests.dashboard.serving import dashboard_on
from tests.landed import CHATGPT, FR, LE_CHAT, at, chart_reading, land

pytestmark = pytest.mark.browser

PATHS = {
    "/app": "app", "/ratings": "ratings", "/world": "world", "/downloads": "downloads", "/launch-race": "race",
    "/claims": "claims", "/claims/2025-02-chatgpt-500k-november-2023": "claim", "/developers": "developers",
    "/latency": "latency", "/methods": "methods", "/news": "news", "/shares": "shares", "/needed": "needed",
}  # fmt: skip


def drawn(page: Page, name: str) -> None:
    """Wait until the figure is there."""
    page.wait_for_selector(f"#{name}-figure .main-svg")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("look", [("fr", "light", 1280), ("en", "dark", 375)])
def test_every_page_shows_in_both_languages_themes_and_widths(
    opener: Opener, full: str, path: str, look: tuple[str, str, int]
) -> None:
    """No error, no other host, no bare key, nothing wider than the screen, the tab named."""
    lang, theme, width = look
    page = opener(full, width=width).open(f"{path}?lang={lang}&theme={theme}")
    settle(page)
    fits(page, width)
    assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == theme
    if path != "/methods":
        assert BARE_KEY.search(page.inner_text("body")) is None
    assert page.title().startswith(translations(lang)[f"page.{PATHS[path]}"])


@pytest.mark.parametrize(
    "path", [path for path in PATHS if path not in ("/latency", "/methods") and path.count("/") == 1]
)
def test_an_empty_warehouse_says_what_is_coming_on_every_page(opener: Opener, empty: str, path: str) -> None:
    """No blank page and no failure before the first load."""
    page = opener(empty, locale="fr-FR").open(path)
    assert finding(page) == "Rien n’a encore été observé."


def test_the_menu_leads_everywhere_in_two_calm_rows(opener: Opener, full: str) -> None:
    """Six headings; the pages of the open one stand below it, also on a page below a page."""
    page = opener(full).open("/?lang=en")
    headings = page.locator("nav").first.locator("a").all_inner_texts()
    assert headings == ["Overview", "Ranks", "Apps", "Adoption", "Models", "Sources"]
    page.click("nav >> text=Adoption")
    expect(page.locator("nav.beside a")).to_have_text(["Downloads", "Shares", "Better rank", "Launch race", "Claims"])
    page.click("nav.beside >> text=Claims")
    page.click("text=ChatGPT reached 500,000 downloads in six days in November 2023")
    expect(page.locator("nav.beside .here")).to_have_text("Claims")


def test_ratings_speak_of_falls_and_versions_and_change_with_the_measure(opener: Opener, full: str) -> None:
    """Three years of Norway; another measure is in the address, and the same address shows it again."""
    page = opener(full).open("/ratings?lang=en")
    assert re.match(r"ChatGPT won [\d,]+ ratings \(Norway\) between 1 June 2023 and 8 August 2026", finding(page))
    assert "1 doubtful count is set aside" in finding(page)
    expect(page.locator(".ledger-versions tbody tr").first).to_contain_text("Aug 2026")
    drawn(page, "ratings")
    page.click("#ratings-measure")
    page.click("[role=option]:has-text('Score')")
    expect(page.locator("#ratings-subtitle")).to_contain_text("the axis does not begin at zero")
    again = opener(full).open(address(page).removeprefix(full))
    expect(again.locator("#ratings-subtitle")).to_contain_text("the axis does not begin at zero")


def test_an_estimate_says_its_band_its_method_and_its_version(opener: Opener, full: str) -> None:
    """In the headline, in the legend, and under the figure."""
    page = opener(full).open("/downloads?lang=en&apps=chatgpt&country=no")
    wanted = r"an estimated [\d.]+M times \(Norway\).*: [\d.]+M to [\d.]+M eight times in ten, by rating velocity"
    assert re.search(wanted, finding(page).replace("\n", " "))
    drawn(page, "downloads")
    expect(page.locator("#downloads-figure .legendtext").first).to_have_text("estimated, with its 80% band")
    expect(page.locator("#downloads-foot")).to_contain_text("Rating velocity, version 2")


def test_shares_say_their_band_and_of_what_they_are_a_share(opener: Opener, full: str) -> None:
    """Another length of period is in the address, and the same address shows it again; the CSV has the same rows."""
    page = opener(full).open("/shares?lang=en&country=no")
    assert re.match(
        r"ChatGPT has \d+% of the downloads estimated for 3 apps together \(Norway\) in August", finding(page)
    )
    expect(page.locator("#shares-subtitle")).to_contain_text("It is no market share: only followed apps count")
    drawn(page, "shares")
    page.click("#shares-each")
    page.click("[role=option]:has-text('a quarter')")
    expect(page.locator("h1.finding")).to_contain_text("in Q3 2026")
    again = opener(full).open(address(page).removeprefix(full))
    assert finding(again) == finding(page)
    page.click(".action-download > summary")
    with page.expect_download() as download:
        page.click("#shares-csv")
    lines = download.value.path().read_text("utf-8").splitlines()
    assert "chatgpt" in lines[1]
    assert "together" in lines[0]


def test_the_way_to_a_better_rank_changes_with_the_goal(opener: Opener, full: str) -> None:
    """One goal is drawn at a time, the table has them all, and a click on a point leads to the look at the chart."""
    page = opener(full).open("/needed?lang=en&country=us")
    assert "to be first" in finding(page)
    drawn(page, "needed")
    page.click("#needed-measure")
    page.click("[role=option]:has-text('The first ten')")
    expect(page.locator("h1.finding")).to_contain_text("to enter the first ten")
    expect(page.locator(".ledger-needed tbody .c-next").first).to_have_text(
        re.compile(r"[\d.]+K \([\d.]+K to [\d.]+K\)")
    )
    page.click("#needed-actions a[href^='/evidence/']")
    expect(page.locator("#evidence-told")).to_contain_text("United States")


def test_claims_of_one_verdict_say_how_many_are_shown(opener: Opener, full: str) -> None:
    """The headline speaks of all, and of those that the figure and the list are cut down to."""
    page = opener(full).open("/claims?lang=en&measure=contradicted")
    shown = page.locator(".ledger-claims tbody tr").count()
    assert finding(page).endswith(f"Shown here: {shown} contradicted.")


def test_the_race_is_run_on_both_scales(opener: Opener, full: str) -> None:
    """Claims, vendors and our estimate keep their signs; what is contradicted is called so."""
    page = opener(full).open("/launch-race?lang=en")
    assert "Le Chat in 14 days (company claim)" in finding(page)
    drawn(page, "race")
    page.click("#race-scale")
    page.click("[role=option]:has-text('Linear')")
    page.wait_for_url(re.compile("scale=linear"))
    expect(page.locator(".ledger-points")).to_contain_text("contradicted")


def test_the_map_comes_from_our_own_files(opener: Opener, full: str) -> None:
    """Countries are drawn, the table says the same, and no other host is asked (the fixture would fail)."""
    watched = opener(full)
    with watched.page.expect_response(re.compile("/assets/topojson/world_110m.json")):
        page = watched.open("/world?lang=en")
    page.wait_for_selector("#world-figure .choroplethlayer path")
    expect(page.locator(".ledger-fronts tbody tr").first).to_be_visible()


@pytest.mark.parametrize(("lang", "band"), [("fr", r"de [\d,]+\sk à [\d,]+\sk"), ("en", r"[\d.]+K to [\d.]+K")])
def test_the_map_shows_estimates_with_their_bands(opener: Opener, full: str, lang: str, band: str) -> None:
    """Downloads in place of ranks: the choices of a chart go, the band stands in headline, table and foot."""
    page = opener(full).open(f"/world?lang={lang}&apps=chatgpt")
    drawn(page, "world")
    page.click("#world-measure")
    page.locator("[role=option]:visible").nth(1).click()
    expect(page.locator(".ledger-fronts tbody .c-amount").first).to_have_text(re.compile(band))
    expect(page.locator("#world-category")).to_be_hidden()
    expect(page.locator("#world-foot")).to_have_text(re.compile(band))
    assert "measure=downloads" in address(page)
    before = finding(page)
    page.locator("#world-day [role=slider]").press("ArrowLeft")
    expect(page.locator("h1.finding")).not_to_have_text(before)
    again = opener(full).open(address(page).removeprefix(full))
    assert finding(again) == finding(page)


def test_everything_about_one_app_is_on_one_page(opener: Opener, full: str) -> None:
    """Names over time, store ids, launches with sources, ranks, what was published; another app replaces it all."""
    page = opener(full).open("/app?lang=en")
    expect(page.locator("#app-told-all")).to_contain_text("6740410176")
    told = page.inner_text("main")
    for part in (
        "Vibe by Mistral (ex-Le Chat)",
        "6740410176",
        "ai.mistral.chat",
        "macplus.net",
        "downloaded a million times",
    ):
        assert part in told
    assert "No version has been observed yet." in told
    page.click("#app-apps")
    page.click("[role=option]:has-text('DeepSeek')")
    expect(page.locator("#app-head")).to_contain_text("DeepSeek")
    assert "apps=deepseek" in address(page)
    expect(page.locator(".ledger-releases tbody tr").first).to_contain_text("2.3.2")
    expect(page.locator(".ledger-amounts tbody tr").first).to_have_text(re.compile(r"Norway.*to.*rating velocity"))
    expect(page.locator("#app-told-all .events li").first).to_be_visible()


def test_events_are_switched_off_over_downloads(opener: Opener, full: str) -> None:
    """The lines, the list below and the address agree; the look behind the figure is one click away."""
    page = opener(full).open("/downloads?lang=en&apps=chatgpt&country=no")
    drawn(page, "downloads")
    expect(page.locator("#downloads-events li").first).to_be_visible()
    page.uncheck("#downloads-show-events")
    expect(page.locator("#downloads-events li")).to_have_count(0)
    page.wait_for_function("location.search.includes('events=off')")
    page.click("#downloads-actions a[href^='/evidence/']")
    expect(page.locator("#evidence-told")).to_contain_text("Norway")


def test_predicted_floors_are_called_so(opener: Opener, full: str) -> None:
    """While no run on a device is loaded, nothing looks measured."""
    page = opener(full).open("/latency?lang=en")
    assert finding(page).endswith("nothing is measured there yet.")
    page.click("#latency-device")
    page.click("[role=option]:has-text('RTX 4090')")
    expect(page.locator(".ledger-floors")).to_contain_text("too big for this device")
    assert "measure=decode.rtx-4090" in address(page)


def test_a_method_is_reached_from_its_figure(opener: Opener, full: str) -> None:
    """The link under an estimate leads to its place on the page of methods."""
    page = opener(full).open("/downloads?lang=en")
    page.click("#downloads-foot >> text=Method")
    page.wait_for_selector("#estimates h2")
    assert address(page).endswith("#estimates")


def test_the_overview_says_what_changed(opener: Opener, full: str) -> None:
    """In words, each with its day, leading to the app."""
    page = opener(full).open("/?lang=en")
    expect(page.locator(".changes")).to_contain_text("New version of ChatGPT: 1.2026.209, seen on 8 Aug 2026.")
    page.click(".changes >> text=New version of ChatGPT")
    expect(page.locator("#app-head")).to_contain_text("ChatGPT")


def test_health_shows_what_was_due_and_which_parsers_read(opener: Opener, full: str) -> None:
    """With nothing due yet, it says so."""
    told = opener(full).open("/health?lang=en").inner_text("main")
    assert "No planned crawl is on record yet" in told
    assert "Parser versions" in told


def test_the_slider_of_days_moves_the_map_by_keyboard(opener: Opener, tmp_path: Path) -> None:
    """One day back: another finding, another table, and the day in the address."""
    us = replace(FR, country="us")
    seen = [(chart, day, rank) for chart, rank in ((FR, 0), (us, 1)) for day in (7, 8, 9)]
    ids = {0: [LE_CHAT, CHATGPT], 1: [CHATGPT, LE_CHAT]}
    readings = [
        chart_reading(at(f"2026-10-{day:02} 12:00"), ids[rank if day == 9 else 1], chart=chart)
        for chart, day, rank in seen
    ]
    land(tmp_path, readings)
    refresh(read_settings(data_dir=tmp_path))
    with dashboard_on(tmp_path) as served:
        page = opener(served).open("/world?lang=en")
        assert "first in France" in finding(page)
        drawn(page, "world")
        page.locator("#world-day [role=slider]").press("ArrowLeft")
        expect(page.locator("h1.finding")).to_contain_text("8 October 2026, of 2 storefronts observed, first in none")
        page.wait_for_url(re.compile("at=2026-10-08"))
        expect(page.locator("#world-on")).to_have_text("8 Oct 2026")


def test_the_records_of_a_period_stand_under_the_ranks(opener: Opener, full: str) -> None:
    """Best rank and days in the first N, with what the unseen days could add; another period has its own."""
    page = opener(full).open("/rankings?lang=en&country=fr&apps=le-chat,chatgpt")
    chatgpt, le_chat = (page.locator(f".ledger-records tr:has-text('{app}')") for app in ("ChatGPT", "Le Chat"))
    expect(chatgpt.locator(".c-peak")).to_have_text(re.compile("2nd.*15 Sept 2026"))
    expect(chatgpt.locator(".c-top3")).to_have_text(
        re.compile("19 days.*up to 24 with the days not seen.*7 in a row from 30 Sept 2026")
    )
    expect(le_chat.locator(".c-peak")).to_have_text(re.compile("28th.*8 Oct 2026"))
    page = opener(full).open("/rankings?lang=fr&country=fr&apps=le-chat&from=2026-09-15&to=2026-09-20")
    expect(page.locator(".ledger-records .c-peak").last).not_to_contain_text("28e")
    expect(page.locator("#rankings-records")).to_contain_text("n’est entrée dans ce classement")


def test_who_came_and_left_is_listed(opener: Opener, full: str) -> None:
    """Meta AI left the French photo chart on 9 April 2026, 4th the day before."""
    page = opener(full).open("/rankings?lang=fr&country=fr&category=6008&apps=meta-ai&from=2026-03-01&to=2026-05-01")
    row = page.locator(".ledger-moves tbody tr")
    expect(row).to_have_text(re.compile("9 avr. 2026.*Meta AI.*sortie, vue 4e pour la dernière fois"))


@pytest.mark.parametrize("name", ["claims", "race", "latency", "health", "world"])
def test_every_figure_of_many_things_shows_what_it_stands_on(opener: Opener, full: str, name: str) -> None:
    """The way to the bytes leads to a list whose rows open their reading, their claim, or say that none was read."""
    paths = {"race": "/launch-race", "world": "/world?measure=downloads&apps=chatgpt"}
    path = paths.get(name, f"/{name}")
    page = opener(full).open(f"{path}{'&' if '?' in path else '?'}lang=en")
    page.click(f"#{name}-inputs")
    expect(page.locator("#inputs-finding")).to_have_text("What this figure stands on")
    told = page.inner_text(".page-inputs")
    assert {"claims": "essor/claims/", "race": "essor/claims/", "health": ".csv", "world": "Rating counts read",
            "latency": "No measurement and no look"}[name] in told  # fmt: skip
    assert BARE_KEY.search(page.inner_text("body")) is None
    if name == "health":
        page.click(".ledger-inputs a[href^='/evidence/'] >> nth=0")
        expect(page.locator("#evidence-told .evidence-subject")).to_be_visible()


def test_on_a_phone_the_lines_have_the_width_and_their_names_stand_below(opener: Opener, full: str) -> None:
    """The names leave the right margin, also after another choice; on a wide screen they stand beside the lines."""
    watched = opener(full, width=390)
    page = watched.open("/ratings?lang=en")
    drawn(page, "ratings")
    wide = "document.querySelector('#ratings-figure .js-plotly-plot')._fullLayout._size.w > 270"
    page.wait_for_function(wide)
    expect(page.locator("#ratings-ends li").first).to_be_visible()
    with another_address(page):
        page.click("label:has-text('Events')")
    page.wait_for_function(wide)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.wait_for_function("document.querySelectorAll('#ratings-figure .annotation-text-g').length > 1")
    expect(page.locator("#ratings-ends")).to_be_hidden()


def test_an_app_is_followed_and_its_table_says_what_its_figure_shows(opener: Opener, full: str) -> None:
    """The action leads to the looks drawn above; the news and the feed of the app stand by its name."""
    page = opener(full).open("/app?apps=le-chat&lang=en")
    expect(page.locator("#app-table")).to_have_text("The same in a table")
    page.wait_for_selector("#app-grid .ag-row")
    for place, head in enumerate(("Look", "Le Chat")):
        expect(page.locator("#app-grid [role=columnheader]").nth(place)).to_have_text(head, use_inner_text=True)
    assert "apps=le-chat" in str(page.get_attribute("#app-follow .feed", "href"))
    page.click("#app-follow .follow-news")
    expect(page.locator("#news-finding")).to_be_visible()
    assert "apps=le-chat" in page.url


def test_a_period_of_ones_own_begins_with_the_days_shown(opener: Opener, history: str) -> None:
    """The news of the last week, then of days of one's own: the same week is there to be changed."""
    page = opener(history).open("/news")
    for period in ("7 days", "Custom"):
        with another_address(page):
            page.click("#news-period")
            page.click(f"[role=option]:has-text('{period}')")
    since, until = (date.fromisoformat(page.input_value(f"#news-{end}")) for end in ("from", "to"))
    assert (until - since).days == 7


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("lang", LOCALES)
def test_the_category_of_all_is_read_whole(opener: Opener, history: str, lang: str, width: int) -> None:
    """Also where the two days of a period of one's own stand beside it."""
    page = opener(history, width=width).open(f"/rankings?lang={lang}&from=2026-10-01&to=2026-10-09")
    every = Language(lang).category("36")
    cut = "(input, text) => (input.value = text, input.scrollWidth > input.clientWidth)"
    assert page.locator("#rankings-category").evaluate(cut, every) is False


@pytest.mark.parametrize("path", ["/launch-race", "/rankings?apps=le-chat,chatgpt", "/latency", "/needed"])
def test_no_ledger_scrolls_sideways_on_a_phone(opener: Opener, full: str, path: str) -> None:
    """Each row of many cells is a card, in which a cell says its column; on paper it is a row."""
    page = opener(full, width=375).open(path)
    card = page.locator(".ledger.cards tbody tr").first
    expect(card).to_be_visible()
    said = card.locator("td").first.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert said.strip('"') == card.locator("td").first.get_attribute("data-head")
    wide = "[...document.querySelectorAll('.scroller')].filter(one => one.scrollWidth > one.clientWidth + 1).length"
    assert page.evaluate(wide) == 0
    page.emulate_media(media="print")
    assert card.evaluate("row => getComputedStyle(row).display") == "table-row"  # paper is wide enough
