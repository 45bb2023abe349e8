"""What the documents say and what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from essor.describe import pages

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("page", ["settings.md", "commands.md", "tables.md", "../sources.md"])
def test_the_reference_pages_follow_the_code(page: str) -> None:
    """Each made page is what the code makes today (`python -m essor.describe` writes them)."""
    assert (ROOT / "docs" / "guide" / page).read_text("utf-8") == pages()[page]


def test_every_row_of_a_table_is_one_line() -> None:
    """A row that is broken in two ends the table where it is read."""
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for line in document.read_text("utf-8").splitlines():
            assert not line.startswith("| ") or line.endswith("|"), f"{document.name}: {line}"


def test_every_command_in_the_documents_exists() -> None:
    """A command named in a document is one that essor has, or a group of them."""
    known = set(re.findall(r"^## `(essor [a-z ]+)`$", pages()["commands.md"], re.MULTILINE))
    groups = {name.rsplit(" ", 1)[0] for name in known}
    within = "|".join(sorted(group.removeprefix("essor ") for group in groups if group != "essor"))
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for named in re.findall(rf"`(essor (?:(?:{within}) )?[a-z]+)[` ]", document.read_text("utf-8")):
            assert named in known | groups, f"{document.name} names {named!r}"


def test_links_between_documents_lead_somewhere() -> None:
    """Every relative link in a document is a file of the project."""
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_each_french_document_says_as_much_as_the_english_one() -> None:
    """Of every page in two languages the headings, code blocks and tables come in the same order, and as many."""
    for french in [*ROOT.glob("*.fr.md"), *ROOT.glob("docs/**/*.fr.md")]:
        english = french.with_name(french.name.replace(".fr.md", ".md"))
        assert _shape(french) == _shape(english), f"{french.name} and {english.name} differ"


def _shape(document: Path) -> list[str]:
    """The kinds of the lines that give a page its shape: headings by level, fences, rows of tables."""
    return re.findall(r"^(#+|```|\|)", document.read_text("utf-8"), re.MULTILINE)
