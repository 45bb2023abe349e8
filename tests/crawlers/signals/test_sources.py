"""The signal sources side by side, and the subjects that are followed in them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crawlers.signals._source import ALL, SignalSource, SignalTarget, signal_sources
from essor.model.apps import all_apps
from essor.model.errors import SettingsError
from essor.model.observation import Status
from essor.model.signals import (
    Precision,
    SignalKind,
    SignalPoint,
    SignalSubject,
    all_subjects,
    falls,
    read_subjects,
    signal_reading_id,
)

SOURCES = {source.name: source for source in signal_sources()}
SUBJECTS = all_subjects()
SINCE, UNTIL = date(2026, 8, 1), date(2026, 9, 30)


def name_of(thing: SignalSource | SignalSubject) -> str:
    """Names a source or subject in a test's id."""
    return thing.name if not isinstance(thing, SignalSubject) else f"{thing.source}-{thing.key}"


@pytest.mark.parametrize("source", SOURCES.values(), ids=name_of)
def test_each_source_says_what_it_is(source: SignalSource) -> None:
    """What `docs/sources.md` is made from is there, and every figure is described."""
    assert all((source.gives, source.limits, source.robots, source.terms, source.traps, source.hosts, source.metrics))
    assert source.seconds_between_requests >= 1
    assert source.every_hours >= 24
    assert len({metric.name for metric in source.metrics}) == len(source.metrics)
    for metric in source.metrics:
        assert (metric.kind in SignalKind, metric.precision in Precision) == (True, True)
        assert metric.meaning.endswith(".")


def test_names_and_hosts_lead_to_one_source() -> None:
    """Names are unique, and what one source recognises no other does."""
    assert len(SOURCES) == len(signal_sources())
    for subject in SUBJECTS:
        url = SOURCES[subject.source].url(target_of(subject))
        assert [name for name, source in SOURCES.items() if source.recognise(url)] == [subject.source]


def target_of(subject: SignalSubject) -> SignalTarget:
    """What asks for a subject over two months."""
    source = SOURCES[subject.source]
    return SignalTarget(source.name, (subject.key,), source.metrics, SINCE, UNTIL)


@pytest.mark.parametrize("subject", SUBJECTS, ids=name_of)
def test_followed_subjects_can_be_asked_for(subject: SignalSubject) -> None:
    """The address of each followed subject is read back as that subject, and asked again it is the same address."""
    source = SOURCES[subject.source]
    url = source.url(target_of(subject))
    read_back = source.recognise(url)
    assert read_back is not None
    assert read_back.subjects == (subject.key,)
    assert source.url(read_back) == url


def test_products_are_on_the_watch_list() -> None:
    """A subject that speaks of an app speaks of a followed one."""
    assert {subject.product for subject in SUBJECTS} - {None} <= {app.slug for app in all_apps()}


def test_keys_of_one_thing_follow_each_other() -> None:
    """Of several names of one subject at most one is current."""
    current: dict[tuple[str, str], list[str]] = {}
    for subject in SUBJECTS:
        if subject.thing and subject.until is None:
            current.setdefault((subject.source, subject.thing), []).append(subject.key)
    assert all(len(keys) == 1 for keys in current.values())
    assert all(s.since is None or s.until is None or s.since < s.until for s in SUBJECTS)


def test_unread_target_gives_a_reading_for_each_figure() -> None:
    """A look that failed leaves a reading for every subject and figure, and none of them holds a point."""
    github = SOURCES["github"]
    readings = SignalTarget("github", ("a/b", "c/d"), github.metrics).unread(Status.FAILED, "no connection")
    assert [(reading.subject, reading.metric.name) for reading in readings] == [
        ("a/b", "stars"),
        ("a/b", "forks"),
        ("c/d", "stars"),
        ("c/d", "forks"),
    ]
    assert not any(reading.points for reading in readings)
    (everything,) = SignalTarget("ollama", (), SOURCES["ollama"].metrics).unread(Status.BLOCKED, "403")
    assert everything.subject == ALL


def test_ids_are_the_same_for_the_same_look() -> None:
    """Source, subject, metric and moment make the id, each of them."""
    parts = ("github", "a/b", "stars", "2026-10-07T00:00:00.000000Z")
    ids = {signal_reading_id(*parts)} | {
        signal_reading_id(*(part + "x" if at == changed else part for at, part in enumerate(parts)))
        for changed in range(4)
    }
    assert len(ids) == 5
    assert signal_reading_id(*parts) in ids


def test_falls_are_the_points_below_the_one_before() -> None:
    """Equal figures are no fall."""
    points = [SignalPoint(value) for value in (1, 2, 2, 1, 3)]
    assert falls(points) == (SignalPoint(1),)


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    """An unknown field, a missing one and a key that stands twice are named."""
    with pytest.raises(SettingsError, match="unknown fields"):
        read_subjects("x", '[[subjects]]\nsource = "github"\nkey = "a/b"\ncolour = "red"\n')
    with pytest.raises(SettingsError, match=r"signals/x\.toml"):
        read_subjects("x", '[[subjects]]\nkey = "a/b"\n')
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text('[[subjects]]\nsource = "github"\nkey = "a/b"\n')
    with pytest.raises(SettingsError, match=r"one\.toml and again in two\.toml"):
        all_subjects(tmp_path)
