"""Tests of dashboard/maps.py."""

from __future__ import annotations

from datetime import date

import polars as pl

from dashboard.app import make_app
from dashboard.desk import arriving, desk
from dashboard.drawn import FIGURES
from dashboard.maps import by_storefront
from essor.jobs.refresh import refresh
from essor.settings import Settings
from tests.landed import CHATGPT, CLAUDE, LE_CHAT, at, chart_reading, land

COLUMNS = ["country", "day", "kind", "method", "method_version", "low", "central", "high", "interpolated"]


def daily(*rows: tuple[str, int, str, str, float | None, float | None, float]) -> pl.DataFrame:
    """Storefront, day of February, kind, method, low, central, high."""
    filled = [
        (c, date(2026, 2, d), kind, method, 1, low, mid, high, False) for c, d, kind, method, low, mid, high in rows
    ]
    return pl.DataFrame(filled, schema=COLUMNS, orient="row")


def test_a_storefront_has_its_newest_and_surest_estimate() -> None:
    """A newer day goes first, then an estimate before a mere bound, then the narrower band; nothing is added up."""
    found = by_storefront(
        daily(
            ("us", 16, "estimated", "rank_curve", 90.0, 100.0, 110.0),
            ("us", 17, "estimated", "rank_curve", 50.0, 100.0, 200.0),
            ("us", 17, "estimated", "rating_velocity", 80.0, 120.0, 160.0),
            ("jp", 17, "upper_bound", "rank_curve", None, None, 900.0),
            ("jp", 17, "estimated", "rating_velocity", 1.0, 20.0, 400.0),
            ("cn", 17, "upper_bound", "rank_curve", None, None, 9.0),
        )
    )
    assert found["country"].to_list() == ["us", "jp", "cn"]
    assert found["central"].to_list() == [120.0, 20.0, None]


def test_the_world_as_a_whole_and_what_is_measured_have_no_place_on_the_map() -> None:
    """Google Play counts installs for all countries together."""
    assert by_storefront(daily(("ww", 17, "measured", "play_installs", 1.0, 1.0, 1.0))).is_empty()


def test_a_silent_address_shows_an_app_that_stands_somewhere(settings: Settings) -> None:
    """The first app of all where it is ranked, else the next that is; an address that names one is obeyed."""
    land(settings.data_dir, [chart_reading(at("2026-10-08 12:00"), [CHATGPT, LE_CHAT])], "first")
    land(settings.data_dir, [chart_reading(at("2026-10-09 12:00"), [CLAUDE, CHATGPT])], "second")
    refresh(settings)
    make_app(settings)
    for asked, app in (({}, "ChatGPT"), ({"at": "2026-10-08"}, "Le Chat"), ({"apps": "le-chat"}, "Le Chat")):
        selection, reader = arriving({"lang": "en", **asked}, {}, {})
        with desk().cursor(selection) as cursor:
            drawn = FIGURES["world"].draw(cursor, selection, reader)
        assert drawn is not None
        assert drawn.finding.startswith(app)
