"""Every answer as it came, in WARC 1.1: one gzip file a run, one member a record."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self
from urllib.parse import quote, unquote

from warcio.archiveiterator import WARCIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordbuilder import RecordBuilder
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawlers.answers import Answer
from essor.model.errors import ArchiveError
from essor.model.observation import Capture

FOLDER = "archive"
"""Its place in the data folder."""
GZIP_LEVEL = 6
"""The stores' answers come gzipped, and no level makes those smaller. Of 392 plain feeds of 63 kB, level 1 makes 6,365
bytes each in 0.2 ms, level 6 makes 5,849 in 0.5 ms, level 9 makes 5,870 in 0.8 ms."""

_NOTES = {"redacted": "X-Redacted", "withheld": "X-Withheld"}
"""What a record says of a body that is not as it was sent, by the field of `Answer`."""
_MICROSECONDS = "%Y-%m-%dT%H:%M:%S.%fZ"


class Archive:
    """The WARC file of one run, written record by record; each reaches the system in one write."""

    def __init__(self, data_dir: Path, run_id: str, about: Mapping[str, str] | None = None) -> None:
        self.file = f"{FOLDER}/{run_id}.warc.gz"
        """Its path relative to the data folder."""
        self._path = data_dir / self.file
        self._about = {"software": "essor", "format": "WARC File Format 1.1", "isPartOf": run_id, **(about or {})}
        self._out: int | None = None
        self._offset = 0

    def keep(self, answer: Answer) -> Capture:
        """Writes the answer and says where it is."""
        if self._out is None:
            self._open()
        return capture_at(answer, self.file, self._write(_response_record(answer)))

    def close(self) -> None:
        """Writes through to the disk; a run that kept nothing has no file."""
        if self._out is not None:
            os.fsync(self._out)
            os.close(self._out)
            self._out = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._out = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        self._write(RecordBuilder(warc_version="1.1").create_warcinfo_record(self._path.name, self._about))

    def _write(self, record: Any) -> int:  # noqa: ANN401 - warcio has no types
        """Writes one member and says where it begins; no reading may point at a record that the disk cut."""
        plain = BytesIO()
        WARCWriter(plain, gzip=False, warc_version="1.1").write_record(record)
        compressor = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS + 16)
        member = compressor.compress(plain.getbuffer()) + compressor.flush()
        offset = self._offset
        if self._out is None:
            raise ArchiveError(f"{self._path} is closed.")
        if os.write(self._out, member) != len(member):
            os.ftruncate(self._out, offset)
            raise ArchiveError(f"{self._path} cannot be written on: is the disk full?")
        self._offset += len(member)
        return offset


def _response_record(answer: Answer) -> Any:  # noqa: ANN401 - warcio has no types
    digest = "sha256:" + base64.b32encode(hashlib.sha256(answer.body).digest()).decode().rstrip("=")
    about = {"WARC-Date": answer.observed_at.astimezone(UTC).strftime(_MICROSECONDS), "WARC-Payload-Digest": digest}
    if answer.cut:
        about["WARC-Truncated"] = "disconnect"
    about |= {head: _one_line(value) for name, head in _NOTES.items() if (value := getattr(answer, name)) is not None}
    http = StatusAndHeaders(_status_line(answer.http_status), list(answer.headers), protocol="HTTP/1.1")
    return RecordBuilder(warc_version="1.1").create_warc_record(
        answer.url,
        "response",
        payload=BytesIO(answer.body),
        length=len(answer.body),
        warc_headers_dict=about,
        http_headers=http,
    )


def _one_line(text: str) -> str:
    return quote(text, safe=" /:;,.()'-_|[]{}<>=+&?!#@*")


def _status_line(status: int) -> str:
    known = status in HTTPStatus.__members__.values()
    return f"{status} {HTTPStatus(status).phrase if known else 'Unknown'}"


def read_archive(path: Path) -> Iterator[tuple[Answer, int]]:
    """Every whole HTTP response of a WARC file, ours or another tool's, with the offset of its record.

    Raises ArchiveError for a file that is no WARC, and after the last whole record when it goes on otherwise.
    """
    require_warc(path)
    end, size = whole_length(path), path.stat().st_size
    with path.open("rb") as file:
        records = WARCIterator(_UpTo(file, end))
        try:
            for record in records:
                answer = _answer(record)
                offset = records.get_record_offset()
                if answer is not None:
                    yield answer, offset
        except ArchiveLoadFailed as error:  # its words hold the bytes that stand there
            at = records.get_record_offset()
            raise ArchiveError(
                f"{path} cannot be read on after its record at byte {at:,}: what follows is no WARC record, or is not"
                " compressed by itself. What came before is whole."
            ) from error
        except (EOFError, ValueError, AttributeError) as error:  # the last is warcio's, for a record without an address
            raise ArchiveError(f"{path} cannot be read on: {error}. What came before is whole.") from error
    if end < size:
        raise ArchiveError(f"{path} is cut short: {size - end:,} bytes follow its last whole record.")


def require_warc(path: Path) -> None:
    """Raises ArchiveError for a file that does not begin as a WARC file does."""
    with path.open("rb") as file:
        begin = file.read(1024)
    if begin.startswith(_GZIP_MAGIC):
        try:
            begin = zlib.decompressobj(zlib.MAX_WBITS + 16).decompress(begin, len(_WARC))
        except zlib.error:
            begin = b""
    if not begin.startswith(_WARC):
        raise ArchiveError(f"{path} is no WARC file: give one, such as data/archive/*.warc.gz.")


_GZIP_MAGIC, _WARC = b"\x1f\x8b", b"WARC/"


class _UpTo:
    """A file as far as it is whole: warcio would take a cut member for a short record."""

    def __init__(self, file: BinaryIO, end: int) -> None:
        self._file = file
        self._end = end

    def read(self, size: int = -1) -> bytes:
        left = self._end - self._file.tell()
        return self._file.read(left if size < 0 else min(size, left))

    def tell(self) -> int:
        return self._file.tell()


def read_capture(path: Path, offset: int, sha256: str) -> Answer:
    """The answer of one record. Raises ArchiveError when it is not there or its bytes are not those."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            answer = _answer(next(iter(WARCIterator(file))))
    except (OSError, StopIteration, ArchiveLoadFailed, EOFError, ValueError, AttributeError, zlib.error) as error:
        why = "no WARC record stands there" if isinstance(error, ArchiveLoadFailed) else error
        raise ArchiveError(f"{path} has no readable record at {offset}: {why}") from error
    if answer is None or hashlib.sha256(answer.body).hexdigest() != sha256:
        raise ArchiveError(f"{path} at {offset} does not hold the bytes with SHA-256 {sha256}.")
    return answer


