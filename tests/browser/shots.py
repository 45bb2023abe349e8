"""Takes a picture of every page in both languages and themes, to be looked at: `make shots`, or
`python -m tests.browser.shots FOLDER [PAGE …]`.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console

from essor.jobs.claims import check_claims
from essor.jobs.history import import_history
from essor.jobs.replay import replay
from essor.progress import progress
from essor.settings import read_settings
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.dashboard.serving import dashboard_on

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "real" / "apple"
FOLDER = ROOT / "build" / "shots"
WIDTHS = {"desk": 1280, "phone": 375}
SETTLED = 1_500
"""How long a page is given to draw, milliseconds."""
DOCS = {
    "overview-en-light-desk": "overview.png",
    "rankings-en-light-desk": "rankings.png",
    "claims-en-light-desk": "claims.png",
    "world-en-light-desk": "world.png",
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
        return f"{self.page.strip('/').replace('/', '-') or 'overview'}-{self.lang}-{self.theme}-{self.size}"


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
    for name, docs in DOCS.items():
        if folder == FOLDER and (folder / f"{name}.png").exists():
            shutil.copy(folder / f"{name}.png", ROOT / "docs" / "images" / docs)


def _fill(data_dir: Path) -> None:
    """The starter history, the claims and events on file, and the real captures where they lie beside the project."""
    settings = read_settings(data_dir=data_dir)
    import_history(settings)
    captures = sorted(REAL.glob("*.warc.gz"))
    if captures:
        with progress("replaying", Console(stderr=True)) as told:
            list(replay(settings, captures, told))
    check_claims(settings)


def _looks(address: str, named: Sequence[str]) -> Iterator[Look]:
    with urlopen(f"{address}/api/v1/pages", timeout=30) as answer:
        pages = [page for page in json.load(answer)["pages"] if not named or page.strip("/") in named]
    for page in pages:
        for lang in ("fr", "en"):
            for theme in ("light", "dark"):
                yield Look(page, lang, theme, "desk")
        yield Look(page, "fr", "light", "phone")


def _take(browser: Browser, address: str, look: Look, folder: Path) -> Path:
    context = browser.new_context(viewport={"width": WIDTHS[look.size], "height": 900})
    page = context.new_page()
    _open(page, f"{address}{look.page}?lang={look.lang}&theme={look.theme}")
    target = folder / f"{look.name}.png"
    page.screenshot(path=str(target), full_page=True)
    context.close()
    return target


def _open(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("h1.finding")
    page.wait_for_selector("#header .brand")
    page.wait_for_timeout(SETTLED)


if __name__ == "__main__":
    main()
