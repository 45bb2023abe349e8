"""When each host may be asked next."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping

from essor.model.errors import Blocked, FetchError
from essor.settings import PaceSettings


class RunStopped(FetchError):
    """The run is to end, so that the request was not sent."""


class Pace:
    """The turns of every public host in one run."""

    def __init__(
        self, settings: PaceSettings, clock: Callable[[], float], gaps: Mapping[str, float] | None = None
    ) -> None:
        """`gaps` holds hosts that bear less than the settings ask for: the least time between two requests, seconds."""
        self._settings = settings
        self._gaps = gaps or {}
        self._clock = clock
        self._next: dict[str, float] = {}
        self._given_up: dict[str, FetchError] = {}
        self._stopped = asyncio.Event()

    async def turn(self, host: str) -> None:
        """Waits until the host may be asked, and takes the turn.

        Raises the error with which the host was given up, RunStopped when the run is to end.
        """
        self.check(host)
        while (wait := self._next.get(host, 0.0) - self._clock()) > 0:
            await self._sleep(wait)
            self.check(host)
        self._next[host] = self._clock() + self._gap(host)

    def check(self, host: str) -> None:
        """Raises what `turn` raises, without waiting."""
        if self._stopped.is_set():
            raise RunStopped("the run was stopped")
        if host in self._given_up:
            raise self._given_up[host]

    def pause(self, host: str, seconds: float) -> None:
        """Leaves the host alone for so long."""
        self._next[host] = max(self._next.get(host, 0.0), self._clock() + seconds)

    def give_up(self, host: str, why: str, kind: type[FetchError] = FetchError) -> None:
        """Asks the host nothing more in this run; what was to be asked fails with an error of this kind."""
        self._given_up.setdefault(host, kind(f"not asked, because {why}"))

    def stop(self) -> None:
        """Lets every waiting request go unsent."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether the run is to end."""
        return self._stopped.is_set()

    def after_trouble(self, host: str, attempt: int, *, blocked: bool = False, asked: float | None = None) -> None:
        """Slows the host down after attempt number `attempt` failed; `asked` is what its Retry-After says, seconds."""
        if asked is not None and asked > self._settings.longest_backoff:
            self.give_up(host, f"{host} asked to wait {asked:g} s, longer than pace.longest_backoff", Blocked)
        elif blocked or attempt < self._settings.attempts:
            self.pause(host, max(self.backoff(attempt), asked or 0.0))

    def after_silence(self, host: str, attempt: int) -> None:
        """Slows the host down after it could not be reached, and gives it up after the last attempt."""
        if attempt < self._settings.attempts:
            self.pause(host, self.backoff(attempt))
        else:
            self.give_up(host, f"{host} could not be reached in {attempt} attempts")

    def may_try_again(self, host: str, attempt: int) -> bool:
        """Whether there is another attempt after number `attempt`."""
        return attempt < self._settings.attempts and host not in self._given_up

    def backoff(self, attempt: int) -> float:
        """Seconds to wait after attempt number `attempt` failed, 1 for the first: doubled each time, jittered."""
        settings = self._settings
        return self._jittered(min(settings.first_backoff * 2 ** (attempt - 1), settings.longest_backoff))

    def _gap(self, host: str) -> float:
        return self._jittered(max(self._settings.seconds_between_requests, self._gaps.get(host, 0.0)))

    def _jittered(self, seconds: float) -> float:
        return seconds * (1 + random.uniform(0, self._settings.jitter))  # noqa: S311 - no secret hangs on it

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        except TimeoutError:
            return
