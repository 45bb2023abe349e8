"""The Health page in a real browser: which hosts are left alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawlers.landing import Landing
from essor.jobs.refresh import refresh
from essor.model.pauses import Pause, PauseReason
from essor.settings import read_settings
from tests.browser.conftest import Opener
from tests.dashboard.serving import dashboard_on
from tests.landed import LE_CHAT, at, chart_reading

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def paused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard on a crawl in which one host asked for a wait that is over, and one is left alone until tomorrow."""
    data, noon, now = tmp_path_factory.mktemp("data"), at("2026-10-08 12:00"), datetime.now(UTC)
    with Landing.begin(data, "run", "crawl charts", noon, asked=1) as landing:
        landing.add(chart_reading(noon, [LE_CHAT]))
        landing.add_pause(Pause("over.example", PauseReason.ASKED, "over.example asked to wait", noon, noon))
        landing.add_pause(Pause("now.example", PauseReason.BLOCKED, "it turned us away", now, now + timedelta(days=1)))
        landing.finish("complete", noon)
    refresh(read_settings(data_dir=data))
    with dashboard_on(data) as address:
        yield address


@pytest.mark.parametrize(
    ("lang", "rows"),
    [
        ("en", (["now.example", "it turned us away time and again", "left alone now"],
                ["over.example", "it asked for a wait", "8 Oct", "over"])),
        ("fr", (["now.example", "il nous a refusés plusieurs fois de suite", "en cours"],
                ["over.example", "il a demandé d’attendre", "8 oct.", "terminée"])),
    ],
)  # fmt: skip
def test_pauses_are_told_with_host_reason_and_times(
    opener: Opener, paused: str, lang: str, rows: tuple[list[str], ...]
) -> None:
    """The host that is left alone now comes first; the reason's own words are at hand."""
    page = opener(paused).open(f"/health?lang={lang}")
    table = page.locator("#health-pauses + .scroller tbody tr")
    for number, words in enumerate(rows):
        told = table.nth(number).inner_text()
        assert all(word in told for word in words), told
    assert table.nth(0).locator("[title]").get_attribute("title") == "it turned us away"


def test_without_a_pause_the_page_says_so(opener: Opener, tmp_path: Path) -> None:
    """No host was left alone."""
    with Landing.begin(tmp_path, "run", "crawl charts", at("2026-10-08 12:00"), asked=1) as landing:
        landing.add(chart_reading(at("2026-10-08 12:00"), [LE_CHAT]))
        landing.finish("complete", at("2026-10-08 12:00"))
    refresh(read_settings(data_dir=tmp_path))
    with dashboard_on(tmp_path) as address:
        assert "No host was left alone." in opener(address).open("/health?lang=en").inner_text("main")
