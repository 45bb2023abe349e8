"""The row of choices above every figure, in the same order on every page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, html
from dash.development.base_component import Component

from dashboard.language import Language
from dashboard.selection import Selection, collection_key
from essor.model.apps import App
from essor.model.charts import Chart

PERIODS = {"7": 7, "30": 30, "90": 90, "365": 365}
"""The periods on offer, days before the newest look."""
LONG = timedelta(days=120)
"""What was observed for longer than this is first shown by its last 90 days."""
ALL = "all"
"""The period of everything observed."""
OWN = "own"
"""The period whose two days the reader chooses."""
CHART_FIELDS = ("store", "country", "collection", "category")


@dataclass(frozen=True, slots=True)
class Period:
    """What the choice of period says."""

    name: str
    """One of `period_options`."""
    since: str | None
    """The first day of a period of one's own."""
    until: str | None
    """Its last day."""

    def of(self, selection: Selection, span: tuple[date, date]) -> Selection:
        """The selection with the days that this means."""
        since, until = days_of(self.name, span, self.since, self.until)
        return replace(selection, since=since, until=until)


def chart_filters(page: str, chart: Chart, known: Mapping[Chart, int], say: Language) -> list[Component]:
    """The pickers of store, storefront, chart and category, showing `chart`."""
    options, values = chart_options(chart, known, say), chart_values(chart)
    return [
        _select(page, field, say(f"filter.{field}"), options[field], values[field], hidden=_alone(field, options))
        for field in CHART_FIELDS
    ]


def _alone(field: str, options: Mapping[str, Sequence[object]]) -> bool:
    return field == "store" and len(options["store"]) == 1


def app_filter(page: str, apps: Sequence[App], picked: Sequence[App], say: Language) -> Component:
    """The picker of apps; the first one picked is in focus."""
    picker = dmc.MultiSelect(
        id=f"{page}-apps",
        label=say("filter.apps"),
        data=[{"value": app.slug, "label": app.name} for app in apps],
        value=[app.slug for app in picked],
        searchable=True,
        nothingFoundMessage=say("filter.nothing"),
        hidePickedOptions=True,
        comboboxProps={"withinPortal": True, "shadow": "md"},
    )
    return html.Div(picker, className="filter filter-apps")


def period_filter(page: str, selection: Selection, span: tuple[date, date], say: Language) -> list[Component]:
    """The picker of a period, and the two days of a period of one's own."""
    return [
        _select(page, "period", say("filter.period"), period_options(say), period_of(selection, span)),
        _day(page, "from", selection.since or span[0], say),
        _day(page, "to", selection.until or span[1], say),
    ]


def period_options(say: Language) -> list[dict[str, str]]:
    """The periods on offer."""
    return [
        *({"value": key, "label": say(f"period.{key}")} for key in PERIODS),
        {"value": ALL, "label": say("period.all")},
        {"value": OWN, "label": say("period.own")},
    ]


def period_of(selection: Selection, span: tuple[date, date]) -> str:
    """Which of the periods the selection's days make up."""
    if selection.until is not None or selection.since is None:
        return OWN if selection.until is not None else ALL
    if selection.since <= span[0]:
        return ALL
    days = (span[1] - selection.since).days
    return next((key for key, length in PERIODS.items() if length == days), OWN)


def days_of(
    period: str, span: tuple[date, date], since: str | None, until: str | None
) -> tuple[date | None, date | None]:
    """The first and last day that a choice of period means; `span` is what was ever observed."""
    if period in PERIODS:
        return span[1] - timedelta(days=PERIODS[period]), None
    return (_read(since) or span[0], _read(until) or span[1]) if period == OWN else (span[0], None)


def with_period(selection: Selection, span: tuple[date, date]) -> Selection:
    """The selection with days: where it names none, everything, or the last 90 days of something long."""
    if selection.since is not None or selection.until is not None:
        return selection
    long = span[1] - span[0] > LONG
    return replace(selection, since=span[1] - timedelta(days=PERIODS["90"]) if long else span[0])


def _read(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _select(
    page: str, field: str, label: str, options: list[dict[str, str]], value: str | None, *, hidden: bool = False
) -> Component:
    picker: Component = dmc.Select(
        id=f"{page}-{field}",
        label=label,
        data=options,
        value=value,
        allowDeselect=False,
        searchable=field in ("country", "category", "at"),
        className=f"filter filter-{field}",
        display="none" if hidden else None,
        comboboxProps={"withinPortal": True, "shadow": "md"},
        maxDropdownHeight=320,
    )
    return picker


def _day(page: str, field: str, value: date, say: Language) -> Component:
    field_of_day: Component = dmc.TextInput(
        id=f"{page}-{field}",
        label=say(f"filter.{field}"),
        value=value.isoformat(),
        attributes={"input": {"type": "date"}},
        className="filter filter-day",
        debounce=400,
    )
    return field_of_day


def moment_filter(page: str, moments: list[dict[str, str]], value: str | None, say: Language) -> Component:
    """The picker of a moment."""
    return _select(page, "at", say("filter.at"), moments, value)


def row(page: str, items: Sequence[Component], *, own_days: bool = False) -> html.Div:
    """The row itself, which stays in sight."""
    return html.Div(list(items), id=f"{page}-row", className=row_class(own_days=own_days), role="group")


def row_class(*, own_days: bool) -> str:
    """The row's class; the two days show only where a period of one's own is chosen."""
    return "filters own-days" if own_days else "filters"


def chart_options(chart: Chart, known: Mapping[Chart, int], say: Language) -> dict[str, list[dict[str, str]]]:
    """What can be picked beside `chart`: each field's values given the fields before it."""
    in_store = [other for other in known if other.store == chart.store]
    in_country = [other for other in in_store if other.country == chart.country]
    alike = [other for other in in_country if collection_key(other) == collection_key(chart)]
    return {
        "store": _options({other.store.value: say(f"store.{other.store}") for other in known}),
        "country": _options({other.country: say.country(other.country) for other in in_store}),
        "collection": _options({collection_key(other): say(f"chart.{collection_key(other)}") for other in in_country}),
        "category": _options({other.category: say.category(other.category) for other in alike}),
    }


def _options(labels: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"value": value, "label": label} for value, label in sorted(labels.items(), key=lambda item: item[1].casefold())
    ]


def chart_values(chart: Chart) -> dict[str, str]:
    """The values that the pickers show for a chart."""
    return {
        "store": chart.store.value,
        "country": chart.country,
        "collection": collection_key(chart),
        "category": chart.category,
    }


def chart_inputs(page: str) -> dict[str, Input]:
    """The pickers' values as a callback's inputs."""
    return {field: Input(f"{page}-{field}", "value") for field in CHART_FIELDS}


def chart_outputs(page: str) -> dict[str, dict[str, Output]]:
    """The pickers' options and values as a callback's outputs."""
    return {
        kind: {field: Output(f"{page}-{field}", prop) for field in CHART_FIELDS}
        for kind, prop in (("options", "data"), ("values", "value"))
    }


def shown(chart: Chart, known: Mapping[Chart, int], say: Language) -> dict[str, Any]:
    """What `chart_outputs` take for a chart."""
    return {"options": chart_options(chart, known, say), "values": chart_values(chart)}


def with_chart(selection: Selection, picked: Mapping[str, str]) -> Selection:
    """The selection with what the pickers say."""
    return replace(selection, **picked)  # type: ignore[arg-type]
