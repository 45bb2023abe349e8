"""Tests of dashboard/sentences.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from dashboard.language import Language
from dashboard.sentences import (
    absent_of,
    crawl_word,
    fronts_finding,
    health_finding,
    history_finding,
    standing_finding,
    top_finding,
)
from tests.dashboard.frames import START, Seen, apps, history

EN, FR = Language("en"), Language("fr")
DAY = timedelta(days=1)


def told(seen: list[tuple[float, Seen]], say: Language = EN) -> str:
    """The finding of a history of Le Chat."""
    return history_finding(history("le-chat", seen), apps("le-chat"), say, DAY)


def test_a_climb_is_told_with_its_days_and_what_was_not_seen() -> None:
    """The sentence that the design asks for."""
    seen: list[tuple[float, Seen]] = [(0, 60), (1, 59), (3, 28)]
    assert (
        told(seen)
        == "Le Chat climbed from 60th on 16 September to 28th on 19 September 2026; not observed on 18 September."
    )
    french = told(seen, FR).replace("\u202f", " ").replace("\u00a0", " ")
    assert french == (
        "Le Chat est monté de la 60e place le 16 septembre à la 28e le 19 septembre 2026 ; non observé le 18 septembre."
    )


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([(0, 3), (1, 3), (2, 3)], "Le Chat stayed 3rd at every look from 16 September to 18 September 2026."),
        ([(0, 3), (1, 9), (2, 3)], "Le Chat was 3rd on 16 September and again on 18 September 2026."),
        ([(0, 3), (1, 5), (2, 9)], "Le Chat fell from 3rd on 16 September to 9th on 18 September 2026."),
        (
            [(0, None), (1, 90)],
            "Le Chat entered the chart: outside the first 98 on 16 September, 90th on 17 September 2026.",
        ),
        (
            [(0, 97), (1, None)],
            "Le Chat left the chart: 97th on 16 September, outside the first 98 on 17 September 2026.",
        ),
        (
            [(0, None), (1, None)],
            "Le Chat was outside the first 98 at every look from 16 September to 17 September 2026.",
        ),
        (
            [(0, None), (1, 90), (2, None)],
            "Le Chat came into the first 98 and left again between 16 September and 18 September 2026.",
        ),
        ([(0, 12)], "Le Chat was 12th on 16 September 2026."),
        ([(0, None)], "Le Chat was outside the first 98 on 16 September 2026."),
        ([(0, 12), (0.1, 12)], "Le Chat was 12th on 16 September 2026."),
        (
            [(0, 12), (0.1, 9), (0.2, 10)],
            "Le Chat was between 9th and 12th on 16 September 2026, 10th at the last look.",
        ),
        (
            [(0, 97), (0.1, 95), (0.2, None)],
            "Le Chat was at best 95th on 16 September 2026, outside the first 98 at the last look.",
        ),
        ([(0, "failed")], "This chart was not observed in this period."),
    ],
)
def test_each_course_has_its_sentence(seen: list[tuple[float, Seen]], expected: str) -> None:
    """Absent, not observed and ranked are told apart."""
    assert told(seen) == expected


def test_many_missing_days_are_counted() -> None:
    """Three and more days are a number, not a list."""
    assert told([(0, 1), (4, 1), (5, 2)]).endswith("; 3 days were not observed.")


def test_an_app_that_no_look_speaks_of_is_not_called_absent() -> None:
    """The app in focus may not be in the frame at all."""
    frame = history("chatgpt", [(0, 1)])
    assert (
        history_finding(frame, apps("le-chat", "chatgpt"), EN, DAY)
        == "Le Chat was not observed in this chart in this period."
    )


def compared(say: Language = EN, **fronts: list[tuple[float, Seen]]) -> str:
    """The finding of Le Chat in several storefronts, with plain spaces."""
    told = {place: (history("le-chat", seen), DAY) for place, seen in fronts.items()}
    return fronts_finding(told, apps("le-chat"), say).replace("\u202f", " ").replace("\u00a0", " ")


def test_storefronts_are_compared_best_placed_first() -> None:
    """Where the app was first and last in each, how far apart they end, and what was not seen where."""
    seen: dict[str, list[tuple[float, Seen]]] = {"Germany": [(0, 50), (1, 48), (2, 41)], "France": [(0, 60), (2, 28)]}
    assert compared(**seen, Japan=[]) == (
        "Le Chat from 16 September to 18 September 2026: 60th then 28th (France) and 50th then 41st (Germany);"
        " 13 places apart at the end; not observed: 1 day (France) and throughout (Japan)."
    )
    assert compared(FR, **seen, Japon=[]) == (
        "Le Chat du 16 septembre au 18 septembre 2026 : 60e puis 28e (France) et 50e puis 41e (Germany) ;"
        " 13 places d’écart à la fin ; non observé : 1 jour (France) et du début à la fin (Japon)."
    )


@pytest.mark.parametrize(
    ("fronts", "expected"),
    [
        (
            {"France": [(0, 60), (1, 28)], "Germany": [(0, 60), (2, 28)]},
            ("Le Chat from 16 September to 17 September 2026: 60th then 28th (France);"
            " from 16 September to 18 September 2026: 60th then 28th (Germany); not observed: 1 day (Germany)."),
        ),
        (
            {"France": [(0, 3), (1, 3)], "Germany": [(0, 3), (1, 3)]},
            "Le Chat from 16 September to 17 September 2026: 3rd at both ends (France and Germany).",
        ),
        (
            {"France": [(0, None), (1, 90)], "Germany": [(0, 97), (1, None)]},
            ("Le Chat from 16 September to 17 September 2026: outside the first 98 then 90th (France)"
            " and 97th then outside the first 98 (Germany)."),
        ),
        ({"France": [(0, 3)], "Germany": [(0, 5)]}, ("Le Chat on 16 September 2026: 3rd (France) and 5th (Germany);"
         " 2 places apart at the end.")),
        ({"France": [(0, "failed")], "Japan": []}, "This chart was not observed in this period."),
    ],
)  # fmt: skip
def test_storefronts_seen_otherwise_have_their_sentence(
    fronts: dict[str, list[tuple[float, Seen]]], expected: str
) -> None:
    """Days of their own are said; what is true of several is said once; only one last day can be compared."""
    assert compared(**fronts) == expected


def standings(*rows: tuple[str, int | None, int | None]) -> pl.DataFrame:
    """Rows of app, rank now, rank a week before."""
    return pl.DataFrame(
        {
            "app": [row[0] for row in rows],
            "rank": pl.Series([row[1] for row in rows], dtype=pl.Int16),
            "rank_7d": pl.Series([row[2] for row in rows], dtype=pl.Int16),
            "at_7d": [START] * len(rows),
            "observed_at": [START + 7 * DAY] * len(rows),
            "depth": [98] * len(rows),
        }
    )


def test_the_overview_names_the_leader_and_the_app_in_focus() -> None:
    """Both with their rank, the focus with its movement."""
    rows = standings(("chatgpt", 2, 2), ("le-chat", 28, 63))
    expected = (
        "ChatGPT leads the assistants at 2nd on 23 September 2026; Le Chat is 28th, up 35 places since 16 September."
    )
    assert standing_finding(rows, apps("le-chat", "chatgpt"), EN) == expected


def test_an_absent_focus_is_said_to_be_absent() -> None:
    """Absence is not silence."""
    rows = standings(("chatgpt", 2, 2), ("le-chat", None, 63))
    assert standing_finding(rows, apps("le-chat", "chatgpt"), EN).endswith("; Le Chat is outside the first 98.")


def test_the_top_chart_counts_what_came_and_went() -> None:
    """New, back and dropped out, each by its number."""
    entries = pl.DataFrame(
        {
            "rank": [1, 2, 3],
            "name": ["A", "B", "C"],
            "app_id": ["1", "2", "3"],
            "change": ["same", "new", "back"],
            "observed_at": [START] * 3,
        }
    )
    gone = pl.DataFrame({"app_id": ["9"]})
    assert (
        top_finding(entries, gone, EN) == "A was first on 16 September 2026; 1 app is new, 1 is back and 1 dropped out."
    )


def runs(kind: str, readings: int, usable: int) -> pl.DataFrame:
    """One run."""
    return pl.DataFrame({"kind": [kind], "started_at": [START], "readings": [readings], "usable": [usable]})


def freshness(status: str, usable: datetime | None) -> pl.DataFrame:
    """One source, last looked at an hour after the run began."""
    return pl.DataFrame(
        {
            "last_look_at": [START + timedelta(hours=1)],
            "last_status": [status],
            "last_usable_at": pl.Series([usable], dtype=pl.Datetime("us", "UTC")),
        }
    )


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("failed", "could not reach the stores"),
        ("refused", "robots.txt did not allow"),
        ("blocked", "turned it away"),
        ("layout_changed", "changed the format"),
    ],
)
def test_a_crawl_that_brought_nothing_says_why(status: str, words: str) -> None:
    """No network, robots and a block are different things."""
    assert words in crawl_word(runs("crawl charts", 10, 0), freshness(status, None), EN)


def test_health_says_how_old_the_figures_are() -> None:
    """With the age and the last crawl's end."""
    text = health_finding(freshness("complete", START), runs("import", 3, 3), START + 42 * DAY, EN)
    assert text.startswith("The newest figures are of 16 Sept 2026, 15:00 UTC, 42 days ago. No crawl has ended yet")


def test_nothing_usable_is_said_plainly() -> None:
    """A warehouse of failures alone has no newest figure."""
    text = health_finding(freshness("failed", None), runs("crawl charts", 3, 0), datetime(2026, 11, 20, tzinfo=UTC), EN)
    assert text.startswith("Nothing usable has been observed yet.")


@pytest.mark.parametrize(
    ("depth", "say", "expected"),
    [
        (1, FR, "absent de la première place"),
        (98, FR, "absent des 98 premiers"),
        (1, EN, "outside first place"),
        (98, EN, "outside the first 98"),
    ],
)
def test_absence_is_told_in_words_that_fit_the_depth(depth: int, say: Language, expected: str) -> None:
    """A chart of a single place has no first ones."""
    assert absent_of(depth, say) == expected
    finding = history_finding(history("le-chat", [(0, None), (1, None)], depth=depth), apps("le-chat"), say, DAY)
    assert expected in finding
