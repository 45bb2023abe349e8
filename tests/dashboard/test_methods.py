"""Tests of dashboard/methods.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard import methods


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
