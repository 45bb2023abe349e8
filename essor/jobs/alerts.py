"""Tells those who asked for it what happened: each piece of news once, by each alert and channel.

What was told is remembered in `alerts.sqlite` in the data folder. A message that did not arrive is tried again with
the next one, for as long as its news is fresh; killed between the two, it tells a thing twice rather than never.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dashboard.language import LOCALES, Language
from dashboard.news import News, about, tell
from essor import logs
from essor.channels._channel import Message, Undelivered, channels
from essor.jobs.ask import opened
from essor.model.apps import all_apps
from essor.model.errors import SettingsError
from essor.model.news import NewsKind
from essor.settings import AlertSettings, Settings
from warehouse.connection import Cursor
from warehouse.reads.news import news

_LOG = logs.logger(__name__)
FILE = "alerts.sqlite"
"""Its place in the data folder; removed, every alert begins anew with what happens next."""
FRESH = timedelta(days=3)
"""News older than this is told to nobody: it is on the dashboard."""
MOST = 25
"""So many pieces of news stand in one message; the rest is counted."""
_KEPT = timedelta(days=60)
"""So long it is remembered what was told; no quiet time is longer."""
_TABLES = """
CREATE TABLE IF NOT EXISTS told (
    alert TEXT, channel TEXT, key TEXT, subject TEXT, observed_at TEXT, sent INTEGER, PRIMARY KEY (alert, channel, key)
);
CREATE TABLE IF NOT EXISTS deliveries (alert TEXT, channel TEXT, at TEXT, items INTEGER, error TEXT);
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one alert on one channel."""

    alert: str
    """The alert's name."""
    channel: str
    """The channel's name."""
    destination: str
    """Where it goes."""
    items: int
    """Pieces of news told, or that could not be."""
    error: str | None = None
    """Why nothing arrived; None when it did."""

    def __str__(self) -> str:
        what = f"{self.alert}, {self.channel} to {self.destination}: {self.items} pieces of news"
        return f"{what} not delivered: {self.error}" if self.error else f"{what}."


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert's channel and how it went the last time."""

    alert: str
    """The alert's name."""
    channel: str
    """The channel's name."""
    destination: str
    """Where it goes."""
    trouble: str | None
    """What is missing before it can work; None when nothing is."""
    last_at: str | None
    """When something was last sent or tried, ISO 8601; None when never."""
    last_error: str | None
    """Why that did not arrive."""


def send_alerts(settings: Settings, now: datetime | None = None) -> list[Delivery]:
    """Tell what has not been told; one message an alert and channel that has news.

    The first time an alert is met, what happened before counts as told.

    Raises SettingsError for a language that there is not.
    """
    if not settings.alerts:
        return []
    now = now or datetime.now(UTC)
    with _memory(settings) as memory, opened(settings) as cursor:
        done = [delivery for alert in settings.alerts for delivery in _alert(settings, alert, cursor, memory, now)]
        _forget(memory, now)
    return done


def told_in(settings: Settings, alert: AlertSettings, since: datetime) -> list[News]:
    """What the alert would have told from `since` on, the newest first; nothing is sent."""
    with opened(settings) as cursor:
        found, last = [], dict[str, datetime]()
        for item in reversed(_news_of(alert, cursor, since)):
            if _loud(item, last, alert):
                last[item.subject] = item.observed_at
                found.append(item)
    return found[::-1]


def send_test(settings: Settings, alert: AlertSettings) -> list[Delivery]:
    """Send a message that says it is a test by each of the alert's channels."""
    say = _language(alert)
    text = say("alert.test", name=alert.name)
    item = News("test", "test", NewsKind.SOURCE_BACK, None, None, datetime.now(UTC), text, "·", alert.name, "/")
    return [
        _deliver(
            settings, alert, name, where, Message(alert.name, say.code, text, (item,), text, settings.dashboard_url)
        )
        for name, where in _ways(alert)
    ]


def alert_named(settings: Settings, name: str) -> AlertSettings:
    """The alert of this name. Raises SettingsError naming those there are."""
    for alert in settings.alerts:
        if alert.name == name:
            return alert
    there = ", ".join(alert.name for alert in settings.alerts) or "none: write [[alerts]] into essor.toml"
    raise SettingsError(f"There is no alert {name!r}. There are: {there}.")


def standings(settings: Settings) -> list[Standing]:
    """Each alert's channels, and how they went the last time."""
    with _memory(settings) as memory:
        return [
            Standing(alert.name, name, where, channels()[name].trouble(alert, settings), *_last(memory, alert, name))
            for alert in settings.alerts
            for name, where in _ways(alert)
        ]


def _alert(
    settings: Settings, alert: AlertSettings, cursor: Cursor, memory: sqlite3.Connection, now: datetime
) -> Iterator[Delivery]:
    """One message a channel that has something new to tell."""
    items = _news_of(alert, cursor, now - FRESH)
    for name, where in _ways(alert):
        if not _met(memory, alert, name):
            _remember(memory, alert, name, items, sent=False)
            memory.execute("INSERT INTO deliveries VALUES (?, ?, ?, 0, NULL)", (alert.name, name, now.isoformat()))
            memory.commit()
            continue
        fresh = _untold(memory, alert, name, items)
        loud = _loudest(memory, alert, name, fresh)
        if loud:
            delivery = _deliver(settings, alert, name, where, _message(settings, alert, loud, cursor))
            memory.execute(
                "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?)",
                (alert.name, name, now.isoformat(), delivery.items, delivery.error),
            )
            yield delivery
            if delivery.error:
                memory.commit()
                continue
        _remember(memory, alert, name, loud, sent=True)
        _remember(memory, alert, name, fresh, sent=False)
        memory.commit()


