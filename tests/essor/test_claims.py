"""The files of claims and events that come with essor."""

from __future__ import annotations

import pytest

from essor.model.claims import ClaimKind, all_claims, read_claim
from essor.model.errors import SettingsError
from essor.model.events import all_events, read_event

CLAIMS = all_claims()
NAMES = {claim.name for claim in CLAIMS}


def test_what_a_claim_refers_to_is_on_file() -> None:
    """Claims that are set against or restated exist, and none refers to itself."""
    for claim in CLAIMS:
        named = {*claim.contradicts, *([claim.restates] if claim.restates else [])}
        assert named <= NAMES - {claim.name}, claim.name


def test_every_claim_and_event_has_a_source_and_both_languages() -> None:
    """A publisher, its note and the sentence in French and in English; two sources of a claim are told apart."""
    for claim in CLAIMS:
        assert all(source.publisher for source in claim.sources)
        assert all(note["fr"] != note["en"] for source in claim.sources if (note := source.note))
        assert len({source.publisher for source in claim.sources}) == len(claim.sources), claim.name
        assert set(claim.statement) == {"fr", "en"}
        assert claim.statement["fr"] != claim.statement["en"]
    for event in all_events():
        assert event.sources
        assert event.title["fr"] != event.title["en"]


def test_periods_end_after_they_begin() -> None:
    """No claim ends before its first day."""
    for claim in CLAIMS:
        assert claim.since is None or claim.since <= claim.until, claim.name


def test_the_cases_that_the_registry_was_made_for_are_on_file() -> None:
    """The misdated articles, both figures for Sora, Le Chat's million, and a restatement."""
    assert {
        "2025-02-chatgpt-500k-november-2023", "2025-02-deepseek-1m-31-january", "2025-10-sora-1m-5-days",
        "2025-10-sora-627k-7-days", "2025-02-le-chat-1m-14-days",
    } <= NAMES  # fmt: skip
    assert sum(claim.restates is not None for claim in CLAIMS) == 1
    assert {claim.kind for claim in CLAIMS} == set(ClaimKind)


def test_what_is_not_read_in_a_source_says_so() -> None:
    """Days that the references leave to confirm carry that mark."""
    assert {claim.name for claim in CLAIMS if claim.state == "to_confirm"} == {"2023-07-25-chatgpt-android-launch"}


@pytest.mark.parametrize("reader", [read_claim, read_event])
@pytest.mark.parametrize("text", ["kind = ", "", 'kind = "rumour"'])
def test_a_file_that_cannot_be_read_is_named(reader: object, text: str) -> None:
    """The error names the file and an example to compare it with."""
    with pytest.raises(SettingsError, match=r"wrong\.toml cannot be read"):
        reader("wrong", text)  # type: ignore[operator]
