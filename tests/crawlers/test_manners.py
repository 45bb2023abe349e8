"""What is remembered of each host from run to run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawlers.manners import FILE, LONGEST_PAUSE, Manners
from essor.model.errors import Blocked, FetchError, SettingsError
from essor.model.pauses import PauseReason
from essor.settings import PaceSettings

HOST = "itunes.apple.com"
SETTINGS = PaceSettings(blocks_before_pause=3, pause=600, requests_a_day=5, budgets={"other.example": 1})


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The moment."""
        return self.now

    def goes_on(self, **span: float) -> None:
        """Some time passes."""
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    """A clock at noon."""
    return Clock()


@pytest.fixture
def manners(tmp_path: Path, clock: Clock) -> Iterator[Manners]:
    """The memory of a new data folder."""
    one = Manners(tmp_path, SETTINGS, clock)
    yield one
    one.close()


def refuse(manners: Manners, times: int) -> None:
    """The host turns us away so often."""
    for _ in range(times):
        manners.turned_away(HOST)


def test_a_host_that_refuses_in_a_row_is_left_alone(manners: Manners, clock: Clock) -> None:
    """The third refusal is one too many; the pause says until when, and nothing is sent in it."""
    refuse(manners, 2)
    assert manners.begun == []
    assert manners.ask(HOST) == 0
    refuse(manners, 1)
    (pause,) = manners.begun
    assert (pause.host, pause.reason, pause.began_at) == (HOST, PauseReason.BLOCKED, clock.now)
    assert pause.until == clock.now + timedelta(minutes=10)
    with pytest.raises(Blocked, match=r"turned us away 3 times in a row; it is left alone until 2026-11-20 12:10 UTC"):
        manners.ask(HOST)
    assert manners.ask("rss.marketingtools.apple.com") == 0


def test_an_answer_between_refusals_makes_them_none_in_a_row(manners: Manners) -> None:
    """The host is not against us."""
    refuse(manners, 2)
    manners.answered(HOST)
    refuse(manners, 2)
    assert manners.begun == []


def test_after_a_pause_one_request_is_tried_and_the_others_wait(manners: Manners, clock: Clock) -> None:
    """Half open: a good answer opens the way for all of them."""
    refuse(manners, 3)
    clock.goes_on(minutes=11)
    assert manners.ask(HOST, trial=False) == 0  # robots.txt
    assert manners.ask(HOST) == 0
    assert manners.ask(HOST) > 0
    manners.answered(HOST)
    assert manners.ask(HOST) == 0
    assert manners.ask(HOST) == 0


def test_a_refused_trial_doubles_the_pause(manners: Manners, clock: Clock) -> None:
    """Up to a day, however long it goes on."""
    refuse(manners, 3)
    for _ in range(12):
        clock.now = manners.begun[-1].until
        manners._count = lambda *_: None  # type: ignore[method-assign] # the budget is another test's
        assert manners.ask(HOST) == 0
        refuse(manners, 1)
    lengths = [pause.until - pause.began_at for pause in manners.begun]
    assert lengths[:4] == [timedelta(minutes=minutes) for minutes in (10, 20, 40, 80)]
    assert lengths[-1] == LONGEST_PAUSE


def test_a_trial_that_brought_nothing_is_followed_by_another(manners: Manners, clock: Clock) -> None:
    """A time-out tells neither way; a trial whose process died is given up after the time-out."""
    refuse(manners, 3)
    clock.goes_on(minutes=11)
    assert manners.ask(HOST) == 0
    manners.undecided(HOST)
    assert manners.ask(HOST) == 0
    assert manners.ask(HOST) > 0
    clock.goes_on(seconds=SETTINGS.timeout + 2)
    assert manners.ask(HOST) == 0


def test_the_memory_outlives_the_run(manners: Manners, tmp_path: Path, clock: Clock) -> None:
    """Another process, now or later, finds the pause."""
    refuse(manners, 3)
    other = Manners(tmp_path, SETTINGS, clock)
    with pytest.raises(Blocked):
        other.ask(HOST)
    assert other.begun == []
    other.close()


def test_a_spent_budget_lasts_until_midnight(manners: Manners, clock: Clock) -> None:
    """The sixth request of a day is not sent; the next day begins anew, without a trial."""
    assert [manners.ask(HOST) for _ in range(5)] == [0] * 5
    for _ in range(2):
        with pytest.raises(FetchError, match=r"the budget of 5 requests to itunes\.apple\.com for 2026-11-20") as told:
            manners.ask(HOST)
        assert not isinstance(told.value, Blocked)
    (pause,) = manners.begun
    assert (pause.reason, pause.until) == (PauseReason.BUDGET, datetime(2026, 11, 21, tzinfo=UTC))
    clock.goes_on(hours=13)
    assert [manners.ask(HOST) for _ in range(2)] == [0, 0]


def test_a_host_may_have_its_own_budget(manners: Manners) -> None:
    """Smaller than that of the others."""
    assert manners.ask("other.example") == 0
    with pytest.raises(FetchError, match="the budget of 1 requests"):
        manners.ask("other.example")


def test_a_long_wait_that_a_host_asks_for_is_kept_by_later_runs(manners: Manners, clock: Clock) -> None:
    """No longer than a day, whatever it says."""
    manners.asked_to_wait(HOST, 1800)
    with pytest.raises(Blocked, match="asked to wait 1800 s"):
        manners.ask(HOST)
    manners.asked_to_wait("other.example", 1e12)
    assert manners.begun[-1].until == clock.now + LONGEST_PAUSE


def test_a_file_that_is_no_memory_is_told(tmp_path: Path, clock: Clock) -> None:
    """The message says what to remove."""
    (tmp_path / FILE).write_bytes(b"no database at all, and long enough to be read" * 50)
    with pytest.raises(SettingsError, match=r"manners\.sqlite cannot be read .*: remove it"):
        Manners(tmp_path, SETTINGS, clock)


def test_two_processes_count_the_same_requests(tmp_path: Path, clock: Clock) -> None:
    """The budget is the data folder's, not the run's."""
    both = [Manners(tmp_path, SETTINGS, clock) for _ in range(2)]
    for number in range(5):
        both[number % 2].ask(HOST)
    for one in both:
        with pytest.raises(FetchError):
            one.ask(HOST)
        one.close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("SELECT host, asked FROM requests").fetchall() == [(HOST, 5)]
