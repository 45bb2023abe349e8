"""What is remembered of each host from run to run: its requests and their times, refusals in a row, when to wait."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from essor.model.errors import Blocked, FetchError, SettingsError
from essor.model.manners import DURATIONS, FILE
from essor.model.pauses import Pause, PauseReason
from essor.settings import PaceSettings

LONGEST_PAUSE = timedelta(days=1)
"""However often it was turned away, a host is asked again after a day."""
_POLL = 0.2
"""Seconds between two looks at how another request's trial went."""
_TABLES = """
CREATE TABLE IF NOT EXISTS hosts (
    host TEXT PRIMARY KEY, blocks INTEGER DEFAULT 0, pauses INTEGER DEFAULT 0,
    until TEXT, reason TEXT, message TEXT, trial_until TEXT
);
CREATE TABLE IF NOT EXISTS requests (host TEXT, day TEXT, asked INTEGER, PRIMARY KEY (host, day));
CREATE TABLE IF NOT EXISTS durations (
    host TEXT, at_most REAL, requests INTEGER, seconds REAL, PRIMARY KEY (host, at_most)
);
"""


class Manners:
    """The memory of one data folder. Several crawls may use it at once."""

    def __init__(self, data_dir: Path, settings: PaceSettings, now: Callable[[], datetime]) -> None:
        """Raises SettingsError when the file of another run cannot be read."""
        self._settings = settings
        self._now = now
        self._path = data_dir / FILE
        self.begun: list[Pause] = []
        """The pauses that began here; whoever lands them empties it."""
        data_dir.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        try:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            raise SettingsError(f"{self._path} cannot be read ({error}): remove it.") from error

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    def ask(self, host: str, *, trial: bool = True) -> float:
        """Takes one request to the host, counted; else how many seconds to wait before asking here again.

        After a pause one request is tried first; `trial` says whether this one may be it (robots.txt tells nothing).
        Raises Blocked or FetchError with the reason of a pause, that of a spent budget included.
        """
        with self._changing() as now:
            row = self._row(host)
            _refuse_paused(row, now)
            self._refuse_spent(host, now)
            if row["until"] is not None and row["reason"] != PauseReason.BUDGET and trial:
                if row["trial_until"] is not None and now < _moment(row["trial_until"]):
                    return _POLL
                self._set(host, trial_until=now + timedelta(seconds=self._settings.timeout + 1))
            self._count(host, now)
        return 0.0

    def turned_away(self, host: str) -> None:
        """Counts a refusal; a pause begins with it, when it is one too many or that of a trial."""
        with self._changing() as now:
            row = self._row(host)
            blocks, trial = row["blocks"] + 1, row["trial_until"] is not None
            self._set(host, blocks=blocks)
            if blocks < self._settings.blocks_before_pause and not trial:
                return
            pauses = row["pauses"] + 1
            length = min(timedelta(seconds=self._settings.pause) * 2 ** min(pauses - 1, 16), LONGEST_PAUSE)
            self._set(host, pauses=pauses)
            message = f"{host} turned us away {blocks} times in a row; it is left alone until {_clock(now + length)}"
            self._pause(host, PauseReason.BLOCKED, message, now, now + length)

    def asked_to_wait(self, host: str, seconds: float) -> None:
        """Begins the pause that the host itself asked for."""
        with self._changing() as now:
            until = now + timedelta(seconds=min(seconds, LONGEST_PAUSE.total_seconds()))
            message = f"{host} asked to wait {seconds:g} s; it is left alone until {_clock(until)}"
            self._pause(host, PauseReason.ASKED, message, now, until)

    def answered(self, host: str) -> None:
        """Forgets the refusals: the host gave an answer that was none."""
        row = self._connection.execute("SELECT * FROM hosts WHERE host = ?", (host,)).fetchone()
        if row is None or not (row["blocks"] or row["until"]):
            return
        with self._changing():
            self._set(host, blocks=0, pauses=0, until=None, reason=None, message=None, trial_until=None)

    def undecided(self, host: str) -> None:
        """Ends a trial that brought no answer; the next request is one again."""
        with self._changing():
            self._set(host, trial_until=None)

    def took(self, host: str, seconds: float) -> None:
        """Counts a request that took so long, until its answer was whole or failed."""
        at_most = next(step for step in DURATIONS if seconds <= step)
        with self._changing():
            self._connection.execute(
                "INSERT INTO durations VALUES (?, ?, 1, ?)"
                " ON CONFLICT DO UPDATE SET requests = requests + 1, seconds = seconds + excluded.seconds",
                (host, at_most, seconds),
            )

    @contextmanager
    def _changing(self) -> Iterator[datetime]:
        """One change at a time, among all processes; gives the moment."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._now()
        finally:
            self._connection.execute("COMMIT")

    def _row(self, host: str) -> sqlite3.Row:
        self._connection.execute("INSERT OR IGNORE INTO hosts (host) VALUES (?)", (host,))
        row: sqlite3.Row = self._connection.execute("SELECT * FROM hosts WHERE host = ?", (host,)).fetchone()
        return row

    def _set(self, host: str, **values: int | str | datetime | None) -> None:
        self._connection.execute("INSERT OR IGNORE INTO hosts (host) VALUES (?)", (host,))
        names = ", ".join(f"{name} = ?" for name in values)
        given = [value.isoformat() if isinstance(value, datetime) else value for value in values.values()]
        self._connection.execute(f"UPDATE hosts SET {names} WHERE host = ?", (*given, host))  # noqa: S608 - our names

    def _count(self, host: str, now: datetime) -> None:
        self._connection.execute(
            "INSERT INTO requests VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET asked = asked + 1",
            (host, now.date().isoformat()),
        )

    def _refuse_spent(self, host: str, now: datetime) -> None:
        budget = self._settings.budgets.get(host, self._settings.requests_a_day)
        query = "SELECT asked FROM requests WHERE host = ? AND day = ?"
        spent = self._connection.execute(query, (host, now.date().isoformat())).fetchone() if budget else None
        if spent is not None and spent["asked"] >= budget:
            midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
            message = f"the budget of {budget:,} requests to {host} for {now:%Y-%m-%d} (UTC) is spent"
            self._pause(host, PauseReason.BUDGET, message, now, midnight)
            raise FetchError(message)

    def _pause(self, host: str, reason: PauseReason, message: str, now: datetime, until: datetime) -> None:
        self._set(host, until=until, reason=reason.value, message=message, trial_until=None)
        self.begun.append(Pause(host, reason, message, now, until))


def _refuse_paused(row: sqlite3.Row, now: datetime) -> None:
    if row["until"] is not None and now < _moment(row["until"]):
        raise (FetchError if row["reason"] == PauseReason.BUDGET else Blocked)(row["message"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
