"""A real chromium, and dashboards for it to open."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, Response, expect, sync_playwright

from essor.settings import read_settings
from tests.dashboard.serving import dashboard_on
from tests.dashboard.small_lake import Look, Run, write_lake
from tests.dashboard.test_api import CHATGPT, LE_CHAT, small_history

CHROMIUM = Path(os.environ.get("BROWSER_PATH") or shutil.which("chromium-headless-shell") or "/usr/bin/chromium")
"""The same engine without its windows takes a third less time a page."""
PATIENCE = 60_000
"""Milliseconds that a page may take to say what is expected: the machine may be busy."""
DRAWN = 200
"""Milliseconds in which what has come is drawn, and anything wrong with it is said."""
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class Watched:
    """A page, and what went wrong on it."""

    page: Page
    address: str
    beside: str = ""
    """Another host of ours that it may ask; none where empty."""
    errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """The page at `path`, once its finding is there and nothing of it is still to come."""
        self.page.goto(self.address + path)
        self.page.wait_for_selector("h1.finding")
        answered(self.page)
        return self.page

    def request(self, request: Request) -> None:
        """Note a request to another host."""
        own = (self.address, self.address.replace("http", "ws"), self.beside or self.address, "data:", "blob:")
        if not request.url.startswith(own):
            self.errors.append(f"foreign: {request.url}")

    def response(self, response: Response) -> None:
        """Note a failed answer."""
        if response.status >= 400:
            self.errors.append(f"{response.status}: {response.url}")


Opener = Callable[..., Watched]


def answered(page: Page) -> None:
    """Wait until Dash waits for no answer and has put all that came into its place.

    Its elements alone do not tell: between an answer and what follows from it none of them is said to be loading.
    """
    page.wait_for_function("!document.querySelector('._dash-loading-callback')")


def settle(page: Page) -> None:
    """Wait until every answer has come, and what came is drawn."""
    answered(page)
    page.wait_for_timeout(DRAWN)


@contextmanager
def another_address(page: Page) -> Iterator[None]:
    """What is chosen within is shown at the end: a choice is asked for only some time after its click."""
    before = page.evaluate("location.href")
    yield
    page.wait_for_function("before => location.href !== before", arg=before)
    settle(page)


def fits(page: Page, width: int) -> None:
    """Wait until nothing is wider than the screen."""
    page.wait_for_function(f"document.documentElement.scrollWidth <= {width}")


def _grave(said: ConsoleMessage) -> bool:
    """Whether the console tells of a fault; what it says of a slow machine, which used a preload late, is none."""
    return said.type in ("error", "warning") and "was preloaded using link preload but not used" not in said.text


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Playwright itself."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Debian's chromium."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed: apt-get install chromium")
    running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
    yield running
    running.close()


@pytest.fixture
def opener(browser: Browser) -> Iterator[Opener]:
    """Opens a watched page of a dashboard; at the end none may have seen an error or another host."""
    opened: list[Watched] = []

    def open_page(
        address: str, *, width: int = 1280, locale: str = "en-GB", scheme: str = "light", beside: str = ""
    ) -> Watched:
        context = browser.new_context(viewport={"width": width, "height": 900}, locale=locale, color_scheme=scheme)
        context.set_default_timeout(PATIENCE)
        watched = Watched(context.new_page(), address, beside)
        watched.page.on("request", watched.request)
        watched.page.on("response", watched.response)
        watched.page.on("pageerror", lambda error: watched.errors.append(f"script: {error}"))
        watched.page.on(
            "console",
            lambda said: watched.errors.append(f"console: {said.text}") if _grave(said) else None,
        )
        opened.append(watched)
        return watched

    yield open_page
    for watched in opened:
        watched.page.context.close()
    assert [error for watched in opened for error in watched.errors] == []


@pytest.fixture(scope="package")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard over the starter history, as a user's first start shows it."""
    from essor.jobs.history import import_history

    data_dir = tmp_path_factory.mktemp("history")
    import_history(read_settings(data_dir=data_dir))
    with dashboard_on(data_dir) as address:
        yield address


@pytest.fixture(scope="package")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard over the starter history with the claims checked and the downloads estimated."""
    from essor.jobs.claims import check_claims
    from essor.jobs.estimate import estimate
    from essor.jobs.history import import_history

    data_dir = tmp_path_factory.mktemp("full")
    settings = read_settings(data_dir=data_dir)
    import_history(settings)
    check_claims(settings)
    estimate(settings)
    with dashboard_on(data_dir) as served:
        yield served


@pytest.fixture(scope="package")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard before the first load."""
    with dashboard_on(tmp_path_factory.mktemp("empty")) as served:
        yield served


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Serves a page of somebody else, on a port of its own: give its HTML, get its address."""
    folder = tmp_path / "foreign"
    folder.mkdir()
    (folder / "favicon.ico").write_bytes(b"")
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def serve(html: str) -> str:
        (folder / "index.html").write_text(f'<!doctype html><meta charset="utf-8"><body>{html}', "utf-8")
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    server.shutdown()


@pytest.fixture(scope="package")
def looks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Look]]:
    """A data folder with a climb, a gap, a failed look, an absence, bytes, and a last crawl that reached nothing."""
    data_dir = tmp_path_factory.mktemp("small")
    seen = small_history(data_dir)
    run = Run("crawl charts", seen[2].at, readings=1, usable=0, note="itunes.apple.com: no connection")
    write_lake(data_dir, seen, [run], {LE_CHAT: "Vibe by Mistral (ex-Le Chat)", CHATGPT: "ChatGPT"})
    return data_dir, seen


@pytest.fixture(scope="package")
def small(looks: tuple[Path, list[Look]]) -> Iterator[str]:
    """A dashboard over them."""
    with dashboard_on(looks[0]) as address:
        yield address