def _news_of(alert: AlertSettings, cursor: Cursor, since: datetime) -> list[News]:
    """What the alert is about, the newest first."""
    names = {app.slug: app.name for app in all_apps()}
    rows = news(cursor, since, apps=alert.apps, kinds=alert.kinds, top=alert.top, places=alert.places)
    return tell(about(rows, alert.apps, alert.countries, alert.kinds), names, alert.top, _language(alert))


def _language(alert: AlertSettings) -> Language:
    if alert.language not in LOCALES:
        raise SettingsError(f"Alert {alert.name}: no language {alert.language!r}. There are: {', '.join(LOCALES)}.")
    return Language(alert.language)


def _message(settings: Settings, alert: AlertSettings, items: Sequence[News], cursor: Cursor) -> Message:
    say = _language(alert)
    more = say.count("alert.more", len(items) - MOST) + " " if len(items) > MOST else ""
    snapshot = say.moment(cursor.snapshot) if cursor.snapshot else ""
    mark = f"{say('simulated.mark')} – " if cursor.simulated else ""
    return Message(
        alert=alert.name,
        language=say.code,
        subject=mark + say.count("alert.subject", len(items), first=items[0].text),
        items=tuple(items[:MOST]),
        foot=more + say("alert.foot", name=alert.name, snapshot=snapshot),
        base=settings.dashboard_url,
    )


def _ways(alert: AlertSettings) -> list[tuple[str, str]]:
    """The channels the alert goes by, each with its destination."""
    return [(name, where) for name, channel in channels().items() if (where := channel.destination(alert))]


def _deliver(settings: Settings, alert: AlertSettings, name: str, where: str, message: Message) -> Delivery:
    channel = channels()[name]
    error = channel.trouble(alert, settings)
    try:
        if error is None:
            channel.deliver(message, alert, settings)
    except Undelivered as undelivered:
        error = str(undelivered)
    if error:
        _LOG.warning("alert not delivered", alert=alert.name, channel=name, why=error)
    return Delivery(alert.name, name, where, len(message.items), error)


@contextmanager
def _memory(settings: Settings) -> Iterator[sqlite3.Connection]:
    """What was told, for one process at a time. Raises SettingsError when the file cannot be read."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    path = settings.data_dir / FILE
    with (settings.data_dir / "alerts.lock").open("w") as lock, closing(sqlite3.connect(path)) as memory:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            memory.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            raise SettingsError(f"{path} cannot be read ({error}): remove it.") from error
        yield memory


def _met(memory: sqlite3.Connection, alert: AlertSettings, channel: str) -> bool:
    query = "SELECT 1 FROM deliveries WHERE alert = ? AND channel = ? LIMIT 1"
    return memory.execute(query, (alert.name, channel)).fetchone() is not None


def _last(memory: sqlite3.Connection, alert: AlertSettings, channel: str) -> tuple[str | None, str | None]:
    query = "SELECT at, error FROM deliveries WHERE alert = ? AND channel = ? ORDER BY rowid DESC LIMIT 1"
    return memory.execute(query, (alert.name, channel)).fetchone() or (None, None)


def _untold(memory: sqlite3.Connection, alert: AlertSettings, channel: str, items: Sequence[News]) -> list[News]:
    query = "SELECT key FROM told WHERE alert = ? AND channel = ?"
    told = {key for (key,) in memory.execute(query, (alert.name, channel))}
    return [item for item in items if item.key not in told]


def _loudest(memory: sqlite3.Connection, alert: AlertSettings, channel: str, items: Sequence[News]) -> list[News]:
    """Those whose like was not told within the quiet hours before; the newest first, as they came."""
    query = "SELECT subject, max(observed_at) FROM told WHERE alert = ? AND channel = ? AND sent GROUP BY subject"
    last = {subject: datetime.fromisoformat(at) for subject, at in memory.execute(query, (alert.name, channel))}
    loud: list[News] = []
    for item in reversed(items):
        if _loud(item, last, alert):
            last[item.subject] = item.observed_at
            loud.append(item)
    return loud[::-1]


def _loud(item: News, last: dict[str, datetime], alert: AlertSettings) -> bool:
    before = last.get(item.subject)
    return before is None or item.observed_at - before >= timedelta(hours=alert.quiet_hours)


def _remember(
    memory: sqlite3.Connection, alert: AlertSettings, channel: str, items: Sequence[News], *, sent: bool
) -> None:
    rows = [(alert.name, channel, item.key, item.subject, item.observed_at.isoformat(), sent) for item in items]
    memory.executemany("INSERT OR IGNORE INTO told VALUES (?, ?, ?, ?, ?, ?)", rows)


def _forget(memory: sqlite3.Connection, now: datetime) -> None:
    """Let go of what no quiet time reaches any more."""
    memory.execute("DELETE FROM told WHERE observed_at < ?", ((now - _KEPT).isoformat(),))
    memory.execute(
        "DELETE FROM deliveries WHERE rowid NOT IN (SELECT max(rowid) FROM deliveries GROUP BY alert, channel)"
    )
    memory.commit()
