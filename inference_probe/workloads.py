"""What is asked: workloads of known sizes, the same words for every target, new words for every request."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from essor.model.errors import SettingsError
from essor.model.probes import ProbeRequest

WORDS_A_TOKEN = 0.77
"""English words to a token, about; the server's own count is stored with each sample."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A kind of question."""

    name: str
    """Its name, as in ``"chat-short"``."""
    prompt_tokens: int
    """About how many tokens the prompt has."""
    output_tokens: int
    """How many tokens are asked for."""
    task: str
    """What the prompt asks for at its end."""


WORKLOADS = (
    Workload("chat-short", 64, 64, "Answer in a few friendly sentences."),
    Workload("chat-long", 1024, 256, "Discuss the text above in detail."),
    Workload("summarise", 4096, 128, "Summarise the text above in one paragraph."),
    Workload("code", 512, 512, "Write a Python program that processes the text above; explain nothing."),
)

_PEOPLE = (
    "a printer",
    "the mayor",
    "two sailors",
    "a teacher",
    "the baker",
    "an engineer",
    "my neighbour",
    "a violinist",
)
_DEEDS = ("repaired", "described", "sold", "remembered", "measured", "painted", "carried", "examined")
_THINGS = (
    "an old clock",
    "the harbour",
    "seven letters",
    "a bridge",
    "the timetable",
    "a lantern",
    "the orchard",
    "a map",
)
_TIMES = (
    "before dawn",
    "in the rain",
    "last spring",
    "without a word",
    "for the museum",
    "near Lyon",
    "by hand",
    "twice",
)


def workload(name: str) -> Workload:
    """The workload called `name`."""
    for known in WORKLOADS:
        if known.name == name:
            return known
    raise SettingsError(f"No workload {name!r}. Known: {', '.join(known.name for known in WORKLOADS)}.")


def request_of(kind: Workload, index: int, *, repetition: int = 0, warmup: bool = False, seed: int = 0) -> ProbeRequest:
    """Request `index` of a block: the same for every target, and never the same twice."""
    number = (seed * 1_000_003 + repetition * 10_007 + index) * 2 + warmup
    return ProbeRequest(
        index=index,
        prompt=prompt_text(kind, number),
        prompt_tokens=kind.prompt_tokens,
        output_tokens=kind.output_tokens,
        repetition=repetition,
        warmup=warmup,
        seed=number,
    )


def prompt_text(kind: Workload, number: int) -> str:
    """A prompt of about the workload's length. Its first words differ with `number`, so that no cache knows them."""
    random = Random(number)  # noqa: S311 - words, not secrets
    wanted = max(4, round(kind.prompt_tokens * WORDS_A_TOKEN) - len(kind.task.split()) - 3)
    words = f"Note {random.getrandbits(40):010x}.".split()
    while len(words) < wanted:
        words += _sentence(random).split()
    return f"{' '.join(words[:wanted])}\n\n{kind.task}"


def _sentence(random: Random) -> str:
    who, what = random.choice(_PEOPLE), random.choice(_THINGS)
    return f"{who.capitalize()} {random.choice(_DEEDS)} {what} {random.choice(_TIMES)}."
