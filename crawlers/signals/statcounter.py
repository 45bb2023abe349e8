"""StatCounter: the share of each chatbot in what chatbots send people to, by month."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

from crawlers.signals._json import day
from crawlers.signals._series import Columns, figure, table
from crawlers.signals._source import Period, SignalTarget, path_of, subjects_in, with_subjects
from essor.model.errors import FetchError, SettingsError
from essor.model.observation import Status
from essor.model.signals import Metric, Precision, SignalKind, SignalPoint, SignalReading

SHARE = Metric(
    "share", "percent", SignalKind.SHARE, Precision.ROUNDED,
    "Part of the visits that seven named chatbots and others send to sites with StatCounter's code, worldwide; "
    "presumably referrals, so chatbots that link out weigh more.",
)  # fmt: skip
_DEVICES = "Desktop & Mobile & Tablet & Console"
_DEVICES_HIDDEN = "desktop+mobile+tablet+console"
_FIXED = {"statType_hidden": "ai_chatbot", "region_hidden": "ww", "granularity": "monthly", "csv": "1"}


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

    def period(self, today: date) -> Period:
        """Every month: one answer holds them all."""
        return date(2025, 4, 1), today - timedelta(days=1)

    def url(self, target: SignalTarget) -> str:
        """The address of the worldwide table, up to the last month that was over by the last day asked for."""
        since, until = target.since, target.until and _end_of_months(target.until)
        if since is None or until is None or since.replace(day=1) >= until.replace(day=1):
            raise SettingsError("statcounter wants two whole months or more: give a first and a last day.")
        query = {
            "device": _DEVICES, "device_hidden": _DEVICES_HIDDEN, "multi-device": "true",
            **_FIXED, "statType": "AI Chatbot", "region": "Worldwide",
            "fromInt": f"{since:%Y%m}", "toInt": f"{until:%Y%m}",
            "fromMonthYear": f"{since:%Y-%m}", "toMonthYear": f"{until:%Y-%m}",
        }  # fmt: skip
        return with_subjects(f"https://{self.hosts[0]}/chart.php?{urlencode(query)}", target.subjects)

    def recognise(self, url: str) -> SignalTarget | None:
        """The chatbots and months that an address asks for, from the first's first day to the last's last."""
        query = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
        since, last = (day(f"{query.get(key, '')}-01") for key in ("fromMonthYear", "toMonthYear"))
        known = path_of(url, self.hosts) == "/chart.php" and _FIXED.items() <= query.items()
        if not known or since is None or last is None:
            return None
        return SignalTarget(self.name, subjects_in(url), self.metrics, since, _end_of_months(last + timedelta(days=31)))

    def parse(self, body: bytes, target: SignalTarget) -> tuple[SignalReading, ...]:
        """One series a chatbot."""
        months = [_month(row) for row in table(body, ("Date",))]
        told = [month for month in months if any(point.value for point in month.values())]
        if not months:
            raise FetchError("200 without a single month")
        if not told:
            raise FetchError(f"every share of {len(months)} months is 0: they are before the statistics begin")
        names = target.subjects or sorted({name for month in told for name in month})
        return tuple(_reading(target, name, [month[name] for month in told if name in month]) for name in names)


SOURCES = (StatCounter(),)


def _end_of_months(until: date) -> date:
    """The last day of the last month that is over at the end of a day."""
    return (until + timedelta(days=1)).replace(day=1) - timedelta(days=1)


def _month(row: dict[str, str | None]) -> dict[str, SignalPoint]:
    """The shares of one month by chatbot; a cell that is no percentage is left out."""
    month = day(f"{row['Date']}-01")
    cells = {name: said for name, said in row.items() if name != "Date" and isinstance(said, str)}
    shares = {name: (share, said) for name, said in cells.items() if (share := figure(said)) is not None}
    if month is None:
        return {}
    return {name: SignalPoint.of_month(month, *share) for name, share in shares.items() if share[0] <= 100}  # noqa: PLR2004


def _reading(target: SignalTarget, name: str, points: list[SignalPoint]) -> SignalReading:
    if not points:
        return SignalReading(target.source, name, SHARE, Status.NOT_AVAILABLE, f"the table has no column {name}")
    return target.series(name, SHARE, points)
