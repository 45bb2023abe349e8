"""What a channel is, and what it carries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Protocol, cast

from dashboard.news import News
from essor.model.errors import EssorError
from essor.plugins import modules_in
from essor.settings import AlertSettings, Settings

TIMEOUT = 20.0
"""How long a server may take to answer, seconds."""


class Undelivered(EssorError):
    """A message did not reach anybody; it is tried again with the next alert."""


@dataclass(frozen=True, slots=True)
class Message:
    """What an alert says."""

    alert: str
    """The alert's name."""
    language: str
    """The language it is written in, as ``"fr"``."""
    subject: str
    """All of it in one line."""
    items: tuple[News, ...]
    """The news, the newest first."""
    foot: str
    """What stands under it: by which snapshot."""
    base: str
    """The dashboard's address, for links."""

    def link(self, item: News) -> str:
        """The page that shows it."""
        return self.base + item.address


class Channel(Protocol):
    """A way to people. Its module offers these names."""

    def destination(self, alert: AlertSettings) -> str | None:
        """Where the alert goes by this channel, in words without secrets; None when it does not."""
        ...

    def trouble(self, alert: AlertSettings, settings: Settings) -> str | None:
        """What is missing before it can work, and what to do; None when nothing is."""
        ...

    def deliver(self, message: Message, alert: AlertSettings, settings: Settings) -> None:
        """Hand the message over. Raises Undelivered with the server's own words."""
        ...


@cache
def channels() -> dict[str, Channel]:
    """Every channel, by name."""
    found = modules_in("essor.channels")
    return {module.__name__.rpartition(".")[2]: cast("Channel", module) for module in found}
