"""Damaged answers by every parser: words of the model or declared errors, and nothing else, in bounded time."""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawlers.sources import recognise
from essor.model.observation import Status
from tests.crawlers.bodies import legacy_url, lookup_url, v2_url
from tests.crawlers.fuzzing import KINDS, Case, Damage, cases, damaged, judge, sources_known, sources_tried
from tests.crawlers.guided import guided
from tests.crawlers.pages import reviews_url

SLOWEST = 5.0
"""Seconds of the processor that no damaged answer may take; a whole one takes milliseconds."""
DAMAGES = st.lists(
    st.builds(Damage, st.sampled_from(KINDS), st.floats(0, 1, exclude_max=True), st.integers(0, 1 << 16)),
    min_size=1,
    max_size=4,
)
URLS = (
    legacy_url(),
    v2_url(),
    lookup_url("7", "8"),
    reviews_url(),
    "https://apps.apple.com/fr/charts/iphone/x/6007?chart=top-free",
    "https://apps.apple.com/fr/app/x/id7001",
    "https://itunes.apple.com/WebObjects/MZStoreServices.woa/ws/charts?cc=fr&g=6007&name=freeAppsV2&limit=200",
    "https://play.google.com/store/apps/details?id=a.b&hl=en&gl=us",
    "https://play.google.com/_/PlayStoreUi/data/batchexecute?rpcids=vyAe2&gl=us#f.req=%5B2%2C%22topselling_free%22%5D",
    "https://api.github.com/repos/a/b",
    "https://tranco-list.eu/api/ranks/domain/chatgpt.com",
)
SMALL = [case for case in cases() if len(case.body) < 60_000]


def test_every_source_is_tried() -> None:
    """A new source needs an answer in fuzzing.py; the Play pages have real ones alone."""
    missing = sources_known() - sources_tried()
    assert not missing or missing <= {"google_play_details", "google_play_charts"}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_undamaged_answers_are_read(case: Case) -> None:
    """What is damaged below is, whole, an answer with readings."""
    assert judge(case, case.body) == "readings"


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.name)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damages=DAMAGES)
def test_damaged_answers_give_model_words_or_declared_errors(case: Case, damages: list[Damage]) -> None:
    """Values replaced, bytes lost, doubled or turned: a reading that the tables can hold, or a declared error."""
    body = damaged(case.body, damages)
    begun = time.process_time()
    judge(case, body)
    assert time.process_time() - begun < SLOWEST


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed: it has wheels for Linux alone")
def test_damages_chosen_by_the_branches_they_reach(tmp_path: Path) -> None:
    """Some seconds of what `make fuzz` does for minutes: nothing else comes out, and the parsers' branches are seen."""
    found = guided(tmp_path, seconds=5, seed=1)
    assert found.tried > len(cases())
    assert sum(found.kept.values()) > 0
    assert found.branches > 500


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed: it has wheels for Linux alone")
def test_a_guided_run_tells_of_what_should_not_come_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a parser that lets anything through, the run fails and names the error."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "sitecustomize.py").write_text(
        "import crawlers.signals.tranco as tranco\n"
        "parse = tranco.Tranco.parse\n"
        "tranco.Tranco.parse = lambda self, body, target: parse(self, body, target) if body[:1] == b'{' else [][0]\n"
    )
    with pytest.raises(AssertionError, match="IndexError"):
        guided(tmp_path, seconds=30, seed=1)


@settings(max_examples=500, deadline=None)
@given(url=st.sampled_from(URLS), damages=DAMAGES)
def test_damaged_addresses_are_recognised_or_not(url: str, damages: list[Damage]) -> None:
    """An archive from elsewhere may hold any address."""
    known = recognise(damaged(url.encode(), damages).decode("utf-8", "replace"))
    assert known is None or known[1].unread(Status.FAILED, "a test") is not None
