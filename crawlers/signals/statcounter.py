"""StatCounter: the share of each chatbot in what chatbots send people to, by month."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

from crawlers.signals._json import day
from crawlers.signals._series import Columns, figure, table
from crawlers.signals._source import SignalTarget, path_of, subjects_in, with_subjects
from essor.model.errors import FetchError, LayoutChanged, SettingsError
from essor.model.observation import Status
from essor.model.signals import Metric, Precision, SignalKind, SignalPoint, SignalReading

SHARE = Metric(
    "share", "percent", SignalKind.SHARE, Precision.ROUNDED,
    "Part of the visits that seven named chatbots and others send to sites with StatCounter's code, worldwide; "
    "presumably referrals, so chatbots that link out weigh more.",
)  # fmt: skip
_DEVICES = "Desktop & Mobile & Tablet & Console"
_DEVICES_HIDDEN = "desktop+mobile+tablet+console"


class StatCounter:
    """One table for all chatbots; a chatbot's key is its column."""

    name = "statcounter"
    hosts: tuple[str, ...] = ("gs.statcounter.com",)
    parser_version = 1
    enabled_by_default = True
    at_once = 50
    every_hours = 24
    seconds_between_requests = 5.0
    revised_days = 45
    metrics: tuple[Metric, ...] = (SHARE,)
    gives = "Shares in percent, a month each, from 2025-04 on: ChatGPT, Perplexity, Gemini, Copilot, Claude, DeepSeek."
    limits = "Not documented; to confirm live."
    traps: tuple[str, ...] = (
        "The order of the columns changes with the range: they are read by name.",
        "Months before 2025-04 come as rows of zeros behind the last one: missing, not 0.",
        "A single month comes in another form: two or more are asked for.",
        "Figures may change for 45 days. No Mistral, Grok, Meta or Qwen: they are in Other.",
    )
    robots = "Not known; fetched and obeyed."
    terms = "CC BY-SA 3.0: StatCounter Global Stats, with a link."
    history: Columns | None = None

    def url(self, target: SignalTarget) -> str:
        """The address of the worldwide table between two months."""
        if target.since is None or target.until is None or f"{target.since:%Y%m}" == f"{target.until:%Y%m}":
            raise SettingsError("statcounter wants two months or more: give a first and a last day.")
        query = {
            "device": _DEVICES, "device_hidden": _DEVICES_HIDDEN, "multi-device": "true",
            "statType_hidden": "ai_chatbot", "statType": "AI Chatbot", "region_hidden": "ww", "region": "Worldwide",
            "granularity": "monthly", "fromInt": f"{target.since:%Y%m}", "toInt": f"{target.until:%Y%m}",
            "fromMonthYear": f"{target.since:%Y-%m}", "toMonthYear": f"{target.until:%Y-%m}", "csv": "1",
        }  # fmt: skip
        return with_subjects(f"https://{self.hosts[0]}/chart.php?{urlencode(query)}", target.subjects)

    def recognise(self, url: str) -> SignalTarget | None:
        """The months and chatbots that an address asks for; the days come back as the first of their months."""
        query = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
        wanted = {"statType_hidden": "ai_chatbot", "region_hidden": "ww", "granularity": "monthly", "csv": "1"}
        if path_of(url, self.hosts) != "/chart.php" or any(query.get(key) != value for key, value in wanted.items()):
            return None
        return SignalTarget(self.name, subjects_in(url), self.metrics)

    def parse(self, body: bytes, target: SignalTarget) -> tuple[SignalReading, ...]:
        """One series a chatbot."""
        rows = list(table(body, ("Date",)))
        if not rows:
            raise FetchError("200 without a single month")
        shares = {month: _shares(row) for row in rows if (month := row["Date"] or "")}
        told = {month: found for month, found in shares.items() if any(found.values())}
        if not told:
            raise FetchError(f"every share of {len(rows)} months is 0: they are before the statistics begin")
        names = sorted({name for found in told.values() for name in found})
        return tuple(_reading(target, name, told) for name in target.subjects or names)


SOURCES = (StatCounter(),)


def _shares(row: dict[str, str | None]) -> dict[str, tuple[float, str]]:
    """The shares of one month by chatbot; a cell that is no percentage is left out."""
    return {}
