"""A plain table of few rows, for figures of few numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

NUMBERS = "number"
"""The class of a column whose cells stand at the right."""


def ledger(
    heads: Mapping[str, str],
    rows: Sequence[Sequence[Any]],
    *,
    name: str,
    caption: str,
    numbers: Sequence[str] = (),
    marked: Sequence[str] = (),
) -> Component:
    """A table whose columns are `heads` (key and text); its first column heads the rows.

    `numbers` are the keys of columns of numbers; `marked` is the class of each row.
    """
    kinds = [f"c-{key} {NUMBERS}" if key in numbers else f"c-{key}" for key in heads]
    head = html.Tr(
        [html.Th(text, scope="col", className=kind) for text, kind in zip(heads.values(), kinds, strict=True)]
    )
    classes = list(marked) or [""] * len(rows)
    body = [_row(row, kinds, kind) for row, kind in zip(rows, classes, strict=True)]
    table = [html.Caption(caption, className="heard"), html.Thead(head), html.Tbody(body)]
    return html.Div(html.Table(table, className=f"ledger ledger-{name}"), className="scroller", tabIndex=0)


def _row(cells: Sequence[Any], kinds: Sequence[str], kind: str) -> Component:
    first = html.Th(cells[0], scope="row", className=kinds[0])
    rest = [html.Td(cell, className=own) for cell, own in zip(cells[1:], kinds[1:], strict=True)]
    return html.Tr([first, *rest], className=kind or None)


def app_cell(name: str, colour: str) -> list[Any]:
    """An app's name behind its colour."""
    return [html.Span(className="swatch", style={"background": colour}), name]
