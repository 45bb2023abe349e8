"""The archive: what is kept is read back as it was."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from crawlers.answers import Answer
from crawlers.archive import Archive, read_archive, read_capture, whole_length
from essor.model.errors import ArchiveError
from tests.crawlers.bodies import NOON, answer, archive_of, gzipped, legacy_feed, legacy_url

ANSWERS = (
    gzipped(legacy_url(), legacy_feed()),
    answer(legacy_url("us"), status=403),
    Answer(
        legacy_url("de"), 200, (("Content-Length", "900"), ("Set-Cookie", "a"), ("Set-Cookie", "b")), b"{", NOON, True
    ),
)


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    """Address, status, headers, body, time and cut are the same, and the offsets are those of the captures."""
    with Archive(tmp_path, "run") as archive:
        captures = [archive.keep(one) for one in ANSWERS]
    found = list(read_archive(tmp_path / "archive" / "run.warc.gz"))
    assert tuple(one for one, _ in found) == ANSWERS
    assert [offset for _, offset in found] == [capture.offset for capture in captures]
    assert {capture.file for capture in captures} == {"archive/run.warc.gz"}


def test_what_was_taken_out_of_an_answer_is_told_by_its_record(tmp_path: Path) -> None:
    """The note and the verdict come back as they were, whatever letters they hold."""
    kept = (
        replace(ANSWERS[0], redacted="all but what the parser reads; 9 bytes were sent"),
        replace(ANSWERS[0], body=b"", withheld="layout_changed the answer is not JSON: \u00e9 100 %\r\nX-Evil: 1"),
    )
    path = archive_of(tmp_path, *kept)
    assert tuple(one for one, _ in read_archive(path)) == kept


def test_a_capture_is_found_again_and_verified(tmp_path: Path) -> None:
    """A record is read by its offset, and refused when its bytes are others or it is not there."""
    with Archive(tmp_path, "run") as archive:
        captures = [archive.keep(one) for one in ANSWERS]
    path = tmp_path / "archive" / "run.warc.gz"
    for one, capture in zip(ANSWERS, captures, strict=True):
        assert capture.sha256 == hashlib.sha256(one.body).hexdigest()
        assert read_capture(path, capture.offset or 0, capture.sha256) == one
    with pytest.raises(ArchiveError, match="does not hold the bytes"):
        read_capture(path, captures[0].offset or 0, "0" * 64)
    with pytest.raises(ArchiveError, match="no readable record at 3"):
        read_capture(path, 3, captures[0].sha256 or "")


def test_it_is_a_warc_that_other_tools_read(tmp_path: Path) -> None:
    """WARC 1.1, one member a record, a time to the microsecond, a SHA-256 of the payload."""
    path = archive_of(tmp_path, *ANSWERS)
    with path.open("rb") as file:
        heads = [(record.rec_headers.protocol, dict(record.rec_headers.headers)) for record in ArchiveIterator(file)]
    assert [head["WARC-Type"] for _, head in heads] == ["warcinfo", "response", "response", "response"]
    assert {protocol for protocol, _ in heads} == {"WARC/1.1"}
    assert heads[1][1]["WARC-Date"] == "2026-10-09T12:00:00.123456Z"
    assert heads[1][1]["WARC-Payload-Digest"].startswith("sha256:")
    assert heads[3][1]["WARC-Truncated"] == "disconnect"


@pytest.mark.parametrize("kept", [1.0, 0.9, 0.5, 0.01])
def test_a_cut_file_gives_its_whole_records_and_says_so(tmp_path: Path, kept: float) -> None:
    """A file that was cut anywhere in its last record loses that record alone."""
    path = archive_of(tmp_path, *ANSWERS)
    size = path.stat().st_size
    last = [offset for _, offset in read_archive(path)][-1]
    cut = last + int((size - last) * kept) - (kept == 1.0)
    with path.open("r+b") as file:
        file.truncate(cut)
    found: list[Answer] = []
    with pytest.raises(ArchiveError, match="bytes follow its last whole record"):
        found.extend(one for one, _ in read_archive(path))
    assert tuple(found) == ANSWERS[:2]
    assert whole_length(path) == last


@pytest.mark.parametrize("content", [b"", b"\x1b[31mhello\x07\n", b"\x1f\x8b\x00hello"])
@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_a_file_that_is_no_warc_is_said_to_be_none(
    tmp_path: Path, content: bytes, packed: Callable[[bytes], bytes]
) -> None:
    """Neither text nor gzipped text is taken for an archive, and none of it is shown."""
    path = tmp_path / "a.warc"
    path.write_bytes(packed(content))
    with pytest.raises(ArchiveError) as told:
        list(read_archive(path))
    assert str(told.value) == f"{path} is no WARC file: give one, such as data/archive/*.warc.gz."


@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_a_warc_that_goes_on_as_none_gives_what_came_before(tmp_path: Path, packed: Callable[[bytes], bytes]) -> None:
    """The error says where, and shows none of the bytes that stand there."""
    path = archive_of(tmp_path, *ANSWERS)
    whole = path.read_bytes() if packed is gzip.compress else gzip.decompress(path.read_bytes())
    path.write_bytes(whole + packed(b"\x1b[31mhello\x07\n"))
    found: list[tuple[Answer, int]] = []
    with pytest.raises(ArchiveError, match="what follows is no WARC record") as told:
        found.extend(read_archive(path))
    assert tuple(one for one, _ in found) == ANSWERS
    assert f"after its record at byte {found[-1][1]:,}:" in str(told.value)
    assert str(told.value).isprintable()


@pytest.mark.parametrize("lacking", ["WARC-Date", "WARC-Target-URI"])
def test_a_record_that_does_not_say_what_it_is_of_is_told(tmp_path: Path, lacking: str) -> None:
    """Other tools may leave out what every record must have."""
    path = archive_of(tmp_path, ANSWERS[0])
    path.write_bytes(gzip.decompress(path.read_bytes()).replace(f"{lacking}: ".encode(), b"X-Other: "))
    with pytest.raises(ArchiveError, match="cannot be read on"):
        list(read_archive(path))


def test_a_plain_warc_is_read_too(tmp_path: Path) -> None:
    """Other tools leave out the compression."""
    path = archive_of(tmp_path, *ANSWERS)
    plain = tmp_path / "plain.warc"
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    found = list(read_archive(plain))
    assert tuple(one for one, _ in found) == ANSWERS
    assert read_capture(plain, found[1][1], hashlib.sha256(b"").hexdigest()) == ANSWERS[1]


def test_a_run_that_kept_nothing_has_no_file(tmp_path: Path) -> None:
    """The archive begins with the first answer."""
    with Archive(tmp_path, "run"):
        pass
    assert not (tmp_path / "archive").exists()


def test_the_real_archives_are_whole(real: Path) -> None:
    """The captures that another tool wrote are read to their end, with their counts."""
    counts = {path.name: len(list(read_archive(path))) for path in sorted((real / "apple").glob("*.warc.gz"))}
    assert list(counts.values()) == [4, 24, 326, 6, 368]
