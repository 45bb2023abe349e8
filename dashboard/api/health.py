"""Whether the dashboard answers, and how fresh its figures are."""

from __future__ import annotations

import dash
from fastapi import APIRouter, Request, Response

from dashboard.api.frames import answer
from dashboard.desk import Desk
from warehouse.reads import health

router = APIRouter(prefix="/api/v1", tags=["health"])


@router.get("/health")
def freshness(request: Request) -> Response:
    """The freshness of every source and storefront, and the last complete load."""
    at: Desk = request.app.state.desk
    with at.warehouse.cursor() as cursor:
        about = {"now": at.now().isoformat(), "snapshot": cursor.snapshot.isoformat() if cursor.snapshot else None}
        return answer(health.freshness(cursor), "json", "freshness", about)


@router.get("/pages")
def pages() -> dict[str, list[str]]:
    """The addresses of the pages in the menu."""
    return {"pages": [str(page["relative_path"]) for page in dash.page_registry.values() if page.get("menu")]}
