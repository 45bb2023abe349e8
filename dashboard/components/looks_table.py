"""The table beside the rank figure: one row a look, one column an app, the days nobody looked among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import dash_ag_grid as dag
import polars as pl
from dash.development.base_component import Component

from dashboard.history import by_app, looks, missing_days
from dashboard.language import Language
from essor.model.apps import App
from essor.model.observation import State


def looks_table(element_id: str, filled: list[dict[str, Any]], heads: list[dict[str, Any]], say: Language) -> Component:
    """The grid with its `rows` and `columns`."""
    grid: Component = dag.AgGrid(
        id=element_id,
        rowData=filled,
        columnDefs=heads,
        defaultColDef={"sortable": True, "resizable": True, "suppressMovable": True, "filter": False, "wrapText": True},
        columnSize="responsiveSizeToFit",
        dashGridOptions={
            "localeText": grid_words(say),
            "theme": {"function": "themeEssor(themeQuartz)"},
            "domLayout": "normal",
            "ensureDomOrder": True,
            "suppressColumnVirtualisation": True,
            "enableCellTextSelection": True,
            "tooltipShowDelay": 300,
            "tabToNextCell": {"function": "false"},
            "tabToNextHeader": {"function": "false"},
        },
        className="grid",
        style={"height": 420, "width": "100%"},
    )
    return grid


def grid_words(say: Language) -> dict[str, str]:
    """The grid's own words."""
    return {
        "noRowsToShow": say("grid.none"),
        "loadingOoo": say("grid.loading"),
        "ariaSortableColumn": say("grid.sort"),
        "pinColumn": say("grid.pin"),
        "autosizeThisColumn": say("grid.autosize"),
        "autosizeAllColumns": say("grid.autosize_all"),
        "resetColumns": say("grid.reset"),
    }


def columns(apps: Sequence[App], say: Language, *, places: bool = False) -> list[dict[str, Any]]:
    """One column an app, between the moment and the way to the bytes; with `places` one that names the storefront."""
    told = {"valueFormatter": {"function": "params.data[params.colDef.field + '_told']"}}
    return [
        {"field": "moment", "headerName": say("table.moment"), "width": 216, "minWidth": 114, "sort": "desc", **told},
        *([{"field": "place", "headerName": say("filter.country"), "width": 120, "minWidth": 82}] if places else []),
        *(
            {
                "field": f"rank_{app.slug}",
                "headerName": app.name,
                "width": 118,
                "minWidth": 74,
                "type": "rightAligned",
                **told,
            }
            for app in apps
        ),
        {"field": "status", "headerName": say("table.status"), "width": 112, "minWidth": 90},
        {
            "field": "reading_id",
            "headerName": say("table.evidence"),
            "width": 96,
            "minWidth": 76,
            "sortable": False,
            "cellRenderer": "EvidenceLink",
            "cellRendererParams": {"text": say("table.evidence_link")},
        },
        {"field": "depth", "headerName": say("table.depth"), "width": 116, "minWidth": 96, "type": "rightAligned"},
        {"field": "source", "headerName": say("table.source"), "width": 236, "minWidth": 150},
    ]


def rows(frame: pl.DataFrame, apps: Sequence[App], say: Language, cadence: timedelta | None) -> list[dict[str, Any]]:
    """The rows: each look, and each day without one."""
    if frame.is_empty():
        return []
    seen = looks(frame)
    cells = {(row["observed_at"], row["app"]): row for row in by_app(frame).iter_rows(named=True)}
    filled = [_look(look, apps, cells, say) for look in seen.iter_rows(named=True)]
    unseen = missing_days(seen.filter("usable")["observed_at"].to_list(), cadence)
    tried = {look["observed_at"].date() for look in seen.iter_rows(named=True)}
    filled += [_unseen(day, apps, say) for day in unseen if day not in tried]
    return sorted(filled, key=lambda row: row["moment"], reverse=True)


def of_places(filled: Mapping[str, list[dict[str, Any]]], apps: Sequence[App], say: Language) -> list[dict[str, Any]]:
    """The `rows` of several storefronts by their names, in one list; one of them without rows says so in one."""
    told = [{**row, "place": place} for place, own in filled.items() for row in own or [_unseen(None, apps, say)]]
    return sorted(told, key=lambda row: row["moment"], reverse=True)


def _look(look: dict[str, Any], apps: Sequence[App], cells: dict[Any, dict[str, Any]], say: Language) -> dict[str, Any]:
    filled: dict[str, Any] = {
        "moment": look["observed_at"].isoformat(),
        "moment_told": say.moment(look["observed_at"]),
        "status": say(f"status.{look['status']}"),
        "depth": look["depth"] if look["usable"] else None,
        "source": say.optional(f"source.{look['source']}", look["source"]),
        "reading_id": look["reading_id"],
    }
    for app in apps:
        cell = cells.get((look["observed_at"], app.slug), {"state": State.NOT_OBSERVED.value, "rank": None, "depth": 0})
        filled |= {f"rank_{app.slug}": cell["rank"], f"rank_{app.slug}_told": _cell(cell, say)}
    return filled


def _cell(cell: dict[str, Any], say: Language) -> str:
    return say.number(cell["rank"]) if cell["rank"] is not None else say(f"cell.{cell['state']}")


def _unseen(day: date | None, apps: Sequence[App], say: Language) -> dict[str, Any]:
    """The row of a day on which nobody looked; of None where nobody ever did."""
    filled: dict[str, Any] = {
        "moment": day.isoformat() if day else "",
        "moment_told": say.short_day(day) if day else "–",
        "status": say("status.none"),
    }
    for app in apps:
        filled |= {f"rank_{app.slug}": None, f"rank_{app.slug}_told": say("cell.not_observed")}
    return filled
