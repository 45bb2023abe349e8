"""Why no answer came, in words."""

from __future__ import annotations

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from twisted.internet.error import ConnectError, ConnectionClosed
from twisted.web._newclient import RequestNotSent, RequestTransmissionFailed

NO_CONNECTION = (CannotResolveHostError, DownloadConnectionRefusedError, ConnectError)
"""What is raised when the host could not be reached at all."""
NO_ANSWER = (
    *NO_CONNECTION,
    ConnectionClosed,
    DownloadCancelledError,
    DownloadFailedError,
    DownloadTimeoutError,
    RequestNotSent,
    RequestTransmissionFailed,
    ResponseDataLossError,
)
"""What is raised when no answer came."""


def why_no_answer(error: BaseException | None, host: str, timeout: float) -> str:
    """One sentence on an error of `NO_ANSWER`; `timeout` is how long was waited, seconds."""
    if isinstance(error, DownloadTimeoutError):
        return f"no answer from {host} within {timeout:g} s"
    if isinstance(error, CannotResolveHostError):
        return f"the name {host} cannot be resolved: is there a network?"
    if isinstance(error, DownloadConnectionRefusedError):
        return f"{host} refused the connection"
    cause = _cause(error)
    if "certificate" in cause:
        return f"{host} did not show a valid certificate"
    return f"the connection to {host} broke: {cause}"


def _cause(error: BaseException | None) -> str:
    """Twisted wraps what happened in lists of failures."""
    reasons = getattr(error.__cause__, "reasons", None) if error else None
    return reasons[0].getErrorMessage() if reasons else str(error) or type(error).__name__
