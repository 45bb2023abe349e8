"""One file a store: what the local replica must know to answer in that store's manner, faults included."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

from crawlers.sources import Source, Target, asked_for_signals, recognise
from essor.plugins import modules_in


def asked_for(url: str) -> tuple[Source[Any], Target] | None:
    """What a request asks for; what stands behind the `#` of a signal's address has not come with it."""
    known = recognise(url)
    if known is None and "#" not in url:
        signals = ((source, source.recognise(f"{url}#any")) for source in asked_for_signals())
        known = next(((source, target) for source, target in signals if target is not None), None)
    return known


def fake_of(store: str) -> ModuleType | None:
    """What is known of a store's manner; without it whole answers alone can be played."""
    return next((fake for fake in all_fakes() if store == fake.STORE), None)


@cache
def all_fakes() -> tuple[ModuleType, ...]:
    """Every file of this folder."""
    return tuple(modules_in("crawlers.fakes"))
