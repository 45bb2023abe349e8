"""Ways to estimate downloads: their published constants, each a version that is never overwritten."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Z80 = 1.28
"""An 80 % band reaches this many standard deviations to each side."""
PRIOR_COUNT = 0.5
"""What is added to a count that is small by chance, once a figure or sum: the shape of Jeffreys' prior of its rate."""
WORLD = "ww"
"""The storefront of figures that are counted for the whole world alone."""


class FigureKind(StrEnum):
    """What kind of figure it is. The kinds are never merged into one series."""

    MEASURED = "measured"
    """The store itself shows the number it follows from."""
    ESTIMATED = "estimated"
    """Modelled by us; always with its band."""
    UPPER_BOUND = "upper_bound"
    """The app was outside the fetched depth: less than this, and nothing more is known."""


class MethodName(StrEnum):
    """A way to estimate, the best first."""

    PLAY_INSTALLS = "play_installs"
    """Growth of the exact installs that Google Play shows, worldwide."""
    RATING_VELOCITY = "rating_velocity"
    """New ratings divided by the share of installs that leave one."""
    RANK_CURVE = "rank_curve"
    """The shifted Pareto curve from rank to downloads."""


@dataclass(frozen=True, slots=True)
class Method:
    """One version of a way to estimate."""

    name: MethodName
    """Which way."""
    version: int
    """Its version, rising by one; docs/methods/estimates.md tells what the first ones are."""
    parameters: dict[str, Any] = field(hash=False)
    """Every coefficient, by the names of docs/methods/estimates.md."""
    points: int = 0
    """Ground-truth points it was fitted on."""
    basis: str = "Published constants, see docs/methods/estimates.md"
    """What it rests on, in words."""

    def as_json(self) -> str:
        """The parameters as one line of JSON, keys in order."""
        return json.dumps(self.parameters, sort_keys=True)


PUBLISHED = (
    Method(MethodName.PLAY_INSTALLS, 1, {}, basis="Arithmetic on the store's own count"),
    Method(MethodName.RATING_VELOCITY, 2, {"ln_c": -4.1166, "sigma_c": 0.8, "apps": {}, "prior_count": PRIOR_COUNT}),
    Method(
        MethodName.RANK_CURVE,
        1,
        {
            "a": 0.865,
            "q": 4.6,
            "base": {"apple": 52_000.0, "google_play": 29_000.0},
            "slope_google_play": 0.29,
            "sigma_level": 0.30,
            "sigma_slope": 0.12,
            "sigma_day": 0.15,
            "sigma_launch_day": 0.35,
            "launch_days": 14,
            "sigma_place": 0.5,
            "place": {
                "us": 1.0, "fr": 0.125, "gb": 0.225, "jp": 0.308, "ca": 0.125, "it": 0.10, "au": 0.10,
            },
            "sigma_of_place": {"us": 0.0},
            "weekday": [1.00, 1.0, 1.0, 0.94, 1.0, 1.09, 1.11],
        },
    ),
)  # fmt: skip
"""Each method with its published constants; where they come from stands in docs/methods/estimates.md."""
