"""The row of choices above every figure, in the same order on every page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, html, no_update
from dash.development.base_component import Component

from dashboard.language import Language
from dashboard.selection import MOST_FRONTS, Selection, collection_key
from essor.model.apps import App
from essor.model.charts import Chart

PERIODS = {"7": 7, "30": 30, "90": 90, "365": 365}
"""The periods on offer, days before the newest look."""
FIRST_PERIOD = "90"
"""The period shown where the address says nothing: the newest days, not a lone look of years ago."""
ALL = "all"
"""The period of everything observed."""
OWN = "own"
"""The period whose two days the reader chooses."""
FOUND = {"function": "found"}
"""How the browser looks for what is typed, in assets/essor.js."""
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
        return rolling(replace(selection, since=since, until=until, last=None), span)


def chart_filters(
    page: str, chart: Chart, known: Mapping[Chart, int], say: Language, *, countries: Sequence[str] = ()
) -> list[Component]:
    """The pickers of store, storefront, chart and category, showing `chart`.

    With `countries` several storefronts can be picked, and these are.
    """
    options, values = chart_options(chart, known, say, countries), chart_values(chart)
    pickers = {
        field: _select(
            page, field, say(f"filter.{field}"), options[field], values[field], hidden=_alone(field, options)
        )
        for field in CHART_FIELDS
    }
    if countries:
        pickers["country"] = _countries(page, options["country"], countries, say)
    return list(pickers.values())


def _countries(page: str, options: list[dict[str, str]], picked: Sequence[str], say: Language) -> Component:
    picker = dmc.MultiSelect(
        id=f"{page}-country",
        label=say("filter.country"),
        data=options,
        value=list(picked),
        maxValues=MOST_FRONTS,
        searchable=True,
        filter=FOUND,
        selectFirstOptionOnChange=True,
        hidePickedOptions=True,
        comboboxProps={"withinPortal": True, "shadow": "md"},
        maxDropdownHeight=320,
    )
    return html.Div(picker, className="filter filter-countries")


def _alone(field: str, options: Mapping[str, Sequence[object]]) -> bool:
    return field == "store" and len(options["store"]) == 1


def app_filter(page: str, apps: Sequence[App], picked: Sequence[App], say: Language) -> Component:
    """The picker of apps; the first one picked is in focus."""
    picker = dmc.MultiSelect(
        id=f"{page}-apps",
        label=say("filter.apps"),
        data=[{"value": app.slug, "label": app.name} for app in apps],
        value=[app.slug for app in picked],
        placeholder=None if picked else say("filter.all_apps"),
        searchable=True,
        filter=FOUND,
        selectFirstOptionOnChange=True,
        nothingFoundMessage=say("filter.nothing"),
        hidePickedOptions=True,
        comboboxProps={"withinPortal": True, "shadow": "md"},
    )
    return html.Div(picker, className="filter filter-apps")


def one_app_filter(page: str, apps: Sequence[App], picked: App, say: Language) -> Component:
    """The picker of one app."""
    options = [{"value": app.slug, "label": app.name} for app in apps]
    return _select(page, "apps", say("filter.app"), options, picked.slug)


def pick(
    page: str,
    field: str,
    options: Mapping[str, str],
    value: str | None,
    say: Language,
    *,
    label: str | None = None,
    hidden: bool = False,
) -> Component:
    """A picker of anything else: `options` are values and their labels; its own label is the translation `label`,
    `filter.FIELD` without it. Where there is but one store it is not shown, nor where it is `hidden`.
    """
    found = [{"value": key, "label": text} for key, text in options.items()]
    named = say(label or f"filter.{field}")
    return _select(page, field, named, found, value, hidden=hidden or (field == "store" and len(found) == 1))


def picked_inputs(page: str, fields: Sequence[str]) -> dict[str, Input]:
    """The values of some pickers as a callback's inputs."""
    return {field: Input(f"{page}-{field}", "value") for field in fields}


def with_picked(selection: Selection, picked: Mapping[str, Any]) -> Selection:
    """The selection with what some pickers say; an app picker says one slug or several, a storefront's says one."""
    given = {**picked, **({"beside": ()} if "country" in picked else {})}
    if "apps" in given:
        slugs = given["apps"] or ()
        given["apps"] = (slugs,) if isinstance(slugs, str) else tuple(slugs)
    return replace(selection, **given)


