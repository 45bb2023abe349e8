"""Tests of the commands that the pages tell a reader to type."""

from __future__ import annotations

import re
from pathlib import Path

from essor.describe import pages

CODE = Path(__file__).parents[2] / "dashboard"


def test_every_command_that_a_page_names_exists() -> None:
    """Typed as it stands it does something: the name of a group alone would only list what is in it."""
    known = set(re.findall(r"^## `(essor [a-z ]+)`$", pages()["commands.md"], re.MULTILINE))
    files = [path.read_text("utf-8") for path in CODE.rglob("*.py")]
    named = {command for text in files for command in re.findall(r'"(essor [a-z -]+)"', text)}
    assert named - known == set()
    assert "essor estimate run" in named
