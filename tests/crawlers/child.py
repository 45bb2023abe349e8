"""One crawl in a process of its own, since a reactor starts only once; it tells a line a concluded target."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from crawlers.run import chart_targets, crawl_charts, crawl_listings, crawl_reviews, crawl_signals
from essor.model.apps import App, StoreId
from essor.model.signals import all_subjects
from essor.model.stores import StoreName
from essor.settings import read_settings
from tests.forks import FORKS

_SIGNALS = ("tranco", "github", "crux", "statcounter")


class Child:
    """A crawl at work."""

    def __init__(self, what: str, run_id: str, settings: dict[str, Any]) -> None:
        hear, tell = FORKS.Pipe(duplex=False)
        given = (tell, dict(os.environ), what, run_id, json.dumps(settings))
        self._process = FORKS.Process(target=_crawl, args=given, daemon=True)
        self._process.start()
        tell.close()
        self.told = os.fdopen(os.dup(hear.fileno()), encoding="utf-8")
        """Its lines as they come, until it ends."""

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens when it has ended meanwhile."""
        assert self._process.pid is not None
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, number)

    def ended(self) -> list[str]:
        """The lines that still come until its end, for which this waits."""
        with self.told:
            rest = self.told.readlines()
        self._process.join()
        return rest


def _crawl(tell: Connection, environment: Mapping[str, str], what: str, run_id: str, given: str) -> None:
    os.environ.clear()  # what was set when the first child was begun
    os.environ.update(environment)
    settings = read_settings(**json.loads(given))

    def say(done: int, total: int) -> None:
        os.write(tell.fileno(), f"{done} {total}\n".encode())

    os.write(tell.fileno(), b"ready\n")
    if what == "charts":
        crawl_charts(settings, chart_targets(settings), run_id, say)
    elif what == "signals":
        crawl_signals(settings, [one for one in all_subjects() if one.source in _SIGNALS], run_id, say)
    elif what == "reviews":
        crawl_reviews(settings, [_app("7001")], run_id, say)
    else:
        crawl_listings(settings, [_app("7001"), _app("7002")], run_id, say)


def _app(app_id: str) -> App:
    key = StoreId(StoreName.APPLE, app_id, None, None, None)
    return App(app_id, app_id, "", "#000000", "#ffffff", "solid", (), (key,), ())
