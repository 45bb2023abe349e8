"""Rank history and top chart as JSON or CSV, with the parameters of the pages' addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, HTTPException, Query, Request, Response

from dashboard.api.frames import answer
from dashboard.desk import Desk
from dashboard.selection import MOST_FRONTS, Selection, nearest_chart, nearest_charts, read_selection
from essor.model.apps import App
from essor.model.charts import Chart
from essor.model.observation import State
from warehouse.connection import Cursor
from warehouse.reads import charts

router = APIRouter(prefix="/api/v1", tags=["figures"])
Form = Annotated[str, Query(alias="format", pattern="^(json|csv)$", description="json or csv")]


@router.get("/rank-history")
def rank_history(request: Request, form: Form = "json") -> Response:
    """What each look at a chart said of each app; parameters: apps, store, country, chart, category, from, to.

    Several storefronts, ``country=fr,de``, are answered together, with a column that names each.
    """
    at, selection = _asked(request)
    with at.cursor(selection) as cursor:
        first, *more = _charts(at, cursor, selection)
        if not more:
            return answer(history(at, cursor, first, selection), form, f"rank-history-{_slug(first)}",
                          _about(first, cursor))  # fmt: skip
        found = {chart.country: history(at, cursor, chart, selection) for chart in (first, *more)}
        return answer(of_fronts(found, at.chosen_apps(selection)), form, f"rank-history-{_slug(first, *more)}",
                      _about(first, cursor, *more))  # fmt: skip


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


def of_fronts(histories: Mapping[str, pl.DataFrame], apps: Sequence[App]) -> pl.DataFrame:
    """The rank histories of several storefronts in one frame, their country first.

    Where nobody looked there is one row an app that says so, without a moment.
    """
    never = pl.DataFrame({"app": [app.slug for app in apps], "state": State.NOT_OBSERVED.value})
    told = [
        (frame if frame.height else never).select(pl.lit(country).alias("country"), pl.all())
        for country, frame in histories.items()
    ]
    columns = next(iter(histories.values())).schema
    return pl.concat([pl.DataFrame(schema={"country": pl.String(), **columns}), *told], how="diagonal")


def _start(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None


def _end(day: date | None) -> datetime | None:
    return datetime.combine(day + timedelta(days=1), time(), UTC) if day else None


def _asked(request: Request) -> tuple[Desk, Selection]:
    query: Mapping[str, object] = dict(request.query_params)
    return request.app.state.desk, read_selection(query)


def _charts(at: Desk, cursor: Cursor, selection: Selection) -> tuple[Chart, ...]:
    """The chart asked for in each storefront named, at most as many as a figure draws."""
    if len(selection.countries) > MOST_FRONTS:
        raise HTTPException(422, f"At most {MOST_FRONTS} storefronts are answered at once; {len(selection.countries)}"
                                 " were asked for.")  # fmt: skip
    if not selection.beside:
        return (_chart(at, cursor, selection),)
    found = nearest_charts(selection, at.charts(cursor))
    if not found:
        raise HTTPException(404, "Nothing was observed yet. Run `essor import history` or `essor crawl charts`.")
    if selection.category not in (None, found[0].category):
        raise HTTPException(404, f"This chart was never observed; the nearest one is {found[0]}.")
    return found


def _chart(at: Desk, cursor: Cursor, selection: Selection) -> Chart:
    chart = nearest_chart(selection, at.charts(cursor))
    if chart is None:
        raise HTTPException(404, "Nothing was observed yet. Run `essor import history` or `essor crawl charts`.")
    wanted = (selection.country, selection.category)
    if any(value and value != got for value, got in zip(wanted, (chart.country, chart.category), strict=True)):
        raise HTTPException(404, f"This chart was never observed; the nearest one is {chart}.")
    return chart


def _about(chart: Chart, cursor: Cursor, *more: Chart) -> dict[str, Any]:
    charts = {"charts": [str(one) for one in (chart, *more)]} if more else {"chart": str(chart)}
    return {**charts, "snapshot": cursor.snapshot.isoformat() if cursor.snapshot else None}


def _slug(chart: Chart, *more: Chart) -> str:
    fronts = "-".join(one.country for one in (chart, *more))
    return str(replace(chart, country=fronts)).replace("/", "-")
