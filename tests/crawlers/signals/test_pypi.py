"""pypistats' answers: the recorded days of pip; a recent answer made by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawlers.signals.pypi import LAST_DAY, LAST_MONTH, LAST_WEEK, PyPiOverall, PyPiRecent
from essor.model.errors import FetchError, LayoutChanged
from essor.model.signals import SignalPoint

OVERALL, RECENT = PyPiOverall(), PyPiRecent()


def test_recorded_days_without_mirrors(real: Path) -> None:
    """Two days without mirrors; those with mirrors, in the same list, are left out."""
    target = OVERALL.recognise("https://pypistats.org/api/packages/pip/overall?mirrors=false")
    assert target is not None
    (reading,) = OVERALL.parse((real / "adoption" / "pypistats_overall_pip.json").read_bytes(), target)
    assert reading.points == (
        SignalPoint(2_083_472, "2020-05-01", "2020-05-02"),
        SignalPoint(1_475_979, "2020-05-02", "2020-05-03"),
    )


def test_recent_figures() -> None:
    """Three figures as of the observation; made by hand from the documented shape."""
    target = RECENT.recognise("https://pypistats.org/api/packages/mistralai/recent")
    assert target is not None
    data = {"last_day": 1, "last_week": 7, "last_month": 30}
    body = json.dumps({"data": data, "package": "mistralai", "type": "recent_downloads"}).encode()
    found = {reading.metric: reading.points[0].value for reading in RECENT.parse(body, target)}
    assert found == {LAST_DAY: 1, LAST_WEEK: 7, LAST_MONTH: 30}


def test_answers_without_data_and_of_another_package() -> None:
    """No days are a failure; a name that differs by case and marks alone is the same package."""
    target = OVERALL.recognise("https://pypistats.org/api/packages/huggingface-hub/overall")
    assert target is not None
    with pytest.raises(FetchError):
        OVERALL.parse(b'{"data": [], "package": "Huggingface_Hub"}', target)
    with pytest.raises(LayoutChanged, match="asked for huggingface-hub, and pip came"):
        OVERALL.parse(b'{"data": [], "package": "pip"}', target)
    with pytest.raises(LayoutChanged, match="without mirrors"):
        OVERALL.parse(b'{"data": [{"category": "with_mirrors"}], "package": "huggingface-hub"}', target)
