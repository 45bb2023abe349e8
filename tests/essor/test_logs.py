"""The log: one way for everybody's words, JSON lines or lines to read, and no secrets."""

from __future__ import annotations

import io
import json
import logging
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from essor import logs

NOWHERE = '[hosts]\n"*" = "http://127.0.0.1:9"\n[pace]\nseconds_between_requests = 0\nattempts = 1\n'


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the loggers of this process write; afterwards they are as they were."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    place = io.StringIO()
    logs.set_up(place)
    yield place
    root.handlers = before
    root.setLevel(level)


def lines(place: io.StringIO) -> list[dict[str, object]]:
    """The lines, read as JSON."""
    return [json.loads(line) for line in place.getvalue().splitlines()]


def test_a_library_goes_the_same_way_with_the_run_it_is_about(written: io.StringIO) -> None:
    """Scrapy's error bears the run and the trace; its chatter is left out unless the level is debug."""
    with logs.about(run_id="charts-1", job="charts"):
        logging.getLogger("scrapy.core.engine").info("Spider opened")
        try:
            int("token=abc")
        except ValueError:
            logging.getLogger("scrapy.core.scraper").exception("Spider error %s", "here")
    logs.logger("essor.x").info("loaded", load=3)
    error, own = lines(written)
    assert (error["event"], error["level"], error["run_id"], error["job"]) == (
        "Spider error here",
        "error",
        "charts-1",
        "charts",
    )
    assert str(error["exception"]).endswith("10: 'token=***'")
    assert (own["event"], own["load"], "run_id" in own) == ("loaded", 3, False)
    logs.set_level("debug")
    logging.getLogger("scrapy.core.engine").info("Spider opened")
    assert lines(written)[-1]["event"] == "Spider opened"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://host/a?key=abc&q=1", "https://host/a?key=***&q=1"),
        ("https://host/a?q=1&access_token=abc", "https://host/a?q=1&access_token=***"),
        ("postgresql+psycopg://me:hush@host/db", "postgresql+psycopg://me:***@host/db"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("{'X-Api-Key': 'a b', 'n': 1}", "{'X-Api-Key': ***, 'n': 1}"),
        ("512 tokens: 3 ms each, monkey=1", "512 tokens: 3 ms each, monkey=1"),
        ("https://host/a?keyword=chat", "https://host/a?keyword=chat"),
    ],
)
def test_secrets_are_struck_out(text: str, told: str) -> None:
    """Passwords, keys and tokens in addresses, headers and the like; what only looks alike stays."""
    assert logs.without_secrets(text) == told
    assert logs.without_secrets({"list": [text], "password": "x"}) == {"list": [told], "password": "***"}


def test_a_crawl_answers_on_stdout_and_tells_on_stderr(tmp_path: Path) -> None:
    """Away from a terminal the answer is JSON, and so is each line of the log, which names the run and the job."""
    ended = subprocess.run(
        [sys.executable, "-m", "essor", "crawl", "charts", "--json", "--data-dir", str(tmp_path / "data")],
        env=_environment(tmp_path), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    (answer,) = json.loads(ended.stdout)
    *told, last = ended.stderr.splitlines()
    assert last.startswith("essor: Nothing usable came")
    events = [json.loads(line) for line in told]
    assert [one["event"] for one in events] == ["crawl begun", "crawl ended", "loaded"]
    assert {(one["job"], one["run_id"]) for one in events} == {("charts", answer["run_id"])}


def test_in_a_terminal_the_log_is_for_people(tmp_path: Path) -> None:
    """The same lines, to be read."""
    ours, theirs = pty.openpty()
    subprocess.run(
        [sys.executable, "-m", "essor", "crawl", "charts", "--data-dir", str(tmp_path / "data")],
        env=_environment(tmp_path) | {"NO_COLOR": "1"}, stdout=subprocess.DEVNULL, stderr=theirs, check=False,
        timeout=120,
    )  # fmt: skip
    os.close(theirs)
    said = os.read(ours, 1 << 20).decode()
    os.close(ours)
    assert "crawl begun" in said
    assert "job=charts" in said
    assert '{"' not in said


def _environment(folder: Path) -> dict[str, str]:
    (folder / "essor.toml").write_text(NOWHERE, "utf-8")
    return os.environ | {"ESSOR_CONFIG": str(folder / "essor.toml")}
