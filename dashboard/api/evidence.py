"""Where a reading comes from, and its archived bytes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request, Response

from dashboard.api.frames import NO_GUESSING, answer
from dashboard.desk import Desk
from essor.model.errors import ArchiveError
from warehouse.connection import Cursor
from warehouse.reads import trace

router = APIRouter(tags=["evidence"])
ReadingId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]
NEVER_A_PAGE = {**NO_GUESSING, "Content-Security-Policy": "default-src 'none'; sandbox"}
"""The bytes are a stranger's: kept, handed out, never shown as a page of ours."""


@router.get("/api/v1/evidence/{reading_id}")
def evidence(request: Request, reading_id: ReadingId) -> Response:
    """The reading, its source, its place in the archive."""
    at: Desk = request.app.state.desk
    with at.warehouse.cursor() as cursor:
        about = {"snapshot": cursor.snapshot.isoformat() if cursor.snapshot else None}
        _row(cursor, reading_id)
        return answer(trace.trace(cursor, reading_id), "json", reading_id, about)


@router.get("/evidence/{reading_id}/body")
def body(request: Request, reading_id: ReadingId, *, decoded: bool = False) -> Response:
    """The archived body as it was sent (what the SHA-256 is of) or decoded; for an imported fact the table's line."""
    at: Desk = request.app.state.desk
    with at.warehouse.cursor() as cursor:
        row = _row(cursor, reading_id)
    if row["capture_file"] is None or row["capture_offset"] is None:
        raise HTTPException(404, "No bytes came with this reading.")
    try:
        found = trace.body(
            at.settings.data_dir,
            row["capture_file"],
            row["capture_offset"],
            row["sha256"],
            imported=bool(row["imported"]),
        )
    except ArchiveError as error:
        raise HTTPException(404, str(error)) from error
    return _file(found.decoded if decoded else found.raw, found.sha256, reading_id)


def _file(content: bytes, sha256: str, reading_id: str) -> Response:
    headers = {
        **NEVER_A_PAGE,
        "Content-Disposition": f'attachment; filename="{reading_id}.{_ending(content)}"',
        "X-Archived-SHA256": sha256,
    }
    return Response(content, media_type=_media_type(content), headers=headers)


def _ending(content: bytes) -> str:
    return "gz" if content[:2] == b"\x1f\x8b" else "txt"


def _media_type(content: bytes) -> str:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain; charset=utf-8"


def _row(cursor: Cursor, reading_id: str) -> dict[str, Any]:
    found = trace.trace(cursor, reading_id)
    if found.is_empty():
        raise HTTPException(
            404, "There is no such reading. Its id has 16 hexadecimal digits, as `essor trace` prints it."
        )
    return found.row(0, named=True)
