"""What there is to choose from: listings, estimates, charts, days."""

from __future__ import annotations

from essor.jobs.ask import opened
from essor.jobs.refresh import refresh
from essor.model.charts import Chart, Collection
from essor.model.observation import Status
from essor.model.stores import StoreName
from essor.settings import Settings
from tests.landed import CHATGPT, FR, LE_CHAT, at, chart_reading, land, listing_reading
from warehouse.reads import offers

US = Chart(StoreName.APPLE, "us", Collection.TOP_FREE, "6007")


def test_an_app_stands_in_each_chart_as_its_last_usable_look_says(settings: Settings) -> None:
    """Ranked, absent from a complete look, not observed in a partial one; a failed look counts for nothing."""
    land(
        settings.data_dir,
        [
            chart_reading(at("2026-10-07 12:00"), [LE_CHAT, CHATGPT]),
            chart_reading(at("2026-10-08 12:00"), [CHATGPT, LE_CHAT]),
            chart_reading(at("2026-10-09 12:00"), [], status=Status.FAILED),
            chart_reading(at("2026-10-08 12:00"), [CHATGPT], chart=US),
        ],
    )
    refresh(settings)
    with opened(settings) as cursor:
        rows = offers.stands(cursor, "le-chat").to_dicts()
        days = offers.days_looked(cursor, "apple", "iphone", "top-free", "6007")
    assert [(row["country"], row["state"], row["rank"], row["peak_rank"]) for row in rows] == [
        ("fr", "ranked", 2, 1),
        ("us", "absent", None, None),
    ]
    assert rows[0]["peak_on"].isoformat() == "2026-10-07"
    assert days["storefronts"].to_list() == [1, 2]


def test_the_last_look_at_a_listing_stands_beside_the_one_before(settings: Settings) -> None:
    """One row an app and storefront; nothing before the first look."""
    land(settings.data_dir, [listing_reading(at("2026-10-07 12:00"), CHATGPT, 10)], "a")
    refresh(settings)
    with opened(settings) as cursor:
        assert offers.last_listings(cursor)["previous_at"].to_list() == [None]
    land(settings.data_dir, [listing_reading(at("2026-10-08 12:00"), CHATGPT, 7)], "b")
    refresh(settings)
    with opened(settings) as cursor:
        row = offers.last_listings(cursor).row(0, named=True)
        rated = offers.rated(cursor).row(0, named=True)
    assert (row["previous_count"], row["rating_count"]) == (10, 7)
    assert (rated["app"], rated["country"], rated["looks"]) == ("chatgpt", "no", 2)


def test_nothing_is_on_offer_in_an_empty_warehouse(settings: Settings) -> None:
    """Frames without rows, and no failure."""
    with opened(settings) as cursor:
        assert offers.rated(cursor).is_empty()
        assert offers.estimated(cursor).is_empty()
        assert offers.stands(cursor, "le-chat").is_empty()
        assert offers.days_looked(cursor, "apple", FR.device.value, "top-free", "6007").is_empty()
