"""An SVG as PNG, by whatever chromium this machine has; without one the browser of the reader does it on the page."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import threading
from functools import lru_cache
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-device-scale-factor=2",
)  # fmt: skip
"""It draws our own SVG and nothing else, with no name resolved; the sandbox needs rights a container lacks."""
WITHIN = 30.0
"""Seconds an image may take."""
_ONE = threading.Lock()
"""One browser at a time: an image is a convenience and must not take the machine from the pages."""


class NoBrowser(RuntimeError):
    """There is no chromium to draw with, or it did not draw."""


@lru_cache(maxsize=64)
def png(svg: str) -> bytes:
    """The SVG as PNG at twice its size. Raises NoBrowser."""
    browser = _browser()
    width, height = re.findall(r'(?:width|height)="(\d+)"', svg.partition(">")[0])[:2]
    with _ONE, tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "figure.html"), Path(folder, "figure.png")
        source.write_text(f'<!doctype html><meta charset="utf-8"><style>body{{margin:0}}</style>{svg}', "utf-8")
        command = [browser, *FLAGS, f"--user-data-dir={folder}/profile", f"--window-size={width},{height}",
                   f"--screenshot={target}", source.as_uri()]  # fmt: skip
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=WITHIN)  # noqa: S603 - our own file
            return target.read_bytes()
        except (subprocess.SubprocessError, OSError) as error:
            raise NoBrowser(f"{browser} did not draw the image ({error}). Take the SVG.") from error


def _browser() -> str:
    named = os.environ.get("BROWSER_PATH")
    found = named if named and Path(named).exists() else next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise NoBrowser("A PNG needs chromium on the server (or BROWSER_PATH). Take the SVG, or save it from the page.")
    return found
