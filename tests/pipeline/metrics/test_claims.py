"""What the check makes of published figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from essor.model.claims import Claim, Judgement, Verdict, all_claims
from essor.model.estimates import PUBLISHED
from essor.model.stores import StoreName
from pipeline.metrics.claims import Evidence, Ranks, first_place, judgements

CURVE = PUBLISHED[2]
FILED = all_claims()
NAMED = {claim.name: claim for claim in FILED}
EVIDENCE = Evidence(CURVE)


def judged(claims: tuple[Claim, ...] = FILED, evidence: Evidence = EVIDENCE) -> dict[str, Judgement]:
    """The judgements by claim."""
    return {judgement.claim: judgement for judgement in judgements(claims, evidence)}


def test_the_article_that_dates_chatgpt_to_november_is_found_out() -> None:
    """500,000 in six days in November 2023: the app had come out on 18 May."""
    found = judged()["2025-02-chatgpt-500k-november-2023"]
    assert found.verdict is Verdict.CONTRADICTED
    assert {"2023-05-18-chatgpt-ios-launch", "2023-05-chatgpt-500k-6-days-data-ai"} <= set(found.against)
    assert "18 mai 2023" in found.reason["fr"]
    assert "18 May 2023" in found.reason["en"]


def test_ratings_older_than_the_claimed_launch_are_brought_up() -> None:
    """The warehouse's own ratings of June 2023 stand in the reason."""
    rated = {("chatgpt", "apple"): ("no", date(2023, 6, 8), 20)}
    reason = judged(evidence=Evidence(CURVE, first_ratings=rated))["2025-02-chatgpt-500k-november-2023"].reason
    assert "8 juin 2023" in reason["fr"]
    assert "20 ratings already (Norway)" in reason["en"]


def test_deepseek_s_first_million_is_found_to_be_late() -> None:
    """31 January for the first million, when Appfigures had it on the 24th and 2.6 M on the 27th."""
    found = judged()["2025-02-deepseek-1m-31-january"]
    assert found.verdict is Verdict.CONTRADICTED
    assert {"2025-01-24-deepseek-1m", "2025-01-27-deepseek-2-6m"} <= set(found.against)
    assert "24 janvier 2025" in found.reason["fr"]
    assert "7 days earlier" in found.reason["en"]


def test_the_two_figures_of_sora_s_first_week_contradict_each_other() -> None:
    """Over 1 M in under five days and 627 k in seven cannot both hold; neither outranks the other."""
    found = judged()
    one, other = found["2025-10-sora-1m-5-days"], found["2025-10-sora-627k-7-days"]
    assert (one.verdict, other.verdict) == (Verdict.CONTRADICTED, Verdict.CONTRADICTED)
    assert one.against == (other.claim,)
    assert other.against == (one.claim,)


def test_le_chat_s_million_is_weighed_against_a_french_first_place() -> None:
    """Two weeks at #1 in France bring about a fifth of it: an open question, with the band."""
    found = judged()["2025-02-le-chat-1m-14-days"]
    assert found.verdict is Verdict.UNDETERMINED
    (weighed,) = found.evidence
    assert weighed["storefronts"] == ["fr"]
    assert weighed["low"] < weighed["central"] == pytest.approx(14 * 0.125 * 119_120, rel=0.001)
    assert weighed["high"] < 1_000_000
    assert "21" in found.reason["fr"]


def test_a_restated_figure_gives_way_to_its_own_author() -> None:
    """56 k became about 110 k: the first is contradicted, the second is not."""
    found = judged()
    assert found["2025-10-sora-56k-day-1"].against == ("2025-10-sora-110k-day-1",)
    assert found["2025-10-sora-110k-day-1"].verdict is Verdict.PLAUSIBLE


def test_two_origins_that_agree_support_each_other() -> None:
    """data.ai and Appfigures on ChatGPT's first week; the same origin twice would be one piece of evidence."""
    found = judged()
    assert found["2023-05-chatgpt-606k-7-days-appfigures"].verdict is Verdict.SUPPORTED
    same = tuple(
        replace(claim, origin="Appfigures") if claim.name == "2023-05-chatgpt-500k-6-days-data-ai" else claim
        for claim in FILED
    )
    assert judged(same)["2023-05-chatgpt-606k-7-days-appfigures"].verdict is not Verdict.SUPPORTED


def test_the_check_finds_every_contradiction_that_a_person_wrote_down() -> None:
    """Without reading them: each pair under `contradicts` is found on one side or the other."""
    blind = judged(tuple(replace(claim, contradicts=()) for claim in FILED))
    for claim in FILED:
        for other in claim.contradicts:
            assert other in blind[claim.name].against or claim.name in blind[other].against, (claim.name, other)


@hypothesis_settings(max_examples=20, deadline=None)
@given(order=st.permutations(FILED))
def test_the_order_of_the_claims_changes_no_verdict(order: list[Claim]) -> None:
    """Whatever file is read first, each claim gets the same verdict against the same claims."""
    one, other = judged(), judged(tuple(order))
    assert {name: (j.verdict, set(j.against)) for name, j in one.items()} == {
        name: (j.verdict, set(j.against)) for name, j in other.items()
    }


def test_every_reason_is_a_sentence_in_both_languages() -> None:
    """No empty reason, no untranslated one, and a full stop."""
    for judgement in judged().values():
        assert judgement.reason["fr"] != judgement.reason["en"]
        assert all(reason.endswith(".") for reason in judgement.reason.values())


