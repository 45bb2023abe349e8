"""The commands, as a person or a program in a terminal meets them."""

from __future__ import annotations

import json
import os
import subprocess
from importlib.metadata import version
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from essor import cli
from essor.jobs.refresh import refresh
from essor.jobs.serve import check_port
from essor.model.errors import SettingsError
from essor.settings import read_settings
from tests import forks
from tests.landed import CHATGPT, CLAUDE, LE_CHAT, at, chart_reading, land


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two looks at Productivity in France."""
    folder = tmp_path_factory.mktemp("cli") / "data"
    readings = [
        chart_reading(at("2026-10-06 15:12"), [CLAUDE, CHATGPT, LE_CHAT]),
        chart_reading(at("2026-10-08 15:12"), [CLAUDE, LE_CHAT]),
    ]
    land(folder, readings)
    refresh(read_settings(data_dir=folder))
    return folder


def essor(*arguments: str, data_dir: Path, config: str = "") -> subprocess.CompletedProcess[str]:
    """What the command says and how it ends."""
    toml = data_dir.parent / "essor.toml"
    toml.write_text(config or '[hosts]\n"*" = "http://127.0.0.1:9"\n', "utf-8")
    environment = os.environ | {"ESSOR_CONFIG": str(toml), "ESSOR_DATA_DIR": str(data_dir), "COLUMNS": "200"}
    return forks.essor([*arguments], environment)


def test_sql_answers_in_each_form(data_dir: Path, tmp_path: Path) -> None:
    """The same answer as table, CSV, JSON and Parquet."""
    query = "SELECT app, rank FROM chart_entries WHERE app = 'le-chat' ORDER BY observed_at"
    assert "le-chat" in essor("sql", query, data_dir=data_dir).stdout
    assert essor("sql", query, "--format", "csv", data_dir=data_dir).stdout == "app,rank\nle-chat,3\nle-chat,2\n"
    rows = json.loads(essor("sql", query, "--format", "json", data_dir=data_dir).stdout)
    assert rows == [{"app": "le-chat", "rank": 3}, {"app": "le-chat", "rank": 2}]
    path = tmp_path / "answer.parquet"
    assert essor("sql", query, "--format", "parquet", "-o", str(path), data_dir=data_dir).returncode == 0
    assert pl.read_parquet(path)["rank"].to_list() == [3, 2]


def test_a_wrong_query_is_one_clear_line(data_dir: Path) -> None:
    """DuckDB's own words, no traceback, exit code 4."""
    done = essor("sql", "SELECT nonsense FROM chart_entries", data_dir=data_dir)
    assert done.returncode == 4
    assert done.stderr.startswith("essor: ")
    assert "nonsense" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_type_that_no_frame_holds_says_what_to_do(data_dir: Path) -> None:
    """An interval in CSV is one clear line that says how to cast it."""
    done = essor("sql", "SELECT INTERVAL 1 MONTH AS step", "--format", "csv", data_dir=data_dir)
    assert (done.returncode, "::VARCHAR" in done.stderr) == (4, True)
    assert "POLARS" not in done.stderr


def test_parquet_wants_a_file(data_dir: Path) -> None:
    """Binary output without a file is refused with what to type."""
    done = essor("sql", "SELECT 1", "--format", "parquet", data_dir=data_dir)
    assert (done.returncode, "--output" in done.stderr) == (2, True)


def test_a_moment_that_is_none_says_how_to_write_one(data_dir: Path) -> None:
    """--as-of yesterday is a settings error."""
    done = essor("sql", "SELECT 1", "--as-of", "yesterday", data_dir=data_dir)
    assert (done.returncode, "2026-10-08T15:12:00Z" in done.stderr) == (2, True)


def test_as_of_before_everything_there_is_nothing(data_dir: Path) -> None:
    """A snapshot older than the first load is empty, not an error."""
    done = essor(
        "sql", "SELECT count(*) AS n FROM chart_entries", "--as-of", "2000-01-01", "--format", "csv", data_dir=data_dir
    )
    assert done.stdout == "n\n0\n"


def test_what_the_system_refuses_is_one_clear_line(data_dir: Path, tmp_path: Path) -> None:
    """A file that cannot be written is named, with the system's own words."""
    done = essor("sql", "SELECT 1", "-o", str(tmp_path / "none" / "x.csv"), data_dir=data_dir)
    assert (done.returncode, done.stderr) == (1, f"essor: {tmp_path / 'none' / 'x.csv'}: No such file or directory.\n")


