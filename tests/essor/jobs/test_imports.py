"""Taking in somebody's tables and archives: every real series, every kind of file, twice."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from essor.jobs.ask import answer, trace
from essor.jobs.imports import Imported, import_files, mappings
from essor.model.errors import SettingsError
from essor.model.notes import read_notes, spoken
from essor.settings import Settings

CAPTURES = "fr-productivity-top-free-2026-09-16..10-10"
RANKS = [
    {"observed_at": "2026-10-08 15:12:00", "country": "fr", "rank": 1, "app_id": "6473753684", "name": "Claude"},
    {"observed_at": "2026-10-08 15:12:00", "country": "fr", "rank": 2, "app_id": "6740410176", "name": "Le Chat"},
    {"observed_at": "2026-10-09 15:12:00", "country": "fr", "rank": 1, "app_id": "6740410176", "name": "Le Chat"},
]
MAPPING = """
kind = "ranks"
source = "apple_legacy_rss"
origin = "a table made by hand"
zone = "Z"
columns = { observed_at = "observed_at", country = "country", rank = "rank", app_id = "app_id", name = "name" }
constants = { collection = "top-free", category = "6007" }
"""


def imported(settings: Settings, path: Path, mapping: str | None = None) -> Imported:
    """What one table gave."""
    (done,) = import_files(settings, [path], mapping, lambda *_: None)
    assert isinstance(done, Imported)
    return done


def written(folder: Path, suffix: str, rows: list[dict[str, Any]]) -> Path:
    """A table of these rows as CSV, JSON lines or Parquet."""
    path, frame = folder / f"table{suffix}", pl.DataFrame(rows)
    if suffix == ".parquet":
        frame.write_parquet(path)
    elif suffix == ".jsonl":
        frame.write_ndjson(path)
    elif suffix == ".csv.gz":
        path.write_bytes(gzip.compress(frame.write_csv().encode()))
    else:
        frame.write_csv(path)
    return path


@pytest.fixture
def mapping(tmp_path: Path) -> str:
    """A mapping for RANKS."""
    (tmp_path / "mapping.toml").write_text(MAPPING, "utf-8")
    return str(tmp_path / "mapping.toml")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (
            "observed_at;country;rank;app_id\n2026-10-08;fr;1;2\n",
            "has no column 'observed_at', but 'observed_at;country",
        ),
        ("", "has no column 'observed_at', but none"),
    ],
)
def test_a_table_that_the_mapping_does_not_fit_is_refused_whole(
    settings: Settings, tmp_path: Path, mapping: str, table: str, words: str
) -> None:
    """What is wrong with every row is told once, and nothing of it is loaded."""
    path = tmp_path / "table.csv"
    path.write_text(table, "utf-8", newline="")
    with pytest.raises(SettingsError, match=words):
        imported(settings, path, mapping)
    assert answer(settings, "FROM runs").is_empty()


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("open.csv", b'observed_at,country,rank,app_id\n2026-10-08 12:00,fr,"1,2\n' + 70_000 * b"x\n"),
        ("twice.csv", b"observed_at,country,rank,rank,app_id\n"),
        ("latin.csv", b"observed_at,country,rank,app_id\n2026-10-08 12:00,fr,\xe9,2\n"),
        ("broken.jsonl", b'{"rank": 1\n'),
        ("broken.parquet", b"PAR1"),
        ("whole.json", b"[1, 2]"),
    ],
)
def test_what_is_wrong_with_a_table_names_the_file_that_was_given(
    settings: Settings, tmp_path: Path, mapping: str, name: str, table: bytes
) -> None:
    """Not the copy of it that is kept in the data folder."""
    (tmp_path / name).write_bytes(table)
    with pytest.raises(SettingsError) as refused:
        imported(settings, tmp_path / name, mapping)
    assert str(refused.value).startswith(str(tmp_path / name))


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_a_row_that_was_set_aside_is_told_by_the_file_that_was_given(
    settings: Settings, tmp_path: Path, mapping: str, suffix: str
) -> None:
    """To who imports it, and in the note of the run; the bytes of Parquet are those of its lines."""
    path = written(tmp_path, suffix, [*RANKS, RANKS[0] | {"country": "uk"}])
    (said,) = imported(settings, path, mapping).rejects
    assert said.startswith(str(path))
    assert "the United Kingdom is gb" in said
    (aside,) = read_notes(answer(settings, "SELECT note FROM runs").item())[1:]
    assert str(aside) == said


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".jsonl", ".parquet"])
def test_every_kind_of_file_gives_the_same_facts_once(
    settings: Settings, tmp_path: Path, mapping: str, suffix: str
) -> None:
    """Ranks come with their moment and source, marked as imported, and a second time nothing changes."""
    path = written(tmp_path, suffix, RANKS)
    assert imported(settings, path, mapping).readings == 2
    again = imported(settings, path, mapping)
    assert (again.readings, again.note) == (0, "nothing new, because it was imported before with this mapping")
    rows = answer(settings, "SELECT rank, app_id FROM chart_entries ORDER BY observed_at, rank").rows()
    assert rows == [(1, "6473753684"), (2, "6740410176"), (1, "6740410176")]
    said = answer(settings, "SELECT DISTINCT source, imported, status, source_url FROM chart_readings").rows()
    assert said == [("apple_legacy_rss", True, "partial", "a table made by hand")]
    ((kind, note),) = answer(settings, "SELECT kind, note FROM runs").rows()
    assert (kind, spoken(note)) == ("import", "from a table made by hand")


def test_a_figure_leads_back_to_its_row(settings: Settings, tmp_path: Path, mapping: str) -> None:
    """The trace of an imported reading shows the row of the table as it was given."""
    imported(settings, written(tmp_path, ".csv", RANKS), mapping)
    reading = answer(settings, "SELECT reading_id FROM chart_readings ORDER BY observed_at LIMIT 1").item()
    traced = trace(settings, reading)
    assert traced.body is not None
    assert traced.body.decoded.decode().startswith("2026-10-08 15:12:00,fr,1,6473753684")


def test_a_signal_leads_back_to_its_row(settings: Settings, tmp_path: Path) -> None:
    """The evidence of a series is the row of its newest figure, not the head of the table."""
    rows = [{"repo": "x/y", "date": f"2026-01-0{day}", "stars": day} for day in (1, 3, 2)]
    (tmp_path / "stars.toml").write_text(
        'kind = "signals"\nsource = "github"\norigin = "x"\nvalues = { stars = "stars" }\n'
        'columns = { when = "date", subject = "repo" }\n'
    )
    imported(settings, written(tmp_path, ".csv", rows), str(tmp_path / "stars.toml"))
    traced = trace(settings, answer(settings, "SELECT reading_id FROM signal_readings").item())
    assert traced.body is not None
    assert traced.body.decoded == b"x/y,2026-01-03,3\n"


def test_a_table_that_was_corrected_replaces_itself(settings: Settings, tmp_path: Path, mapping: str) -> None:
    """The same look with another rank counts from then on; the earlier one stays under its snapshot."""
    done = imported(settings, written(tmp_path, ".csv", RANKS), mapping)
    imported(settings, written(tmp_path, ".csv", [*RANKS[:2], RANKS[2] | {"rank": 3}]), mapping)
    query = "SELECT rank FROM chart_entries WHERE observed_at > '2026-10-09'"
    assert answer(settings, query).item() == 3
    assert answer(settings, query, done.loads[-1].recorded_at).item() == 1


def test_rows_that_break_a_rule_are_set_aside(settings: Settings, tmp_path: Path, mapping: str) -> None:
    """No rank, a rank that comes twice, a moment to come: each is told, and the good rows stay."""
    bad = [
        RANKS[0] | {"rank": "first"},
        RANKS[0] | {"observed_at": "2026-10-10 12:00:00", "country": "us"},
        RANKS[1] | {"observed_at": "2026-10-10 12:00:00", "country": "us", "rank": 1},
        RANKS[0] | {"observed_at": "2099-01-01 12:00:00"},
    ]
    done = imported(
        settings, written(tmp_path, ".csv", [{k: str(v) for k, v in row.items()} for row in RANKS + bad]), mapping
    )
    assert [text.split(": ", 1)[1].split(":")[0] for text in done.rejects] == [
        "it is no entry",
        "a rank or an app comes twice among its entries",
    ]
    assert answer(settings, "SELECT reason FROM rejects").rows() == [("from_the_future",)]
    assert answer(settings, "SELECT count(*) FROM chart_readings").item() == 2


def test_ratings_are_listings(settings: Settings, tmp_path: Path) -> None:
    """A table of ratings becomes looks at listings, by the same rules."""
    row = {"observed_at": "2026-10-08T15:12:00", "country": "no", "app_id": "6448311069", "name": "ChatGPT",
           "ratings": 1000, "average": 4.5, "version": "1.2"}  # fmt: skip
    path = written(tmp_path, ".csv", [row, row | {"app_id": "6473753684", "average": 9.5}])
    imported(settings, path, "apple_ratings")
    said = answer(settings, "SELECT app, rating_count, rating_average, version, imported FROM listing_readings").rows()
    assert said == [("chatgpt", 1000, 4.5, "1.2", True)]
    assert answer(settings, "SELECT reason FROM rejects").rows() == [("impossible_rating",)]


def test_figures_of_an_unknown_source_are_described_by_the_mapping(settings: Settings, tmp_path: Path) -> None:
    """A mapping may say itself what a figure is; without that it is refused."""
    path = written(tmp_path, ".jsonl", [{"day": "2026-10-01", "who": "openai", "users": 7.5}])
    head = 'kind = "signals"\nsource = "somebody"\norigin = "x"\ncolumns = { when = "day", subject = "who" }\n'
    mapping = tmp_path / "m.toml"
    mapping.write_text(head + 'values = { weekly_users = "users" }\n')
    with pytest.raises(SettingsError, match="is no figure of somebody"):
        imported(settings, path, str(mapping))
    mapping.write_text(
        head + 'values = { weekly_users = "users" }\n[metrics.weekly_users]\nunit = "users"\nkind = "unstated"\n'
    )
    imported(settings, path, str(mapping))
    assert answer(settings, "SELECT source, subject, metric, unit, value FROM signals").rows() == [
        ("somebody", "openai", "weekly_users", "users", 7.5)
    ]


@pytest.mark.parametrize(
    ("mapping", "file", "points"),
    [
        ("github_stars", "github_stars_daily.csv.gz", 40_802),
        ("ollama_pulls", "ollama_pulls_daily_tracked.csv.gz", 29_639),
        ("pypi_30d", "pypi_30d_downloads_tracked.csv", 1_213),
        ("wikipedia_views", "enwiki_pageviews_monthly_user.csv", 299),
        ("crux_ranks", "crux_rank_bucket_monthly.csv", 346),
        ("openrouter_page", "sample_rankings_2026-05-16.json", 18),
        ("openrouter_page", "sample_rankings_EMPTY_2026-08-22.json", 0),
        ("adoption_answers", "tranco_ranks_domain_chatgpt.com.json", 38),
        ("adoption_answers", "tranco_ranks_domain_EMPTY_subdomain.json", 0),
        ("adoption_answers", "dockerhub_repository_grimoirelab_perceval_2017_trimmed.json", 2),
        ("adoption_answers", "pypistats_overall_pip.json", 2),
        ("adoption_answers", "wikimedia_pageviews_ChatGPT_monthly.json", 46),
        ("adoption_answers", "wikimedia_429_body.txt", 0),
        ("adoption_answers", "statcounter_ai_chatbot_ww_monthly.csv", 126),
    ],
)
def test_every_real_series_imports(settings: Settings, real: Path, mapping: str, file: str, points: int) -> None:
    """Each public series is in the warehouse whole, no rule sets any of it aside, and a second time nothing is new."""
    path = real / "adoption" / file
    imported(settings, path, mapping)
    assert answer(settings, "SELECT count(*) FROM signals").item() == points
    assert answer(settings, "SELECT count(*) FROM rejects").item() == 0
    assert imported(settings, path, mapping).readings == 0


def test_the_real_ranks_import_as_their_captures_hold_them(settings: Settings, real: Path) -> None:
    """The table of ranks has every rank of the captures, whose own moments are cut to the second."""
    table = real / "apple" / "fr-productivity-top-free.expected.csv"
    assert imported(settings, table, "apple_ranks").readings == 24
    query = "SELECT date_trunc('second', observed_at) AS at, rank, app_id, name FROM chart_entries ORDER BY ALL"
    before = answer(settings, query)
    import_files(settings, [real / "apple" / f"{CAPTURES}.warc.gz"], None, lambda *_: None)
    after = answer(settings, query)
    assert before.height == len(list(csv.reader(table.open("r", encoding="utf-8")))) - 1
    assert after.equals(before.vstack(before).sort(before.columns))


def test_what_cannot_be_imported_says_what_to_type(settings: Settings, tmp_path: Path) -> None:
    """No mapping, an unknown one, an unknown field, a foreign file: each names what is missing."""
    path = written(tmp_path, ".csv", RANKS)
    with pytest.raises(SettingsError, match="needs a mapping"):
        imported(settings, path)
    with pytest.raises(SettingsError, match="There is no mapping"):
        imported(settings, path, "nowhere.toml")
    (tmp_path / "odd.toml").write_text('kind = "ranks"\nsource = "x"\norigin = "x"\ncolour = "red"\n')
    with pytest.raises(SettingsError, match="colour"):
        imported(settings, path, str(tmp_path / "odd.toml"))
    (tmp_path / "table.xlsx").write_bytes(b"PK")
    with pytest.raises(SettingsError, match="is no table"):
        imported(settings, tmp_path / "table.xlsx", "apple_ranks")
    assert "github_stars" in mappings()
