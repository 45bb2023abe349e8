"""Tests of dashboard/components/figure_frame.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import plotly.graph_objects as go
import polars as pl
import pytest

from dashboard.components.figure_frame import citation, end_list, evidence_link, iframe, image_path
from dashboard.desk import Reader
from dashboard.drawn import FIGURES, Drawn, Registered
from dashboard.figures.labels import EndLabel, placed
from dashboard.figures.theme import theme
from dashboard.language import Language
from dashboard.selection import Selection

DRAWN = Drawn(
    finding="Le Chat climbed from 60th on 1 October to 28th on 6 October 2026.",
    subtitle="France",
    figure=go.Figure(),
    height=300,
    rows=pl.DataFrame(),
    selection=Selection(apps=("le-chat",), country="fr"),
    snapshot=datetime(2026, 10, 6, 16, tzinfo=UTC),
    sources=("apple_rss",),
    newest=datetime(2026, 10, 6, 15, tzinfo=UTC),
)


def test_a_citation_names_finding_source_date_snapshot_and_link() -> None:
    """In the reader's language."""
    assert citation(DRAWN, "https://x.org/r?snapshot=1", Language("en")) == (
        "Le Chat climbed from 60th on 1 October to 28th on 6 October 2026. Source: Apple RSS feed, data of 6 Oct 2026,"
        " 15:00 UTC, collected by essor, snapshot of 6 Oct 2026, 16:00 UTC. https://x.org/r?snapshot=1"
    )
    assert "état de la base au 6 oct. 2026" in citation(DRAWN, "x", Language("fr"))


def test_the_permanent_address_names_the_snapshot() -> None:
    """What is shown later is what was cited."""
    assert "snapshot=2026-10-06T16:00:00Z" in DRAWN.pinned.query()
    assert "snapshot" not in DRAWN.selection.query()


def test_a_title_cannot_break_out_of_the_frame() -> None:
    """Quotes and tags are escaped in the HTML that is handed out."""
    code = iframe("https://x.org/embed/a?b=1&c=2", 'A "quoted" <b>', 400)
    assert 'title="A &quot;quoted&quot; &lt;b>"' in code
    assert "?b=1&amp;c=2" in code


def test_an_image_has_its_choices_in_its_path() -> None:
    """A query would be lost on a plain file."""
    address = image_path("rankings", replace(DRAWN.selection, lang="fr").query(), "svg")
    assert address == "/embed/rankings/apps=le-chat/country=fr/lang=fr/figure.svg"


def hrefs(drawn: Drawn, name: str) -> list[str]:
    """Where the way to the bytes of a figure leads."""
    return [link.href for link in evidence_link(name, drawn, Reader(Language("en"), theme("light")))]


def test_a_figure_leads_to_its_reading_or_else_to_its_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one reading to that, of many things to their list as of the snapshot; where neither is known, nowhere."""
    monkeypatch.setitem(FIGURES, "many", Registered("many", "/many", lambda *_: DRAWN, lambda *_: pl.DataFrame()))
    assert hrefs(replace(DRAWN, reading="0123456789abcdef"), "many") == ["/evidence/0123456789abcdef"]
    (listed,) = hrefs(DRAWN, "many")
    assert listed.startswith("/inputs/many?")
    assert "snapshot=2026-10-06T16:00:00Z" in listed
    assert hrefs(DRAWN, "unknown") == []


def test_the_names_of_lines_stand_under_a_narrow_figure_too() -> None:
    """The whole name with its last value, the highest line first, in the line's own style."""
    labels = [EndLabel("a-very-long…", "3", 0.2, "#111111", focus=False, whole="a-very-long-name"),
              EndLabel("Le Chat", "28", 0.9, "#222222", focus=True)]  # fmt: skip
    notes = placed(labels, datetime(2026, 10, 6, tzinfo=UTC), 300, theme("light"))
    line = {"width": 2, "dash": "dot"}
    figure = go.Figure(go.Scatter(x=[1], y=[1], name="a-very-long-name", line=line), {"annotations": notes})
    items = end_list(replace(DRAWN, figure=figure))
    told = [(item.children[1], item.children[0].className) for item in items]
    assert told == [("Le Chat 28", "dash dash-solid"), ("a-very-long-name 3", "dash dash-dot")]
