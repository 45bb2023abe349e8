"""A plain table of few rows, for figures of few numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

NUMBERS = "number"
"""The class of a column whose cells stand at the right."""
NARROW = 3
"""So many columns fit side by side on a phone; of more, each row is a card there."""


def ledger(
    heads: Mapping[str, str],
    rows: Sequence[Sequence[Any]],
    *,
    name: str,
    caption: str,
    numbers: Sequence[str] = (),
    marked: Sequence[str] = (),
    labelled: bool = True,
) -> Component:
    """A table whose columns are `heads` (key and text); its first column heads the rows.

    `numbers` are the keys of columns of numbers; `marked` is the class of each row. On a phone a row of many cells is a
    card, in which each cell says its column first where it is `labelled`.
    """
    kinds = {key: f"c-{key} {NUMBERS}" if key in numbers else f"c-{key}" for key in heads}
    head = [html.Th(heads[key], scope="col", className=kind, role="columnheader") for key, kind in kinds.items()]
    cards = labelled and len(heads) > NARROW
    labels = list(heads.values()) if cards else [None] * len(heads)
    classes = list(marked) or [""] * len(rows)
    body = [_row(row, list(kinds.values()), labels, kind) for row, kind in zip(rows, classes, strict=True)]
    table = [
        html.Caption(caption, className="heard"),
        html.Thead(html.Tr(head, role="row"), role="rowgroup"),
        html.Tbody(body, role="rowgroup"),
    ]
    shown = html.Table(table, className=f"ledger{' cards' if cards else ''} ledger-{name}", role="table")
    return html.Div(shown, className="scroller", tabIndex=0)


def _row(cells: Sequence[Any], kinds: Sequence[str], labels: Sequence[str | None], kind: str) -> Component:
    first = html.Th(cells[0], scope="row", className=kinds[0], role="rowheader")
    rest = [
        html.Td(cell, className=own, role="cell", **_labelled(label))
        for cell, own, label in zip(cells[1:], kinds[1:], labels[1:], strict=True)
    ]
    return html.Tr([first, *rest], className=kind or None, role="row")


def _labelled(label: str | None) -> dict[str, Any]:
    return {"data-head": label} if label else {}


def app_cell(name: str, colour: str) -> list[Any]:
    """An app's name behind its colour."""
    return [html.Span(className="swatch", style={"background": colour}), name]
