"""Tests of dashboard/translations: what must agree with the code."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import dashboard
from crawlers.signals._source import signal_sources
from crawlers.sources import all_sources
from dashboard.language import LOCALES, translations
from essor.model.charts import Collection
from essor.model.notes import SENTENCES
from essor.model.observation import State, Status
from essor.model.stores import StoreName

HERE = Path(dashboard.__file__).parent
JOBS = HERE.parent / "essor" / "jobs"
"""What is sent is written in the reader's language too."""
OPEN = ("category.", "country.", "source.", "run.", "result.")
"""Families of keys that data names: one that is missing shows the data's own word."""
GENRES = HERE.parents[1] / "shared" / "reference" / "genres.json"


def strings(*folders: Path) -> Iterator[str]:
    """Every string of the code in some folders; of an f-string its beginning, ending in a star."""
    for path in (path for folder in folders for path in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                yield f"{node.values[0].value}*"


def used(keys: set[str]) -> set[str]:
    """The keys that the code names, whole, by their beginning, or by their stem before the plural's ending."""
    found = set()
    for text in set(strings(HERE, JOBS)):
        if text.endswith("*") and "." in text:
            found |= {key for key in keys if key.startswith(text[:-1])}
        found |= {key for key in keys if key == text or key in (f"{text}.one", f"{text}.other")}
    return found


def test_every_language_has_the_same_keys() -> None:
    """A key that one language has and another lacks would break a page."""
    assert set(translations("fr")) == set(translations("en"))


@pytest.mark.parametrize("code", LOCALES)
def test_no_text_is_unused(code: str) -> None:
    """What no code names is deleted."""
    keys = set(translations(code))
    assert sorted(keys - used(keys) - {key for key in keys if key.startswith(OPEN)}) == []


def test_no_text_is_missing() -> None:
    """Every string of the code that looks like a key of a known family is one."""
    keys = set(translations("en"))
    families = {key.partition(".")[0] for key in keys}
    shaped = {text for text in strings(HERE) if re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)+", text)}
    asked = {text for text in shaped if text.partition(".")[0] in families and not text.endswith((".py", ".gz"))}
    asked -= {text for text in asked if {f"{text}.one", f"{text}.other"} <= keys}
    assert sorted(asked - keys) == []


@pytest.mark.parametrize("code", LOCALES)
def test_every_note_of_a_run_has_a_text_with_its_values(code: str) -> None:
    """What a run's line holds as a code is told whole in each language."""
    for name, sentence in SENTENCES.items():
        assert set(re.findall(r"{(\w+)}", translations(code)[f"note.{name}"])) == set(re.findall(r"{(\w+)}", sentence))


def test_every_word_of_the_model_has_a_text() -> None:
    """States, statuses, stores and collections can all be shown."""
    wanted = {f"status.{status}" for status in Status} | {f"cell.{state}" for state in State}
    wanted |= {f"store.{store}" for store in StoreName} | {f"chart.{collection}" for collection in Collection}
    assert sorted(wanted - set(translations("en"))) == []


def test_texts_take_the_same_values_in_every_language() -> None:
    """A value that one language names the other knows, but for plurals that say the number in words."""
    for key, text in translations("en").items():
        given = {name for _, name, _, _ in Formatter().parse(text) if name}
        taken = {name for _, name, _, _ in Formatter().parse(translations("fr")[key]) if name}
        assert taken <= given, key
        assert given - taken <= ({"n"} if key.endswith(".one") else set()), key


def test_every_store_category_has_a_name() -> None:
    """The categories that Apple publishes are named."""
    if not GENRES.exists():
        pytest.skip("the list of genres is not here")
    genres = {f"category.{genre}" for genre in json.loads(GENRES.read_text("utf-8"))["genres"].values()}
    assert sorted(genres - set(translations("fr"))) == []


def test_every_source_has_a_name_that_says_whether_it_is_confirmed() -> None:
    """Its name stands under every figure: an unconfirmed parser is called so wherever its facts show."""
    for source in (*all_sources(), *signal_sources()):
        for code, word in (("en", "unconfirmed"), ("fr", "non confirmée")):
            name = translations(code).get(f"source.{source.name}", "")
            assert name, f"{source.name} has no name in {code}"
            assert (word in name) is not getattr(source, "confirmed", True)


def test_french_keeps_its_spaces_before_high_punctuation() -> None:
    """No plain space stands before ; : ? ! in French: a line would break there."""
    wrong = [key for key, text in translations("fr").items() if re.search(r" [;:?!»]|« ", text)]
    assert wrong == []
