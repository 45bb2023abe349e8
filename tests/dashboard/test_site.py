"""Tests of dashboard/site.py: what is left when the server is gone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from essor.jobs.export_site import export_site
from essor.model.errors import SettingsError
from essor.settings import read_settings
from tests.dashboard.small_lake import Look, write_lake
from tests.dashboard.test_api import CHART, CHATGPT, LE_CHAT, START, small_history

FIRST_LOAD = datetime(2026, 10, 6, 16, tzinfo=UTC)
"""The snapshot of the small history."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site exported from the small history, as it was before a later load, with one embed that was asked for and one
    that is named.
    """
    data_dir, folder = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("site")
    write_lake(data_dir, small_history(data_dir), names={LE_CHAT: "Le Chat", CHATGPT: "ChatGPT"})
    write_lake(data_dir, [Look(CHART, START + timedelta(days=12), {LE_CHAT: 1})], load=2)
    (data_dir / "embeds.txt").write_text("rankings?apps=chatgpt&lang=fr\nrankings?nonsense=1\n", "utf-8")
    asked = ["https://x.org/embed/top_chart?country=fr&theme=dark", "rankings?apps=nope", "rankings?country=fr,jp"]
    export_site(read_settings(data_dir=data_dir), folder, asked, FIRST_LOAD)
    return folder


@pytest.mark.parametrize(
    "folder",
    [
        "rankings/first",
        "rankings/lang=fr/theme=dark",
        "rankings/store=apple/country=fr/chart=top-free/category=6007/lang=en/theme=light",
        "rankings/apps=chatgpt/lang=fr",
        "rankings/country=fr,jp",
        "top_chart/country=fr/theme=dark",
        "world/measure=rank/lang=fr/theme=light",
    ],
)
def test_every_embed_lies_where_the_server_gave_it(site: Path, folder: str) -> None:
    """Its page, its image and its data."""
    files = {path.name for path in (site / "embed" / folder).iterdir() if path.is_file()}
    assert {"index.html", "figure.svg", "figure.csv", "figure.json"} <= files


def test_a_page_needs_nothing_but_the_files_beside_it(site: Path) -> None:
    """Every address in it is relative and leads to a file; none names a host."""
    page = site / "embed" / "rankings" / "apps=chatgpt" / "lang=fr" / "index.html"
    text = page.read_text("utf-8")
    assert "http" not in text.partition('id="drawn"')[0].replace("http-equiv", "")
    for name in ("embed.css", "embed.js", "plotly.js"):
        assert (page.parent / "../../../../embed-assets" / name).resolve().exists()
        assert f'"../../../../embed-assets/{name}"' in text


def test_a_map_brings_its_outlines_as_a_script(site: Path) -> None:
    """A file opened from a disk may fetch nothing; other figures do not carry it."""
    world = (site / "embed/world/measure=rank/lang=fr/theme=light/index.html").read_text("utf-8")
    rankings = (site / "embed/rankings/apps=chatgpt/lang=fr/index.html").read_text("utf-8")
    assert ("embed-assets/outlines.js" in world, "outlines.js" in rankings) == (True, False)
    script = (site / "embed-assets" / "outlines.js").read_text("utf-8")
    assert json.loads(script.partition("world_110m: ")[2].removesuffix("}};\n"))["type"] == "Topology"


def test_a_site_as_of_a_snapshot_knows_nothing_of_later_loads(site: Path) -> None:
    """The load a week later made Le Chat first; the figure and its data still end at the 28th place."""
    folder = site / "embed" / "rankings" / "lang=en" / "theme=light"
    about = json.loads((folder / "figure.json").read_text("utf-8"))
    assert about["finding"].startswith("Le Chat climbed from 60th on 1 October to 28th on 6 October 2026")
    assert about["snapshot"] == FIRST_LOAD.isoformat()
    assert "2026-10-13" not in (folder / "figure.csv").read_text("utf-8")


def test_the_data_say_what_they_are_about(site: Path) -> None:
    """Finding, sources and snapshot stand beside the rows."""
    about = json.loads((site / "embed/rankings/apps=chatgpt/lang=fr/figure.json").read_text("utf-8"))
    assert about["figure"] == "rankings"
    assert about["snapshot"]
    assert about["rows"]


def test_an_address_with_a_query_is_led_to_its_folder(site: Path) -> None:
    """The page at /embed/rankings knows every folder, and says when there is none."""
    text = (site / "embed" / "rankings" / "index.html").read_text("utf-8")
    known = json.loads(text.partition('id="known">')[2].partition("</script>")[0])
    assert "apps=chatgpt/lang=fr" in known["folders"]
    assert known["fields"][:3] == ["apps", "store", "country"]
    assert set(known["missing"]) == {"fr", "en"}


@pytest.mark.parametrize("address", ["nope", "/embed/nope?apps=le-chat", "https://x.org/rankings?apps=le-chat"])
def test_an_address_of_no_figure_is_refused(tmp_path: Path, address: str) -> None:
    """Before anything is written, with what addresses look like and what figures there are."""
    with pytest.raises(SettingsError, match=r"names no figure\. Write an address as /embed/rankings\?.*, world"):
        export_site(read_settings(data_dir=tmp_path), tmp_path / "site", [address])
    assert not (tmp_path / "site").exists()


def test_an_app_that_is_not_followed_is_answered_as_the_server_does(site: Path) -> None:
    """A bad link still opens: it shows what stands there without that choice."""
    first, unknown = (
        json.loads((site / "embed" / "rankings" / choices / "figure.json").read_text("utf-8"))
        for choices in ("lang=en/theme=light", "apps=nope")
    )
    assert (unknown["finding"], unknown["rows"]) == (first["finding"], first["rows"])


def test_a_file_is_not_written_over(tmp_path: Path) -> None:
    """The folder's name is asked for again."""
    (tmp_path / "site").write_text("mine", "utf-8")
    with pytest.raises(SettingsError, match="Name a folder"):
        export_site(read_settings(data_dir=tmp_path), tmp_path / "site")