def capture_at(answer: Answer, file: str, offset: int) -> Capture:
    """The capture of an answer that was read back; `file` is relative to the data folder."""
    sha256 = hashlib.sha256(answer.body).hexdigest()
    return Capture(answer.url, answer.observed_at, answer.http_status, file, offset, sha256)


def whole_length(path: Path) -> int:
    """How many bytes of a file of gzip members are whole members; a plain file counts as whole."""
    with path.open("rb") as file:
        if file.read(2) != _GZIP_MAGIC:
            return path.stat().st_size
        file.seek(0)
        return _whole_members(file)


def _whole_members(file: BinaryIO) -> int:
    end, read, rest = 0, 0, b""
    inflater = zlib.decompressobj(zlib.MAX_WBITS + 16)
    while chunk := rest or file.read(1 << 20):
        read += 0 if rest else len(chunk)
        try:
            inflater.decompress(chunk)
        except zlib.error:
            return end
        rest = inflater.unused_data
        if inflater.eof:
            end = read - len(rest)
            inflater = zlib.decompressobj(zlib.MAX_WBITS + 16)
    return end


def _answer(record: Any) -> Answer | None:  # noqa: ANN401 - warcio has no types
    """The HTTP response of a record, None for another kind. Raises EOFError when it is cut short."""
    if record.rec_type != "response" or record.http_headers is None:
        return None
    body = record.raw_stream.read()
    if record.payload_length >= 0 and len(body) < record.payload_length:
        raise EOFError(f"a record ends after {len(body):,} of {record.payload_length:,} bytes")
    head = record.rec_headers
    form = head.get_header("X-Request-Body")  # other archives hold the form of a POST there, ours behind a # in the URI
    return Answer(
        url=head.get_header("WARC-Target-URI") + (f"#{form}" if form else ""),
        http_status=_status(record.http_headers.get_statuscode()),
        headers=tuple(record.http_headers.headers),
        body=body,
        observed_at=datetime.fromisoformat(head.get_header("WARC-Date") or "").astimezone(UTC),
        cut=head.get_header("WARC-Truncated") is not None,
        **{name: unquote(said) for name, header in _NOTES.items() if (said := head.get_header(header)) is not None},
    )


def _status(said: str) -> int:
    """The status of an HTTP answer; 0 where what stands there is none."""
    return int(said) if re.fullmatch(r"[1-9]\d\d", said, re.ASCII) else 0
