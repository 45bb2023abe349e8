"""States what follows from what is known: claims and events on file, download estimates, verdicts on the claims."""

from __future__ import annotations

from collections import Counter

from essor.jobs.claims import check_claims
from essor.jobs.estimate import estimate
from essor.settings import Settings


def judge(settings: Settings) -> list[str]:
    """Bring estimates and verdicts up to what the warehouse holds; a line for each thing that came out otherwise.

    What is said of the real world is not set beside a simulated market.
    """
    estimated = estimate(settings)
    if settings.simulated:
        return [f"Downloads: {estimated}"]
    verdicts = Counter(checked.verdict for checked in check_claims(settings))
    told = ", ".join(f"{number} {verdict}" for verdict, number in sorted(verdicts.items()))
    return [f"Downloads: {estimated}", f"Claims: {told}."]
