"""Ollama's pages, made by hand from a description; the recorded texts of its figures."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from crawlers.signals.ollama import Ollama, pulls_of
from essor.model.errors import FetchError, LayoutChanged
from essor.model.observation import Status
from essor.model.signals import SignalPoint

SOURCE = Ollama()
LIBRARY = """<html><body><ul>
<li><a href="/library/mistral" class="group"><h2>mistral</h2><p>The 7B model</p>
<p><span class="x">32.1M</span><span class="hidden">&nbsp;Pulls</span>
<span>84</span><span>&nbsp;Tags</span></p></a></li>
<li><a href="/library/broken"><p><span>-1</span><span>&nbsp;Pulls</span></p></a></li>
<li x-test-model><a href="/library/deepseek-r1"><span x-test-pull-count>91.7M</span>
<span x-test-tag-count>35</span></a></li>
</ul></body></html>"""


def test_both_forms_of_the_page() -> None:
    """The figure stands before Pulls, or in an element that is marked; the text is kept beside the number."""
    target = SOURCE.recognise("https://ollama.com/library#mistral,deepseek-r1")
    assert target is not None
    found = SOURCE.parse(LIBRARY.encode(), target)
    assert [reading.points for reading in found] == [
        (SignalPoint(32_100_000, text="32.1M"),),
        (SignalPoint(91_700_000, text="91.7M"),),
    ]


def test_broken_figure_and_missing_model_are_not_zero() -> None:
    """A figure that cannot be read says so; a model that is not listed is not available."""
    target = SOURCE.recognise("https://ollama.com/library#broken,gone")
    assert target is not None
    found = SOURCE.parse(LIBRARY.encode(), target)
    assert [reading.status for reading in found] == [Status.LAYOUT_CHANGED, Status.NOT_AVAILABLE]


def test_without_names_all_models_are_read() -> None:
    """The bare address gives every model of the page."""
    target = SOURCE.recognise("https://ollama.com/library")
    assert target is not None
    assert [reading.subject for reading in SOURCE.parse(LIBRARY.encode(), target)] == [
        "mistral",
        "broken",
        "deepseek-r1",
    ]


def test_pages_that_are_none() -> None:
    """A page without models has changed; one without its end is cut."""
    target = SOURCE.recognise("https://ollama.com/library")
    assert target is not None
    with pytest.raises(LayoutChanged):
        SOURCE.parse(b"<html><body></body></html>", target)
    with pytest.raises(FetchError, match="cut short"):
        SOURCE.parse(LIBRARY.encode()[:-30], target)


def test_every_recorded_text_is_its_number(real: Path) -> None:
    """All recorded figures, from 29.9K to 114.6M, are read as their collector read them."""
    with gzip.open(real / "adoption" / "ollama_pulls_daily_tracked.csv.gz", "rt", encoding="utf-8") as file:
        pairs = {
            (row["pulls_text"], float(row["pulls_rounded"])) for row in csv.DictReader(file) if row["pulls_rounded"]
        }
    assert len(pairs) > 1_000
    assert {(text, pulls_of(text)) for text, _ in pairs} == pairs


@pytest.mark.parametrize("text", ["-1", "", "12 M and more", "1.2.3K", "M", "1,23"])
def test_texts_that_are_no_number(text: str) -> None:
    """Nothing is guessed."""
    assert pulls_of(text) is None