RANK = NAMED["2025-02-le-chat-number-1-france"]


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (Ranks(1, 3, 14), Verdict.SUPPORTED),
        (Ranks(2, 14, 14), Verdict.CONTRADICTED),
        (Ranks(None, 14, 14), Verdict.CONTRADICTED),
        (Ranks(2, 13, 14), Verdict.UNDETERMINED),
        (Ranks(None, 0, 14), Verdict.UNDETERMINED),
    ],
)
def test_a_rank_is_held_against_the_readings(seen: Ranks, verdict: Verdict) -> None:
    """A gap of one day keeps a rank that was not seen from being contradicted."""
    assert judged((RANK,), Evidence(CURVE, ranks={RANK.name: seen}))[RANK.name].verdict is verdict


@pytest.mark.parametrize(
    ("on", "installs", "verdict"),
    [
        (date(2026, 6, 1), 1_200_000_000, Verdict.SUPPORTED),
        (date(2026, 7, 1), 900_000_000, Verdict.CONTRADICTED),
        (date(2026, 6, 1), 900_000_000, Verdict.UNDETERMINED),
    ],
)
def test_play_s_own_count_decides(on: date, installs: int, verdict: Verdict) -> None:
    """Exact installs support or contradict a lifetime figure only where their date lets them."""
    claim = NAMED["2026-06-chatgpt-play-1bn"]
    assert judged((claim,), Evidence(CURVE, installs={"chatgpt": [(on, installs)]}))[claim.name].verdict is verdict


@pytest.mark.parametrize(
    ("released", "verdict"),
    [
        (date(2023, 7, 25), Verdict.SUPPORTED),
        (date(2023, 7, 21), Verdict.PLAUSIBLE),
        (date(2023, 8, 21), Verdict.CONTRADICTED),
    ],
)
def test_google_play_may_date_a_listing_to_its_pre_registration(released: date, verdict: Verdict) -> None:
    """It shows 21 July for ChatGPT, which could be installed from the 25th on: that contradicts nothing."""
    claim = NAMED["2023-07-25-chatgpt-android-launch"]
    releases = {("chatgpt", "google_play"): {"us": released}}
    assert judged((claim,), Evidence(CURVE, releases=releases))[claim.name].verdict is verdict


def test_many_looks_at_installs_are_one_finding() -> None:
    """The first that shows it is named: a look more each day leaves the verdict as it was."""
    claim = NAMED["2026-06-chatgpt-play-1bn"]
    days = [(claim.until + timedelta(days=n), 900_000_000 + n) for n in range(9)]
    found = [judged((claim,), Evidence(CURVE, installs={"chatgpt": days[:n]}))[claim.name] for n in (1, 9)]
    assert found[0] == found[1]
    assert len(found[0].evidence) == 1


def test_the_world_s_installs_support_no_country_s_figure() -> None:
    """A billion installs worldwide say nothing for a figure of one country; too few of them speak against it."""
    claim = replace(NAMED["2026-06-chatgpt-play-1bn"], countries=("fr",), value=50_000_000.0)
    for installs, verdict in ((10**9, Verdict.UNDETERMINED), (10**6, Verdict.CONTRADICTED)):
        seen = Evidence(CURVE, installs={"chatgpt": [(claim.until, installs)]})
        assert judged((claim,), seen)[claim.name].verdict is verdict


def test_a_month_is_every_day_of_it() -> None:
    """A launch or a milestone that is dated by its month alone is not contradicted by a day within it."""
    launch = replace(NAMED["2023-05-18-chatgpt-ios-launch"], until=date(2023, 5, 31), precision="month")
    releases = {("chatgpt", "apple"): {"us": date(2023, 5, 18)}}
    assert judged((launch,), Evidence(CURVE, releases=releases))[launch.name].verdict is Verdict.SUPPORTED
    reached = NAMED["2025-01-24-deepseek-1m"]
    month = replace(reached, name="month", origin="Another", until=date(2025, 1, 31), precision="month")
    assert judged((reached, month))["month"].verdict is not Verdict.CONTRADICTED


@pytest.mark.parametrize(
    ("country", "released", "verdict"),
    [
        ("us", date(2023, 5, 18), Verdict.SUPPORTED),
        ("no", date(2023, 5, 30), Verdict.PLAUSIBLE),
        ("no", date(2023, 5, 1), Verdict.CONTRADICTED),
        ("us", date(2023, 6, 1), Verdict.CONTRADICTED),
    ],
)
def test_a_launch_is_held_against_release_dates(country: str, released: date, verdict: Verdict) -> None:
    """A later release elsewhere is no contradiction; an earlier one anywhere is."""
    claim = NAMED["2023-05-18-chatgpt-ios-launch"]
    releases = {("chatgpt", "apple"): {country: released}}
    assert judged((claim,), Evidence(CURVE, releases=releases))[claim.name].verdict is verdict


@given(value=st.floats(1e4, 1e8), shift=st.integers(-3, 3))
def test_a_figure_never_contradicts_itself_said_by_another(value: float, shift: int) -> None:
    """The same figure of another origin, a few days apart in its milestone or not, is no contradiction in amount."""
    one = replace(NAMED["2023-05-chatgpt-606k-7-days-appfigures"], value=value)
    other = replace(one, name="other", origin="Another", until=one.until + timedelta(days=shift))
    assert judged((one, other))[one.name].verdict is not Verdict.CONTRADICTED


def test_a_longer_spell_shares_its_errors() -> None:
    """Fourteen days at #1 are fourteen times one day, and their band is not much narrower than one day's."""
    day, fortnight = (first_place(CURVE, ["fr"], [StoreName.APPLE], days, launch=False) for days in (1, 14))
    assert fortnight.central == pytest.approx(14 * day.central)
    assert day.factor > fortnight.factor > 0.95 * day.factor
