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

NO_CONNECTION = (CannotResolveHostError, DownloadConnectionRefusedError, ConnectError)
"""What is raised when the host could not be reached at all."""
NO_ANSWER = (
    *NO_CONNECTION,
    ConnectionClosed,
    DownloadCancelledError,
    DownloadFailedError,
    DownloadTimeoutError,
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
    return f"the connection to {host} broke: {str(error) or type(error).__name__}"
