"""What there is to say of a run: codes with their values, which every reader is told in their own language.

A run's line holds them as text, one after the other: ``shard {"shard": "1/4"}; killed {"found": 16}``. What landed
before there were codes is sentences, which are told as they stand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import Formatter

SENTENCES: Mapping[str, str] = {
    "shard": "shard {shard}",
    "asked_at": "{host} was asked at {base}",
    "simulated": "simulated: everything was asked at {address}",
    "robots_not_obeyed": "robots.txt not obeyed for {source}: {reason}",
    "not_concluded": "{missing} of {total} targets were not concluded",
    "kept": "every answer that came is in {file}",
    "killed": "the run was killed; {found} readings recovered from its archive",
    "probe_killed": "the probe was killed; {found} lines recovered from its archive",
    "cut": "{bytes} bytes of a cut record dropped",
    "not_running": "essor was not running",
    "another_crawl": "another crawl was under way",
    "schedule_killed": "the schedule was killed before the crawl began",
    "ended_by_signal": "its process was ended by {signal} before it began",
    "ended_with_code": "its process ended with code {code} before it began: {said}",
    "from": "from {origin}",
    "unknown_answers": "{number} answers are of no known source, as {address}",
    "row": "{file} byte {byte}: {why}",
    "no_entry": "it is no entry: {why}",
    "no_reading": "its reading is not in readings.csv",
    "twice": "a rank or an app comes twice among its entries",
    "no_source": "'{said}' is no source of essor",
    "no_address": "its address is of no source of essor",
    "no_figure": "it has no figure",
    "no_storefront": "there is no storefront '{said}'",
    "uk_is_gb": "there is no storefront '{said}' (the United Kingdom is gb)",
    "column_missing": "column {column} is missing",
    "column_empty": "column {column} is empty",
    "no_word": "column {column} says '{said}', which is none of {words}",
    "no_count": "column {column} says '{said}', which is no whole number that a table can hold",
    "no_number": "column {column} says '{said}', which is no number",
    "no_moment": "column {column} says '{said}', which is no moment with a zone, such as 2026-10-08T15:12:00Z",
}
"""Each code's English sentence, as commands and logs say it; the dashboard has them as `note.CODE` in each language."""
_NEEDS = {code: {name for _, name, _, _ in Formatter().parse(sentence) if name} for code, sentence in SENTENCES.items()}
_CODED = re.compile(r"(\w+) (?=\{)")


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to say."""

    code: str
    """A key of `SENTENCES`."""
    values: Mapping[str, Value]
    """What its sentence needs; a reason may be a note again."""

    def __str__(self) -> str:
        told = {name: f"{value:,}" if isinstance(value, int) else str(value) for name, value in self.values.items()}
        return SENTENCES[self.code].format(**told)

    @property
    def line(self) -> str:
        """As it lands."""
        return f"{self.code} {json.dumps(self.values, ensure_ascii=False, default=_as_object)}"


Value = str | int | Note


def note(code: str, /, **values: Value) -> Note:
    """A note of this code."""
    return Note(code, values)


def noted(notes: Iterable[Note | str]) -> str | None:
    """Notes as a run's line has them; None when there are none."""
    return "; ".join(one.line if isinstance(one, Note) else one for one in notes) or None


def read_notes(text: str | None) -> list[Note | str]:
    """The notes of a run's line; what bears no code is given as it stands."""
    found, rest = list[Note | str](), text or ""
    while rest:
        first, rest = _first(rest)
        found.append(first)
    return found


def spoken(text: str) -> str:
    """A run's line in English, as commands say it."""
    return "; ".join(map(str, read_notes(text)))


def _first(text: str) -> tuple[Note | str, str]:
    """The first note of a text, and what follows it."""
    coded = _CODED.match(text)
    if coded:
        try:
            values, end = json.JSONDecoder().raw_decode(text, coded.end())
            return _as_note(coded[1], values), text[end:].removeprefix("; ")
        except (ValueError, TypeError):
            pass  # a sentence that begins like a code
    plain, _, rest = text.partition("; ")
    return plain, rest


def _as_object(within: Note) -> dict[str, Mapping[str, Value]]:
    return {within.code: within.values}


def _as_note(code: str, values: object) -> Note:
    """A note that landed. Raises ValueError or TypeError for what is none: no such code, or other values."""
    if not isinstance(values, dict) or _NEEDS.get(code) != values.keys():
        raise ValueError(code)
    return Note(code, {name: _value(value) for name, value in values.items()})


def _value(value: object) -> Value:
    if isinstance(value, dict) and len(value) == 1:
        return _as_note(*next(iter(value.items())))
    if not isinstance(value, str | int):
        raise TypeError(value)
    return value
