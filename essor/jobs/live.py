"""Asks each source once to see whether its answer still fits, and records single answers for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from crawlers import live
from essor.jobs.crawl import crawls_in_turn
from essor.jobs.doctor import Finding, Verdict
from essor.model.apps import all_apps
from essor.model.errors import SettingsError
from essor.model.signals import all_subjects
from essor.settings import Settings

_JUDGED: dict[str, Verdict] = {"fits": "ok", "changed": "wrong", "wrong": "wrong"}
_ADVICE = {
    "changed": "A person must look: compare the parser with {body}.",
    "wrong": "Compare the answer in {body} with what was asked for.",
    "blocked": "Slow down: see [pace] in docs/guide/settings.md.",
    "failed": "Try again later.",
}


def examine_live(settings: Settings) -> list[Finding]:
    """One finding a source, with the saved answer's path. For a process of its own: a reactor does not start twice."""
    with crawls_in_turn(settings):
        checked = live.check(settings, all_apps(), all_subjects())
    return [Finding(one.source, _JUDGED.get(one.verdict, "note"), _text(one)) for one in checked]


def record(settings: Settings, url: str, output: Path | None) -> str:
    """Ask for one address and save the answer for tests; what came, and where it is.

    Raises SettingsError for what is no address or a file that is there, FetchError when nothing came.
    """
    host = urlsplit(url).hostname
    if urlsplit(url).scheme != "https" or not host:
        raise SettingsError(f"{url!r} is no address: give one that begins with https://.")
    place = output or Path(f"recordings/{host}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.warc.gz")
    if place.exists():
        raise SettingsError(f"{place} is there already: give another file with --output.")
    with crawls_in_turn(settings):
        came = live.record(settings, url, place)
    return f"{came}, is in {place}. Replay it with: essor replay {place}"


def _text(one: live.Checked) -> str:
    said = [f"{one.verdict}: {one.text.rstrip('.')}."]
    if one.verdict == "fits" and not one.confirmed:
        said.append(
            "It was unconfirmed until now: compare the body with what was read, then set confirmed in its file."
        )
    elif not one.confirmed:
        said.append("It is unconfirmed.")
    said.append(_ADVICE.get(one.verdict, "").format(body=one.body or "the archive"))
    said.append(f"The answer is in {one.body}." if one.body and "{body}" not in _ADVICE.get(one.verdict, "") else "")
    return " ".join(text for text in said if text)
