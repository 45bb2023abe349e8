"""Shards: the parts into which a crawl is split, so that several processes do it side by side."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Self, TypeVar
from zlib import crc32

from essor.model.errors import SettingsError

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of a crawl; all parts together are the whole, and no two share anything."""

    number: int = 1
    """Which part, 1 for the first."""
    of: int = 1
    """Into how many parts the crawl is split; 1 for a crawl that is not split."""

    @classmethod
    def read(cls, text: str) -> Self:
        """The shard that is written as in ``"2/4"``. Raises SettingsError for anything else."""
        found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text, re.ASCII)
        number, of = (int(found[1]), int(found[2])) if found else (0, 0)
        if not 1 <= number <= of:
            raise SettingsError(f"{text!r} is no shard. Write --shard 1/4 to --shard 4/4 for the parts of a crawl.")
        return cls(number, of)

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def whole(self) -> bool:
        """Whether it is all there is."""
        return self.of == 1

    def part(self, things: Iterable[T], group: Callable[[T], str]) -> list[T]:
        """The things of this shard, in their order: of each group every so manyth.

        Two processes agree on a thing when they agree on its group's other things, in whatever order they have them.
        """
        given = list(things)
        turns: defaultdict[str, count[int]] = defaultdict(count)
        mine = {thing for thing in sorted(given, key=repr) if self._is_mine(group(thing), turns)}
        return [thing for thing in given if thing in mine]

    def _is_mine(self, name: str, turns: defaultdict[str, count[int]]) -> bool:
        """Whether the next thing of a group falls to this shard; small groups do not all begin with the first."""
        return (crc32(name.encode()) + next(turns[name])) % self.of == self.number - 1


WHOLE = Shard()
"""A crawl that is not split."""
