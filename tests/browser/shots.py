"""Takes a picture of every page in both languages and themes, to be looked at: `make shots`, or
`python -m tests.browser.shots FOLDER [PAGE …]`.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console

from essor.jobs.claims import check_claims
from essor.jobs.estimate import estimate
from essor.jobs.history import import_history
from essor.jobs.imports import import_files
from essor.jobs.replay import replay
from essor.progress import progress
from essor.settings import read_settings
from tests.browser.conftest import CHROMIUM, FLAGS, answered
from tests.dashboard.serving import dashboard_on

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "real"
SIGNALS = {
    "github_stars": "github_stars_daily.csv.gz",
    "ollama_pulls": "ollama_pulls_daily_tracked.csv.gz",
    "pypi_30d": "pypi_30d_downloads_tracked.csv",
    "wikipedia_views": "enwiki_pageviews_monthly_user.csv",
}
"""Tables of signals beside the project, by the mapping that reads each."""
MORE = ("/claims/2025-02-chatgpt-500k-november-2023", "/world?measure=downloads&apps=chatgpt&at=2026-02-17")
"""What has an address of its own and is not in the menu."""
FOLDER = ROOT / "build" / "shots"
WIDTHS = {"desk": 1280, "phone": 375}
SETTLED = 1_500
"""How long a page is given to draw, milliseconds."""
HIGHEST = 1_400
"""A picture in the documentation shows so much of its page, pixels."""
DOCS = {
    "overview-en-light-desk": "overview.png",
    "rankings-en-light-desk": "rankings.png",
    "claims-2025-02-chatgpt-500k-november-2023-en-light-desk": "claim.png",
    "world-measure-downloads-apps-chatgpt-at-2026-02-17-en-light-desk": "world.png",
}
"""The pictures that the documentation shows, and their names there."""


@dataclass(frozen=True)
class Look:
    """One way to look at a page."""

    page: str
    lang: str
    theme: str
    size: str

    @property
    def name(self) -> str:
        """The picture's name."""
        page = re.sub(r"[^a-z0-9]+", "-", self.page).strip("-") or "overview"
        return f"{page}-{self.lang}-{self.theme}-{self.size}"


def main() -> None:
    """Take them all."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as running:
        _fill(Path(data))
        browser = running.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        with dashboard_on(Path(data)) as address:
            taken = [_take(browser, address, look, folder) for look in _looks(address, sys.argv[2:])]
        browser.close()
    print(f"{len(taken)} pictures in {folder}")  # noqa: T201 - a command's answer


def _fill(data_dir: Path) -> None:
    """The starter history, the claims on file, estimates, and real captures and tables where they lie beside us."""
    settings = read_settings(data_dir=data_dir)
    import_history(settings)
    captures = sorted((REAL / "apple").glob("*.warc.gz"))
    if captures:
        with progress("replaying", Console(stderr=True)) as told:
            list(replay(settings, captures, told))
    for mapping, name in SIGNALS.items():
        if (REAL / "adoption" / name).exists():
            import_files(settings, [REAL / "adoption" / name], mapping, lambda *_: None)
    check_claims(settings)
    estimate(settings)


def _looks(address: str, named: Sequence[str]) -> Iterator[Look]:
    with urlopen(f"{address}/api/v1/pages", timeout=30) as answer:
        pages = [*json.load(answer)["pages"], *MORE]
    for page in (page for page in pages if not named or page.strip("/") in named):
        for lang in ("fr", "en"):
            for theme in ("light", "dark"):
                yield Look(page, lang, theme, "desk")
        yield Look(page, "fr", "light", "phone")


def _take(browser: Browser, address: str, look: Look, folder: Path) -> Path:
    context = browser.new_context(viewport={"width": WIDTHS[look.size], "height": 900})
    page = context.new_page()
    said = "&" if "?" in look.page else "?"
    _open(page, f"{address}{look.page}{said}lang={look.lang}&theme={look.theme}")
    target = folder / f"{look.name}.png"
    page.screenshot(path=str(target), full_page=True)
    if look.name in DOCS and folder == FOLDER:
        whole = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": WIDTHS[look.size], "height": min(whole, HIGHEST)})
        page.wait_for_timeout(SETTLED)
        page.screenshot(path=str(ROOT / "docs" / "images" / DOCS[look.name]))
    context.close()
    return target


def _open(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("h1.finding")
    answered(page)
    page.wait_for_timeout(SETTLED)


if __name__ == "__main__":
    main()
