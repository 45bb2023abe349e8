"""`essor probe`, as a person or a program in a terminal meets it, against the scripted server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from essor.jobs.ask import answer, opened
from essor.jobs.probe import Order, plan_of
from essor.model.errors import SettingsError
from essor.settings import Settings
from inference_probe.replica import Replica, scripted_server
from inference_probe.script import Script
from tests import forks
from warehouse.reads import latency as reads

SLOW, FAST = Script(ttft=200, gap=2, tokens=8), Script(ttft=10, gap=1, tokens=8)


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[Replica]:
    with scripted_server() as server:
        yield server


@pytest.fixture(name="data_dir")
def _data_dir(tmp_path: Path, server: Replica) -> Path:
    """A data folder whose settings name two scripted targets."""
    return folder_in(tmp_path, server)


@pytest.fixture(name="measured", scope="module")
def _measured(tmp_path_factory: pytest.TempPathFactory, server: Replica) -> tuple[Path, str]:
    """A data folder in which both targets were measured once, and what the command said. For reading only."""
    folder = folder_in(tmp_path_factory.mktemp("probe"), server)
    return folder, essor("probe", "run", data_dir=folder).stdout


def folder_in(place: Path, server: Replica) -> Path:
    """A data folder with settings beside it."""
    targets = "".join(
        f'[targets.{name}]\nbase_url = "{server.address}/v1"\nmodel = "{script.model}"\n'
        for name, script in (("slow", SLOW), ("fast", FAST))
    )
    (place / "essor.toml").write_text(f'{targets}[probe]\ntargets = ["slow", "fast"]\nrequests = 4\n', "utf-8")
    return place / "data"


def essor(*arguments: str, data_dir: Path) -> subprocess.CompletedProcess[str]:
    """What the command says and how it ends; no key is set."""
    unset = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    said = {"ESSOR_CONFIG": str(data_dir.parent / "essor.toml"), "ESSOR_DATA_DIR": str(data_dir), "COLUMNS": "120"}
    return forks.essor([*arguments], unset | said)


def told(*arguments: str, data_dir: Path) -> Any:
    """What the command says in JSON."""
    done = essor(*arguments, "--json", data_dir=data_dir)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def rows(query: str, data_dir: Path, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """What the warehouse answers."""
    return answer(Settings(data_dir=data_dir), query, as_of).to_dicts()


def test_a_run_in_json_holds_the_figures_with_their_intervals(data_dir: Path, server: Replica) -> None:
    """A target given by its address is measured; each figure has its percentiles, those of too few samples null."""
    options = ["--base-url", f"{server.address}/v1", "--model", SLOW.model, "--workload", "chat-short"]
    found = told("probe", "run", "--target", "x", *options, "--requests", "8", "--concurrency", "2", data_dir=data_dir)
    for name in ("ttft_ms", "tpot_ms", "icl_ms", "e2e_ms"):
        assert found[name]["p50_low"] <= found[name]["p50"] <= found[name]["p50_high"]
        assert found[name]["p95"] is None
    assert SLOW.ttft - 1 <= found["ttft_ms"]["p50"] < found["e2e_ms"]["p50"]
    assert (found["users"], found["requests"], found["count_source"]) == (2, {"complete": 8}, "usage")


def test_what_was_measured_stands_in_the_warehouse(measured: tuple[Path, str]) -> None:
    """Runs, samples, chunks, figures and the comparison of two targets are there, as of the load and not before."""
    data_dir, _ = measured
    assert [row["outcome"] for row in rows("FROM probe_runs", data_dir)] == ["complete", "complete"]
    counted = rows("SELECT warmup, count(*) AS n FROM probe_samples GROUP BY warmup ORDER BY warmup", data_dir)
    assert counted == [{"warmup": False, "n": 8}, {"warmup": True, "n": 4}]
    chunks = rows("SELECT count(*) AS n FROM probe_chunks WHERE text <> '' AND NOT warmup", data_dir)
    assert chunks == [{"n": 64}]
    (compared,) = rows("SELECT * FROM probe_comparisons WHERE figure = 'ttft_ms'", data_dir)
    assert (compared["target"], compared["other_target"], compared["pairs"]) == ("fast", "slow", 4)
    assert compared["ratio"] > 1
    assert rows("FROM probe_runs", data_dir, datetime(2020, 1, 1, tzinfo=UTC)) == []


def test_a_figure_leads_back_to_its_line(measured: tuple[Path, str]) -> None:
    """Run and sample are traced to archived lines whose bytes have their SHA-256."""
    data_dir, _ = measured
    for view in ("probe_runs", "probe_samples"):
        (row,) = rows(f"SELECT reading_id FROM {view} WHERE target = 'fast' LIMIT 1", data_dir)
        facts = told("trace", row["reading_id"], data_dir=data_dir)
        assert (facts["kind"], facts["app_id"], facts["verified"]) == ("probes", "fast", True)
        body = json.loads(essor("trace", row["reading_id"], "--body", data_dir=data_dir).stdout)
        assert body["kind"] == view.removeprefix("probe_").removesuffix("s")


def test_the_reads_of_the_latency_page_answer(measured: tuple[Path, str]) -> None:
    """Each question has the columns that it promises; what was not measured is null."""
    with opened(Settings(data_dir=measured[0])) as cursor:
        fast, slow = reads.latest(cursor).to_dicts()
        assert fast["ttft_ms_low"] <= fast["ttft_ms"] <= fast["ttft_ms_high"]
        assert fast["ttft_ms"] < slow["ttft_ms"]
        assert (fast["requests"], fast["answered"], fast["ttft_ms_samples"]) == (4, 4, 4)
        assert fast["tokens_per_chunk"] == 1
        assert reads.history(cursor, "chat-short", "tpot_ms")["p50"].null_count() == 0
        assert set(reads.figures(cursor, fast["probe"])["p95"]) == {None}
        assert reads.comparisons(cursor)["figure"].to_list() == ["chars_per_s", "e2e_ms", "tpot_ms", "ttft_ms"]
        assert reads.quirks(cursor)["usage_at"].to_list() == ["own_chunk", "own_chunk"]
        assert reads.engine(cursor).is_empty()


def test_a_missing_key_or_server_is_skipped_and_the_others_go_on(data_dir: Path) -> None:
    """A target without its key and one without a server say why; none of their figures is a zero."""
    names = ("mistral", "vllm", "fast")
    found = told("probe", "run", *(part for name in names for part in ("--target", name)), data_dir=data_dir)
    ends = {run["target"]["name"]: run for run in found["runs"]}
    assert [ends[name]["outcome"] for name in names] == ["skipped", "skipped", "complete"]
    assert "MISTRAL_API_KEY is not set" in ends["mistral"]["message"]
    assert ends["vllm"]["ttft_ms"] is None
    kept = rows("SELECT target, outcome FROM probe_runs ORDER BY target", data_dir)
    assert [row["outcome"] for row in kept] == ["complete", "skipped", "skipped"]
    assert {row["target"] for row in rows("FROM probe_figures", data_dir)} == {"fast"}


def test_a_key_is_not_sent_to_another_address(data_dir: Path, server: Replica) -> None:
    """A vendor's name with another address is asked without the vendor's key."""
    options = ["--base-url", f"{server.address}/v1", "--model", FAST.model, "--requests", "2"]
    found = told("probe", "run", "--target", "mistral", *options, data_dir=data_dir)
    assert (found["outcome"], found["target"]["key_variable"]) == ("complete", None)


def test_the_terminal_shows_a_table_and_how_the_targets_compare(measured: tuple[Path, str]) -> None:
    """A person sees medians with intervals, who counted the tokens, and the comparison as a sentence."""
    data_dir, said = measured
    for words in ("TTFT ms", "4 of 4", "tokens counted by usage", "slow is 0.", "times as fast as fast"):
        assert words in said
    assert "fast is" in essor("probe", "compare", "fast", "slow", "--figure", "ttft_ms", data_dir=data_dir).stdout


def test_a_sweep_gives_a_run_a_level(data_dir: Path) -> None:
    """A sweep has one run for 1, 2 … users; two targets at once are refused."""
    found = told("probe", "run", "--target", "fast", "--sweep", "--warmup", "0", data_dir=data_dir)
    assert [run["users"] for run in found["runs"]][:2] == [1, 2]
    assert essor("probe", "run", "--sweep", data_dir=data_dir).returncode == 2
    shown = essor("probe", "run", "--target", "fast", "--sweep", "--warmup", "0", data_dir=data_dir).stdout
    assert shown.count("tokens counted by") == 1


@pytest.mark.parametrize(
    "order", [Order(sweep=True, rate=2.0), Order(sweep=True, concurrency=2), Order(rate=2.0, concurrency=2)]
)
def test_loads_that_exclude_each_other_are_refused(order: Order) -> None:
    """A sweep chooses its users and an open loop has none: what would be left out is refused, with what to do."""
    with pytest.raises(SettingsError, match="--concurrency"):
        plan_of(Settings(), order)


def test_more_users_than_the_usual_requests_get_a_request_each() -> None:
    """Without --requests there is at least one for every user."""
    plan = plan_of(Settings(), Order(concurrency=64))
    assert (plan.requests, plan.parts) == (64, 1)


def test_what_cannot_be_understood_is_one_line(data_dir: Path) -> None:
    """Unknown targets, backends, workloads and pairs that were not measured end with 2 and what is known."""
    for arguments, word in (
        (("run", "--target", "nobody"), "llama-cpp"),
        (("run", "--target", "x", "--backend", "telepathy"), "openai_http"),
        (("run", "--workload", "poetry"), "chat-short"),
        (("run", "--target", "fast", "--target", "fast"), "twice"),
        (("compare", "slow", "fast"), "essor probe run"),
        (("floor", "--gpu", "abacus"), "h200"),
        (("floor", "--model", "gpt-9"), "mistral-7b-v0.3"),
    ):
        done = essor("probe", *arguments, data_dir=data_dir)
        assert (done.returncode, word in done.stderr, "Traceback" in done.stderr) == (2, True, False), done.stderr


def test_a_floor_is_predicted(data_dir: Path) -> None:
    """The floor of one model is the reference's, in JSON and as a table that says predicted."""
    (found,) = told("probe", "floor", "--model", "mistral-7b-v0.3", "--context", "2048", data_dir=data_dir)
    assert (round(found["decode_ms_datasheet"], 2), round(found["prefill_ms"], 1)) == (2.96, 37.6)
    assert found["basis"] == "predicted"
    assert "predicted" in essor("probe", "floor", data_dir=data_dir).stdout


def test_the_schedule_measures_the_targets_of_the_settings(data_dir: Path) -> None:
    """`essor crawl probes` is a run of its own kind, and off unless it is switched on."""
    assert "probes" not in essor("schedule", data_dir=data_dir).stdout
    done = essor("crawl", "probes", data_dir=data_dir)
    assert (done.returncode, "2 complete" in done.stdout) == (0, True)
    (run,) = rows("SELECT kind, result, readings, usable FROM runs", data_dir)
    assert run == {"kind": "crawl probes", "result": "complete", "readings": 2, "usable": 2}
