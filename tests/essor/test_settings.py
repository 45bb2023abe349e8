"""Settings that cannot be meant are refused with what to write in their place."""

from __future__ import annotations

from typing import Any

import pytest

from essor.model.errors import SettingsError
from essor.settings import read_settings


def test_a_storefront_that_there_is_not_is_refused() -> None:
    """There is no uk at the App Store but gb; Google Play has countries that the App Store has not."""
    with pytest.raises(SettingsError, match=r"no storefront 'uk' \(the United Kingdom is gb\)"):
        read_settings(charts=[{"countries": ["fr", "uk"]}])
    settings = read_settings(charts=[{"countries": ["GB"]}, {"countries": ["bd"], "store": "google_play"}])
    assert [chart.country for group in settings.charts for chart in group.charts()] == ["gb", "bd"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"data_dir": __file__}, r"data_dir: .*is a file: give a folder"),
        ({"hosts": {"*": "127.0.0.1:9"}}, r"hosts\.\*: '127.0.0.1:9' is no address: it begins with http://"),
        ({"simulated": "localhost"}, r"simulated: 'localhost' is no address"),
        ({"prot": 1}, r"prot: there is no such setting\."),
    ],
)
def test_what_cannot_be_meant_is_told_in_plain_words(given: dict[str, Any], words: str) -> None:
    """The setting is named, and what is wrong with it, in no library's own language."""
    with pytest.raises(SettingsError, match=f"Setting {words}"):
        read_settings(**given)


def test_a_variable_that_cannot_be_read_is_not_the_files_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists stand in variables as JSON."""
    monkeypatch.setenv("ESSOR_CHARTS", "fr")
    with pytest.raises(SettingsError, match=r'A variable cannot be read.*"charts".*JSON'):
        read_settings()