def test_json_is_all_that_stdout_holds(data_dir: Path) -> None:
    """What a job has to tell beside its answer goes to the log, from the settings' level on."""
    alert = '[[alerts]]\nname = "team"\nwebhook_variable = "ESSOR_NO_SUCH_CHAT"\n'
    done = essor("alerts", "test", "team", "--json", data_dir=data_dir, config=alert)
    assert (done.returncode, json.loads(done.stdout)[0]["alert"]) == (1, "team")
    assert json.loads(done.stderr)["event"] == "alert not delivered"
    done = essor("alerts", "test", "team", "--json", data_dir=data_dir, config=f'log_level = "error"\n{alert}')
    assert done.stderr == ""


def test_it_says_which_essor_it_is() -> None:
    """What a report of a fault begins with."""
    done = CliRunner().invoke(cli.app, ["--version"])
    assert (done.exit_code, done.output.strip()) == (0, f"essor {version('essor')}")


def test_a_host_that_there_is_not_is_named(data_dir: Path) -> None:
    """Another port would not help."""
    with pytest.raises(SettingsError, match=r"Host 999\.1\.1\.1 cannot be used .* --host"):
        check_port(read_settings(data_dir=data_dir, host="999.1.1.1"))


def test_a_file_of_settings_that_is_not_there_is_told_by_every_command(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crawl with the defaults would ask the stores for something else."""
    monkeypatch.setenv("ESSOR_CONFIG", str(tmp_path / "none.toml"))
    done = CliRunner().invoke(cli.app, ["schedule", "--json", "--data-dir", str(data_dir)])
    assert (done.exit_code, "none.toml, which is no file" in done.stderr) == (0, True)


def test_help_shows_every_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in square brackets is no mark-up that the terminal swallows."""
    monkeypatch.setenv("COLUMNS", "200")
    for name, group in typer.main.get_command(cli.app).commands.items():
        for inner in getattr(group, "commands", {}).values():
            shown = CliRunner().invoke(cli.app, [name, "--help"]).output
            assert inner.help in " ".join(shown.replace("│", " ").split()), inner.name


def test_trace_tells_the_evidence(data_dir: Path) -> None:
    """The evidence of one entry, in JSON for a program; an archive that is gone is said to be gone."""
    query = "SELECT reading_id FROM chart_readings ORDER BY observed_at LIMIT 1"
    reading_id = essor("sql", query, "--format", "csv", data_dir=data_dir).stdout.split()[1]
    facts = json.loads(essor("trace", f"{reading_id}:{LE_CHAT}", "--json", data_dir=data_dir).stdout)
    assert facts["entry"]["rank"] == 3
    assert facts["capture_file"] == "archive/run.warc.gz"
    assert "is gone" in facts["bytes"]
    shown = essor("trace", f"{reading_id}:3", data_dir=data_dir).stdout
    assert reading_id in shown
    assert f"rank 3, app_id {LE_CHAT}, app le-chat" in shown


def test_trace_of_nothing_says_where_ids_are(data_dir: Path) -> None:
    """An unknown id and an entry that is not there are settings errors."""
    assert essor("trace", "0123456789abcdef", data_dir=data_dir).returncode == 2
    query = "SELECT reading_id FROM chart_readings LIMIT 1"
    reading_id = essor("sql", query, "--format", "csv", data_dir=data_dir).stdout.split()[1]
    done = essor("trace", f"{reading_id}:99", data_dir=data_dir)
    assert (done.returncode, "99" in done.stderr) == (2, True)


def test_an_unknown_setting_is_named(data_dir: Path) -> None:
    """A misspelt line in essor.toml is an error that names it."""
    done = essor("doctor", data_dir=data_dir, config="colour = 'blue'\n")
    assert (done.returncode, "colour" in done.stderr) == (2, True)


def test_doing_without_robots_needs_a_reason(data_dir: Path) -> None:
    """obey_robots = false without a reason is refused, with an example of one."""
    done = essor("doctor", data_dir=data_dir, config="[sources.apple_legacy_rss]\nobey_robots = false\n")
    assert (done.returncode, "reason" in done.stderr) == (2, True)


def test_doctor_finds_an_archive_that_is_gone(data_dir: Path) -> None:
    """The archived answers of these readings are not there: that is wrong, and the exit code is 1."""
    done = essor("doctor", "--json", data_dir=data_dir)
    verdicts = {finding["subject"]: finding["verdict"] for finding in json.loads(done.stdout)}
    assert (done.returncode, verdicts["archive"], verdicts["load"]) == (1, "wrong", "ok")


def test_a_crawl_that_brings_nothing_ends_with_3(tmp_path: Path) -> None:
    """With the stores out of reach the readings are failed, recorded, and the exit code tells."""
    folder = tmp_path / "data"
    config = (
        '[hosts]\n"*" = "http://127.0.0.1:9"\n[pace]\nseconds_between_requests = 0\nfirst_backoff = 0\nattempts = 1\n'
    )
    done = essor("crawl", "charts", data_dir=folder, config=config)
    assert (done.returncode, "failed" in done.stderr) == (3, True)
    counted = essor("sql", "SELECT DISTINCT status FROM chart_readings", "--format", "csv", data_dir=folder)
    assert counted.stdout == "status\nfailed\n"


def test_a_file_that_is_no_archive_is_told(data_dir: Path, tmp_path: Path) -> None:
    """Replaying a text file is one clean line and exit code 5, and leaves nothing behind."""
    path = tmp_path / "no.warc.gz"
    path.write_bytes(b"\x1b[31mthis is no archive\x07\n")
    done = essor("replay", str(path), data_dir=data_dir)
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr == f"essor: {path} is no WARC file: give one, such as data/archive/*.warc.gz.\n"
    assert not list((data_dir / "archive").glob("adopted/no*"))
    assert not list((data_dir / "landing" / ".incoming").glob("replay-*"))


def test_history_twice_changes_nothing(tmp_path: Path) -> None:
    """The starter history is imported once, marked as imported."""
    folder = tmp_path / "data"
    first, second = (json.loads(essor("import", "history", "--json", data_dir=folder).stdout)[0] for _ in range(2))
    assert (first["readings"], second["readings"], first["rejects"]) == (724, 0, [])
    counted = essor(
        "sql", "SELECT count(*) AS n, bool_and(imported) AS i FROM chart_readings", "--format", "csv", data_dir=folder
    )
    assert counted.stdout == "n,i\n398,true\n"


def test_import_takes_files_without_a_word_between(tmp_path: Path) -> None:
    """`essor import FILE --mapping NAME` imports, and says what it gave; a table without a mapping is exit code 2."""
    table = tmp_path / "ranks.csv"
    table.write_text("observed_at,country,rank,app_id,name\n2026-10-08T15:12:00Z,fr,1,6740410176,Le Chat\n", "utf-8")
    folder = tmp_path / "data"
    told = essor("import", str(table), "--mapping", "apple_ranks", data_dir=folder)
    assert (told.returncode, "1 readings, 1 new" in told.stdout) == (0, True)
    assert essor("import", "files", str(table), "--mapping", "apple_ranks", data_dir=folder).returncode == 0
    table.write_text("observed_at,country,rank,app_id,name\nyesterday,fr,1,6740410176,Le Chat\n", "utf-8")
    vain = essor("import", str(table), "--mapping", "apple_ranks", data_dir=folder)
    assert (vain.returncode, "1 facts set aside" in vain.stdout, "mend the table" in vain.stderr) == (7, True, True)
    refused = essor("import", str(table), data_dir=folder)
    assert (refused.returncode, "needs a mapping" in refused.stderr) == (2, True)
    assert "history" in essor("import", "--help", data_dir=folder).stdout


def test_the_schedule_is_told_in_words_and_in_json(data_dir: Path) -> None:
    """The jobs, their times and who runs them; nobody, while nothing runs."""
    assert "Nobody runs it now" in essor("schedule", data_dir=data_dir).stdout
    config = '[schedule.charts]\ncron = "5 * * * *"\n'
    rows = json.loads(essor("schedule", "--json", data_dir=data_dir, config=config).stdout)
    assert [(row["job"], row["when"], row["held_by"]) for row in rows][:2] == [
        ("charts", "at 5 * * * *", None),
        ("listings", "every 1d", None),
    ]
    assert rows[0]["result"] == "finished"