def period_inputs(page: str) -> dict[str, Input]:
    """The choice of a period as a callback's inputs, for `Period`."""
    return {
        name: Input(f"{page}-{field}", "value")
        for name, field in (("name", "period"), ("since", "from"), ("until", "to"))
    }


def day_outputs(page: str) -> dict[str, Output]:
    """The two days of a period of one's own as a callback's outputs."""
    return {"since": Output(f"{page}-from", "value"), "until": Output(f"{page}-to", "value")}


def day_values(period: str, selection: Selection, span: tuple[date, date]) -> dict[str, Any]:
    """What `day_outputs` take: the days shown, from which a period of one's own begins; what is typed there stays."""
    if period == OWN:
        return {"since": no_update, "until": no_update}
    since, until = selection.since or span[0], selection.until or span[1]
    return {"since": since.isoformat(), "until": until.isoformat()}


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
    """The selection with days: where it names none, the last 90 days observed."""
    named = (selection.since, selection.until, selection.last) != (None, None, None)
    return rolling(selection if named else replace(selection, last=PERIODS[FIRST_PERIOD]), span)


def rolling(selection: Selection, span: tuple[date, date]) -> Selection:
    """The selection with its first day where it says so many last days, and the other way round.

    `since` is what is shown; `last` lets a live embed move on with the data (`Drawn.live`).
    """
    if selection.last and selection.since is None:
        return replace(selection, since=max(span[0], span[1] - timedelta(days=selection.last)), until=None)
    length = (span[1] - selection.since).days if selection.since and not selection.until else None
    return replace(selection, last=selection.last or (length if length in PERIODS.values() else None))


def _read(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _select(
    page: str, field: str, label: str, options: list[dict[str, str]], value: str | None, *, hidden: bool = False
) -> Component:
    searchable = field in ("country", "category", "at")
    picker: Component = dmc.Select(
        id=f"{page}-{field}",
        label=label,
        data=options,
        value=value,
        allowDeselect=False,
        searchable=searchable,
        filter=FOUND,
        selectFirstOptionOnChange=searchable,
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


def shown_with(page: str, selection: Selection, say: Language) -> list[Component]:
    """What can be drawn with a figure or left out: dated events, and a line over the gaps."""
    choices = {"events": selection.events, "gaps": selection.bridged}
    return [
        dmc.Checkbox(id=f"{page}-show-{kind}", label=say(f"show.{kind}"), checked=on, size="xs")
        for kind, on in choices.items()
    ]


def shown_inputs(page: str) -> dict[str, Input]:
    """The same as a callback's inputs, by the selection's fields."""
    return {"events": Input(f"{page}-show-events", "checked"), "bridged": Input(f"{page}-show-gaps", "checked")}


def row(page: str, items: Sequence[Component], *, own_days: bool = False) -> html.Div:
    """The row itself, which stays in sight."""
    return html.Div(list(items), id=f"{page}-row", className=row_class(own_days=own_days), role="group")


def row_class(*, own_days: bool) -> str:
    """The row's class; the two days show only where a period of one's own is chosen."""
    return "filters own-days" if own_days else "filters"


def chart_options(
    chart: Chart, known: Mapping[Chart, int], say: Language, countries: Sequence[str] = ()
) -> dict[str, list[dict[str, str]]]:
    """What can be picked beside `chart`: each field's values given the fields before it.

    Of several `countries` what one of them has is on offer, and each of them, seen or not.
    """
    shown = {replace(chart, country=country): 0 for country in countries}
    in_store = [other for other in (*known, *shown) if other.store == chart.store]
    in_country = [other for other in in_store if other.country in (countries or (chart.country,))]
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


def shown(chart: Chart, known: Mapping[Chart, int], say: Language, *, countries: Sequence[str] = ()) -> dict[str, Any]:
    """What `chart_outputs` take for a chart; with `countries` for `chart_filters` that pick several."""
    values: dict[str, Any] = {**chart_values(chart), **({"country": list(countries)} if countries else {})}
    return {"options": chart_options(chart, known, say, countries), "values": values}


def with_chart(selection: Selection, picked: Mapping[str, Any]) -> Selection:
    """The selection with what the pickers say; one storefront, or a list of them."""
    country = picked["country"]
    first, *beside = [country] if isinstance(country, str) else country or [None]
    return replace(selection, **{**picked, "country": first, "beside": tuple(beside)})
