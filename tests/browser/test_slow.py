"""A reader who clicks on while answers are still coming: no click is lost, and no late answer undoes a newer choice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from essor.jobs.refresh import refresh
from essor.settings import read_settings
from tests.browser.conftest import Opener, settle
from tests.browser.test_pages import address, finding
from tests.dashboard.serving import dashboard_on
from tests.landed import CHATGPT, FR, LE_CHAT, at, chart_reading, land

pytestmark = pytest.mark.browser

ANSWERS = "**/_dash-update-component**"


@contextmanager
def late(page: Page, part: str) -> Iterator[None]:
    """While this lasts, the first answer that fills a part of the page is still to come; then it comes."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        fills = re.match(r'\{"output":"([^"]*)"', route.request.post_data or "")
        if not held and fills and f"{part}." in fills[1]:
            held.append(route)
        else:
            route.continue_()

    page.route(ANSWERS, hold)
    yield
    assert held, f"Nothing was asked that fills {part}."
    with page.expect_event("requestfinished", lambda request: request == held[0].request):
        held[0].continue_()
    page.unroute(ANSWERS)
    settle(page)


def pick(page: Page, field: str, label: str) -> None:
    """Choose something, and wait until it is being answered."""
    page.click(f"#{field}")
    page.locator(f"[role=option]:visible:has-text('{label}')").first.click()
    page.wait_for_selector("._dash-loading-callback", state="attached")


def overview_after_health(opener: Opener, history: str) -> Page:
    """The overview of one who came from Health."""
    page = opener(history).open("/health?lang=en")
    page.click("nav >> text=Overview")
    page.wait_for_selector("#overview-country")
    settle(page)
    return page


def test_a_language_takes_along_the_choice_that_is_still_being_answered(opener: Opener, history: str) -> None:
    """Finding, pickers and address agree: the period just chosen, in the language chosen after it."""
    page = opener(history).open("/rankings?lang=en&country=fr&apps=le-chat")
    with late(page, "rankings-figure"):
        pick(page, "rankings-period", "7 days")
        page.click("#lang-fr")
    page.wait_for_function("location.search.includes('lang=fr')")
    expect(page.locator("h1.finding")).to_contain_text(
        "Le Chat est monté de la 60e place le\N{NO-BREAK SPACE}2 octobre"
    )
    expect(page.locator("#rankings-period")).to_have_value("7 jours")
    assert "from=2026-10-02" in address(page)


def test_a_page_of_the_menu_takes_along_the_choice_that_is_still_being_answered(opener: Opener, history: str) -> None:
    """The next page is about the storefront just chosen."""
    page = opener(history).open("/?lang=en&country=fr")
    with late(page, "address"):
        pick(page, "overview-country", "United States")
        page.click("nav >> text=Ranks")
    expect(page.locator("#rankings-subtitle")).to_contain_text("United States")


def test_an_answer_to_a_page_that_was_left_is_dropped(opener: Opener, history: str) -> None:
    """One who goes back from French to English reads English alone."""
    page = opener(history).open("/rankings?lang=en&country=fr&apps=le-chat")
    page.click("#lang-fr")
    expect(page.locator("#rankings-row")).to_contain_text("Applications")
    settle(page)
    with late(page, "rankings-figure"):
        pick(page, "rankings-period", "7 jours")
        page.go_back()
        expect(page.locator("#rankings-row")).to_contain_text("Storefront")
    assert finding(page).startswith("Le Chat climbed from 60th on 15 September")
    assert "from=2026-09-15&lang=en" in address(page)


def test_an_answer_to_a_page_that_is_gone_keeps_nobody_waiting(opener: Opener, history: str) -> None:
    """It has no place any more, and the menu goes on at once."""
    page = overview_after_health(opener, history)
    with late(page, "address"):
        pick(page, "overview-country", "United States")
        page.go_back()
        page.wait_for_selector(".page-health")
    expect(page.locator("._dash-loading-callback")).to_have_count(0)
    page.click("nav >> text=Ranks")
    expect(page.locator("#rankings-finding")).to_be_visible()


def test_a_page_clicked_in_a_header_of_another_language_is_shown_in_the_new_one(opener: Opener, history: str) -> None:
    """The page has come in French before its header: what was called Ranks is called Rangs when it is followed."""
    page = opener(history).open("/?lang=en")
    with late(page, "header"):
        page.click("#lang-fr")
        expect(page.locator("h1.finding")).to_contain_text("est")
        page.click("nav >> text=Ranks")
    expect(page.locator("#rankings-row")).to_contain_text("Classement")
    assert "lang=fr" in address(page)


def test_who_goes_back_is_not_led_on_by_an_earlier_click(opener: Opener, history: str) -> None:
    """A click in the header that still waits for an answer ends with the page it was made on."""
    page = overview_after_health(opener, history)
    with late(page, "address"):
        pick(page, "overview-country", "United States")
        page.click("nav >> text=Ranks")
        expect(page.locator("#header")).to_have_attribute("aria-busy", "true")
        page.go_back()
        page.wait_for_selector(".page-health")
    expect(page.locator("#header")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator(".page-health")).to_be_visible()
    assert "/health" in address(page)


def test_the_last_of_two_quick_choices_is_shown(opener: Opener, history: str) -> None:
    """The answer to the first comes last: address, finding, figure and table are of the second."""
    page = opener(history).open("/rankings?lang=en&country=fr&apps=le-chat")
    with late(page, "rankings-figure"):
        pick(page, "rankings-period", "90 days")
        pick(page, "rankings-period", "7 days")
        expect(page.locator("h1.finding")).to_contain_text("from 60th on 2 October")
    assert "from 60th on 2 October" in finding(page)
    assert "from=2026-10-02" in address(page)
    first = page.evaluate("document.querySelector('#rankings-figure .js-plotly-plot').data[0].x[0]")
    assert first >= "2026-10-02"
    expect(page.locator("#rankings-grid .ag-cell[col-id='moment']").last).to_contain_text("2 Oct 2026")


def test_a_day_and_an_app_chosen_quickly_are_both_shown(opener: Opener, tmp_path: Path) -> None:
    """The day of the slider is kept by the choice that overtakes it."""
    charts = (FR, replace(FR, country="us"))
    days = [
        chart_reading(at(f"2026-10-0{day} 12:00"), [LE_CHAT, CHATGPT], chart=chart)
        for day in (7, 8)
        for chart in charts
    ]
    land(tmp_path, days)
    refresh(read_settings(data_dir=tmp_path))
    with dashboard_on(tmp_path) as served:
        page = opener(served).open("/world?lang=en&apps=le-chat")
        with late(page, "world-figure"):
            page.locator("#world-day [role=slider]").press("ArrowLeft")
            page.wait_for_selector("._dash-loading-callback", state="attached")
            pick(page, "world-apps", "ChatGPT")
        expect(page.locator("h1.finding")).to_contain_text(re.compile("ChatGPT.*7 October 2026"))
        expect(page.locator("#world-on")).to_have_text("7 Oct 2026")
        assert "apps=chatgpt" in address(page)
        assert "at=2026-10-07" in address(page)


def test_a_link_clicked_twice_is_one_step_back(opener: Opener, history: str) -> None:
    """Back leads to the page from which the reader came."""
    page = opener(history).open("/rankings?lang=en")
    page.dblclick("nav >> text=Sources")
    page.wait_for_selector(".page-health")
    settle(page)
    page.go_back()
    expect(page.locator("#rankings-finding")).to_be_visible()


@pytest.mark.parametrize("width", [375, 1280])
def test_the_page_stands_still_while_its_header_learns_the_address(opener: Opener, history: str, width: int) -> None:
    """The header is as high before as after, and a list that is opened in the meantime stays open."""
    page = opener(history, width=width).page
    top = "document.getElementById('main').getBoundingClientRect().top"
    with late(page, "header"):
        page.goto(f"{history}/rankings?lang=en&country=fr")
        page.wait_for_selector("#rankings-finding")
        before = page.evaluate(top)
        page.click("#snapshot summary")
    assert page.evaluate(top) == before
    expect(page.locator("#snapshot li a").first).to_be_visible()


def test_a_press_outlasts_the_answer_that_draws_its_link_anew(opener: Opener, history: str) -> None:
    """Pressed on the link of before, released on the one of after: the evidence is shown."""
    page = opener(history).open("/rankings?lang=en&country=fr&apps=le-chat")
    link = page.locator("#rankings-actions a[href^='/evidence/']")
    with late(page, "rankings-figure"):
        page.check("#rankings-show-gaps")
        page.wait_for_selector("._dash-loading-callback", state="attached")
        link.hover()
        page.mouse.down()
    page.wait_for_function("location.search.includes('gaps=dotted')")
    page.mouse.up()
    expect(page.locator("#evidence-told .evidence-subject")).to_be_visible()
