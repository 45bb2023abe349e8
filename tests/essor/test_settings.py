"""Settings that cannot be meant are refused with what to write in their place."""

from __future__ import annotations

import pytest

from essor.model.errors import SettingsError
from essor.settings import read_settings


def test_a_storefront_that_there_is_not_is_refused() -> None:
    """There is no uk at the App Store but gb; Google Play has countries that the App Store has not."""
    with pytest.raises(SettingsError, match=r"no storefront 'uk' \(the United Kingdom is gb\)"):
        read_settings(charts=[{"countries": ["fr", "uk"]}])
    settings = read_settings(charts=[{"countries": ["GB"]}, {"countries": ["bd"], "store": "google_play"}])
    assert [chart.country for group in settings.charts for chart in group.charts()] == ["gb", "bd"]
