"""The method pages: `docs/methods` of a checkout, packed into the wheel as `dashboard/method_pages`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
FOLDERS = (HERE / "method_pages", HERE.parent / "docs" / "methods")
"""Where they are: first as the wheel brings them, then as they stand beside the code."""
FIRST = (
    "ranks",
    "movements",
    "ratings",
    "estimates",
    "shares",
    "needed",
    "launches",
    "signals",
    "claims",
    "events",
    "latency",
)
"""The order of the pages that it names; others come after, by name."""


@dataclass(frozen=True, slots=True)
class MethodPage:
    """One page on how figures are made."""

    name: str
    """Its name in addresses, ``"estimates"``."""
    title: str
    """Its first heading."""
    text: str
    """The rest, in Markdown; links to other pages lead to their place on the same page."""
    language: str
    """The language it is written in."""


def method_pages(language: str) -> tuple[MethodPage, ...]:
    """Every method page, in `language` where NAME.LANGUAGE.md is there, else as NAME.md has it, in English."""
    folder = next((folder for folder in FOLDERS if folder.is_dir()), None)
    return _read(folder, language) if folder else ()


def method_title(name: str, language: str) -> str:
    """The title of a method page; its name where there is no such page."""
    return next((page.title for page in method_pages(language) if page.name == name), name)


@cache
def _read(folder: Path, language: str) -> tuple[MethodPage, ...]:
    names = sorted({path.name.split(".")[0] for path in folder.glob("*.md")} - {"README"}, key=_order)
    return tuple(_page(folder, name, language) for name in names)


def _order(name: str) -> tuple[int, str]:
    return (FIRST.index(name) if name in FIRST else len(FIRST)), name


def _page(folder: Path, name: str, language: str) -> MethodPage:
    own = folder / f"{name}.{language}.md"
    path = own if own.exists() else folder / f"{name}.md"
    head, _, text = path.read_text("utf-8").partition("\n")
    return MethodPage(name, head.lstrip("# ").strip(), _linked(text), language if own.exists() else "en")


def _linked(text: str) -> str:
    """Links between method pages lead within the page, those to other files nowhere; headings stand a level lower."""
    text = re.sub(r"^(#{2,5}) ", r"#\1 ", text, flags=re.MULTILINE)
    text = re.sub(r"\]\(([a-z0-9_-]+)(?:\.[a-z]{2})?\.md(#[^)]*)?\)", r"](#\1)", text)
    return re.sub(r"\[([^\]]+)\]\((?!#|https?:)[^)]*\)", r"\1", text)
