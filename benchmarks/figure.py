"""One measured figure beside its target."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured."""

    what: str
    """In words, with the unit."""
    value: float
    """The figure."""
    at_least: float | None = None
    """The target, when more is better."""
    at_most: float | None = None
    """The target, when less is better."""

    @property
    def missed(self) -> bool:
        """Whether there is a target and it was not met."""
        low = self.at_least is not None and self.value < self.at_least
        high = self.at_most is not None and self.value > self.at_most
        return low or high

    @property
    def goal(self) -> str:
        """The target in words."""
        if self.at_least is not None:
            return f"at least {self.at_least:,}"
        return f"at most {self.at_most:,}" if self.at_most is not None else ""

    def __str__(self) -> str:
        shown = f"{self.value:,.0f}" if self.value >= 100 else f"{self.value:,.2f}"
        return f"{shown} {self.what}"
