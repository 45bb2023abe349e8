"""What Prometheus is given, over real HTTP, after a real crawl."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as metric_families

from crawlers.faults import Fault
from crawlers.manners import Manners
from crawlers.replica import running
from essor.model.manners import FILE
from essor.settings import PaceSettings
from tests.crawlers.bodies import market
from tests.dashboard.serving import dashboard_on

CONFIG = """
[hosts]
"*" = "http://127.0.0.1:{port}"
[pace]
seconds_between_requests = 0
first_backoff = 0
attempts = 1
[[charts]]
countries = ["fr", "us", "de"]
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder after one crawl of three charts, of which one is blocked and one is slow."""
    folder = tmp_path_factory.mktemp("metrics")
    with running([market(folder / "stores", ("fr", "us", "de"))]) as replica:
        replica.playback.faults.set([Fault("403", match="/us/"), Fault("slow", match="/de/", seconds=0.6)])
        (folder / "essor.toml").write_text(CONFIG.format(port=replica.port), "utf-8")
        command = [sys.executable, "-m", "essor", "crawl", "charts", "--data-dir", str(folder / "data")]
        environment = os.environ | {"ESSOR_CONFIG": str(folder / "essor.toml")}
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    return folder / "data"


@pytest.fixture(scope="module")
def address(data_dir: Path) -> Iterator[str]:
    """A dashboard over that folder."""
    with dashboard_on(data_dir) as found:
        yield found


def read(address: str) -> dict[str, Metric]:
    """Each metric family by its name."""
    with urlopen(f"{address}/metrics", timeout=60) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        return {family.name: family for family in metric_families(answer.read().decode())}


def values(family: Metric, *labels: str) -> dict[tuple[str, ...], float]:
    """The samples of a family by these labels."""
    return {tuple(sample.labels[label] for label in labels): sample.value for sample in family.samples}


def test_readings_and_jobs_are_counted(address: str) -> None:
    """By source and status, and by how the job ended; the last run is a moment ago."""
    found = read(address)
    assert values(found["essor_readings"], "kind", "source", "status") == {
        ("charts", "apple_rss", "complete"): 2,
        ("charts", "apple_rss", "blocked"): 1,
    }
    assert found["essor_readings"].samples[0].name == "essor_readings_total"
    assert values(found["essor_job_runs"], "job", "result") == {("charts", "complete"): 1}
    for name in ("essor_job_last_run_timestamp_seconds", "essor_job_last_complete_timestamp_seconds"):
        assert 0 < time.time() - values(found[name], "job")[("charts",)] < 300
    assert 0 < values(found["essor_freshness_seconds"], "kind", "source")[("charts", "apple_rss")] < 300
    assert values(found["essor_loads"]) == {(): 1}
    assert values(found["essor_loaded_readings"]) == {(): 3}
    assert 0 < time.time() - values(found["essor_last_load_timestamp_seconds"])[()] < 300


def test_requests_are_timed_by_host(address: str) -> None:
    """A histogram: four requests with robots.txt, one of them slow; each bucket holds those before it."""
    family = read(address)["essor_request_duration_seconds"]
    assert family.type == "histogram"
    of_host = [sample for sample in family.samples if sample.labels["host"] == "rss.marketingtools.apple.com"]
    buckets = {sample.labels["le"]: sample.value for sample in of_host if sample.name.endswith("_bucket")}
    assert list(buckets.values()) == sorted(buckets.values())
    assert (buckets["0.5"] < 4, buckets["+Inf"]) == (True, 4)  # how quick the others are is the machine's affair
    (total,) = (sample.value for sample in of_host if sample.name.endswith("_sum"))
    assert 0.6 < total < 60


def test_a_host_that_is_left_alone_is_seen_at_once(address: str, data_dir: Path) -> None:
    """The state of the breaker is what the crawls know now, not what was loaded."""
    assert values(read(address)["essor_host_paused"], "host") == {("rss.marketingtools.apple.com",): 0}
    assert values(read(address)["essor_host_refusals_in_a_row"], "host") == {("rss.marketingtools.apple.com",): 0}
    manners = Manners(data_dir, PaceSettings(blocks_before_pause=2), lambda: datetime.now(UTC))
    for _ in range(2):
        manners.turned_away("itunes.apple.com")
    manners.close()
    found = read(address)
    assert values(found["essor_host_paused"], "host", "reason")[("itunes.apple.com", "blocked")] == 1
    assert values(found["essor_host_refusals_in_a_row"], "host")[("itunes.apple.com",)] == 2
    until = values(found["essor_host_paused_until_timestamp_seconds"], "host")[("itunes.apple.com",)]
    assert until == pytest.approx((datetime.now(UTC) + timedelta(hours=1)).timestamp(), abs=60)


def test_open_metrics_is_spoken_too(address: str) -> None:
    """Who asks for the newer form gets it."""
    asked = Request(f"{address}/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    with urlopen(asked, timeout=60) as answer:
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
        names = {family.name for family in open_metrics(answer.read().decode())}
    assert {"essor_readings", "essor_request_duration_seconds"} <= names


def test_an_empty_folder_has_figures_too(tmp_path: Path) -> None:
    """Before the first load the counts are 0 or missing, and nothing fails."""
    with dashboard_on(tmp_path / "data") as address:
        found = read(address)
    assert values(found["essor_loads"]) == {(): 0}
    assert not found["essor_readings"].samples
    assert not (tmp_path / "data" / FILE).exists()
