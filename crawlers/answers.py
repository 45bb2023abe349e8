"""What an answer is worth: from bytes as they were sent to readings. A crawl and its replay both judge here."""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin

from crawlers.sources import Reading, Redacting, Source, Target, recognise
from essor.model.errors import Blocked, EssorError, FetchError, LayoutChanged, NotAvailable, Refused
from essor.model.observation import Capture, Evidence, Status
from essor.model.stores import Market

UNCONFIRMED = "unconfirmed: this parser has not met a real answer yet"
"""What stands in every reading with facts of a source that no live check has seen to fit."""
SIMULATED = "X-Essor-Simulated"
"""The header by which an answer of a simulated market says so, with its seed."""
_OF_THE_BODY = ("content-encoding", "content-length", "transfer-encoding", "content-md5", "etag", "digest")
_REDIRECTS = (301, 302, 303, 307, 308)
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f\x8b"
LONGEST_BODY = 64 << 20
"""Bytes of a decoded answer; the longest real one has 1.3 MB, so that a longer one is a fault or an attack."""
_TURNED_AWAY = re.compile(r"https?://(consent\.google\.com|(www\.)?google\.com/sorry)")
"""Where Google sends clients whose consent, or whose humanity, it asks for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, as it was sent."""

    url: str
    """The public address that was asked, whatever host really answered."""
    http_status: int
    """The HTTP status code."""
    headers: tuple[tuple[str, str], ...]
    """The headers, in their order."""
    body: bytes
    """The body as sent, still content-encoded."""
    observed_at: datetime
    """When it was received, UTC."""
    cut: bool = False
    """Whether the connection ended before the answer did."""
    redacted: str | None = None
    """What was taken out of the body before it was kept, because it speaks of private persons; None for nothing."""
    withheld: str | None = None
    """Why the body was not kept at all, as in ``"layout_changed the answer has no feed"``; None when it was."""

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    @property
    def market(self) -> Market:
        """Which market it speaks of."""
        return Market.REAL if self.header(SIMULATED.lower()) is None else Market.SIMULATED


def readings(answer: Answer, capture: Capture, run_id: str) -> tuple[Reading, ...]:
    """The readings that an answer gives, each with its evidence.

    None for an address of no source, such as robots.txt, and for a redirect that was followed: what it led to counts.
    """
    known = recognise(answer.url)
    if known is None or followed(answer) is not None:
        return ()
    source, target = known
    judged = _judged(answer, source, target)
    marked = judged if getattr(source, "confirmed", True) else tuple(map(_as_unconfirmed, judged))
    return _with_evidence(marked, source, capture, run_id)


def unanswered(
    source: Source[Any] | None, target: Target, status: Status, message: str, *, observed_at: datetime, run_id: str
) -> tuple[Reading, ...]:
    """The readings of a look that brought no bytes: no connection, a refusal of robots.txt, a host given up.

    Without a source it is a thing that no source offers.
    """
    url = source.url(target) if source else ""
    capture = Capture(url, observed_at, None, None, None, None)
    return _with_evidence(target.unread(status, message), source, capture, run_id)


def followed(answer: Answer) -> str | None:
    """Where a redirect leads that asks for the same thing elsewhere; None for every other answer."""
    location = answer.header("location")
    if answer.http_status not in _REDIRECTS or not location:
        return None
    try:
        elsewhere = urljoin(answer.url, location)
    except ValueError:  # a Location that is no address leads nowhere
        return None
    if "#" in answer.url and "#" not in elsewhere:  # RFC 9110: the fragment goes along, and with it what was asked for
        elsewhere += answer.url[answer.url.index("#") :]
    return elsewhere if elsewhere != answer.url and recognise(elsewhere) == recognise(answer.url) else None


def body_of(answer: Answer) -> bytes:
    """The decoded body of an answer that came whole with status 200. Raises what else it is."""
    _refuse_status(answer)
    announced = answer.header("content-length") or ""
    if announced.isdecimal() and len(answer.body) < int(announced):
        raise FetchError(f"the answer is cut short: {len(answer.body):,} of {int(announced):,} bytes came")
    body = decoded(answer)
    if not body.strip():
        raise Blocked("200 with an empty body: the store turns this client away")
    return body


def decoded(answer: Answer) -> bytes:
    """The body without its content encoding. Raises FetchError when it is cut short or cannot be decoded.

    A body that some tool decoded before archiving it is left as it is.
    """
    body = _unchunked(answer)
    encoding = (answer.header("content-encoding") or "identity").strip().lower()
    if encoding in ("gzip", "x-gzip"):
        body = _inflated(body, _GZIP_OR_ZLIB) if body.startswith(_GZIP_MAGIC) else body
    elif encoding == "deflate":
        body = _inflated(body, _GZIP_OR_ZLIB if body[:1] == b"\x78" else -zlib.MAX_WBITS)
    elif encoding not in ("identity", ""):
        raise FetchError(f"the answer is encoded as {encoding}, which was not asked for")
    if answer.cut:
        raise FetchError(f"the answer is cut short: the connection ended after {len(answer.body):,} bytes")
    return body


