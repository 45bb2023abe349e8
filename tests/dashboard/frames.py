"""Frames as the warehouse's reads give them, for tests of figures and words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from essor.model.apps import App, all_apps

SCHEMA = {
    "observed_at": pl.Datetime("us", "UTC"), "app_id": pl.String, "app": pl.String, "state": pl.String,
    "rank": pl.Int16, "depth": pl.Int16, "status": pl.String, "message": pl.String, "source": pl.String,
    "imported": pl.Boolean, "reading_id": pl.String,
}  # fmt: skip
START = datetime(2026, 9, 16, 15, tzinfo=UTC)
Seen = int | None | str


def apps(*slugs: str) -> list[App]:
    """These apps of the watch list, in this order."""
    known = {app.slug: app for app in all_apps()}
    return [known[slug] for slug in slugs]


def history(slug: str, seen: Sequence[tuple[float, Seen]], depth: int = 98) -> pl.DataFrame:
    """A rank history: pairs of days after `START` and a rank, None for absent, or the status of an unusable look."""
    rows = [_row(slug, START + timedelta(days=days), what, depth) for days, what in seen]
    return pl.DataFrame(rows, schema=SCHEMA)


def _row(slug: str, at: datetime, what: Seen, depth: int) -> dict[str, Any]:
    status = what if isinstance(what, str) else "complete"
    rank = what if isinstance(what, int) else None
    state = "ranked" if rank is not None else "absent" if status == "complete" else status
    return {
        "observed_at": at, "app_id": f"id-{slug}", "app": slug, "state": state, "rank": rank, "depth": depth,
        "status": status, "message": None, "source": "apple_legacy_rss", "imported": False,
        "reading_id": f"{int(at.timestamp()):016x}",
    }  # fmt: skip
