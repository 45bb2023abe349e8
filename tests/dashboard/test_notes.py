"""What is said of a run, in the reader's language."""

from __future__ import annotations

from dashboard.language import Language
from dashboard.notes import run_notes, told
from essor.model.notes import note, noted

FR = Language("fr")


def test_what_an_import_set_aside_is_told_in_french() -> None:
    """The file and the place, the column, and what stands there; numbers as the reader writes them."""
    why = note("no_entry", why=note("no_count", column="rank", said="first"))
    text = told(
        run_notes(noted([note("from", origin="Le Monde"), note("row", file="mine.csv", byte=1200, why=why)])), FR
    )
    assert text.replace("\u202f", " ").replace("\u00a0", " ") == (
        "d’après Le Monde ; mine.csv, octet 1 200 : ce n’est pas une ligne de classement : "
        "la colonne rank dit « first », qui n’est pas un nombre entier qu’un tableau puisse contenir"
    )


def test_a_source_is_told_by_its_name() -> None:
    """As everywhere on the pages."""
    text = told(run_notes(note("robots_not_obeyed", source="apple_rss", reason="agreed").line), FR)
    assert FR("source.apple_rss") in text


def test_what_landed_before_there_were_codes_is_told_as_it_stands() -> None:
    """A sentence in English is better than nothing."""
    assert told(run_notes("essor was not running"), FR) == "essor was not running"
