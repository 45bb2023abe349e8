"""A mapping file: what the columns of somebody's table are in essor's words."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from crawlers.signals._series import Columns
from crawlers.signals._source import signal_sources
from essor.model.errors import SettingsError
from essor.model.signals import Metric, Precision, SignalKind

Kind = Literal["ranks", "ratings", "signals", "answers"]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
HttpStatus = Annotated[int, msgspec.Meta(ge=100, le=999)]


class MappedMetric(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a figure is that no source of essor gives."""

    unit: str
    """What it counts."""
    kind: SignalKind
    """What the figure is."""
    precision: Precision = Precision.EXACT
    """How exactly it is given."""
    meaning: str = ""
    """One sentence: what it counts, and what it does not say."""


class MappedAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that is the body of an answer, as the service gave it."""

    file: str
    """The file's name, without its folder."""
    url: str
    """The address that was asked, with what is wanted behind a `#` where essor writes it so."""
    observed_at: Moment
    """When it was answered, with its zone."""
    http_status: HttpStatus = 200
    """The HTTP status, three digits."""


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a table holds, where each fact stands in it, and who says so."""

    kind: Kind
    """``"ranks"``, ``"ratings"``, ``"signals"`` or ``"answers"``."""
    origin: str
    """Who published it, and under which licence; kept with the run and as the address of every fact."""
    source: str = ""
    """Essor's name of the service whose facts these are."""
    columns: dict[str, str] = {}
    """Essor's name of a fact, and the column it stands in."""
    constants: dict[str, str] = {}
    """Facts that all rows share, by essor's name."""
    values: dict[str, str] = {}
    """Signals: the name of a figure, and the column it stands in."""
    metrics: dict[str, MappedMetric] = {}
    """Signals: what those figures are, where the source does not say."""
    zone: str = ""
    """The zone of times that are written without one, as in ``"+00:00"``."""
    whole: bool = False
    """Ranks: whether the rows of one moment are the whole chart, so that an app without a row was not in it."""
    reader: str = ""
    """Signals: a reader of essor for a form of its own, in place of columns."""
    observed_at: Moment | None = None
    """Signals: when the table was made, with its zone; else it is the last of each subject's times."""
    answers: list[MappedAnswer] = []
    """Answers: which file is the answer to which address."""


def read_mapping(name: str, text: str | bytes) -> Mapping:
    """The mapping that a file describes. Raises SettingsError naming the field."""
    try:
        mapping = msgspec.toml.decode(text, type=Mapping)
    except (msgspec.MsgspecError, ValueError) as error:
        raise SettingsError(f"Mapping {name} cannot be read: {error}. See docs/guide/import.md.") from error
    if mapping.kind != "answers" and not mapping.source:
        raise SettingsError(f"Mapping {name} has no source: name the service whose facts these are.")
    return mapping


def signal_columns(mapping: Mapping) -> Columns:
    """The columns of a table of signals: the mapping's own, else those that the source knows of its past.

    Raises SettingsError when neither says, or when a figure is not known.
    """
    source = next((one for one in signal_sources() if one.name == mapping.source), None)
    if not mapping.columns and source is not None and source.history is not None:
        return source.history
    if {"when", "subject"} - set(mapping.columns) or not mapping.values:
        raise SettingsError("The mapping must say in which columns when and subject stand, and name [values].")
    known = {metric.name: metric for metric in source.metrics} if source else {}
    known |= {
        name: Metric(name, one.unit, one.kind, one.precision, one.meaning) for name, one in mapping.metrics.items()
    }
    if unknown := sorted(set(mapping.values) - set(known)):
        raise SettingsError(
            f"{unknown[0]!r} is no figure of {mapping.source}: describe it under [metrics.{unknown[0]}]."
        )
    figures = {column: known[name] for name, column in mapping.values.items()}
    return Columns(mapping.columns["when"], mapping.columns["subject"], figures, mapping.columns.get("text"))
