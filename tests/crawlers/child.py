"""One crawl in a process of its own: `child.py KIND RUN_ID SETTINGS`, printing a line a concluded target."""

from __future__ import annotations

import json
import sys

from crawlers.run import chart_targets, crawl_charts, crawl_listings, crawl_reviews, crawl_signals
from essor.model.apps import App, StoreId
from essor.model.signals import all_subjects
from essor.model.stores import StoreName
from essor.settings import read_settings

_SIGNALS = ("tranco", "github", "crux", "statcounter")


def main(what: str, run_id: str, given: str) -> None:
    """Crawls."""
    settings = read_settings(**json.loads(given))
    _tell("ready")
    if what == "charts":
        crawl_charts(settings, chart_targets(settings), run_id, say)
    elif what == "signals":
        crawl_signals(settings, [one for one in all_subjects() if one.source in _SIGNALS], run_id, say)
    elif what == "reviews":
        crawl_reviews(settings, [_app("7001")], run_id, say)
    else:
        crawl_listings(settings, [_app("7001"), _app("7002")], run_id, say)


def say(done: int, total: int) -> None:
    """Tells how far it is."""
    _tell(f"{done} {total}")


def _tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _app(app_id: str) -> App:
    key = StoreId(StoreName.APPLE, app_id, None, None, None)
    return App(app_id, app_id, "", "#000000", "#ffffff", "solid", (), (key,), ())


if __name__ == "__main__":
    main(*sys.argv[1:])
