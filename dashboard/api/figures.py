"""Rank history and top chart as JSON or CSV, with the parameters of the pages' addresses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, HTTPException, Query, Request, Response

from dashboard.api.frames import answer
from dashboard.desk import Desk
from dashboard.selection import Selection, nearest_chart, read_selection
from essor.model.charts import Chart
from warehouse.connection import Cursor
from warehouse.reads import charts

router = APIRouter(prefix="/api/v1", tags=["figures"])
Form = Annotated[str, Query(alias="format", pattern="^(json|csv)$", description="json or csv")]


@router.get("/rank-history")
def rank_history(request: Request, form: Form = "json") -> Response:
    """What each look at a chart said of each app; parameters: apps, store, country, chart, category, from, to."""
    at, selection = _asked(request)
    with at.cursor(selection) as cursor:
        chart = _chart(at, cursor, selection)
        frame = history(at, cursor, chart, selection)
        return answer(frame, form, f"rank-history-{_slug(chart)}", _about(chart, cursor))


@router.get("/top-chart")
def top_chart(request: Request, form: Form = "json") -> Response:
    """A chart as last seen at or before a moment; parameters: store, country, chart, category, at."""
    at, selection = _asked(request)
    with at.cursor(selection) as cursor:
        chart = _chart(at, cursor, selection)
        frame = charts.top_chart(cursor, chart, selection.at)
        return answer(frame, form, f"top-chart-{_slug(chart)}", _about(chart, cursor))


def history(at: Desk, cursor: Cursor, chart: Chart, selection: Selection, *, daily: bool = False) -> pl.DataFrame:
    """The rank history that a selection asks for, both its days included; with `daily` one look a day."""
    ids = tuple(key.app_id for app in at.chosen_apps(selection) for key in app.store_ids if key.store == chart.store)
    days = _start(selection.since), _end(selection.until)
    frame = at.ask(cursor, charts.rank_history, chart, ids, *days, daily=daily)
    return frame.filter(pl.col("app").is_not_null())


def _start(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None


def _end(day: date | None) -> datetime | None:
    return datetime.combine(day + timedelta(days=1), time(), UTC) if day else None


def _asked(request: Request) -> tuple[Desk, Selection]:
    query: Mapping[str, object] = dict(request.query_params)
    return request.app.state.desk, read_selection(query)


def _chart(at: Desk, cursor: Cursor, selection: Selection) -> Chart:
    chart = nearest_chart(selection, at.charts(cursor))
    if chart is None:
        raise HTTPException(404, "Nothing was observed yet. Run `essor import history` or `essor crawl charts`.")
    wanted = (selection.country, selection.category)
    if any(value and value != got for value, got in zip(wanted, (chart.country, chart.category), strict=True)):
        raise HTTPException(404, f"This chart was never observed; the nearest one is {chart}.")
    return chart


def _about(chart: Chart, cursor: Cursor) -> dict[str, Any]:
    return {"chart": str(chart), "snapshot": cursor.snapshot.isoformat() if cursor.snapshot else None}


def _slug(chart: Chart) -> str:
    return str(chart).replace("/", "-")
