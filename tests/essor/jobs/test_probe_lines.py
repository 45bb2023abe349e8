"""A probe that is ended early: what it had measured is loaded, once, with its honest outcome."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from essor.jobs.ask import answer
from essor.jobs.probe import Order, measure
from essor.jobs.probe_lines import recover_probe
from essor.jobs.recover import recover_and_refresh
from essor.model.notes import spoken
from essor.settings import Settings
from inference_probe.backends.fake import FakeSession
from inference_probe.script import Script
from inference_probe.transcript import Transcript
from inference_probe.wire import Exchange

HEARD = 6
"""Requests answered before the probe is ended; of a killed one the last may not be written down yet."""
QUICK = Script(ttft=3, gap=1, tokens=4)
CHILD = """
import sys
from essor.jobs.probe import Order, measure
from essor.settings import read_settings
order = Order(targets=("fake",), model=sys.argv[2], requests=5000, repetitions=1, concurrency=int(sys.argv[3]))
measure(read_settings(data_dir=sys.argv[1]), order, lambda done, total: print(done, flush=True))
"""


def ended_early(data_dir: Path, how: signal.Signals, users: int = 1) -> None:
    """A probe of 5,000 requests in a process of its own, ended by `how` after `HEARD` answers."""
    arguments = [str(data_dir), QUICK.model, str(users)]
    with subprocess.Popen([sys.executable, "-c", CHILD, *arguments], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        for _ in range(HEARD):
            assert child.stdout.readline(), "the probe ended before it was ended"
        child.send_signal(how)
        child.stdout.read()
    assert child.returncode


def rows(settings: Settings, query: str) -> list[dict[str, Any]]:
    """What the warehouse answers."""
    return answer(settings, query).to_dicts()


@pytest.fixture(name="killed", scope="module")
def _killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a killed probe. For copying only."""
    folder = tmp_path_factory.mktemp("killed") / "data"
    ended_early(folder, signal.SIGKILL)
    return folder


def test_a_killed_probe_is_loaded_once_as_interrupted(settings: Settings, killed: Path) -> None:
    """After a SIGKILL every sample written down is loaded with its figures, and a second look finds nothing new."""
    copytree(killed, settings.data_dir)
    (load,) = recover_and_refresh(settings)
    assert recover_and_refresh(settings) == []
    (archive,) = (settings.data_dir / "archive").glob("*.jsonl")
    written = archive.read_text("utf-8").count('"kind": "sample"')
    assert written >= HEARD - 1
    (run,) = rows(settings, "FROM probe_runs")
    assert (run["outcome"], run["finished_at"], run["count_source"]) == ("interrupted", None, "usage")
    assert (run["requests"], run["answered"]) == (written - 2, written - 2)  # two warmed up
    assert rows(settings, "SELECT samples FROM probe_figures WHERE figure = 'ttft_ms'") == [{"samples": written - 2}]
    (whole,) = rows(settings, "SELECT result, note FROM runs")
    assert whole["result"] == "recovered"
    assert f"{written + 1} lines recovered" in spoken(whole["note"])
    assert load.readings == 1


def test_a_run_killed_while_it_landed_is_completed(killed: Path, tmp_path: Path) -> None:
    """Lines that had landed before the kill are not landed again, and one that was cut is."""
    whole, part = (copytree(killed, tmp_path / name) for name in ("whole", "part"))
    (folder,) = (part / "landing" / ".incoming").iterdir()
    lines = landed(whole, folder.name)
    (folder / "probes.jsonl").write_text("\n".join([*lines[:2], lines[2][:99]]), "utf-8")
    assert landed(part, folder.name) == lines


@pytest.mark.parametrize("users", [1, 3])
def test_a_stopped_probe_lands_what_had_come(settings: Settings, users: int) -> None:
    """On SIGTERM answers that came are landed by the probe itself, also those of a load that was under way."""
    ended_early(settings.data_dir, signal.SIGTERM, users)
    recover_and_refresh(settings)
    (run,) = rows(settings, "FROM probe_runs")
    assert run["outcome"] == "interrupted"
    assert run["answered"] >= HEARD - 2  # two warmed up
    assert rows(settings, "SELECT result FROM runs") == [{"result": "stopped"}]


def test_an_answer_is_not_lost_by_a_stop_while_it_is_read(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM in the middle of reading the third answer ends the probe once that one is written down."""
    read, third = FakeSession.read, iter((False, False, True))

    def stopped_reading(session: FakeSession, exchange: Exchange) -> Transcript:
        if next(third):
            signal.raise_signal(signal.SIGTERM)
        return read(session, exchange)

    monkeypatch.setattr(FakeSession, "read", stopped_reading)
    order = Order(targets=("fake",), model=QUICK.model, requests=50, repetitions=1, warmup=0, concurrency=1)
    with pytest.raises(KeyboardInterrupt):
        measure(settings, order, lambda *_: None)
    recover_and_refresh(settings)
    assert rows(settings, "SELECT outcome, answered FROM probe_runs") == [{"outcome": "interrupted", "answered": 3}]


def landed(data_dir: Path, run_id: str) -> list[str]:
    """The lines of a killed probe once it is landed."""
    place = recover_probe(data_dir, run_id)
    assert place is not None
    return (place / "probes.jsonl").read_text("utf-8").splitlines()
