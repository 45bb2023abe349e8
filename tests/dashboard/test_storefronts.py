"""Tests of dashboard/storefronts.py."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from dashboard.language import Language
from dashboard.selection import Selection
from dashboard.storefronts import options, placed, with_apps
from tests.dashboard.frames import apps

OFFERED = pl.DataFrame(
    {
        "app": ["chatgpt", "chatgpt", "gemini"],
        "store": ["apple"] * 3,
        "country": ["no", "us", "us"],
        "looks": [184, 3, 9],
    }
)


def test_a_storefront_that_is_on_offer_is_kept_and_another_is_replaced() -> None:
    """By the one with most figures of the apps named."""
    chosen = Selection(apps=("chatgpt",), country="us")
    assert placed(chosen, OFFERED, "looks").country == "us"
    assert placed(Selection(apps=("chatgpt",), country="fr"), OFFERED, "looks").country == "no"
    assert placed(Selection(apps=("gemini",)), OFFERED, "looks").country == "us"


def test_a_silent_address_begins_at_the_readers_home() -> None:
    """Where it has a quarter of what the fullest storefront has; the address wins over it."""
    home, seen = Selection(apps=("chatgpt",), homes=("ca", "us")), OFFERED.with_columns(looks=pl.Series([184, 46, 9]))
    assert placed(home, seen, "looks").country == "us"
    assert placed(home, OFFERED, "looks").country == "no"
    assert placed(replace(home, country="no"), seen, "looks").country == "no"
    assert placed(replace(home, homes=("ca",)), seen, "looks").country == "no"


def test_apps_with_figures_are_shown_where_the_address_names_none() -> None:
    """Those it names are kept even without figures: the page says so."""
    known = apps("le-chat", "chatgpt", "gemini")
    assert with_apps(Selection(), known, OFFERED).apps == ("chatgpt", "gemini")
    assert with_apps(Selection(apps=("le-chat", "nobody")), known, OFFERED).apps == ("le-chat",)


def test_the_whole_world_is_a_place() -> None:
    """Google Play counts installs worldwide."""
    world = OFFERED.with_columns(country=pl.lit("ww"))
    assert options(world, Language("fr"))["country"] == {"ww": "Monde entier"}
