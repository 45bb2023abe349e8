"""Inputs: what a figure made of many things stands on, each row with the way to its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.figure_frame import foot
from dashboard.components.ledger import ledger
from dashboard.components.words import headline, notice
from dashboard.desk import Reader, arrival, desk
from dashboard.drawn import FIGURES, Drawn
from dashboard.figures.claims_timeline import app_name
from dashboard.language import Language
from dashboard.shell import frame, register_page
from warehouse.connection import Cursor
from warehouse.reads import claims

PAGE = "inputs"
MOST = 60
"""So many rows of a role are shown, the newest ones; the downloads have `warehouse.reads.inputs.MOST`."""
MEASURED = ("engine", "probe", "sample")
"""The roles that a probe measured; the others were read."""
COLUMNS = ("about", "of", "observed", "source", "status", "archive", "open")

register_page(__name__, PAGE, "/inputs/<figure>", order=92, menu=False)


def layout(figure: str = "", **query: object) -> Component:
    """The page for one figure."""
    selection, reader = arrival(query)
    known = FIGURES.get(figure)
    with desk().cursor(selection) as cursor:
        drawn = known.draw(cursor, selection, reader) if known else None
        if known is None or known.inputs is None or drawn is None:
            return frame(PAGE, selection, reader, [headline(reader.say("inputs.unknown"), f"{PAGE}-finding")])
        found, statements = known.inputs(cursor, drawn), _statements(cursor, reader)
    address = reader.address(drawn.selection)
    back = dcc.Link(reader.say("inputs.back"), href=known.page_of(drawn.selection) + address)
    return frame(PAGE, drawn.selection, reader, [
        html.P(back, className="actions"),
        headline(reader.say("inputs.title"), f"{PAGE}-finding"),
        html.P(drawn.finding, className="subtitle"),
        *_told(found, statements, drawn, reader),
        html.P(foot(drawn, reader), className="foot"),
        html.Div(_files(figure, drawn, reader), className="actions"),
    ])  # fmt: skip


def _told(found: pl.DataFrame, statements: Mapping[str, str], drawn: Drawn, reader: Reader) -> list[Component]:
    if found.is_empty():
        return [notice(reader.say("inputs.none"))]
    roles = found["role"].unique(maintain_order=True)
    return [part for role in roles for part in _role(role, found.filter(role=role), statements, drawn, reader)]


def _role(
    role: str, rows: pl.DataFrame, statements: Mapping[str, str], drawn: Drawn, reader: Reader
) -> list[Component]:
    """One kind of input: what it is to the figure, and its newest rows."""
    say, title = reader.say, reader.say(f"input.{role}")
    filled = [_row(row, statements, drawn, reader) for row in rows.head(MOST).iter_rows(named=True)]
    more = [html.P(say("inputs.more", n=say.number(MOST), all=say.number(rows.height)), className="state")]
    heads = {name: say(f"inputs.head.{name}") for name in COLUMNS}
    return [html.H2(title), ledger(heads, filled, name="inputs", caption=title), *(more if rows.height > MOST else [])]


def _row(row: dict[str, Any], statements: Mapping[str, str], drawn: Drawn, reader: Reader) -> list[Any]:
    say = reader.say
    words = [app_name(row["app"], desk().apps)] if row["app"] else []
    words += [say.country(row["country"])] if row["country"] and "," not in row["country"] else []
    words += [say.count("inputs.looks", row["looks"])] if row["looks"] > 1 else []
    return [
        _about(row, statements, drawn, reader),
        " · ".join(words) or "–",
        say.moment(row["observed_at"]),
        say.optional(f"source.{row['source']}", row["source"]) if row["source"] else "–",
        _outcome(row, say),
        html.Code(row["capture_file"]) if row["capture_file"] else say("inputs.no_bytes"),
        html.A(say("table.evidence_link"), href=f"/evidence/{row['reading_id']}") if row["reading_id"] else "–",
    ]


def _outcome(row: dict[str, Any], say: Language) -> str:
    family = "outcome" if row["role"] in MEASURED else "status"
    return say(f"{family}.{row['status']}") if row["status"] else "–"


def _about(row: dict[str, Any], statements: Mapping[str, str], drawn: Drawn, reader: Reader) -> Any:  # noqa: ANN401 - text or a link
    """A claim leads to its page with its sources, a method to its description; anything else is named."""
    about = str(row["about"])
    if about in statements:
        return dcc.Link(statements[about], href=f"/claims/{about}{reader.address(drawn.selection)}")
    method = reader.say.optional(f"method.{about.partition(' ')[0]}", "")
    if row["role"] != "method":
        return method or about
    words = reader.say("downloads.version", method=method, version=about.rpartition("v")[2])
    return dcc.Link(words, href=f"/methods{reader.address(drawn.selection)}#estimates")


def _statements(cursor: Cursor, reader: Reader) -> dict[str, str]:
    """Each claim on file in the reader's words, by its name."""
    found = desk().ask(cursor, claims.claims)
    texts = found.select("claim", f"statement_{reader.say.code}").iter_rows()
    return {claim: reader.say.spaced(text) for claim, text in texts}


def _files(figure: str, drawn: Drawn, reader: Reader) -> list[Component]:
    path = f"/api/v1/figures/{figure}/inputs{reader.address(drawn.pinned)}"
    return [html.A(form.upper(), href=f"{path}&format={form}") for form in ("csv", "json")]
