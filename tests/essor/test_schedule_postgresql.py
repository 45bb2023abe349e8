"""The schedule in a real PostgreSQL, which the test starts and ends."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from essor.jobs.ask import answer, opened
from essor.jobs.plans import Plan, Plans, engine_of
from essor.model.errors import SettingsError
from essor.settings import Settings, read_settings
from tests.essor.test_schedule import up, wait_for
from tests.ports import free_port
from warehouse.reads.coverage import OUTCOMES, by_kind

USER = "postgres"
"""Whom Debian's package runs the server as; PostgreSQL refuses to run as root."""
TIMES = "[schedule.charts]\nevery = '3s'\n" + "".join(
    f"[schedule.{name}]\nenabled = false\n" for name in ("listings", "signals")
)


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server with nothing in it."""

    programs: Path
    """Where `initdb` and `pg_ctl` are."""
    folder: Path
    """Its data and its log."""
    port: int
    """On 127.0.0.1."""

    @property
    def url(self) -> str:
        """As `schedule_url` takes it."""
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/postgres"

    def tell(self, program: str, *arguments: str) -> None:
        """Run one of its programs as its user."""
        command = [str(self.programs / program), *arguments]
        if os.getuid() == 0:
            command = ["runuser", "-u", USER, "--", *command]
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL, timeout=120)

    def restart(self) -> None:
        """End it, with every connection that it has, and start it again."""
        self.tell("pg_ctl", "-D", "db", "-w", "-m", "fast", "-l", "log", "restart")


def _programs() -> Path | None:
    found = shutil.which("initdb") or max(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), default=None)
    return Path(found).parent if found else None


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of our own; skipped where PostgreSQL or its driver is not installed."""
    pytest.importorskip("psycopg", reason="the extra postgresql is not installed")
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: there is no initdb")
    if os.getuid() == 0 and (not shutil.which("runuser") or USER not in {one.pw_name for one in pwd.getpwall()}):
        pytest.skip(f"PostgreSQL refuses to run as root, and there is no user {USER} to run it as")
    folder = Path(tempfile.mkdtemp(prefix="essor-postgresql-"))
    if os.getuid() == 0:
        shutil.chown(folder, USER)
    one = Server(programs, folder, free_port())
    options = f"-p {one.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    try:
        one.tell("initdb", "-D", "db", "-U", USER, "-A", "trust", "--no-sync")
        one.tell("pg_ctl", "-D", "db", "-w", "-l", "log", "-o", options, "start")
        yield one
        one.tell("pg_ctl", "-D", "db", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_the_schedule_lives_in_postgresql(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed and away for a while, the service finds its jobs there again and records what it missed."""
    monkeypatch.setenv("ESSOR_SCHEDULE_URL", server.url)
    data = tmp_path / "data"
    with up(data, "http://127.0.0.1:9", "--no-dashboard", more=TIMES) as (process, _):
        wait_for(process, "crawl charts: begun")
        os.killpg(process.pid, signal.SIGKILL)  # with the crawl, which would come to its end without it
    before = _said(["schedule", "--data-dir", str(data)], tmp_path)
    assert "charts" in before
    assert "cut off" in before
    time.sleep(7)
    with up(data, "http://127.0.0.1:9", "--no-dashboard", more=TIMES) as (process, _):
        wait_for(process, "missed since")
        server.restart()
        wait_for(process, "Nothing usable came", times=2)
        assert "runs it" in _said(["schedule", "--data-dir", str(data)], tmp_path)
    assert process.returncode == 0
    assert not (data / "schedule.sqlite").exists()
    settings = read_settings(data_dir=data, schedule_url=server.url)
    results = answer(settings, "SELECT result FROM runs WHERE kind = 'crawl charts'")["result"].to_list()
    assert results.count("missed") >= 2
    with opened(settings) as cursor:
        (sums,) = by_kind(cursor).to_dicts()
    assert sum(sums[name] for name in OUTCOMES) == sums["expected"]


def test_plans_outlive_a_restart_of_the_server(server: Server, tmp_path: Path) -> None:
    """A connection that broke meanwhile is replaced, and what was written is there."""
    now = datetime(2026, 11, 21, tzinfo=UTC)
    plans = Plans(read_settings(data_dir=tmp_path, schedule_url=server.url))
    plans.keep(Plan("reviews", "reviews-1", now, now))
    server.restart()
    assert plans.of("reviews") == Plan("reviews", "reviews-1", now, now)
    plans.close()


def test_a_database_out_of_reach_is_told_without_its_password(tmp_path: Path) -> None:
    """`essor up` and `essor schedule` end at once, with the reason and the setting, before anything is served."""
    pytest.importorskip("psycopg", reason="the extra postgresql is not installed")
    address = "postgresql+psycopg://somebody:hush@127.0.0.1:9/essor"
    for command in (["schedule"], ["up", "--port", str(free_port())]):
        ended = subprocess.run(
            [sys.executable, "-m", "essor", *command, "--data-dir", str(tmp_path / "data")],
            env=os.environ | {"ESSOR_CONFIG": str(tmp_path / "none.toml"), "ESSOR_SCHEDULE_URL": address},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert ended.returncode == 2, ended.stderr
        assert "The schedule's database postgresql+psycopg://somebody:***@127.0.0.1:9/essor cannot be" in ended.stderr
        assert "onnection refused" in ended.stderr
        assert "hush" not in ended.stderr + ended.stdout


def test_a_missing_driver_names_the_extra(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without psycopg the error says what to install."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match=r"pip install 'essor\[postgresql\]'"):
        engine_of(settings.model_copy(update={"schedule_url": "postgresql+psycopg://somebody@127.0.0.1/essor"}))


def _said(arguments: list[str], folder: Path) -> str:
    environment = os.environ | {"ESSOR_CONFIG": str(folder / "essor.toml")}
    command = [sys.executable, "-m", "essor", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120).stdout
