"""What there is to say of a run, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.language import Language
from essor.model.notes import Note, Value, read_notes
from essor.model.stores import SIMULATED_AT


def run_notes(text: str | None) -> list[Note | str]:
    """The notes of a run; one that landed before there were codes is a sentence."""
    return [_known(one) for one in read_notes(text)]


def told(notes: Iterable[Note | str], say: Language) -> str:
    """Notes in one line."""
    return say("note.separator").join(_told(one, say) for one in notes)


def _known(one: Note | str) -> Note | str:
    """That a market is simulated bore no code at first."""
    if isinstance(one, str) and one.startswith(SIMULATED_AT):
        return Note("simulated", {"address": one.removeprefix(SIMULATED_AT)})
    return one


def _told(one: Note | str, say: Language) -> str:
    if isinstance(one, str):
        return one
    return say(f"note.{one.code}", **{name: _value(name, value, say) for name, value in one.values.items()})


def _value(name: str, value: Value, say: Language) -> str:
    if isinstance(value, Note):
        return _told(value, say)
    if name == "source":
        return say.optional(f"source.{value}", str(value))
    return say.number(value) if isinstance(value, int) else value
