"""What can go wrong, named by what to do about it.

    EssorError
    ├── FetchError              the answer did not come: try again later
    │   ├── Blocked             the store turns us away: slow down
    │   ├── Refused             robots.txt says no: do not ask
    │   └── NotAvailable        not offered in this storefront: record it, do not try again
    ├── LayoutChanged           the answer came and our parser does not fit: a person must look
    ├── ObservationRejected     a fact that breaks a rule: kept among the rejects, with the reason
    ├── SettingsError           says what to type
    ├── ArchiveError            an archived answer that cannot be read back as it was written
    ├── WarehouseError          the tables cannot be read or written; says what to run
    └── ProbeError              a measurement that failed
        └── BackendUnavailable  no key, no server, no GPU: skipped, with the reason

`essor.cli.EXIT_CODES` gives each its exit code.
"""

from __future__ import annotations


class EssorError(Exception):
    """Any error that essor raises on purpose; its text is one clear line for a person."""


class FetchError(EssorError):
    """The answer did not come, or not whole. Try again later."""


class Blocked(FetchError):
    """The store turns this client away. Slow down before asking again."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds the store asked us to wait; None when it did not say."""


class Refused(FetchError):
    """robots.txt does not allow this address. Do not ask."""


class NotAvailable(FetchError):
    """The store does not offer this here. Record it and do not try again."""


class LayoutChanged(EssorError):
    """The answer came whole and our parser does not fit it. A person must look."""


class ObservationRejected(EssorError):
    """A fact that breaks a rule. It is kept among the rejects, with the reason."""


class SettingsError(EssorError):
    """A setting or an argument that cannot be used. The text says what to type."""


class ArchiveError(EssorError):
    """An archived answer that cannot be read back as it was written."""


class WarehouseError(EssorError):
    """The tables cannot be read or written. The text says what to run."""


class ProbeError(EssorError):
    """A latency measurement that failed."""


class BackendUnavailable(ProbeError):
    """No key, no server or no GPU for this backend: skipped, with the reason."""
