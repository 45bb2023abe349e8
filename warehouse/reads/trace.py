"""From a figure on the screen back to the bytes that it came from."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from essor.model.errors import ArchiveError
from warehouse.connection import Cursor

PROBE_LINES = ".jsonl"
"""The ending of archived probe lines; every other archive is WARC."""


@dataclass(frozen=True, slots=True)
class ArchivedBody:
    """One archived answer as it lies in the archive."""

    http_status: int | None
    """The HTTP status; None for a line of an imported table."""
    headers: tuple[tuple[str, str], ...]
    """The HTTP headers."""
    raw: bytes
    """The body as it was sent."""
    decoded: bytes
    """The body after its Content-Encoding; the same as `raw` when there is none or it is broken."""
    sha256: str
    """SHA-256 of `raw`, hex."""
    matches: bool
    """Whether that is the hash that the reading carries."""


def trace(cursor: Cursor, reading_id: str) -> pl.DataFrame:
    """Where a reading comes from; no row when there is no such reading in this snapshot.

    Columns: reading_id, kind (charts, listings, reviews, signals or probes), store, country, device, collection
    (signals: the metric), category, app_id (listings; signals: the subject), status, message, observed_at, recorded_at,
    source, source_url, http_status, capture_file, capture_offset, sha256, parser_version, run_id, imported, run_kind,
    run_note. Of a probe: device is the GPU, collection the load (an engine case: batch x context), category the
    workload (the number format) and app_id the target (the model).
    """
    return cursor.frame(
        """
        WITH found AS (
            SELECT reading_id, 'charts' AS kind, store, country, device, collection, category, NULL AS app_id,
                   status, message, observed_at, recorded_at, source, source_url, http_status, capture_file,
                   capture_offset, sha256, parser_version, run_id, imported
            FROM chart_readings WHERE reading_id = $reading_id
            UNION ALL
            SELECT reading_id, 'listings', store, country, NULL, NULL, NULL, app_id,
                   status, message, observed_at, recorded_at, source, source_url, http_status, capture_file,
                   capture_offset, sha256, parser_version, run_id, imported
            FROM listing_readings WHERE reading_id = $reading_id
            UNION ALL
            SELECT reading_id, 'reviews', store, country, NULL, NULL, NULL, app_id,
                   status, message, observed_at, recorded_at, source, source_url, http_status, capture_file,
                   capture_offset, sha256, parser_version, run_id, imported
            FROM review_readings WHERE reading_id = $reading_id
            UNION ALL
            SELECT reading_id, 'signals', NULL, NULL, NULL, metric, NULL, subject,
                   status, message, observed_at, recorded_at, source, source_url, http_status, capture_file,
                   capture_offset, sha256, parser_version, run_id, imported
            FROM signal_readings WHERE reading_id = $reading_id
            UNION ALL
            SELECT reading_id, 'probes', NULL, NULL, gpu, load, workload, target,
                   outcome, message, observed_at, recorded_at, backend, source_url, http_status, capture_file,
                   capture_offset, sha256, parser_version, run_id, imported
            FROM probe_runs WHERE reading_id = $reading_id
            UNION ALL
            SELECT reading_id, 'probes', NULL, NULL, NULL, NULL, NULL, target,
                   outcome, message, observed_at, recorded_at, NULL, source_url, http_status, capture_file,
                   capture_offset, sha256, parser_version, run_id, imported
            FROM probe_samples WHERE reading_id = $reading_id
            UNION ALL
            SELECT reading_id, 'probes', NULL, NULL, gpu, format('{}x{}', batch, context), dtype, model,
                   outcome, message, observed_at, recorded_at, 'local_engine', source_url, http_status, capture_file,
                   capture_offset, sha256, parser_version, run_id, imported
            FROM engine_readings WHERE reading_id = $reading_id
        )
        SELECT f.*, r.kind AS run_kind, r.note AS run_note
        FROM found AS f LEFT JOIN runs AS r USING (run_id)
        """,
        reading_id=reading_id,
    )


def entries(cursor: Cursor, reading_id: str) -> pl.DataFrame:
    """The entries of a chart reading, by rank.

    Columns: rank, app_id, app (null when not followed), name, developer.
    """
    return cursor.frame(
        """
        SELECT rank, app_id, app, name, developer FROM chart_entries
        WHERE reading_id = $reading_id
          AND month = (SELECT month FROM chart_readings WHERE reading_id = $reading_id)
        ORDER BY rank
        """,
        reading_id=reading_id,
    )


def body(data_dir: Path, file: str, offset: int, sha256: str | None, *, imported: bool = False) -> ArchivedBody:
    """The archived answer at `offset` of `file` (below `data_dir`), checked against `sha256`.

    For an imported fact it is the table's line, whose hash is not the answer's: `matches` is then False, because the
    bytes of the answer itself are not held. Raises ArchiveError when nothing can be read there.
    """
    path = (data_dir / file).resolve()
    if not path.is_relative_to(data_dir.resolve()):
        raise ArchiveError(f"{file} lies outside the data folder.")
    if not path.exists():
        raise ArchiveError(f"{path} is gone. Restore it from a backup of the data folder's archive.")
    if imported:
        return _line(path, offset, None)
    return _line(path, offset, sha256) if path.suffix == PROBE_LINES else _record(path, offset, sha256)


def _line(path: Path, offset: int, sha256: str | None) -> ArchivedBody:
    with path.open("rb") as file:
        file.seek(offset)
        raw = file.readline()
    digest = hashlib.sha256(raw).hexdigest()
    return ArchivedBody(None, (), raw, raw, digest, matches=digest == sha256)


def _record(path: Path, offset: int, sha256: str | None) -> ArchivedBody:
    with path.open("rb") as file:
        file.seek(offset)
        try:
            record = next(iter(ArchiveIterator(file)))
            raw = record.raw_stream.read()
        except (StopIteration, ArchiveLoadFailed, EOFError, zlib.error, OSError) as error:
            raise ArchiveError(f"No WARC record can be read at byte {offset} of {path}: {error!r}.") from error
    headers = tuple(record.http_headers.headers) if record.http_headers else ()
    status = int(record.http_headers.get_statuscode()) if record.http_headers else None
    digest = hashlib.sha256(raw).hexdigest()
    return ArchivedBody(status, headers, raw, _decoded(raw, headers), digest, matches=digest == sha256)


def _decoded(raw: bytes, headers: tuple[tuple[str, str], ...]) -> bytes:
    encoding = next((value.lower() for name, value in headers if name.lower() == "content-encoding"), "")
    try:
        return gzip.decompress(raw) if encoding == "gzip" else raw
    except (OSError, EOFError, zlib.error):
        return raw
