"""Tests of dashboard/components/measured_latency.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from dashboard.components.measured_latency import comparisons_table, engine_table, quirks_table, services_table
from dashboard.language import Language
from essor.model.probes import Outcome

EN, FR = Language("en"), Language("fr")
CASE = {
    "model": "mistral-7b-v0.3", "reading_id": "0" * 16, "gpu": "NVIDIA H200", "weights": "random", "dtype": "bfloat16",
    "batch": 1, "context": 512, "prefill_ms": 12.345, "decode_ms_per_token": 3.9, "logits_error": 0.0073,
    "fraction_of_measured_bandwidth": 0.85, "outcome": "complete", "message": None,
}  # fmt: skip
FIGURES = ("ttft_ms", "ttft_sched_ms", "tpot_ms", "tokens_per_s")
SERVICE = {
    "target": "here", "probe": "1" * 16, "workload": "chat-short", "users": 1, "rate": None, "answered": 20,
    "requests": 20, "outcome": "complete", "message": None, "count_source": "usage", "tokens_per_chunk": 1.0,
    "observed_at": datetime(2026, 11, 21, tzinfo=UTC),
    **{f"{name}{end}": 100.0 + number for number, name in enumerate(FIGURES) for end in ("", "_low", "_high")},
}  # fmt: skip


def cells(table: Any) -> list[list[str]]:
    """The texts of a table's body, cell by cell."""
    body = table.children.children[2].children
    return [[text(cell.children) for cell in row.children] for row in body]


def text(part: Any) -> str:
    """All that a reader sees of a part."""
    if isinstance(part, list | tuple):
        return " ".join(filter(None, map(text, part)))
    return text(part.children) if hasattr(part, "children") else "" if part is None else str(part)


def test_a_case_shows_its_device_its_format_and_its_error() -> None:
    """A case on a GPU and one on a processor are told apart; an error too small for figures is called so."""
    rows = pl.DataFrame([CASE, CASE | {"gpu": None, "dtype": "float32", "logits_error": 4e-7}])
    on_gpu, elsewhere = cells(engine_table(rows, EN))
    assert on_gpu == ["mistral-7b-v0.3", "NVIDIA H200", "random bfloat16", "1", "512", "12.3", "3.9", "85%", "0.73",
                      "complete"]  # fmt: skip
    assert (elsewhere[1], elsewhere[2], elsewhere[8]) == ("processor, no GPU", "random float32", "< 0.01")


def test_what_failed_has_dashes_and_its_reason() -> None:
    """A case and a service without figures have no zero among them, and say what happened in the reader's language."""
    gone = dict.fromkeys(("prefill_ms", "decode_ms_per_token", "logits_error", "fraction_of_measured_bandwidth"))
    (case,) = cells(engine_table(pl.DataFrame([CASE | gone | {"outcome": "out_of_memory", "message": "64 GiB"}]), FR))
    assert case[5:] == ["–", "–", "–", "–", "mémoire insuffisante 64 GiB"]
    nothing = {name: None for name in SERVICE if name.startswith(FIGURES)}
    failed = {"outcome": "skipped", "message": "no key", "count_source": None, "tokens_per_chunk": None}
    (service,) = cells(services_table(pl.DataFrame([SERVICE | nothing | failed | {"answered": None}]), EN))
    assert service[:8] == ["here not tried no key", "chat-short", "1", "–", "–", "–", "–", "–"]
    assert service[8] == "0 / 20"


def test_times_from_schedule_and_the_count_stand_beside_the_others() -> None:
    """The waiting that a target makes is shown always, and who counted the tokens; a rate is not a number of users."""
    (row,) = cells(services_table(pl.DataFrame([SERVICE | {"users": None, "rate": 4.0}]), EN))
    assert row[2:5] == ["4 a second", "100 100 – 100", "101 101 – 101"]
    assert row[7] == "by the server 1 a chunk"


def test_targets_are_compared_with_their_interval() -> None:
    """A ratio stands with its interval and pairs; where both answered nothing in common there is no row."""
    pair = {"target": "a", "probe": "1", "other_target": "b", "other": "2", "workload": "code", "users": 1,
            "rate": None, "figure": "e2e_ms", "ratio": 1.18, "low": 1.15, "high": 1.21, "pairs": 20}  # fmt: skip
    none = pair | dict.fromkeys(("ratio", "low", "high")) | {"pairs": 0}
    (row,) = cells(comparisons_table(pl.DataFrame([pair, none]), FR))
    assert row == ["a", "b", "code", "1", "réponse entière", "1,18 1,15 – 1,21", "20"]


def test_a_quirk_that_was_not_seen_is_a_dash() -> None:
    """Yes, no and not seen are three things."""
    names = ("usage_at", "role_chunk", "empty_chunks", "keep_alives", "strict_fields", "length_forced_by")
    row = {"target": "here", "done_marker": "true", **dict.fromkeys(names)} | {"role_chunk": "false"}
    assert cells(quirks_table(pl.DataFrame([row]), FR)) == [["here", "oui", "–", "non", "–", "–", "–", "–"]]


def test_every_outcome_has_a_name_in_both_languages() -> None:
    """No outcome is shown as its code."""
    for say in (EN, FR):
        assert all(say(f"outcome.{outcome}") != f"outcome.{outcome}" for outcome in Outcome)
