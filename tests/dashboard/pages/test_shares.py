"""Tests of dashboard/pages/shares.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from dashboard.api.frames import as_csv
from dashboard.app import make_app
from dashboard.desk import Desk, reader
from dashboard.drawn import FIGURES, Drawn
from dashboard.selection import Selection
from essor.settings import read_settings
from tests.landed import at
from tests.warehouse.reads.test_estimates import FIRST, rows_of, stored

EN = Selection(lang="en", theme="light")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Claude at rank 1 and Grok at rank 10 in two storefronts, DeepSeek alone in Italy; loaded after that, ChatGPT in
    France, bounded, from the second week on.
    """
    settings = read_settings(data_dir=tmp_path_factory.mktemp("shares"))
    rows = [rows_of("claude", ["fr", "us"], 14, 1.0), rows_of("grok", ["fr", "us"], 14), rows_of("deepseek", ["it"], 3)]
    late = rows_of("chatgpt", ["fr"], 14).filter(pl.col("day") >= FIRST + timedelta(days=7))
    bound = late.with_columns(central=pl.lit(None, pl.Float64), kind=pl.lit("upper_bound"))
    stored(settings, pl.concat(rows))
    stored(settings, bound, at("2026-11-03 00:00"))
    found: Desk = make_app(settings).server.state.desk
    return found


def drawn(desk: Desk, selection: Selection) -> Drawn:
    """The figure for these choices."""
    with desk.cursor(selection) as cursor:
        found = FIGURES["shares"].draw(cursor, selection, reader(selection, {}, {}))
    assert found is not None
    return found


def test_the_finding_says_the_band_the_method_and_of_what_it_is_a_share(desk: Desk) -> None:
    """In both languages, with the apps whose downloads are taken together."""
    weekly = replace(EN, measure="week.rank_curve", country="us")
    english, french = drawn(desk, weekly), drawn(desk, replace(weekly, lang="fr"))
    told = "Claude has 70% of the downloads estimated for 2 apps together (United States) in the week of 9 March 2026: "
    assert english.finding.startswith(told)
    assert english.finding.endswith("eight times in ten, by rank curve. Next: Grok 30% (26% to 34%).")
    assert "Share of the downloads estimated for Claude and Grok together" in english.subtitle
    assert "It is no market share" in english.subtitle
    assert french.finding.startswith("Claude\xa0: 70\xa0% des téléchargements estimés des 2 applications réunies")
    assert english.notes[0] == "Rank curve, version 1"
    assert english.method == "shares"


def test_which_apps_are_drawn_does_not_change_the_shares(desk: Desk) -> None:
    """The whole stays all followed apps; only the lines drawn, their rows and the focus are others."""
    every, one = (drawn(desk, replace(EN, country="fr", apps=apps)) for apps in ((), ("grok",)))
    assert one.finding.startswith("Grok has 31% of the downloads estimated for 3 apps together")
    assert one.rows.equals(every.rows.filter(app="grok"))
    assert one.live.apps == ("grok",)


def test_what_does_not_count_is_said(desk: Desk) -> None:
    """Another app from the second week on, and one outside the chart, which has a row and no line."""
    found = drawn(desk, replace(EN, country="fr", measure="week.rank_curve"))
    assert found.rows.filter(app="chatgpt")["central"].to_list() == [None]
    assert any("9 March 2026. The lines break there" in note for note in found.notes)
    assert any("counted as nothing on a day or more: ChatGPT" in note for note in found.notes)
    assert "chatgpt" not in {trace.name for trace in found.figure.data}  # type: ignore[union-attr]
    assert "claude" in as_csv(found.rows).decode()
    assert "chatgpt,claude,grok" in as_csv(found.rows).decode(), "a list is one readable cell"


def test_as_of_an_earlier_snapshot_the_figure_is_what_it_was(desk: Desk) -> None:
    """Before ChatGPT was loaded there were two apps to compare and fourteen days that counted."""
    before = sorted(desk.warehouse.snapshots())[-2]
    kept = drawn(desk, replace(EN, country="fr", snapshot=before))
    assert "for 2 apps together (France)" in kept.finding
    assert kept.rows.select("days", "left_out").unique().rows() == [(14, 0)]
    assert kept.pinned.snapshot == before


def test_all_storefronts_together_are_a_choice_of_their_own(desk: Desk) -> None:
    """Their days are added up within each simulated world; the address says which choice it was."""
    found = drawn(desk, replace(EN, country="ww", measure="year.rank_curve"))
    assert "(all estimated storefronts together) in 2026" in found.finding
    assert found.rows["storefronts"].to_list()[0] == ["fr", "it", "us"]
    assert "country=ww" in found.pinned.query()


def test_a_storefront_with_one_app_has_no_share(desk: Desk) -> None:
    """It is said so, and no line at 100 % is drawn."""
    found = drawn(desk, replace(EN, country="it"))
    assert found.finding.startswith("There is no share to give here (Italy)")
    assert found.rows.is_empty()
