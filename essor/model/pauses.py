"""Pauses: a host that was left alone for a while, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PauseReason(StrEnum):
    """Why a host is left alone."""

    BLOCKED = "blocked"
    """It turned us away time and again."""
    ASKED = "asked"
    """It asked for so long a wait."""
    BUDGET = "budget"
    """The day's requests to it are spent."""


@dataclass(frozen=True, slots=True)
class Pause:
    """One time that a host is left alone."""

    host: str
    """The public host."""
    reason: PauseReason
    """Why."""
    message: str
    """One sentence, as it stands behind "not asked, because" in the readings."""
    began_at: datetime
    """From when on, UTC."""
    until: datetime
    """Until when; after it one request is tried first, unless the reason was the budget."""
