"""Simulated and real data are never in one warehouse, and nothing is lost over it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawlers.landing import Landing
from crawlers.playback import Playback
from crawlers.replica import Running, running
from crawlers.simulated_market import SimulatedMarket
from crawlers.simulated_stores import SimulatedStores
from essor.jobs.ask import answer
from essor.jobs.claims import check_claims
from essor.jobs.doctor import examine
from essor.jobs.first_start import prepare
from essor.jobs.history import import_history
from essor.jobs.refresh import foreign_runs, landed_runs, refresh
from essor.jobs.replay import replay
from essor.jobs.replica import replica as play
from essor.model.errors import SettingsError, WarehouseError
from essor.model.notes import spoken
from essor.model.stores import Market
from essor.settings import Settings, read_settings
from tests import forks
from tests.landed import CHATGPT, LE_CHAT, at, chart_reading, land
from warehouse import lake

REAL, SIMULATED = Market.REAL, Market.SIMULATED
CONFIG = """
{leads}
[[charts]]
countries = ["fr"]
[[charts]]
countries = ["fr"]
categories = ["6007"]
[sources.apple_legacy_rss]
enabled = true
obey_robots = false
reason = "our own replica"
[pace]
seconds_between_requests = 0
"""


@pytest.fixture
def stores() -> Iterator[Running]:
    """A simulated market that stands still."""
    playback = Playback(SimulatedStores(SimulatedMarket("7")), lambda: datetime(2026, 11, 20, 12, tzinfo=UTC))
    with running(playback) as one:
        yield one


def crawl(settings: Settings, leads: str) -> subprocess.CompletedProcess[str]:
    """`essor crawl charts` with these settings before the charts."""
    config = settings.data_dir.parent / "essor.toml"
    config.write_text(CONFIG.format(leads=leads), "utf-8")
    environment = os.environ | {"ESSOR_CONFIG": str(config)}
    return forks.essor(["crawl", "charts", "--data-dir", str(settings.data_dir)], environment)


def land_of(settings: Settings, market: Market | None, run_id: str) -> None:
    """Land a run of a market, each at another time."""
    land(settings.data_dir, [chart_reading(at(f"2026-10-0{len(run_id)} 12:00"), [CHATGPT])], run_id, market=market)


@pytest.mark.parametrize(("first", "second"), [(REAL, SIMULATED), (SIMULATED, REAL)])
def test_a_run_of_the_other_market_is_kept_apart(settings: Settings, first: Market, second: Market) -> None:
    """It is set aside with its reason and told once; runs of the right market beside it are loaded."""
    land_of(settings, first, "a")
    refresh(settings)
    assert lake.market(settings.data_dir) is first
    land_of(settings, second, "bb")
    land_of(settings, first, "ccc")
    land_of(settings, None, "dddd")
    with pytest.raises(WarehouseError, match=f"Run bb was not loaded: it holds {second} data, .* --data-dir"):
        refresh(settings)
    assert refresh(settings) == []
    assert landed_runs(settings.data_dir) == []
    assert answer(settings, "SELECT run_id FROM runs ORDER BY 1")["run_id"].to_list() == ["a", "ccc", "dddd"]
    assert list(foreign_runs(settings.data_dir)) == ["bb"]
    assert (settings.data_dir / "landing" / ".foreign-bb" / "charts.jsonl").stat().st_size > 0
    (told,) = [finding for finding in examine(settings) if finding.subject == "landing"]
    assert (told.verdict, "Run bb was not loaded" in told.text) == ("wrong", True)


def test_a_run_of_both_markets_goes_nowhere(settings: Settings) -> None:
    """Answers of both kinds in one run are in no warehouse, not even in a new one."""
    with Landing.begin(settings.data_dir, "both", "replay", at("2026-11-01 00:00")) as landing:
        landing.saw(REAL)
        landing.saw(SIMULATED)
        landing.add(chart_reading(at("2026-10-08 12:00"), [LE_CHAT]))
        landing.finish("complete", at("2026-11-01 00:00"))
    with pytest.raises(WarehouseError, match="Run both was not loaded"):
        refresh(settings)
    assert lake.market(settings.data_dir) is None


def test_a_fault_has_a_share_of_the_whole() -> None:
    """A share above one is a slip of the pen, which is told."""
    with pytest.raises(SettingsError, match="from 0 to 1"):
        play([], "7", None, 0, ["429=3"], say=print)


def test_a_warehouse_of_before_is_a_real_one(settings: Settings) -> None:
    """Runs that say nothing of a market make a real warehouse, unless the settings say simulated."""
    land_of(settings, None, "a")
    refresh(settings)
    assert lake.market(settings.data_dir) is REAL
    other = settings.model_copy(update={"data_dir": settings.data_dir / "x", "simulated": "http://127.0.0.1:9"})
    land_of(other, None, "a")
    refresh(other)
    assert lake.market(other.data_dir) is SIMULATED


def test_a_crawl_of_a_simulated_market_loads_and_says_so(settings: Settings, stores: Running) -> None:
    """In an empty folder; from then on it takes simulated answers alone, and its archive is known everywhere."""
    address = f"http://127.0.0.1:{stores.port}"
    done = crawl(settings, f'simulated = "{address}"')
    assert done.returncode == 0, done.stderr
    ranked = answer(settings, "SELECT count(*) AS n, count(DISTINCT app) AS apps FROM chart_entries").row(0)
    assert ranked[0] == 200
    assert ranked[1] == 9
    (note,) = answer(settings, "SELECT note FROM runs WHERE kind = 'crawl charts'")["note"]
    assert spoken(note).startswith(f"simulated: everything was asked at {address}")
    assert "holds a simulated market" in str(examine(settings))
    refused = crawl(settings, '[hosts]\n"*" = "http://127.0.0.1:9"')
    assert (refused.returncode, "holds a simulated market: set simulated" in refused.stderr) == (2, True)
    with pytest.raises(SettingsError, match="speaks neither for nor against"):
        check_claims(settings)
    with pytest.raises(WarehouseError, match="holds real data"):
        import_history(settings)
    real = settings.model_copy(update={"data_dir": settings.data_dir.parent / "real"})
    import_history(real)
    with pytest.raises(WarehouseError, match="holds simulated data"):
        replay(real, sorted((settings.data_dir / "archive").glob("charts-*.warc.gz")), lambda *_: None)


def test_a_real_folder_is_never_asked_of_a_simulated_market(settings: Settings, stores: Running) -> None:
    """With the setting nothing is asked; where `hosts` lead there by mistake, nothing of what came is loaded."""
    import_history(settings)
    refused = crawl(settings, f'simulated = "http://127.0.0.1:{stores.port}"')
    assert (refused.returncode, "holds real data, and the setting simulated is" in refused.stderr) == (2, True)
    assert stores.playback.asked == []
    mistaken = crawl(settings, f'hosts = {{ "*" = "http://127.0.0.1:{stores.port}" }}')
    assert (mistaken.returncode, "it holds simulated data" in mistaken.stderr) == (4, True)
    assert len(foreign_runs(settings.data_dir)) == 1
    assert answer(settings, "SELECT count(*) FROM chart_readings WHERE NOT imported").item() == 0


def test_a_simulated_folder_begins_empty(settings: Settings) -> None:
    """The starter history, the records of probes and verdicts on real claims are left out."""
    simulated = settings.model_copy(update={"simulated": "http://127.0.0.1:9"})
    said = list(prepare(simulated))
    assert said[0].startswith("This is a simulated market")
    for view in ("chart_readings", "listing_readings", "probe_runs", "verdicts"):
        assert answer(simulated, f"SELECT count(*) FROM {view}").item() == 0
    assert lake.market(settings.data_dir) is SIMULATED


def test_what_to_play_must_be_said_once(tmp_path: Path) -> None:
    """Neither and both are refused in words, and so is a speed for an archive."""
    for archives, seed, speed in (([], None, None), ([tmp_path], "7", None), ([tmp_path], None, 2.0)):
        with pytest.raises(SettingsError, match=r"either --archive FILE|--speed and --launch are for"):
            play(archives, seed, None, 0, [], speed=speed, say=print)


def test_a_market_runs_with_the_clock_or_faster() -> None:
    """At 3,600 times the speed an hour goes by in a second; the command says where it is and what comes out when."""
    command = [sys.executable, "-u", "-m", "essor", "replica", "--simulate", "7", "--port", "0"]
    given = [
        "--at",
        "2026-11-20T12:00:00Z",
        "--speed",
        "3600",
        "--launch",
        "2026-11-20T15:00:00Z",
        "--fault",
        "429=0.1",
    ]
    with subprocess.Popen([*command, *given], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(2)]
        assert re.fullmatch(r".+ comes out at 2026-11-20 15:00 UTC; it is 2026-11-20 1[2-9]:\d\d\.\n", said[0])
        assert re.fullmatch(r'simulated = "http://127\.0\.0\.1:\d+"\n', said[1])
        process.terminate()


def test_the_address_must_be_one() -> None:
    """A seed in place of the replica's address is refused by its name."""
    with pytest.raises(SettingsError, match="simulated"):
        read_settings(simulated="7")
