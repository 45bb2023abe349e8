"""Plays the stores on this machine: as archives have them, or as a seed invents them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from crawlers.faults import Fault
from crawlers.playback import Playback
from crawlers.replica import Running, of_archives, serve
from crawlers.simulated_market import SimulatedMarket
from crawlers.simulated_stores import SimulatedStores
from essor.model.errors import SettingsError

Say = Callable[[str], None]


def replica(
    archives: Sequence[Path],
    seed: str | None,
    at: datetime | None,
    port: int,
    faults: Sequence[str],
    *,
    speed: float | None = None,
    launch: datetime | None = None,
    say: Say,
) -> None:
    """Serve until it is stopped; `faults` are written as ``429=0.1``, a name and its share.

    Archives stand still at `at`, or at their newest. A market of `seed` runs with the clock, `speed` times as fast and
    from `at` on; with `at` and no speed it stands still. One of the followed apps comes out at `launch`, or when the
    seed says.

    Raises SettingsError for a fault that is not known or when it is not clear what to play, ArchiveError for a file
    that cannot be read whole.
    """
    if bool(archives) == (seed is not None):
        raise SettingsError("Give what to play: either --archive FILE, or --simulate SEED for an invented market.")
    if seed is None and (speed is not None or launch is not None):
        raise SettingsError("--speed and --launch are for --simulate SEED: an archive stands still.")
    wanted = [_fault(text) for text in faults]
    played, told = of_archives(archives, at), '[hosts]\n"*" ='
    if seed is not None:
        market, told = SimulatedMarket(seed, launch), "simulated ="
        played = Playback(SimulatedStores(market), _clock(at, speed))
        say(
            f"{market.launched.name} comes out at {market.launch:%Y-%m-%d %H:%M} UTC; it is {played.at:%Y-%m-%d %H:%M}."
        )

    def ready(running: Running) -> None:
        running.playback.faults.set(wanted)
        say(f'{told} "http://127.0.0.1:{running.port}"')
        say("Put this into essor.toml to crawl here. Ctrl-C stops it.")

    serve(played, port, ready)


def _clock(at: datetime | None, speed: float | None) -> Callable[[], datetime]:
    begun = datetime.now(UTC)
    start, pace = at or begun, (0.0 if at else 1.0) if speed is None else speed
    return lambda: start + (datetime.now(UTC) - begun) * pace


def _fault(text: str) -> Fault:
    name, _, share = text.partition("=")
    try:
        rate = float(share or 1)
    except ValueError as error:
        raise SettingsError(f"{text!r} is no fault: write a name and its share, as in 429=0.1.") from error
    if not 0 <= rate <= 1:
        raise SettingsError(f"{text!r}: a share is from 0 to 1, as in 429=0.1.")
    return Fault(name, rate=rate)