def fit_to_keep(answer: Answer) -> Answer:
    """The answer as it may be archived: without what it says of private persons.

    A source whose answers speak of them says what its parser needs, and nothing else is kept. What it cannot read may
    hold a name anywhere, so that its bytes are not kept, and the verdict is. An error page holds no reviews.
    """
    known = recognise(answer.url)
    if known is None or not isinstance(known[0], Redacting) or not 200 <= answer.http_status < 300:  # noqa: PLR2004
        return answer
    sent = f"{len(answer.body):,} bytes were sent, SHA-256 {hashlib.sha256(answer.body).hexdigest()}"
    plain = tuple((name, value) for name, value in answer.headers if name.lower() not in _OF_THE_BODY)
    try:
        body = known[0].redacted(body_of(answer))
    except (FetchError, LayoutChanged) as error:
        verdict = f"{status_of(error)} {error}"
        return replace(answer, headers=plain, body=b"", withheld=verdict, redacted=f"all of it; {sent}")
    return replace(answer, headers=plain, body=body, redacted=f"all but what the parser reads; {sent}")


def retry_after(answer: Answer) -> float | None:
    """How many seconds the store asks us to wait, given as seconds or as a date; None when it does not say."""
    said = (answer.header("retry-after") or "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", said):
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - answer.observed_at).total_seconds()) if said else None
    except (ValueError, TypeError):
        return None


def status_of(error: EssorError) -> Status:
    """The status of a look that ended in this error."""
    kinds = (
        (Blocked, Status.BLOCKED),
        (Refused, Status.REFUSED),
        (NotAvailable, Status.NOT_AVAILABLE),
        (LayoutChanged, Status.LAYOUT_CHANGED),
    )
    return next((status for kind, status in kinds if isinstance(error, kind)), Status.FAILED)


def _with_evidence(
    found: tuple[Reading, ...], source: Source[Any] | None, capture: Capture, run_id: str
) -> tuple[Reading, ...]:
    name, version = (source.name, source.parser_version) if source else ("none", 0)
    evidence = Evidence(name, capture, version, run_id)
    return tuple(replace(reading, evidence=evidence) for reading in found)


def _as_unconfirmed(reading: Reading) -> Reading:
    notes = (UNCONFIRMED if reading.status.usable else None, reading.message)
    return replace(reading, message="; ".join(note for note in notes if note) or None)


def _judged(answer: Answer, source: Source[Any], target: Target) -> tuple[Reading, ...]:
    if answer.withheld is not None:
        status, _, message = answer.withheld.partition(" ")
        return target.unread(Status(status), message)
    try:
        return source.parse(body_of(answer), target)
    except (FetchError, LayoutChanged) as error:
        return target.unread(status_of(error), str(error))


def _refuse_status(answer: Answer) -> None:
    status, size = answer.http_status, len(answer.body)
    if status == 403:  # noqa: PLR2004
        raise Blocked(f"403 with {f'{size:,} bytes' if size else 'an empty body'}: the store turns this client away")
    if status == 429:  # noqa: PLR2004
        wait = retry_after(answer)
        asked = "it does not say how long to wait" if wait is None else f"it asks to wait {wait:g} s"
        raise Blocked(f"429, too many requests: {asked}", retry_after=wait)
    if status == 404:  # noqa: PLR2004
        raise NotAvailable("404: the store does not have this in this storefront")
    if status in _REDIRECTS and _TURNED_AWAY.match(answer.header("location") or ""):
        raise Blocked(f"{status}: sent on to {answer.header('location')}, which turns this client away")
    if status in _REDIRECTS:
        raise FetchError(f"{status}: sent on to {answer.header('location') or 'nowhere'}, which is not the same thing")
    if status >= 500:  # noqa: PLR2004
        raise FetchError(f"{status}: the store has an error of its own")
    if status != 200:  # noqa: PLR2004
        raise FetchError(f"{status}: not an answer to read")


def _inflated(body: bytes, window: int) -> bytes:
    inflater = zlib.decompressobj(window)
    try:
        whole = inflater.decompress(body, LONGEST_BODY)
    except zlib.error as error:
        raise FetchError(f"the answer cannot be decompressed: {error}") from error
    if not inflater.eof and len(whole) == LONGEST_BODY:
        raise FetchError(f"the answer is longer than {LONGEST_BODY:,} bytes when it is decompressed")
    if not inflater.eof:
        raise FetchError(f"the answer is cut short: its compressed body ends after {len(body):,} bytes")
    return whole


def _unchunked(answer: Answer) -> bytes:
    """Other tools archive a chunked body as it was on the wire; ours come without chunks."""
    body = answer.body
    if (answer.header("transfer-encoding") or "").lower() != "chunked" or not re.match(rb"[0-9A-Fa-f]+[ ;\r]", body):
        return body
    parts, at = [], 0
    while size := re.compile(rb"([0-9A-Fa-f]+)[^\r\n]*\r\n").match(body, at):
        length, start = int(size[1], 16), size.end()
        parts.append(body[start : start + length])
        at = start + length + 2
        if length == 0:
            return b"".join(parts)
    raise FetchError(f"the answer is cut short: its last chunk is missing after {len(body):,} bytes")
