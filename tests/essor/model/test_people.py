"""How many people live in each storefront."""

from __future__ import annotations

from essor.model.people import all_people
from essor.model.stores import STOREFRONTS


def test_every_storefront_has_its_people_once_with_year_and_source() -> None:
    """All storefronts, none twice, each row sourced."""
    rows = all_people()
    assert len({row.country for row in rows}) == len(rows)
    assert {row.country for row in rows} >= set(STOREFRONTS)
    assert all(row.source and row.year == 2024 and row.people > 1000 for row in rows)


def test_the_figures_are_of_the_right_size() -> None:
    """Some that are well known, and seven or eight thousand million in all."""
    known = {row.country: row.people / 1e6 for row in all_people()}
    rounded = {country: round(known[country]) for country in ("no", "fr", "us", "in", "cn", "jp", "de", "br")}
    assert rounded == {"no": 6, "fr": 66, "us": 345, "in": 1450, "cn": 1420, "jp": 124, "de": 85, "br": 212}
    assert 7_500 < sum(known.values()) < 8_200, "the storefronts leave out a few countries"
