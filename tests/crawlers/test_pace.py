"""The turns of hosts."""

from __future__ import annotations

import asyncio
import time

import pytest

from crawlers.pace import Pace, RunStopped
from essor.model.errors import Blocked, FetchError
from essor.settings import PaceSettings


def pace(**given: float) -> Pace:
    """A pace by the real clock."""
    return Pace(PaceSettings(**{"seconds_between_requests": 0.0, "jitter": 0.0, **given}), time.monotonic)  # type: ignore[arg-type]


async def turns(one: Pace, host: str, count: int) -> float:
    """How long so many turns at once take."""
    begun = time.monotonic()
    await asyncio.gather(*(one.turn(host) for _ in range(count)))
    return time.monotonic() - begun


def test_turns_of_a_host_are_apart() -> None:
    """Three requests at once are sent with the set time between them; another host does not wait."""

    async def both() -> None:
        one, order = pace(seconds_between_requests=0.3), []

        async def turn(host: str) -> None:
            await one.turn(host)
            order.append(host)

        begun = time.monotonic()
        await asyncio.gather(*(turn(host) for host in "aaab"))
        took.append(time.monotonic() - begun)
        assert order == ["a", "b", "a", "a"]

    took: list[float] = []
    while not took or (min(took) >= 1.2 and len(took) < 20):  # a busy machine is late now and then
        asyncio.run(both())
    assert 0.6 <= min(took) < 1.2


def test_a_paused_host_is_left_alone() -> None:
    """A pause that comes while a request waits holds it too."""

    async def paused() -> None:
        one = pace()
        one.pause("a", 0.1)
        waiting = asyncio.ensure_future(turns(one, "a", 1))
        await asyncio.sleep(0.05)
        one.pause("a", 0.2)
        assert await waiting >= 0.25
        one.pause("a", -60)
        assert await turns(one, "a", 1) < 30

    asyncio.run(paused())


def test_a_host_that_is_given_up_is_not_asked() -> None:
    """Whoever waits or comes later is told why, in the error that was meant."""

    async def given_up() -> None:
        one = pace()
        one.pause("a", 0.05)
        waiting = asyncio.ensure_future(one.turn("a"))
        await asyncio.sleep(0.01)
        one.give_up("a", "it said so", Blocked)
        with pytest.raises(Blocked, match="not asked, because it said so"):
            await waiting
        with pytest.raises(FetchError):
            one.check("a")
        one.check("b")

    asyncio.run(given_up())


def test_a_stop_ends_every_wait() -> None:
    """A run that is to end does not sleep through its pauses."""

    async def stopped() -> None:
        one = pace()
        one.pause("a", 60)
        waiting = asyncio.ensure_future(one.turn("a"))
        await asyncio.sleep(0.01)
        one.stop()
        with pytest.raises(RunStopped):
            await waiting

    asyncio.run(stopped())


def test_backoff_doubles_up_to_the_longest() -> None:
    """The wait after each failure is twice the last, and never longer than is set, jitter apart."""
    one = pace(first_backoff=10, longest_backoff=35)
    assert [one.backoff(attempt) for attempt in (1, 2, 3)] == [10, 20, 35]
    assert 10 <= pace(first_backoff=10, jitter=0.5).backoff(1) <= 15
