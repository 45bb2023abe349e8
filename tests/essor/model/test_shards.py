"""The parts of a crawl: nothing in two of them, nothing in none, and the same wherever they are worked out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from essor.model.errors import SettingsError
from essor.model.shards import WHOLE, Shard

THINGS = st.lists(st.tuples(st.sampled_from("abc"), st.integers()), unique=True)


def _group(thing: tuple[str, int]) -> str:
    return thing[0]


@given(THINGS, st.integers(1, 9))
def test_the_parts_are_the_whole_and_share_nothing(things: list[tuple[str, int]], of: int) -> None:
    """Each thing is in one part, each part keeps the order, and no two parts of a group differ by more than one."""
    parts = [Shard(number, of).part(things, _group) for number in range(1, of + 1)]
    assert sorted(thing for part in parts for thing in part) == sorted(things)
    assert all(part == [thing for thing in things if thing in part] for part in parts)
    for name in "abc":
        sizes = [sum(thing[0] == name for thing in part) for part in parts]
        assert max(sizes) - min(sizes) <= 1


@given(THINGS, st.integers(1, 9), st.randoms())
def test_a_part_hangs_on_its_own_group_alone(things: list[tuple[str, int]], of: int, chance: object) -> None:
    """Given in another order, and with another group's things left out, a group is split the same way."""
    mine = Shard(1, of).part(things, _group)
    others = [thing for thing in things if thing[0] != "b"]
    chance.shuffle(others)  # type: ignore[attr-defined] # hypothesis names its class nowhere public
    assert set(Shard(1, of).part(others, _group)) == {thing for thing in mine if thing[0] != "b"}


@pytest.mark.parametrize("text", ["0/2", "3/2", "2", "1/0", "a/b", "1/2/3", "-1/2", "1 / 2", "", "١/٢"])
def test_what_is_no_shard_says_what_to_write(text: str) -> None:
    """The error shows the form."""
    with pytest.raises(SettingsError, match="Write --shard 1/4"):
        Shard.read(text)


def test_a_shard_reads_as_it_is_written() -> None:
    """The whole is the one part of one."""
    assert (str(Shard.read("2/4")), Shard.read("2/4").whole) == ("2/4", False)
    assert Shard.read("1/1") == WHOLE
