"""Tests of dashboard/methods.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboard import methods
from dashboard.language import LOCALES

PAGES = sorted(path.name for path in methods.FOLDERS[1].glob("*.md") if path.name.count(".") == 1)


def test_every_method_page_is_there_but_the_list_of_them() -> None:
    """The named ones come first, in their order."""
    names = [page.name for page in methods.method_pages("en")]
    assert "README" not in names
    assert names[:3] == ["ranks", "movements", "ratings"]


def test_links_lead_within_the_page_and_other_files_are_plain_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the pages of a wheel are preferred; a translated page is used where there is one."""
    (tmp_path / "a.md").write_text(
        "# Title\n\nSee [b](b.md), [code](../../x.py) and [web](https://x.org).\n\n## Part\n", "utf-8"
    )
    (tmp_path / "a.fr.md").write_text("# Titre\n\nTexte.\n", "utf-8")
    monkeypatch.setattr(methods, "FOLDERS", (tmp_path,))
    english, french = methods.method_pages("en")[0], methods.method_pages("fr")[0]
    assert english.text.strip() == "See [b](#b), code and [web](https://x.org).\n\n### Part"
    assert (french.title, french.language, english.language) == ("Titre", "fr", "en")


def test_without_the_pages_nothing_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without docs has none."""
    monkeypatch.setattr(methods, "FOLDERS", (tmp_path / "none",))
    assert methods.method_pages("en") == ()


def outline(path: Path) -> dict[str, list[str]]:
    """What a translation must have as well: the levels of the headings, the versions, the code, the rows of tables."""
    text = path.read_text("utf-8")
    versions = text.partition("## Versions")[2]
    return {
        "headings": re.findall(r"^(#+) ", text, re.MULTILINE),
        "versions": re.findall(r"^([0-9]+) ", versions, re.MULTILINE),
        "code": sorted({" ".join(code.split()) for code in re.findall(r"`([^`]+)`", text)}),
        "rows": re.findall(r"^\|", text, re.MULTILINE),
    }


@pytest.mark.parametrize("code", [code for code in LOCALES if code != "en"])
@pytest.mark.parametrize("name", PAGES)
def test_every_method_page_is_there_in_every_language_and_says_the_same(name: str, code: str) -> None:
    """A page that changes in one language changes in the other: headings, versions, names of code, rows of tables."""
    own = methods.FOLDERS[1] / f"{name.removesuffix('.md')}.{code}.md"
    assert own.exists(), f"write {own.name}"
    assert outline(own) == outline(methods.FOLDERS[1] / name)
