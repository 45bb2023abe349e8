"""What answers are worth."""

from __future__ import annotations

import gzip
import hashlib
import resource
import zlib
from dataclasses import replace

import pytest

from crawlers.answers import UNCONFIRMED, Answer, body_of, fit_to_keep, followed, readings, retry_after, unanswered
from crawlers.archive import capture_at
from crawlers.sources import ChartTarget, ListingTarget, Reading, source_named
from crawlers.stores.apple_web import AppleWeb
from essor.model.observation import Status
from essor.model.reviews import ReviewsReading
from essor.model.stores import StoreName
from tests.crawlers.bodies import NOON, answer, chart, gzipped, ids, legacy_feed, legacy_url, lookup_url, v2_url
from tests.crawlers.pages import chart_page, review_entry, reviews_feed, reviews_url

URL = legacy_url()
GOOD = gzipped(URL, legacy_feed())
HALF = GOOD.body[: len(GOOD.body) // 2]


def judge(one: Answer) -> tuple[Reading, ...]:
    """Its readings."""
    return readings(one, capture_at(one, "archive/run.warc.gz", 7), "run")


@pytest.mark.parametrize(
    ("one", "status", "message"),
    [
        (GOOD, Status.COMPLETE, None),
        (answer(URL, legacy_feed()), Status.COMPLETE, None),
        (answer(URL, status=403), Status.BLOCKED, "403 with an empty body: the store turns this client away"),
        (answer(URL, b"no", 403), Status.BLOCKED, "403 with 2 bytes: the store turns this client away"),
        (answer(URL, status=429, Retry_After="30"), Status.BLOCKED, "429, too many requests: it asks to wait 30 s"),
        (answer(URL, status=429), Status.BLOCKED, "429, too many requests: it does not say how long to wait"),
        (answer(URL, status=404), Status.NOT_AVAILABLE, "404: the store does not have this in this storefront"),
        (answer(URL, b"oh", 500), Status.FAILED, "500: the store has an error of its own"),
        (answer(URL, status=301), Status.FAILED, "301: sent on to nowhere, which is not the same thing"),
        (answer(URL, status=418), Status.FAILED, "418: not an answer to read"),
        (answer(URL), Status.BLOCKED, "200 with an empty body: the store turns this client away"),
        (answer(URL, b"\n\n"), Status.BLOCKED, "200 with an empty body: the store turns this client away"),
        (
            answer(URL, b"{}", Content_Length="70"),
            Status.FAILED,
            "the answer is cut short: 2 of 70 bytes came",
        ),
        (
            answer(URL, HALF, Content_Encoding="gzip"),
            Status.FAILED,
            f"the answer is cut short: its compressed body ends after {len(HALF):,} bytes",
        ),
        (
            answer(URL, GOOD.body[:40] + b"\0\0\0\0" + GOOD.body[44:], Content_Encoding="gzip"),
            Status.FAILED,
            "the answer cannot be decompressed: ",
        ),
        (
            answer(URL, b"x", Content_Encoding="br"),
            Status.FAILED,
            "the answer is encoded as br, which was not asked for",
        ),
        (
            replace(answer(URL, legacy_feed()[:99]), cut=True),
            Status.FAILED,
            "the answer is cut short: the connection ended after 99 bytes",
        ),
        (answer(URL, b"<html></html>"), Status.LAYOUT_CHANGED, "HTML came instead of JSON"),
    ],
)
def test_each_outcome_has_its_status_and_its_words(one: Answer, status: Status, message: str | None) -> None:
    """What went wrong is told apart, and never becomes an empty chart."""
    (reading,) = judge(one)
    assert reading.status is status
    assert reading.message == message or (message and str(reading.message).startswith(message))
    assert bool(getattr(reading, "entries", ())) is status.usable


def test_every_reading_leads_back_to_its_bytes() -> None:
    """The evidence has source, file, offset, hash, address, time and run, also when the answer was no use."""
    (reading,) = judge(answer(URL, status=403))
    assert reading.evidence is not None
    capture = reading.evidence.capture
    assert (reading.evidence.source, reading.evidence.run_id) == ("apple_legacy_rss", "run")
    assert (capture.url, capture.http_status, capture.file, capture.offset) == (URL, 403, "archive/run.warc.gz", 7)
    assert capture.observed_at == NOON


@pytest.mark.parametrize("pack", [zlib.compress, lambda body: zlib.compress(body)[2:-4]])
def test_deflate_is_read_in_both_its_forms(pack: object) -> None:
    """Servers send deflate with the zlib wrapper and without."""
    body = pack(legacy_feed())  # type: ignore[operator]
    assert judge(answer(URL, body, Content_Encoding="deflate"))[0].status is Status.COMPLETE


def test_a_body_that_was_decoded_before_archiving_is_read() -> None:
    """Other tools keep the header and not the encoding."""
    assert judge(answer(URL, legacy_feed(), Content_Encoding="gzip"))[0].status is Status.COMPLETE


def test_a_chunked_body_of_another_tools_archive_is_joined() -> None:
    """Chunks are taken apart, and a missing last one is a cut."""
    packed = gzip.compress(legacy_feed())
    chunks = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (100, packed[:100], len(packed) - 100, packed[100:])
    whole = answer(URL, chunks, Transfer_Encoding="chunked", Content_Encoding="gzip")
    assert judge(whole)[0].status is Status.COMPLETE
    assert judge(replace(whole, body=chunks[:-5]))[0].status is Status.FAILED


def test_a_lookup_that_failed_is_a_failure_for_each_app() -> None:
    """Nothing that was asked for is silently missing."""
    found = judge(answer(lookup_url("1", "2"), status=403))
    assert [(reading.app_id, reading.status) for reading in found] == [("1", Status.BLOCKED), ("2", Status.BLOCKED)]  # type: ignore[union-attr]


def test_an_answer_of_no_source_gives_nothing() -> None:
    """robots.txt is archived and is no reading."""
    assert judge(answer("https://itunes.apple.com/robots.txt", b"User-agent: *")) == ()


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("https://rss.applemarketingtools.com/api/v2/fr/apps/top-free/100/apps.json", True),
        ("/api/v2/us/apps/top-free/100/apps.json", False),
        ("https://www.apple.com/sorry", False),
        (v2_url(), False),
    ],
)
def test_a_redirect_is_followed_to_the_same_thing_alone(location: str, expected: bool) -> None:
    """One that leads to another chart, elsewhere or to itself is a failure; the followed one gives no reading."""
    one = answer(v2_url(), status=302, Location=location)
    assert (followed(one) is not None) is expected
    assert bool(judge(one)) is not expected


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("120", 120.0), ("Fri, 09 Oct 2026 12:01:00 GMT", 60.0), ("Thu, 08 Oct 2026 12:00:00 GMT", 0.0), ("soon", None)],
)
def test_retry_after_is_seconds_or_a_date(said: str, seconds: float | None) -> None:
    """Both forms of the header are read; a date in the past is no wait."""
    found = retry_after(answer(URL, status=429, Retry_After=said))
    assert found == (None if seconds is None else pytest.approx(seconds, abs=1))


