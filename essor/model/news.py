"""The words of what happened: a move, a new version, a fall, a round count, a lost source."""

from __future__ import annotations

from enum import StrEnum


class NewsKind(StrEnum):
    """What happened; the weightiest first."""

    FIRST = "first"
    """An app is first in a chart."""
    LOST_FIRST = "lost_first"
    """An app is no longer first in a chart."""
    INTO_TOP = "into_top"
    """An app is among the first N of a chart."""
    OUT_OF_TOP = "out_of_top"
    """An app is no longer among the first N of a chart."""
    ENTERED = "entered"
    """An app is in a chart that it was not in."""
    LEFT = "left"
    """An app is no longer in a chart."""
    MOVED = "moved"
    """An app climbed or fell by many places within a day."""
    INSTALLS = "installs"
    """An app passed a round number of installs."""
    RATINGS = "ratings"
    """An app passed a round number of ratings in a storefront."""
    SCORE_FELL = "score_fell"
    """An app's mean rating fell in a storefront."""
    COUNT_FELL = "count_fell"
    """A store took ratings of an app away in a storefront."""
    VERSION = "version"
    """An app has a new version."""
    PRICE = "price"
    """An app's price changed in a storefront."""
    SOURCE_LOST = "source_lost"
    """Nothing came of a source that gave answers in the run before."""
    SOURCE_BACK = "source_back"
    """A source answers again."""

    @property
    def of_chart(self) -> bool:
        """Whether it happened in a chart."""
        return self in _OF_CHARTS

    @property
    def of_source(self) -> bool:
        """Whether it is about the collecting and not about an app."""
        return self in (NewsKind.SOURCE_LOST, NewsKind.SOURCE_BACK)


_OF_CHARTS = frozenset(list(NewsKind)[:7])
