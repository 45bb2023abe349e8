"""What was measured of latency, in tables: the local engine, services, how they compare, and each server's own ways."""

from __future__ import annotations

from typing import Any

import polars as pl
from dash import html
from dash.development.base_component import Component

from dashboard.components.ledger import ledger
from dashboard.language import Language

NOTHING = "–"
"""What stands where nothing was measured; never a zero."""
_LEAST = 1e-4
"""The least error that is told in figures."""
_ENGINE = ("model", "device", "weights", "batch", "context", "prefill_ms", "decode_ms", "fraction", "error", "outcome")
_SERVICES = ("target", "workload", "users", "ttft", "sched", "tpot", "speed", "counted", "answered", "seen")
_COMPARED = ("target", "than", "workload", "users", "figure", "ratio", "pairs")
_QUIRKS = ("done_marker", "usage_at", "role_chunk", "empty_chunks", "keep_alives", "strict_fields", "length_forced_by")


def engine_table(engine: pl.DataFrame, say: Language) -> Component:
    """`warehouse.reads.latency.engine`: each case with its share of the bandwidth and its error against plain eager."""
    rows = [_engine_row(row, say) for row in engine.iter_rows(named=True)]
    return ledger(_heads(_ENGINE, say), rows, name="engine", caption=say("latency.engine"), numbers=_ENGINE[3:9])


def services_table(services: pl.DataFrame, say: Language) -> Component:
    """`warehouse.reads.latency.latest`: medians with their intervals, from sending and from schedule, side by side."""
    rows = [_service_row(row, say) for row in services.iter_rows(named=True)]
    numbers = (*_SERVICES[2:7], "answered")
    return ledger(_heads(_SERVICES, say), rows, name="services", caption=say("latency.services"), numbers=numbers)


def comparisons_table(compared: pl.DataFrame, say: Language) -> Component:
    """`warehouse.reads.latency.comparisons`: how many times as fast a target is as another, with the interval."""
    rows = [_comparison_row(row, say) for row in compared.drop_nulls("ratio").iter_rows(named=True)]
    numbers = ("users", "ratio", "pairs")
    return ledger(_heads(_COMPARED, say), rows, name="compared", caption=say("latency.compared"), numbers=numbers)


def quirks_table(quirks: pl.DataFrame, say: Language) -> Component:
    """`warehouse.reads.latency.quirks`: what each server does its own way, as detected."""
    heads = {"target": say("latency.head.target")} | {name: say(f"latency.quirk.{name}") for name in _QUIRKS}
    words = {"true": say("latency.yes"), "false": say("latency.no")}
    rows = [
        [row["target"], *(words.get(row[name], row[name] or NOTHING) for name in _QUIRKS)]
        for row in quirks.iter_rows(named=True)
    ]
    return ledger(heads, rows, name="quirks", caption=say("latency.quirks"))


def _heads(names: tuple[str, ...], say: Language) -> dict[str, str]:
    return {name: say(f"latency.head.{name}") for name in names}


def _engine_row(row: dict[str, Any], say: Language) -> list[Any]:
    weights = say(f"latency.weights.{'random' if row['weights'] == 'random' else 'real'}")
    return [
        html.A(row["model"], href=f"/evidence/{row['reading_id']}"),
        row["gpu"] or say("latency.processor"),
        [weights, html.Span(row["dtype"], className="then")],
        say.number(row["batch"]),
        say.number(row["context"]),
        _digits(row["prefill_ms"], say),
        _digits(row["decode_ms_per_token"], say),
        say.percent(row["fraction_of_measured_bandwidth"]) if row["fraction_of_measured_bandwidth"] else NOTHING,
        _error(row["logits_error"], say),
        _outcome(row, say),
    ]


def _error(share: float | None, say: Language) -> str:
    """A relative error in percent, to a hundredth."""
    if share is None:
        return NOTHING
    return say.number(round(100 * share, 2)) if share >= _LEAST else f"< {say.number(100 * _LEAST)}"


def _service_row(row: dict[str, Any], say: Language) -> list[Any]:
    link = html.A(row["target"], href=f"/evidence/{row['probe']}")
    figures = [_interval(row, name, say) for name in ("ttft_ms", "ttft_sched_ms", "tpot_ms", "tokens_per_s")]
    return [
        [link, html.Div(_outcome(row, say)) if row["message"] else ""],
        row["workload"],
        _load(row, say),
        *figures,
        _counted(row, say),
        f"{say.number(row['answered'] or 0)} / {say.number(row['requests'] or 0)}",
        say.moment(row["observed_at"]),
    ]


def _comparison_row(row: dict[str, Any], say: Language) -> list[Any]:
    return [
        html.A(row["target"], href=f"/evidence/{row['probe']}"),
        html.A(row["other_target"], href=f"/evidence/{row['other']}"),
        row["workload"],
        _load(row, say),
        say(f"latency.figure.{row['figure']}"),
        _with_ends(row["ratio"], (row["low"], row["high"]), say),
        say.number(row["pairs"]),
    ]


def _outcome(row: dict[str, Any], say: Language) -> list[Any]:
    """How it ended, in a word, and what there is to say of it, as it was said."""
    told = html.Div(row["message"], className="state") if row["message"] else ""
    return [say(f"outcome.{row['outcome']}"), told]


def _load(row: dict[str, Any], say: Language) -> str:
    """Users at once, or arrivals a second."""
    if row["users"] is None:
        return say("latency.a_second", n=say.number(row["rate"]))
    return say.number(row["users"])


def _counted(row: dict[str, Any], say: Language) -> list[Any]:
    """Who counted the tokens, and how many came in a chunk."""
    if not row["count_source"]:
        return [NOTHING]
    source = say(f"latency.count.{row['count_source']}")
    if row["tokens_per_chunk"] is None:
        return [source]
    return [source, html.Span(say("latency.a_chunk", n=_digits(row["tokens_per_chunk"], say)), className="then")]


def _interval(row: dict[str, Any], name: str, say: Language) -> Any:  # noqa: ANN401 - text or an element, as a cell takes it
    """The median with its 95 % interval; a dash where nothing was measured."""
    return _with_ends(row[name], (row[f"{name}_low"], row[f"{name}_high"]), say)


def _with_ends(value: float | None, ends: tuple[float | None, float | None], say: Language) -> Any:  # noqa: ANN401 - the same
    if value is None:
        return NOTHING
    said = " – ".join(_digits(end, say) for end in ends if end is not None)
    return [_digits(value, say), html.Span(said, className="then")]


def _digits(value: float | None, say: Language) -> str:
    """Three digits, which is what such measurements hold."""
    return NOTHING if value is None else say.number(float(f"{value:.3g}"))