def test_a_look_without_an_answer_is_a_reading() -> None:
    """A refusal and a broken connection are recorded with the address and without bytes."""
    target = ListingTarget(StoreName.APPLE, "fr", ("1", "2"))
    found = unanswered(
        source_named("apple_lookup"), target, Status.REFUSED, "robots.txt says no", observed_at=NOON, run_id="run"
    )
    assert [reading.status for reading in found] == [Status.REFUSED] * 2
    assert found[0].evidence is not None
    assert found[0].evidence.capture.url == lookup_url("1", "2")
    assert found[0].evidence.capture.file is None


def test_the_body_comes_decoded() -> None:
    """A good answer's body is what the store wrote."""
    assert body_of(GOOD) == legacy_feed()


def test_a_gzip_bomb_is_a_failed_reading_and_costs_no_memory() -> None:
    """A megabyte that would become a gigabyte is given up at the longest body."""
    packer, packed = zlib.compressobj(9, zlib.DEFLATED, 31), b""
    for _ in range(1024):
        packed += packer.compress(b"\0" * (1 << 20))
    packed += packer.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (reading,) = judge(answer(URL, packed, Content_Encoding="gzip"))
    assert (reading.status, reading.message) == (
        Status.FAILED,
        "the answer is longer than 67,108,864 bytes when it is decompressed",
    )
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000, "kilobytes"


def test_facts_of_an_unconfirmed_source_say_so() -> None:
    """The mark stands in the reading, and goes wherever that goes; a failure needs none."""
    url = AppleWeb().url(ChartTarget(chart(), 100))
    (good,) = judge(gzipped(url, chart_page()))
    assert (good.status, good.message) == (Status.COMPLETE, UNCONFIRMED)
    (short,) = judge(gzipped(url, chart_page(ids(9))))
    assert short.message == f"{UNCONFIRMED}; 9 rows came of 100 asked for"
    (bad,) = judge(answer(url, status=403))
    assert bad.message == "403 with an empty body: the store turns this client away"


def test_answers_about_persons_are_kept_without_them() -> None:
    """The body is what the parser reads, plain, and says what was sent; the reading is the same."""
    sent = gzipped(reviews_url(), reviews_feed([review_entry(1)]))
    kept = fit_to_keep(sent)
    assert b"Jean" not in kept.body
    assert b"Text 1" in kept.body
    assert kept.header("content-encoding") is None
    assert kept.redacted is not None
    assert hashlib.sha256(sent.body).hexdigest() in kept.redacted
    (reading,) = judge(kept)
    assert isinstance(reading, ReviewsReading)
    assert reading.reviews[0].title == "Title 1"
    assert fit_to_keep(GOOD) is GOOD


@pytest.mark.parametrize(
    ("one", "status", "words"),
    [
        (answer(reviews_url(), b"<html>Jean</html>"), Status.LAYOUT_CHANGED, "HTML came"),
        (answer(reviews_url(), b'{"feed":{"entry":[{"author":"Jean'), Status.FAILED, "cut short"),
        (answer(reviews_url(), b'{"people":["Jean"]}'), Status.LAYOUT_CHANGED, "no feed"),
        (answer(reviews_url(), b""), Status.BLOCKED, "200 with an empty body"),
    ],
)
def test_what_cannot_be_redacted_is_not_kept_and_its_verdict_is(one: Answer, status: Status, words: str) -> None:
    """A name may stand anywhere in it."""
    kept = fit_to_keep(one)
    assert kept.body == b""
    (reading,) = judge(kept)
    assert reading.status is status
    assert words in (reading.message or "")


def test_an_error_page_is_kept_as_it_is() -> None:
    """It holds no reviews."""
    refused = answer(reviews_url(), b"no", 403)
    assert fit_to_keep(refused) is refused
