"""The published points of `estimation.md` that set no constant of the rank curve, and what the curve says of them."""

from __future__ import annotations

from dataclasses import dataclass

from essor.model.estimates import Method
from pipeline.metrics.estimates import Band, at_rank


@dataclass(frozen=True)
class Published:
    """One published number of downloads a day with the rank at which it was reached."""

    what: str
    rank: int
    country: str
    downloads: float
    """A day."""
    remark: str
    play: bool = False
    """Whether Google Play is in it: then the curve of both stores is set beside it."""


POINTS = (
    Published(
        "ChatGPT, US iOS, first week (Appfigures, 606 k in 7 days)", 1, "us", 606_000 / 7, "at #1 nearly all week"
    ),
    Published("ChatGPT, US iOS, first six days (data.ai, at least 500 k)", 1, "us", 500_000 / 6, "a lower bound"),
    Published(
        "Sora, US and CA iOS, first five days (OpenAI, over 1 M)",
        1,
        "us",
        1_000_000 / 5,
        "a lower bound, by invitation",
    ),
    Published("Sora, first day as first published (Appfigures, 56 k)", 3, "us", 56_000, "CA included"),
    Published("Sora, first day as restated (Appfigures, 110 k)", 3, "us", 110_000, "CA included"),
    Published(
        "Claude, US, both stores, 2 March 2026 (Appfigures)", 1, "us", 149_000, "with the curve of Play", play=True
    ),
    Published(
        "ChatGPT, US, both stores, 2 March 2026 (Appfigures)", 2, "us", 124_000, "with the curve of Play", play=True
    ),
    Published("US iOS, rank 10, November 2011 (Distimo)", 10, "us", 400_000, "its level looks inflated"),
    Published("US iOS, rank 25, November 2011 (Distimo)", 25, "us", 200_000, "its level looks inflated"),
    Published("US iOS, rank 50, November 2011 (Distimo)", 50, "us", 120_000, "its level looks inflated"),
)
"""Launch weeks are set beside the ordinary band: the wider one for launches was made from them."""


def band_of(method: Method, point: Published) -> Band:
    """The curve at the point, with Google Play's fallback curve beside it where both stores are counted."""
    band = at_rank(method, point.rank, point.country)
    if not point.play:
        return band
    play = at_rank(method, point.rank, point.country, "google_play")
    central = band.central + play.central
    return Band(central / band.factor, central, central * band.factor)


def table(method: Method) -> str:
    """The table of the method page, with its last line telling the coverage."""
    lines = ["| point | rank | published a day | curve (80 %) | inside | remark |", "|---|---|---|---|---|---|"]
    inside = 0
    for point in POINTS:
        band = band_of(method, point)
        held = band.low <= point.downloads <= band.high
        inside += held
        verdict = "yes" if held else "**no**"
        lines.append(
            f"| {point.what} | {point.rank} | {point.downloads:,.0f} "
            f"| {band.central:,.0f} ({band.low:,.0f}–{band.high:,.0f}) | {verdict} | {point.remark} |"
        )
    return "\n".join([*lines, "", f"{inside} of {len(POINTS)} points are inside the 80 % band."])
