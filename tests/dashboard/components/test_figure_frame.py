"""Tests of dashboard/components/figure_frame.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import plotly.graph_objects as go
import polars as pl

from dashboard.components.figure_frame import citation, iframe, image_path
from dashboard.drawn import Drawn
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
