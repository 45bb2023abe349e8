"""Which app, store and storefront a page shows, where the address leaves them open or names one without figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from dashboard.desk import FIRST_APPS
from dashboard.language import Language
from dashboard.selection import FIRST_COUNTRY, Selection
from essor.model.apps import App


def placed(selection: Selection, offered: pl.DataFrame, weight: str) -> Selection:
    """The selection with a store and storefront of `offered` (columns store, country and `weight`).

    What it names is kept where it is on offer; else the reader's own, else France, else where the apps named, or
    all, have most `weight`.
    """
    named = offered.filter(pl.col("app").is_in(list(selection.apps)))
    rows = (named if named.height else offered).group_by("store", "country").agg(pl.col(weight).sum())
    ordered = sorted(rows.iter_rows(named=True), key=lambda row: _agreement(selection, row, weight))
    of_each = {str(row["country"]): row for row in ordered}
    home = selection.home({country: row[weight] for country, row in of_each.items()})
    best = of_each[home] if home else next(reversed(ordered), None)
    return replace(selection, store=best["store"], country=best["country"], beside=()) if best else selection


def _agreement(selection: Selection, row: dict[str, object], weight: str) -> tuple[object, ...]:
    wanted = (row["store"] == selection.store, row["country"] == selection.country)
    return (*wanted, row["country"] == FIRST_COUNTRY, row[weight], str(row["country"]))


def with_apps(selection: Selection, apps: Sequence[App], offered: pl.DataFrame, most: int = 3) -> Selection:
    """The selection with apps: those it names, else up to `most` that have figures, the usual first ones first."""
    known = {app.slug for app in apps}
    named = tuple(slug for slug in dict.fromkeys(selection.apps) if slug in known)
    if named:
        return replace(selection, apps=named)
    present = [app.slug for app in apps if app.slug in set(offered["app"])]
    order = sorted(present, key=lambda slug: (slug not in FIRST_APPS, present.index(slug)))
    return replace(selection, apps=tuple(order[:most]))


def options(offered: pl.DataFrame, say: Language) -> dict[str, dict[str, str]]:
    """What the pickers of store and storefront offer, by name."""
    stores = {store: say(f"store.{store}") for store in offered["store"].unique()}
    countries = {country: say.country(country) for country in offered["country"].unique()}
    return {"store": _by_name(stores), "country": _by_name(countries)}


def _by_name(labels: dict[str, str]) -> dict[str, str]:
    return dict(sorted(labels.items(), key=lambda item: item[1].casefold()))
