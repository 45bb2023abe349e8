"""What happens, told to the operator: lines to read in a terminal, JSON lines anywhere else; answers are elsewhere.

Everything goes one way, the libraries' own words included: through the root logger to stderr, with the run and the job
that it is about, and without secrets.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from contextlib import AbstractContextManager
from typing import IO, Any, TextIO

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.stdlib import BoundLogger, ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

LOG_FD = "ESSOR_LOG_FD"
"""How the schedule tells a crawl where its log goes, whose stderr it keeps to itself."""
CHATTY = ("scrapy", "apscheduler", "asyncio", "httpx", "uvicorn", "kaleido", "choreographer")
"""Libraries of which only warnings are told, unless the level is debug."""
_HIDDEN = "***"
_USER = re.compile(r"(://[^/\s:@]*:)[^/\s@]+@")
_WORDS = r"[\w-]*(?:api[_-]?key|access[_-]?key|token(?!s)|secret|password|passwd|signature|authorization)[\w-]*"
_NAME = re.compile(_WORDS, re.IGNORECASE)
_NAMED = re.compile(
    rf"""( {_WORDS} ['"]? \s* [=:] \s* (?:bearer\s+|basic\s+)? | [?&\#;](?:key|auth|sig)= | \bbearer\s+ )
        (?: "[^"]*" | '[^']*' | [^\s&'",;}}\])]+ )""",
    re.IGNORECASE | re.VERBOSE,
)


def logger(name: str) -> BoundLogger:
    """The logger of a module. Its words are an event and what is to be known of it, by name."""
    found: BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level, *_shared(),
            structlog.processors.StackInfoRenderer(), ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=BoundLogger,
    )  # fmt: skip
    return found


def about(**context: str) -> AbstractContextManager[Any]:
    """Everything that is told within is told with this, as in ``about(run_id="charts-1", job="charts")``."""
    return bound_contextvars(**context)


def set_up(stream: TextIO | None = None) -> None:
    """Send the words of every logger of this process to stderr, or to `stream`. Done again, it takes the last place."""
    place = stream or _given()
    handler = logging.StreamHandler(place) if place else _ToStderr()
    handler.setFormatter(_formatter((place or sys.stderr).isatty()))
    handler.addFilter(_worth_telling)
    handler.set_name(__name__)
    root = logging.getLogger()
    root.handlers = [one for one in root.handlers if one.name != __name__] + [handler]
    set_level("info")


def set_level(level: str) -> None:
    """Tell from this level on: debug, info, warning or error."""
    logging.getLogger().setLevel(level.upper())


class _ToStderr(logging.StreamHandler[TextIO]):
    """Writes to what stderr is at the moment, so that a progress bar can make room for it."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _: TextIO) -> None:
        return


def _given() -> IO[str] | None:
    """Where the schedule wants the log; taken once, for it is not this process's children's."""
    number = os.environ.pop(LOG_FD, None)
    return os.fdopen(int(number), "w", buffering=1, encoding="utf-8") if number else None


def _formatter(human: bool) -> logging.Formatter:
    colours = human and not os.environ.get("NO_COLOR")
    last: Processor = (
        structlog.dev.ConsoleRenderer(colors=colours) if human else structlog.processors.JSONRenderer(default=str)
    )
    return ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info, _told, last],
    )


def _shared() -> list[Processor]:
    return [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _worth_telling(record: logging.LogRecord) -> bool:
    chatty = record.name.partition(".")[0] in CHATTY
    return not chatty or record.levelno >= logging.WARNING or logging.getLogger().level <= logging.DEBUG


def _told(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    first: EventDict = {name: event.pop(name) for name in ("timestamp", "level", "event") if name in event}
    return without_secrets({**first, **event})  # type: ignore[no-any-return] # a dict comes back


def without_secrets(value: Any) -> Any:  # noqa: ANN401 - any value that is logged
    """A value with the passwords, keys and tokens in its texts struck out."""
    if isinstance(value, str):
        return _NAMED.sub(rf"\1{_HIDDEN}", _USER.sub(rf"\1{_HIDDEN}@", value))
    if isinstance(value, dict):
        return {name: _HIDDEN if _NAME.fullmatch(str(name)) else without_secrets(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(part) for part in value]
    return value
