"""What every backend offers: a session that asks, and a pure reading of what came back."""

from __future__ import annotations

import os
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol

from essor.model.errors import BackendUnavailable, ProbeError, SettingsError
from essor.model.probes import Outcome, ProbeRequest, ProbeTarget, Quirks
from inference_probe.transcript import Transcript
from inference_probe.wire import Clock, Exchange


class TargetFailed(ProbeError):
    """A target that was reached and then failed while being opened; it is recorded with its outcome."""

    def __init__(self, outcome: Outcome, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome
        """How it failed."""


class Session(Protocol):
    """A target, reached and ready to be asked."""

    model: str
    """The model's name as the server confirmed it."""
    engine: str | None
    """The server or engine as it names itself."""
    quirks: Quirks
    """What opening showed of the server's ways."""

    async def ask(self, request: ProbeRequest, timeout: float) -> Exchange:
        """Ask once and keep everything that comes, for at most `timeout` seconds."""

    def read(self, exchange: Exchange) -> Transcript:
        """What `exchange` says; no network, no clock."""

    async def rtt(self) -> tuple[int, ...]:
        """Times of opening a TCP connection, ns; empty where there is none."""

    async def close(self) -> None:
        """Let everything go."""


class Backend(Protocol):
    """A file of `backends/`."""

    async def open_session(self, target: ProbeTarget, clock: Clock, patience: float) -> Session:
        """Reach `target`, waiting at most `patience` seconds for an answer.

        Raises BackendUnavailable with the reason (no key, no server, no GPU), or TargetFailed.
        """


def backend_names() -> tuple[str, ...]:
    """Every backend: the files of `backends/`."""
    package = import_module("inference_probe.backends")
    return tuple(sorted(module.name for module in iter_modules(package.__path__)))


async def open_session(target: ProbeTarget, clock: Clock, patience: float = 60) -> Session:
    """A session with `target` through its backend."""
    if target.backend not in backend_names():
        raise SettingsError(
            f"No backend {target.backend!r} (target {target.name}). Known: {', '.join(backend_names())}."
        )
    backend: Backend = import_module(f"inference_probe.backends.{target.backend}")
    return await backend.open_session(target, clock, patience)


def key_of(target: ProbeTarget) -> str | None:
    """The key of `target`, from the environment only."""
    if target.key_variable is None:
        return None
    key = os.environ.get(target.key_variable, "").strip()
    if not key:
        raise BackendUnavailable(f"{target.key_variable} is not set, so {target.name} was not asked.")
    return key


def base_url_of(target: ProbeTarget, usual: str | None = None) -> str:
    """Where `target` is, without a slash at the end."""
    base = target.base_url or usual
    if not base:
        raise BackendUnavailable(f"Target {target.name} has no base_url.")
    return base.rstrip("/")
