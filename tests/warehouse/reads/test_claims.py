"""What the warehouse brings to the check of the claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from essor.jobs.ask import opened
from essor.jobs.refresh import refresh
from essor.model.charts import OVERALL, Chart
from essor.model.stores import Device, StoreName
from essor.settings import Settings, read_settings
from tests.landed import CLAUDE, FR, LE_CHAT, at, chart_reading, land, listing_reading
from warehouse.reads import claims

OFFICE = "541164041"
"""Copilot's id from 15 September 2026 on; it came out as another app in 2013."""
US = replace(FR, country="us", category=OVERALL[StoreName.APPLE])
PLAY = replace(US, store=StoreName.GOOGLE_PLAY, category=OVERALL[StoreName.GOOGLE_PLAY], device=Device.ANDROID)
PACKAGE = "com.anthropic.claude"


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two days: Claude is #1 at Google Play, #2 in the US App Store, and outside the first 50 in the Canadian."""
    settings = read_settings(data_dir=tmp_path_factory.mktemp("looked") / "data")
    canada = replace(US, country="ca")
    ids: list[tuple[Chart, list[str], int]] = [
        (PLAY, [PACKAGE], 100),
        (US, [LE_CHAT, CLAUDE], 100),
        (canada, [LE_CHAT], 50),
    ]
    land(settings.data_dir, [
        chart_reading(at(f"2026-10-0{day} 12:00"), found, chart=chart, depth=depth)
        for day in (1, 2)
        for chart, found, depth in ids
    ])  # fmt: skip
    refresh(settings)
    return settings


@pytest.mark.parametrize(
    ("stores", "countries", "places", "told"),
    [
        (["apple"], ["us"], 1, (2, 2)),
        (["google_play"], ["us"], 1, (1, 2)),
        (["apple", "google_play"], ["us"], 1, (2, 2)),
        (["apple"], ["us", "ca"], 1, (None, 2)),
        (["apple"], ["ca"], 100, (None, 0)),
        (["apple"], ["us", "fr"], 1, (None, 0)),
        (["apple"], [], 1, (None, 0)),
    ],
)
def test_ranks_are_those_of_the_claim_s_own_charts(
    looked: Settings, stores: Sequence[str], countries: Sequence[str], places: int, told: tuple[int | None, int]
) -> None:
    """Never another store's; of several charts the worst; a look at 50 rows does not tell of the first 100."""
    with opened(looked) as cursor:
        found = claims.best_ranks(
            cursor, "claude", date(2026, 10, 1), date(2026, 10, 2), stores=stores, countries=countries, places=places
        )
    assert found.rows() == [told]


def test_the_release_of_an_id_s_earlier_app_is_not_the_app_s(settings: Settings) -> None:
    """Copilot did not come out in 2013, and words that are no date are none; the look itself still counts."""
    office = listing_reading(at("2026-10-08 12:00"), OFFICE, 9)
    said = [(office, "2013-06-14"), (listing_reading(at("2026-10-08 12:00"), CLAUDE, 5), "1 May 2024")]
    land(settings.data_dir, [replace(one, listing=replace(one.listing, released_at=on)) for one, on in said])  # type: ignore[type-var]
    refresh(settings)
    with opened(settings) as cursor:
        found = claims.releases(cursor)
    assert found.select("app", "released", "ratings").rows() == [("claude", None, 5), ("copilot", None, 9)]
